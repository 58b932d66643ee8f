/* Numbers and structures of the Linux ABI on x86_64 that pm's calls use (include/uapi of Linux 6.1). */
#ifndef PM_LINUX_TYPES_H
#define PM_LINUX_TYPES_H

#include <protocols/linux.h>
#include <stdint.h>

enum {
	LINUX_SIG_DFL = 0, LINUX_SIG_IGN = 1,
};
enum {
	LINUX_SA_NOCLDSTOP = 1, LINUX_SA_NOCLDWAIT = 2, LINUX_SA_SIGINFO = 4,
	LINUX_SA_RESTORER = 0x04000000, LINUX_SA_ONSTACK = 0x08000000, LINUX_SA_RESTART = 0x10000000,
	LINUX_SA_NODEFER = 0x40000000,
};
#define LINUX_SA_RESETHAND 0x80000000u
enum {
	LINUX_SS_ONSTACK = 1, LINUX_SS_DISABLE = 2, LINUX_MINSIGSTKSZ = 2048,
};
#define LINUX_SS_AUTODISARM 0x80000000u
enum {
	LINUX_SI_USER = 0, LINUX_SI_KERNEL = 0x80, LINUX_SI_QUEUE = -1, LINUX_SI_TKILL = -6,
};
enum {
	LINUX_CLD_EXITED = 1, LINUX_CLD_KILLED = 2, LINUX_CLD_STOPPED = 5, LINUX_CLD_CONTINUED = 6,
};
enum {
	LINUX_SEGV_MAPERR = 1, LINUX_SEGV_ACCERR = 2, LINUX_FPE_INTDIV = 1, LINUX_FPE_FLTINV = 7,
	LINUX_ILL_ILLOPN = 2, LINUX_BUS_ADRALN = 1, LINUX_BUS_ADRERR = 2, LINUX_TRAP_BRKPT = 1,
};

enum {
	LINUX_RLIMITS = 16,
};
#define LINUX_RLIM_INFINITY (~(uint64_t)0)
enum {
	LINUX_TICKS = 100, /* a second, as times(2) counts */
};

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

/* Frame of a signal handler, lowest address first. The FPU image lies above it, aligned to 64; a frame that is moved as a
 * whole goes with the largest gap. */
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
