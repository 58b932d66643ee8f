/* The fake kernel's operations. */
#include "host_kernel.h"

#include <errno.h>
#include <protocols/kernel.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/port/linux.h"

enum { RANGES_MAX = 256, EFFECTS_MAX = 4096, LOG_MAX = 1 << 20 };

struct range {
	uint64_t address, length;
	char *memory;
	uint8_t rights;
};

struct host_request *host_held;
djed_handle host_handles;

static struct range ranges[RANGES_MAX];
static unsigned range_count;
static struct host_effect effects[EFFECTS_MAX];
static unsigned effect_count;
static host_operation *hooks[KERNEL_OPERATIONS_END];
static char *pool;
static uint64_t pool_frames;
static char log_text[LOG_MAX];
static size_t log_length;
static void *panic_point[5];
static bool panic_expected;
static char panic_text[256];

void host_kernel_start(uint64_t frames)
{
	pool_frames = frames;
	pool = calloc(frames, DJED_PAGE_SIZE);
	if (!pool)
		abort();
}

void *host_frame(uint64_t frame)
{
	if (frame < HOST_POOL_FIRST || frame - HOST_POOL_FIRST >= pool_frames)
		return NULL;
	return pool + (frame - HOST_POOL_FIRST) * DJED_PAGE_SIZE;
}

void host_map(uint64_t address, void *memory, uint64_t length, uint8_t rights)
{
	if (range_count == RANGES_MAX)
		abort();
	ranges[range_count++] = (struct range){address, length, memory, rights};
}

void host_unmap(uint64_t address, uint64_t length)
{
	for (unsigned i = 0; i < range_count;) {
		if (ranges[i].address - address < length)
			ranges[i] = ranges[--range_count];
		else
			i++;
	}
}

/* The test's memory behind an application address; *length is cut to what lies there contiguously. */
static char *application_memory(uint64_t address, uint64_t *length, uint8_t right)
{
	for (unsigned i = range_count; i-- > 0;) { /* the newest mapping counts */
		const struct range *range = &ranges[i];

		if (address - range->address >= range->length || !(range->rights & right))
			continue;
		uint64_t rest = range->length - (address - range->address);
		*length = rest < *length ? rest : *length;
		return range->memory + (address - range->address);
	}
	return NULL;
}

bool host_resolve_grants(struct host_request *request, const struct host_request *held)
{
	struct host_memory resolved[DJED_GRANTS_MAX] = {0};

	for (int i = 0; i < DJED_GRANTS_MAX; i++) {
		const struct djed_grant *grant = &request->message.grant[i];
		struct host_memory *memory = &resolved[i];

		*memory = (struct host_memory){.present = true,
					       .address = grant->base,
					       .length = grant->length,
					       .rights = grant->rights};
		switch (grant->kind) {
		case DJED_GRANT_NONE:
			memory->present = false;
			break;
		case DJED_GRANT_OWN:
			break;
		case DJED_GRANT_CLIENT:
			memory->application = true;
			break;
		case DJED_GRANT_FRAME:
			memory->address = (uint64_t)host_frame(grant->base) + grant->index;
			if (!host_frame(grant->base) || grant->index > DJED_PAGE_SIZE ||
			    grant->length > (uint32_t)DJED_PAGE_SIZE - grant->index)
				return false;
			break;
		case DJED_GRANT_PASS: {
			if (!held || grant->index >= DJED_GRANTS_MAX || !held->grant[grant->index].present)
				return false;
			const struct host_memory *source = &held->grant[grant->index];
			if (grant->base > source->length || grant->length > source->length - grant->base ||
			    (grant->rights & ~source->rights))
				return false;
			memory->application = source->application;
			memory->address = source->address + grant->base;
			break;
		}
		default:
			return false;
		}
	}
	memcpy(request->grant, resolved, sizeof(resolved));
	return true;
}

/* Copies between the server's buffer and [address, address + length) of the application or of the test. Some
 * of that lies where AddressSanitizer has its own memory (the boot archive). */
__attribute__((no_sanitize("address"))) static uint64_t copy_range(const struct host_memory *memory,
								   uint64_t offset, char *buffer,
								   uint64_t length, bool out, bool until_nul)
{
	uint64_t done = 0;

	while (done < length) {
		uint64_t step = length - done;
		char *at = (char *)(memory->address + offset + done);

		if (memory->application)
			at = application_memory(memory->address + offset + done, &step,
						out ? DJED_GRANT_WRITE : DJED_GRANT_READ);
		if (!at)
			break;
		for (uint64_t i = 0; i < step; i++, done++) {
			if (out)
				at[i] = buffer[done];
			else
				buffer[done] = at[i];
			if (until_nul && buffer[done] == 0)
				return done + 1;
		}
	}
	return done;
}

static djed_status copy(const uint64_t in[6], uint64_t out[3], bool outward)
{
	uint64_t source = in[0], offset = in[1], length = in[3];
	struct host_memory all = {.present = true, .application = true, .length = ~UINT64_C(0)};
	const struct host_memory *memory = &all;

	if (!host_held || source > 2)
		return -EINVAL;
	if (source < 2)
		memory = &host_held->grant[source];
	if (!memory->present ||
	    (source < 2 && !(memory->rights & (outward ? DJED_GRANT_WRITE : DJED_GRANT_READ))))
		return -EPERM;
	if (offset > memory->length)
		return -EINVAL;
	if (length > memory->length - offset)
		length = memory->length - offset;
	out[0] = copy_range(memory, offset, (char *)in[2], length, outward, !outward && in[4]);
	return 0;
}

