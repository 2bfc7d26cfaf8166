/* SPDX-License-Identifier: MIT */
#include "lies.h"
#include "../core/ghcb_lie.h"
#include "../core/lie_spec.h"
#include "../wire/lines.h"
#include "event.h"
#include "guest.h"
#include "lies_memory.h"
#include "log.h"
#include "memory.h"
#include <string.h>
#include <svsm/abi/vmexit.h>

#define WINDOWS 4u /* of one vCPU at once */
#define RFLAGS_TF (UINT64_C(1) << 8)
#define DR6_STEP (UINT64_C(1) << 14)
#define VECTOR_DB 1u
#define ERROR_SHIFT 8 /* of an exception's value: its error code */
/* Exceptions with an error code: #DF, #TS to #PF, #AC, #CP, #SX. */
#define WITH_ERROR UINT32_C(0x40227d00)
#define PSP_BITS (PAGE_SIZE * 8)

/* Instructions of a level until a lie is told. */
struct window {
    const struct lie *lie; /* NULL: none */
    const struct level *level;
    uint32_t left;
};

static struct ghcb_liar liar;
static struct window windows[MACHINE_VCPUS_MAX][WINDOWS];
static bool stepping[MACHINE_VCPUS_MAX]; /* this entry sets TF */
static bool sysret[MACHINE_VCPUS_MAX];   /* and TF in R11, where SYSRET has its flags from */
static const uint8_t sysretq[] = {0x48, 0x0f, 0x07};
/* Levels that have ever been stepped: a frame of that time can bring TF back. */
static bool stepped[MACHINE_VCPUS_MAX][SNP_VMPLS];
static uint64_t dr6[MACHINE_VCPUS_MAX];
static uint64_t clock_off, operand;        /* the page of the last SNP instruction */
static const struct lie *asked[LIE_KINDS]; /* of guest requests, for the next one */
static struct {
    uint8_t page[PAGE_SIZE];
    bool any;
} last_response;
static struct {
    char text[LIE_TEXT_MAX];
    unsigned len;
    bool wrong;
} typed;

static void count(const struct lie *lie)
{
    if (lie_told(&liar.lies, lie)) {
        log_line(LINES_TOLD " lie=%u", lie_index(&liar.lies, lie));
    }
}

static void told(void *context, const struct lie *lie)
{
    const struct level *level = context;

    count(lie);
    if (machine_traces(LAUNCH_TRACE_LIE)) {
        log_line(LINES_TRACE " lie vcpu=%u vmpl=%u name=%s value=%lx gpa=%lx rip=%lx",
                 level->vcpu->number, (unsigned)level->vmpl, lie_name((enum lie_kind)lie->kind),
                 lie->value, lie->gpa, level->vmsa->rip);
    }
}

/* By the host's own hand, whatever waits; with restricted injection hardware takes #HV only, with
 * alternate injection nothing. */
static bool can_inject(const struct level *level, uint8_t vector)
{
    uint64_t features = level->vmsa->sev_features;

    if (level->event != 0 || (features & SNP_FEATURE_ALTERNATE_INJECTION)) {
        return false;
    }
    return !(features & SNP_FEATURE_RESTRICTED_INJECTION) || vector == SNP_VECTOR_HV;
}

static bool inject(struct level *level, uint64_t event)
{
    bool exception = (event & SVM_EVENT_TYPE) == SVM_EVENT_EXCEPTION;

    if (!can_inject(level, exception ? (uint8_t)(event & SVM_EVENT_VECTOR) : 0)) {
        return false;
    }
    level->event = event;
    return true;
}

static bool raise(struct level *level, uint64_t value)
{
    uint8_t vector = (uint8_t)value;
    uint32_t error = (uint32_t)(value >> ERROR_SHIFT);

    if (vector == LIE_NMI_VECTOR || vector >= LIE_EXCEPTIONS) {
        return false; /* VMRUN would refuse it */
    }
    if (vector == SNP_VECTOR_VC) {
        if (!can_inject(level, vector)) {
            return false;
        }
        event_vc(level, error);
        return true;
    }
    bool coded = WITH_ERROR >> vector & 1;
    return inject(level, coded ? svm_event_with_error(SVM_EVENT_EXCEPTION, vector, error)
                               : svm_event(SVM_EVENT_EXCEPTION, vector));
}

