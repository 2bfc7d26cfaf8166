/* SPDX-License-Identifier: MIT */
/*
 * See fake_snp.h. The lock is one that a race detector does not see (this file is built without
 * it), so that what is found between two operations is not hidden by them.
 */
#include "fake_snp.h"
#include "sanitizer.h"
#include <sched.h>
#include <stdalign.h>

#define LARGE_PAGES (SNP_SIZE_2M / SNP_SIZE_4K)
#define TLB_ENTRIES 64u
#define EFER_OFFSET offsetof(struct vmsa, efer)

struct place {
    struct fake_snp_page sides[2];
    unsigned side;
    const struct fake_snp_page *looked; /* VMPL0 read it last; NULL: written to since */
};

struct translation {
    struct fake_snp_page *page; /* NULL: empty */
    uint64_t number;
    unsigned cpu;
    uint8_t perms;
};

static struct place guest[FAKE_SNP_PAGES], own[FAKE_SNP_OWN];
static alignas(SNP_SIZE_4K) uint8_t memory[2 * (FAKE_SNP_PAGES + FAKE_SNP_OWN)][SNP_SIZE_4K];
/* A mapped save area is there: what is used after its end is found by ASan. */
static alignas(SNP_SIZE_4K) uint8_t windows[SNP_VMSA_SLOTS][SNP_SIZE_4K];
static struct translation tlb[TLB_ENTRIES];
static unsigned tlb_next;
static struct fake_snp_page *slots[SNP_VMSA_SLOTS];
static unsigned counts[FAKE_SNP_OPS], kicks[FAKE_SNP_VCPUS];
static struct {
    unsigned after; /* operations until it fails; 0: never */
    uint32_t eax;
} failures[FAKE_SNP_OPS];
static const char *breach;
static unsigned char locked;

void (*fake_snp_hook)(enum fake_snp_op op, uint64_t gpa);

static void lock(void)
{
    while (__atomic_test_and_set(&locked, __ATOMIC_ACQUIRE)) {
        (void)sched_yield();
    }
}

static void unlock(void)
{
    __atomic_clear(&locked, __ATOMIC_RELEASE);
}

static void expect(bool good, const char *what)
{
    if (!good && breach == NULL) {
        breach = what;
    }
}

const char *fake_snp_breach(void)
{
    return breach;
}

static void forget(struct place *place, size_t number, bool is_own)
{
    for (unsigned i = 0; i < 2; i++) {
        place->sides[i] = (struct fake_snp_page){.assigned = true,
                                                 .validated = is_own && i == 0,
                                                 .large = !is_own && i == 0,
                                                 .clean = is_own,
                                                 .fill = is_own ? 0 : FAKE_SNP_POISON,
                                                 .memory = memory[2 * number + i]};
        place->sides[i].perms[0] = SNP_PERM_ALL;
    }
    place->side = 0;
    place->looked = NULL;
}

void fake_snp_reset(void)
{
    for (size_t i = 0; i < FAKE_SNP_PAGES; i++) {
        forget(&guest[i], i, false);
        guest[i].sides[0].large = i < FAKE_SNP_PAGES / LARGE_PAGES * LARGE_PAGES;
    }
    for (size_t i = 0; i < FAKE_SNP_OWN; i++) {
        forget(&own[i], FAKE_SNP_PAGES + i, true);
    }
    memset(tlb, 0, sizeof(tlb));
    memset(slots, 0, sizeof(slots));
    ASAN_POISON_MEMORY_REGION(windows, sizeof(windows));
    memset(counts, 0, sizeof(counts));
    memset(kicks, 0, sizeof(kicks));
    memset(failures, 0, sizeof(failures));
    breach = NULL;
    fake_snp_hook = NULL;
}

static struct place *place_of(uint64_t gpa)
{
    uint64_t number = gpa / SNP_SIZE_4K;
    uint64_t first = SNP_IMAGE_BASE / SNP_SIZE_4K;

    if (number < FAKE_SNP_PAGES) {
        return &guest[number];
    }
    return number >= first && number - first < FAKE_SNP_OWN ? &own[number - first] : NULL;
}

struct fake_snp_page *fake_snp_page(uint64_t gpa)
{
    struct place *place = place_of(gpa);

