/* SPDX-License-Identifier: MIT */
/*
 * What the vCPUs but the first one do until they are told to end: TPM commands on a PCR of their
 * own, pages, questions, kills. Each answer must be right. A command that crashed twice is answered
 * with an error, and then it has done nothing: the PCR says so.
 */
#include "guest.h"
#include "../sha256.h"

#define LIST(cpu) PAGE(160 + (uint64_t)(cpu))
#define PAGES_EACH 4u
#define OWN(cpu, n) (LARGE_2 + (PAGES_EACH * (cpu) + (n)) * PAGE_SIZE)
#define PCR_OF(cpu) (10 + (cpu)) /* none of the model's: 10, 16, 23 */
#define MOMENT_BITS 14u

static struct load {
    uint64_t chance;
    unsigned calls, commands, pages, questions, kills, crashed;
    const char *wrong;
    uint8_t pcr[DIGEST], data[DIGEST];
    struct bytes command, response;
} loads[CPUS_MAX];

static bool ended, closed;
static unsigned inside, killing;
static int kills_left;

/* xorshift64 */
static unsigned chance(struct load *l, unsigned below)
{
    l->chance ^= l->chance << 13;
    l->chance ^= l->chance >> 7;
    l->chance ^= l->chance << 17;
    return (unsigned)((l->chance >> 20) % below);
}

static void must(struct load *l, bool good, const char *why)
{
    if (!good && l->wrong == NULL) {
        l->wrong = why;
    }
}

static unsigned look(const unsigned *what)
{
    return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

static void add(unsigned *what, unsigned value)
{
    __atomic_fetch_add(what, value, __ATOMIC_SEQ_CST);
}

/* The command in `l`, once. */
static bool answered(struct load *l, unsigned cpu)
{
    uint64_t answer = tpm_call(cpu, &l->command, &l->response);

    l->calls++;
    l->commands++;
    l->crashed += answer == TPM_CRASHED;
    must(l, answer != TPM_HALF, "a command that crashed left something in its buffer");
    must(l, answer == SVSM_SUCCESS || answer == TPM_CRASHED,
         "a command has an answer that is none");
    if (answer == SVSM_SUCCESS) {
        must(l, command_code(&l->response) == 0, "the TPM refused a command");
    }
    return answer == SVSM_SUCCESS;
}

/* The own PCR is what the answers so far say. */
static void pcr_compare(struct load *l, unsigned cpu)
{
    const uint8_t *value = l->response.data + PCR_READ_VALUES + 2;

    do {
        command_pcr_read(&l->command, UINT32_C(1) << PCR_OF(cpu));
    } while (!answered(l, cpu) && l->wrong == NULL);
    must(l,
         l->response.len == PCR_READ_VALUES + 2 + DIGEST && bytes_equal(value, l->pcr, DIGEST) != 0,
         "its PCR has another value");
}

static void do_extend(struct load *l, unsigned cpu)
{
    for (unsigned i = 0; i < DIGEST; i++) {
        l->data[i] = (uint8_t)chance(l, 256);
    }
    command_pcr_extend(&l->command, PCR_OF(cpu), l->data);
    if (answered(l, cpu)) {
        sha256_extend(l->pcr, l->data);
    }
    pcr_compare(l, cpu);
}

static void do_random(struct load *l, unsigned cpu)
{
    command_random(&l->command, DIGEST);
    if (answered(l, cpu)) {
        must(l,
             l->response.len == RESPONSE_HEADER + 2 + DIGEST &&
                 model_note_random(l->response.data + RESPONSE_HEADER + 2) == NULL,
             "random bytes came a second time, or none");
    }
}

static void do_query(struct load *l)
{
    uint64_t answer = tpm_query();

    l->calls++;
    l->crashed += answer == TPM_CRASHED;
    must(l, answer == SVSM_SUCCESS || answer == TPM_CRASHED, "a wrong answer to the vTPM's QUERY");
}

static void do_tpm(struct load *l, unsigned cpu)
{
    add(&inside, 1);
    if (!__atomic_load_n(&closed, __ATOMIC_SEQ_CST)) {
        switch (chance(l, 3)) {
        case 0:
            do_extend(l, cpu);
            break;
        case 1:
            do_random(l, cpu);
            break;
        default:
            do_query(l);
        }
    }
    add(&inside, -1u);
}

static bool pages_all(struct load *l, unsigned cpu, uint64_t flags)
{
    list_begin(LIST(cpu), PAGES_EACH, 0);
    for (unsigned i = 0; i < PAGES_EACH; i++) {
        list_put(LIST(cpu), i, OWN(cpu, i) | flags);
    }
    l->calls++;
    return list_call(LIST(cpu)) == SVSM_SUCCESS && list_next(LIST(cpu)) == PAGES_EACH;
}

static void do_pages(struct load *l, unsigned cpu)
{
    must(l, pages_all(l, cpu, 0), "pages were not rescinded");
    must(l, pages_all(l, cpu, SVSM_ENTRY_VALIDATE), "pages were not validated");
    if (l->wrong == NULL) {
        must(l, memory_differs(OWN(cpu, 0), 0, PAGES_EACH * PAGE_SIZE) == 0, "pages are not clear");
        memory_fill(OWN(cpu, 0), 0x6b, PAGES_EACH * PAGE_SIZE);
        l->pages += PAGES_EACH;
    }
}

static void do_question(struct load *l)
{
    static const uint32_t protocols[] = {SVSM_PROTOCOL_CORE, SVSM_PROTOCOL_VTPM, CONTROL_PROTOCOL};
    uint32_t protocol = protocols[chance(l, ARRAY_COUNT(protocols))];
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
                     .rcx = svsm_query(protocol, 1)};

    l->calls++;
    l->questions++;
    must(l, call_make(&c) == SVSM_SUCCESS && c.rcx == svsm_versions(1, 1), "a protocol is gone");
}

