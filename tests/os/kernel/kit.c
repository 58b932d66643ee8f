#include "kit.h"
#include <stdarg.h>

extern char image_start[], image_data[], image_end[];

_Alignas(512) struct djed_ipc ipc; /* within one page */
static unsigned failures;

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

void *memset(void *to, int value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((volatile uint8_t *)to)[i] = (uint8_t)value;
	return to;
}

/* ---- text ------------------------------------------------------------------------------------ */

static size_t put_number(char *to, uint64_t value, unsigned base)
{
	char digits[20];
	size_t count = 0, length = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		to[length++] = digits[--count];
	return length;
}

void say(const char *format, ...)
{
	char line[256];
	size_t length = 0;
	va_list arguments;

	va_start(arguments, format);
	for (; *format && length < 200; format++) {
		if (*format != '%') {
			line[length++] = *format;
			continue;
		}
		format++;
		if (*format == 's')
			for (const char *s = va_arg(arguments, const char *); *s && length < 200; s++)
				line[length++] = *s;
		else
			length +=
			    put_number(line + length, va_arg(arguments, uint64_t), *format == 'x' ? 16 : 10);
	}
	va_end(arguments);
	(void)kernel_log((uintptr_t)line, length);
}

void expect(bool condition, const char *text, unsigned line)
{
	if (condition)
		return;
	failures++;
	say("line %u: not so: %s", (uint64_t)line, text);
}

void give_up(const char *text, unsigned line)
{
	size_t length = 0;

	while (text[length])
		length++;
	(void)kernel_panic((uintptr_t)text, length, line);
}

/* ---- root ------------------------------------------------------------------------------------ */

void _start(void)
{
	attach(NULL);
	test();
	say(failures ? "failed" : "passed");
	(void)kernel_halt(4, failures != 0);
}

unsigned make_service(const char *name, unsigned priority, uint32_t flags)
{
	struct djed_service_spec spec = {
	    .priority = priority, .flags = flags, .log_size = LOG_PAGES * DJED_PAGE_SIZE};
	uint64_t service, text = (uint64_t)(image_data - image_start),
			  data = (uint64_t)(image_end - image_data);

	for (unsigned i = 0; name[i]; i++)
		spec.name[i] = name[i];
	EXPECT(kernel_service_create((uintptr_t)&spec, &service) == 0);
	EXPECT(kernel_service_map(service, (uintptr_t)image_start, text,
				  DJED_ACCESS_READ | DJED_ACCESS_EXECUTE) == 0);
	EXPECT(kernel_service_map(service, (uintptr_t)image_data, data,
				  DJED_ACCESS_READ | DJED_ACCESS_WRITE) == 0);
	EXPECT(kernel_service_write(service, (uintptr_t)image_start, (uintptr_t)image_start, text + data) ==
	       0);
	return (unsigned)service;
}

void start_service(unsigned service, void (*entry)(void))
{
	/* Among others what is left for the pool. */
	EXPECT(kernel_service_write(service, DJED_START_INFO, DJED_START_INFO, DJED_PAGE_SIZE) == 0);
	EXPECT(kernel_service_start(service, (uintptr_t)entry) == 0);
}

void grant(unsigned service, djed_slot slot, enum djed_capability_type type, uint64_t object, uint64_t rights)
{
	EXPECT(kernel_service_grant(service, slot, type, object, rights) == 0);
}

void grant_endpoint(unsigned service, djed_slot slot, unsigned target, uint32_t rights)
{
	grant(service, slot, DJED_CAP_ENDPOINT, target, rights);
}

void wait_for(uint64_t bits)
{
	static uint64_t have;
	static enum djed_next next = DJED_NEXT_NONE;

	while ((have & bits) != bits) {
		EXPECT(receive(next, DJED_LOG_EMPTY) == 0);
		if (ipc.in.kind == DJED_DELIVERY_NOTIFIED) {
			have |= ipc.in.bits;
			next = DJED_NEXT_FINISH;
		} else {
			say("unexpected delivery: kind %u label %x", (uint64_t)ipc.in.kind,
			    (uint64_t)ipc.in.message.label);
			failures++;
			ipc.out.status = -EIO;
			next = DJED_NEXT_REPLY;
		}
	}
	have &= ~bits;
}

/* ---- everybody ------------------------------------------------------------------------------- */

void attach(void (*recover)(void))
{
	if (kernel_attach((uintptr_t)&ipc, (uintptr_t)recover, DJED_RECOVERY_STACK_TOP - 8))
		give_up("attach", __LINE__);
}

djed_status receive(enum djed_next next, enum djed_log_state log)
{
	return kernel_receive(next, log, 0, 0);
}

djed_status reply(djed_status status, uint64_t word0)
{
	ipc.out.status = (int32_t)status;
	ipc.out.word[0] = word0;
	return receive(DJED_NEXT_REPLY, DJED_LOG_EMPTY);
}

djed_status call(djed_slot target, uint32_t label, uint64_t word0)
{
	djed_status status;

	ipc.out.label = label;
	ipc.out.word[0] = word0;
	ipc.out.grant[0].kind = ipc.out.grant[1].kind = DJED_GRANT_NONE;
	status = kernel_call(target, DJED_LOG_EMPTY);
	return status ? status : ipc.answer.status;
}

uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}

static uint64_t state = 0x9e3779b97f4a7c15;

void random_seed(uint64_t seed)
{
	state = (seed + 1) * 0x9e3779b97f4a7c15;
}

uint64_t random_number(void)
{
	state ^= state << 13; /* xorshift64, Marsaglia 2003 */
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* ---- applications ---------------------------------------------------------------------------- */

uint64_t first_frame(void)
{
	return ((const struct djed_start_info *)DJED_START_INFO)->pool_first;
}

static void map_new(djed_handle space, uint64_t *frame, uint64_t address, const void *contents,
		    uint64_t access)
{
	REQUIRE(kernel_frame_zero(*frame) == 0);
	if (contents)
		REQUIRE(kernel_frame_write(*frame, 0, (uintptr_t)contents, DJED_PAGE_SIZE) == 0);
	REQUIRE(kernel_space_map(space, address, *frame, access) == 0);
	++*frame;
}

djed_handle make_space(uint64_t *frame, unsigned stack_pages)
{
	const uint64_t run = DJED_ACCESS_READ | DJED_ACCESS_EXECUTE,
		       both = DJED_ACCESS_READ | DJED_ACCESS_WRITE;
	djed_handle space;

	REQUIRE(kernel_space_create(&space) == 0);
	for (char *p = image_start; p < image_end; p += DJED_PAGE_SIZE)
		map_new(space, frame, (uintptr_t)p, p, p < image_data ? run : both);
	for (unsigned i = 1; i <= stack_pages; i++)
		map_new(space, frame, APPLICATION_STACK - i * DJED_PAGE_SIZE, NULL, both);
	return space;
}

djed_handle make_thread(djed_handle space, uint64_t badge, void (*entry)(void), uint64_t stack)
{
	static struct djed_context context;
	djed_handle thread;

	REQUIRE(kernel_thread_create(space, badge, 0, &thread) == 0);
	REQUIRE(kernel_thread_get_context(thread, (uintptr_t)&context) == 0);
	context.rip = (uintptr_t)entry;
	context.rsp = stack - 8;
	REQUIRE(kernel_thread_set_context(thread, (uintptr_t)&context) == 0);
	REQUIRE(kernel_thread_start(thread) == 0);
	return thread;
}

int64_t linux_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}