    return place ? &place->sides[place->side] : NULL;
}

static bool is_own(uint64_t gpa)
{
    return gpa >= SNP_IMAGE_BASE;
}

/* Its bytes, made when first needed. */
static uint8_t *bytes_of(struct fake_snp_page *page)
{
    if (page->bytes == NULL) {
        page->bytes = page->memory;
        for (size_t i = 0; i < SNP_SIZE_4K; i++) {
            page->bytes[i] = page->fill;
        }
    }
    return page->bytes;
}

static void copy(volatile uint8_t *dst, const volatile uint8_t *src, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        dst[i] = src[i];
    }
}

uint8_t fake_snp_peek(uint64_t gpa)
{
    uint8_t byte = 0;

    lock();
    byte = bytes_of(fake_snp_page(gpa))[gpa % SNP_SIZE_4K];
    unlock();
    return byte;
}

void fake_snp_poke(uint64_t gpa, const void *src, size_t size)
{
    lock();
    copy(bytes_of(fake_snp_page(gpa)) + gpa % SNP_SIZE_4K, src, size);
    unlock();
}

static void smash(uint64_t gpa)
{
    uint64_t first = gpa / SNP_SIZE_2M * LARGE_PAGES;

    if (gpa / SNP_SIZE_4K >= FAKE_SNP_PAGES || !guest[gpa / SNP_SIZE_4K].sides[0].large) {
        return;
    }
    for (uint64_t i = first; i < first + LARGE_PAGES && i < FAKE_SNP_PAGES; i++) {
        guest[i].sides[0].large = false;
        guest[i].sides[1].large = false;
    }
}

void fake_snp_launch(uint64_t gpa, const void *src, size_t size)
{
    struct fake_snp_page *page = fake_snp_page(gpa);

    smash(gpa);
    page->fill = 0;
    page->validated = true;
    page->clean = true;
    copy(bytes_of(page), src, size);
}

/* The host may do this in the middle of an operation of ours: the hook has no lock. */
void fake_snp_take(uint64_t gpa)
{
    struct fake_snp_page *page = fake_snp_page(gpa);

    lock();
    smash(gpa);
    page->assigned = false;
    page->validated = false;
    page->vmsa = false;
    page->clean = false;
    for (unsigned i = 1; i < SNP_VMPLS; i++) {
        page->perms[i] = 0;
    }
    unlock();
}

void fake_snp_give(uint64_t gpa)
{
    struct fake_snp_page *page = fake_snp_page(gpa);

    lock();
    page->assigned = true;
    unlock();
}

void fake_snp_exchange(uint64_t gpa)
{
    lock();
    smash(gpa);
    place_of(gpa)->side ^= 1;
    unlock();
}

void fake_snp_smash(uint64_t gpa)
{
    lock();
    smash(gpa);
    unlock();
}

void fake_snp_run(uint64_t gpa, bool running)
{
    fake_snp_page(gpa)->running = running;
}

void fake_snp_fail(enum fake_snp_op op, unsigned n, uint32_t eax)
{
    failures[op].after = n + 1;
    failures[op].eax = eax;
}

unsigned fake_snp_count(enum fake_snp_op op)
{
    return counts[op];
}

unsigned fake_snp_kicks(uint32_t vcpu)
{
    return __atomic_load_n(&kicks[vcpu], __ATOMIC_RELAXED);
}

/* VMPL0 has read the page there, or (NULL) it is written to. */
static void looked_at(uint64_t gpa, const struct fake_snp_page *page)
{
    struct place *place = place_of(gpa);

    if (place != NULL) {
        place->looked = page;
    }
}

/* Whatever is done to an address, the host must have no choice of the page that it is done to. */
static void expect_one(uint64_t gpa)
{
    const struct place *place = place_of(gpa);

    expect(place == NULL || !place->sides[0].validated || !place->sides[1].validated,
           "two validated pages for one address");
}

/* Each operation begins with it, and then has the lock. Not 0: it fails like this. */
static uint32_t begin(enum fake_snp_op op, uint64_t gpa)
{
    uint32_t eax = 0;

    if (fake_snp_hook) {
        fake_snp_hook(op, gpa);
    }
    lock();
    counts[op]++;
    if (failures[op].after != 0 && --failures[op].after == 0) {
        eax = failures[op].eax;
    }
    return eax;
}

