/* SPDX-License-Identifier: MIT */
/* The runner on a machine that notes what it is asked and answers what a test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "runner.h"
#include <svsm/abi/ghcb_events.h>

#define GHCB_GPA UINT64_C(0x5000)

static struct ghcb page, asked; /* the machine's page, and what it was at the exit */
static uint64_t msr_value;
static struct truth_insn insn_asked, insn_answer;
static unsigned insn_kind, exits;
static void (*host)(void); /* writes an answer into the page */

static uint64_t place(void *context, unsigned which, unsigned index)
{
    assert_ptr_equal(context, &page);
    return which == TRUTH_GHCB ? GHCB_GPA : which * UINT64_C(0x100000) + index * UINT64_C(0x1000);
}

static uint64_t ask_msr(void *context, uint64_t value)
{
    assert_ptr_equal(context, &page);
    msr_value = value;
    return value + 1;
}

static void exit_page(void *context)
{
    assert_ptr_equal(context, &page);
    exits++;
    asked = page;
    memset(page.valid_bitmap, 0, sizeof(page.valid_bitmap));
    if (host != NULL) {
        host();
    }
}

static void run_insn(void *context, unsigned kind, struct truth_insn *insn)
{
    (void)context;
    insn_kind = kind;
    insn_asked = *insn;
    *insn = insn_answer;
}

static struct truth_machine machine = {.ghcb = &page,
                                       .can = TRUTH_NEEDS_VMPL0,
                                       .place = place,
                                       .msr = ask_msr,
                                       .exit = exit_page,
                                       .insn = run_insn,
                                       .context = &page};

static bool valid(const struct ghcb *ghcb, size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);
    return ghcb->valid_bitmap[bit / 8] >> bit % 8 & 1;
}

static void msr(void **state)
{
    struct truth_answer answer;
    struct truth_step step = {.name = "m",
                              .kind = TRUTH_MSR,
                              .given = 1u << TRUTH_CODE | 1u << TRUTH_MINUS,
                              .show = 1u << TRUTH_ANSWER,
                              .number = {[TRUTH_CODE] = 0x12},
                              .place = {[TRUTH_CODE] = TRUTH_PAGE, [TRUTH_MINUS] = TRUTH_PAGE},
                              .index = {[TRUTH_CODE] = 3, [TRUTH_MINUS] = 3}};
    (void)state;
    truth_run(&machine, &step, &answer);
    assert_int_equal(msr_value, 0x103012);
    assert_int_equal(answer.is, 1u << TRUTH_ANSWER);
    assert_int_equal(answer.value[TRUTH_ANSWER], 0x13);
}

static void answer_rbx(void)
{
    page.sw_exitinfo1 = 7;
    page.sw_exitinfo2 = 8;
    page.rbx = 9;
    page.valid_bitmap[99 / 8] |= 1u << 99 % 8;
}

static void event(void **state)
{
    struct truth_answer answer;
    struct truth_step step = {.name = "e",
                              .kind = TRUTH_EVENT,
                              .given = 1u << TRUTH_CODE | 1u << TRUTH_INFO2 | 1u << TRUTH_RAX |
                                       1u << TRUTH_CPL | 1u << TRUTH_DATA | 1u << TRUTH_USAGE,
                              .show = UINT32_MAX,
                              .number = {[TRUTH_CODE] = 0x72,
                                         [TRUTH_INFO1] = 5,
                                         [TRUTH_RAX] = 6,
                                         [TRUTH_CPL] = UINT64_C(3) << 24,
                                         [TRUTH_DATA] = 0x1122,
                                         [TRUTH_USAGE] = 4}};
    (void)state;
    memset(&page, 0xee, sizeof(page)); /* of the step before */
    host = answer_rbx;
    truth_run(&machine, &step, &answer);
    assert_true(valid(&asked, offsetof(struct ghcb, sw_exitcode)));
    assert_false(valid(&asked, offsetof(struct ghcb, sw_exitinfo1)));
    assert_true(valid(&asked, offsetof(struct ghcb, sw_exitinfo2)));
    assert_true(valid(&asked, offsetof(struct ghcb, rax)));
    assert_false(valid(&asked, offsetof(struct ghcb, rcx)));
    assert_true(valid(&asked, offsetof(struct ghcb, cpl)));
    assert_int_equal(asked.cpl, 3);
    assert_int_equal(asked.usage, 4);
    assert_int_equal(asked.protocol_version, GHCB_VERSION_MAX);
    assert_int_equal(asked.shared_buffer[0], 0x22);
    assert_int_equal(asked.shared_buffer[8], 0);
    assert_int_equal(answer.value[TRUTH_ANSWER], 7);
    assert_int_equal(answer.value[TRUTH_F_INFO2], 8);
    assert_int_equal(answer.value[TRUTH_F_VALID], 2);
    assert_int_equal(answer.value[TRUTH_F_RBX], 9);
    assert_false(answer.is >> TRUTH_F_RAX & 1); /* it did not come back */
    step.show = 1u << TRUTH_F_INFO2;
    truth_run(&machine, &step, &answer);
    assert_int_equal(answer.is, 1u << TRUTH_F_INFO2);
}

