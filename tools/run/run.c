/* djed run: boots the system; its console is ours. */
#include "abi/detect.h"
#include "crashes.h"
#include "fault.h"
#include "guest.h"
#include "machine.h"
#include "temporary.h"
#include "text.h"
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { ROOTFS_MAX = 16, ESCAPE_KEY = 1 /* ctrl-A */, END_OF_TEXT = 4 /* ctrl-D */ };

static const char usage_text[] =
    "usage: djed run [OPTIONS] [-- PROGRAM ARGS...]\n"
    "\n"
    "Boots the system. With a PROGRAM (found by PATH) its output is ours, its exit status becomes ours "
    "(128+n on\n"
    "a signal, 125 when Djed itself fails). Without one: a shell; ctrl-A X leaves.\n"
    "\n"
    "  --rootfs DIR         lay a folder of the host over / (may be repeated)\n"
    "  --policy POLICY      chain (default), osiris, restart, none\n"
    "  --monitor MODE       broker (default), tap, off\n"
    "  --detect LIST        detectors at work: all (default), none, or some of checks, invariants, heap, "
    "limit,\n"
    "                       heartbeat, confirm, confirm-all, separated by commas\n"
    "  --fault CLASS:SERVER:SITE[:NTH][:once|always]\n"
    "                       wake one dormant fault of the campaign build: a line of\n"
    "                       build/campaign/services/SERVER.sites names SITE (its first word) and CLASS (its\n"
    "                       fifth). The first NTH executions of SITE since start-up are left out (default\n"
    "                       0), it strikes at the next one: there alone (once, default), or at all later\n"
    "                       ones, too (always). In the end a line on stderr says whether it struck\n"
    "  --log FILE           keep the kernel's log\n"
    "  --crashes FILE       keep the crash records, for djed crashes\n"
    "  --build VARIANT      instrumented (default), plain, campaign, coverage\n"
    "  --memory MIB         guest memory (default 256)\n"
    "  --icount             count instructions: guest time is 1 ns each, runs repeat exactly\n";

struct session {
	struct machine *machine;
	bool terminal;	     /* stdin is a terminal and the guest runs a shell on it */
	struct fault *fault; /* to be woken; NULL: none */
	bool program;	     /* a PROGRAM was given: 8-bit clean console with framed input */
	bool ready;	     /* the guest has started its drivers: it takes input */
	bool input_ended;
	bool escape; /* ctrl-A was typed */
	struct watchdog watchdog;
	struct text to_guest;
	size_t sent;
};

static struct termios saved_terminal;
static bool terminal_changed;
static volatile sig_atomic_t stop_signal;

static void restore_terminal(void)
{
	if (terminal_changed)
		tcsetattr(0, TCSANOW, &saved_terminal);
	terminal_changed = false;
}

static void raw_terminal(void)
{
	struct termios raw;
	if (tcgetattr(0, &saved_terminal) < 0)
		return;
	raw = saved_terminal;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST;
	terminal_changed = tcsetattr(0, TCSANOW, &raw) == 0;
	atexit(restore_terminal);
}

static void on_signal(int number)
{
	stop_signal = number;
}

/* Queues host input for the guest. Framing in program mode: 0xff 0x00 is the end of input, 0xff 0xff a 0xff.
 */
static bool take_input(struct session *s)
{
	unsigned char bytes[4096];
	ssize_t n = read(0, bytes, sizeof bytes);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		s->input_ended = true;
		if (s->program)
			text_add(&s->to_guest, "\xff\0", 2);
		else
			text_add(&s->to_guest, "\x04", 1);
		return true;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (s->terminal && s->escape) {
			s->escape = false;
			if (bytes[i] == 'x' || bytes[i] == 'X')
				return false;
		} else if (s->terminal && bytes[i] == ESCAPE_KEY) {
			s->escape = true;
			continue;
		}
		text_add(&s->to_guest, &bytes[i], 1);
		if (s->program && bytes[i] == 0xff)
			text_add(&s->to_guest, &bytes[i], 1);
	}
	return true;
}

static void send_input(struct session *s)
{
	while (s->sent < s->to_guest.length) {
		ssize_t n =
		    write(s->machine->serial, s->to_guest.bytes + s->sent, s->to_guest.length - s->sent);
		if (n < 0)
			return;
		s->sent += (size_t)n;
	}
	text_clear(&s->to_guest);
	s->sent = 0;
}

