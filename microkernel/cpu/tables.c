/* SPDX-License-Identifier: MIT */
/*
 * GDT, TSS and IDT. All of it is written at boot, loaded on each vCPU under the bootstrap tables
 * (LTR marks the TSS busy in the GDT), and read-only afterwards. Accessed bits are set beforehand
 * so that the CPU never writes here.
 */
#include <cpu/cpu.h>
#include <cpu/io.h>

struct [[gnu::packed]] tss {
    uint32_t reserved0;
    uint64_t rsp[3]; /* of gates without IST: there are none */
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map; /* behind the limit: CPL 3 reaches no port */
};
_Static_assert(sizeof(struct tss) == 104, "struct tss");

struct gate {
    uint64_t low, high;
};

struct [[gnu::packed]] pointer {
    uint16_t limit;
    uint64_t base;
};

#define GDT_ENTRIES 8
#define DESCRIPTOR_CODE0 UINT64_C(0x00af9b000000ffff)
#define DESCRIPTOR_DATA0 UINT64_C(0x00cf93000000ffff)
#define DESCRIPTOR_DATA3 UINT64_C(0x00cff3000000ffff)
#define DESCRIPTOR_CODE3 UINT64_C(0x00affb000000ffff)

[[gnu::aligned(16)]] ROINIT static uint64_t gdt[SVSM_VCPUS_MAX][GDT_ENTRIES];
[[gnu::aligned(128)]] ROINIT static struct {
    struct tss tss;
    uint8_t pad[24];
} tss[SVSM_VCPUS_MAX];
[[gnu::aligned(16)]] ROINIT static struct gate idt[256];

static void gate_set(unsigned vector, const uint8_t *stub, unsigned ist, unsigned dpl)
{
    uint64_t va = (uint64_t)stub;
    AT(idt, vector) = (struct gate){
        .low = (va & 0xffff) | (uint64_t)SEL_KERNEL_CODE << 16 | (uint64_t)ist << 32 |
               (UINT64_C(0x8e00) | (uint64_t)dpl << 13) << 32 | (va >> 16 & 0xffff) << 48,
        .high = va >> 32,
    };
}

/* Every gate has one: a vector that a host injects comes at any instruction of ring 0, also where
 * RSP is a task's. What may come while another is told, or cannot be held off, has its own. */
static unsigned ist_of(unsigned vector)
{
    switch (vector) {
    case VECTOR_NMI:
        return 1;
    case VECTOR_DF:
        return 2;
    case VECTOR_MC:
        return 3;
    case VECTOR_DB:
        return 4;
    case VECTOR_HV:
        return 5;
    case VECTOR_VC:
        return 6;
    default:
        return VCPU_ISTS;
    }
}

static void build_vcpu(uint32_t vcpu)
{
    uint64_t slot = VCPU_VA + (uint64_t)vcpu * VCPU_STRIDE;
    struct tss *t = &AT(tss, vcpu).tss;
    *t = (struct tss){.io_map = sizeof(struct tss)};
    for (unsigned i = 0; i < VCPU_ISTS; i++) {
        t->ist[i] = slot + VCPU_IST + i * VCPU_IST_STRIDE + SVSM_PAGE_SIZE;
    }
    uint64_t base = (uint64_t)t;
    uint64_t *g = AT(gdt, vcpu);
    g[1] = DESCRIPTOR_CODE0;
    g[2] = DESCRIPTOR_DATA0;
    g[4] = DESCRIPTOR_DATA3;
    g[5] = DESCRIPTOR_CODE3;
    g[6] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 |
           (base >> 24 & 0xff) << 56;
    g[7] = base >> 32;
}

void tables_build(void)
{
    for (unsigned i = 0; i < ARRAY_COUNT(idt); i++) {
        const uint8_t *stub = i < VECTOR_STUBS ? trap_stubs + i * 16 : trap_spurious;
        gate_set(i, stub, ist_of(i), i == VECTOR_BP ? 3 : 0);
    }
    for (uint32_t i = 0; i < SVSM_VCPUS_MAX; i++) {
        build_vcpu(i);
    }
}

void tables_load(uint32_t vcpu)
{
    struct pointer g = {sizeof(gdt[0]) - 1, (uint64_t)AT(gdt, vcpu)};
    struct pointer i = {sizeof(idt) - 1, (uint64_t)idt};
    /* SAFETY: the new GDT has the same code and data segments at the same selectors as the
     * bootstrap one; the far return reloads CS from it. */
    asm volatile("lgdt %0\n\t"
                 "pushq %2\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\tmovl %3, %%eax\n\t"
                 "movl %%eax, %%ss\n\t"
                 "xorl %%eax, %%eax\n\t"
                 "movl %%eax, %%ds\n\t"
                 "movl %%eax, %%es\n\t"
                 "movl %%eax, %%fs\n\t"
                 "movl %%eax, %%gs\n\t"
                 "lldt %%ax\n\t"
                 "lidt %1\n\t"
                 "movl %4, %%eax\n\t"
                 "ltr %%ax"
                 :
                 : "m"(g), "m"(i), "i"(SEL_KERNEL_CODE), "i"(SEL_KERNEL_DATA), "i"(SEL_TSS)
                 : "rax", "memory");
}

struct tables_place tables_place(uint32_t vcpu)
{
    return (struct tables_place){
        .gdt = (uint64_t)AT(gdt, vcpu),
        .idt = (uint64_t)idt,
        .tss = (uint64_t)&AT(tss, vcpu).tss,
        .gdt_limit = sizeof(gdt[0]) - 1,
        .idt_limit = sizeof(idt) - 1,
        .tss_limit = sizeof(struct tss) - 1,
    };
}