/* False: it could not be brought about. */
static bool tell(struct level *level, const struct lie *lie)
{
    uint64_t gpa = lie->gpa != 0 ? lie->gpa : operand;

    switch (lie->kind) {
    case LIE_UNMAP:
        return lies_memory_unmap(gpa);
    case LIE_REMAP:
        return lies_memory_remap(gpa);
    case LIE_BACK:
        return lies_memory_back(gpa);
    case LIE_EXCHANGE:
        return lies_memory_exchange(gpa);
    case LIE_INTERRUPT:
        return inject(level, svm_event(SVM_EVENT_EXTERNAL, (uint8_t)lie->value));
    case LIE_EXCEPTION:
        return raise(level, lie->value);
    case LIE_NMI:
        return inject(level, svm_event(SVM_EVENT_NMI, LIE_NMI_VECTOR));
    case LIE_CLOCK:
        clock_off += lie->value;
        return true;
    case LIE_WRITE:
        gpa = lie->gpa != 0 ? lie->gpa : level->ghcb.registered;
        return lies_memory_write(gpa, lie->offset, lie->value);
    case LIE_DOORBELL:
        return lies_memory_write(level->ghcb.doorbell, lie->offset, lie->value);
    default:
        return false;
    }
}

static void open_window(struct level *level, const struct lie *lie)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        struct window *window = &windows[level->vcpu->number][i];
        if (window->lie == NULL) {
            *window = (struct window){.lie = lie, .level = level, .left = lie->after};
            stepped[level->vcpu->number][level->vmpl] = true;
            return;
        }
    }
}

static void effect(void *context, const struct lie *lie)
{
    struct level *level = context;

    if (lie->kind >= LIE_PSP_BUSY && lie->kind < LIE_KINDS) {
        asked[lie->kind] = lie;
    } else if (lie->after != 0) {
        open_window(level, lie);
    } else if (tell(level, lie)) {
        told(level, lie);
    }
}

static void where(void *context, uint8_t *vmpl, uint8_t *vcpu)
{
    const struct level *level = context;

    *vmpl = level->vmpl;
    *vcpu = (uint8_t)level->vcpu->number;
}

void lies_init(void)
{
    const struct launch_header *launch = machine.launch;

    if (launch->lie_count == 0 && launch->lie_guest == 0) {
        return;
    }
    lie_init(&liar.lies, launch->lies, launch->lie_count);
    liar.where = where;
    liar.effect = effect;
    liar.told = told;
    machine.ghcb.liar = &liar;
}

static void pass(struct level *level, enum lie_at at, uint64_t event)
{
    struct lie_point point = {
        .at = at, .event = event, .vmpl = level->vmpl, .vcpu = (uint8_t)level->vcpu->number};
    struct lie_hits hits = lie_hits(&liar.lies, &point);

    for (unsigned i = 0; i < hits.count; i++) {
        effect(level, hits.lies[i]);
    }
}

bool lies_insn(struct level *level, unsigned kind, uint64_t gpa)
{
    if (machine.ghcb.liar == NULL) {
        return true;
    }
    operand = gpa & ~(PAGE_SIZE - 1);
    pass(level, LIE_AT_INSN, kind);
    return level->event == 0;
}

/* The register of an entry that a lie names; NULL: there is no such entry. */
static uint32_t *cpuid_word(struct snp_cpuid_page *page, const struct lie *lie)
{
    for (uint32_t i = 0; i < page->count; i++) {
        struct snp_cpuid_entry *e = &page->entries[i];
        if (e->eax_in != lie->event || e->ecx_in != lie->offset) {
            continue;
        }
        switch (lie->field) {
        case LIE_RAX:
            return &e->eax;
        case LIE_RBX:
            return &e->ebx;
        case LIE_RCX:
            return &e->ecx;
        default:
            return &e->edx;
        }
    }
    return NULL;
}

