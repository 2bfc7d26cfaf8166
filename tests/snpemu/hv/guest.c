/* SPDX-License-Identifier: MIT */
/*
 * A guest at VMPL0 that tries what hardware does for it. Each test is a function; the launch image
 * says by RDI which one runs. What a test finds goes to COM1 as lines of tests/README.md.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "guest.h"

void guest_main(uint64_t test);

#define AMD_EBX 0x68747541u /* "Auth" */

static uint64_t read_private(uint64_t va)
{
    uint64_t value;

    asm volatile("movq (%1), %0" : "=a"(value) : "b"(va) : "memory"); /* three bytes */
    return value;
}

static void test_basics(void)
{
    uint32_t eax = 0, ebx, ecx = 0, edx;
    bool cf;
    uint64_t page = spare_page(0);

    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    check("cpuid", ebx, AMD_EBX);
    check("sev-status", msr_read(SNP_MSR_SEV_STATUS) & 7, 7);
    check("pvalidate-again", pvalidate(page, SNP_PAGE_4K, 1, &cf), SNP_SUCCESS);
    check("pvalidate-again-carry", cf, 1);
    check("pvalidate-rescind", pvalidate(page, SNP_PAGE_4K, 0, &cf), SNP_SUCCESS);
    check("pvalidate-rescind-carry", cf, 0);
    trap_expect(29, 3);
    read_private(page);
    check("not-validated-code", caught.error, VMEXIT_PAGE_NOT_VALIDATED);
    check("not-validated-count", caught.count, 1);
    trap_expect(0, 0);
    check("pvalidate-validate", pvalidate(page, SNP_PAGE_4K, 1, &cf), SNP_SUCCESS);
    check("pvalidate-validate-carry", cf, 0);
    check("pvalidate-2m", pvalidate(0x200000, SNP_PAGE_2M, 1, &cf), SNP_FAIL_SIZEMISMATCH);
    check("rmpadjust-own-level", rmpadjust(page, SNP_PAGE_4K, snp_rmpadjust(0, 1, 0)),
          SNP_FAIL_PERMISSION);
    check("rmpadjust", rmpadjust(page, SNP_PAGE_4K, snp_rmpadjust(1, SNP_PERM_ALL, 0)),
          SNP_SUCCESS);
}

/* #VC by each of the instructions that the host wants to see. */
static void test_vc(void)
{
    trap_expect(29, 1);
    asm volatile("in %%dx, %%al" : : "d"(0x3fd) : "rax");
    check("ioio", caught.error, VMEXIT_IOIO);
    trap_expect(29, 2);
    asm volatile("wbinvd" : : : "memory");
    check("wbinvd", caught.error, VMEXIT_WBINVD);
    trap_expect(29, 2);
    asm volatile("rdpmc" : : "c"(0) : "rax", "rdx");
    check("rdpmc", caught.error, VMEXIT_RDPMC);
    trap_expect(29, 2);
    asm volatile("rdmsr" : : "c"(0x1b) : "rax", "rdx");
    check("msr", caught.error, VMEXIT_MSR);
    trap_expect(29, 3);
    asm volatile("vmmcall" : : : "memory");
    check("vmmcall", caught.error, VMEXIT_VMMCALL);
    trap_expect(29, 3);
    asm volatile("mov %%dr7, %%rax" : : : "rax");
    check("dr7", caught.error, VMEXIT_DR7_READ);
    trap_expect(29, 3);
    read_private(SHARED_BASE + 0x3ee00000); /* where there is no memory */
    check("mmio", caught.error, VMEXIT_NPF);
    trap_expect(6, 2);
    asm volatile("ud2");
    check("ud2", caught.count, 1);
    trap_expect(13, 2);
    asm volatile("wrmsr" : : "c"(SNP_MSR_SEV_STATUS), "a"(0), "d"(0));
    check("sev-status-write", caught.count, 1);
    trap_expect(14, 4);
    bool cf;
    pvalidate(UINT64_C(0x80000000), SNP_PAGE_4K, 1, &cf);
    check("pvalidate-unmapped", caught.cr2, 0x80000000);
    trap_expect(0, 0);
}

/* A write through the shared alias of a private page: the host sees a fault it cannot resolve. */
static void test_shared_write(void)
{
    *(volatile uint64_t *)(SHARED_BASE + spare_page(1)) = 1;
}

static void test_terminate(void)
{
    ghcb_msr_ask(ghcb_msr_terminate(1, 5));
}

