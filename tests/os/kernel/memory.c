/* Memory: what may be mapped and lent, copies with every kind of grant, page tables that run out. */
#include "abi/lab.h"
#include "kit.h"

enum { TO_FAR = 2, TO_ROOT = 3, CAP_SPACES, CAP_FRAMES, CAP_THREADS };
enum { LEND = DJED_LABEL(100, 1), PASS = DJED_LABEL(100, 2), SIZE = 10000, SPACES = 4, TABLES = 3000 };

static uint8_t data[SIZE + 64];

static struct djed_grant own(const void *memory, uint32_t length, uint8_t rights)
{
	return (struct djed_grant){(uintptr_t)memory, length, DJED_GRANT_OWN, rights, 0};
}

static uint64_t copied_in(uint64_t source, uint64_t offset, void *to, uint64_t length, djed_status expected)
{
	uint64_t copied;

	REQUIRE(kernel_copy_in(source, offset, (uintptr_t)to, length, 0, &copied) == expected);
	return copied;
}

static uint64_t copied_out(uint64_t target, uint64_t offset, const void *from, uint64_t length,
			   djed_status expected)
{
	uint64_t copied;

	REQUIRE(kernel_copy_out(target, offset, (uintptr_t)from, length, 0, &copied) == expected);
	return copied;
}

/* ---- far ------------------------------------------------------------------------------------- */

/* It is lent a readable range of SIZE bytes holding 0, 1, 2..., and a writable one, at most SIZE long. */

static void check_lent(void)
{
	uint32_t length = ipc.in.message.grant[1].length;
	uint64_t copied;

	REQUIRE(copied_in(0, 0, data, SIZE, 0) == SIZE);
	for (unsigned i = 0; i < SIZE; i++)
		REQUIRE(data[i] == (uint8_t)(i + ipc.in.message.word[1]));
	REQUIRE(copied_in(0, SIZE - 10, data, SIZE, 0) == 10);
	REQUIRE(copied_in(0, SIZE, data, 1, 0) == 0);
	REQUIRE(copied_in(0, ~0ull, data, ~0ull, 0) == 0);
	REQUIRE(copied_in(2, (uintptr_t)data, data, 1, -EPERM) == 0); /* no application is behind it */
	REQUIRE(copied_in(3, 0, data, 1, -EINVAL) == 0);
	REQUIRE(copied_out(0, 0, data, 1, -EPERM) == 0);
	REQUIRE(copied_in(1, 0, data, 1, -EPERM) == 0);
	REQUIRE(copied_in(0, 0, (void *)0x401000, 10, 0) == 0);		  /* own text */
	REQUIRE(copied_in(0, 0, (void *)0xffffffff80300000, 10, 0) == 0); /* the kernel */
	REQUIRE(copied_in(0, 0, (void *)0xffff800000008000, 10, 0) == 0);
	REQUIRE(kernel_copy_in(0, (uint8_t)(250 - ipc.in.message.word[1]), (uintptr_t)data, 100, 1,
			       &copied) == 0 &&
		copied == 7);
	REQUIRE(kernel_copy_in(0, 0, (uintptr_t)data, 100, 2, &copied) == -EINVAL);
	REQUIRE(copied_out(1, 0, data, ~0ull, 0) <= length);
	memset(data, 0xee, SIZE);
	REQUIRE(copied_out(1, 3, data, SIZE, 0) == length - 3);
}

static void far(void)
{
	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		check_lent();
		REQUIRE(reply(0, 0) == 0);
	}
}

/* ---- near: passes a part on ------------------------------------------------------------------ */

static djed_status pass(struct djed_grant first, struct djed_grant second, uint64_t shift)
{
	ipc.out.label = LEND;
	ipc.out.word[1] = shift;
	ipc.out.grant[0] = first;
	ipc.out.grant[1] = second;
	return kernel_call(TO_FAR, DJED_LOG_EMPTY);
}

static struct djed_grant part(uint64_t offset, uint32_t length, uint8_t rights, uint16_t index)
{
	return (struct djed_grant){offset, length, DJED_GRANT_PASS, rights, index};
}

