/* SPDX-License-Identifier: MIT */
/* Runs steps. See runner.h. */
#include "runner.h"
#include <svsm/abi/ghcb_events.h>

#define PAGE_SIZE_4K UINT64_C(4096)
#define GIVEN(step, argument) ((step)->given >> (argument)&1u)

static bool name_is_good(const char *name)
{
    unsigned i = 0;

    while (i < TRUTH_NAME && name[i] != 0) {
        i++;
    }
    return i > 0 && i < TRUTH_NAME;
}

static bool step_is_good(const struct truth_step *step)
{
    if (step->kind >= TRUTH_KINDS || !name_is_good(step->name)) {
        return false;
    }
    for (unsigned i = 0; i < TRUTH_ARGUMENTS; i++) {
        unsigned place = step->place[i];
        unsigned limit = place == TRUTH_BUFFER ? TRUTH_BUFFERS : TRUTH_PAGES;
        if (place >= TRUTH_PLACES || step->index[i] >= limit) {
            return false;
        }
    }
    return step->kind != TRUTH_PSC || step->number[TRUTH_DATA] <= TRUTH_ENTRIES;
}

const char *truth_list_fault(const struct truth_list *list, uint64_t size)
{
    if (size < sizeof(*list) || list->magic != TRUTH_MAGIC) {
        return "no list";
    }
    if (list->format != TRUTH_FORMAT) {
        return "a list of another format";
    }
    if (list->count > TRUTH_STEPS ||
        size < sizeof(*list) + list->count * (uint64_t)sizeof(list->steps[0])) {
        return "a list that is cut";
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (!step_is_good(&list->steps[i])) {
            return "a step that cannot be";
        }
    }
    return NULL;
}

static uint64_t argument(const struct truth_machine *m, const struct truth_step *step, unsigned i)
{
    uint64_t base = 0;

    if (step->place[i] != TRUTH_NOWHERE) {
        base = m->place(m->context, step->place[i], step->index[i]);
    }
    return base + step->number[i];
}

static bool is_insn(const struct truth_step *step)
{
    return step->kind == TRUTH_PVALIDATE || step->kind == TRUTH_RMPADJUST ||
           step->kind == TRUTH_RMPQUERY;
}

static bool is_large(const struct truth_step *step)
{
    for (unsigned i = 0; i < TRUTH_ARGUMENTS; i++) {
        if (step->place[i] == TRUTH_LARGE || step->place[i] == TRUTH_LARGE_VA) {
            return true;
        }
    }
    return false;
}

static const char *why_not_large(const struct truth_machine *machine, const struct truth_step *step)
{
    if (!is_large(step) || (step->needs & TRUTH_NEEDS_TRAP)) {
        return NULL;
    }
    if (machine->large == TRUTH_LARGE_FAILED) {
        return "the 2 MiB are not as an earlier step wanted them";
    }
    bool reads = step->kind == TRUTH_RMPADJUST || step->kind == TRUTH_RMPQUERY;
    return reads && machine->large != TRUTH_LARGE_VALID ? "the 2 MiB are not validated" : NULL;
}

const char *truth_why_not(const struct truth_machine *machine, const struct truth_step *step)
{
    unsigned lacks = step->needs & ~machine->can;

    if (lacks & TRUTH_NEEDS_VMPL0) {
        return "not at VMPL0";
    }
    if (lacks & TRUTH_NEEDS_TRAP) {
        return "would end in a #VC that this runner cannot take";
    }
    if (lacks & TRUTH_NEEDS_GHCB) {
        return "the GHCB is somebody else's";
    }
    if (lacks & TRUTH_NEEDS_LARGE) {
        return "no memory that is mapped by 2 MiB";
    }
    if (is_insn(step) && argument(machine, step, TRUTH_CODE) < machine->lowest) {
        return "an address that may be a process's";
    }
    return why_not_large(machine, step);
}

static void tell(struct truth_answer *answer, unsigned field, uint64_t value)
{
    answer->value[field] = value;
    answer->is |= 1u << field;
}

/* SAFETY: the GHCB is a page, and offsets below its valid limit are quadwords of it. */
static volatile uint64_t *quadword(struct ghcb *ghcb, size_t offset)
{
    return (volatile uint64_t *)((uint8_t *)ghcb + offset);
}

