/* SPDX-License-Identifier: MIT */
#include "tlb.h"
#include "control.h"
#include "event.h"
#include "guest.h"
#include "memory.h"
#include "nested.h"
#include "operand.h"
#include "state.h"
#include "stop.h"
#include <string.h>
#include <svsm/abi/vmexit.h>

#define VECTOR_PF 14u
#define CR3 3u
#define CR4 4u
#define CR0_WP (UINT64_C(1) << 16)
#define EFER_NXE (UINT64_C(1) << 11)
#define CR4_PGE (UINT64_C(1) << 7)
#define CR4_LA57 (UINT64_C(1) << 12)

#define ENTRY_PRESENT UINT64_C(0x01)
#define ENTRY_WRITE UINT64_C(0x02)
#define ENTRY_USER UINT64_C(0x04)
#define ENTRY_USED UINT64_C(0x60) /* accessed, dirty: the guest's own entry has them */
#define ENTRY_GLOBAL UINT64_C(0x100)
#define ENTRY_LARGE UINT64_C(0x200) /* ours: a part of 2 MiB, */
#define ENTRY_GIB UINT64_C(0x400)   /* or of 1 GiB */
#define ENTRY_KEY (UINT64_C(0xf) << 59)
#define ENTRY_NX (UINT64_C(1) << 63)
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define ENTRIES 512u
#define INDEX_BITS 9
#define SIZE_2M_SHIFT 21
#define SIZE_1G_SHIFT 30

/* Kinds of tables. */
#define KIND_UPPER 0u
#define KIND_LEAF 1u  /* all of its entries are global */
#define KIND_LOCAL 2u /* a leaf with others */

#define PF_PRESENT 0x01u
#define PF_WRITE 0x02u
#define PF_USER 0x04u
#define PF_RESERVED 0x08u
#define PF_FETCH 0x10u
#define INVLPG_OPCODE 0x01u
#define INVLPG_DIGIT 7u
#define LONGEST 15u

static const uint8_t exits[] = {VMEXIT_EXCEPTION + VECTOR_PF, VMEXIT_CR_WRITE + CR3,
                                VMEXIT_CR_WRITE + CR4, VMEXIT_INVLPG};

/* A bit for each frame that some TLB has had since the start: most never were in one. */
static uint8_t *seen;

/* Where nested tables have all of memory: no guest's address has this bit, with a C-bit or without.
 */
static uint64_t all_memory(void)
{
    return machine.cbit >> 1;
}

static uint64_t *entries(const struct tlb *t, uint32_t table)
{
    return memory_at(t->pool + table * PAGE_SIZE);
}

static void make(struct tlb *t)
{
    uint64_t bytes = memory_end();

    t->pool = memory_pages(TLB_TABLES);
    npt_create(&t->nested);
    npt_map_all(&t->nested, all_memory(), bytes);
    if (seen == NULL) {
        seen = memory_at(memory_pages(bytes / PAGE_SIZE / 8 / PAGE_SIZE + 1));
    }
}

/* Without a translation, and with none of its tables but the root in use. */
static void restart(struct tlb *t)
{
    memset(entries(t, 0), 0, t->used * PAGE_SIZE);
    t->used = 1;
    t->kinds[0] = KIND_UPPER;
    t->gib = false;
}

static bool is_kept(const struct vmsa *v)
{
    return machine.launch->tlb == LAUNCH_TLB_KEEP && guest_long(v) && (v->cr0 & STATE_CR0_PG) &&
           (v->cr0 & CR0_WP) && (v->efer & EFER_NXE);
}

static void intercept(struct vmcb_control *control, bool on)
{
    for (unsigned i = 0; i < sizeof(exits); i++) {
        uint32_t *word = &control->intercepts[svm_intercept_word(exits[i])];
        *word &= ~svm_intercept_bit(exits[i]);
        *word |= on ? svm_intercept_bit(exits[i]) : 0;
    }
}

static void place_root(struct tlb *t, uint64_t gpa)
{
    if (gpa != t->root_gpa) {
        npt_map(&t->nested, t->root_gpa, 0, 0);
        npt_map(&t->nested, gpa, t->pool >> PAGE_SHIFT, NPT_READ | NPT_WRITE);
        t->root_gpa = gpa;
    }
}

