#include "machine.h"

#include "qmp.h"
#include "temporary.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 80 };

char *variant_path(const char *variant, const char *name)
{
	const char *build = getenv("DJED_BUILD_DIR");
	if (!build)
		die("DJED_BUILD_DIR is not set: start the tools through ./djed");
	return format_string("%s/%s/%s", build, variant, name);
}

uint64_t variant_digest(const char *variant)
{
	char *kernel = variant_path(variant, "kernel"), *archive = variant_path(variant, "boot.tar");
	uint64_t both = digest_file(kernel) * 31 + digest_file(archive);
	free(kernel);
	free(archive);
	return both;
}

/* Guest RAM lives in memory where possible: it is mapped, written at full speed and thrown away. */
static char *make_folder(void)
{
	static const char *const places[] = {"/dev/shm", NULL, "/tmp"};
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		const char *place = places[i] ? places[i] : getenv("TMPDIR");
		if (!place)
			continue;
		char *folder = format_string("%s/djed.XXXXXX", place);
		if (mkdtemp(folder)) {
			temporary_add(folder);
			return folder;
		}
		free(folder);
	}
	die("cannot make a private folder in /dev/shm, $TMPDIR or /tmp: %s", strerror(errno));
}

struct arguments {
	const char *list[ARGUMENTS_MAX];
	unsigned count;
};

static void add(struct arguments *a, const char *first, const char *second)
{
	if (a->count + 3 > ARGUMENTS_MAX)
		die("too many QEMU arguments");
	a->list[a->count++] = first;
	if (second)
		a->list[a->count++] = second;
	a->list[a->count] = NULL;
}

static void build_arguments(struct arguments *a, const struct machine_options *o, const struct machine *m,
			    const char *ram, int serial, int monitor)
{
	add(a, "qemu-system-x86_64", NULL);
	add(a, "-nodefaults", "-no-user-config");
	add(a, "-no-reboot", NULL);
	add(a, "-machine", "microvm,acpi=off,memory-backend=ram");
	add(a, "-accel", "tcg");
	add(a, "-cpu", "max");
	add(a, "-display", "none");
	add(a, "-m", format_string("%lluM", (unsigned long long)(o->memory >> 20)));
	add(a, "-object",
	    format_string("memory-backend-file,id=ram,share=on,size=%llu,mem-path=%s",
			  (unsigned long long)o->memory, ram));
	add(a, "-chardev",
	    o->snapshots ? format_string("file,id=serial,append=on,path=%s/output", m->folder)
			 : format_string("socket,id=serial,fd=%d", serial));
	add(a, "-serial", "chardev:serial");
	add(a, "-chardev", format_string("file,id=log,path=%s", m->log_path));
	add(a, "-device", "isa-debugcon,iobase=0xe9,chardev=log");
	add(a, "-device", "pvpanic,ioport=0x505");
	add(a, "-action", "panic=pause");
	add(a, "-chardev", format_string("socket,id=monitor,fd=%d", monitor));
	add(a, "-mon", "chardev=monitor,mode=control");
	add(a, "-seed", "1");
	if (o->icount) {
		add(a, "-icount", "shift=0,sleep=off");
		add(a, "-rtc", "base=2024-01-01,clock=vm");
	}
	if (o->snapshots)
		add(a, "-drive",
		    format_string("if=none,id=state,format=qcow2,file=%s/state.qcow2", m->folder));
	if (o->gdb_socket) {
		add(a, "-gdb", format_string("unix:%s,server=on,wait=off", o->gdb_socket));
		add(a, "-S", NULL);
	}
	add(a, "-kernel", variant_path(o->variant, "kernel"));
	add(a, "-initrd", o->archive ? o->archive : variant_path(o->variant, "boot.tar"));
	add(a, "-append", o->command_line);
}

static void make_state_drive(const char *folder)
{
	char *path = format_string("%s/state.qcow2", folder);
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		execlp("qemu-img", "qemu-img", "create", "-q", "-f", "qcow2", path, "1M", (char *)NULL);
		_exit(127);
	}
	int status = -1;
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
		die("qemu-img could not make a drive for snapshots in %s", folder);
	free(path);
}

/* The file that the console's output goes to, for reading. */
static int make_output_file(const char *folder)
{
	char *path = format_string("%s/output", folder);
	int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		die("cannot make %s: %s", path, strerror(errno));
	free(path);
	return file;
}

static void require_file(char *path)
{
	if (access(path, R_OK) < 0)
		die("cannot read %s: %s", path, strerror(errno));
	free(path);
}

static const char *const file_names[] = {"ram", "errors", "state.qcow2", "output", "log"};
enum { FILE_NAMES = sizeof file_names / sizeof *file_names };