/* Before there is a level. */
static void launch_told(const struct lie *lie)
{
    count(lie);
    if (machine_traces(LAUNCH_TRACE_LIE)) {
        log_line(LINES_TRACE " lie name=%s value=%lx leaf=%lx subleaf=%x",
                 lie_name((enum lie_kind)lie->kind), lie->value, lie->event, lie->offset);
    }
}

bool lies_launch_cpuid(struct snp_cpuid_page *page)
{
    bool any = false;

    for (uint32_t i = 0; i < liar.lies.fixed; i++) {
        const struct lie *lie = &liar.lies.slots[i].lie;
        uint32_t *word = lie->kind == LIE_CPUID ? cpuid_word(page, lie) : NULL;
        if (word != NULL) {
            *word ^= (uint32_t)lie->value;
            launch_told(lie);
            any = true;
        }
    }
    return any;
}

void lies_enter(struct level *level)
{
    if (machine.ghcb.liar != NULL) {
        pass(level, LIE_AT_ENTER, 0);
    }
}

static bool has_window(const struct level *level)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        const struct window *window = &windows[level->vcpu->number][i];
        if (window->lie != NULL && window->level == level) {
            return true;
        }
    }
    return false;
}

void lies_before_run(struct level *level)
{
    struct vmsa *vmsa = level->vmsa;
    uint32_t cpu = level->vcpu->number;

    if (machine.ghcb.liar == NULL) {
        return;
    }
    if (!(vmsa->sev_features & SNP_FEATURE_SECURE_TSC)) {
        level->vmcb->control.tsc_offset = clock_off;
    }
    if (stepped[cpu][level->vmpl]) {
        level->vmcb->control.intercepts[svm_intercept_word(VMEXIT_EXCEPTION + VECTOR_DB)] |=
            svm_intercept_bit(VMEXIT_EXCEPTION + VECTOR_DB);
    }
    stepping[cpu] = has_window(level) && !(vmsa->rflags & RFLAGS_TF);
    if (stepping[cpu]) {
        dr6[cpu] = vmsa->dr6;
        vmsa->rflags |= RFLAGS_TF;
        sysret[cpu] = !(vmsa->r11 & RFLAGS_TF) && guest_executes(level, sysretq, sizeof(sysretq));
        vmsa->r11 |= sysret[cpu] ? RFLAGS_TF : 0;
    }
}

static void count_instruction(struct level *level)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        struct window *window = &windows[level->vcpu->number][i];
        const struct lie *lie = window->lie;
        if (lie == NULL || window->level != level ||
            (lie->cpl != LIE_ANY && lie->cpl != level->vmsa->cpl) || --window->left > 0) {
            continue;
        }
        window->lie = NULL;
        if (tell(level, lie)) {
            told(level, lie);
        }
    }
}

/* Of these exits the instruction is not done, and comes again. */
static bool is_between(uint64_t code)
{
    return code == VMEXIT_INTR || code == VMEXIT_NMI || code == VMEXIT_VINTR ||
           code == VMEXIT_NPF || code == VMEXIT_EXCEPTION + EVENT_PF;
}

void lies_after_run(struct level *level, bool ran)
{
    struct vmsa *vmsa = level->vmsa;
    uint32_t cpu = level->vcpu->number;

    if (machine.ghcb.liar == NULL || !stepping[cpu]) {
        return;
    }
    stepping[cpu] = false;
    vmsa->rflags &= ~RFLAGS_TF;
    vmsa->r11 &= sysret[cpu] ? ~RFLAGS_TF : ~UINT64_C(0);
    vmsa->dr6 = dr6[cpu];
    if (ran && !is_between(level->vmcb->control.exitcode)) {
        count_instruction(level);
    }
}

void lies_step(struct level *level, uint64_t code)
{
    if (code == VMEXIT_EXCEPTION + VECTOR_DB && stepped[level->vcpu->number][level->vmpl]) {
        level->vmsa->rflags &= ~RFLAGS_TF;
        level->vmsa->dr6 &= ~DR6_STEP;
    }
}

