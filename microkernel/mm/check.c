/* SPDX-License-Identifier: MIT */
/*
 * The self-check: walks the final tables of the kernel half and of every task before they are used,
 * and holds them against the design:
 *   - no page is writable and executable;
 *   - the kernel half is closed to CPL 3, the user half open to it;
 *   - a page of a task is mapped in that task only, and for ring 0 only as a window;
 *   - the guards below stacks are not there.
 * It looks at the tables as the CPU does, not at what built them.
 */
#include <mm/mm.h>
#include <cpu/cpu.h>
#include <log/log.h>
#include <task/port.h>
#include <time/clock.h>

#define PAGES_SEEN 65536u /* 256 MiB of physical memory, more than any image has */
#define CANONICAL_HOLE UINT64_C(0x0000800000000000)
#define KERNEL_HALF UINT64_C(0xffff800000000000)

struct leaf {
    uint64_t va;
    uint64_t pa;
    bool write, execute, user, any_user;
};

static uint8_t seen[PAGES_SEEN / 8]; /* pages that some task maps */
static struct {
    uint64_t user, kernel, private, windows;
} counts;

static void broken(const char *rule, const struct leaf *l)
{
    LOG_ERROR("page tables: %s: va %lx pa %lx", rule, l->va, l->pa);
    port_stop("the final page tables break a rule");
}

/* The page at l->va, or false and the number of bytes to go on by. */
static bool look(pa_t root, struct leaf *l, uint64_t *skip)
{
    const struct table *t = boot_map(root);
    l->write = true;
    l->execute = true;
    l->user = true;
    l->any_user = false;
    for (unsigned level = 3;; level--) {
        uint64_t e = AT(t->entries, l->va >> (12 + 9 * level) & 511);
        *skip = UINT64_C(1) << (12 + 9 * level);
        if ((e & PTE_PRESENT) == 0) {
            return false;
        }
        l->write = l->write && (e & PTE_WRITE) != 0;
        l->execute = l->execute && (e & PTE_NX) == 0;
        l->user = l->user && (e & PTE_USER) != 0;
        l->any_user = l->any_user || (e & PTE_USER) != 0;
        l->pa = pages_pa(e).value;
        if (level == 0) {
            return true;
        }
        if ((e & PTE_LARGE) != 0) {
            broken("a large page", l);
        }
        t = boot_map((pa_t){l->pa});
    }
}

static bool mark(uint64_t pa, bool set)
{
    uint64_t page = pa / SVSM_PAGE_SIZE;
    if (page >= PAGES_SEEN) {
        return false; /* a device */
    }
    bool was = (AT(seen, page / 8) >> page % 8 & 1) != 0;
    if (set) {
        AT(seen, page / 8) |= (uint8_t)(1u << page % 8);
    }
    return was;
}

static void check_user(const struct leaf *l)
{
    bool time_page = l->pa == pa_of_kernel(clock_page()).value;
    if (l->write && l->execute) {
        broken("writable and executable", l);
    }
    if (!l->user) {
        broken("a page of ring 0 in the user half", l);
    }
    if (l->va >= SVSM_USER_END) {
        broken("a user page above the user areas", l);
    }
    if (time_page) {
        if (l->write || l->execute) {
            broken("the time page is not read-only", l);
        }
    } else if (mark(l->pa, true)) {
        broken("a page of a task mapped twice", l);
    }
    counts.user++;
}

static void check_kernel(const struct leaf *l)
{
    bool window = l->va >= WINDOW_VA && l->va < WINDOW_END;
    bool private = l->va < KERNEL_BASE;
    if (l->write && l->execute) {
        broken("writable and executable", l);
    }
    /* Nothing but the last level can open a page: hence any level. Leaf tables as such are exempt,
     * their own entries are the user's. */
    if (l->any_user) {
        broken("kernel half open to CPL 3", l);
    }
    if (mark(l->pa, false) && !window) {
        broken("a page of a task mapped for ring 0", l);
    }
    if (private) {
        counts.private ++;
    } else if (window) {
        counts.windows++;
    } else {
        counts.kernel++;
    }
}

/* [from, to); to = 0 means the end of the address space. */
static void walk(pa_t root, uint64_t from, uint64_t to, bool user)
{
    struct leaf l = {.va = from};
    while (l.va < to || to == 0) {
        uint64_t skip;
        if (look(root, &l, &skip)) {
            if (user) {
                check_user(&l);
            } else {
                check_kernel(&l);
            }
        }
        l.va = (l.va | (skip - 1)) + 1;
        if (l.va == 0) {
            break;
        }
    }
}

static void absent(pa_t root, uint64_t va)
{
    struct leaf l = {.va = va};
    uint64_t skip;
    if (look(root, &l, &skip)) {
        broken("a guard page is mapped", &l);
    }
}

static uint64_t check_guards(void)
{
    extern uint8_t boot_stack[];
    uint64_t guards = 1;
    pa_t root = kernel_space_root();
    absent(root, (uint64_t)boot_stack - SVSM_PAGE_SIZE);
    for (uint32_t i = 0; i < vcpu_count; i++) {
        uint64_t slot = VCPU_VA + (uint64_t)i * VCPU_STRIDE;
        absent(root, slot);
        absent(root, slot + VCPU_STACK - SVSM_PAGE_SIZE);
        for (uint64_t n = 0; n < VCPU_ISTS; n++) {
            absent(root, slot + VCPU_IST + n * VCPU_IST_STRIDE - SVSM_PAGE_SIZE);
        }
        guards += 2 + VCPU_ISTS;
    }
    for (uint32_t i = 0; i < task_count; i++) {
        const struct task *t = &AT(tasks, i);
        for (uint32_t n = 0; n < t->area_count; n++) {
            const struct area *a = &AT(t->areas, n);
            if (a->va >= SVSM_STACK_VA && a->va < SVSM_TLS_VA) {
                absent(pages_pa(t->space), a->va - SVSM_PAGE_SIZE);
                guards++;
            }
        }
    }
    return guards;
}

void check_spaces(void)
{
    for (uint32_t i = 0; i < task_count; i++) {
        walk(pages_pa(AT(tasks, i).space), 0, CANONICAL_HOLE, true);
    }
    walk(kernel_space_root(), KERNEL_HALF, 0, false);
    for (uint32_t i = 0; i < task_count; i++) {
        walk(pages_pa(AT(tasks, i).space), KERNEL_HALF, KERNEL_BASE, false);
    }
    uint64_t guards = check_guards();
    LOG_INFO("page tables: %lu user, %lu kernel, %lu window, %lu private pages, %lu guards: sound",
             counts.user, counts.kernel, counts.windows, counts.private, guards);
}
