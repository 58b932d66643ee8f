/* pm: processes, their family, groups and sessions, signals, exec, exit and wait.
 *
 * The files:   table.c    the process table: slots, pids, families        audit.c   its invariants
 *              signal.c   pending and blocked signals, who gets what      frame.c   signal frames
 *              deliver.c  what happens when a signal reaches its process  timer.c   alarms
 *              fork.c exec.c script.c exit.c wait.c start.c   lives of processes
 *              identity.c random.c                            everything small
 *              main.c     the server's four functions; calls_*.c  the Linux calls
 *
 * A process has one thread. Every table is static and bounded, links between slots are indices: an audit can
 * follow them without trusting them.
 *
 * What belongs to one process is its region (docs/regions.md), and is enough to build all else anew: lists,
 * counts, timers. */
#ifndef PM_H
#define PM_H

#include <abi/layout.h>
#include <abi/restart.h>
#include <djed/server.h>
#include <errno.h>
#include <lib/region.h>
#include <string.h>

#include "linux_types.h"

enum {
	PROCESSES_MAX = 1024, /* slot 0 included */
	PID_MAX = 32768,      /* pids are below it, as Linux's default */
	INIT_PID = 1,	  /* slot 0: adopts and reaps orphans; has no thread, other servers do not know it */
	INFOS_MAX = 1024, /* pending signals that carry information, over all processes */
	GROUPS_MAX = 32,  /* supplementary groups of a process */
	PATH_SIZE = 4096, /* longest path with its NUL */
	ARGUMENTS_SIZE = 256 * 1024, /* argument and environment strings of one exec; E2BIG beyond */
	TOMBSTONES_MAX = 256,
	TOMBSTONE_RETRY_NS = 10000000,
	PROCESS_REST = 1400, /* bytes of a process's region that are not used */
	NONE = 0xffff,	     /* no slot, no information */
};

enum process_state {
	PROCESS_FREE = 0,
	PROCESS_ALIVE = 1,
	PROCESS_STOPPED = 2, /* alive; its thread waits in a parked signal event for SIGCONT or SIGKILL */
	PROCESS_ZOMBIE = 3,  /* ended; keeps its slot until its parent has waited for it */
};

/* What the parked request of a process waits for. */
enum process_wait {
	WAIT_NOTHING = 0, /* `parked` is 0 */
	WAIT_CHILD,	  /* wait4, waitid */
	WAIT_VFORK,	  /* vfork's parent: until the child's exec or exit */
	WAIT_STOPPED,	  /* a signal event: state is PROCESS_STOPPED */
	WAIT_SIGNAL,	  /* pause, rt_sigsuspend */
	WAIT_SIGNAL_SET,  /* rt_sigtimedwait: a signal of `wait_set` */
};

/* What a child has to tell its parent besides its end. */
enum { REPORT_STOP = 1, REPORT_CONTINUE = 2 };

/* Signal numbers are 1..64; a set has bit signal - 1. */
typedef uint64_t signal_set;
enum { SIGNALS = 64, SIGNALS_REALTIME = 32 /* the first that queues */ };

static inline signal_set signal_bit(unsigned signal)
{
	return (signal_set)1 << (signal - 1);
}

/* As rt_sigaction lays it out. */
struct signal_action {
	uint64_t handler; /* or LINUX_SIG_DFL, LINUX_SIG_IGN */
	uint64_t flags;	  /* LINUX_SA_* */
	uint64_t restorer;
	signal_set mask;
};
_Static_assert(sizeof(struct signal_action) == 32, "struct kernel_sigaction");

struct signal_info {
	int32_t code; /* si_code */
	uint32_t pid, uid;
	uint64_t value;			  /* si_addr, si_status or si_value */
	int64_t user_ticks, system_ticks; /* SIGCHLD */
	uint16_t next;			  /* in the process's queue or the free list */
	uint8_t signal;			  /* 0: free */
};

