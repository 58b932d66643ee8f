/* Programs: the stack that they find, their segments, brk, sharing of clean pages, and ELF files that are not
 * what they should be. */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <protocols/store_client.h>
#include <stdlib.h>
#include <string.h>

#include "execute.h"
#include "machine.h"
#include "program.h"

#define PAGE UINT64_C(4096)

static djed_slot mm, store;

/* A program of two segments: text at 0x400000 (two pages, the headers in the first), data at 0x403e00 with a
 * bss of two pages and a bit behind it. Byte i of the file is (uint8_t)(i * 7 + i / 4096), where no header
 * lies. */
static struct {
	Elf64_Ehdr header;
	Elf64_Phdr segment[3];
	uint8_t bytes[0x3000];
} image;
enum { DATA_OFFSET = 0x2e00, DATA_LENGTH = 0x180, BSS_LENGTH = 0x2300 };
static const uint64_t text_at = 0x400000, data_at = 0x403e00;

static uint8_t byte_of(uint64_t offset)
{
	return (uint8_t)(offset * 7 + offset / PAGE);
}

static void make_image(uint16_t type)
{
	for (uint64_t i = 0; i < sizeof(image); i++)
		((uint8_t *)&image)[i] = byte_of(i);
	image.header = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
				    .e_type = type,
				    .e_machine = EM_X86_64,
				    .e_entry = text_at + 0x1100,
				    .e_phoff = sizeof(Elf64_Ehdr),
				    .e_phentsize = sizeof(Elf64_Phdr),
				    .e_phnum = 3};
	image.segment[0] = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, text_at, text_at, 0x2000, 0x2000, 0x1000};
	image.segment[1] = (Elf64_Phdr){
	    PT_LOAD, PF_R | PF_W, DATA_OFFSET, data_at, data_at, DATA_LENGTH, DATA_LENGTH + BSS_LENGTH,
	    0x1000};
	image.segment[2] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
}

static uint64_t make_file(const void *bytes, uint32_t length)
{
	uint64_t object, size;
	uint32_t count;

	cr_assert(store_create(store, &object) == 0);
	for (uint32_t at = 0; at < length; at += count)
		cr_assert(store_write(store, object, at, djed_own((const char *)bytes + at, length - at),
				      &count, &size) == 0);
	return object;
}

static void begin(void)
{
	uint64_t handle;

	machine_start((struct machine_options){.frames = 3000});
	mm = host_slot("mm");
	store = host_slot("store");
	cr_assert(mm_create(mm, 1, &handle) == 0);
}

static const char strings[] = "/bin/prog\0prog\0-x\0HOME=/\0A=\0\0";
enum { ARGUMENTS = 2, ENVIRONMENT = 3, NAME_LENGTH = 10 };

static uint64_t word(uint32_t pid, uint64_t address)
{
	uint64_t value;

	cr_assert(machine_read(pid, address, &value, sizeof(value)) == 0);
	return value;
}

static void check_string(uint64_t address, const char *expected)
{
	char text[64];

	cr_assert(machine_read(1, address, text, strlen(expected) + 1) == 0);
	cr_assert_str_eq(text, expected);
}

static uint64_t auxiliary(uint64_t vector, uint64_t type)
{
	for (; word(1, vector); vector += 16)
		if (word(1, vector) == type)
			return word(1, vector + 8);
	cr_assert_fail("no entry %llu in the auxiliary vector", (unsigned long long)type);
	return 0;
}

