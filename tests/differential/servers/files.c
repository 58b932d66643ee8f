/* vfs over the real store, and fakes of console, mm and pm. */
#include "check.h"

#include <abi/layout.h>
#include <errno.h>
#include <protocols/console.h>
#include <protocols/linux.h>
#include <protocols/vfs_client.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../../../runtime/port/linux.h"
#include "lib/heap.h"
#include "linux_files.h"

extern const struct djed_server vfs_server, store_server, ds_server;

enum { HEAP = 8 << 20, VFS_HEAP_PAGES = 1024, PROCESSES = 6 };

static void console(const struct djed_delivery *delivery, struct djed_message *answer)
{
	if (delivery->message.label == CONSOLE_READY)
		answer->word[0] = random_below(6);
	else
		answer_or(answer, -EIO);
}

/* An archive without files: two blocks of zeros. */
static void map_archive(void)
{
	enum { SIZE = 1024 };
	void *at = (void *)DJED_ARCHIVE_BASE;

	if (mmap(at, DJED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != at)
		djed_panic("the archive could not be mapped");
	djed_port_start.archive_size = SIZE;
}

static void start(void)
{
	void *mine = heap_pages(VFS_HEAP_PAGES); /* the store takes all that it finds */
	djed_slot to;

	map_archive();
	host_add_fake("mm", fake_mm);
	host_add_fake("console", console);
	host_add_fake("pm", fake_nobody);
	host_add_server("ds", &ds_server);
	host_add_server("store", &store_server);
	heap_pages_free(mine);
	host_add_server("vfs", &vfs_server);
	to = host_slot("vfs");
	while (vfs_create(to, 1)) /* the fake console refuses now and then */
		;
	for (uint32_t pid = 2; pid <= PROCESSES; pid++)
		if (vfs_fork(to, 1, pid))
			djed_panic("a process could not be forked");
	host_be(1, 1);
	host_linux("vfs", LINUX_MKNOD, application_text("/fifo"), LINUX_S_IFIFO | 0644, 0);
}

/* Descriptors that a process seems to have: a bit each. */
enum { DESCRIPTORS = 16 };
static uint16_t descriptors[PROCESSES + 1];
static uint32_t current; /* process that the next step is about */

/* ---- values -----------------------------------------------------------------------------------------------
 */

static uint64_t a_path(void)
{
	static const char *const names[] = {"a",    "b",  "c",	"d/e", "d",	"b/../a",
					    "fifo", "a/", "..", "",    "d/f/g", "link"};
	static const char *const fixed[] = {"/",
					    "/dev/null",
					    "/dev/zero",
					    "/dev/tty",
					    "/proc/1/stat",
					    "/proc/self/exe",
					    "/proc/meminfo",
					    "/proc/self/fd/0",
					    "/proc",
					    "/dev/random",
					    "/proc/1/status",
					    "/dev/full"};
	char text[64];

	switch (random_below(8)) {
	case 0:
		return application_text(fixed[random_below(12)]);
	case 1:
		return a_value();
	case 2:
		snprintf(text, sizeof(text), "/d/file-%u", random_below(40));
		return application_text(text);
	default:
		snprintf(text, sizeof(text), "%s%s", random_below(3) ? "/" : "", names[random_below(12)]);
		return application_text(text);
	}
}

static uint64_t a_descriptor(void)
{
	uint64_t fd = random_below(DESCRIPTORS);

	if (random_below(12) == 0)
		return PICK(0, 1, 2, (uint64_t)LINUX_AT_FDCWD, a_value());
	for (int i = 0; i < DESCRIPTORS && !(descriptors[current] >> fd & 1); i++)
		fd = (fd + 1) % DESCRIPTORS;
	return fd;
}

static uint64_t a_length(void)
{
	return PICK(0, 1, 100, 4096, random_below(5000), random_below(APPLICATION_SIZE), a_value());
}

static uint64_t a_mode(void)
{
	return PICK(0644, 0755, 0600, 0, random_below(010000));
}

static uint64_t open_flags(void)
{
	static const uint32_t more[] = {LINUX_O_CREAT,
					LINUX_O_CREAT,
					LINUX_O_CREAT | LINUX_O_EXCL,
					LINUX_O_TRUNC,
					LINUX_O_APPEND,
					LINUX_O_NONBLOCK,
					LINUX_O_DIRECTORY,
					0};

	return random_below(3) | more[random_below(8)] | more[random_below(8)];
}

/* ---- steps ------------------------------------------------------------------------------------------------
 */

static void make_bytes(struct step *step)
{
	const uint64_t vector[] = {a_value(), random_below(3000), a_value(), random_below(3000)};
	uint32_t number =
	    (uint32_t)PICK(LINUX_READ, LINUX_WRITE, LINUX_WRITE, LINUX_WRITE, LINUX_PREAD64, LINUX_PWRITE64);

	switch (random_below(9)) {
	case 0:
		set_call(step, random_below(2) ? LINUX_READV : LINUX_WRITEV, a_descriptor(),
			 application_bytes(vector, sizeof(vector)), 1 + random_below(3));
		break;
	case 1:
		set_call(step, LINUX_SENDFILE, a_descriptor(), a_descriptor(), 0, a_length());
		break;
	case 2:
		set_call(step, LINUX_FTRUNCATE, a_descriptor(), random_below(20000));
		break;
	case 8:
		set_call(step, LINUX_READ, a_descriptor(), APPLICATION, random_below(10000));
		break;
	case 3:
		set_call(step, LINUX_LSEEK, a_descriptor(), random_below(20000), random_below(3));
		break;
	default:
		set_call(step, number, a_descriptor(), APPLICATION + random_below(APPLICATION_SIZE / 2),
			 a_length(), random_below(20000));
	}
}

static void make_name(struct step *step)
{
	switch (random_below(12)) {
	case 0:
	case 1:
		set_call(step, LINUX_MKDIR, random_below(2) ? application_text("/d") : a_path(), a_mode());
		break;
	case 2:
		set_call(step, LINUX_UNLINK, a_path());
		break;
	case 3:
		set_call(step, LINUX_RMDIR, a_path());
		break;
	case 4:
		set_call(step, LINUX_RENAME, a_path(), a_path());
		break;
	case 5:
		set_call(step, LINUX_LINK, a_path(), a_path());
		break;
	case 6:
		set_call(step, LINUX_SYMLINK, a_path(), a_path());
		break;
	case 7:
		set_call(step, LINUX_CHMOD, a_path(), a_mode());
		break;
	case 8:
		set_call(step, LINUX_GETDENTS64, a_descriptor(), APPLICATION, random_below(3000));
		break;
	case 9:
		set_call(step, LINUX_CHDIR, a_path());
		break;
	default:
		set_call(step, LINUX_STAT, a_path(), APPLICATION + random_below(APPLICATION_SIZE));
	}
}

static void make_descriptor(struct step *step)
{
	const uint64_t polled[] = {a_descriptor() | (uint64_t)random_below(32) << 32,
				   a_descriptor() | (uint64_t)random_below(32) << 32};
	const uint64_t lock[] = {random_below(3), random_below(100), random_below(100), 0};

	switch (random_below(10)) {
	case 0:
		set_call(step, LINUX_CLOSE, random_below(3) ? 3 + random_below(10) : a_descriptor());
		break;
	case 1:
		set_call(step, LINUX_DUP2, a_descriptor(), a_descriptor());
		break;
	case 2:
		set_call(step, LINUX_PIPE2,
			 random_below(8) ? APPLICATION + random_below(APPLICATION_SIZE - 8) : a_value(),
			 PICK(0, LINUX_O_NONBLOCK));
		break;
	case 3:
		set_call(step, LINUX_POLL, application_bytes(polled, sizeof(polled)), 2,
			 PICK(0, 10, 1000, UINT64_MAX));
		break;
	case 4:
		set_call(step, LINUX_FCNTL, a_descriptor(), PICK(0, 1, 2, 3, 4, 5, 6, 7, 1030, 1031),
			 application_bytes(lock, sizeof(lock)));
		break;
	case 5:
		set_call(step, LINUX_FLOCK, a_descriptor(), PICK(1, 2, 5, 6, 8));
		break;
	default:
		set_call(step, LINUX_OPEN, random_below(5) ? a_path() : application_text("/fifo"),
			 open_flags(), a_mode());
	}
}

static uint32_t a_process(void)
{
	return random_below(12) ? PROCESSES + random_below(2 * PROCESSES)
				: (uint32_t)PICK(0, UINT32_MAX, 1 + random_below(5000));
}

/* What pm asks. */
static void make_process(struct step *step)
{
	static const char *const programs[] = {"/a", "/d/file-1", "/b", "nothing"};
	struct djed_message *m = &step->message;

	m->label = (uint32_t)PICK(VFS_FORK, VFS_FORK, VFS_EXIT, VFS_OPEN_PROGRAM, VFS_EXECUTED,
				  VFS_SET_IDENTITY, VFS_CREATE);
	m->word[0] = m->label == VFS_FORK || m->label == VFS_SET_IDENTITY ? 1 + random_below(2 * PROCESSES)
									  : a_process();
	m->word[1] = m->label == VFS_FORK ? a_process() : random_below(20);
	for (int i = 2; i < 6; i++)
		m->word[i] = random_below(4) ? 0 : random_below(1000);
	if (m->label != VFS_OPEN_PROGRAM && m->label != VFS_EXECUTED)
		return;
	m->grant[0] = a_grant(DJED_GRANT_READ);
	m->grant[1] = a_grant(m->label == VFS_OPEN_PROGRAM ? DJED_GRANT_WRITE : DJED_GRANT_READ);
	m->grant[1].base += LENT / 2;
	m->grant[1].length /= 2;
	if (random_below(6)) {
		strcpy((char *)lent, programs[random_below(4)]);
		m->grant[0].length = (uint32_t)strlen((char *)lent);
	}
}

static void make(struct step *step)
{
	application_scribble(16);
	step->pid = 1 + random_below(PROCESSES);
	for (unsigned tries = 0; process_waits(step->pid) && tries < PROCESSES; tries++)
		step->pid = 1 + step->pid % PROCESSES;
	current = step->pid;
	if (process_waits(step->pid)) {
		make_cancel(step, step->pid);
		return;
	}
	switch (random_below(16)) {
	case 0:
		*step = (struct step){.kind = STEP_NOTIFY,
				      .bits = random_below(2) ? 1 : random_below(UINT32_MAX)};
		break;
	case 1:
		make_process(step);
		break;
	case 2:
	case 3:
		make_any_call(step, "vfs");
		break;
	case 4:
	case 5:
	case 6:
		make_name(step);
		break;
	case 7:
	case 8:
	case 9:
		make_descriptor(step);
		break;
	default:
		make_bytes(step);
	}
}

static void note_descriptor(uint32_t pid, uint64_t fd, bool is_there)
{
	if (pid <= PROCESSES && fd >= 3 && fd < DESCRIPTORS)
		descriptors[pid] = (uint16_t)((descriptors[pid] & ~(1u << fd)) | (unsigned)is_there << fd);
}

static void note_descriptors(uint32_t pid, const struct djed_message *m, const struct host_outcome *outcome)
{
	uint64_t at = m->word[0] - APPLICATION;
	int32_t ends[2];

	if (outcome->status == -EBADF)
		note_descriptor(pid, m->word[0], false);
	if (outcome->status)
		return;
	switch (m->label) {
	case LINUX_LABEL(LINUX_OPEN):
	case LINUX_LABEL(LINUX_DUP2):
		note_descriptor(pid, outcome->word[0], true);
		break;
	case LINUX_LABEL(LINUX_CLOSE):
		note_descriptor(pid, m->word[0], false);
		break;
	case LINUX_LABEL(LINUX_PIPE2):
		if (at > APPLICATION_SIZE - sizeof(ends))
			break;
		memcpy(ends, application + at, sizeof(ends));
		note_descriptor(pid, (uint64_t)ends[0], true);
		note_descriptor(pid, (uint64_t)ends[1], true);
		break;
	}
}

static void done(const struct step *step, const struct host_outcome *outcome)
{
	if (step->kind == STEP_REQUEST && outcome->next == DJED_NEXT_REPLY)
		note_descriptors(step->pid, &step->message, outcome);
	if (step->kind == STEP_REQUEST && step->message.label == VFS_EXIT && outcome->status == 0)
		process_forget((uint32_t)step->message.word[0]);
}

const struct subject vfs_subject = {.name = "vfs",
				    .heap = HEAP,
				    .start = start,
				    .make = make,
				    .done = done,
				    .exempt = store_exempts,
				    .exemption = STORE_EXEMPTION};
