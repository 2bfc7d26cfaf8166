/* SPDX-License-Identifier: MIT */
/* CPUs and their levels: how they start, get work, and signal each other. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "smp.h"

#define PATIENCE (UINT64_C(1) << 37) /* TSC ticks: half a minute or more */
#define APIC_MSR 0x800u
#define APIC_SVR 0x0fu
#define APIC_ICR 0x30u
#define SVR_ENABLE 0x1ffu
#define MSR_WRITE 1u
#define PORT_TIMER 0x608u /* where the firmware of QEMU's q35 puts it */
#define TIMER_MASK 0xffffffu
#define TERMINATE_SET 7u

unsigned cpu_count = 1;
struct context contexts[CPUS_MAX][SNP_VMPLS];
struct vmsa areas[CPUS_MAX][SNP_VMPLS] [[gnu::aligned(4096)]];
static uint8_t stacks[CPUS_MAX][SNP_VMPLS][STACK_SIZE] [[gnu::aligned(4096)]];
extern const uint8_t image_end[];

uint64_t now(void)
{
    uint32_t low, high;

    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

bool patient(uint64_t begun)
{
    asm volatile("pause");
    bell_end();
    return now() - begun < PATIENCE;
}

struct ghcb *own_ghcb(void)
{
    uint64_t va = SHARED + PAGE_OWN_GHCB(context()->cpu);

    return (struct ghcb *)va;
}

static void mark(struct ghcb *ghcb, size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    ghcb->valid_bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* A whole event by this CPU's own GHCB; false: the host refused it. */
bool own_ask(uint64_t code, uint64_t info1, uint64_t info2, uint64_t rax, uint64_t rcx)
{
    struct ghcb *ghcb = own_ghcb();
    static const size_t words[] = {
        offsetof(struct ghcb, rax),          offsetof(struct ghcb, rcx),
        offsetof(struct ghcb, rdx),          offsetof(struct ghcb, sw_exitcode),
        offsetof(struct ghcb, sw_exitinfo1), offsetof(struct ghcb, sw_exitinfo2)};

    for (unsigned i = 0; i < sizeof(ghcb->valid_bitmap); i++) {
        ghcb->valid_bitmap[i] = 0;
    }
    ghcb->protocol_version = GHCB_VERSION_MAX;
    ghcb->usage = GHCB_USAGE_STANDARD;
    ghcb->rax = code == VMEXIT_MSR ? (uint32_t)rax : rax;
    ghcb->rdx = rax >> 32;
    ghcb->rcx = rcx;
    ghcb->sw_exitcode = code;
    ghcb->sw_exitinfo1 = info1;
    ghcb->sw_exitinfo2 = info2;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        mark(ghcb, words[i]);
    }
    msr_write(SNP_MSR_GHCB, PAGE_OWN_GHCB(context()->cpu));
    vmgexit();
    return (uint32_t)ghcb->sw_exitinfo1 == GHCB_RESULT_OK;
}

uint32_t timer(void)
{
    (void)own_ask(VMEXIT_IOIO, (uint64_t)PORT_TIMER << 16 | VMEXIT_IOIO_SIZE_32 | VMEXIT_IOIO_IN, 0,
                  0, 0);
    return (uint32_t)own_ghcb()->rax & TIMER_MASK;
}

void apic_write(unsigned number, uint64_t value)
{
    (void)own_ask(VMEXIT_MSR, MSR_WRITE, 0, value, APIC_MSR + number);
}

uint64_t apic_read(unsigned number)
{
    (void)own_ask(VMEXIT_MSR, VMEXIT_MSR_READ, 0, 0, APIC_MSR + number);
    return own_ghcb()->rdx << 32 | (uint32_t)own_ghcb()->rax;
}

void ipi(uint64_t low, unsigned destination)
{
    apic_write(APIC_ICR, (uint64_t)destination << 32 | low);
}

void cpu_setup(void)
{
    uint64_t page = PAGE_OWN_GHCB(context()->cpu), gfn = page >> 12;

    if (context()->cpu != 0) { /* that one's is there already */
        (void)page_to(page, GHCB_MSR_PSC_SHARED);
    }
    if (msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, gfn)) !=
        ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gfn)) {
        (void)msr_ask(ghcb_msr_terminate(TERMINATE_SET, context()->cpu));
    }
    apic_write(APIC_SVR, SVR_ENABLE);
}

static void work(struct context *me)
{
    me->job(me->argument);
    PUT(me->rounds, me->rounds + 1);
    PUT(me->job, NULL);
}

/*
 * #HV between a look and HLT would not end HLT: its handler goes on at the end of this. Nor would
 * another interrupt, as long as an EOI is owed.
 */