Test(mm, stack)
{
	uint64_t space, entry, stack, vector, random[2];
	uint64_t object;

	begin();
	make_image(ET_EXEC);
	object = make_file(&image, 0x3000);
	cr_assert(mm_execute(mm, 1, object, ARGUMENTS, ENVIRONMENT, NAME_LENGTH, 5, 6,
			     djed_own(strings, sizeof(strings) - 1), &space, &entry, &stack) == 0);
	cr_assert(entry == text_at + 0x1100 && stack % 16 == 0 && stack < 0x7ffffffff000);
	cr_assert(word(1, stack) == ARGUMENTS);
	check_string(word(1, stack + 8), "prog");
	check_string(word(1, stack + 16), "-x");
	cr_assert(word(1, stack + 24) == 0);
	check_string(word(1, stack + 32), "HOME=/");
	check_string(word(1, stack + 40), "A=");
	check_string(word(1, stack + 48), "");
	cr_assert(word(1, stack + 56) == 0);
	vector = stack + 64;
	cr_assert(auxiliary(vector, AT_PHDR) == text_at + sizeof(Elf64_Ehdr) &&
		  auxiliary(vector, AT_PHENT) == 56);
	cr_assert(auxiliary(vector, AT_PHNUM) == 3 && auxiliary(vector, AT_PAGESZ) == 4096);
	cr_assert(auxiliary(vector, AT_BASE) == 0 && auxiliary(vector, AT_ENTRY) == entry);
	cr_assert(auxiliary(vector, AT_UID) == 5 && auxiliary(vector, AT_EGID) == 6 &&
		  auxiliary(vector, AT_SECURE) == 0);
	cr_assert(auxiliary(vector, AT_CLKTCK) == 100);
	check_string(auxiliary(vector, AT_EXECFN), "/bin/prog");
	check_string(auxiliary(vector, AT_PLATFORM), "x86_64");
	cr_assert(machine_read(1, auxiliary(vector, AT_RANDOM), random, 16) == 0 && random[0] &&
		  random[0] != random[1]);
	/* It grows, but not without end. */
	cr_assert(machine_touch(1, stack - 0x100000, DJED_ACCESS_WRITE) == 0);
	cr_assert(machine_touch(1, 0x7ffffffff000 - (9 << 20), DJED_ACCESS_WRITE) == 11);
	machine_check();
	cr_assert(mm_exit(mm, 1) == 0 && machine_frames_used() == 0);
}

Test(mm, long_arguments)
{
	static char many[1900000];
	uint64_t space, entry, stack, object, count = 0;
	uint32_t length = 0;
	char text[1000];

	begin();
	make_image(ET_EXEC);
	object = make_file(&image, 0x3000);
	/* Strings of all lengths, over many pages. */
	for (length = 0; length < 600000; count++) {
		uint32_t part = (uint32_t)(count % 997);

		memset(many + length, 'a' + (int)(count % 26), part);
		length += part + 1;
	}
	cr_assert(mm_execute(mm, 1, object, (uint32_t)count - 1, 0, 1, 0, 0, djed_own(many, length), &space,
			     &entry, &stack) == 0);
	cr_assert(word(1, stack) == count - 1 && word(1, stack + 8 * count) == 0);
	for (uint64_t i = 1; i < count; i++) {
		cr_assert(machine_read(1, word(1, stack + 8 * i), text, i % 997 + 1) == 0);
		cr_assert(strlen(text) == i % 997 && (i % 997 == 0 || text[0] == 'a' + (int)(i % 26)));
	}
	machine_check();
	/* Limits, and strings that are not what is said. */
	const struct {
		uint32_t arguments, environment, name, length;
		djed_status status;
	} wrong[] = {
	    {1, 0, 1, 3 << 20, -E2BIG}, {300000, 0, 1, 4, -E2BIG},  {0xffffffff, 0xffffffff, 1, 4, -E2BIG},
	    {1, 0, 2, 3, -EFAULT},	{2, 0, 1, 3, -EFAULT},	    {0, 0, 1, 3, -EFAULT},
	    {1, 1, 1, 3, -EFAULT},	{1, 0, 1, 1800000, -E2BIG}, {1, 0, 3, 3, -EFAULT}};
	memset(many, 'x', sizeof(many));
	memcpy(many, "\0a\0", 3);
	many[1799999] = 0;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		djed_status status =
		    mm_execute(mm, 1, object, wrong[i].arguments, wrong[i].environment, wrong[i].name, 0, 0,
			       djed_own(many, wrong[i].length), &space, &entry, &stack);
		cr_assert(status == wrong[i].status, "case %zu: %lld", i, (long long)status);
		machine_check();
	}
	/* The lender's memory is not there. */
	cr_assert(mm_execute(mm, 1, object, 1, 0, 1, 0, 0, djed_client(0x1000, 3, DJED_GRANT_READ), &space,
			     &entry, &stack) == -EFAULT);
	machine_check();
	cr_assert(word(1, stack) == count - 1, "the old program is still there");
}

