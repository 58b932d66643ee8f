/* Unwinding and symbols are elfutils' work (libdwfl): here is only where registers and memory are. */
#include "backtrace.h"

#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FRAMES_MAX = 32, REGISTERS = 17, THREAD = 1 };

struct walk {
	const struct djed_crash_record *record;
	Dwfl *dwfl;
	unsigned frame;
};

static pid_t next_thread(Dwfl *dwfl, void *argument, void **thread)
{
	(void)dwfl;
	if (*thread)
		return 0;
	*thread = argument;
	return THREAD;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *argument)
{
	const struct djed_crash_record *record = ((struct walk *)argument)->record;
	uint64_t offset = address - record->context.rsp;
	(void)dwfl;
	if (offset > record->stack_length || record->stack_length - offset < sizeof *result)
		return false;
	memcpy(result, record->stack + offset, sizeof *result);
	return true;
}

/* In the order of the System V ABI's DWARF numbers for x86_64. */
static bool set_registers(Dwfl_Thread *thread, void *argument)
{
	const struct djed_context *c = &((struct walk *)argument)->record->context;
	const Dwarf_Word registers[REGISTERS] = {c->rax, c->rdx, c->rcx, c->rbx, c->rsi, c->rdi,
						 c->rbp, c->rsp, c->r8,	 c->r9,	 c->r10, c->r11,
						 c->r12, c->r13, c->r14, c->r15, c->rip};
	return dwfl_thread_state_registers(thread, 0, REGISTERS, registers);
}

static void print_frame(struct walk *walk, uint64_t address, bool called)
{
	/* A return address lies behind its call, perhaps behind its function. */
	Dwfl_Module *module = walk->dwfl ? dwfl_addrmodule(walk->dwfl, address - called) : NULL;
	GElf_Sym symbol;
	GElf_Off offset = 0;
	const char *name =
	    module ? dwfl_module_addrinfo(module, address - called, &offset, &symbol, NULL, NULL, NULL)
		   : NULL;
	Dwfl_Line *line = module ? dwfl_module_getsrc(module, address - called) : NULL;
	int number = 0;
	const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	/* Names are relative to the folder of the build, or that is what they begin with. */
	const char *relative = file ? strstr(file, "/./") : NULL;
	if (relative)
		file = relative + 3;
	printf("    #%u 0x%" PRIx64, walk->frame++, address);
	if (name)
		printf(" %s+0x%" PRIx64, name, (uint64_t)offset + called);
	if (file)
		printf(" at %s:%d", file, number);
	putchar('\n');
}

static int on_frame(Dwfl_Frame *frame, void *argument)
{
	struct walk *walk = argument;
	Dwarf_Addr address;
	bool activation;
	if (walk->frame == FRAMES_MAX || !dwfl_frame_pc(frame, &address, &activation) || !address)
		return DWARF_CB_ABORT;
	print_frame(walk, address, !activation);
	return DWARF_CB_OK;
}

void backtrace_print(const struct djed_crash_record *record, const char *elf)
{
	static const Dwfl_Callbacks files = {.find_elf = dwfl_build_id_find_elf,
					     .find_debuginfo = dwfl_standard_find_debuginfo,
					     .section_address = dwfl_offline_section_address};
	static const Dwfl_Thread_Callbacks threads = {
	    .next_thread = next_thread, .memory_read = read_memory, .set_initial_registers = set_registers};
	struct walk walk = {.record = record, .dwfl = dwfl_begin(&files)};
	if (walk.dwfl) {
		dwfl_report_begin(walk.dwfl);
		bool good = dwfl_report_elf(walk.dwfl, record->name, elf, -1, 0, false) != NULL;
		good = dwfl_report_end(walk.dwfl, NULL, NULL) == 0 && good;
		if (good && dwfl_attach_state(walk.dwfl, NULL, THREAD, &threads, &walk))
			(void)dwfl_getthread_frames(walk.dwfl, THREAD, on_frame, &walk);
	}
	if (!walk.frame)
		print_frame(&walk, record->context.rip, false);
	if (walk.dwfl)
		dwfl_end(walk.dwfl);
}