struct signal_stack {
	uint64_t base, size;
	uint32_t flags;
};

struct signals {
	signal_set blocked;
	signal_set pending;
	signal_set saved;    /* mask to go back to after rt_sigsuspend, valid while `suspended` */
	signal_set wait_set; /* WAIT_SIGNAL_SET */
	signal_set
	    known; /* signals whose entry in `action` counts; the others are all zero, which is the default */
	struct signal_stack stack;
	uint16_t first_info, last_info; /* queue of pending information, oldest first */
	bool suspended;
	struct signal_action action[SIGNALS];
};

struct credentials {
	uint32_t user, effective_user, saved_user, file_user;
	uint32_t group, effective_group, saved_group, file_group;
	uint32_t groups;
	uint32_t supplementary[GROUPS_MAX];
};

struct limit {
	uint64_t soft, hard;
};

enum process_role { ROLE_NONE, ROLE_FIRST_PROGRAM, ROLE_PROBE };

/* Two timers per process. A timer's number is kind * PROCESSES_MAX + slot. */
enum timer_kind { TIMER_ALARM = 0, TIMER_WAIT = 1, TIMER_KINDS = 2 };

/* In its region, in the slot djed_region_of(pid). */
struct process {
	uint32_t pid;
	uint8_t state;	      /* enum process_state */
	uint8_t wait;	      /* enum process_wait */
	uint8_t exit_signal;  /* sent to the parent at the end; 0: none */
	uint8_t report;	      /* REPORT_* */
	uint8_t stop_signal;  /* that stopped it */
	uint8_t death_signal; /* prctl PR_SET_PDEATHSIG */
	bool executed;	      /* has called execve since fork: setpgid on it is refused */
	bool holds_parent;    /* vfork: the parent waits for this one */
	bool no_new_privileges;
	uint8_t role;	 /* enum process_role */
	bool damaged;	 /* its region was found so: it is to be ended */
	uint16_t parent; /* slot */
	uint32_t group, session;
	int32_t exit_status; /* as wait4 gives it */
	djed_handle thread;  /* 0: ended */
	djed_handle parked;  /* request kept by pm, see `wait` */
	uint64_t set_tid;    /* address for the thread's own id when it first runs; 0: none */
	uint64_t clear_tid;
	uint64_t started;				   /* ns since boot */
	uint64_t user_time, system_time;		   /* ns, of the ended thread */
	uint64_t children_user_time, children_system_time; /* ns, of children waited for */
	uint64_t alarm_interval;			   /* ns */
	uint64_t deadline[TIMER_KINDS];			   /* of its timers, as in struct timer */
	uint32_t gone;					   /* the tombstone of the process that was here, */
	uint8_t left;					   /* as in struct tombstone; 0: there is none */
	char name[16];					   /* as prctl PR_GET_NAME gives it */
	struct credentials credentials;
	struct limit limit[LINUX_RLIMITS];
	struct signals signals;
	uint8_t rest[PROCESS_REST];
};
_Static_assert(sizeof(struct process) == DJED_PAGE_SIZE, "a region");
extern struct process processes[PROCESSES_MAX];

/* Links of a process, which pm can make anew out of all processes. Slots, or NONE. */
struct kin {
	uint16_t first_child, last_child, next_sibling, previous_sibling;
	uint16_t next, previous; /* all used slots, in order of creation */
};

enum { TIMERS_MAX = TIMER_KINDS * PROCESSES_MAX };
struct timer {
	uint64_t deadline;	 /* ns since boot; 0: not armed */
	uint16_t next, previous; /* in order of deadline; NONE at the ends */
};

/* An ended process that other servers still know: bit per server in the order in which they are left. */
struct tombstone {
	uint32_t pid;
	uint8_t left;	/* know it; pm itself last, if init has to reap */
	uint8_t failed; /* of these: crashed over it; waits until it is tried again */
};