[[gnu::noinline, gnu::noclone]] static void idle_restricted(const struct context *me)
{
    asm volatile(".globl idle_begin, idle_end\n"
                 "idle_begin: cmpq $0, %0\n\tjne idle_end\n\tcmpq $0, %1\n\tjne idle_end\n\thlt\n"
                 "idle_end:"
                 :
                 : "m"(me->job), "m"(me->owed)
                 : "memory", "cc");
}

[[gnu::noreturn]] static void cpu_main(void)
{
    struct context *me = context();
    bool restricted = is_restricted();

    me->first_msr = msr_read(SNP_MSR_GHCB);
    cpu_setup();
    bell_start();
    PUT(me->up, true);
    for (;;) {
        while (SEEN(me->job) == NULL) { /* an IPI between the look and HLT ends HLT */
            if (restricted) {
                idle_restricted(me);
                bell_end();
            } else {
                asm volatile("sti; hlt; cli" : : : "memory");
            }
        }
        work(me);
    }
}

[[gnu::noreturn]] static void level_main(void)
{
    struct context *me = context();

    for (;;) {
        (void)probe(me->job, me->argument);
        PUT(me->rounds, me->rounds + 1);
        PUT(me->job, NULL);
        (void)msr_ask(ghcb_msr_run_vmpl(0));
    }
}

static bool adjust(uint64_t va, uint64_t rdx)
{
    struct insn i = {.rax = va, .rdx = rdx};

    insn_rmpadjust(&i);
    return i.rax == SNP_SUCCESS;
}

void level_rights(unsigned vmpl)
{
    static bool open[SNP_VMPLS];
    bool good = true;

    if (open[vmpl]) {
        return;
    }
    open[vmpl] = true;
    for (uint64_t va = 0x1fe000; va < (uint64_t)image_end; va += PAGE_SIZE) {
        bool area = va >= (uint64_t)areas && va < (uint64_t)areas + sizeof(areas);
        good = (area || adjust(va, snp_rmpadjust(vmpl, SNP_PERM_ALL, 0))) && good;
    }
    check(good, true, "level-%u-rights", vmpl);
}

bool area_make(unsigned cpu, unsigned vmpl)
{
    return area_make_at(&areas[cpu][vmpl], cpu, vmpl);
}

bool area_make_at(struct vmsa *v, unsigned cpu, unsigned vmpl)
{
    uint8_t *bytes = (uint8_t *)v;

    for (unsigned i = 0; i < sizeof(*v); i++) {
        bytes[i] = 0;
    }
    context_init(&contexts[cpu][vmpl], cpu, vmpl);
    area_fill(v, vmpl, vmpl == 0 ? cpu_main : level_main, stacks[cpu][vmpl] + STACK_SIZE);
    v->idtr.limit = (IPI_VECTOR + 1) * 16 - 1;
    v->gs.base = (uint64_t)&contexts[cpu][vmpl];
    return adjust((uint64_t)v, snp_rmpadjust(1, 0, SNP_RMPADJUST_VMSA));
}

bool area_unmake(unsigned cpu, unsigned vmpl)
{
    uint64_t begun = now();

    while (!adjust((uint64_t)&areas[cpu][vmpl], snp_rmpadjust(1, 0, 0))) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

bool area_ask_for(unsigned cpu, unsigned vmpl, unsigned request, const struct vmsa *area)
{
    return own_ask(GHCB_EVENT_AP_CREATION, (uint64_t)cpu << 32 | (uint64_t)vmpl << 16 | request,
                   (uint64_t)area, sev_features(), 0);
}

bool area_ask(unsigned cpu, unsigned vmpl, unsigned request)
{
    return area_ask_for(cpu, vmpl, request, &areas[cpu][vmpl]);
}

void job_start(unsigned cpu, act *act, uint64_t argument)
{
    contexts[cpu][0].argument = argument;
    PUT(contexts[cpu][0].job, act);
    ipi(IPI_VECTOR, cpu);
}

bool job_wait(unsigned cpu)
{
    uint64_t begun = now();

    while (SEEN(contexts[cpu][0].job) != NULL) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

bool job_all(act *act, uint64_t argument)
{
    bool good = true;

    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        job_start(cpu, act, argument);
    }
    act(argument);
    for (unsigned cpu = 1; cpu < cpu_count; cpu++) {
        good = job_wait(cpu) && good;
    }
    return good;
}

struct fault level_run(unsigned vmpl, act *act, uint64_t argument)
{
    struct context *level = &contexts[context()->cpu][vmpl];

    level->argument = argument;
    PUT(level->job, act);
    do { /* also back if an #HV was for this level */
        if (msr_ask(ghcb_msr_run_vmpl((uint8_t)vmpl)) != GHCB_MSR_RUN_VMPL_RESPONSE) {
            return (struct fault){.happened = true, .vector = NO_FAULT - 1};
        }
    } while (SEEN(level->job) != NULL);
    return level->fault;
}
