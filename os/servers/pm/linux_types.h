/* Numbers and structures of the Linux ABI on x86_64 that pm's calls use (include/uapi of Linux 6.1). */
#ifndef PM_LINUX_TYPES_H
#define PM_LINUX_TYPES_H

#include <stdint.h>

// clang-format off
enum {
	LINUX_SIGHUP = 1, LINUX_SIGINT = 2, LINUX_SIGQUIT = 3, LINUX_SIGILL = 4, LINUX_SIGTRAP = 5, LINUX_SIGABRT = 6,
	LINUX_SIGBUS = 7, LINUX_SIGFPE = 8, LINUX_SIGKILL = 9, LINUX_SIGUSR1 = 10, LINUX_SIGSEGV = 11, LINUX_SIGUSR2 = 12,
	LINUX_SIGPIPE = 13, LINUX_SIGALRM = 14, LINUX_SIGTERM = 15, LINUX_SIGCHLD = 17, LINUX_SIGCONT = 18,
	LINUX_SIGSTOP = 19, LINUX_SIGTSTP = 20, LINUX_SIGTTIN = 21, LINUX_SIGTTOU = 22, LINUX_SIGURG = 23,
	LINUX_SIGWINCH = 28,
};
enum { LINUX_SIG_DFL = 0, LINUX_SIG_IGN = 1 };
enum {
	LINUX_SA_NOCLDSTOP = 1, LINUX_SA_SIGINFO = 4,
	LINUX_SA_NOCLDWAIT = 2, LINUX_SA_RESTORER = 0x04000000, LINUX_SA_ONSTACK = 0x08000000,
	LINUX_SA_RESTART = 0x10000000, LINUX_SA_NODEFER = 0x40000000,
};
#define LINUX_SA_RESETHAND 0x80000000u
enum { LINUX_SIG_BLOCK = 0, LINUX_SIG_UNBLOCK = 1, LINUX_SIG_SETMASK = 2 };
enum { LINUX_SS_ONSTACK = 1, LINUX_SS_DISABLE = 2, LINUX_MINSIGSTKSZ = 2048 };
#define LINUX_SS_AUTODISARM 0x80000000u
enum { LINUX_SI_USER = 0, LINUX_SI_KERNEL = 0x80, LINUX_SI_TKILL = -6 };
enum { LINUX_CLD_EXITED = 1, LINUX_CLD_KILLED = 2, LINUX_CLD_STOPPED = 5, LINUX_CLD_CONTINUED = 6 };
enum {
	LINUX_SEGV_MAPERR = 1, LINUX_SEGV_ACCERR = 2, LINUX_FPE_INTDIV = 1, LINUX_FPE_FLTINV = 7, LINUX_ILL_ILLOPN = 2,
	LINUX_BUS_ADRALN = 1, LINUX_BUS_ADRERR = 2, LINUX_TRAP_BRKPT = 1,
};

enum {
	LINUX_WNOHANG = 1, LINUX_WUNTRACED = 2, LINUX_WEXITED = 4, LINUX_WCONTINUED = 8, LINUX_WNOWAIT = 0x01000000,
	LINUX_WNOTHREAD = 0x20000000, LINUX_WALL = 0x40000000,
};
#define LINUX_WCLONE 0x80000000u
enum { LINUX_P_ALL = 0, LINUX_P_PID = 1, LINUX_P_PGID = 2 };
enum {
	LINUX_CLONE_VM = 0x100, LINUX_CLONE_VFORK = 0x4000, LINUX_CLONE_SETTLS = 0x80000,
	LINUX_CLONE_PARENT_SETTID = 0x100000, LINUX_CLONE_CHILD_CLEARTID = 0x200000, LINUX_CLONE_DETACHED = 0x400000,
	LINUX_CLONE_CHILD_SETTID = 0x1000000,
};
enum { LINUX_ITIMER_REAL = 0, LINUX_ITIMER_VIRTUAL = 1, LINUX_ITIMER_PROF = 2 };
enum {
	LINUX_RLIMIT_STACK = 3, LINUX_RLIMIT_CORE = 4, LINUX_RLIMIT_NPROC = 6, LINUX_RLIMIT_NOFILE = 7,
	LINUX_RLIMITS = 16,
};
#define LINUX_RLIM_INFINITY (~(uint64_t)0)
#define LINUX_RUSAGE_CHILDREN (~0u)
enum { LINUX_RUSAGE_SELF = 0, LINUX_RUSAGE_THREAD = 1 };
enum { LINUX_TICKS = 100 /* a second, as times(2) counts */ };
enum { LINUX_GRND_NONBLOCK = 1, LINUX_GRND_RANDOM = 2, LINUX_GRND_INSECURE = 4 };
enum {
	LINUX_PR_SET_PDEATHSIG = 1, LINUX_PR_GET_PDEATHSIG = 2, LINUX_PR_GET_DUMPABLE = 3, LINUX_PR_SET_DUMPABLE = 4,
	LINUX_PR_SET_NAME = 15, LINUX_PR_GET_NAME = 16, LINUX_PR_SET_NO_NEW_PRIVS = 38, LINUX_PR_GET_NO_NEW_PRIVS = 39,
};
enum { LINUX_ARCH_SET_GS = 0x1001, LINUX_ARCH_SET_FS = 0x1002, LINUX_ARCH_GET_FS = 0x1003, LINUX_ARCH_GET_GS = 0x1004 };
// clang-format on
#define LINUX_TASK_END 0x7ffffffff000ull /* first address that is not the application's */

struct linux_timeval {
	int64_t seconds, microseconds;
};
struct linux_timespec {
	int64_t seconds, nanoseconds;
};
struct linux_rusage {
	struct linux_timeval user, system;
	int64_t other[14];
};
_Static_assert(sizeof(struct linux_rusage) == 144, "struct rusage");

struct linux_siginfo {
	int32_t signal, error, code, pad;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value; /* si_value; SIGCHLD: si_status in the low half */
			int64_t user_ticks, system_ticks;
		};
		uint64_t address;
		uint8_t bytes[112];
	};
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t");

struct linux_stack {
	uint64_t base;
	uint32_t flags, pad;
	uint64_t size;
};

struct linux_sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, trap, old_mask, cr2;
	uint64_t fpu; /* address */
	uint64_t reserved[8];
};
struct linux_ucontext {
	uint64_t flags, link;
	struct linux_stack stack;
	struct linux_sigcontext registers;
	uint64_t mask;
};
_Static_assert(sizeof(struct linux_sigcontext) == 256 && sizeof(struct linux_ucontext) == 304, "ucontext_t");

/* Frame of a signal handler, lowest address first. The FPU image lies above it, aligned to 64; a frame that
 * is moved as a whole goes with the largest gap. */
struct signal_frame {
	uint64_t return_address;
	struct linux_ucontext context;
	struct linux_siginfo info;
	uint8_t fpu[512]; /* not contiguous in the application: at context.registers.fpu */
};
enum {
	FRAME_WORDS = 8 + 304 + 128,
};

/* Of the exception that led to a signal, for the frame. */
struct fault_words {
	uint64_t trap, error, address;
};

#endif