struct pm {
	struct kin kin[PROCESSES_MAX];
	uint16_t used; /* slots, slot 0 included */
	uint16_t zombies;
	uint32_t last_pid; /* given out last */
	uint32_t forks;	   /* since boot; published, for /proc/stat */
	struct signal_info info[INFOS_MAX];
	uint16_t first_free_info;
	uint16_t infos_used;
	struct timer timer[TIMERS_MAX];
	uint16_t first_timer;
	uint16_t timers_armed;
	uint32_t first_program; /* pid of the run's first program; 0: not started or ended */
	uint32_t probe_program;
	struct tombstone tombstone[TOMBSTONES_MAX];
	uint16_t tombstones;
	uint64_t tombstones_retry; /* ns since boot: when those that wait are tried again */
	bool damaged;		   /* some process is so */
	bool probe_wanted;	   /* the first program has ended, the probe is to be started */
	uint64_t random_key[4];	   /* generator behind getrandom */
	char host_name[65];
};
extern struct pm pm;

/* Slots of the servers that pm calls. */
struct pm_slots {
	djed_slot vfs, mm, sched, console, ds, auditor;
};
extern struct pm_slots to;

/* ---- table.c ---------------------------------------------------------------------------------- */

/* Empties the table and makes slot 0. */
void table_reset(void);
/* An empty slot. */
void process_clear(struct process *p);
/* rebuild.c: a new instance, out of the regions. */
void table_rebuild(void);
/* All but the processes themselves is empty; slot 0 is there. */
void lists_reset(void);
/* The process with that pid, zombies included; NULL: none. */
struct process *process_find(uint32_t pid);
/* A new process without thread, child of `parent`; credentials, group, session, limits, name and signal
 * actions are the parent's. NULL: there is no slot or number for it. */
struct process *process_create(struct process *parent);
/* Puts a process whose own entries are complete into the lists. */
void process_link(struct process *parent, struct process *p);
/* Gives the slot back. The process must be without children, queued signals and timers. */
void process_free(struct process *p);
/* Moves a process to another parent's list of children. */
void process_adopt(struct process *parent, struct process *child);
struct process *process_at(uint16_t slot); /* NULL for NONE */
static inline uint16_t slot_of(const struct process *p)
{
	return (uint16_t)(p - processes);
}
static inline struct kin *kin_of(const struct process *p)
{
	return &pm.kin[slot_of(p)];
}
/* To be said before another process than the one that is served is changed. */
static inline void process_write(const struct process *p)
{
	region_write(slot_of(p), PROCESSES_MAX);
}
#define for_each_process(p) \
	for (struct process *p = process_at(pm.kin[0].next); p; p = process_at(kin_of(p)->next))
#define for_each_child(c, p)                                            \
	for (struct process *c = process_at(kin_of(p)->first_child); c; \
	     c = process_at(kin_of(c)->next_sibling))

/* ---- signal.c --------------------------------------------------------------------------------- */

const struct signal_action *action_of(const struct process *p, unsigned signal);
void action_set(struct process *p, unsigned signal, const struct signal_action *action);
/* exec: handlers become the default, ignored signals stay ignored. */
void actions_reset(struct process *p);
enum default_action { DEFAULT_TERMINATE, DEFAULT_IGNORE, DEFAULT_STOP, DEFAULT_CONTINUE };
enum default_action default_action(unsigned signal);
bool signal_ignored(const struct process *p, unsigned signal);
/* Makes a signal pending and does what has to be done at once: a stopped process is continued by SIGCONT and
 * SIGKILL, a thread that may take the signal is marked. `info->signal` is 1..64. */
