/* SPDX-License-Identifier: MIT */
/* Which instructions raise #VC, with which code; and which do not. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define ACT(name, text, ...)                                                                       \
    static void name(uint64_t unused)                                                              \
    {                                                                                              \
        (void)unused;                                                                              \
        asm volatile(text __VA_OPT__( :) __VA_ARGS__);                                             \
    }

extern uint32_t early_error, early_ebx;
extern uint32_t early_refused[3][2]; /* INT of a gate that there is not: its error code and RIP */
static uint8_t user_area[64];

ACT(do_cpuid, "cpuid", : "a"(0), "c"(0) : "rbx", "rdx")
ACT(do_cpuid_d, "cpuid", : "a"(0xd), "c"(1) : "rbx", "rdx")
ACT(do_in8, "in $0x71, %%al", : : "rax")
ACT(do_in16, "in %%dx, %%ax", : "d"(0x3f8) : "rax")
ACT(do_in32, "in %%dx, %%eax", : "d"(0xcfc) : "rax")
ACT(do_out8, "out %%al, $0x80", : "a"(0))
ACT(do_out16, "out %%ax, %%dx", : "a"(0), "d"(0x80))
ACT(do_out32, "out %%eax, %%dx", : "a"(0), "d"(0xcf8))
ACT(do_insb, "insb", : "d"(0x60), "D"(user_area) : "memory")
ACT(do_outsb, "outsb", : "d"(0x80), "S"(user_area))
ACT(do_rep_outsw, "rep outsw", : "d"(0x80), "S"(user_area), "c"(4))
ACT(do_wbinvd, "wbinvd")
ACT(do_invd, "invd")
ACT(do_rdpmc, "rdpmc", : "c"(0) : "rax", "rdx")
ACT(do_vmmcall, "vmmcall")
ACT(do_monitor, "monitor", : "a"(user_area), "c"(0), "d"(0))
ACT(do_mwait, "mwait", : "a"(0), "c"(0))
ACT(do_dr7_read, "mov %%dr7, %%rax", : : "rax")
ACT(do_dr7_write, "mov %%rax, %%dr7", : "a"(0x400))
ACT(do_rdtsc, "rdtsc", : : "rax", "rdx")
ACT(do_rdtscp, "rdtscp", : : "rax", "rdx", "rcx")
ACT(do_cr0, "mov %%cr0, %%rax; mov %%rax, %%cr0", : : "rax")
ACT(do_cr3, "mov %%cr3, %%rax; mov %%rax, %%cr3", : : "rax", "memory")
ACT(do_cr4, "mov %%cr4, %%rax; mov %%rax, %%cr4", : : "rax")
ACT(do_cr8, "mov %%cr8, %%rax; mov %%rax, %%cr8", : : "rax")
ACT(do_invlpg, "invlpg (%%rax)", : "a"(user_area))
ACT(do_pause, "pause")
ACT(do_dr0, "mov %%dr0, %%rax; mov %%rax, %%dr0", : : "rax")
ACT(do_vmrun, "vmrun %%rax", : "a"(0))
ACT(do_vmload, "vmload %%rax", : "a"(0))
ACT(do_vmsave, "vmsave %%rax", : "a"(0))
ACT(do_stgi, "stgi")
ACT(do_clgi, "clgi")
ACT(do_skinit, "skinit %%eax", : "a"(0))
ACT(do_ud2, "ud2")

static void read_msr(uint64_t index)
{
    (void)msr_read((uint32_t)index);
}

static void write_same(uint64_t index)
{
    msr_write((uint32_t)index, msr_read((uint32_t)index));
}

static const struct {
    const char *name;
    act *act;
    unsigned vector;
    uint64_t code;
} cases[] = {
    {"cpuid", do_cpuid, SNP_VECTOR_VC, VMEXIT_CPUID},
    {"cpuid-0d", do_cpuid_d, SNP_VECTOR_VC, VMEXIT_CPUID},
    {"in-8", do_in8, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"in-16", do_in16, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"in-32", do_in32, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"out-8", do_out8, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"out-16", do_out16, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"out-32", do_out32, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"ins", do_insb, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"outs", do_outsb, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"rep-outs", do_rep_outsw, SNP_VECTOR_VC, VMEXIT_IOIO},
    {"wbinvd", do_wbinvd, SNP_VECTOR_VC, VMEXIT_WBINVD},
    {"rdpmc", do_rdpmc, SNP_VECTOR_VC, VMEXIT_RDPMC},
    {"vmmcall", do_vmmcall, SNP_VECTOR_VC, VMEXIT_VMMCALL},
    {"monitor", do_monitor, SNP_VECTOR_VC, VMEXIT_MONITOR},
    {"mwait", do_mwait, SNP_VECTOR_VC, VMEXIT_MWAIT},
    {"dr7-read", do_dr7_read, SNP_VECTOR_VC, VMEXIT_DR7_READ},
    {"dr7-write", do_dr7_write, SNP_VECTOR_VC, VMEXIT_DR7_WRITE},
    {"rdtsc", do_rdtsc, NO_FAULT, 0},
    {"rdtscp", do_rdtscp, NO_FAULT, 0},
    {"cr0", do_cr0, NO_FAULT, 0},
    {"cr3", do_cr3, NO_FAULT, 0},
    {"cr4", do_cr4, NO_FAULT, 0},
    {"cr8", do_cr8, NO_FAULT, 0},
    {"dr0", do_dr0, NO_FAULT, 0},
    {"invlpg", do_invlpg, NO_FAULT, 0},
    {"pause", do_pause, NO_FAULT, 0},
    {"ud2", do_ud2, VECTOR_UD, 0},
    /* EFER.SVME is set, but the host keeps SVM for itself. */
    {"vmrun", do_vmrun, SNP_VECTOR_VC, VMEXIT_VMRUN},
    {"vmload", do_vmload, SNP_VECTOR_VC, VMEXIT_VMLOAD},
    {"vmsave", do_vmsave, SNP_VECTOR_VC, VMEXIT_VMSAVE},
    {"stgi", do_stgi, SNP_VECTOR_VC, VMEXIT_STGI},
    {"clgi", do_clgi, SNP_VECTOR_VC, VMEXIT_CLGI},
    {"skinit", do_skinit, SNP_VECTOR_VC, VMEXIT_SKINIT},
};