/* One of the kills that vCPU 0 has ordered, if it has a command under way. */
static bool kill_take(void)
{
    int left = __atomic_load_n(&kills_left, __ATOMIC_SEQ_CST);

    return left > 0 && __atomic_load_n(&tpm_waited_for, __ATOMIC_SEQ_CST) &&
           __atomic_compare_exchange_n(&kills_left, &left, left - 1, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static void do_kill(struct load *l)
{
    add(&killing, 1);
    if (chance(l, 2) == 0 && kill_take()) {
        for (unsigned more = chance(l, 4) == 0 ? 2 : 1; more > 0; more--) {
            for (unsigned pauses = chance(l, 1u << (1 + chance(l, MOMENT_BITS))); pauses > 0;
                 pauses--) {
                cpu_pause();
            }
            must(l, ask_kill(), "a kill was not taken");
            l->calls++;
            l->kills++;
        }
    }
    add(&killing, -1u);
}

static void one(struct load *l, unsigned cpu)
{
    do_kill(l);
    switch (chance(l, 8)) {
    case 0:
        do_pages(l, cpu);
        break;
    case 1:
    case 2:
        do_question(l);
        break;
    default:
        do_tpm(l, cpu);
    }
}

void load_job(unsigned cpu)
{
    struct load *l = &loads[cpu];

    l->chance = option_seed * UINT64_C(0x9e3779b97f4a7c15) + cpu + 1;
    while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST) && l->wrong == NULL) {
        one(l, cpu);
    }
}

void load_end(void)
{
    __atomic_store_n(&ended, true, __ATOMIC_SEQ_CST);
}

void load_gate(bool close)
{
    __atomic_store_n(&closed, close, __ATOMIC_SEQ_CST);
    while (close && look(&inside) != 0) {
        cpu_pause();
    }
}

void load_kills(unsigned count)
{
    __atomic_store_n(&kills_left, (int)count, __ATOMIC_SEQ_CST);
    while (count == 0 && look(&killing) != 0) {
        cpu_pause();
    }
}

unsigned load_crashed(void)
{
    unsigned sum = 0;

    for (unsigned cpu = 1; cpu < option_vcpus; cpu++) {
        sum += loads[cpu].crashed;
    }
    return sum;
}

void load_report(void)
{
    for (unsigned cpu = 1; cpu < option_vcpus; cpu++) {
        const struct load *l = &loads[cpu];
        const char *why = l->wrong;
        if (why == NULL && (l->commands == 0 || l->pages == 0 || l->questions == 0)) {
            why = "it did not do all that it was to";
        }
        print(
            "%s load-vcpu-%u calls=%u commands=%u crashed=%u pages=%u questions=%u kills=%u%s%s\n",
            trial_count(why), cpu, l->calls, l->commands, l->crashed, l->pages, l->questions,
            l->kills, why == NULL ? "" : " - ", why == NULL ? "" : why);
    }
}