static djed_status frame_operation(uint64_t number, const uint64_t in[6])
{
	char *frame = host_frame(in[0]), *other = host_frame(in[1]);

	if (!frame)
		return -EINVAL;
	switch (number) {
	case KERNEL_OP_FRAME_ZERO:
		memset(frame, 0, DJED_PAGE_SIZE);
		return 0;
	case KERNEL_OP_FRAME_COPY:
		if (!other)
			return -EINVAL;
		memcpy(frame, other, DJED_PAGE_SIZE);
		return 0;
	default:
		if (in[1] > DJED_PAGE_SIZE || in[3] > DJED_PAGE_SIZE - in[1])
			return -EINVAL;
		if (number == KERNEL_OP_FRAME_WRITE)
			memcpy(frame + in[1], (const void *)in[2], in[3]);
		else
			memcpy((void *)in[2], frame + in[1], in[3]);
		return 0;
	}
}

static void add_log(const char *text, size_t length)
{
	if (length > LOG_MAX - 2 - log_length)
		length = LOG_MAX - 2 - log_length;
	memcpy(log_text + log_length, text, length);
	log_length += length;
	log_text[log_length++] = '\n';
	if (getenv("HOST_LOG"))
		fprintf(stderr, "%s: %.*s\n", djed_start()->name, (int)length, text);
}

const char *host_log(void)
{
	return log_text;
}

static djed_status record(uint64_t number, const uint64_t in[6], uint64_t out[3])
{
	struct host_effect *effect = &effects[effect_count];

	if (effect_count == EFFECTS_MAX) {
		fprintf(stderr, "host: more than %u effects were not taken\n", EFFECTS_MAX);
		abort();
	}
	effect_count++;
	*effect = (struct host_effect){.operation = number, .caller = host_running()};
	memcpy(effect->in, in, sizeof(effect->in));
	if (number == KERNEL_OP_ANSWER_PARKED)
		effect->message = djed_ipc.out;
	if (number == KERNEL_OP_SPACE_CREATE || number == KERNEL_OP_THREAD_CREATE)
		out[0] = ++host_handles;
	return 0;
}

djed_status djed_hosted_operation(uint64_t number, const uint64_t in[6], uint64_t out[3])
{
	if (number < KERNEL_OPERATIONS_END && hooks[number])
		return hooks[number](in, out);
	switch (number) {
	case KERNEL_OP_ATTACH:
		return 0;
	case KERNEL_OP_REGION_OPEN:
		return host_open_region(in[0]);
	case KERNEL_OP_CALL:
		return host_call((djed_slot)in[0], &djed_ipc.out, &djed_ipc.answer);
	case KERNEL_OP_COPY_IN:
		return copy(in, out, false);
	case KERNEL_OP_COPY_OUT:
		return copy(in, out, true);
	case KERNEL_OP_LOG:
		add_log((const char *)in[0], in[1]);
		return 0;
	case KERNEL_OP_FRAME_ZERO:
	case KERNEL_OP_FRAME_COPY:
	case KERNEL_OP_FRAME_WRITE:
	case KERNEL_OP_FRAME_READ:
		return frame_operation(number, in);
	default:
		return record(number, in, out);
	}
}

void host_on(uint64_t number, host_operation *function)
{
	hooks[number] = function;
}

bool host_take_effect(uint64_t operation, struct host_effect *effect)
{
	for (unsigned i = 0; i < effect_count; i++) {
		if (effects[i].operation != operation)
			continue;
		*effect = effects[i];
		memmove(&effects[i], &effects[i + 1], (--effect_count - i) * sizeof(*effects));
		return true;
	}
	return false;
}

unsigned host_count_effects(uint64_t operation)
{
	unsigned found = 0;

	for (unsigned i = 0; i < effect_count; i++)
		found += effects[i].operation == operation;
	return found;
}

void host_forget_effects(void)
{
	effect_count = 0;
}

/* ---- memory that must not be touched ------------------------------------------------------------------- */

static sigjmp_buf fault_point;

static void on_fault(int number)
{
	siglongjmp(fault_point, number);
}

sigjmp_buf *host_fault_point(void)
{
	signal(SIGSEGV, on_fault);
	return &fault_point;
}

void host_no_fault_point(void)
{
	signal(SIGSEGV, SIG_DFL);
}

/* ---- panics -------------------------------------------------------------------------------------------- */

static void on_panic(const char *text)
{
	if (!panic_expected)
		return;
	panic_expected = false;
	snprintf(panic_text, sizeof(panic_text), "%s", text);
	__builtin_longjmp(panic_point, 1);
}

void **host_panic_point(void)
{
	panic_expected = true;
	djed_port_on_panic = on_panic;
	return panic_point;
}

void host_no_panic_point(void)
{
	panic_expected = false;
}

const char *host_panic_text(void)
{
	return panic_text;
}
