/* store and mm: values that earlier answers gave, small numbers, and borders. */
#include "check.h"

#include <protocols/event.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <protocols/store_client.h>
#include <string.h>

#include "lib/heap.h"
#include "object.h"

extern const struct djed_server store_server, mm_server;

enum { OBJECTS = 24, PROCESSES = 8, HEAP = 16 << 20, MM_HEAP_PAGES = 2048 };
#define BASE UINT64_C(0x200000000)
#define PAGE UINT64_C(4096)

static uint64_t objects_known[OBJECTS];
static uint64_t program;

static uint64_t an_object(void)
{
	return random_below(20) ? objects_known[random_below(OBJECTS)] : PICK(0, 1, UINT64_MAX, program);
}

static uint32_t a_process(void)
{
	return random_below(30) ? 1 + random_below(random_below(4) ? PROCESSES / 2 : PROCESSES)
				: (uint32_t)PICK(0, 77, UINT32_MAX);
}

static uint64_t an_offset(void)
{
	return PICK(0, 1, 100, PAGE - 1, PAGE, 2 * PAGE, random_below(100000), random_below(100000),
		    random_below(3 << 20), UINT64_C(1) << 30, (UINT64_C(1) << 30) - 1, UINT64_MAX);
}

/* ---- store --------------------------------------------------------------------------------------------- */

static void make_store(struct step *step)
{
	struct djed_message *m = &step->message;

	static const uint32_t labels[] = {
	    STORE_CREATE,	  STORE_RETAIN,	  STORE_RELEASE,  STORE_RELEASE,
	    STORE_READ,		  STORE_WRITE,	  STORE_WRITE,	  STORE_WRITE,
	    STORE_WRITE,	  STORE_TRUNCATE, STORE_TRUNCATE, STORE_GET_ATTRIBUTES,
	    STORE_SET_ATTRIBUTES, STORE_HOLD,	  STORE_CREATE,	  STORE_STATISTICS};

	m->label = labels[random_below(sizeof(labels) / sizeof(*labels))];
	m->word[0] = an_object();
	switch (m->label) {
	case STORE_READ:
		m->word[1] = an_offset();
		m->grant[0] = a_grant(DJED_GRANT_WRITE);
		break;
	case STORE_WRITE:
		m->word[1] = an_offset();
		m->grant[0] = a_grant(DJED_GRANT_READ);
		break;
	case STORE_TRUNCATE:
	case STORE_HOLD:
		m->word[1] = an_offset();
		break;
	case STORE_SET_ATTRIBUTES:
		for (int i = 1; i < 7; i++)
			m->word[i] = random_below(UINT32_MAX);
		break;
	default:
		break;
	}
}

/* ---- mm ---------------------------------------------------------------------------------------------------
 */

static uint64_t an_address(void)
{
	if (random_below(20) == 0)
		return PICK(0, 1, UINT64_MAX, 0x7ffffffff000, BASE + 1);
	return PICK(BASE + random_below(60) * PAGE, BASE + random_below(60) * PAGE,
		    BASE + random_below(60) * PAGE, 0x400000 + random_below(7) * PAGE,
		    0x7ffffffff000 - random_below(20) * PAGE);
}

static uint64_t a_length(void)
{
	return random_below(20) ? PICK(PAGE, PAGE, 2 * PAGE, 3 * PAGE, (1 + random_below(30)) * PAGE)
				: PICK(1, 0, UINT64_MAX);
}

static void make_execute(struct djed_message *m)
{
	static const char strings[] = "/bin/prog\0prog\0-x\0HOME=/\0A=\0";
	uint32_t more = random_below(3) ? 0 : random_below(20000);

	memset(lent, 'y', sizeof(lent));
	memcpy(lent, strings, sizeof(strings) - 1);
	lent[sizeof(strings) - 1 + more] = 0;
	m->label = MM_EXECUTE;
	const uint64_t words[] = {
	    a_process(), random_below(10) ? program : an_object(), 2 + random_below(2), 2, 10, 0, 0};
	memcpy(m->word, words, sizeof(words));
	m->grant[0] = (struct djed_grant){.base = (uint64_t)lent,
					  .length = sizeof(strings) - 1 + (more ? more + 1 : 0),
					  .kind = DJED_GRANT_OWN,
					  .rights = DJED_GRANT_READ};
	m->word[3] = 4 - m->word[2] + (more ? 1 : 0);
}