static bool show_output(struct session *s)
{
	struct text output = {0};
	machine_drain_serial(s->machine, &output);
	const char *from = output.bytes;
	size_t left = output.length;
	while (left) {
		ssize_t n = write(1, from, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		from += n;
		left -= (size_t)n;
	}
	text_free(&output);
	return left == 0;
}

/* The kernel's own reason for stopping, else the last line of its log: why Djed itself failed. */
static void complain(struct session *s, const char *what)
{
	struct text log = read_file(s->machine->log_path);
	while (log.length && log.bytes[log.length - 1] == '\n')
		log.bytes[--log.length] = 0;
	char *line = log.length ? strrchr(log.bytes, '\n') : NULL;
	line = line ? line + 1 : log.length ? log.bytes : "no log";
	char *panic = log.length ? strstr(log.bytes, "kernel: panic") : NULL;
	if (panic) {
		line = panic;
		line[strcspn(line, "\n")] = 0;
	}
	restore_terminal();
	warn("%s (%s)", what, line);
	text_free(&log);
}

/* The run's exit status once the machine has paused for good, or -1 to go on. */
static int paused(struct session *s)
{
	const struct djed_lab *lab = machine_lab(s->machine);
	switch (lab ? lab->state : DJED_LAB_PANIC) {
	case DJED_LAB_READY:
		if (s->fault)
			fault_wake(s->fault, s->machine);
		[[fallthrough]];
	case DJED_LAB_AUDITING:
		s->ready = true;
		machine_go_on(s->machine);
		return -1;
	case DJED_LAB_ENDED: {
		int status = (int)lab->exit_status;
		show_output(s);
		if (lab->start_error)
			warn("cannot run the program: %s", strerror((int)lab->start_error));
		if (lab->violations && lab->violations != ~0u)
			warn("the final audit found %u violations (see the log: --log FILE)",
			     lab->violations);
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	case DJED_LAB_SHUTDOWN:
		show_output(s);
		complain(s, "the system shut itself down in good order");
		return EXIT_DJED;
	default:
		show_output(s);
		complain(s, "the kernel stopped");
		return EXIT_DJED;
	}
}

/* Whether the machine stands still at a doorbell of which nobody has told us: QEMU says nothing of what
 * happens before it has greeted us, and a kernel can stop sooner than that. */
static bool paused_unheard(struct session *s)
{
	const struct djed_lab *lab = machine_lab(s->machine);
	return lab && lab->state != DJED_LAB_BOOTING && lab->state != DJED_LAB_RUNNING &&
	       lab->state != DJED_LAB_PAUSED && !machine_is_busy(s->machine);
}

static int converse(struct session *s)
{
	for (;;) {
		if (stop_signal)
			return 128 + stop_signal;
		struct pollfd wait[3] = {
		    {s->machine->serial, POLLIN | (s->sent < s->to_guest.length ? POLLOUT : 0), 0},
		    {s->machine->monitor, POLLIN, 0},
		    /* Backpressure: no more is read than the guest takes. */
		    {!s->ready || s->input_ended || s->to_guest.length > 65536 ? -1 : 0, POLLIN, 0},
		};
		uint64_t place;
		int ready = poll(wait, 3, 1000 * WATCHDOG_SECONDS);
		if (ready < 0)
			continue;
		if (s->ready && watchdog_look(&s->watchdog, s->machine, &place)) {
			show_output(s);
			warn("kernel watchdog: the kernel makes no progress, at 0x%" PRIx64, place);
			return EXIT_DJED;
		}
		if (wait[2].revents && !take_input(s)) {
			restore_terminal();
			return 0;
		}
		if (wait[0].revents & POLLIN && !show_output(s))
			return EXIT_DJED;
		send_input(s);
		/* What a command to QEMU has read on the way does not make the socket readable. */
		if (!ready || wait[1].revents || wait[0].revents & POLLHUP) {
			enum machine_wait what = machine_wait_pause(s->machine, 0);
			if (!ready && what == MACHINE_TIMEOUT && paused_unheard(s))
				what = MACHINE_PAUSED;
			if (what == MACHINE_GONE) {
				show_output(s);
				complain(s, "QEMU ended by itself");
				return EXIT_DJED;
			}
			int status = what == MACHINE_PAUSED ? paused(s) : -1;
			if (status >= 0)
				return status;
		}
	}
}

int main(int count, char **words)
{
	tool_name = "djed run";
	enum { ROOTFS = 256, POLICY, MONITOR, DETECT, FAULT, LOG, CRASHES, BUILD, MEMORY, ICOUNT };
	static const struct option options[] = {
	    {"rootfs", 1, NULL, ROOTFS},   {"policy", 1, NULL, POLICY}, {"monitor", 1, NULL, MONITOR},
	    {"detect", 1, NULL, DETECT},   {"fault", 1, NULL, FAULT},	{"log", 1, NULL, LOG},
	    {"crashes", 1, NULL, CRASHES}, {"build", 1, NULL, BUILD},	{"memory", 1, NULL, MEMORY},
	    {"icount", 0, NULL, ICOUNT},   {"help", 0, NULL, 'h'},	{0}};
	static const char *const variants[] = {"instrumented", "plain", "campaign", "coverage", NULL};
	struct machine_options machine = {.variant = "instrumented", .memory = 256ull << 20};
	const char *policy = "chain", *monitor = "broker", *crashes = NULL;
	struct fault named, *fault = NULL;
	uint32_t detect = DJED_DETECT_ALL;
	char *rootfs[ROOTFS_MAX];
	unsigned folders = 0;
	bool variant_given = false;
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "+h", options, NULL)) != -1;) {
		switch (option) {
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case ROOTFS:
			if (folders == ROOTFS_MAX)
				die("at most %d --rootfs folders", ROOTFS_MAX);
			rootfs[folders++] = optarg;
			break;
		case POLICY:
			require_choice("--policy", policy = optarg, policy_names);
			break;
		case MONITOR:
			require_choice("--monitor", monitor = optarg, monitor_names);
			break;
		case DETECT:
			detect = parse_detectors("--detect", optarg);
			break;
		case FAULT:
			fault_parse(fault = &named, optarg);
			break;
		case LOG:
			machine.log = optarg;
			break;
		case CRASHES:
			crashes = optarg;
			break;
		case BUILD:
			require_choice("--build", machine.variant = optarg, variants);
			variant_given = true;
			break;
		case MEMORY:
			machine.memory = parse_number(optarg, "--memory", 160, 65536) << 20;
			break;
		case ICOUNT:
			machine.icount = true;
			break;
		default:
			die("unknown option or missing value: '%s' (see: djed run --help)",
			    words[optind - 1]);
		}
	}
	if (optind < count && strcmp(words[optind - 1], "--"))
		die("unexpected word '%s': a program comes behind '--'", words[optind]);
	if (fault && !variant_given)
		machine.variant = "campaign"; /* the only build that holds dormant faults */
	if (fault)
		fault_check(fault, machine.variant);
	if (!strcmp(machine.variant, "plain")) /* it takes nothing back */
		detect &= ~(uint32_t)(DJED_DETECT_CONFIRM | DJED_DETECT_CONFIRM_ALL);
	struct session s = {.program = optind < count, .fault = fault};
	s.terminal = !s.program && isatty(0);

	struct text line = {0};
	text_format(&line, "policy=%s monitor=%s detect=%x console=%s", policy, monitor, detect,
		    s.program ? "raw" : "terminal");
	if (s.program)
		guest_add_program(&line, words + optind);
	guest_check_line(&line);
	machine.command_line = line.bytes;

	const char *place = getenv("TMPDIR");
	char *overlay = format_string("%s/djed-boot.XXXXXX", place ? place : "/tmp");
	if (folders) {
		int file = mkstemp(overlay);
		if (file < 0)
			die("cannot make %s: %s", overlay, strerror(errno));
		temporary_add(overlay);
		close(file);
		guest_overlay(variant_path(machine.variant, "boot.tar"), overlay, rootfs, folders);
		machine.archive = overlay;
	}
	signal(SIGPIPE, SIG_IGN);
	if (s.terminal)
		fprintf(stderr, "djed: ctrl-A X leaves\r\n");
	s.machine = machine_start(&machine);
	temporary_remove(overlay); /* QEMU has it */
	/* Until here a signal ends us at once. */
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (s.terminal)
		raw_terminal();
	int status = converse(&s);
	restore_terminal();
	machine_stop(s.machine);
	if (fault)
		fault_tell(fault, s.machine);
	/* Last, as it may fail: the guest's memory stays mapped. */
	if (crashes && !crashes_save(s.machine, machine.variant, crashes))
		warn("the system shows no crash records");
	return status;
}
