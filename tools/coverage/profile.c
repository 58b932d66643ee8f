#include "profile.h"

#include "text.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* The format is LLVM's own to define: its header file gives the fields and their order. */
#include <llvm/ProfileData/InstrProfData.inc>

enum {
#define VALUE_PROF_KIND(Name, Value, Description) Name = Value,
#include <llvm/ProfileData/InstrProfData.inc>
};

struct header {
#define INSTR_PROF_RAW_HEADER(Type, Name, Initializer) Type Name;
#include <llvm/ProfileData/InstrProfData.inc>
};

/* Size of a record of __llvm_prf_data. */
typedef void *IntPtrT;
struct record {
#define INSTR_PROF_DATA(Type, LLVMType, Name, Initializer) Type Name;
#include <llvm/ProfileData/InstrProfData.inc>
};

struct section {
	uint64_t address, size;
	const void *bytes;
};

static struct section find_section(Elf *elf, const char *name)
{
	size_t names;
	if (elf_getshdrstrndx(elf, &names) < 0)
		return (struct section){0};
	for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
		GElf_Shdr header;
		const char *found = gelf_getshdr(at, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		if (!found || strcmp(found, name))
			continue;
		Elf_Data *data = elf_getdata(at, NULL);
		return (struct section){header.sh_addr, header.sh_size, data ? data->d_buf : NULL};
	}
	return (struct section){0};
}

static void pad(struct text *out)
{
	static const char zeros[8];
	text_add(out, zeros, -out->length & 7);
}

void profile_write(const char *path, const char *file, const void *counters, size_t length)
{
	elf_version(EV_CURRENT);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		die("cannot read %s as an ELF file", file);
	struct section data = find_section(elf, "__llvm_prf_data"),
		       counts = find_section(elf, "__llvm_prf_cnts");
	struct section names = find_section(elf, "__llvm_prf_names"),
		       bits = find_section(elf, "__llvm_prf_bits");
	if (!data.bytes || !names.bytes || !counts.size || data.size % sizeof(struct record))
		die("%s holds no coverage data", file);
	if (counts.size != length)
		die("%s has %llu bytes of counters, the guest showed %zu", file,
		    (unsigned long long)counts.size, length);
	struct header header = {.Magic = 0xff6c70726f667281u, /* INSTR_PROF_RAW_MAGIC_64 */
				.Version = INSTR_PROF_RAW_VERSION,
				.NumData = data.size / sizeof(struct record),
				.NumCounters = counts.size / sizeof(uint64_t),
				.NamesSize = names.size,
				.CountersDelta = counts.address - data.address,
				.BitmapDelta = bits.size ? bits.address - data.address : 0,
				.NamesDelta = names.address,
				.ValueKindLast = IPVK_Last};
	struct text out = {0};
	text_add(&out, &header, sizeof header);
	text_add(&out, data.bytes, data.size);
	text_add(&out, counters, length);
	text_add(&out, names.bytes, names.size);
	pad(&out);
	write_file(path, out.bytes, out.length);
	text_free(&out);
	elf_end(elf);
	close(fd);
}