/* Once QEMU has opened them, its files need no names: whatever kills us, nothing is left behind. */
static void remove_files(struct machine *m)
{
	if (!m->folder)
		return;
	char *log = format_string("%s/log", m->folder);
	if (!strcmp(log, m->log_path)) {
		int file = open(log, O_RDONLY | O_CLOEXEC);
		free(m->log_path);
		m->log_path = format_string("/proc/self/fd/%d", file);
	}
	free(log);
	for (unsigned i = 0; i < FILE_NAMES; i++) {
		char *path = format_string("%s/%s", m->folder, file_names[i]);
		temporary_remove(path);
		free(path);
	}
	temporary_remove(m->folder);
	free(m->folder);
	m->folder = NULL;
}

/* An archive ends with two blocks of zeros (POSIX ustar); one that was cut off does not. */
static void require_whole_archive(char *path)
{
	enum { END = 1024, BLOCK = 512 };
	static const char zeros[END];
	char end[END];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
	if (size < 0)
		die("cannot read %s: %s", path, strerror(errno));
	if (size <= END || size % BLOCK || pread(file, end, END, size - END) != END ||
	    memcmp(end, zeros, END))
		die("boot archive %s is empty or truncated", path);
	close(file);
	free(path);
}

struct machine *machine_start(const struct machine_options *o)
{
	require_file(variant_path(o->variant, "kernel"));
	require_whole_archive(o->archive ? format_string("%s", o->archive)
					 : variant_path(o->variant, "boot.tar"));
	struct machine *m = calloc(1, sizeof *m);
	if (!m)
		die("out of memory");
	m->folder = make_folder();
	for (unsigned i = 0; i < FILE_NAMES; i++) {
		char *path = format_string("%s/%s", m->folder, file_names[i]);
		temporary_add(path);
		free(path);
	}
	m->log_path = o->log ? format_string("%s", o->log) : format_string("%s/log", m->folder);
	m->memory_size = o->memory;
	char *ram = format_string("%s/ram", m->folder);
	int file = open(ram, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, (off_t)o->memory) < 0)
		die("cannot make guest memory %s: %s", ram, strerror(errno));
	m->memory = mmap(NULL, o->memory, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (m->memory == MAP_FAILED)
		die("cannot map guest memory: %s", strerror(errno));
	close(file);
	m->lab = (struct djed_lab *)(m->memory + DJED_LAB_PHYSICAL);
	if (o->snapshots)
		make_state_drive(m->folder);

	int serial[2], monitor[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, serial) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor) < 0)
		die("socketpair: %s", strerror(errno));
	int output = o->snapshots ? make_output_file(m->folder) : -1;
	struct arguments a = {0};
	build_arguments(&a, o, m, ram, serial[1], monitor[1]);
	char *errors = format_string("%s/errors", m->folder);
	pid_t parent = getpid();
	m->process = fork();
	if (m->process < 0)
		die("fork: %s", strerror(errno));
	if (m->process == 0) {
		/* QEMU must not outlive the tool, whatever kills that. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		setpgid(0, 0);
		fcntl(serial[1], F_SETFD, 0);
		fcntl(monitor[1], F_SETFD, 0);
		int null = open("/dev/null", O_RDWR);
		int text = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(null, 0);
		dup2(text, 1);
		dup2(text, 2);
		execvp(a.list[0], (char *const *)a.list);
		dprintf(2, "cannot start %s: %s\n", a.list[0], strerror(errno));
		_exit(127);
	}
	close(serial[1]);
	close(monitor[1]);
	m->serial = serial[0];
	m->monitor = monitor[0];
	if (o->snapshots) {
		close(m->serial);
		m->serial = output;
	} else {
		fcntl(m->serial, F_SETFL, O_NONBLOCK);
	}
	m->input = qmp_open(m->monitor);
	if (!m->input) {
		struct text reason = read_file(errors);
		machine_stop(m);
		if (reason.length && reason.bytes[reason.length - 1] == '\n')
			reason.bytes[--reason.length] = 0;
		die("QEMU did not start: %s", reason.length ? reason.bytes : "no reason given");
	}
	remove_files(m);
	free(ram);
	free(errors);
	return m;
}

bool machine_alive(struct machine *m)
{
	if (m->process <= 0)
		return false;
	int status;
	if (waitpid(m->process, &status, WNOHANG) != m->process)
		return true;
	m->process = 0;
	return false;
}

void machine_stop(struct machine *m)
{
	if (!m)
		return;
	if (m->process > 0) {
		kill(m->process, SIGKILL);
		waitpid(m->process, NULL, 0);
		m->process = 0;
	}
	remove_files(m);
}

const struct djed_lab *machine_lab(struct machine *m)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return m->lab->magic == DJED_LAB_MAGIC && m->lab->version == 1 ? m->lab : NULL;
}

const void *machine_region(struct machine *m, const struct djed_lab_region *region)
{
	if (region->physical > m->memory_size || region->length > m->memory_size - region->physical)
		return NULL;
	return m->memory + region->physical;
}

struct djed_fault_slot *machine_fault_slot(struct machine *m, unsigned service)
{
	if (service >= DJED_SERVICES_MAX)
		die("service number %u is out of range", service);
	return (struct djed_fault_slot *)(m->memory + DJED_FAULT_PHYSICAL +
					  service * (uint64_t)DJED_PAGE_SIZE);
}

void machine_drain_serial(struct machine *m, struct text *into)
{
	char bytes[16384];
	for (;;) {
		ssize_t n = read(m->serial, bytes, sizeof bytes);
		if (n > 0)
			text_add(into, bytes, (size_t)n);
		else if (n == 0 || errno != EINTR)
			return;
	}
}

enum machine_wait machine_wait_pause(struct machine *m, double seconds)
{
	switch (qmp_wait_event(m->input, "GUEST_PANICKED", seconds)) {
	case QMP_EVENT:
		return MACHINE_PAUSED;
	case QMP_TIMEOUT:
		return MACHINE_TIMEOUT;
	default:
		return MACHINE_GONE;
	}
}

bool machine_go_on(struct machine *m)
{
	const struct djed_lab *lab = machine_lab(m);
	return lab && (lab->state == DJED_LAB_READY || lab->state == DJED_LAB_AUDITING) &&
	       machine_continue(m);
}

bool machine_continue(struct machine *m)
{
	return qmp_command(m->input, "cont", NULL);
}

bool machine_pause(struct machine *m)
{
	return qmp_command(m->input, "stop", NULL);
}

static bool snapshot_command(struct machine *m, const char *command, const char *name)
{
	char *line = format_string("%s %s", command, name);
	bool good = qmp_monitor_command(m->input, line, "");
	free(line);
	return good;
}

bool machine_save(struct machine *m, const char *name)
{
	return snapshot_command(m, "savevm", name);
}

bool machine_restore(struct machine *m, const char *name)
{
	return snapshot_command(m, "loadvm", name) && ftruncate(m->serial, 0) == 0 &&
	       lseek(m->serial, 0, SEEK_SET) == 0;
}

bool machine_get_registers(struct machine *m, struct machine_registers *registers)
{
	char *text = qmp_monitor_text(m->input, "info registers");
	const char *instruction = text ? strstr(text, "RIP=") : NULL;
	const char *flags = text ? strstr(text, "RFL=") : NULL, *level = text ? strstr(text, "CPL=") : NULL;
	bool found = instruction && flags && level;
	if (found) {
		enum { INTERRUPTS = 1 << 9 };
		registers->instruction = strtoull(instruction + 4, NULL, 16);
		registers->interruptible = strtoull(flags + 4, NULL, 16) & INTERRUPTS;
		registers->privileged = level[4] == '0';
	}
	free(text);
	return found;
}

bool machine_serve_gdb(struct machine *m, const char *socket)
{
	char *line = format_string("gdbserver unix:%s,server=on,wait=off", socket);
	bool good = qmp_monitor_command(m->input, line, "Waiting for gdb connection");
	free(line);
	return good;
}

double machine_processor_seconds(struct machine *m)
{
	char *path = format_string("/proc/%d/stat", (int)m->process);
	FILE *file = m->process > 0 ? fopen(path, "r") : NULL;
	unsigned long long user = 0, system = 0;
	/* Fields 14 and 15, counted from behind the name in parentheses (proc(5)). */
	if (file && fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
			   &system) != 2)
		user = system = 0;
	if (file)
		fclose(file);
	free(path);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

bool machine_is_busy(struct machine *m)
{
	char *path = format_string("/proc/%d/task", (int)m->process);
	DIR *tasks = m->process > 0 ? opendir(path) : NULL;
	bool busy = false;
	for (struct dirent *task; tasks && !busy && (task = readdir(tasks));) {
		char *stat = format_string("%s/%s/stat", path, task->d_name);
		FILE *file = task->d_name[0] != '.' ? fopen(stat, "r") : NULL;
		char state = 'S';
		if (file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1)
			busy = state != 'S';
		if (file)
			fclose(file);
		free(stat);
	}
	if (tasks)
		closedir(tasks);
	free(path);
	return busy;
}