bool lies_port_in(uint16_t port, uint32_t *value)
{
    if (port != LIE_PORT || machine.launch->lie_guest == 0) {
        return false;
    }
    *value = typed.wrong ? LIE_PORT_WRONG : liar.lies.guest_told;
    return true;
}

static void arm(void)
{
    struct lie lie;

    if (typed.len == 0) {
        lie_disarm(&liar.lies);
        memset(windows, 0, sizeof(windows));
        memset(asked, 0, sizeof(asked));
        typed.wrong = false;
        return;
    }
    const char *wrong = lie_parse(typed.text, typed.len, &lie);
    typed.wrong = wrong != NULL || !lie_arm(&liar.lies, &lie);
    if (typed.wrong) {
        log_line("# the guest's lie: %s", wrong != NULL ? wrong : "there are too many");
    }
    typed.len = 0;
}

bool lies_port_out(uint16_t port, unsigned size, uint32_t value)
{
    if (port != LIE_PORT || machine.launch->lie_guest == 0) {
        return false;
    }
    if ((char)value == '\n') {
        arm();
    } else if (size == 1 && typed.len < sizeof(typed.text)) {
        typed.text[typed.len++] = (char)value;
    }
    return true;
}

uint64_t lies_clock(void)
{
    return clock_off;
}

/* The lie of this kind that the next guest request is for, from now on told. */
static const struct lie *take(void *context, enum lie_kind kind)
{
    const struct lie *lie = asked[kind];

    asked[kind] = NULL;
    if (lie != NULL) {
        told(context, lie);
    }
    return lie;
}

static void flip(void *page, const struct lie *lie)
{
    uint8_t *bytes = page;

    if (lie != NULL) {
        bytes[lie->value % PSP_BITS / 8] ^= (uint8_t)(1u << lie->value % 8);
    }
}

const void *lies_request(void *context, void *request, uint32_t *firmware, uint32_t *vmm_error,
                         lies_forward *forward)
{
    static uint8_t shown[PAGE_SIZE];

    if (machine.ghcb.liar == NULL) {
        return forward(context, request, firmware, vmm_error);
    }
    *firmware = 0;
    *vmm_error = GHCB_REQUEST_VMM_OK;
    if (take(context, LIE_PSP_BUSY) != NULL) {
        *vmm_error = GHCB_REQUEST_VMM_BUSY;
        return NULL;
    }
    if (take(context, LIE_PSP_DROP) != NULL) {
        return NULL;
    }
    if (last_response.any && take(context, LIE_PSP_REPLAY) != NULL) {
        return last_response.page;
    }
    flip(request, take(context, LIE_PSP_REQUEST));
    if (take(context, LIE_PSP_TWICE) != NULL) {
        (void)forward(context, request, firmware, vmm_error);
    }
    memcpy(last_response.page, forward(context, request, firmware, vmm_error), PAGE_SIZE);
    last_response.any = true;
    memcpy(shown, last_response.page, PAGE_SIZE);
    flip(shown, take(context, LIE_PSP_FLIP));
    return shown;
}

uint64_t lies_certificates(void *context, uint64_t needed)
{
    const struct lie *lie = take(context, LIE_CERTS);

    return lie == NULL ? needed : lie->value;
}

void lies_print(void)
{
    if (machine.ghcb.liar == NULL || (machine.launch->stats & LAUNCH_STATS_EXITS) == 0) {
        return;
    }
    for (unsigned kind = LIE_NONE + 1; kind < LIE_KINDS; kind++) {
        bool wanted = liar.lies.told[kind] != 0;
        for (uint32_t i = 0; i < liar.lies.fixed; i++) {
            wanted = wanted || liar.lies.slots[i].lie.kind == kind;
        }
        if (wanted) {
            log_line(LINES_STATS " lie=%s told=%lu", lie_name((enum lie_kind)kind),
                     liar.lies.told[kind]);
        }
    }
}
