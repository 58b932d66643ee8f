/* A small ELF image of a server, for tests that damage it. */
#ifndef DJED_TESTS_GOOD_IMAGE_H
#define DJED_TESTS_GOOD_IMAGE_H

#include <abi/layout.h>
#include <elf.h>
#include <stddef.h>

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment[3];
	Elf64_Shdr section[3];
	char names[40];
	char text[64], data[64];
};
static struct image good;

static void make_good(void)
{
	const uint64_t base = DJED_IMAGE_BASE;

	good = (struct image){
	    .header = {.e_ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
		       .e_type = ET_EXEC,
		       .e_machine = EM_X86_64,
		       .e_entry = base + 8,
		       .e_phoff = offsetof(struct image, segment),
		       .e_shoff = offsetof(struct image, section),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 3,
		       .e_shentsize = sizeof(Elf64_Shdr),
		       .e_shnum = 3,
		       .e_shstrndx = 2},
	    .segment = {{PT_LOAD, PF_R | PF_X, offsetof(struct image, text), base, 0, 64, 64, 4096},
			{PT_NOTE, PF_R, 0, 0, 0, 4, 4, 4},
			{PT_LOAD, PF_R | PF_W, offsetof(struct image, data), base + 4096, 0, 64, 10000,
			 4096}},
	    .section = {{0},
			{.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_addr = base + 4096 + 128, .sh_size = 256},
			{.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct image, names), .sh_size = 40}},
	    .names = "\0.djed.counts\0.shstrtab"};
}

#endif