static void test_triple_fault(void)
{
    struct [[gnu::packed]] {
        uint16_t limit;
        uint64_t base;
    } none = {0, 0};

    asm volatile("lidt %0; ud2" : : "m"(none));
}

static void test_vmsa(void)
{
    msr_write(SNP_MSR_EFER, msr_read(SNP_MSR_EFER) & ~SNP_EFER_SVME);
    ghcb_msr_ask(GHCB_MSR_SEV_INFO_REQUEST);
}

static void test_halt(void)
{
    asm volatile("cli; hlt");
}

#define X2APIC_EOI 0x80bu
#define X2APIC_SPURIOUS 0x80fu
#define X2APIC_TIMER 0x832u
#define X2APIC_COUNT 0x838u
#define X2APIC_DIVIDE 0x83eu
#define X2APIC_SELF_IPI 0x83fu
#define VECTOR 0x40u

/* Interrupts wait for IF, wake from HLT, and come again after EOI only. */
static void test_interrupts(void)
{
    ghcb_wrmsr(0x1b, ghcb_rdmsr(0x1b) | 1u << 10);
    ghcb_wrmsr(X2APIC_SPURIOUS, 0x1ff);
    trap_expect(VECTOR, 0);
    ghcb_wrmsr(X2APIC_SELF_IPI, VECTOR);
    ghcb_in(0x3fd, 1);
    check("interrupt-waits", caught.count, 0);
    asm volatile("sti; nop; cli");
    check("interrupt-comes", caught.count, 1);
    ghcb_wrmsr(X2APIC_SELF_IPI, VECTOR);
    asm volatile("sti; nop; cli");
    check("interrupt-in-service", caught.count, 1);
    ghcb_wrmsr(X2APIC_EOI, 0);
    asm volatile("sti; nop; cli");
    check("interrupt-after-eoi", caught.count, 2);
    ghcb_wrmsr(X2APIC_EOI, 0);
    ghcb_wrmsr(X2APIC_DIVIDE, 3);
    ghcb_wrmsr(X2APIC_TIMER, VECTOR);
    ghcb_wrmsr(X2APIC_COUNT, 1000000);
    asm volatile("sti; hlt; cli");
    check("timer-wakes", caught.count, 3);
    ghcb_wrmsr(X2APIC_EOI, 0);
    trap_expect(0, 0);
}

/* Area of XSAVES: legacy region, header, then AVX where XCR0 has it. */
[[gnu::aligned(64)]] static uint64_t area[128];

static void set_xmm0(uint64_t value)
{
    asm volatile("movq %0, %%xmm0" : : "r"(value));
}

static uint64_t get_xmm0(void)
{
    uint64_t value;

    asm volatile("movq %%xmm0, %0" : "=r"(value));
    return value;
}

static void test_xsaves(void)
{
    set_xmm0(0x1122334455667788);
    asm volatile("xsaves64 (%0)" : : "D"(area), "a"(7), "d"(0) : "memory");
    check("xsaves-components", area[65], UINT64_C(1) << 63 | 7);
    check("xsaves-xmm0", area[160 / 8], 0x1122334455667788);
    set_xmm0(1);
    asm volatile("xrstors64 (%0)" : : "D"(area), "a"(7), "d"(0) : "memory");
    check("xrstors-xmm0", get_xmm0(), 0x1122334455667788);
    area[64] &= ~UINT64_C(2); /* SSE in its first state */
    asm volatile("xrstors64 (%0)" : : "D"(area), "a"(7), "d"(0) : "memory");
    check("xrstors-initial", get_xmm0(), 0);
    area[66] = 1; /* reserved */
    trap_expect(13, 4);
    asm volatile("xrstors64 (%0)" : : "D"(area), "a"(7), "d"(0) : "memory");
    check("xrstors-reserved", caught.count, 1);
    area[66] = 0;
    area[65] = 7; /* not compacted */
    trap_expect(13, 4);
    asm volatile("xrstors64 (%0)" : : "D"(area), "a"(7), "d"(0) : "memory");
    check("xrstors-standard", caught.count, 1);
    trap_expect(14, 4);
    asm volatile("xsaves64 (%0)" : : "D"(0x80000000ul), "a"(7), "d"(0) : "memory");
    check("xsaves-page-fault", caught.error, 2);
    trap_expect(0, 0);
}

static uint32_t user_ebx;

static void user_code(void)
{
    uint32_t eax = 0, ecx = 0, edx;

    asm volatile("cpuid" : "+a"(eax), "=b"(user_ebx), "+c"(ecx), "=d"(edx));
    asm volatile("ud2");
}