static void check_segments(uint64_t bias)
{
	uint8_t bytes[0x400];
	uint64_t end = data_at + DATA_LENGTH + BSS_LENGTH + bias;

	for (uint64_t at = 0x1000; at < 0x2000; at += sizeof(bytes)) {
		cr_assert(machine_read(1, text_at + bias + at, bytes, sizeof(bytes)) == 0);
		for (uint64_t i = 0; i < sizeof(bytes); i++)
			cr_assert(bytes[i] == byte_of(at + i));
	}
	cr_assert(machine_read(1, data_at + bias, bytes, DATA_LENGTH) == 0);
	for (uint64_t i = 0; i < DATA_LENGTH; i++)
		cr_assert(bytes[i] == byte_of(DATA_OFFSET + i));
	for (uint64_t at = data_at + bias + DATA_LENGTH; at < end; at++) {
		cr_assert(machine_read(1, at, bytes, 1) == 0);
		cr_assert(bytes[0] == 0, "bss is not zero at %#llx", (unsigned long long)at);
	}
	cr_assert(machine_touch(1, text_at + bias, DJED_ACCESS_WRITE) == 11);
	cr_assert(machine_touch(1, text_at + bias, DJED_ACCESS_EXECUTE) == 0);
	cr_assert(machine_touch(1, data_at + bias, DJED_ACCESS_EXECUTE) == 11);
	cr_assert(machine_touch(1, end + PAGE, DJED_ACCESS_READ) == 11);
}

Test(mm, segments)
{
	uint64_t space, entry, stack, object, end;
	uint8_t seven = 7, got, tail[0x200];
	const int64_t moved_to = 0x10000000;

	begin();
	for (int dynamic = 0; dynamic < 2; dynamic++) {
		make_image(dynamic ? ET_DYN : ET_EXEC);
		object = make_file(&image, 0x3000);
		cr_assert(mm_execute(mm, 1, object, ARGUMENTS, ENVIRONMENT, NAME_LENGTH, 0, 0,
				     djed_own(strings, sizeof(strings) - 1), &space, &entry, &stack) == 0);
		/* The page in which the file's bytes end and the bss begins may be moved before it was
		 * touched. */
		cr_assert(machine_call(1, LINUX_MREMAP, entry - 0x1100 + 0x3000, PAGE, PAGE, 3, moved_to,
				       0) == moved_to);
		cr_assert(machine_read(1, moved_to + 0xe00, tail, sizeof(tail)) == 0 &&
			  tail[0] == byte_of(DATA_OFFSET));
		cr_assert(tail[DATA_LENGTH - 1] == byte_of(DATA_OFFSET + DATA_LENGTH - 1) &&
			  tail[DATA_LENGTH] == 0);
		cr_assert(machine_call(1, LINUX_MREMAP, moved_to, PAGE, PAGE, 3, entry - 0x1100 + 0x3000, 0) >
			  0);
		check_segments(entry - text_at - 0x1100);
		end =
		    (data_at + DATA_LENGTH + BSS_LENGTH + entry - text_at - 0x1100 + PAGE - 1) & ~(PAGE - 1);
		cr_assert(machine_call(1, LINUX_BRK, 0, 0, 0, 0, 0, 0) == (int64_t)end);
		cr_assert(machine_call(1, LINUX_BRK, end + 10000, 0, 0, 0, 0, 0) == (int64_t)end + 10000);
		cr_assert(machine_write(1, end + 9999, &seven, 1) == 0);
		cr_assert(machine_call(1, LINUX_BRK, end + 5, 0, 0, 0, 0, 0) == (int64_t)end + 5);
		cr_assert(machine_touch(1, end + 9999, DJED_ACCESS_READ) == 11);
		cr_assert(machine_call(1, LINUX_BRK, end + 10000, 0, 0, 0, 0, 0) == (int64_t)end + 10000);
		cr_assert(machine_read(1, end + 9999, &got, 1) == 0 && got == 0, "fresh memory is zero");
		cr_assert(machine_call(1, LINUX_BRK, UINT64_MAX, 0, 0, 0, 0, 0) == (int64_t)end + 10000);
		machine_check();
		cr_assert(store_release(store, object) == 0);
	}
	cr_assert(mm_exit(mm, 1) == 0 && machine_frames_used() == 0 && backings.count == 0);
}