/* How many pages an instruction is about; 0: the sizes do not match, which *eax then says. */
static uint64_t sized(uint64_t gpa, unsigned size, uint32_t *eax)
{
    uint64_t pages = size == SNP_PAGE_2M ? LARGE_PAGES : 1;

    expect(size <= SNP_PAGE_2M && gpa % (pages * SNP_SIZE_4K) == 0, "a page that is not aligned");
    expect(fake_snp_page(gpa) != NULL && fake_snp_page(gpa + (pages - 1) * SNP_SIZE_4K) != NULL,
           "an address where nothing is");
    for (uint64_t i = 0; i < pages; i++) {
        expect_one(gpa + i * SNP_SIZE_4K);
    }
    if (breach != NULL) {
        *eax = SNP_FAIL_INPUT;
        return 0;
    }
    if (!fake_snp_page(gpa)->assigned) {
        *eax = SNP_GONE;
        return 0;
    }
    if (size == SNP_PAGE_2M && !fake_snp_page(gpa)->large) {
        *eax = SNP_FAIL_SIZEMISMATCH;
        return 0;
    }
    if (size == SNP_PAGE_4K) {
        smash(gpa); /* as the host does it, unseen */
    }
    return pages;
}

uint32_t snp_pvalidate(gpa_t page, unsigned size, bool validate, bool *unchanged)
{
    uint32_t eax = begin(FAKE_SNP_PVALIDATE, page.value);
    uint64_t pages = eax == 0 ? sized(page.value, size, &eax) : 0;

    expect(!is_own(page.value), "PVALIDATE of a page of VMPL0");
    *unchanged = false;
    for (uint64_t i = 0; i < pages; i++) {
        struct fake_snp_page *p = fake_snp_page(page.value + i * SNP_SIZE_4K);
        *unchanged = p->validated == validate;
        if (*unchanged) {
            continue;
        }
        expect(!p->vmsa, "PVALIDATE of a save area");
        expect(validate || (p->perms[2] | p->perms[3]) == 0, "rescinded with rights to it");
        p->validated = validate;
        p->clean = false;
    }
    unlock();
    return eax;
}

static uint32_t adjust_one(uint64_t gpa, uint64_t rdx)
{
    struct fake_snp_page *p = fake_snp_page(gpa);
    bool vmsa = (rdx & SNP_RMPADJUST_VMSA) != 0;
    unsigned perm = snp_rmpadjust_perm(rdx);

    if (!p->validated) {
        return SNP_GONE;
    }
    expect(!p->running || vmsa, "a save area is given away while a CPU runs it");
    expect(!vmsa || place_of(gpa)->looked == p, "a save area that was not looked at as it is");
    expect(perm == 0 || p->clean, "granted without having been cleared");
    expect(perm == 0 || !is_own(gpa), "a right to a page of VMPL0");
    expect(perm == 0 || snp_rmpadjust_vmpl(rdx) == SNP_IMAGE_GUEST_VMPL,
           "a right of another level");
    p->perms[snp_rmpadjust_vmpl(rdx)] = (uint8_t)perm;
    p->vmsa = vmsa;
    for (unsigned i = 1; i < SNP_VMPLS; i++) {
        expect(!vmsa || (p->perms[i] & ~SNP_PERM_READ) == 0, "a save area that can be written");
    }
    return SNP_SUCCESS;
}

uint32_t snp_adjust(gpa_t page, unsigned size, uint64_t rdx)
{
    uint32_t eax = begin(FAKE_SNP_ADJUST, page.value);
    uint64_t pages = eax == 0 ? sized(page.value, size, &eax) : 0;

    expect((rdx & SNP_RMPADJUST_RESERVED) == 0 && snp_rmpadjust_vmpl(rdx) < SNP_VMPLS &&
               snp_rmpadjust_vmpl(rdx) != 0,
           "RMPADJUST of what is not there");
    for (uint64_t i = 0; i < pages && breach == NULL && eax == 0; i++) {
        eax = adjust_one(page.value + i * SNP_SIZE_4K, rdx);
    }
    unlock();
    return eax;
}

