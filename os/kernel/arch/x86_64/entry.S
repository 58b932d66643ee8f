/* Ways into the kernel and out of it. One kernel stack: a user thread's registers go straight to its own
 * struct arch_registers, whose end the task state names as the stack of ring 0; then the kernel stack is taken
 * from its top. Interrupts are off in the kernel but for the idle loop. */
#include "registers.h"

	.macro push_registers
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	.macro pop_registers
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rbx
	pop %rax
	.endm

	.text
	.globl syscall_entry
syscall_entry:
	mov %rsp, user_stack(%rip)
	mov task_state+4(%rip), %rsp
	push $USER_DATA
	push user_stack(%rip)
	push %r11
	push $USER_CODE
	push %rcx
	push $0
	push $VECTOR_SYSCALL
	push_registers
	mov $kernel_stack_top, %rsp
	xor %ebp, %ebp
	call trap_syscall
	ud2 /* it ends in arch_resume */

	.globl arch_resume /* [[noreturn]] void arch_resume(struct arch_registers *) */
arch_resume:
	mov %rdi, %rsp
	cmpl $VECTOR_SYSCALL, 120(%rsp)
	jne 1f
	/* sysret with a non-canonical rip would fault in ring 0 with the user's stack. */
	mov 136(%rsp), %rcx
	mov %rcx, %rax
	shr $47, %rax
	jnz 1f
	mov 152(%rsp), %r11
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	add $8, %rsp
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	add $8, %rsp
	pop %rbx
	pop %rax
	mov 40(%rsp), %rsp
	sysretq
1:	pop_registers
	add $16, %rsp
	iretq

	/* Exceptions and interrupts: vector and error code are pushed; from user mode the stack is the thread's own
	 * struct arch_registers, else the kernel stack (or an exception stack). */
trap_common:
	push_registers
	cld
	mov %rsp, %rdi
	testb $3, 144(%rsp)
	jz 2f
	mov $kernel_stack_top, %rsp
	pushfq
	andl $~FLAG_AC, (%rsp) /* the user's AC would switch SMAP off */
	popfq
	xor %ebp, %ebp
	call trap_user
	ud2
2:	mov %rsp, %rbx
	and $~15, %rsp
	call trap_kernel
	mov %rbx, %rsp
	pop_registers
	add $16, %rsp
	iretq

	/* Debug exceptions, NMI and machine checks come on a stack of their own, as they can hit the first instruction of
	 * syscall_entry, when the stack is still the user's. From user mode the frame moves to its usual place. */
trap_exception_stack:
	testb $3, 24(%rsp)
	jz trap_common
	push %rax
	push %rbx
	lea 16(%rsp), %rax
	mov task_state+4(%rip), %rbx
	sub $56, %rbx
	.irp offset, 0, 8, 16, 24, 32, 40, 48
	push \offset(%rax)
	pop \offset(%rbx)
	.endr
	mov %rbx, user_stack(%rip)
	pop %rbx
	pop %rax
	mov user_stack(%rip), %rsp
	jmp trap_common

	.globl arch_idle /* void arch_idle(void): waits for one interrupt, with interrupts on */
arch_idle:
	sti
	hlt
	cli
	ret

	.altmacro
	.macro vector_entry number
	.align 16
	.if !((\number == 8) || ((\number >= 10) && (\number <= 14)) || (\number == 17) || (\number == 21))
	push $0
	.endif
	push $\number
	.if (\number == VECTOR_DEBUG) || (\number == VECTOR_NMI) || (\number == VECTOR_MACHINE_CHECK)
	jmp trap_exception_stack
	.else
	jmp trap_common
	.endif
	.endm

	.align 16
	.globl trap_vectors /* VECTOR_TIMER + 1 entries of 16 bytes */
trap_vectors:
	.set number, 0
	.rept VECTOR_TIMER + 1
	vector_entry %number
	.set number, number + 1
	.endr
	.align 16
	.globl trap_spurious
trap_spurious:
	iretq

	.bss
	.align 8
user_stack:
	.skip 8
	.section .note.GNU-stack, "", @progbits