/* #VC out of CPL 3: to the stack of the TSS and back. */
static void test_user(void)
{
    traps_user(user_code);
    check("user-cpuid", user_ebx, AMD_EBX);
}

/* S5 by the chipset's port, and its reset. */
static void test_off(void)
{
    ghcb_out(0x604, 2, 0x2000);
}

static void test_reset(void)
{
    ghcb_out(0xcf9, 1, 0x06);
}

/* What is the host's own is not there: the mailbox, the debug console; other ports are. */
static void test_ports(void)
{
    check("mailbox-hidden", ghcb_in(0x2fd, 1) & 0xff, 0xff);
    ghcb_out(0xe9, 1, '!');
    for (uint16_t port = 0xf1; port <= 0xf7; port++) { /* what QEMU would take for the end */
        for (unsigned size = port < 0xf4 ? 4 : 1; size <= 4 && port != 0xf4; size *= 2) {
            ghcb_out(port, size, 0);
        }
    }
    check("ports-beside-the-end", ghcb_in(0xf5, 1) & 0xff, 0xff);
    check("mailbox-from-the-port-before", ghcb_in(0x2f7, 2) & 0xffff, 0xffff);
    ghcb_out(0x70, 1, 0x34); /* 64 KiB above 16 MiB, low byte: 48 MiB */
    check("cmos-memory-low", ghcb_in(0x71, 1) & 0xff, 0x00);
    ghcb_out(0x70, 1, 0x35);
    check("cmos-memory-high", ghcb_in(0x71, 1) & 0xff, 0x03);
}

#define FWCFG_DMA_HIGH 0x514
#define FWCFG_DMA_LOW 0x518
#define FWCFG_SIGNATURE 0u
#define DMA_SELECT_READ 0x0au
#define DMA_ERROR 0x01u
#define DMA_GPA UINT64_C(0x1000000) /* memory that is nobody's, so the host's, too */
#define PATTERN UINT64_C(0x0123456789abcdef)

/* Reads item 0 by DMA; returns what fw_cfg says in the end. */
static uint32_t fwcfg_read(uint64_t to, uint32_t length)
{
    volatile uint32_t *words = (volatile uint32_t *)(SHARED_BASE + DMA_GPA);

    words[0] = __builtin_bswap32(FWCFG_SIGNATURE << 16 | DMA_SELECT_READ);
    words[1] = __builtin_bswap32(length);
    words[2] = __builtin_bswap32((uint32_t)(to >> 32));
    words[3] = __builtin_bswap32((uint32_t)to);
    ghcb_out(FWCFG_DMA_HIGH, 4, 0);
    ghcb_out(FWCFG_DMA_LOW, 4, __builtin_bswap32((uint32_t)DMA_GPA));
    return __builtin_bswap32(words[0]);
}

/* DMA of fw_cfg goes to shared pages and to no others, however the guest names them. */
static void test_fwcfg(void)
{
    volatile uint64_t *mine = (volatile uint64_t *)spare_page(2);
    uint64_t target = DMA_GPA + 16;
    uint64_t top = 0 - PAGE_SIZE;

    check("fwcfg-shared", fwcfg_read(target, 4), 0);
    check("fwcfg-signature", *(volatile uint32_t *)(SHARED_BASE + target), 0x554d4551); /* QEMU */
    mine[0] = PATTERN;
    check("fwcfg-private", fwcfg_read((uint64_t)mine, 4), DMA_ERROR);
    check("fwcfg-private-is-as-it-was", mine[0], PATTERN);
    uint64_t below = (uint64_t)mine & ~(SNP_SIZE_2M - 1);
    check("fwcfg-from-shared-on",
          fwcfg_read(below - 16, (uint32_t)((uint64_t)mine + 8 - below) + 16), DMA_ERROR);
    /* From the last page on around to address 0 and up to the private one. */
    check("fwcfg-around", fwcfg_read(top, (uint32_t)((uint64_t)mine + 8 - top)), DMA_ERROR);
    check("fwcfg-around-is-as-it-was", mine[0], PATTERN);
}

typedef void (*test)(void);

static const test tests[] = {test_basics, test_vc,           test_shared_write, test_terminate,
                             test_vmsa,   test_triple_fault, test_halt,         test_interrupts,
                             test_xsaves, test_user,         test_off,          test_reset,
                             test_ports,  test_fwcfg};

void guest_main(uint64_t number)
{
    traps_load();
    ghcb_start();
    tests[number]();
    finish(0);
}
