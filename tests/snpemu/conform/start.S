/* SPDX-License-Identifier: MIT */
/*
 * From a save area with protection on and paging off into 64-bit C. The C-bit's position comes from
 * the firmware's CPUID page. On the way, CPUID in 32-bit mode shows that #VC works there.
 */
#define SEL_CODE64 0x08
#define SEL_DATA 0x10
#define SEL_CODE32 0x28
#define CPUID_PAGE 0x1fe000
#define CPUID_ENTRY 48
#define SNP_LEAF 0x8000001f
#define EFER 0xc0000080

    .section .text.start, "ax"
    .macro GATE32 vector, handler, flags
    movl $\handler, %eax
    movl %eax, %edx
    andl $0xffff, %eax
    orl $(SEL_CODE32 << 16), %eax
    movl %eax, idt32 + \vector * 8
    andl $0xffff0000, %edx
    orl $\flags, %edx
    movl %edx, idt32 + \vector * 8 + 4
    .endm

    .macro REFUSED32 vector, place
    movl $\place * 8, %ecx
    movl $7f, %edx
    movl $8f, %edi
7:  int $\vector
8:
    .endm

    .code32
    .globl guest_start
guest_start:
    cli
    cld
    movl $stack_end, %esp
    lgdtl gdt_pointer
    ljmpl $SEL_CODE32, $1f
1:  movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    /* In 32-bit mode: #VC, and what refuses a software interrupt; vector 22 is not present. */
    GATE32 29, vc32, 0x8e00
    GATE32 13, refused32, 0x8e00
    GATE32 11, refused32, 0x8e00
    GATE32 22, refused32, 0x0e00
    lidtl idt32_pointer
    movl $0x12345678, %ebx
    xorl %eax, %eax
    cpuid
    movl %ebx, early_ebx
    REFUSED32 32, 0 /* behind the limit */
    REFUSED32 21, 1 /* no gate */
    REFUSED32 22, 2
    /* The C-bit: EBX of leaf 8000001Fh in the CPUID page. */
    movl $CPUID_PAGE, %esi
    movl (%esi), %ecx
    addl $16, %esi
2:  testl %ecx, %ecx
    jz no_cbit
    cmpl $SNP_LEAF, (%esi)
    je 3f
    addl $CPUID_ENTRY, %esi
    decl %ecx
    jmp 2b
3:  movl 28(%esi), %ecx
    andl $0x3f, %ecx
    movb %cl, cbit
    subl $32, %ecx
    movl $1, %ebp
    shll %cl, %ebp /* upper half of the C-bit */
    /* Page tables: eight directories of 2 MiB pages, the first four private. */
    movl $pd, %edi
    xorl %ecx, %ecx
4:  movl %ecx, %eax
    shll $21, %eax
    orl $0x87, %eax
    movl %eax, (%edi, %ecx, 8)
    movl %ebp, 4(%edi, %ecx, 8)
    movl %eax, 16384(%edi, %ecx, 8)
    movl $0, 16388(%edi, %ecx, 8)
    incl %ecx
    cmpl $2048, %ecx
    jb 4b
    movl $small_table, %edi /* SMALL, by 4 KiB */
    xorl %ecx, %ecx
5:  movl %ecx, %eax
    shll $12, %eax
    addl $0x400007, %eax
    movl %eax, (%edi, %ecx, 8)
    movl %ebp, 4(%edi, %ecx, 8)
    incl %ecx
    cmpl $512, %ecx
    jb 5b
    movl $small_table + 7, pd + 2 * 8
    movl %ebp, pd + 2 * 8 + 4
    movl $pd + 7, %eax
    xorl %ecx, %ecx
6:  movl %eax, pdpt(, %ecx, 8)
    movl %ebp, pdpt + 4(, %ecx, 8)
    addl $4096, %eax
    incl %ecx
    cmpl $8, %ecx
    jb 6b
    movl $pdpt + 7, pml4
    movl %ebp, pml4 + 4
    /* 64-bit mode. CR3 gets its C-bit there: a 32-bit move has no room for it. */
    movl %cr4, %eax
    orl $0x620, %eax /* PAE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $pml4, %eax
    movl %eax, %cr3
    movl $EFER, %ecx
    rdmsr
    orl $0x900, %eax /* LME, NXE */
    wrmsr
    movl %cr0, %eax
    orl $0x80010022, %eax /* PG, WP, NE, MP */
    movl %eax, %cr0
    ljmpl $SEL_CODE64, $start64

