/* SPDX-License-Identifier: MIT */
/*
 * A bare guest that runs the list that lies at TRUTH_LIST_GPA, prints an answer for each step as a
 * line of JSON on COM1, and ends the machine. Start, traps, GHCB and pages are the conformance
 * guest's (conform.h). It expects no answer: what comes is what it prints.
 */
/* SAFETY: a guest of its own; all of memory is mapped as conform.h says, and a fault ends the step,
 * not the guest. */
#include <conform.h>
#include <runner.h>
#include <svsm/abi/ghcb_events.h>

#define CHUNK 500u /* of a line, at once */
#define EXIT_PORT 0xf4u
#define TERM_SET 7u
#define TERM_NO_LIST 9u

unsigned level_now; /* of machine.c's acts: there is one level */

[[gnu::noreturn]] void guest_main(void);

static struct truth_line line;

static uint64_t place(void *context, unsigned which, unsigned index)
{
    static const uint64_t buffers[TRUTH_BUFFERS] = {PAGE_BUFFER, PAGE_BUFFER_2};
    uint64_t page = PAGE(PAGE_FREE + index);

    (void)context;
    switch (which) {
    case TRUTH_SHARED:
        return SHARED + page;
    case TRUTH_GHCB:
        return PAGE_GHCB;
    case TRUTH_BUFFER:
        return buffers[index % TRUTH_BUFFERS];
    case TRUTH_LARGE:
    case TRUTH_LARGE_VA:
        return LARGE;
    default:
        return page;
    }
}

static uint64_t ask_msr(void *context, uint64_t value)
{
    (void)context;
    return msr_ask(value);
}

static void exit_page(void *context)
{
    (void)context;
    ghcb_exit();
}

static struct insn insn;

static void act_pvalidate(uint64_t unused)
{
    (void)unused;
    insn_pvalidate(&insn);
}

static void act_rmpadjust(uint64_t unused)
{
    (void)unused;
    insn_rmpadjust(&insn);
}

static void act_rmpquery(uint64_t unused)
{
    (void)unused;
    insn_rmpquery(&insn);
}

static void run_insn(void *context, unsigned kind, struct truth_insn *i)
{
    act *what = kind == TRUTH_PVALIDATE   ? act_pvalidate
                : kind == TRUTH_RMPADJUST ? act_rmpadjust
                                          : act_rmpquery;

    (void)context;
    insn = (struct insn){.rax = i->rax, .rcx = i->rcx, .rdx = i->rdx};
    struct fault fault = probe(what, 0);
    i->vector = fault.happened ? fault.vector : TRUTH_NO_VECTOR;
    i->error = fault.error;
    i->has_error = fault.happened;
    i->rax = insn.rax;
    i->rcx = insn.rcx;
    i->rdx = insn.rdx;
    i->cf = insn.cf;
}

static struct truth_machine machine = {
    .ghcb = the_ghcb,
    .large = TRUTH_LARGE_OPEN,
    .can = TRUTH_NEEDS_VMPL0 | TRUTH_NEEDS_TRAP | TRUTH_NEEDS_LARGE | TRUTH_NEEDS_GHCB,
    .place = place,
    .msr = ask_msr,
    .exit = exit_page,
    .insn = run_insn,
};

/* Whatever the step has registered: lines go through this GHCB. */
static void show(void)
{
    (void)msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, PAGE_GHCB >> 12));
    for (uint32_t at = 0; at < line.length; at += CHUNK) {
        char chunk[CHUNK + 1];
        unsigned n = 0;
        for (; n < CHUNK && at + n < line.length; n++) {
            chunk[n] = line.text[at + n];
        }
        chunk[n] = 0;
        print("%s", chunk);
    }
}

static void run(const struct truth_list *list)
{
    struct truth_answer answer;

    truth_line_first(&line, list, "bare", 0);
    show();
    for (uint32_t i = 0; i < list->count; i++) {
        const struct truth_step *step = &list->steps[i];
        const char *why = truth_why_not(&machine, step);
        if (why != NULL) {
            truth_line_skipped(&line, step, why);
        } else {
            truth_run(&machine, step, &answer);
            truth_line_answer(&line, step, &answer);
        }
        show();
    }
    truth_line_last(&line, list->count);
    show();
}

/* Where nobody listens at the port, the termination is the end: set 7, reason 0 is a good one. */
[[gnu::noreturn]] static void end(unsigned reason)
{
    ghcb_out(EXIT_PORT, 1, reason);
    (void)msr_ask(ghcb_msr_terminate(TERM_SET, reason));
    for (;;) {
        asm volatile("cli; hlt");
    }
}

/* Each page with an RMP entry of its own, new, whatever it had. */
static void pages_begin(void)
{
    struct insn large = {.rax = LARGE, .rcx = SNP_PAGE_2M, .rdx = SNP_PVALIDATE_VALIDATE};

    for (unsigned i = 0; i < TRUTH_PAGES; i++) {
        page_private(PAGE(PAGE_FREE + i));
    }
    if (large_to(LARGE, GHCB_PSC_PRIVATE)) {
        insn_pvalidate(&large);
        machine.large = large.rax == SNP_SUCCESS ? TRUTH_LARGE_VALID : TRUTH_LARGE_OPEN;
    }
}

void guest_main(void)
{
    const struct truth_list *list = (const struct truth_list *)TRUTH_LIST_GPA;

    machine_init();
    ghcb_init();
    (void)page_to(PAGE_BUFFER, GHCB_MSR_PSC_SHARED);
    (void)page_to(PAGE_BUFFER_2, GHCB_MSR_PSC_SHARED);
    if (truth_list_fault(list, TRUTH_LIST_MAX) != NULL) {
        end(TERM_NO_LIST);
    }
    pages_begin();
    run(list);
    end(0);
}
