/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Pages for the list. See module.h. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/pgtable.h>

#include "module.h"
#include "runner.h"
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>

/* Pages that are not validated for a while stay in the direct map. A load of the page before one of
 * them may reach into it (load_unaligned_zeropad()), and #VC of that ends the kernel: the page
 * before each is the module's too, where nobody loads anything. So each block is of one order more.
 */
#define PRIVATE_ORDER 7 /* TRUTH_PAGES, and as many before them */
#define SHARED_ORDER 1  /* TRUTH_BUFFERS */
#define LARGE_ORDER 10  /* 2 MiB, and as many before them */
#define LARGE_PAGES 512u

static void *map(unsigned long block, pgprot_t prot)
{
    struct page **list = kmalloc_array(TRUTH_PAGES, sizeof(*list), GFP_KERNEL);
    void *at = NULL;

    if (list != NULL) {
        for (unsigned int i = 0; i < TRUTH_PAGES; i++) {
            list[i] = virt_to_page((void *)(block + i * PAGE_SIZE));
        }
        at = vmap(list, TRUTH_PAGES, VM_MAP, prot);
    }
    kfree(list);
    return at;
}

int pages_get(struct pages *p)
{
    *p = (struct pages){0};
    p->private_pages = __get_free_pages(GFP_KERNEL | __GFP_ZERO, PRIVATE_ORDER);
    p->shared_block = __get_free_pages(GFP_KERNEL | __GFP_ZERO, SHARED_ORDER);
    p->large_pages = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, LARGE_ORDER); /* or none */
    if (p->private_pages == 0 || p->shared_block == 0) {
        return -ENOMEM;
    }
    p->private_block = p->private_pages + TRUTH_PAGES * PAGE_SIZE;
    p->large_block = p->large_pages == 0 ? 0 : p->large_pages + LARGE_PAGES * PAGE_SIZE;
    if (set_memory_decrypted(p->shared_block, TRUTH_BUFFERS) != 0) {
        p->lost = true; /* it may have been half done */
        return -EIO;
    }
    p->shared_done = true;
    memset((void *)p->shared_block, 0, TRUTH_BUFFERS * PAGE_SIZE);
    p->mapped = map(p->private_block, PAGE_KERNEL);
    p->mapped_shared = map(p->private_block, pgprot_decrypted(PAGE_KERNEL));
    return p->mapped == NULL || p->mapped_shared == NULL ? -ENOMEM : 0;
}

bool pages_has_large(const struct pages *p)
{
    unsigned int level = PG_LEVEL_4K;

    return p->large_block != 0 && lookup_address(p->large_block, &level) != NULL &&
           level >= PG_LEVEL_2M;
}

/* TRUTH_GHCB is not the pages': main.c has it. */
u64 pages_place(const struct pages *p, unsigned int place, unsigned int index)
{
    u64 offset = (u64)index * PAGE_SIZE;

    switch (place) {
    case TRUTH_PAGE:
        return __pa(p->private_block) + offset;
    case TRUTH_VA:
        return (u64)p->mapped + offset;
    case TRUTH_SHARED:
        return (u64)p->mapped_shared + offset;
    case TRUTH_BUFFER:
        return __pa(p->shared_block) + offset;
    case TRUTH_LARGE:
        return __pa(p->large_block);
    case TRUTH_LARGE_VA:
        return p->large_block;
    default:
        return 0;
    }
}

static bool page_state(u64 gpa, unsigned int operation)
{
    return ghcb_msr(ghcb_msr_psc(operation, gpa >> PAGE_SHIFT)) == GHCB_MSR_PSC_RESPONSE;
}

static u64 pvalidate(u64 va, u64 state)
{
    struct truth_insn insn = {.rax = va, .rcx = SNP_PAGE_4K, .rdx = state};

    insn_run(TRUTH_PVALIDATE, &insn);
    return insn.vector == TRUTH_NO_VECTOR ? insn.rax : ~0ull;
}

/* Private, validated and with nobody else's rights, whatever it was. */
static bool renew(u64 va, u64 gpa)
{
    (void)pvalidate(va, SNP_PVALIDATE_RESCIND);
    return page_state(gpa, GHCB_MSR_PSC_SHARED) && page_state(gpa, GHCB_MSR_PSC_PRIVATE) &&
           pvalidate(va, SNP_PVALIDATE_VALIDATE) == SNP_SUCCESS;
}

static bool renew_all(u64 va, u64 gpa, unsigned int count)
{
    struct ghcb_loan *loan = kmalloc(sizeof(*loan), GFP_KERNEL);
    bool good = loan != NULL;

    for (unsigned int i = 0; good && i < count; i++) {
        good = ghcb_borrow(loan);
        if (good) {
            good = renew(va + i * PAGE_SIZE, gpa + i * PAGE_SIZE);
            ghcb_give_back(loan);
        }
    }
    kfree(loan);
    return good;
}

bool pages_begin(struct pages *p)
{
    p->changed = true;
    return renew_all((u64)p->mapped, __pa(p->private_block), TRUTH_PAGES);
}

int pages_put(struct pages *p)
{
    bool good = !p->lost;

    if (p->changed) {
        good = renew_all((u64)p->mapped, __pa(p->private_block), TRUTH_PAGES) && good;
        good =
            (p->large_block == 0 || renew_all(p->large_block, __pa(p->large_block), LARGE_PAGES)) &&
            good;
    }
    vunmap(p->mapped_shared);
    vunmap(p->mapped);
    if (p->shared_done && set_memory_encrypted(p->shared_block, TRUTH_BUFFERS) != 0) {
        good = false;
    }
    if (!good) {
        pr_warn("snp-truth: pages are not as they were; they are not given back\n");
        return -EIO;
    }
    free_pages(p->private_pages, PRIVATE_ORDER);
    free_pages(p->shared_block, SHARED_ORDER);
    free_pages(p->large_pages, LARGE_ORDER);
    return 0;
}