/* Clean pages of a program are read once, until the file changes; then the next program is another one. */
Test(mm, cache)
{
	uint64_t space, entry, stack, object, faults, size, handle;
	uint32_t cached, count;
	uint8_t got;

	begin();
	make_image(ET_EXEC);
	object = make_file(&image, 0x3000);
	for (uint32_t pid = 1; pid <= 3; pid++) {
		if (pid > 1)
			cr_assert(mm_fork(mm, 1, pid, false, &handle) == 0);
		cr_assert(mm_execute(mm, pid, object, 1, 0, 1, 0, 0, djed_own("\0p", 3), &space, &entry,
				     &stack) == 0);
		faults = machine_faults();
		cr_assert(machine_read(pid, text_at + 0x1200, &got, 1) == 0 && got == byte_of(0x1200));
		cr_assert(machine_read(pid, text_at + 0x800, &got, 1) == 0);
		if (pid == 1)
			cached = frames.cached;
		else
			cr_assert(frames.cached == cached && machine_faults() - faults == 1, "mapped around");
	}
	cr_assert(store_write(store, object, 0x1200, djed_own("\xfe", 1), &count, &size) == 0);
	cr_assert(mm_execute(mm, 2, object, 1, 0, 1, 0, 0, djed_own("\0p", 3), &space, &entry, &stack) == 0);
	cr_assert(machine_read(2, text_at + 0x1200, &got, 1) == 0 && got == 0xfe, "the new file");
	cr_assert(machine_read(3, text_at + 0x1200, &got, 1) == 0 && got == byte_of(0x1200),
		  "what was mapped before stays");
	machine_check();
	/* A program whose file is deleted while it runs. */
	cr_assert(store_release(store, object) == 0);
	cr_assert(machine_read(3, text_at + 0x1300, &got, 1) == 0 && got == byte_of(0x1300));
	for (uint32_t pid = 1; pid <= 3; pid++)
		cr_assert(mm_exit(mm, pid) == 0);
	cr_assert(store_retain(store, object) == -ENOENT, "mm has given the object back");
	machine_check();
}

static djed_status execute_image(uint32_t length)
{
	uint64_t object = make_file(&image, length), space, entry, stack;
	djed_status status =
	    mm_execute(mm, 1, object, 1, 0, 1, 0, 0, djed_own("\0p", 3), &space, &entry, &stack);

	cr_assert(store_release(store, object) == 0);
	return status;
}