/* The page of a copy, or NULL. */
static struct fake_snp_page *copied(gpa_t gpa, size_t size, bool write)
{
    struct fake_snp_page *p = fake_snp_page(gpa.value);

    expect(size != 0 && size <= SNP_SIZE_4K - gpa.value % SNP_SIZE_4K, "a copy beyond its page");
    expect(p != NULL, "a copy where nothing is");
    expect_one(gpa.value);
    expect(!write || p == NULL || !p->vmsa, "a save area is written as the guest's memory");
    expect(!write || !is_own(gpa.value), "a page of VMPL0 is written as the guest's memory");
    if (breach != NULL || !p->assigned || !p->validated) {
        return NULL;
    }
    looked_at(gpa.value, write ? NULL : p);
    return p;
}

bool snp_read(void *dst, gpa_t src, size_t size)
{
    uint32_t fails = begin(FAKE_SNP_READ, src.value);
    struct fake_snp_page *p = fails == 0 ? copied(src, size, false) : NULL;

    if (p != NULL) {
        copy(dst, bytes_of(p) + src.value % SNP_SIZE_4K, size);
    }
    unlock();
    return p != NULL;
}

bool snp_write(gpa_t dst, const void *src, size_t size)
{
    uint32_t fails = begin(FAKE_SNP_WRITE, dst.value);
    struct fake_snp_page *p = fails == 0 ? copied(dst, size, true) : NULL;

    if (p != NULL) {
        copy(bytes_of(p) + dst.value % SNP_SIZE_4K, src, size);
    }
    unlock();
    return p != NULL;
}

bool snp_clear(gpa_t page, unsigned size)
{
    uint32_t eax = begin(FAKE_SNP_CLEAR, page.value);
    uint64_t pages = size == SNP_PAGE_2M ? LARGE_PAGES : 1;

    for (uint64_t i = 0; i < pages && eax == 0; i++) {
        gpa_t at = {page.value + i * SNP_SIZE_4K};
        struct fake_snp_page *p = copied(at, SNP_SIZE_4K, true);
        if (p == NULL) {
            eax = SNP_GONE;
            break;
        }
        p->bytes = NULL;
        p->fill = 0;
        p->clean = true;
    }
    unlock();
    return eax == 0;
}

bool snp_exchange_byte(gpa_t at, uint8_t value, uint8_t *old)
{
    uint32_t fails = begin(FAKE_SNP_EXCHANGE, at.value);
    struct fake_snp_page *p = fails == 0 ? copied(at, 1, true) : NULL;

    if (p != NULL) {
        uint8_t *byte = bytes_of(p) + at.value % SNP_SIZE_4K;
        *old = *byte;
        *byte = value;
    }
    unlock();
    return p != NULL;
}

void snp_flush_guests(void)
{
    (void)begin(FAKE_SNP_FLUSH, 0);
    for (size_t i = 0; i < TLB_ENTRIES; i++) {
        tlb[i].page = NULL;
    }
    unlock();
}

static void move(struct fake_snp_page *page, uint8_t *to)
{
    copy(to, bytes_of(page), SNP_SIZE_4K);
    page->bytes = to;
}

struct vmsa *snp_vmsa_map(uint32_t slot, gpa_t page)
{
    uint32_t fails = begin(FAKE_SNP_MAP, page.value);
    struct fake_snp_page *p = fake_snp_page(page.value);
    struct vmsa *vmsa = NULL;

    expect(p != NULL && slot < SNP_VMSA_SLOTS && slots[slot] == NULL, "a slot that is in use");
    expect_one(page.value);
    if (fails == 0 && breach == NULL && p->validated) {
        expect(p->vmsa, "mapped, but no save area");
        ASAN_UNPOISON_MEMORY_REGION(windows[slot], SNP_SIZE_4K);
        move(p, windows[slot]);
        slots[slot] = p;
        vmsa = (struct vmsa *)p->bytes;
    }
    unlock();
    return vmsa;
}