static void answer_psc(void)
{
    struct ghcb_psc *psc = (struct ghcb_psc *)(void *)page.shared_buffer;
    psc->header.cur_entry = 2;
    psc->entries[0] |= 1;
}

static void psc(void **state)
{
    const struct ghcb_psc *list = (const struct ghcb_psc *)(const void *)asked.shared_buffer;
    struct truth_answer answer;
    struct truth_step step = {
        .name = "p",
        .kind = TRUTH_PSC,
        .show = UINT32_MAX,
        .number = {[TRUTH_INFO2] = 1, [TRUTH_RAX] = UINT64_C(1) << 52, [TRUTH_DATA] = 2},
        .place = {[TRUTH_RAX] = TRUTH_PAGE}};
    (void)state;
    host = answer_psc;
    truth_run(&machine, &step, &answer);
    assert_int_equal(asked.sw_exitcode, GHCB_EVENT_PSC);
    assert_int_equal(asked.sw_scratch, GHCB_GPA + 0x800);
    assert_int_equal(list->header.end_entry, 1);
    assert_true(list->entries[0] == (UINT64_C(1) << 52 | 0x100000));
    assert_true(list->entries[1] == (UINT64_C(1) << 52 | 0x101000));
    assert_int_equal(list->entries[2], 0);
    assert_int_equal(answer.value[TRUTH_F_INDEX], 2);
    assert_int_equal(answer.value[TRUTH_F_END], 1);
    assert_int_equal(answer.value[TRUTH_F_DONE], 1);
}

static void insn(void **state)
{
    struct truth_answer answer;
    struct truth_step step = {.name = "i",
                              .kind = TRUTH_RMPQUERY,
                              .show = UINT32_MAX,
                              .number = {[TRUTH_INFO1] = 1, [TRUTH_INFO2] = 2},
                              .place = {[TRUTH_CODE] = TRUTH_VA}};
    (void)state;
    insn_answer = (struct truth_insn){.rcx = 5, .rdx = 6, .vector = TRUTH_NO_VECTOR};
    truth_run(&machine, &step, &answer);
    assert_int_equal(insn_kind, TRUTH_RMPQUERY);
    assert_int_equal(insn_asked.rax, TRUTH_VA * 0x100000);
    assert_int_equal(insn_asked.rcx, 1);
    assert_int_equal(insn_asked.rdx, 2);
    assert_int_equal(answer.is, 1u << TRUTH_ANSWER | 1u << TRUTH_F_RCX | 1u << TRUTH_F_RDX);
    insn_answer.rax = 1; /* refused: the two mean nothing */
    truth_run(&machine, &step, &answer);
    assert_int_equal(answer.is, 1u << TRUTH_ANSWER);
    step.kind = TRUTH_PVALIDATE;
    insn_answer = (struct truth_insn){.cf = true, .vector = TRUTH_NO_VECTOR};
    truth_run(&machine, &step, &answer);
    assert_int_equal(answer.is, 1u << TRUTH_ANSWER | 1u << TRUTH_F_CF);
    assert_int_equal(answer.value[TRUTH_F_CF], 1);
    insn_answer = (struct truth_insn){.vector = 29, .error = 0x404, .has_error = true};
    truth_run(&machine, &step, &answer);
    assert_int_equal(answer.is, 1u << TRUTH_F_VECTOR | 1u << TRUTH_F_ERROR);
    insn_answer.has_error = false;
    truth_run(&machine, &step, &answer);
    assert_int_equal(answer.is, 1u << TRUTH_F_VECTOR);
}