Test(mm, broken_programs)
{
	uint64_t space, entry, stack;

	begin();
#define BROKEN(change, expected)                                                        \
	do {                                                                            \
		make_image(ET_EXEC);                                                    \
		change;                                                                 \
		djed_status status_ = execute_image(0x3000);                            \
		cr_assert(status_ == (expected), #change ": %lld", (long long)status_); \
		machine_check();                                                        \
	} while (0)
	BROKEN((void)0, 0);
	BROKEN(image.header.e_ident[0] = 0, -ENOEXEC);
	BROKEN(image.header.e_ident[EI_CLASS] = ELFCLASS32, -ENOEXEC);
	BROKEN(image.header.e_ident[EI_DATA] = ELFDATA2MSB, -ENOEXEC);
	BROKEN(image.header.e_type = ET_REL, -ENOEXEC);
	BROKEN(image.header.e_machine = EM_AARCH64, -ENOEXEC);
	BROKEN(image.header.e_phentsize = 32, -ENOEXEC);
	BROKEN(image.header.e_phnum = 0, -ENOEXEC);
	BROKEN(image.header.e_phnum = 65535, -ENOEXEC);
	BROKEN(image.header.e_phoff = UINT64_MAX - 8, -ENOEXEC);
	BROKEN(image.header.e_phoff = 4096 - 100, -ENOEXEC);
	BROKEN(image.header.e_entry = UINT64_MAX, -ENOEXEC);
	BROKEN(image.segment[2].p_type = PT_INTERP, -ENOENT);
	BROKEN(image.segment[0].p_type = image.segment[1].p_type = PT_NULL, -ENOEXEC);
	BROKEN(image.segment[1].p_filesz = image.segment[1].p_memsz + 1, -ENOEXEC);
	BROKEN(image.segment[1].p_offset++, -ENOEXEC);
	BROKEN(image.segment[1].p_memsz = UINT64_MAX, -ENOEXEC);
	BROKEN(image.segment[1].p_memsz = UINT64_C(1) << 47, -ENOEXEC);
	BROKEN(image.segment[1].p_vaddr = text_at + 0x1e00, -ENOEXEC);
	BROKEN(image.segment[0].p_vaddr = image.segment[0].p_offset, -ENOEXEC);
	BROKEN(image.segment[1].p_vaddr = UINT64_C(0x800000000e00), -ENOEXEC);
	BROKEN(image.segment[1].p_vaddr = UINT64_MAX - 0x1ff, -ENOEXEC);
	BROKEN((image.segment[1].p_offset = UINT64_C(0xfffffffffffffe00), image.segment[1].p_filesz = 0x180),
	       -ENOEXEC);
	/* Shorter than what it promises: a signal where the file ends, as in Linux. */
	BROKEN(image.segment[0].p_filesz = image.segment[0].p_memsz = 0x1000, 0);
	make_image(ET_EXEC);
	cr_assert(execute_image(0x1000) == 0 && machine_touch(1, text_at + 0x1000, DJED_ACCESS_READ) == 7);
	cr_assert(execute_image(63) == -ENOEXEC && execute_image(0) == -ENOEXEC &&
		  execute_image(65) == -ENOEXEC);
	cr_assert(mm_execute(mm, 1, 12345, 1, 0, 1, 0, 0, djed_own("\0p", 3), &space, &entry, &stack) ==
		  -ENOENT);
	cr_assert(mm_execute(mm, 77, 12345, 1, 0, 1, 0, 0, djed_own("\0p", 3), &space, &entry, &stack) ==
		  -ESRCH);
	/* Random damage: never a crash, and nothing is lost. */
	for (int i = 0; i < 3000; i++) {
		struct program program;
		uint8_t *bytes = (uint8_t *)&image;

		make_image(machine_random(2) ? ET_EXEC : ET_DYN);
		for (uint32_t n = 1 + machine_random(6); n; n--)
			bytes[machine_random(sizeof(image.header) + sizeof(image.segment))] =
			    (uint8_t)machine_random(256);
		djed_status status = program_parse(&image, 4096, &program);
		cr_assert(status == 0 || status == -ENOEXEC || status == -ENOENT);
		for (uint32_t s = 0; status == 0 && s < program.segments; s++)
			cr_assert(program.segment[s].address + program.segment[s].length <= USER_END &&
				  program.segment[s].file_length <= program.segment[s].length);
		if (i % 10 == 0)
			(void)execute_image(0x3000);
	}
	machine_check();
	cr_assert(mm_exit(mm, 1) == 0 && machine_frames_used() == 0 && backings.count == 0);
}