no_cbit: /* set 7, reason 1: the CPUID page says nothing of SNP */
    movl $0x00017100, %eax
    xorl %edx, %edx
    movl $0xc0010130, %ecx
    wrmsr
    rep; vmmcall
    hlt

/* Stack: error code, EIP, CS, EFLAGS. */
vc32:
    popl early_error
    addl $2, (%esp) /* CPUID */
    movl $0x600d600d, %ebx
    iretl

/* As above, of an INT at EDX that goes on at EDI; ECX: where the two words go. */
refused32:
    popl early_refused(%ecx)
    movl (%esp), %eax
    subl %edx, %eax
    movl %eax, early_refused + 4(%ecx)
    movl %edi, (%esp)
    iretl

    .code64
start64:
    movq %cr3, %rax
    movzbl cbit, %ecx
    movl $1, %edx
    shlq %cl, %rdx
    orq %rdx, %rax
    movq %rax, %cr3
    movq $stack_end, %rsp
    xorl %ebp, %ebp
    call guest_main
    ud2

/* probe_enter(act, argument, slot): 0 if the act came back. */
    .text
    .globl probe_enter, probe_leave
probe_enter:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdx)
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    xorl %eax, %eax
1:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
probe_leave: /* the trap has put RSP where probe_enter left it */
    cld
    movl $1, %eax
    jmp 1b

/* user_enter(code): as an act. */
    .globl user_enter, compat_enter
user_enter:
    pushq $0x23
    pushq $user_stack_end
    pushq $2
    pushq $0x1b
    pushq %rdi
    iretq
compat_enter:
    pushq $SEL_CODE32
    pushq %rdi
    lretq

    .altmacro
    .macro STUB vector
    .balign 16
    .if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 29)
    .else
    pushq $0
    .endif
    pushq $\vector
    jmp trap
    .endm
    .balign 16
    .globl trap_stubs
trap_stubs:
    .set i, 0
    .rept 32
    STUB %i
    .set i, i + 1
    .endr
    .globl trap
trap:
    pushq %r15
    pushq %r14
    pushq %r13
    pushq %r12
    pushq %r11
    pushq %r10
    pushq %r9
    pushq %r8
    pushq %rbp
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rbx
    pushq %rax
    cld
    movq %rsp, %rdi
    call trap_c
    popq %rax
    popq %rbx
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    popq %rbp
    popq %r8
    popq %r9
    popq %r10
    popq %r11
    popq %r12
    popq %r13
    popq %r14
    popq %r15
    addq $16, %rsp
    iretq

    .section .data.start, "aw"
    .globl cbit, early_error, early_ebx, early_refused, gdt, gdt_end
cbit:
    .long 0
early_error:
    .long 0
early_ebx:
    .long 0
early_refused: /* error code, and RIP less where the INT is */
    .fill 6, 4, -1
    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 08: 64-bit code */
    .quad 0x00cf93000000ffff /* 10: data */
    .quad 0x00affb000000ffff /* 18: user code */
    .quad 0x00cff3000000ffff /* 20: user data */
    .quad 0x00cf9b000000ffff /* 28: 32-bit code */
    .quad 0, 0               /* 30: TSS */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
    .balign 8
idt32_pointer:
    .word 30 * 8 - 1
    .long idt32

    .bss
    .balign 4096
    .globl pml4, pdpt, pd, small_table, stack_end, user_stack_end
pml4:
    .skip 4096
pdpt:
    .skip 4096
pd:
    .skip 8 * 4096
small_table:
    .skip 4096
idt32:
    .skip 4096
    .skip 16384
stack_end:
    .skip 4096
user_stack_end:
    .section .note.GNU-stack, "", @progbits
