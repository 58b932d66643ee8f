/* work: calls of every kind, right and wrong, for the default workload of campaigns.
 *
 *     campaign-work [-v] [PART...]        all parts, or those named
 *     campaign-work -t                    the file tree (tree.c)
 *     campaign-work -l MS PROGRAM ARG...  a program, for so many milliseconds at most (limit.c)
 *
 * A static Linux program without a C library, so that each call it makes is one that is written here. It
 * prints one line per part: how many results it noted and a hash of them, which is how a campaign sees a
 * wrong answer; with -v the results (`-N`: error N; `p`: an address). What depends on time is called but not
 * noted. Runs on Linux just as well. */
#ifndef DJED_TESTS_CAMPAIGN_WORK_H
#define DJED_TESTS_CAMPAIGN_WORK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

long system_call(long number, long a, long b, long c, long d, long e, long f);
#define CALL_6(n, a, b, c, d, e, f, ...) \
	system_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* One call; arguments that are not given are 0. */
#define RUN(name, ...) CALL_6(SYS_##name __VA_OPT__(, ) __VA_ARGS__, 0, 0, 0, 0, 0, 0)
/* The same, and its result is printed. */
#define DO(name, ...) note(RUN(name __VA_OPT__(, ) __VA_ARGS__))
/* The same, but of a result that is no error only that. */
#define TRY(name, ...) note_sign(RUN(name __VA_OPT__(, ) __VA_ARGS__))

/* A time as the calls have it. */
struct span {
	long seconds, nanoseconds;
};
/* Until others wait where they should, though each step of their way there may be recovered from a crash. */
extern const struct span soon;

long note(long result);
long note_sign(long result);
/* Notes 1 where what should hold does. */
void holds(_Bool condition);
size_t length_of(const char *text);
_Bool same(const void *a, const void *b, size_t length);

/* fork; ends the program if that fails: what follows would wait for the child for ever. */
long must_fork(void);
/* A child that runs `body` and exits with what it returns; its wait status is noted. */
void child(int (*body)(void));

/* 64 KiB to read into and write from, and addresses that are not mapped. */
extern char buffer[65536];
#define NOWHERE ((void *)0x10)
#define KERNEL ((void *)0xffff800000000000)

/* The parts. */
void files(void);
void records(void);
void names(void);
void pipes(void);
void waits(void);
void memory(void);
void processes(void);
void signals(void);
void times(void);
void terminal(void);
void identity(void);

/* All files but the programs. */
void tree(void);
/* The same of limit.c: ends all processes but its own when the time of `words` is over. Its exit status as a
 * shell has it; 124: its time was over; 127: not the first program. */
int limited(const char *milliseconds, char **words, char **environment);

#endif
