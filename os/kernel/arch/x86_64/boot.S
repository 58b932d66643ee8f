/* First instructions: PVH entry in 32-bit protected mode without paging, then long mode in the upper half.
 * ebx: struct hvm_start_info of the PVH boot protocol (Xen, docs/misc/pvh). */
#include "registers.h"

	.section .note.pvh, "a", @note
	.align 4
	.long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long boot_entry

	.section .boot, "awx", @progbits
	.code32
	.globl boot_entry
boot_entry:
	cli
	cld
	mov $boot_stack_top_physical, %esp
	/* 1 GiB in 2 MiB pages, at 0 and at the kernel's base; arch_memory builds the real tables. */
	mov $boot_directory, %edi
	mov $0x83, %eax
	mov $512, %ecx
1:	mov %eax, (%edi)
	movl $0, 4(%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 1b
	mov $boot_pml4, %eax
	mov %eax, %cr3
	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov $MSR_EFER, %ecx
	rdmsr
	or $(EFER_SCE | EFER_LME | EFER_NXE), %eax
	wrmsr
	mov $(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG), %eax
	mov %eax, %cr0
	lgdt boot_gdt_pointer
	ljmp $0x08, $boot_long
	.code64
boot_long:
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov $kernel_stack_top, %rsp
	mov %ebx, %edi
	xor %ebp, %ebp
	movabs $arch_boot, %rax
	call *%rax
	ud2

	.align 8
boot_gdt:
	.quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
boot_gdt_pointer:
	.word 23
	.long boot_gdt
	.align 4096
boot_pml4:
	.quad boot_low + 3
	.fill 255, 8, 0
	.quad boot_low + 3 /* the start of the physical memory map */
	.fill 254, 8, 0
	.quad boot_high + 3
boot_low:
	.quad boot_directory + 3
	.fill 511, 8, 0
boot_high:
	.fill 510, 8, 0
	.quad boot_directory + 3
	.quad 0
boot_directory:
	.fill 512, 8, 0
	.fill 64, 8, 0
boot_stack_top_physical:

	.section .bss.stack, "aw", @nobits
	.align 4096
	.globl kernel_stack_guard
kernel_stack_guard: /* left unmapped by the kernel's own tables */
	.skip 4096
	.skip 16384
	.globl kernel_stack_top
kernel_stack_top:
	.globl exception_stack_top
	.skip 4096
exception_stack_top:
	.section .note.GNU-stack, "", @progbits