void snp_vmsa_unmap(uint32_t slot)
{
    lock();
    expect(slot < SNP_VMSA_SLOTS && slots[slot] != NULL, "unmapped, but was not mapped");
    if (breach == NULL) {
        move(slots[slot], slots[slot]->memory);
        slots[slot] = NULL;
        ASAN_POISON_MEMORY_REGION(windows[slot], SNP_SIZE_4K);
    }
    unlock();
}

static struct fake_snp_page *mapped(const struct vmsa *vmsa)
{
    for (size_t i = 0; i < SNP_VMSA_SLOTS; i++) {
        if (slots[i] != NULL && slots[i]->bytes == (const uint8_t *)vmsa) {
            return slots[i];
        }
    }
    expect(false, "a save area that is not mapped");
    return NULL;
}

bool snp_vmsa_stop(struct vmsa *vmsa)
{
    uint32_t fails = begin(FAKE_SNP_STOP, 0);
    struct fake_snp_page *p = mapped(vmsa);
    bool stopped = fails == 0 && p != NULL && !p->running;

    if (stopped) {
        vmsa->efer &= ~SNP_EFER_SVME;
    }
    unlock();
    return stopped;
}

void snp_vmsa_start(struct vmsa *vmsa)
{
    lock();
    if (mapped(vmsa) != NULL) {
        vmsa->efer |= SNP_EFER_SVME;
    }
    unlock();
}

bool snp_vcpu_of_apic(uint32_t apic_id, uint32_t *vcpu)
{
    *vcpu = apic_id / 2;
    return apic_id % 2 == 0 && apic_id / 2 < FAKE_SNP_VCPUS;
}

void snp_kick(uint32_t vcpu)
{
    __atomic_fetch_add(&kicks[vcpu], 1, __ATOMIC_RELAXED);
}

/* What the CPU's TLB says, filled where it says nothing; the lock is held. */
static struct translation *translate(unsigned cpu, uint64_t gpa)
{
    uint64_t number = gpa / SNP_SIZE_4K;
    struct fake_snp_page *p = fake_snp_page(gpa);
    struct translation *t = NULL;

    for (size_t i = 0; i < TLB_ENTRIES; i++) {
        if (tlb[i].page != NULL && tlb[i].cpu == cpu && tlb[i].number == number) {
            return &tlb[i];
        }
    }
    if (p == NULL || !p->assigned || !p->validated || p->perms[SNP_IMAGE_GUEST_VMPL] == 0) {
        return NULL;
    }
    t = &tlb[tlb_next++ % TLB_ENTRIES];
    *t = (struct translation){p, number, cpu, p->perms[SNP_IMAGE_GUEST_VMPL]};
    return t;
}

bool fake_snp_guest_write(unsigned cpu, uint64_t gpa, const void *src, size_t size)
{
    struct translation *t = NULL;
    bool may = false;

    lock();
    t = translate(cpu, gpa);
    may = t != NULL && (t->perms & SNP_PERM_WRITE) != 0;
    if (may) {
        copy(bytes_of(t->page) + gpa % SNP_SIZE_4K, src, size);
        looked_at(gpa, NULL);
    }
    unlock();
    return may;
}

bool fake_snp_guest_read(unsigned cpu, uint64_t gpa, void *dst, size_t size)
{
    struct translation *t = NULL;
    bool may = false;

    lock();
    t = translate(cpu, gpa);
    may = t != NULL && (t->perms & SNP_PERM_READ) != 0;
    if (may) {
        copy(dst, bytes_of(t->page) + gpa % SNP_SIZE_4K, size);
    }
    unlock();
    return may;
}

void fake_snp_check(void)
{
    for (size_t i = 0; i < 2 * FAKE_SNP_PAGES; i++) {
        const struct fake_snp_page *p = &guest[i / 2].sides[i % 2];
        expect(p->clean || p->perms[SNP_IMAGE_GUEST_VMPL] == 0, "the guest sees what was there");
        expect(!p->vmsa || (p->perms[2] & ~SNP_PERM_READ) == 0, "a save area can be written");
    }
    for (size_t i = 0; i < FAKE_SNP_OWN; i++) {
        const struct fake_snp_page *p = &own[i].sides[own[i].side];
        expect((p->perms[1] | p->perms[2] | p->perms[3]) == 0, "the guest has VMPL0's memory");
    }
}
