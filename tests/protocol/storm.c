/* SPDX-License-Identifier: MIT */
/*
 * All vCPUs but the last one at once: PVALIDATE of common pages, creation and deletion of save
 * areas in common pages for the last vCPU, moves of the calling area. Each answer must be one that
 * the protocol has; afterwards every page can be had again, cleared. The choice of calls is a
 * matter of option_seed, their order in time is not.
 *
 * The guest itself touches such a page only where no call can be at work on it: between a change of
 * rights and the next one of its validity hardware would refuse the access and end the machine. So
 * whoever fills a page has it alone, and calls that race have it together.
 */
#include "protocol.h"
#include <svsm/abi/svsm_services.h>

#define DATA_PAGES 16u
#define AREAS 6u
#define DATA(n) (LARGE + (1 + (n)) * PAGE_SIZE)
#define AREA(n) (LARGE + (64 + (n)) * PAGE_SIZE)
#define LIST(cpu) PAGE(80 + (cpu))
#define OTHER_CA(cpu) PAGE(96 + (cpu))
#define VICTIM_CA PAGE(112)

static volatile int locks[AREAS]; /* calls at work, or -1: being filled */

static volatile struct {
    uint64_t state;
    unsigned calls, illegal, created, deleted;
    uint64_t illegal_answer, illegal_call;
} storm[CPUS_MAX];

/* xorshift64 */
static unsigned chance(unsigned cpu, unsigned below)
{
    uint64_t x = storm[cpu].state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    storm[cpu].state = x;
    return (unsigned)((x >> 20) % below);
}