static void near(void)
{
	const uint8_t read = DJED_GRANT_READ, write = DJED_GRANT_WRITE;

	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		REQUIRE(pass(part(50, SIZE, read, 0), part(1, SIZE - 1, write, 1), 50) == 0);
		REQUIRE(pass(part(0, SIZE + 51, read, 0), part(0, 10, write, 1), 0) == -EINVAL);
		REQUIRE(pass(part(~0ull, 10, read, 0), part(0, 10, write, 1), 0) == -EINVAL);
		REQUIRE(pass(part(0, 10, read, 2), part(0, 10, write, 1), 0) == -EINVAL);
		REQUIRE(pass(part(0, 10, write, 0), part(0, 10, write, 1), 0) == -EPERM);
		REQUIRE(pass(part(0, 10, 7, 0), part(0, 10, write, 1), 0) == -EINVAL);
		REQUIRE(pass((struct djed_grant){0, 10, DJED_GRANT_CLIENT, read, 0}, part(0, 10, write, 1),
			     0) == -EINVAL);
		REQUIRE(pass((struct djed_grant){first_frame(), 10, DJED_GRANT_FRAME, read, 0},
			     part(0, 9, write, 1), 0) == -EPERM);
		REQUIRE(pass((struct djed_grant){0, 10, 77, read, 0}, part(0, 10, write, 1), 0) == -EINVAL);
		REQUIRE(reply(0, 0) == 0);
	}
}

/* ---- the client: lends its own memory and frames; then page tables --------------------------- */

static void page_tables(uint64_t frame)
{
	const uint64_t both = DJED_ACCESS_READ | DJED_ACCESS_WRITE;
	djed_handle space[SPACES], other;
	uint64_t copied;

	for (unsigned i = 0; i < SPACES; i++)
		REQUIRE(kernel_space_create(&space[i]) == 0);
	REQUIRE(kernel_space_map(space[0], 0x7ffffffff000, frame, both) == -EINVAL);
	REQUIRE(kernel_space_map(space[0], 0x800000000000, frame, both) == -EINVAL);
	REQUIRE(kernel_space_map(space[0], 0xffff800000000000, frame, both) == -EINVAL);
	REQUIRE(kernel_space_map(space[0], 1, frame, both) == -EINVAL);
	REQUIRE(kernel_space_map(space[0], 0, frame - 1, both) == -EINVAL);
	REQUIRE(kernel_space_map(space[0], 0, 8, both) == -EINVAL); /* the laboratory's page */
	REQUIRE(kernel_space_map(space[0], 0, ~0ull, both) == -EINVAL);
	REQUIRE(kernel_space_map(space[0], 0, frame, 16) == -EINVAL);
	REQUIRE(kernel_space_unmap(space[0], 0, 1ull << 35) == -EINVAL);
	REQUIRE(kernel_space_unmap(space[0], 0x1000, ~0ull) == -EINVAL);
	REQUIRE(kernel_space_unmap(space[0], 0x7fffffffe000, 2) ==
		-EINVAL); /* the last page is not for applications */
	REQUIRE(kernel_space_unmap(space[0], 0x7fffffffe000, 1) == 0);
	REQUIRE(kernel_space_unmap(space[0], 0, (1ull << 35) - 1) == 0);
	REQUIRE(kernel_space_share(space[0], space[0], 0, 1, &copied) == -EINVAL);
	/* More tables than there are frames for them: others' are dropped, nobody is refused. */
	for (uint64_t i = 0; i < TABLES; i++)
		REQUIRE(kernel_space_map(space[i % SPACES], i << 21, frame, both) == 0);
	REQUIRE(kernel_space_map(space[0], 0x5000, frame, both) == 0);
	REQUIRE(kernel_space_map(space[0], 0x7fffffffe000, frame, both) == 0);
	REQUIRE(kernel_space_create(&other) == 0);
	REQUIRE(kernel_space_share(space[0], other, 0, (1ull << 35) - 1, &copied) == 0 && copied >= 2);
	for (unsigned i = 0; i < SPACES; i++)
		REQUIRE(kernel_space_destroy(space[i]) == 0);
	REQUIRE(kernel_space_destroy(other) == 0);
	REQUIRE(kernel_space_destroy(other) == -ESRCH);
	REQUIRE(kernel_space_map(space[0], 0x5000, frame, both) == -ESRCH);
	/* Nor does an old handle mean the space that has taken its place. */
	REQUIRE(kernel_space_create(&other) == 0);
	for (unsigned i = 0; i < SPACES; i++)
		REQUIRE(kernel_space_map(space[i], 0x5000, frame, both) == -ESRCH);
	REQUIRE(kernel_space_destroy(other) == 0);
}

static djed_status lend(const void *memory, uint32_t length, uint64_t frame)
{
	ipc.out.label = PASS;
	ipc.out.word[1] = 0;
	ipc.out.grant[0] = own(memory, length, DJED_GRANT_READ);
	ipc.out.grant[1] = frame ? (struct djed_grant){frame, 4000, DJED_GRANT_FRAME, DJED_GRANT_WRITE, 96}
				 : own(data, SIZE, DJED_GRANT_WRITE);
	return kernel_call(TO_FAR, DJED_LOG_EMPTY);
}