void signal_send(struct process *p, const struct signal_info *info);
/* The same without regard to blocking and ignoring: for exceptions. */
void signal_force(struct process *p, const struct signal_info *info);
/* Takes the next signal out of `set` that is pending: SIGKILL first, then the lowest. 0: none. */
unsigned signal_take(struct process *p, signal_set set, struct signal_info *info);
void signals_flush(struct process *p, signal_set set);
/* Whether the thread has something to take now. */
bool signal_deliverable(const struct process *p);
/* Whether one of them ends the process. */
bool signal_fatal(const struct process *p);
/* New mask; marks the thread if that makes something deliverable. */
void signal_block(struct process *p, signal_set blocked);
/* Whether one process may signal another. 0, -EPERM. */
djed_status signal_permitted(const struct process *from, const struct process *target, unsigned signal);
/* kill(2) to a process group; 0, -ESRCH, -EPERM. `from` NULL: the kernel. */
djed_status signal_group(const struct process *from, uint32_t group, const struct signal_info *info);
void info_release_all(void); /* table_reset */

/* ---- frame.c ---------------------------------------------------------------------------------- */

/* Builds the frame of a handler in `frame` and changes `context` so that the handler runs next; the frame
 * then belongs at address context->rsp of the application. Layout: arch/x86/include/asm/sigframe.h of
 * Linux 6.1 without XSAVE. */
struct signal_frame;
void frame_build(struct process *p, const struct signal_action *action, const struct signal_info *info,
		 const struct fault_words *fault, struct djed_context *context, struct signal_frame *frame);
/* Takes registers, mask and signal stack back from a frame. -EINVAL: the frame cannot be one. */
djed_status frame_restore(struct process *p, const struct signal_frame *frame, struct djed_context *context,
			  signal_set *blocked);
/* Whether that is an address on the signal stack. */
bool signal_stack_used(const struct process *p, uint64_t stack_pointer);
void siginfo_write(struct linux_siginfo *to, const struct signal_info *from);
void context_fresh_fpu(struct djed_context *context);

/* ---- deliver.c -------------------------------------------------------------------------------- */

/* The thread of `p` is about to return to user mode: takes its pending signals one after the other. Answers,
 * parks or ends the held request. `fault` describes the exception that led here, or is NULL. */
void deliver(struct process *p, const struct fault_words *fault);
/* Changes `context` so that a handler runs next. False: its frame cannot be written, or it has no restorer.
 */
bool signal_handle(struct process *p, const struct signal_info *info, const struct signal_action *action,
		   const struct fault_words *fault, struct djed_context *context);
void deliver_exception(struct process *p, unsigned signal, const struct fault_words *fault);
int64_t restore_frame(struct process *p); /* rt_sigreturn */
void process_continue(struct process *p);

/* ---- timer.c ---------------------------------------------------------------------------------- */

/* Sets or (deadline 0) clears a timer of a process. */
void timer_set(struct process *p, enum timer_kind kind, uint64_t deadline);
uint64_t timer_deadline(const struct process *p, enum timer_kind kind);
/* Lets every timer whose deadline has passed act. */
void timers_expire(uint64_t now);
/* The same when that crashes: without what goes beyond waking and SIGALRM. */
void timers_expire_simply(uint64_t now);
/* Disarms all of a process. */
void timers_drop_simply(const struct process *p);
uint64_t deadline_first(void);
/* Computes djed_deadline anew: the first timer, or at once if there is other work to do later. */
void deadline_update(void);

/* ---- fork.c, exec.c, exit.c, wait.c, start.c ------------------------------------------------------ */

struct clone_request {
	uint64_t flags, stack, parent_tid, child_tid, tls;
};
/* The child's pid or a negated errno; may park (vfork). */
int64_t process_fork(struct process *parent, const struct clone_request *request);
void vfork_release(struct process *child);

int64_t process_execute(struct process *p, uint64_t path, uint64_t arguments, uint64_t environment);
/* The same for strings of pm's own: the first program. The vectors end with NULL. */
djed_status process_load(struct process *p, const char *path, const char *const argument[],
			 const char *const environment[], struct djed_context *context, uint64_t *space);

