#include "execute.h"

#include "fault.h"
#include "program.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

/* Types of the auxiliary vector, as in Linux. */
enum {
	AT_NULL = 0,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_PLATFORM = 15,
	AT_HWCAP = 16,
	AT_CLKTCK = 17,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_EXECFN = 31,
};
enum {
	AUXILIARY_ENTRIES = 18,
	RANDOM_BYTES = 16,
	PROGRAM_HEADER_SIZE = 56,
	CLOCK_TICKS = 100, /* a second, in what times(2) gives */
};
static const char platform[] = "x86_64";

/* The first stack, from low to high: argc, argv, envp, auxiliary vector; random bytes, platform; the strings,
 * as they came; eight zero bytes. */
struct stack {
	uint64_t pointer;			 /* of argc: the stack pointer, aligned to 16 */
	uint64_t random, platform, strings, end; /* addresses */
};

static djed_status lay_out(const struct start *start, struct stack *stack)
{
	uint64_t words = 1 + (uint64_t)start->arguments + 1 + start->environment + 1 + 2 * AUXILIARY_ENTRIES;

	if (start->strings.length > STRINGS_MAX || words * sizeof(uint64_t) > STRINGS_MAX)
		return -E2BIG;
	stack->end = USER_END;
	stack->strings = stack->end - sizeof(uint64_t) - start->strings.length;
	stack->platform = stack->strings - sizeof(platform);
	stack->random = (stack->platform - RANDOM_BYTES) & ~UINT64_C(15);
	stack->pointer = (stack->random - words * sizeof(uint64_t)) & ~UINT64_C(15);
	return 0;
}

/* Writes bytes at ascending addresses into fresh frames, a page at a time. */
struct writer {
	struct space *space;
	uint64_t at; /* of the next byte */
	djed_status status;
	uint8_t page[DJED_PAGE_SIZE];
};

static void flush(struct writer *writer, uint64_t page)
{
	uint32_t id = frame_take();

	if (!id || !page_set(writer->space, page, id)) {
		if (id)
			frame_release(id);
		writer->status = -ENOMEM;
		return;
	}
	frame_write(id, 0, writer->page, DJED_PAGE_SIZE);
	memset(writer->page, 0, DJED_PAGE_SIZE);
	writer->status = space_map(writer->space, page, id, DJED_ACCESS_READ | DJED_ACCESS_WRITE);
}

static void put(struct writer *writer, const void *bytes, uint64_t length)
{
	const uint8_t *from = bytes;

	while (length && !writer->status) {
		uint64_t in_page = writer->at & PAGE_MASK, part = DJED_PAGE_SIZE - in_page;

		part = part < length ? part : length;
		memcpy(writer->page + in_page, from, part);
		writer->at += part;
		from += part;
		length -= part;
		if (!(writer->at & PAGE_MASK))
			flush(writer, writer->at - DJED_PAGE_SIZE);
	}
}

/* At an address aligned to 8. */
static void put_word(struct writer *writer, uint64_t word)
{
	if (writer->status)
		return;
	memcpy(writer->page + (writer->at & PAGE_MASK), &word, sizeof(word));
	writer->at += sizeof(word);
	if (!(writer->at & PAGE_MASK))
		flush(writer, writer->at - DJED_PAGE_SIZE);
}

static void put_zeros(struct writer *writer, uint64_t to)
{
	static const uint8_t zeros[16];

	while (writer->at < to && !writer->status)
		put(writer, zeros, to - writer->at < sizeof(zeros) ? to - writer->at : sizeof(zeros));
}

/* The lender's strings, a piece at a time; a piece stays for as long as it is asked for again. */
struct text {
	struct djed_buffer from;
	uint64_t at; /* offset of the piece */
	uint32_t length;
	char piece[DJED_PAGE_SIZE];
};

/* The piece that begins at `at`; its length, 0: the lender's memory is not there. */
static uint32_t read_piece(struct text *text, uint64_t at)
{
	uint64_t rest = text->from.length - at;
	uint32_t wanted = rest < sizeof(text->piece) ? (uint32_t)rest : sizeof(text->piece);

	if (text->length && text->at == at)
		return text->length;
	text->at = at;
	text->length = (uint32_t)djed_copy_in(text->piece, text->from, at, wanted);
	if (text->length != wanted)
		text->length = 0;
	return text->length;
}

/* argv and envp: the addresses of the strings behind the path, with a null pointer behind each group. */
static djed_status put_pointers(struct writer *writer, struct text *text, const struct start *start,
				uint64_t strings)
{
	uint64_t left = (uint64_t)start->arguments + start->environment, begin = start->name_length;
	bool path_ended = start->name_length == 0;

	if (start->arguments == 0)
		put_word(writer, 0);
	for (uint64_t at = 0; at < text->from.length && !writer->status; at += text->length) {
		uint32_t length = read_piece(text, at);

		if (!length)
			return -EFAULT;
		for (const char *end = text->piece;
		     (end = memchr(end, 0, length - (size_t)(end - text->piece))); end++) {
			uint64_t next = at + (uint64_t)(end - text->piece) + 1;

			if (!path_ended) {
				path_ended = true;
				if (next != begin)
					return -EFAULT;
				continue;
			}
			if (next - begin > STRING_MAX)
				return -E2BIG;
			if (left-- == 0)
				return -EFAULT;
			put_word(writer, strings + begin);
			begin = next;
			if (left == start->environment)
				put_word(writer, 0);
		}
	}
	if (writer->status)
		return writer->status;
	if (left || begin != text->from.length)
		return -EFAULT;
	put_word(writer, 0);
	return writer->status;
}