static bool area_share(unsigned n)
{
    int now = locks[n];

    return now >= 0 && __atomic_compare_exchange_n(&locks[n], &now, now + 1, false,
                                                   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void area_unshare(unsigned n)
{
    __atomic_fetch_sub(&locks[n], 1, __ATOMIC_RELEASE);
}

/* Count an answer. `legal` ends with 0; SUCCESS always is. */
static bool judge(unsigned cpu, uint32_t call, uint64_t answer, const uint32_t *legal)
{
    bool found = answer == SVSM_SUCCESS;

    for (; *legal != 0; legal++) {
        found = found || answer == *legal;
    }
    storm[cpu].calls++;
    if (!found) {
        storm[cpu].illegal++;
        storm[cpu].illegal_answer = answer;
        storm[cpu].illegal_call = call;
    }
    return answer == SVSM_SUCCESS;
}

/* Entries: data pages, or one page for save areas. */
static unsigned some_pages(unsigned cpu, unsigned area)
{
    unsigned count = area < AREAS ? 1 : 1 + chance(cpu, 6);

    list_begin(LIST(cpu), count, 0);
    for (unsigned i = 0; i < count; i++) {
        uint64_t page = area < AREAS ? AREA(area) : DATA(chance(cpu, DATA_PAGES));
        uint64_t flags = (chance(cpu, 2) != 0 ? SVSM_ENTRY_VALIDATE : 0) |
                         (chance(cpu, 2) != 0 ? SVSM_ENTRY_IGNORE_CF : 0);
        list_put(LIST(cpu), i, page | flags);
    }
    return count;
}

static void do_pvalidate(unsigned cpu)
{
    static const uint32_t legal[] = {SVSM_ERR_CORE_UNCHANGED, SVSM_ERR_INVALID_ADDRESS, 0};
    unsigned area = chance(cpu, 4 * AREAS);

    if (area < AREAS && !area_share(area)) {
        return;
    }
    unsigned count = some_pages(cpu, area);
    uint64_t answer = call_core(SVSM_CORE_PVALIDATE, LIST(cpu), 0, 0);
    if (judge(cpu, SVSM_CORE_PVALIDATE, answer, legal) && list_next(LIST(cpu)) != count) {
        storm[cpu].illegal++;
    }
    if (area < AREAS) {
        area_unshare(area);
    }
}

/* A good save area, in a page that is none. */
static void do_fill(unsigned cpu)
{
    unsigned n = chance(cpu, AREAS);
    int none = 0;

    if (!__atomic_compare_exchange_n(&locks[n], &none, -1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return;
    }
    uint64_t answer = call_core(SVSM_CORE_DELETE_VCPU, AREA(n), 0, 0);
    if (answer == SVSM_SUCCESS || answer == SVSM_ERR_INVALID_PARAMETER) {
        list_begin(LIST(cpu), 1, 0);
        list_put(LIST(cpu), 0, ENTRY_VALIDATE(AREA(n)) | SVSM_ENTRY_IGNORE_CF);
        if (list_call(LIST(cpu)) == SVSM_SUCCESS) {
            cpu_fill(AREA(n), (unsigned)option_vcpus - 1);
        }
    }
    __atomic_store_n(&locks[n], 0, __ATOMIC_RELEASE);
}

static void do_create(unsigned cpu)
{
    static const uint32_t legal[] = {SVSM_ERR_INVALID_ADDRESS, SVSM_ERR_INVALID_PARAMETER,
                                     SVSM_ERR_INVALID_REQUEST, 0};
    unsigned n = chance(cpu, AREAS);

    if (!area_share(n)) {
        return;
    }
    uint64_t answer =
        call_core(SVSM_CORE_CREATE_VCPU, AREA(n), VICTIM_CA, (unsigned)option_vcpus - 1);
    storm[cpu].created += judge(cpu, SVSM_CORE_CREATE_VCPU, answer, legal);
    area_unshare(n);
}

static void do_delete(unsigned cpu)
{
    static const uint32_t legal[] = {SVSM_ERR_INVALID_PARAMETER,
                                     SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_INUSE, 0};
    uint64_t answer = call_core(SVSM_CORE_DELETE_VCPU, AREA(chance(cpu, AREAS)), 0, 0);

    storm[cpu].deleted += judge(cpu, SVSM_CORE_DELETE_VCPU, answer, legal);
}

static void do_remap(unsigned cpu)
{
    static const uint32_t legal[] = {0};
    uint64_t home = cpu == 0 ? PAYLOAD_CAA : PAGE_AP_CA(cpu);
    uint64_t to = (uint64_t)call_area() == home ? OTHER_CA(cpu) : home;

    if (judge(cpu, SVSM_CORE_REMAP_CA, call_core(SVSM_CORE_REMAP_CA, to, 0, 0), legal)) {
        call_area_set(to);
    }
}

static void do_tpm(unsigned cpu)
{
    static const uint32_t legal[] = {0};
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY)};

    (void)judge(cpu, 0x200, call_make(&c), legal);
}

static void storm_job(unsigned cpu)
{
    storm[cpu].state = option_seed * UINT64_C(0x9e3779b97f4a7c15) + cpu + 1;
    for (uint64_t round = 0; round < option_rounds; round++) {
        switch (chance(cpu, 16)) {
        case 0:
        case 1:
            do_fill(cpu);
            break;
        case 2:
        case 3:
        case 4:
            do_create(cpu);
            break;
        case 5:
            do_delete(cpu);
            break;
        case 6:
            do_remap(cpu);
            break;
        case 7:
            do_tpm(cpu);
            break;
        default:
            do_pvalidate(cpu);
        }
    }
}

/* What the last vCPU does while save areas are changed below it. */
static void victim_job(unsigned cpu)
{
    (void)cpu;
    for (;;) {
        (void)call_core(SVSM_CORE_QUERY_PROTOCOL, svsm_query(0, 1), 0, 0);
    }
}

static uint64_t delete_at_last(uint64_t page)
{
    uint64_t answer = CALL_LOST;

    (void)cpu_host((unsigned)option_vcpus - 1, GHCB_AP_DESTROY, page);
    for (unsigned i = 0; i < 100000; i++) {
        answer = call_core(SVSM_CORE_DELETE_VCPU, page, 0, 0);
        if (answer != SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_INUSE) {
            break;
        }
    }
    return answer;
}

/* Everything can be had again, and is clear. */
static void aftermath(void)
{
    for (unsigned n = 0; n < AREAS; n++) {
        uint64_t answer = delete_at_last(AREA(n));
        check(answer == SVSM_SUCCESS || answer == SVSM_ERR_INVALID_PARAMETER, true,
              "storm/area-%u-deleted", n);
    }
    for (unsigned n = 0; n < DATA_PAGES + AREAS; n++) {
        uint64_t page = n < DATA_PAGES ? DATA(n) : AREA(n - DATA_PAGES);
        check(list_one(ENTRY_RESCIND(page) | SVSM_ENTRY_IGNORE_CF), SVSM_SUCCESS,
              "storm/page-%u-rescind", n);
        check(list_one(ENTRY_VALIDATE(page)), SVSM_SUCCESS, "storm/page-%u-validate", n);
        check(memory_differs(page, 0, PAGE_SIZE), 0, "storm/page-%u-clear", n);
        memory_fill(page, 0x88, PAGE_SIZE);
    }
}

void storm_run(void)
{
    unsigned count = option_vcpus > 1 ? (unsigned)option_vcpus - 1 : 1;
    unsigned calls = 0;
    unsigned created = 0;
    unsigned deleted = 0;

    cpu_give(count, victim_job);
    call_area_of(count, VICTIM_CA);
    check(cpu_all(count, storm_job), true, "storm/all-run");
    for (unsigned cpu = 0; cpu < count; cpu++) {
        check(storm[cpu].illegal, 0, "storm/%u-answers-legal", cpu);
        if (storm[cpu].illegal != 0) {
            print("# storm: vCPU %u: call %x answer %x\n", cpu, storm[cpu].illegal_call,
                  storm[cpu].illegal_answer);
        }
        calls += storm[cpu].calls;
        created += storm[cpu].created;
        deleted += storm[cpu].deleted;
    }
    aftermath();
    print("# storm calls=%u created=%u deleted=%u\n", calls, created, deleted);
}