static void client(void)
{
	static uint8_t pattern[SIZE + 50];
	uint64_t frame = first_frame();
	uint8_t page[64];

	attach(NULL);
	for (unsigned i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)i;
	data[0] = data[SIZE] = 0x77;
	REQUIRE(lend(pattern, sizeof(pattern), 0) == 0);
	REQUIRE(data[0] != 0xee && data[SIZE - 1] == 0xee && data[SIZE] == 0x77);
	REQUIRE(kernel_frame_write(frame, 4090, (uintptr_t)pattern, 10) == -EINVAL);
	REQUIRE(kernel_frame_write(frame, 4000, (uintptr_t)pattern, 96) == 0);
	REQUIRE(kernel_frame_write(frame, 0, 0x1000, 96) == -EFAULT);
	REQUIRE(kernel_frame_read(frame, 0, 0x401000, 96) == -EFAULT);
	REQUIRE(kernel_frame_copy(frame, frame - 1) == -EINVAL);
	REQUIRE(kernel_frame_copy(frame + 1, frame) == 0);
	REQUIRE(kernel_frame_read(frame + 1, 4032, (uintptr_t)page, 64) == 0 && page[0] == 32 &&
		page[63] == 95);
	REQUIRE(kernel_frame_zero(frame + 1) == 0);
	REQUIRE(kernel_frame_read(frame + 1, 4032, (uintptr_t)page, 64) == 0 && page[0] == 0 &&
		page[63] == 0);
	page_tables(frame);
	REQUIRE(kernel_notify(TO_ROOT, 1) == 0);
	(void)receive(DJED_NEXT_NONE, DJED_LOG_EMPTY);
}

void test(void)
{
	const uint64_t read = DJED_ACCESS_READ, write = DJED_ACCESS_WRITE, execute = DJED_ACCESS_EXECUTE;
	unsigned f = make_service("far", 22, 0), n = make_service("near", 21, 0),
		 c = make_service("client", 20, 0);
	struct djed_kernel_audit before, after;

	EXPECT(kernel_service_map(c, 0x30000000, 4096, write | execute) == -EINVAL);
	EXPECT(kernel_service_map(c, 0x30000000, 4096, 0) == -EINVAL);
	EXPECT(kernel_service_map(c, 0x30000001, 4096, read) == -EINVAL);
	EXPECT(kernel_service_map(c, 0x30000000, 0, read) == -EINVAL);
	EXPECT(kernel_service_map(c, 0x30000000, ~0ull, read) == -EINVAL);
	EXPECT(kernel_service_map(c, 0xffff800000000000, 4096, read) == -EINVAL);
	EXPECT(kernel_service_map(c, 0x30000000, 1ull << 40, read) == -ENOMEM);
	EXPECT(kernel_service_map(c, 0x400000, 4096, read) == -EEXIST);
	EXPECT(kernel_service_map(c, DJED_ARCHIVE_BASE, 4096, read | write) == -EINVAL);
	EXPECT(kernel_service_map(c, DJED_ARCHIVE_BASE, 4096, read) == 0);
	EXPECT(kernel_service_map(77, 0x30000000, 4096, read) == -ESRCH);
	EXPECT(kernel_service_write(c, DJED_STACK_TOP - 8, (uintptr_t)&read, 16) == -EFAULT);
	EXPECT(kernel_service_write(0, 0x400000, (uintptr_t)&read, 8) == -EBUSY);
	EXPECT(kernel_lab_region(c, DJED_REGION_EVENTS, 0x400000, 4096) == 0);
	EXPECT(kernel_lab_region(c, DJED_REGION_EVENTS, 0x300000, 4096) == -EINVAL);
	EXPECT(kernel_lab_region(c, 99, 0x400000, 4096) == -EINVAL);
	EXPECT(kernel_space_create(&(uint64_t){0}) == -EPERM);
	grant_endpoint(n, TO_FAR, f, DJED_MAY_CALL);
	grant_endpoint(c, TO_FAR, n, DJED_MAY_CALL);
	grant_endpoint(c, TO_ROOT, 0, DJED_MAY_NOTIFY);
	grant(c, CAP_SPACES, DJED_CAP_SPACES, 0, 0);
	grant(c, CAP_FRAMES, DJED_CAP_FRAMES, 0, 0);
	EXPECT(kernel_kernel_audit((uintptr_t)&before) == 0);
	start_service(f, far);
	start_service(n, near);
	start_service(c, client);
	EXPECT(kernel_service_write(c, 0x403000, (uintptr_t)&read, 8) == -EBUSY);
	wait_for(1);
	EXPECT(kernel_kernel_audit((uintptr_t)&after) == 0);
	EXPECT(after.spaces == 0 && after.violations == 0 &&
	       after.table_frames_used == before.table_frames_used);
}