static uint32_t processor_features(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) ? edx : 0;
}

static void put_auxiliary(struct writer *writer, const struct program *program, const struct start *start,
			  const struct stack *stack)
{
	const uint64_t entries[AUXILIARY_ENTRIES][2] = {
	    {AT_HWCAP, processor_features()},
	    {AT_PAGESZ, DJED_PAGE_SIZE},
	    {AT_CLKTCK, CLOCK_TICKS},
	    {AT_PHDR, program->headers},
	    {AT_PHENT, PROGRAM_HEADER_SIZE},
	    {AT_PHNUM, program->header_count},
	    {AT_BASE, 0},
	    {AT_FLAGS, 0},
	    {AT_ENTRY, program->entry},
	    {AT_UID, start->user},
	    {AT_EUID, start->user},
	    {AT_GID, start->group},
	    {AT_EGID, start->group},
	    {AT_SECURE, 0},
	    {AT_RANDOM, stack->random},
	    {AT_EXECFN, stack->strings},
	    {AT_PLATFORM, stack->platform},
	    {AT_NULL, 0},
	};

	put(writer, entries, sizeof(entries));
}

/* Enough to make stack protectors' canaries differ; no secret that an attacker with a clock could not guess.
 */
static uint64_t random_word(void)
{
	static uint64_t state;

	state += djed_now() + 1;
	return djed_mix(state);
}

static djed_status build_stack(struct space *space, const struct program *program, const struct start *start,
			       uint64_t *pointer)
{
	struct area area = {.end = USER_END,
			    .protection = DJED_ACCESS_READ | DJED_ACCESS_WRITE,
			    .flags = AREA_STACK,
			    .limit = NO_LIMIT};
	struct writer writer = {.space = space};
	struct text text = {.from = start->strings};
	struct stack stack;
	djed_status status = lay_out(start, &stack);

	if (status)
		return status;
	if (!areas_available(&space->areas, 1))
		return -ENOMEM;
	space->stack_limit = USER_END - STACK_SIZE;
	area.start = PAGE_DOWN(stack.pointer);
	area_insert(&space->areas, &area);
	writer.at = stack.pointer;
	put_word(&writer, start->arguments);
	status = put_pointers(&writer, &text, start, stack.strings);
	if (status)
		return status;
	put_auxiliary(&writer, program, start, &stack);
	put_zeros(&writer, stack.random);
	for (unsigned i = 0; i < RANDOM_BYTES / sizeof(uint64_t); i++)
		put_word(&writer, random_word());
	put_zeros(&writer, stack.platform);
	put(&writer, platform, sizeof(platform));
	for (uint64_t at = 0; at < text.from.length; at += text.length) {
		if (!read_piece(&text, at))
			return -EFAULT;
		put(&writer, text.piece, text.length);
	}
	put_zeros(&writer, stack.end);
	*pointer = stack.pointer;
	return writer.status;
}

static void add_area(struct space *space, const struct area *model)
{
	if (model->start == model->end)
		return;
	if (model->backing)
		backing_reference(model->backing);
	area_insert(&space->areas, model);
}

static djed_status map_program(struct space *space, const struct program *program, struct backing *backing)
{
	if (!areas_available(&space->areas, 2 * program->segments))
		return -ENOMEM;
	for (unsigned i = 0; i < program->segments; i++) {
		const struct segment *segment = &program->segment[i];
		uint64_t start = PAGE_DOWN(segment->address),
			 file_end = segment->address + segment->file_length;
		uint64_t end = PAGE_UP(segment->address + segment->length);
		uint64_t middle = segment->file_length ? PAGE_UP(file_end) : start;

		add_area(space, &(struct area){.start = start,
					       .end = middle,
					       .protection = segment->protection,
					       .backing = backing,
					       .offset = PAGE_DOWN(segment->offset),
					       .limit = segment->length > segment->file_length ? file_end
											       : NO_LIMIT});
		add_area(space, &(struct area){.start = middle,
					       .end = end,
					       .protection = segment->protection,
					       .limit = NO_LIMIT});
	}
	space->brk_start = space->brk = PAGE_UP(program->end);
	return 0;
}

djed_status space_execute(struct client *client, uint64_t object, const struct start *start,
			  struct space **result, uint64_t *entry, uint64_t *stack)
{
	const struct program *program;
	struct backing *backing;
	struct space *space;
	djed_status status = backing_private(object, &backing);

	if (status)
		return status;
	status = program_load(backing, &program);
	space = status ? NULL : space_create(client);
	if (!status && !space)
		status = -ENOMEM;
	if (!status)
		status = map_program(space, program, backing);
	if (!status)
		status = build_stack(space, program, start, stack);
	backing_release(backing); /* the areas have references of their own */
	if (status) {
		if (space)
			space_release(space);
		return status;
	}
	*entry = program->entry;
	*result = space;
	return 0;
}