static void make_mm(struct step *step)
{
	struct djed_message *m = &step->message;
	uint32_t map_flags =
	    (uint32_t)PICK(0x22, 0x32, 0x32, 0x21, 0x31, 0x8032, 0x122, random_below(UINT32_MAX));
	uint64_t protection = random_below(3) ? 3 : random_below(9);

	step->pid = a_process();
	switch (random_below(16)) {
	case 0:
		m->label = MM_FORK;
		m->word[0] = a_process();
		m->word[1] = a_process();
		m->word[2] = random_below(4) == 0;
		break;
	case 1:
		m->label = (uint32_t)PICK(MM_CREATE, MM_CREATE, MM_CREATE, MM_EXIT, MM_USAGE, MM_STATISTICS);
		m->word[0] = a_process();
		break;
	case 2:
		make_execute(m);
		break;
	case 3:
		m->label = MM_POPULATE;
		m->word[0] = a_process();
		m->word[1] = an_address();
		m->word[2] = a_length() % (64 * PAGE);
		m->word[3] = random_below(8);
		break;
	case 4:
	case 5: {
		const uint64_t words[] = {an_address(),	  a_length(),
					  protection,	  PICK(2, 0x12, 0x12, 1, 0x11),
					  an_object(),	  PICK(0, PAGE, 3 * PAGE, 7),
					  random_below(2)};

		m->label = MM_MAP_FILE;
		memcpy(m->word, words, sizeof(words));
		break;
	}
	case 6:
		set_call(step, LINUX_MMAP, an_address(), a_length(), protection, map_flags, UINT64_MAX);
		break;
	case 7:
		set_call(step, LINUX_MUNMAP, an_address(), a_length());
		break;
	case 8:
		set_call(step, LINUX_MPROTECT, an_address(), a_length(), random_below(9));
		break;
	case 9:
		set_call(step, LINUX_BRK, PICK(0, 0x406000 + random_below(0x20000), UINT64_MAX));
		break;
	case 10:
		set_call(step, LINUX_MREMAP, an_address(), a_length(), a_length(), random_below(4),
			 an_address());
		break;
	case 11:
		set_call(step, (uint32_t)PICK(LINUX_MADVISE, LINUX_MSYNC), an_address(), a_length(),
			 PICK(4, 4, 8, 1));
		break;
	default:
		m->label = EVENT_PAGE_FAULT;
		m->word[0] = an_address();
		m->word[1] = PICK(1, 2, 2, 4, 9, 10);
	}
}

/* ---- both ------------------------------------------------------------------------------------ */

/* An executable of two segments, as small as it can be. */
static void make_program(djed_slot store)
{
	static uint64_t image[0x3000 / 8];
	const uint64_t head[] = {0x00010102464c457f,
				 0,
				 0x00000001003e0002,
				 0x401000,
				 64,
				 0,
				 0x0038004000000000,
				 2,
				 0x0000000500000001,
				 0,
				 0x400000,
				 0x400000,
				 0x2000,
				 0x2000,
				 0x1000,
				 0x0000000600000001,
				 0x2e00,
				 0x403e00,
				 0x403e00,
				 0x180,
				 0x2480,
				 0x1000};
	uint64_t size;
	uint32_t count;

	memcpy(image, head, sizeof(head));
	if (store_create(store, &program) ||
	    store_write(store, program, 0, djed_own(image, sizeof(image)), &count, &size) ||
	    count != sizeof(image))
		djed_panic("the program could not be stored");
}

static void start(void)
{
	uint64_t handle, size;
	uint32_t count;

	void *mine = heap_pages(MM_HEAP_PAGES); /* the store takes all that it finds */
	djed_slot store, mm;

	host_add_server("store", &store_server);
	heap_pages_free(mine);
	host_add_server("mm", &mm_server);
	store = host_slot("store");
	mm = host_slot("mm");
	make_program(store);
	memset(lent, 1, sizeof(lent));
	for (int i = 0; i < OBJECTS; i++)
		if (store_create(store, &objects_known[i]) ||
		    store_write(store, objects_known[i], 0, djed_own(lent, random_below(40000)), &count,
				&size))
			djed_panic("an object could not be made");
	for (uint32_t pid = 1; pid <= PROCESSES / 2; pid++)
		if (mm_create(mm, pid, &handle))
			djed_panic("a process could not be made");
	for (uint32_t pid = 1; pid <= PROCESSES / 2; pid++) {
		host_be(pid, pid);
		host_linux("mm", LINUX_MMAP, BASE, 60 * PAGE, 3, 0x32, UINT64_MAX);
	}
}

static void done(const struct step *step, const struct host_outcome *outcome)
{
	if (step->message.label == STORE_CREATE && outcome->status == 0)
		objects_known[random_below(OBJECTS)] = outcome->word[0];
}

bool store_exempts(const uint8_t *at)
{
	uint64_t offset = (uint64_t)(at - pool.data);
	const struct owner *owner;

	if (at < pool.data || offset >= (uint64_t)pool.pages * DJED_PAGE_SIZE)
		return false;
	owner = &pool.page[offset / DJED_PAGE_SIZE + 1];
	return !owner->object || (uint64_t)owner->index * DJED_PAGE_SIZE + offset % DJED_PAGE_SIZE >=
				     objects.object[owner->object - 1].size;
}

const struct subject store_subject = {.name = "store",
				      .heap = HEAP,
				      .start = start,
				      .make = make_store,
				      .done = done,
				      .exempt = store_exempts,
				      .exemption = STORE_EXEMPTION};
const struct subject mm_subject = {.name = "mm",
				   .heap = HEAP,
				   .start = start,
				   .make = make_mm,
				   .exempt = store_exempts,
				   .exemption = STORE_EXEMPTION};
