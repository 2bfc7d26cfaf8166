/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader (multiboot 1: 32-bit protected mode, paging off) into 64-bit C, and the move
 * of the image to its reserve. The bootstrap tables map physical memory twice, at 0 and at
 * DIRECT_MAP, in pages of 1 GiB. Where the CPU has five levels of page tables they are used: nested
 * tables have as many, and a C-bit above 47 needs them.
 */
#define MULTIBOOT_LOADED 0x2badb002
#define DEBUG_PORT 0xe9
#define EXIT_PORT 0xf4
#define EXIT_CODE 62 /* QEMU ends with 125: enum stop_status of stop.h */
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define CR4_PAE 0x20
#define CR4_LA57 0x1000
#define CPUID_LA57 16 /* of leaf 7, ECX */
#define CR0_PE_WP_PG 0x80010011
#define TABLE_BITS 0x03 /* present, writable */
#define PAGE_BITS 0x83  /* and large */
#define SEL_CODE 0x08
#define SEL_DATA 0x10

    .section .multiboot, "a"
    .balign 4
multiboot_header: /* bit 0: modules on pages, bit 1: sizes of memory wanted */
    .long 0x1badb002
    .long 0x00000003
    .long -(0x1badb002 + 0x00000003)

    .section .boot.text, "ax"
    .code32
    .globl boot_entry
    .type boot_entry, @function
boot_entry:
    cli
    cld
    movl $boot_stack_end, %esp
    movl %ebx, %ebp /* multiboot information */
    movl $text_not_multiboot, %esi
    cmpl $MULTIBOOT_LOADED, %eax
    jne boot_stop
    movl $0x80000001, %eax
    cpuid
    movl $text_no_cpu, %esi
    btl $29, %edx /* long mode */
    jnc boot_stop
    btl $26, %edx /* pages of 1 GiB */
    jnc boot_stop
    btl $20, %edx /* NX */
    jnc boot_stop

    movl $boot_pdpt + TABLE_BITS, %eax
    movl %eax, boot_pml4
    movl %eax, boot_pml4 + 256 * 8
    movl $boot_pdpt, %edi
    xorl %ecx, %ecx
1:  movl %ecx, %eax /* entry ecx: ecx GiB, split over both halves */
    shll $30, %eax
    orl $PAGE_BITS, %eax
    movl %eax, (%edi, %ecx, 8)
    movl %ecx, %eax
    shrl $2, %eax
    movl %eax, 4(%edi, %ecx, 8)
    incl %ecx
    cmpl $512, %ecx
    jb 1b

    movl %cr4, %edi
    orl $CR4_PAE, %edi
    movl $boot_pml4, %esi
    xorl %eax, %eax
    cpuid
    cmpl $7, %eax
    jb 2f
    movl $7, %eax
    xorl %ecx, %ecx
    cpuid
    btl $CPUID_LA57, %ecx
    jnc 2f
    orl $CR4_LA57, %edi
    movl $boot_pml4 + TABLE_BITS, boot_pml5
    movl $boot_pml4 + TABLE_BITS, boot_pml5 + 511 * 8
    movl $boot_pml5, %esi
2:  movl %edi, %cr4
    movl %esi, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME_NXE, %eax
    wrmsr
    movl $CR0_PE_WP_PG, %eax
    movl %eax, %cr0
    lgdtl boot_gdt_pointer
    ljmpl $SEL_CODE, $boot_long

/* Says the text at ESI, zero-terminated, as a line of its own kind, and ends the machine. */
boot_stop:
    movw $DEBUG_PORT, %dx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  movl $EXIT_CODE, %eax
    movw $EXIT_PORT, %dx
    outl %eax, %dx
3:  hlt
    jmp 3b

    .code64
boot_long:
    movl $SEL_DATA, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movl %ebp, %edi
    movl $boot_stack_end, %esp
    xorl %ebp, %ebp
    call boot_main
    ud2
    .size boot_entry, . - boot_entry

/*
 * void boot_move(void *target, uint64_t pml4): copies the image, with the stack it runs on, and
 * goes on in the copy. Between the copy and the new tables nothing is written.
 */
    .text
    .globl boot_move
    .type boot_move, @function
boot_move:
    movq %rsi, %rax
    movq $image_start, %rsi
    movq $image_end, %rcx
    subq %rsi, %rcx
    rep movsb
    movq %rax, %cr3
    ret
    .size boot_move, . - boot_move

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code */
    .quad 0x00cf93000000ffff /* data */
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long boot_gdt
text_not_multiboot:
    .asciz "stop emulator why=not started by a multiboot loader; use qemu -kernel\n"
text_no_cpu:
    .asciz "stop emulator why=the CPU lacks long mode, NX, or pages of 1 GiB\n"

    .section .bss.page, "aw", @nobits
    .balign 4096
boot_pml5:
    .skip 4096
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
    .skip 4096 /* the stack's guard, once the final tables are in place: boot_guard */
    .globl boot_guard
    .set boot_guard, . - 4096
    .skip 32768
boot_stack_end:
    .section .note.GNU-stack, "", @progbits