bool tlb_enter(struct level *level)
{
    const struct vmsa *v = level->vmsa;
    struct tlb *t = &level->vcpu->tlb;
    bool kept = is_kept(v);
    uint32_t levels = v->cr4 & CR4_LA57 ? 5 : 4;

    if (machine.launch->tlb != LAUNCH_TLB_KEEP) {
        return false;
    }
    intercept(&level->vmcb->control, kept);
    if (!kept) {
        t->owner = NULL;
        return false;
    }
    if (t->pool == 0) {
        make(t);
    }
    if (t->owner != level || t->levels != levels) {
        t->owner = level;
        t->levels = levels;
        restart(t);
    }
    place_root(t, v->cr3 & ENTRY_ADDRESS);
    level->vmcb->control.n_cr3 = t->nested.root;
    return true;
}

void tlb_drop(const struct level *level)
{
    struct tlb *t = &level->vcpu->tlb;

    t->owner = t->owner == level ? NULL : t->owner;
}

/* The table that has the entry of va. False: it is not there, or there is no room to make it. */
static bool find(struct tlb *t, uint64_t va, bool create, uint32_t *table)
{
    *table = 0;
    for (unsigned level = t->levels - 1; level > 0; level--) {
        uint64_t *entry =
            &entries(t, *table)[va >> (PAGE_SHIFT + INDEX_BITS * level) & (ENTRIES - 1)];
        if (*entry == 0) {
            if (!create || t->used == TLB_TABLES) {
                return false;
            }
            t->kinds[t->used] = level == 1 ? KIND_LEAF : KIND_UPPER;
            *entry = (t->pool + t->used * PAGE_SIZE) | all_memory() | ENTRY_PRESENT | ENTRY_WRITE |
                     ENTRY_USER;
            t->used++;
        }
        *table = (uint32_t)(((*entry & ENTRY_ADDRESS & ~all_memory()) - t->pool) >> PAGE_SHIFT);
    }
    return true;
}

static uint64_t *leaf(struct tlb *t, uint32_t table, uint64_t va)
{
    return &entries(t, table)[va >> PAGE_SHIFT & (ENTRIES - 1)];
}

/* A translation as the TLB has it: what the guest's tables and the RMP allow together. */
static uint64_t translation(const struct guest_page *page, unsigned rights, bool write)
{
    bool writable = (page->rights & ENTRY_WRITE) && (rights & NPT_WRITE) && (write || page->dirty);
    bool executable = !(page->rights & ENTRY_NX) && (rights & NPT_EXECUTE);

    return page->frame << PAGE_SHIFT | all_memory() | ENTRY_PRESENT | ENTRY_USED |
           (page->rights & (ENTRY_USER | ENTRY_GLOBAL | ENTRY_KEY)) | (writable ? ENTRY_WRITE : 0) |
           (executable ? 0 : ENTRY_NX) | (page->shift >= SIZE_2M_SHIFT ? ENTRY_LARGE : 0) |
           (page->shift >= SIZE_1G_SHIFT ? ENTRY_GIB : 0);
}

/* False: the TLB had just this, so it is the CPU that refuses the access, by SMAP and its kin. */
static bool fill(struct level *level, uint64_t va, uint64_t entry, uint64_t frame)
{
    struct tlb *t = &level->vcpu->tlb;
    uint32_t table;

    if (!find(t, va, true, &table)) {
        restart(t); /* full */
        if (!find(t, va, true, &table)) {
            stop_emulator("the TLB has no room for one translation");
        }
    }
    if (!(level->vmsa->cr4 & CR4_PGE)) {
        entry &= ~ENTRY_GLOBAL;
    }
    uint64_t *at = leaf(t, table, va);
    bool news = *at != entry;
    *at = entry;
    if (!(entry & ENTRY_GLOBAL)) {
        t->kinds[table] = KIND_LOCAL;
    }
    t->gib |= (entry & ENTRY_GIB) != 0;
    seen[frame / 8] |= (uint8_t)(1u << frame % 8);
    return news;
}

static void inject(struct level *level, uint64_t va, uint32_t error)
{
    level->vmsa->cr2 = va;
    event_exception_error(level, EVENT_PF, error);
}

static void page_fault(struct level *level)
{
    uint32_t error = (uint32_t)level->vmcb->control.exitinfo1;
    uint64_t va = level->vmcb->control.exitinfo2;
    struct guest_mode mode = {
        .write = error & PF_WRITE, .fetch = error & PF_FETCH, .user = error & PF_USER};
    struct guest_page page;
    struct guest_fault fault;
    enum guest_result result = guest_walk(level, va, mode, &page, &fault);

    if (result == GUEST_PAGE_FAULT) {
        uint32_t cause = fault.error & (PF_PRESENT | PF_RESERVED);
        inject(level, va, (error & (PF_WRITE | PF_USER | PF_FETCH)) | cause);
        return;
    }
    if (result == GUEST_OK) {
        result = guest_check(level, &page, mode, &fault);
    }
    if (result == GUEST_NESTED) {
        nested_refused(level, &fault.access, fault.verdict, fault.rule);
        return;
    }
    unsigned rights = nested_rights(level, &fault.access);
    if (mode.fetch && !page.private) { /* a fetch is private whatever its page is, data are not */
        rights &= NPT_READ | NPT_EXECUTE;
    }
    if (!fill(level, va, translation(&page, rights, mode.write), page.frame)) {
        inject(level, va, error);
    }
}

