/* The undo log. Portable: the same file serves the OS, hosted programs and the tests on the host. */
#include "include/djed/undo.h"

#define RUNTIME __attribute__((section(".djed.runtime")))

enum { ADDRESS_BITS = 56, DIGEST_WORDS = 256 };
static const uint64_t address_mask = ((uint64_t)1 << ADDRESS_BITS) - 1;
static const uint64_t user_end = (uint64_t)1 << 47;

RUNTIME uint64_t *djed_log_top;
RUNTIME uint32_t djed_window_open;
RUNTIME uintptr_t djed_stack_low, djed_stack_high;
RUNTIME static uint64_t *log_base;

/* One record, taken apart. */
struct record {
	uint64_t *start; /* of the record, which is the top once it has been undone */
	uint64_t kind;	 /* size of a short record, DJED_UNDO_LONG or DJED_UNDO_CALL */
	uint64_t address;
	uint64_t length; /* bytes */
};

/* Orders memory accesses for whoever stops this thread: the kernel, on the same processor. */
static void in_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Not memcpy: nothing that could itself be replaced, and the sizes are small. What is not a whole number of
 * words ends with a word that overlaps the one before. */
static inline void copy(uint8_t *to, const uint8_t *from, size_t length)
{
	if (length >= 8) {
		for (size_t at = 0; at < length - 8; at += 8)
			__builtin_memcpy(to + at, from + at, 8);
		__builtin_memcpy(to + length - 8, from + length - 8, 8);
	} else if (length >= 4) {
		__builtin_memcpy(to, from, 4);
		__builtin_memcpy(to + length - 4, from + length - 4, 4);
	} else {
		while (length-- > 0)
			to[length] = from[length];
	}
}

static bool in_stack(uint64_t address)
{
	return address >= djed_stack_low && address < djed_stack_high;
}

static size_t padded_words(uint64_t length)
{
	return length / 8 + (length % 8 != 0);
}

void djed_undo_attach(void *log)
{
	log_base = log;
	djed_log_top = log;
}

size_t djed_undo_length(void)
{
	return (size_t)(djed_log_top - log_base) * sizeof(uint64_t);
}

void djed_undo_range(const void *address, size_t length)
{
	if (!djed_window_open || length == 0 || in_stack((uintptr_t)address))
		return;
	uint64_t *word = djed_log_top;
	copy((uint8_t *)word, address, length);
	word += padded_words(length);
	if (length <= DJED_UNDO_SHORT_MAX) {
		*word++ = (uintptr_t)address | (uint64_t)length << ADDRESS_BITS;
	} else {
		*word++ = length;
		*word++ = (uintptr_t)address | (uint64_t)DJED_UNDO_LONG << ADDRESS_BITS;
	}
	in_order();
	djed_log_top = word;
	in_order();
}

void djed_undo_call(void (*inverse)(uint64_t argument), uint64_t argument)
{
	if (!djed_window_open)
		return;
	uint64_t *word = djed_log_top;
	*word++ = argument;
	*word++ = (uintptr_t)inverse;
	*word++ = (uint64_t)DJED_UNDO_CALL << ADDRESS_BITS;
	in_order();
	djed_log_top = word;
	in_order();
}

/* Most records are short, and recovery takes as long as it takes to go through them twice. So the usual ones
 * take few instructions: of 1 to 128 bytes, in the lower half of user memory. One subtraction brings a size
 * of 0 or above 128 to where the highest bit shows it. */
static inline bool is_usual(uint64_t header)
{
	const uint64_t unusual = 1ull << 63 | 0x3ffull << 46;

	return ((header - (1ull << ADDRESS_BITS)) & unusual) == 0;
}

/* The start of a usual record that ends at `top`. */
static inline uint64_t *usual_start(uint64_t *top, uint64_t header)
{
	return top - 1 - ((header >> ADDRESS_BITS) + 7) / 8;
}

/* Takes the record that ends at `top` apart. False: there is no sound record. */
static bool decode(uint64_t *top, struct record *record)
{
	size_t left = (size_t)(top - log_base);
	uint64_t header = top[-1];
	size_t words;

	record->kind = header >> ADDRESS_BITS;
	record->address = header & address_mask;
	if (record->kind == DJED_UNDO_CALL) {
		record->length = 0;
		words = 3;
		if (record->address != 0)
			return false;
	} else if (record->kind == DJED_UNDO_LONG) {
		if (left < 2)
			return false;
		record->length = top[-2];
		if (record->length <= DJED_UNDO_SHORT_MAX || record->length / 8 > left)
			return false;
		words = padded_words(record->length) + 2;
	} else {
		record->length = record->kind;
		words = padded_words(record->length) + 1;
		if (record->length == 0 || record->length > DJED_UNDO_SHORT_MAX)
			return false;
	}
	if (words > left || record->address > user_end || record->length > user_end - record->address)
		return false;
	record->start = top - words;
	return true;
}

static bool sound(void)
{
	uint64_t *top = djed_log_top;
	struct record record;

	while (top > log_base) {
		if (is_usual(top[-1])) {
			top = usual_start(top, top[-1]);
			continue;
		}
		if (!decode(top, &record))
			return false;
		top = record.start;
	}
	return top == log_base;
}

uint32_t djed_undo_digest(void)
{
	const uint64_t prime = 0x100000001b3u; /* FNV-1a (Fowler, Noll, Vo), over words where it can be */
	uint64_t *top = djed_log_top, sum = 0;
	struct record record;

	if (top - log_base > DIGEST_WORDS)
		return 1;
	while (top > log_base) {
		if (!decode(top, &record))
			return 0;
		top = record.start;
		sum = (sum ^ record.address) * prime;
		if (record.kind == DJED_UNDO_CALL || in_stack(record.address))
			continue;
		for (uint64_t done = 0, word; done < record.length; done += sizeof(word)) {
			size_t rest =
			    record.length - done < sizeof(word) ? record.length - done : sizeof(word);

			word = 0;
			copy((uint8_t *)&word, (const uint8_t *)(uintptr_t)record.address + done, rest);
			sum = (sum ^ word ^ word >> 32) * prime;
		}
	}
	return (uint32_t)(sum ^ sum >> 32);
}

static inline void restore(uint64_t address, const uint64_t *from, uint64_t length)
{
	if (!in_stack(address))
		copy((uint8_t *)address, (const uint8_t *)from, length);
}

/* Undoes the record that ends at `top`; gives its start. NULL: an inverse has damaged the log. */
static uint64_t *undo(uint64_t *top)
{
	struct record record;

	if (!decode(top, &record))
		return NULL;
	if (record.kind != DJED_UNDO_CALL) {
		restore(record.address, record.start, record.length);
		return record.start;
	}
	void (*inverse)(uint64_t) = (void (*)(uint64_t))record.start[1];
	uint64_t argument = record.start[0];
	/* If this thread is stopped now or later, the inverse is not called again. */
	in_order();
	djed_log_top = record.start;
	in_order();
	inverse(argument);
	djed_log_top = record.start; /* what the inverse logged itself is not undone */
	return record.start;
}

bool djed_undo_rollback(void)
{
	uint64_t *top = djed_log_top;

	if (!sound())
		return false;
	while (top > log_base) {
		uint64_t header = top[-1];

		if (is_usual(header)) {
			top = usual_start(top, header);
			restore(header & address_mask, top, header >> ADDRESS_BITS);
		} else {
			top = undo(top);
			if (!top)
				return false;
		}
	}
	in_order();
	djed_log_top = log_base;
	return true;
}

void djed_undo_reset(void)
{
	djed_log_top = log_base;
}
