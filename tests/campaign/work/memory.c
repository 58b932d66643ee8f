/* Mappings of all kinds, copy on write, the break, and what a fault gets. */
#include "work.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum { PAGE = 4096 };
#define READ_WRITE (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static volatile char *map(size_t pages, int protection, int flags, long fd)
{
	long result = TRY(mmap, 0, pages * PAGE, protection, flags, fd, 0);

	return result < 0 && result > -4096 ? 0 : (volatile char *)result;
}

static void anonymous(void)
{
	volatile char *at = map(16, READ_WRITE, ANONYMOUS, -1);

	if (!at)
		return;
	for (int i = 0; i < 16; i += 3)
		at[i * PAGE] = (char)i;
	DO(mprotect, at + 4 * PAGE, 3 * PAGE, PROT_READ);
	DO(mprotect, at + 4 * PAGE, PAGE, READ_WRITE);
	DO(mprotect, at + 1, PAGE, PROT_READ);
	DO(mprotect, at, 1000 * PAGE, PROT_READ);
	DO(mprotect, at, PAGE, 0x100);
	DO(mprotect, at + 9 * PAGE, 0, PROT_READ);
	DO(mprotect, at + 4 * PAGE, 3 * PAGE, READ_WRITE);
	DO(mprotect, at + 10 * PAGE, PAGE, PROT_NONE);
	DO(munmap, at + 8 * PAGE, PAGE);
	DO(munmap, at + 8 * PAGE, PAGE);
	DO(munmap, at + 1, PAGE);
	DO(munmap, at, 0);
	DO(munmap, 0, 1ul << 62);
	DO(madvise, at, 2 * PAGE, MADV_DONTNEED);
	note(at[0]);
	DO(madvise, at + 3 * PAGE, PAGE, MADV_FREE);
	DO(madvise, at, PAGE, MADV_WILLNEED);
	DO(madvise, at + 8 * PAGE, PAGE, MADV_DONTNEED);
	DO(madvise, at, PAGE, 999);
	DO(madvise, at + 1, PAGE, MADV_DONTNEED);
	TRY(mmap, at + 8 * PAGE, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
	TRY(mmap, at + 2 * PAGE, 2 * PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
	TRY(mmap, at, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	TRY(mmap, at + 1, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
	TRY(mmap, at + 5 * PAGE, PAGE, READ_WRITE, ANONYMOUS, -1, 0);
	TRY(mmap, 0, 0, READ_WRITE, ANONYMOUS, -1, 0);
	TRY(mmap, 0, 1ul << 60, READ_WRITE, ANONYMOUS, -1, 0);
	TRY(mmap, 0, PAGE, READ_WRITE, MAP_ANONYMOUS, -1, 0);
	TRY(mmap, KERNEL, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
	TRY(mmap, 0, PAGE, READ_WRITE, ANONYMOUS | MAP_GROWSDOWN, -1, 0);
	TRY(mmap, 0, 4 * PAGE, READ_WRITE, ANONYMOUS | MAP_POPULATE, -1, 0);
	/* A call that has to bring pages in, and one that ends in the middle of what is there. */
	volatile char *fresh = map(4, READ_WRITE, ANONYMOUS, -1);
	DO(getrandom, fresh + PAGE - 4, 8, 1);
	DO(munmap, fresh + 2 * PAGE, 2 * PAGE);
	DO(getcwd, fresh + 2 * PAGE - 2, 100);
	DO(munmap, at, 16 * PAGE);
}

static void moving(void)
{
	volatile char *at = map(4, READ_WRITE, ANONYMOUS, -1), *wall;

	if (!at)
		return;
	at[0] = 1;
	at[3 * PAGE] = 4;
	at = (volatile char *)RUN(mremap, at, 4 * PAGE, 2 * PAGE, 0);
	TRY(mremap, at, 2 * PAGE, 3 * PAGE, 0);
	wall = (volatile char *)RUN(mmap, at + 3 * PAGE, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
	TRY(mremap, at, 3 * PAGE, 8 * PAGE, 0);
	at = (volatile char *)RUN(mremap, at, 3 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	note(at[0]);
	TRY(mremap, at + 1, PAGE, PAGE, 0);
	TRY(mremap, at, PAGE, 0, 0);
	TRY(mremap, at, PAGE, PAGE, 99);
	TRY(mremap, at, 100 * PAGE, 200 * PAGE, MREMAP_MAYMOVE);
	TRY(mremap, NOWHERE, PAGE, PAGE, MREMAP_MAYMOVE);
	TRY(mremap, at, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, wall + 64 * PAGE);
	TRY(mremap, wall, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, wall);
	note(wall[64 * PAGE]);
	RUN(munmap, wall, 80 * PAGE);
	RUN(munmap, at, 8 * PAGE);
}

static void of_files(void)
{
	long fd = DO(open, "mapped", O_RDWR | O_CREAT | O_TRUNC, 0644), only;
	volatile char *shared, *private;

	DO(write, fd, buffer, 3 * PAGE + 100);
	shared = map(4, READ_WRITE, MAP_SHARED, fd);
	private = map(4, READ_WRITE, MAP_PRIVATE, fd);
	if (!shared || !private)
		return;
	shared[10] = 'A';
	note(private[10]);
	private[PAGE] = 'B';
	note(shared[PAGE]);
	shared[3 * PAGE + 50] = 'C';
	DO(msync, shared, 4 * PAGE, MS_SYNC);
	DO(msync, shared, PAGE, MS_ASYNC | MS_SYNC);
	DO(msync, shared + 1, PAGE, MS_SYNC);
	DO(msync, NOWHERE, PAGE, MS_SYNC);
	DO(msync, shared, PAGE, MS_INVALIDATE);
	DO(pread64, fd, buffer, 1, 10);
	DO(pwrite64, fd, "D", 1, 2 * PAGE);
	note(shared[2 * PAGE]);
	DO(ftruncate, fd, PAGE);
	DO(mprotect, private, PAGE, PROT_READ);
	DO(munmap, shared + PAGE, PAGE);
	only = DO(open, "mapped", O_RDONLY);
	TRY(mmap, 0, PAGE, READ_WRITE, MAP_SHARED, only, 0);
	TRY(mmap, 0, PAGE, READ_WRITE, MAP_PRIVATE, only, PAGE);
	TRY(mmap, 0, PAGE, READ_WRITE, MAP_PRIVATE, only, 7);
	TRY(mmap, 0, PAGE, READ_WRITE, MAP_PRIVATE, 99, 0);
	TRY(mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, 1, 0);
	DO(close, only);
	DO(close, fd);
	DO(munmap, shared, 4 * PAGE);
	DO(munmap, private, 4 * PAGE);
	DO(unlink, "mapped");
}

/* Copy on write, in both directions. */
static volatile char *both;
static int writer(void)
{
	for (int i = 0; i < 4; i++)
		both[i * PAGE] += 1;
	buffer[PAGE] = 9;
	return both[0];
}

static void copied(void)
{
	volatile char *shared = map(2, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);

	both = map(4, READ_WRITE, ANONYMOUS, -1);
	if (!both || !shared)
		return;
	both[0] = 5;
	both[2 * PAGE] = 6;
	shared[0] = 1;
	child(writer);
	note(both[0]);
	both[0] = 7;
	child(writer);
	both = shared;
	RUN(mremap, shared, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
	RUN(munmap, shared, 4 * PAGE);
}

static void breaks(void)
{
	long end = RUN(brk, 0);

	holds(RUN(brk, end + 5 * PAGE) == end + 5 * PAGE);
	((volatile char *)end)[3 * PAGE] = 1;
	holds(RUN(brk, end + PAGE) == end + PAGE);
	holds(RUN(brk, 5) == end + PAGE);
	holds(RUN(brk, 1ul << 60) == end + PAGE);
	holds(RUN(brk, end) == end);
}

/* Each ends by a signal. */
static int reads_nowhere(void)
{
	return *(volatile char *)NOWHERE;
}
static int writes_text(void)
{
	return *(volatile char *)(uintptr_t)reads_nowhere = 0;
}
static int runs_data(void)
{
	return ((int (*)(void))(uintptr_t)buffer)();
}
static int reads_kernel(void)
{
	return *(volatile char *)KERNEL;
}
static int behind_file(void)
{
	long fd = RUN(open, "mapped", O_RDWR | O_CREAT, 0644);

	return ((volatile char *)RUN(mmap, 0, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0))[PAGE];
}
static int divides(void)
{
	__asm__ volatile("xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tdiv %%ecx" ::: "rax", "rcx", "rdx");
	return 0;
}
static int wrong_instruction(void)
{
	__asm__ volatile("ud2");
	return 0;
}
static int deep(void)
{
	volatile char frame[60000];

	for (size_t i = 0; i < sizeof(frame); i += PAGE)
		frame[i] = 1;
	return frame[PAGE] + 1;
}
static int traps(void)
{
	__asm__ volatile("int3");
	return 0;
}

void memory(void)
{
	anonymous();
	moving();
	of_files();
	copied();
	breaks();
	child(reads_nowhere);
	child(writes_text);
	child(runs_data);
	child(reads_kernel);
	child(behind_file);
	child(divides);
	child(wrong_instruction);
	child(traps);
	child(deep);
	DO(unlink, "mapped");
}