static void needs(void **state)
{
    struct truth_step step = {.name = "n", .kind = TRUTH_MSR};

    (void)state;
    assert_null(truth_why_not(&machine, &step));
    step.needs = TRUTH_NEEDS_VMPL0;
    assert_null(truth_why_not(&machine, &step));
    step.needs = TRUTH_NEEDS_GHCB;
    assert_non_null(strstr(truth_why_not(&machine, &step), "GHCB"));
    step.needs = TRUTH_NEEDS_TRAP;
    assert_non_null(strstr(truth_why_not(&machine, &step), "#VC"));
    step.needs = TRUTH_NEEDS_LARGE | TRUTH_NEEDS_VMPL0;
    assert_non_null(strstr(truth_why_not(&machine, &step), "2 MiB"));
}

static void host_took_all(void)
{
    struct ghcb_psc *psc = (struct ghcb_psc *)(void *)page.shared_buffer;

    psc->header.cur_entry = 1;
}

static const char *large_step(uint32_t kind, uint64_t rdx, uint64_t offset, uint64_t code)
{
    struct truth_answer answer;
    bool psc = kind == TRUTH_PSC;
    struct truth_step step = {.name = "l",
                              .kind = kind,
                              .needs = TRUTH_NEEDS_LARGE,
                              .show = ~0u,
                              .number = {[TRUTH_CODE] = psc ? 0 : offset,
                                         [TRUTH_INFO1] = !psc && offset == 0,
                                         [TRUTH_INFO2] = rdx,
                                         [TRUTH_DATA] = psc}};
    const char *why;

    step.place[psc ? TRUTH_RAX : TRUTH_CODE] = psc ? TRUTH_LARGE : TRUTH_LARGE_VA;
    why = truth_why_not(&machine, &step);
    insn_answer = (struct truth_insn){.rax = code, .vector = TRUTH_NO_VECTOR};
    if (why == NULL) {
        truth_run(&machine, &step, &answer);
    }
    return why;
}

static const char *trapped(uint32_t needs)
{
    struct truth_step step = {.name = "t",
                              .kind = TRUTH_RMPQUERY,
                              .needs = needs,
                              .place = {[TRUTH_CODE] = TRUTH_LARGE_VA}};

    return truth_why_not(&machine, &step);
}

/* A host with 4 KiB entries fails the PVALIDATE of 2 MiB: nothing may touch them then. */
static void large(void **state)
{
    (void)state;
    machine.can = TRUTH_NEEDS_LARGE | TRUTH_NEEDS_TRAP;
    machine.large = TRUTH_LARGE_VALID;
    host = host_took_all;
    assert_null(large_step(TRUTH_RMPQUERY, 1, 0x7000, 0));
    assert_null(large_step(TRUTH_PVALIDATE, 0, 0, 6)); /* the size is another: as it may be */
    assert_non_null(strstr(large_step(TRUTH_RMPQUERY, 1, 0x7000, 0), "not validated"));
    assert_non_null(strstr(large_step(TRUTH_RMPADJUST, 1, 0, 0), "not validated"));
    assert_null(large_step(TRUTH_PSC, 0, 0, 0));
    assert_null(large_step(TRUTH_PVALIDATE, 1, 0, 0));
    assert_null(large_step(TRUTH_PVALIDATE, 1, 0x1000, 1)); /* refused, and changes nothing */
    assert_null(large_step(TRUTH_RMPQUERY, 1, 0x7000, 0));
    assert_null(large_step(TRUTH_PSC, 0, 0, 0));
    assert_null(large_step(TRUTH_PVALIDATE, 1, 0, 6));
    assert_non_null(strstr(large_step(TRUTH_PVALIDATE, 1, 0, 0), "earlier step"));
    assert_non_null(strstr(large_step(TRUTH_RMPQUERY, 1, 0x8000, 0), "earlier step"));
    assert_non_null(strstr(large_step(TRUTH_PSC, 0, 0, 0), "earlier step"));
    assert_null(trapped(TRUTH_NEEDS_LARGE | TRUTH_NEEDS_TRAP));
    assert_non_null(trapped(TRUTH_NEEDS_LARGE));
    /* So does a list that the host has not taken to its end, or one page of them by the MSR. */
    machine.large = TRUTH_LARGE_VALID;
    host = NULL;
    assert_null(large_step(TRUTH_PSC, 0, 0, 0));
    assert_int_equal(machine.large, TRUTH_LARGE_FAILED);
    machine.large = TRUTH_LARGE_VALID;
    assert_null(large_step(TRUTH_MSR, 0, 0, 0));
    assert_int_equal(machine.large, TRUTH_LARGE_FAILED);
    machine.can = TRUTH_NEEDS_VMPL0;
    machine.large = TRUTH_LARGE_VALID;
}