/* Ends a process: `status` as wait4 gives it. Cannot fail (rule 16). */
void process_exit(struct process *p, int32_t status);
/* The kernel has ended threads whose exit failed: their processes end here, and what other servers hold of
 * them is released later. The second: after the first has crashed. */
void tombstones_find(void);
void tombstones_find_simply(void);
/* Lets one server release what it holds of one ended process. False: there is nothing to do now. */
bool tombstone_clear(void);
/* The same when that crashes. */
bool tombstone_clear_simply(void);
/* That has crashed, too: it is tried again later. False: there was nothing to do. */
bool tombstone_postpone(void);
void tombstone_add(uint32_t pid, uint8_t left);
bool tombstone_waits(const struct tombstone *tombstone);
void process_reap(struct process *child);
void process_reap_later(
    struct process *child); /* in a transaction of its own; it is nobody's child until then */
bool group_orphaned(uint32_t group, const struct process *except);

struct wait_selection {
	enum { SELECT_ANY, SELECT_PID, SELECT_GROUP } by;
	uint32_t id;
	uint32_t options; /* LINUX_W* */
};
struct wait_result {
	uint32_t pid, uid;
	int32_t status;			 /* as wait4 gives it */
	int32_t code;			 /* CLD_* */
	uint64_t user_time, system_time; /* ns, with those of its own children */
};
/* A child that has something to tell: 1 and *result (and it is told, unless WNOWAIT); 0: nothing yet;
 * -ECHILD: no such child. */
int wait_look(struct process *p, const struct wait_selection *selection, struct wait_result *result);
/* Parks the held request as what `p` waits for. */
void process_park(struct process *p, enum process_wait wait);
/* Lets the parked request of `p` look again, if it waits for that. */
void process_wake(struct process *p, enum process_wait wait);

enum { RUN_ENDED = 1 /* notification bit for the auditor */ };
/* simple.c: serves the held request, which is delivered again, if it is one of those that programs cannot do
 * without. False: it has to go the usual way. */
bool simple_dispatch(struct process *p, const struct djed_delivery *delivery);
/* simple_signal.c */
bool kill_simply(struct process *p, int32_t pid, uint32_t signal);
bool cancel_simply(struct process *p, uint32_t label);
void deliver_simply(struct process *p);
/* As signal_send. */
void signal_post_simply(struct process *p, const struct signal_info *information);
void terminal_signals_simply(void);
void signals_drop_simply(struct process *p); /* all that are pending */

void start_first_program(void);
void start_probe(void);
bool probe_named(void);	 /* the command line names one */
void probe_refuse(void); /* starting it crashes: the run ends without */
void run_ended(const struct process *p);

/* ---- identity.c, info.c, random.c ------------------------------------------------------------------- */

/* Tells vfs credentials, parent, group and session of a process. */
void identity_publish(const struct process *p);
int64_t group_set(struct process *p, uint32_t pid, uint32_t group);
int64_t session_create(struct process *p);
/* ns of CPU time so far. */
void process_times(const struct process *p, uint64_t *user, uint64_t *system);
void limits_default(struct limit limit[LINUX_RLIMITS]);
void random_start(uint64_t clock);
void random_bytes(void *to, size_t length);

/* The application whose request is held. */
struct process *caller(void);

/* ---- audit.c, invariants.c ----------------------------------------------------------------------------- */

void pm_audit(struct djed_audit *audit);
/* Of it, what can be told of one process in use, of its signal masks, and of the deadline. */
void process_check(struct djed_audit *a, const struct process *p);
void identity_check(struct djed_audit *a, const struct process *p); /* name, groups and limits */
void masks_check(struct djed_audit *a, const struct process *p);
void deadline_check(struct djed_audit *a);
void timer_check(struct djed_audit *a, uint32_t number);
/* After everything else in init; before an answer. */
void pm_invariants_start(void);
void pm_invariants(const uint64_t *from);

#endif
