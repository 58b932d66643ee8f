/* The contents of the files of /proc. */
#include "vfs.h"

#include <protocols/ds_client.h>
#include <protocols/mm_client.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *start;
	uint32_t size, used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
	uint32_t room = text->size - text->used;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->start + text->used, room, format, arguments);
	va_end(arguments);
	text->used += length < 0 ? 0 : (uint32_t)length < room ? (uint32_t)length : room - 1;
}

static void add_meminfo(struct text *text)
{
	uint64_t total = 0, free_frames = 0;

	if (mm_statistics(vfs_slots.mm, &total, &free_frames))
		return;
	add(text, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n",
	    (unsigned long)total * 4, (unsigned long)free_frames * 4, (unsigned long)free_frames * 4);
	add(text, "Buffers:        %8u kB\nCached:         %8u kB\nSwapCached:     %8u kB\n", 0, 0, 0);
	add(text, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\n", 0, 0);
}

static void add_uptime(struct text *text)
{
	unsigned long hundredths = (unsigned long)(djed_now() / 10000000);

	add(text, "%lu.%02lu 0.00\n", hundredths / 100, hundredths % 100);
}

static void add_cpuinfo(struct text *text)
{
	add(text, "processor\t: 0\nvendor_id\t: QEMU\nmodel name\t: x86_64\ncpu MHz\t\t: 1000.000\n");
	add(text, "physical id\t: 0\ncpu cores\t: 1\nflags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 syscall "
		  "nx lm\n\n");
}

/* A number that another server publishes; 0 while it has not. */
static uint64_t published(const char *key)
{
	uint64_t value = 0;

	return ds_look_up(vfs_slots.ds, key, &value) ? 0 : value;
}

static void add_system_stat(struct text *text)
{
	add(text, "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nbtime %lu\nprocesses %lu\n",
	    (unsigned long)djed_wall_seconds(), (unsigned long)published("pm.forks"));
}

static void add_mounts(struct text *text)
{
	add(text, "root / tmpfs rw,noatime 0 0\nproc /proc proc rw 0 0\n");
}

static char state_of(const struct process *process)
{
	return wait_of(process)->request ? 'S' : 'R';
}

static void add_process_stat(struct text *text, const struct process *process)
{
	uint64_t virtual_pages = 0, resident = 0;
	bool terminal = process->session && published("console.session") == process->session;

	if (mm_usage(vfs_slots.mm, process->pid, &virtual_pages, &resident))
		virtual_pages = resident = 0;
	add(text, "%u (%s) %c %u %u %u %u %d 0 0 0 0 0 0 0 0 0 20 0 1 0 0 %lu %lu 18446744073709551615",
	    process->pid, process->command, state_of(process), process->parent, process->process_group,
	    process->session, terminal ? 0x501 : 0, terminal ? (int)published("console.group") : -1,
	    (unsigned long)virtual_pages * DJED_PAGE_SIZE, (unsigned long)resident);
	add(text, " 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
}

static void add_status(struct text *text, const struct process *process)
{
	uint64_t virtual_pages = 0, resident = 0;

	if (mm_usage(vfs_slots.mm, process->pid, &virtual_pages, &resident))
		virtual_pages = resident = 0;
	add(text, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%u\nPid:\t%u\nPPid:\t%u\n", process->command,
	    process->mask, state_of(process) == 'S' ? "S (sleeping)" : "R (running)", process->pid,
	    process->pid, process->parent);
	add(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\n", process->user, process->user,
	    process->user, process->user, process->group, process->group, process->group, process->group,
	    VFS_DESCRIPTORS);
	add(text, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t1\n", (unsigned long)virtual_pages * 4,
	    (unsigned long)resident * 4);
}

static void add_process_text(struct text *text, uint16_t kind, const struct process *process)
{
	uint64_t virtual_pages = 0, resident = 0;

	switch (kind) {
	case PROC_PID_CMDLINE:
		if (process->arguments_length > text->size)
			return;
		memcpy(text->start, process->arguments, process->arguments_length);
		text->used = process->arguments_length;
		break;
	case PROC_PID_COMM:
		add(text, "%s\n", process->command);
		break;
	case PROC_PID_STAT:
		add_process_stat(text, process);
		break;
	case PROC_PID_STATM:
		if (mm_usage(vfs_slots.mm, process->pid, &virtual_pages, &resident))
			virtual_pages = resident = 0;
		add(text, "%lu %lu 0 0 0 0 0\n", (unsigned long)virtual_pages, (unsigned long)resident);
		break;
	case PROC_PID_STATUS:
		add_status(text, process);
		break;
	case PROC_PID_MOUNTS:
		add_mounts(text);
		break;
	}
}

djed_status proc_text(struct node node, char *start, uint32_t size)
{
	struct text text = {start, size, 0};

	if (node.pid) {
		const struct process *process = process_find(node.pid);

		if (!process)
			return -ESRCH;
		add_process_text(&text, node.proc, process);
		return text.used;
	}
	switch (node.proc) {
	case PROC_MEMINFO:
		add_meminfo(&text);
		break;
	case PROC_UPTIME:
		add_uptime(&text);
		break;
	case PROC_STAT:
		add_system_stat(&text);
		break;
	case PROC_CPUINFO:
		add_cpuinfo(&text);
		break;
	case PROC_VERSION:
		add(&text, "Linux version 6.1.0-djed (djed) #1\n");
		break;
	case PROC_FILESYSTEMS:
		add(&text, "nodev\ttmpfs\nnodev\tproc\n");
		break;
	case PROC_LOADAVG:
		add(&text, "0.00 0.00 0.00 1/%u %u\n", vfs_processes_used, vfs_processes_used);
		break;
	case PROC_PID_MAX:
		add(&text, "32768\n");
		break;
	case PROC_OSTYPE:
		add(&text, "Linux\n");
		break;
	case PROC_OSRELEASE:
		add(&text, "6.1.0-djed\n");
		break;
	case PROC_HOSTNAME:
		add(&text, "djed\n");
		break;
	case PROC_OVERCOMMIT:
		add(&text, "0\n");
		break;
	}
	return text.used;
}
