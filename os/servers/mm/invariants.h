/* mm's laws (lib/invariants.h): invariants.c has the tables, pages, spaces and processes; invariants_frame.c
 * has frames, areas and backings. */
#ifndef MM_INVARIANTS_H
#define MM_INVARIANTS_H

#include "space.h"

#include <lib/invariants.h>

enum mm_law {
	LAW_FRAME = 1,
	LAW_FRAME_CHAIN,
	LAW_FRAMES_FREE,
	LAW_CACHED,
	LAW_BACKING,
	LAW_BACKINGS,
	LAW_BACKING_CHAIN,
	LAW_SIBLING,
	LAW_AREAS,
	LAW_AREA_CHAIN,
	LAW_AREA_BACK,
	LAW_GROUPS,
	LAW_GROUPS_OF,
	LAW_GROUP_CHAIN,
	LAW_GROUP_LIST,
	LAW_USED,
	LAW_RESIDENT,
	LAW_SPACE,
	LAW_SPACES,
	LAW_PROCESSES,
};
enum { ALL, OF_SPACES }; /* accounts of LAW_AREAS */

/* Areas, like groups, are numbered through, those in regions first; as index of an account, 0 being none. */
enum { OWN_AREAS = AREAS_OWN * PROCESSES_MAX, OWN_GROUPS = GROUPS_OWN * PROCESSES_MAX };

static inline uint32_t area_index(const struct area *area)
{
	uintptr_t at = (uintptr_t)area - (uintptr_t)clients;

	if (!area)
		return 0;
	if (at >= sizeof(clients))
		return OWN_AREAS + (uint32_t)(area - areas.area) + 1;
	return (uint32_t)(at / REGION_SIZE) * AREAS_OWN +
	       (uint32_t)((at % REGION_SIZE - offsetof(struct client, areas.area)) / sizeof(*area)) + 1;
}

void balance_frame(struct book *book, const void *before, const void *now, uint32_t index);
void balance_cache(struct book *book, const void *before, const void *now, uint32_t index);
void balance_frames(struct book *book, const void *before, const void *now, uint32_t index);
void balance_area(struct book *book, const void *before, const void *now, uint32_t index);
void balance_own_area(struct book *book, const void *before, const void *now, uint32_t index);
void balance_areas(struct book *book, const void *before, const void *now, uint32_t index);
void balance_backing(struct book *book, const void *before, const void *now, uint32_t index);
void balance_backings(struct book *book, const void *before, const void *now, uint32_t index);
void check_frame(struct djed_audit *audit, uint32_t index);
void check_frames(struct djed_audit *audit, uint32_t index);
void check_area(struct djed_audit *audit, uint32_t index);
void check_own_area(struct djed_audit *audit, uint32_t index);

#endif
