/* SPDX-License-Identifier: MIT */
/*
 * Four vCPUs of a guest that knows no order: each makes calls at random over the same few pages,
 * and writes wherever its TLB lets it. Whatever comes of it: every answer is one that the protocol
 * knows, nothing is granted that was not cleared, no save area can be written, and at the end the
 * table and the machine say the same. Built with ASan, and once more for a race detector.
 *
 *   test-guest-threads [ROUNDS, default 20000]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"

#define POOL_FIRST 64u
#define POOL 12u

static unsigned rounds = 20000; /* of vCPU 0 */
static atomic_bool over;

struct thread {
    pthread_t id;
    unsigned vcpu;
    uint64_t random;
    unsigned long answers, silent, illegal, codes[4];
};

static unsigned pick(struct thread *t, unsigned n)
{
    t->random = t->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(t->random >> 33) % n;
}

static uint64_t page(struct thread *t)
{
    return PAGE(POOL_FIRST + pick(t, POOL));
}

/* Between any two instructions another vCPU may have its turn. */
static void yield(enum fake_snp_op op, uint64_t gpa)
{
    static atomic_uint turns;

    if (((atomic_fetch_add(&turns, 1) * 2654435761u) >> 16 & 3) == (unsigned)op % 4 && gpa != 1) {
        (void)sched_yield();
    }
}

static void count(struct thread *t, uint32_t result)
{
    bool legal = result == SVSM_SUCCESS ||
                 (result >= SVSM_ERR_INCOMPLETE && result <= SVSM_ERR_BUSY) ||
                 (result >= SVSM_ERR_PROTOCOL_BASE && result <= SVSM_ERR_CORE_UNEXPECTED);

    if (result == UINT32_MAX) {
        t->silent++; /* this vCPU has no save area just now */
        (void)usleep(100);
        return;
    }
    t->answers++;
    t->illegal += !legal;
    t->codes[result == SVSM_SUCCESS ? 0 : result == SVSM_ERR_BUSY ? 1 : 2]++;
}

static uint32_t validate(struct thread *t)
{
    uint64_t list = PAGE(90 + t->vcpu);
    uint64_t entries[4];

    for (unsigned i = 0; i < 4; i++) {
        entries[i] = page(t) | pick(t, 2) << 2 | (pick(t, 4) ? SVSM_ENTRY_IGNORE_CF : 0);
    }
    if (pick(t, 16) == 0) {
        entries[0] = LARGE | SNP_PAGE_2M | pick(t, 4) << 2;
    }
    fixture_list(list, 4, 0, entries);
    return fixture_core(t->vcpu, SVSM_CORE_PVALIDATE, list, 0, 0);
}

static uint32_t create(struct thread *t)
{
    struct vmsa vmsa = {
        .vmpl = SNP_IMAGE_GUEST_VMPL, .efer = SNP_EFER_SVME, .sev_features = FEATURES};
    uint64_t area = page(t);

    (void)fake_snp_guest_write(t->vcpu, area, &vmsa, sizeof(vmsa));
    return fixture_create(t->vcpu, 1 + pick(t, FAKE_SNP_VCPUS - 1), area, page(t));
}

static void *run(void *of)
{
    struct thread *t = of;

    /* vCPU 0 never loses its save area, and makes new ones for the others. */
    for (unsigned i = 0; t->vcpu == 0 ? i < rounds : !atomic_load(&over); i++) {
        switch (pick(t, 10)) {
        case 0:
        case 1:
        case 2:
            count(t, validate(t));
            break;
        case 3:
        case 4:
            count(t, create(t));
            break;
        case 5:
        case 6:
        case 7:
            count(t, fixture_core(t->vcpu, SVSM_CORE_DELETE_VCPU, page(t), 0, 0));
            break;
        case 8:
            count(t, fixture_core(t->vcpu, SVSM_CORE_REMAP_CA, page(t), 0, 0));
            break;
        default:
            (void)fake_snp_guest_write(t->vcpu, page(t), "stale", 5);
        }
    }
    if (t->vcpu == 0) {
        atomic_store(&over, true);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct thread threads[FAKE_SNP_VCPUS] = {0};
    struct thread all = {0};
    const char *wrong = NULL;

    rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : rounds;
    fixture_boot();
    fake_snp_hook = yield;
    for (unsigned i = 0; i < FAKE_SNP_VCPUS; i++) {
        threads[i].vcpu = i;
        threads[i].random = i * 77 + 1;
        if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0) {
            perror("pthread_create");
            return 2;
        }
    }
    for (unsigned i = 0; i < FAKE_SNP_VCPUS; i++) {
        (void)pthread_join(threads[i].id, NULL);
        all.answers += threads[i].answers;
        all.silent += threads[i].silent;
        all.illegal += threads[i].illegal;
        all.codes[0] += threads[i].codes[0];
        all.codes[1] += threads[i].codes[1];
    }
    wrong = fixture_check();
    if (wrong == NULL && (all.illegal != 0 || all.codes[0] < rounds / 10)) {
        wrong =
            all.illegal != 0 ? "an answer that the protocol does not know" : "hardly any success";
    }
    printf("%s guest-threads answers=%lu successes=%lu busy=%lu silent=%lu%s%s\n",
           wrong ? "not ok" : "ok", all.answers, all.codes[0], all.codes[1], all.silent,
           wrong ? " - " : "", wrong ? wrong : "");
    return wrong != NULL;
}