static void give(struct ghcb *ghcb, size_t offset, uint64_t value)
{
    unsigned bit = ghcb_valid_bit(offset);
    volatile uint8_t *bitmap = ghcb->valid_bitmap;

    *quadword(ghcb, offset) = value;
    bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static bool is_back(struct ghcb *ghcb, size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);
    volatile uint8_t *bitmap = ghcb->valid_bitmap;

    return bitmap[bit / 8] >> bit % 8 & 1;
}

static void clear(struct ghcb *ghcb)
{
    for (size_t at = 0; at < sizeof(*ghcb); at += sizeof(uint64_t)) {
        *quadword(ghcb, at) = 0;
    }
}

/* Members with a valid bit, by argument. */
static const uint16_t members[TRUTH_ARGUMENTS] = {
    [TRUTH_CODE] = offsetof(struct ghcb, sw_exitcode),
    [TRUTH_INFO1] = offsetof(struct ghcb, sw_exitinfo1),
    [TRUTH_INFO2] = offsetof(struct ghcb, sw_exitinfo2),
    [TRUTH_RAX] = offsetof(struct ghcb, rax),
    [TRUTH_RBX] = offsetof(struct ghcb, rbx),
    [TRUTH_RCX] = offsetof(struct ghcb, rcx),
    [TRUTH_RDX] = offsetof(struct ghcb, rdx),
    [TRUTH_SCRATCH] = offsetof(struct ghcb, sw_scratch),
    [TRUTH_XCR0] = offsetof(struct ghcb, xcr0),
    /* The quadword that holds it; the level is its highest byte but four. */
    [TRUTH_CPL] = offsetof(struct ghcb, cpl) / 8 * 8,
};

static void begin(struct ghcb *ghcb, const struct truth_machine *m, const struct truth_step *step)
{
    clear(ghcb);
    ghcb->protocol_version =
        GIVEN(step, TRUTH_VERSION) ? (uint16_t)argument(m, step, TRUTH_VERSION) : GHCB_VERSION_MAX;
    ghcb->usage =
        GIVEN(step, TRUTH_USAGE) ? (uint32_t)argument(m, step, TRUTH_USAGE) : GHCB_USAGE_STANDARD;
}

static const size_t registers[] = {offsetof(struct ghcb, rax), offsetof(struct ghcb, rbx),
                                   offsetof(struct ghcb, rcx), offsetof(struct ghcb, rdx)};

/* Registers that did not come back are not told: their value is the one that was given. */
static void take(struct ghcb *ghcb, struct truth_answer *answer)
{
    uint64_t valid = 0;

    tell(answer, TRUTH_ANSWER, *quadword(ghcb, offsetof(struct ghcb, sw_exitinfo1)));
    tell(answer, TRUTH_F_INFO2, *quadword(ghcb, offsetof(struct ghcb, sw_exitinfo2)));
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        if (is_back(ghcb, registers[i])) {
            valid |= 1u << i;
            tell(answer, TRUTH_F_RAX + i, *quadword(ghcb, registers[i]));
        }
    }
    tell(answer, TRUTH_F_VALID, valid);
    tell(answer, TRUTH_F_DATA, *quadword(ghcb, offsetof(struct ghcb, shared_buffer)));
}

static void run_event(const struct truth_machine *m, const struct truth_step *step,
                      struct truth_answer *answer)
{
    begin(m->ghcb, m, step);
    for (unsigned i = 0; i < TRUTH_ARGUMENTS; i++) {
        if (GIVEN(step, i) && members[i] != 0) {
            give(m->ghcb, members[i], argument(m, step, i));
        }
    }
    if (GIVEN(step, TRUTH_DATA)) {
        *quadword(m->ghcb, offsetof(struct ghcb, shared_buffer)) = argument(m, step, TRUTH_DATA);
    }
    m->exit(m->context);
    take(m->ghcb, answer);
}

static void run_psc(const struct truth_machine *m, const struct truth_step *step,
                    struct truth_answer *answer)
{
    /* SAFETY: a list fits into the shared buffer, which is aligned to 16 bytes. */
    volatile struct ghcb_psc *psc = (volatile struct ghcb_psc *)(void *)m->ghcb->shared_buffer;
    uint64_t entry = argument(m, step, TRUTH_RAX);

