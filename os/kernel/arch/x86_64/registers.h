/* Bits and numbers of the x86_64 architecture (Intel SDM volumes 3 and 4), for C and assembly. */
#ifndef DJED_KERNEL_REGISTERS_H
#define DJED_KERNEL_REGISTERS_H

#define CR0_PE 0x1
#define CR0_MP 0x2
#define CR0_ET 0x10
#define CR0_NE 0x20
#define CR0_WP 0x10000
#define CR0_PG 0x80000000

#define CR4_PAE 0x20
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000

#define MSR_APIC_BASE 0x1b
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define EFER_SCE 0x1
#define EFER_LME 0x100
#define EFER_NXE 0x800

#define FLAG_TF 0x100
#define FLAG_IF 0x200
#define FLAG_DF 0x400
#define FLAG_NT 0x4000
#define FLAG_AC 0x40000

/* The order of the selectors is what syscall and sysret expect of MSR_STAR. */
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_DATA 0x1b
#define USER_CODE 0x23
#define TASK_STATE 0x28

/* "Vectors" of struct arch_registers. */
#define VECTOR_DEBUG 1
#define VECTOR_NMI 2
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_IRQ 32 /* IRQ_LINES interrupt lines */
#define IRQ_LINES 24
#define VECTOR_TIMER 64
#define VECTOR_SPURIOUS 255
#define VECTOR_SYSCALL 256 /* not of the CPU: the frame was made by syscall_entry, sysret may end it */

#define REGISTERS_SIZE 176

#endif