/* A process's memory is not the runner's, whatever a list says. */
static void addresses(void **state)
{
    struct truth_step step = {.name = "i",
                              .kind = TRUTH_PVALIDATE,
                              .number = {[TRUTH_CODE] = UINT64_C(0x80000000000000)}};

    (void)state;
    machine.lowest = UINT64_C(0xfffffffffff000); /* with five levels */
    for (; step.kind <= TRUTH_RMPQUERY; step.kind++) {
        assert_non_null(strstr(truth_why_not(&machine, &step), "process"));
    }
    step.kind = TRUTH_RMPADJUST;
    step.number[TRUTH_CODE] = UINT64_C(0x100000000000000);
    assert_null(truth_why_not(&machine, &step));
    step.kind = TRUTH_MSR;
    step.number[TRUTH_CODE] = 2;
    assert_null(truth_why_not(&machine, &step));
    machine.lowest = 0;
}

/* What a guest finds in its memory may be anything. */
static void faults(void **state)
{
    struct truth_list *list = calloc(1, sizeof(*list) + 2 * sizeof(list->steps[0]));
    size_t size = sizeof(*list) + 2 * sizeof(list->steps[0]);

    (void)state;
    if (list == NULL) {
        fail();
        return;
    }
    list->magic = TRUTH_MAGIC;
    list->format = TRUTH_FORMAT;
    list->count = 2;
    memcpy(list->steps[0].name, "a", 2);
    memcpy(list->steps[1].name, "b", 2);
    assert_null(truth_list_fault(list, size));
    assert_string_equal(truth_list_fault(list, size - 1), "a list that is cut");
    assert_string_equal(truth_list_fault(list, 8), "no list");
    list->count = UINT32_MAX;
    assert_string_equal(truth_list_fault(list, size), "a list that is cut");
    list->count = 2;
    list->format = 2;
    assert_string_equal(truth_list_fault(list, size), "a list of another format");
    list->format = TRUTH_FORMAT;
    list->steps[1].kind = TRUTH_KINDS;
    assert_string_equal(truth_list_fault(list, size), "a step that cannot be");
    list->steps[1].kind = TRUTH_PSC;
    list->steps[1].number[TRUTH_DATA] = TRUTH_ENTRIES + 1;
    assert_non_null(truth_list_fault(list, size));
    list->steps[1].number[TRUTH_DATA] = TRUTH_ENTRIES;
    assert_null(truth_list_fault(list, size));
    list->steps[1].place[2] = TRUTH_PLACES;
    assert_non_null(truth_list_fault(list, size));
    list->steps[1].place[2] = TRUTH_BUFFER;
    list->steps[1].index[2] = TRUTH_BUFFERS;
    assert_non_null(truth_list_fault(list, size));
    list->steps[1].index[2] = 0;
    memset(list->steps[0].name, 'x', TRUTH_NAME);
    assert_non_null(truth_list_fault(list, size));
    list->magic = 0;
    assert_string_equal(truth_list_fault(list, size), "no list");
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(msr),       cmocka_unit_test(event),  cmocka_unit_test(psc),
        cmocka_unit_test(insn),      cmocka_unit_test(needs),  cmocka_unit_test(large),
        cmocka_unit_test(addresses), cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
