/* Entry points of a server. The constants are asserted against abi/layout.h in djed.c. */
	.set STACK_TOP, 0x10000000

	.section .text.start, "ax"
	.globl _start
	.type _start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	mov $STACK_TOP, %esp
	xor %ebp, %ebp
	call djed_port_main
	ud2
	.cfi_endproc
	.size _start, . - _start

/* Entered by the kernel, on the recovery stack, when the transaction in hand is unwound. */
	.globl djed_recover_entry
	.type djed_recover_entry, @function
djed_recover_entry:
	.cfi_startproc
	.cfi_undefined rip
	cld
	xor %ebp, %ebp
	call djed_runtime_undo
	mov $STACK_TOP, %esp
	xor %ebp, %ebp
	call djed_port_serve
	ud2
	.cfi_endproc
	.size djed_recover_entry, . - djed_recover_entry

	.section .note.GNU-stack, "", @progbits
