/* SPDX-License-Identifier: MIT */
#include "guest.h"
#include "memory.h"
#include "state.h"
#include <string.h>

#define CR0_WP (UINT64_C(1) << 16)
#define CR4_PSE (UINT64_C(1) << 4)
#define CR4_LA57 (UINT64_C(1) << 12)
#define EFER_LMA (UINT64_C(1) << 10)
#define EFER_NXE (UINT64_C(1) << 11)
#define ATTRIB_LONG 0x200u

#define PTE_PRESENT UINT64_C(0x01)
#define PTE_WRITE UINT64_C(0x02)
#define PTE_USER UINT64_C(0x04)
#define PTE_ACCESSED UINT64_C(0x20)
#define PTE_DIRTY UINT64_C(0x40)
#define PTE_LARGE UINT64_C(0x80)
#define PTE_NX (UINT64_C(1) << 63)
#define PTE_GLOBAL UINT64_C(0x100)
#define PTE_KEY (UINT64_C(0xf) << 59)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

#define PF_PRESENT 0x01u
#define PF_WRITE 0x02u
#define PF_USER 0x04u
#define PF_RESERVED 0x08u
#define PF_FETCH 0x10u

/* How the tables of a mode look. */
struct geometry {
    unsigned levels;
    unsigned bits; /* of an index */
    unsigned size; /* of an entry */
    bool pointers; /* the uppermost level is PAE's four pointers, which have no rights */
};

struct walk {
    const struct level *level;
    struct guest_mode mode;
    struct guest_fault *fault;
    struct geometry geometry;
    uint64_t va;
    uint64_t rights; /* PTE_WRITE and PTE_USER of all levels so far */
    bool no_execute;
};

bool guest_long(const struct vmsa *vmsa)
{
    return vmsa->efer & EFER_LMA;
}

bool guest_long64(const struct vmsa *vmsa)
{
    return guest_long(vmsa) && (vmsa->cs.attrib & ATTRIB_LONG);
}

static struct geometry geometry_of(const struct vmsa *vmsa)
{
    if (guest_long(vmsa)) {
        return (struct geometry){.levels = vmsa->cr4 & CR4_LA57 ? 5 : 4, .bits = 9, .size = 8};
    }
    if (vmsa->cr4 & STATE_CR4_PAE) {
        return (struct geometry){.levels = 3, .bits = 9, .size = 8, .pointers = true};
    }
    return (struct geometry){.levels = 2, .bits = 10, .size = 4};
}

static enum guest_result page_fault(const struct walk *walk, uint32_t cause)
{
    walk->fault->va = walk->va;
    walk->fault->error = cause | (walk->mode.write ? PF_WRITE : 0) |
                         (walk->mode.user ? PF_USER : 0) |
                         (walk->mode.fetch && walk->no_execute ? PF_FETCH : 0);
    return GUEST_PAGE_FAULT;
}

/* Nearly every access is to such a page; the rules are asked about all others. */
static bool plainly_allowed(const struct rmp_access *access)
{
    const uint8_t state = RMP_ASSIGNED | RMP_VALIDATED;
    const struct rmp_entry *entry = rmp_entry_of(&machine.rmp, access->frame);

    return entry != NULL && access->private &&
           (entry->flags & (state | RMP_IMMUTABLE | RMP_VMSA)) == state &&
           entry->asid == access->asid && entry->gpa == (access->gpa & ~(PAGE_SIZE - 1)) &&
           entry->perms[access->vmpl] == SNP_PERM_ALL;
}

/* One access of the CPU to a guest-physical address; NULL: refused, fault says why. */
static void *checked(const struct level *level, uint64_t gpa, bool private, struct guest_mode mode,
                     struct guest_fault *fault)
{
    fault->access = (struct rmp_access){
        .gpa = gpa,
        .frame = memory_frame(gpa),
        .asid = machine.launch->asid,
        .vmpl = level->vmpl,
        .private = private || mode.fetch,
        .write = mode.write,
        .fetch = mode.fetch,
        .user = mode.user,
    };
    if (!plainly_allowed(&fault->access)) {
        fault->verdict = rmp_access(&machine.rmp, &fault->access, &fault->rule);
        if (fault->verdict != RMP_OK) {
            return NULL;
        }
    }
    return (uint8_t *)memory_at(fault->access.frame << PAGE_SHIFT) + gpa % PAGE_SIZE;
}

/* Walks count as writes, as in nested paging, whether or not a bit is set in the end. */
static void *entry_at(const struct walk *walk, uint64_t table, unsigned level)
{
    const struct geometry *g = &walk->geometry;
    uint64_t index = walk->va >> (PAGE_SHIFT + g->bits * level) & ((1u << g->bits) - 1);
    struct guest_mode mode = {.write = true};

    if (g->pointers && level == 2) {
        index &= 3;
    }
    return checked(walk->level, table + index * g->size, true, mode, walk->fault);
}