/* MSRs that go to the host, and those that are the guest's own. */
static void msrs(void)
{
    static const uint32_t hosts[] = {0x1b,  0x8b,  0xfe,  0x174 - 1,  0x2ff,     0x802,
                                     0x808, 0x80b, 0x830, 0xc0010015, 0xc001f000};
    static const uint32_t own[] = {0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
                                   0xc0000100, 0xc0000101, 0xc0000102, 0x174,      0x175,
                                   0x176,      0x277,      0xc0010130};

    for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        check_fault(probe(read_msr, hosts[i]), SNP_VECTOR_VC, VMEXIT_MSR, "msr-%x-read",
                    (uint64_t)hosts[i]);
    }
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        check_fault(probe(write_same, own[i]), NO_FAULT, 0, "msr-%x-own", (uint64_t)own[i]);
    }
    check(msr_read(SNP_MSR_SEV_STATUS) & 7, 7, "sev-status");
}

static const uint8_t user_cpuid[] = {0x0f, 0xa2, 0x0f, 0x0b};
static const uint8_t user_in[] = {0xe4, 0x71, 0x0f, 0x0b};
static const uint8_t user_vmmcall[] = {0x0f, 0x01, 0xd9, 0x0f, 0x0b};
static const uint8_t user_vmgexit[] = {0xf3, 0x0f, 0x01, 0xd9, 0x0f, 0x0b};
static const uint8_t user_hlt[] = {0xf4, 0x0f, 0x0b};

static void refused_early(void)
{
    static const uint32_t errors[] = {32 << 3 | 2, 21 << 3 | 2, 22 << 3 | 2};

    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        check(early_refused[i][0], errors[i], "vc-32-bit-int-refused-%x", i);
        check(early_refused[i][1], 0, "vc-32-bit-int-refused-%x-rip", i);
    }
}

void test_vc(void)
{
    refused_early();
    check(early_error, VMEXIT_CPUID, "vc-32-bit-mode-code");
    check(early_ebx, 0x600d600d, "vc-32-bit-mode-came-back");
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool own = (sev_features() & SNP_FEATURE_DEBUG_SWAP) &&
                   (cases[i].code == VMEXIT_DR7_READ || cases[i].code == VMEXIT_DR7_WRITE);
        check_fault(probe(cases[i].act, 0), own ? NO_FAULT : cases[i].vector,
                    own ? 0 : cases[i].code, "vc-%s", cases[i].name);
    }
    check_fault(probe(do_invd, 0), SNP_VECTOR_VC, VMEXIT_INVD, "vc-invd");
    msrs();
    check_fault(probe_user(user_cpuid), SNP_VECTOR_VC, VMEXIT_CPUID, "vc-cpl3-cpuid");
    check_fault(probe_user(user_vmmcall), SNP_VECTOR_VC, VMEXIT_VMMCALL, "vc-cpl3-vmmcall");
    /* Linux's __sev_put_ghcb() has to reckon with it: user mode reaches the host. */
    msr_write(SNP_MSR_GHCB, GHCB_MSR_SEV_INFO_REQUEST);
    struct fault ended = probe_user(user_vmgexit);
    uint64_t answer = msr_read(SNP_MSR_GHCB);
    check_fault(ended, VECTOR_UD, 0, "vc-cpl3-vmgexit-goes-on");
    check(ghcb_msr_code(answer), GHCB_MSR_SEV_INFO_RESPONSE, "vc-cpl3-vmgexit-is-served");
    check_fault(probe_user(user_in), VECTOR_GP, 0, "vc-cpl3-in");
    check_fault(probe_user(user_hlt), VECTOR_GP, 0, "vc-cpl3-hlt");
    check_fault(probe_compat(user_cpuid), SNP_VECTOR_VC, VMEXIT_CPUID, "vc-32-bit-cpuid");
}