/* Bit 8 says that it is global. */
static void drop(uint64_t *entry, bool global)
{
    *entry = global ? 0 : *entry & -(*entry >> 8 & 1);
}

void tlb_flush(struct vcpu *vcpu, bool global)
{
    struct tlb *t = &vcpu->tlb;

    for (uint32_t i = 0; i < t->used; i++) {
        uint64_t *e = entries(t, i);
        if (t->kinds[i] == KIND_UPPER || (t->kinds[i] == KIND_LEAF && !global)) {
            continue;
        }
        for (unsigned k = 0; k < ENTRIES; k++) {
            drop(&e[k], global);
        }
        t->kinds[i] = KIND_LEAF;
    }
}

/* Parts of larger pages go together. */
static void drop_marked(struct tlb *t, uint32_t table, uint64_t mark, bool global)
{
    uint64_t *e = entries(t, table);

    for (unsigned k = 0; k < ENTRIES; k++) {
        if (e[k] & mark) {
            drop(&e[k], global);
        }
    }
}

static void drop_gib(struct tlb *t, uint64_t va, bool global)
{
    uint64_t start = va >> SIZE_1G_SHIFT << SIZE_1G_SHIFT;
    uint32_t table;

    for (unsigned k = 0; k < ENTRIES; k++) {
        if (find(t, start + ((uint64_t)k << SIZE_2M_SHIFT), false, &table)) {
            drop_marked(t, table, ENTRY_GIB, global);
        }
    }
}

void tlb_flush_page(struct vcpu *vcpu, uint64_t va, bool global)
{
    struct tlb *t = &vcpu->tlb;
    uint32_t table;

    if (t->owner == NULL) {
        return;
    }
    if (find(t, va, false, &table)) {
        drop(leaf(t, table, va), global);
        drop_marked(t, table, ENTRY_LARGE, global);
    }
    if (t->gib) {
        drop_gib(t, va, global);
    }
}

static bool was_seen(uint64_t frame, uint64_t count)
{
    bool any = false;

    for (uint64_t i = 0; i < count && seen != NULL; i++) {
        any |= seen[(frame + i) / 8] >> (frame + i) % 8 & 1;
    }
    return any;
}

bool tlb_forget(struct vcpu *vcpu, uint64_t frame, uint64_t count)
{
    struct tlb *t = &vcpu->tlb;
    bool any = false;

    if (!was_seen(frame, count)) {
        return false;
    }
    for (uint32_t i = 0; i < t->used; i++) {
        uint64_t *e = entries(t, i);
        for (unsigned k = 0; k < ENTRIES && t->kinds[i] != KIND_UPPER; k++) {
            uint64_t its = (e[k] & ENTRY_ADDRESS & ~all_memory()) >> PAGE_SHIFT;
            if (e[k] != 0 && its - frame < count) {
                e[k] = 0;
                any = true;
            }
        }
    }
    return any;
}

static void invlpg(struct level *level)
{
    uint8_t bytes[LONGEST];
    unsigned had;
    struct guest_fault fault;
    struct operand o;

    if (guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK ||
        !guest_long64(level->vmsa) || !operand_decode(level->vmsa, bytes, had, INVLPG_OPCODE, &o) ||
        o.digit != INVLPG_DIGIT) {
        stop_emulator("an INVLPG whose operand the emulator does not know");
    }
    tlb_flush_page(level->vcpu, o.address, true);
    event_skip(level, o.length);
}

bool tlb_exit(struct level *level, uint64_t code)
{
    switch (code) {
    case VMEXIT_EXCEPTION + VECTOR_PF:
        page_fault(level);
        return true;
    case VMEXIT_CR_WRITE + CR3:
        control_cr3_write(level);
        return true;
    case VMEXIT_CR_WRITE + CR4:
        control_cr4_write(level);
        return true;
    case VMEXIT_INVLPG:
        invlpg(level);
        return true;
    default:
        return false;
    }
}