static uint64_t entry_read(const struct walk *walk, const void *at)
{
    uint64_t entry = 0;

    memcpy(&entry, at, walk->geometry.size);
    return entry;
}

/* Accessed and dirty bits, where the entry still is what was read. False: it has changed. */
static bool entry_mark(const struct walk *walk, void *at, uint64_t entry, uint64_t bits)
{
    uint32_t narrow = (uint32_t)entry;

    if ((entry & bits) == bits) {
        return true;
    }
    /* SAFETY: entries are aligned to their size; other vCPUs may write to them at any time. */
    return walk->geometry.size == 4
               ? __atomic_compare_exchange_n((uint32_t *)at, &narrow, narrow | (uint32_t)bits,
                                             false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
               : __atomic_compare_exchange_n((uint64_t *)at, &entry, entry | bits, false,
                                             __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool is_leaf(const struct walk *walk, uint64_t entry, unsigned level)
{
    if (level == 0) {
        return true;
    }
    if (!(entry & PTE_LARGE) || level > 2 || (walk->geometry.pointers && level == 2)) {
        return false;
    }
    return walk->geometry.size == 8 || (walk->level->vmsa->cr4 & CR4_PSE);
}

static bool has_reserved(const struct walk *walk, uint64_t entry)
{
    uint64_t mask = PTE_ADDRESS & ~((UINT64_C(1) << machine.limits.phys_bits) - 1);

    if (walk->geometry.size == 4) {
        return false;
    }
    return (entry & mask) || ((entry & PTE_NX) && !(walk->level->vmsa->efer & EFER_NXE));
}

/* What the access demands of all entries together. */
static bool allowed(const struct walk *walk)
{
    const struct guest_mode *mode = &walk->mode;
    bool forced = mode->user || (walk->level->vmsa->cr0 & CR0_WP);

    if (mode->user && !(walk->rights & PTE_USER)) {
        return false;
    }
    if (mode->write && forced && !(walk->rights & PTE_WRITE)) {
        return false;
    }
    return !(mode->fetch && walk->no_execute);
}

static void finish(const struct walk *walk, uint64_t entry, unsigned level, struct guest_page *page)
{
    uint64_t offset_mask = (UINT64_C(1) << (PAGE_SHIFT + walk->geometry.bits * level)) - 1;
    uint64_t address = entry & PTE_ADDRESS & ~machine.cbit;

    page->gpa = (address & ~offset_mask) | (walk->va & offset_mask);
    page->private = walk->geometry.size == 4 || (entry & machine.cbit);
    page->large = level > 0;
    page->shift = PAGE_SHIFT + walk->geometry.bits * level;
    page->rights = (walk->rights & (PTE_WRITE | PTE_USER)) | (walk->no_execute ? PTE_NX : 0) |
                   (entry & (PTE_GLOBAL | PTE_KEY));
    page->dirty = walk->mode.write || (entry & PTE_DIRTY);
    page->frame = memory_frame(page->gpa);
}

/* What an entry of this level allows, together with those above it; *done if it is the leaf. */
static enum guest_result judge(struct walk *walk, uint64_t entry, unsigned level, bool pointer,
                               bool *done)
{
    if (!(entry & PTE_PRESENT)) {
        return page_fault(walk, 0);
    }
    if (has_reserved(walk, entry)) {
        return page_fault(walk, PF_PRESENT | PF_RESERVED);
    }
    if (!pointer) {
        walk->rights &= entry;
        walk->no_execute |= walk->geometry.size == 8 && (entry & PTE_NX);
    }
    *done = is_leaf(walk, entry, level);
    return *done && !allowed(walk) ? page_fault(walk, PF_PRESENT) : GUEST_OK;
}

/* One level; *done if that was the leaf. *table goes to the next table. */
static enum guest_result step(struct walk *walk, uint64_t *table, unsigned level,
                              struct guest_page *page, bool *done)
{
    bool pointer = walk->geometry.pointers && level == 2;
    void *at = entry_at(walk, *table, level);
    const struct walk before = *walk;
    uint64_t entry, bits;

    if (at == NULL) {
        return GUEST_NESTED;
    }
    do { /* as the CPU: an entry that changes meanwhile is looked at anew */
        *walk = before;
        entry = entry_read(walk, at);
        enum guest_result result = judge(walk, entry, level, pointer, done);
        if (result != GUEST_OK) {
            return result;
        }
        bits = PTE_ACCESSED | (*done && walk->mode.write ? PTE_DIRTY : 0);
    } while (!pointer && !entry_mark(walk, at, entry, bits));
    if (*done) {
        finish(walk, entry, level, page);
    }
    *table = entry & PTE_ADDRESS & ~machine.cbit;
    return GUEST_OK;
}

enum guest_result guest_walk(const struct level *level, uint64_t va, struct guest_mode mode,
                             struct guest_page *page, struct guest_fault *fault)
{
    const struct vmsa *vmsa = level->vmsa;
    bool done = false;

    if (!guest_long(vmsa)) {
        va = (uint32_t)va;
    }
    if (!(vmsa->cr0 & STATE_CR0_PG)) {
        *page = (struct guest_page){.gpa = va, .frame = memory_frame(va), .private = true};
        return GUEST_OK;
    }
    struct walk walk = {.level = level,
                        .mode = mode,
                        .fault = fault,
                        .va = va,
                        .geometry = geometry_of(vmsa),
                        .rights = PTE_WRITE | PTE_USER};
    uint64_t table = vmsa->cr3 & PTE_ADDRESS & ~machine.cbit;
    if (walk.geometry.pointers) {
        table = vmsa->cr3 & UINT64_C(0xffffffe0);
    }
    for (unsigned i = walk.geometry.levels; i > 0 && !done; i--) {
        enum guest_result result = step(&walk, &table, i - 1, page, &done);
        if (result != GUEST_OK) {
            return result;
        }
    }
    return done ? GUEST_OK : GUEST_NESTED; /* the lowest level is a leaf always */
}

enum guest_result guest_check(const struct level *level, const struct guest_page *page,
                              struct guest_mode mode, struct guest_fault *fault)
{
    return checked(level, page->gpa, page->private, mode, fault) != NULL ? GUEST_OK : GUEST_NESTED;
}

enum guest_result guest_copy(const struct level *level, uint64_t va, void *bytes, uint64_t size,
                             struct guest_mode mode, struct guest_fault *fault)
{
    uint8_t *at = bytes;

    while (size > 0) {
        struct guest_page page;
        enum guest_result result = guest_walk(level, va, mode, &page, fault);
        if (result != GUEST_OK) {
            return result;
        }
        uint8_t *memory = checked(level, page.gpa, page.private, mode, fault);
        if (memory == NULL) {
            return GUEST_NESTED;
        }
        uint64_t left = PAGE_SIZE - page.gpa % PAGE_SIZE;
        uint64_t now = size < left ? size : left;
        if (mode.write) {
            memcpy(memory, at, now);
        } else {
            memcpy(at, memory, now);
        }
        at += now;
        va += now;
        size -= now;
    }
    return GUEST_OK;
}

static uint64_t code_address(const struct vmsa *vmsa)
{
    return guest_long64(vmsa) ? vmsa->rip : (uint32_t)(vmsa->cs.base + vmsa->rip);
}

bool guest_executes(struct level *level, const uint8_t *bytes, unsigned count)
{
    const struct vmsa *vmsa = level->vmsa;
    struct guest_code *code = &level->code;
    uint64_t at = code_address(vmsa);
    uint64_t offset = at % PAGE_SIZE;
    struct guest_mode mode = {.fetch = true, .user = vmsa->cpl == 3};
    struct guest_page page;
    struct guest_fault fault;

    if (offset > PAGE_SIZE - count) {
        return false;
    }
    if (code->cr3 != vmsa->cr3 || code->page != at - offset || code->bytes == NULL) {
        code->bytes = NULL;
        if (guest_walk(level, at, mode, &page, &fault) != GUEST_OK) {
            return false;
        }
        code->bytes = checked(level, page.gpa - offset, page.private, mode, &fault);
        code->cr3 = vmsa->cr3;
        code->page = at - offset;
    }
    return code->bytes != NULL && memcmp(code->bytes + offset, bytes, count) == 0;
}

enum guest_result guest_instruction(const struct level *level, uint8_t *bytes, unsigned count,
                                    unsigned *had, struct guest_fault *fault)
{
    const struct vmsa *vmsa = level->vmsa;
    uint64_t at = code_address(vmsa);
    struct guest_mode mode = {.fetch = true, .user = vmsa->cpl == 3};
    uint64_t left = PAGE_SIZE - at % PAGE_SIZE;
    unsigned first = left < count ? (unsigned)left : count;
    enum guest_result result = guest_copy(level, at, bytes, first, mode, fault);
    struct guest_fault ignored;

    *had = 0;
    if (result != GUEST_OK) {
        return result;
    }
    *had = first;
    if (first < count &&
        guest_copy(level, at + first, bytes + first, count - first, mode, &ignored) == GUEST_OK) {
        *had = count;
    }
    return GUEST_OK;
}

uint8_t *guest_code_at(const struct level *level)
{
    struct guest_mode mode = {.fetch = true, .user = level->vmsa->cpl == 3};
    struct guest_page page;
    struct guest_fault fault;

    if (guest_walk(level, code_address(level->vmsa), mode, &page, &fault) != GUEST_OK) {
        return NULL;
    }
    return checked(level, page.gpa, page.private, mode, &fault);
}
