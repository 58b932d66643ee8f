/* What the compiler calls for copies, fills and comparisons. */
	.text
	.globl memcpy
memcpy:
	mov %rdi, %rax
	mov %rdx, %rcx
	shr $3, %rcx
	rep movsq
	mov %edx, %ecx
	and $7, %ecx
	rep movsb
	ret

	.globl memset
memset:
	mov %rdi, %r8
	movzbl %sil, %eax
	movabs $0x0101010101010101, %rcx
	imul %rcx, %rax
	mov %rdx, %rcx
	shr $3, %rcx
	rep stosq
	mov %edx, %ecx
	and $7, %ecx
	rep stosb
	mov %r8, %rax
	ret

	.globl memcmp
memcmp:
	xor %eax, %eax
	mov %rdx, %rcx
	shr $3, %rcx
	cmp %rcx, %rcx /* equal, if there is nothing to compare */
	repe cmpsq
	mov $8, %ecx
	jne 2f
	mov %edx, %ecx
	and $7, %ecx
	cmp %ecx, %ecx
	jmp 3f
2:	sub %rcx, %rdi /* back to the start of the word that differs */
	sub %rcx, %rsi
3:	repe cmpsb
	je 1f
	movzbl -1(%rdi), %eax
	movzbl -1(%rsi), %ecx
	sub %ecx, %eax
1:	ret
	.section .note.GNU-stack, "", @progbits