    begin(m->ghcb, m, step);
    psc->header.cur_entry = (uint16_t)argument(m, step, TRUTH_INFO1);
    psc->header.end_entry = (uint16_t)argument(m, step, TRUTH_INFO2);
    for (unsigned i = 0; i < step->number[TRUTH_DATA]; i++) {
        psc->entries[i] = entry + i * PAGE_SIZE_4K;
    }
    give(m->ghcb, offsetof(struct ghcb, sw_exitcode), GHCB_EVENT_PSC);
    give(m->ghcb, offsetof(struct ghcb, sw_exitinfo1), 0);
    give(m->ghcb, offsetof(struct ghcb, sw_exitinfo2), 0);
    give(m->ghcb, offsetof(struct ghcb, sw_scratch),
         m->place(m->context, TRUTH_GHCB, 0) + offsetof(struct ghcb, shared_buffer));
    m->exit(m->context);
    take(m->ghcb, answer);
    tell(answer, TRUTH_F_INDEX, psc->header.cur_entry);
    tell(answer, TRUTH_F_END, psc->header.end_entry);
    tell(answer, TRUTH_F_DONE, psc->entries[0] & GHCB_PSC_CUR_PAGE);
}

static void run_insn(const struct truth_machine *m, const struct truth_step *step,
                     struct truth_answer *answer)
{
    struct truth_insn insn = {.rax = argument(m, step, TRUTH_CODE),
                              .rcx = argument(m, step, TRUTH_INFO1),
                              .rdx = argument(m, step, TRUTH_INFO2),
                              .vector = TRUTH_NO_VECTOR};

    m->insn(m->context, step->kind, &insn);
    if (insn.vector != TRUTH_NO_VECTOR) {
        tell(answer, TRUTH_F_VECTOR, insn.vector);
        if (insn.has_error) {
            tell(answer, TRUTH_F_ERROR, insn.error);
        }
        return;
    }
    tell(answer, TRUTH_ANSWER, insn.rax);
    if (step->kind == TRUTH_PVALIDATE) {
        tell(answer, TRUTH_F_CF, insn.cf);
    } else if (step->kind == TRUTH_RMPQUERY && insn.rax == 0) {
        tell(answer, TRUTH_F_RCX, insn.rcx);
        tell(answer, TRUTH_F_RDX, insn.rdx);
    }
}

/* A list's entries are all taken when its index has passed its end. */
static bool psc_done(const struct truth_answer *answer)
{
    return answer->value[TRUTH_F_INFO2] == 0 &&
           answer->value[TRUTH_F_INDEX] > answer->value[TRUTH_F_END];
}

/* What the step has left of the 2 MiB: PVALIDATE of all of it alone makes them valid again. */
static enum truth_large large_after(const struct truth_machine *m, const struct truth_step *step,
                                    const struct truth_answer *answer)
{
    if (!is_large(step) || m->large == TRUTH_LARGE_FAILED) {
        return m->large;
    }
    if (step->kind == TRUTH_PSC) {
        return psc_done(answer) ? TRUTH_LARGE_OPEN : TRUTH_LARGE_FAILED;
    }
    if (step->kind != TRUTH_PVALIDATE) {
        return step->kind == TRUTH_MSR ? TRUTH_LARGE_FAILED : m->large; /* one page of them */
    }
    if ((step->number[TRUTH_INFO2] & 1) == 0) {
        return TRUTH_LARGE_OPEN;
    }
    if (m->large == TRUTH_LARGE_VALID) {
        return TRUTH_LARGE_VALID;
    }
    bool whole = (step->number[TRUTH_INFO1] & 1) != 0 && step->number[TRUTH_CODE] == 0;
    bool done = (answer->is & 1u << TRUTH_ANSWER) && answer->value[TRUTH_ANSWER] == 0;
    return whole && done ? TRUTH_LARGE_VALID : TRUTH_LARGE_FAILED;
}

void truth_run(struct truth_machine *machine, const struct truth_step *step,
               struct truth_answer *answer)
{
    for (unsigned i = 0; i < TRUTH_FIELDS; i++) {
        answer->value[i] = 0;
    }
    answer->is = 0;
    if (step->kind == TRUTH_MSR) {
        tell(answer, TRUTH_ANSWER,
             machine->msr(machine->context, argument(machine, step, TRUTH_CODE)));
    } else if (step->kind == TRUTH_EVENT) {
        run_event(machine, step, answer);
    } else if (step->kind == TRUTH_PSC) {
        run_psc(machine, step, answer);
    } else {
        run_insn(machine, step, answer);
    }
    machine->large = large_after(machine, step, answer);
    if ((answer->is & 1u << TRUTH_ANSWER) && GIVEN(step, TRUTH_MINUS)) {
        answer->value[TRUTH_ANSWER] -= argument(machine, step, TRUTH_MINUS);
    }
    answer->is &= step->show;
}
