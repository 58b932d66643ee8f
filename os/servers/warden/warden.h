/* The warden: what comes after a recovery, and what no single delivery shows. It tells of crashes and keeps
 * records of them, runs policy scripts (docs/policies.md), and has services stopped that do not come back to
 * receive. It may look at services and have them stopped; what becomes of a stopped one rs decides. Nobody
 * depends on it: it is no part of the reliable computing base. */
#ifndef WARDEN_H
#define WARDEN_H

#include <abi/crash_records.h>
#include <abi/script.h>
#include <abi/system.h>
#include <djed/server.h>

enum { NS_PER_MS = 1000000, HEARTBEAT_MS = 1000 /* where the manifest says nothing else */ };

/* The script of a service while it runs, or waits. */
struct script {
	bool runs;
	uint32_t at;	   /* next line */
	uint32_t done;	   /* line of the file that it has done last */
	uint32_t steps;	   /* so far */
	uint32_t refusals; /* in a row, of the same restart */
	uint64_t due;	   /* ns since boot: it waits until then */
	uint64_t backoff;  /* ms that it waited last */
	bool broken;	   /* it has failed once, and does not run again */
};

/* What a service was doing when it was looked at last. */
struct beat {
	uint64_t deliveries;
	uint64_t since;	    /* ns since boot, when this delivery was seen first; 0: it waits for one */
	uint64_t last_time; /* ns that it had worked so far at the last look */
	uint32_t looks;	    /* that have seen it at this delivery */
};

struct watched {
	uint64_t crashes;			/* so far; of the latest ones: */
	uint64_t crash_at[DJED_SCRIPT_CRASHES]; /* ns since boot; crash n at n % DJED_SCRIPT_CRASHES */
	const struct djed_crash_record *record; /* of the last one */
	bool flagged;
	struct script script;
	struct beat beat;
};

struct warden {
	djed_slot rs;
	const struct djed_system *system; /* in the boot archive */
	uint64_t taken;			  /* crashes taken over from rs */
	uint64_t looked_at;		  /* ns since boot, of the last look; 0: nobody is watched just now */
	uint64_t look_at;		  /* of the next one */
	struct watched watched[DJED_SERVICES_MAX];
	struct djed_script policy[DJED_SERVICES_MAX]; /* by service; without lines: it has none */
};
extern struct warden warden;
extern struct djed_crashes crashes; /* shown to the host */

/* ---- crash.c --------------------------------------------------------------------------------------- */

/* Takes over from rs what has crashed since the last time, and starts the scripts of those services. */
void crashes_take_over(void);
/* Tells of the last crash of a service, unless crashes of this kind have come too often. */
void crash_tell(const struct watched *watched);
/* Crashes of the service within the last `ms` before `now`. */
uint32_t crashes_within(const struct watched *watched, uint32_t ms, uint64_t now);

/* ---- script.c -------------------------------------------------------------------------------------- */

/* Reads the scripts that the manifest names; says in one line what is wrong with one. */
void scripts_read(void);
/* Begins the script of a service that has crashed anew, or does what is done without one. */
void script_begin(uint32_t service);
/* Goes on with those that have waited long enough. Time at which the next one has, ns since boot; 0: none
 * waits. */
uint64_t scripts_go_on(void);

/* ---- archive.c ------------------------------------------------------------------------------------- */

/* A file of the boot archive, by its whole name: what root file system the machine starts with. Of several of
 * one name the last one counts. NULL: there is none, or the archive is damaged before it. */
const char *archive_find(const char *name, uint64_t *size);

/* ---- heartbeat.c ----------------------------------------------------------------------------------- */

/* Looks at all services, and has one stopped that is at one delivery for too long, or is in the way of
 * others. Sets warden.look_at. */
void heartbeat_look(void);

void warden_audit(struct djed_audit *audit);

#endif
