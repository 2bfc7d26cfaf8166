/* SPDX-License-Identifier: MIT */
/*
 * A task's address space, from its areas (task_setup) and its manifest. Read-only regions are
 * mapped straight from the blob; everything else gets pages from the pool. The order of the areas
 * is ascending, so the leaf tables of a rollback task, mapped one behind the other, form one long
 * array of entries per area.
 */
#include <mm/mm.h>
#include <cpu/cpu.h>
#include <log/log.h>
#include <time/clock.h>

#define KERNEL_SLOT 511
#define LEAF_SPAN (UINT64_C(512) * SVSM_PAGE_SIZE)

/* What is being built, and how far its leaf tables have been mapped for ring 0. */
struct build {
    struct task *t;
    const uint8_t *blob;
    pa_t root;
    uint64_t leaf_last; /* va / LEAF_SPAN + 1 of the table mapped last */
    uint64_t leaf_count;
    uint64_t shadow_next;
};

static uint64_t pages_of[SVSM_TASKS_MAX];

uint64_t space_pages(uint32_t task)
{
    return AT(pages_of, task);
}

static uint64_t flags_of(const struct area *a)
{
    uint64_t flags = PTE_USER;
    flags |= (a->flags & AREA_WRITE) != 0 ? PTE_WRITE : 0;
    flags |= (a->flags & AREA_EXECUTE) != 0 ? 0 : PTE_NX;
    return flags;
}

static void map_pages(struct build *b, const struct area *a, uint64_t first, pa_t pa,
                      uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        pages_map(b->root, a->va + (first + i) * SVSM_PAGE_SIZE,
                  (pa_t){pa.value + i * SVSM_PAGE_SIZE}, flags_of(a));
    }
}

/* Pages of its own, with the region's first contents. Returns where they are. */
static pa_t map_own(struct build *b, const struct area *a)
{
    uint64_t pages = a->size / SVSM_PAGE_SIZE;
    pa_t pa = pool_take(pages);
    if (a->region != AREA_NO_REGION) {
        const struct svsm_image_region *r = &AT(b->t->image->regions, a->region);
        memcpy(boot_map(pa), b->blob + r->offset, r->bytes);
    }
    map_pages(b, a, 0, pa, pages);
    return pa;
}

/* A region nobody writes to: the blob's pages, then zero pages where it is longer. */
static void map_region_read_only(struct build *b, const struct area *a)
{
    const struct svsm_image_region *r = &AT(b->t->image->regions, a->region);
    uint64_t from_blob = (r->bytes + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE;
    map_pages(b, a, 0, pa_of_kernel(b->blob + r->offset), from_blob);
    if (r->pages > from_blob) {
        map_pages(b, a, from_blob, pool_take(r->pages - from_blob), r->pages - from_blob);
    }
}

/* Map leaf tables [va, va + size) for ring 0; returns the address of the entry of `va`. */
static uint64_t *map_leaves(struct build *b, uint64_t va, uint64_t size)
{
    for (uint64_t at = va & ~(LEAF_SPAN - 1); at < va + size; at += LEAF_SPAN) {
        if (at / LEAF_SPAN + 1 == b->leaf_last) {
            continue; /* shared with the area before */
        }
        uint64_t table = (uint64_t)pages_entry(b->root, at);
        pages_map(b->root, PRIVATE_TABLES_VA + b->leaf_count * SVSM_PAGE_SIZE, (pa_t){table},
                  PTE_WRITE | PTE_NX);
        b->leaf_last = at / LEAF_SPAN + 1;
        b->leaf_count++;
    }
    uint64_t tables_behind = ((va + size - 1) / LEAF_SPAN) - va / LEAF_SPAN + 1;
    uint64_t first = b->leaf_count - tables_behind;
    /* SAFETY: mapped above; used by the core with this task entered only. */
    return (uint64_t *)(PRIVATE_TABLES_VA + first * SVSM_PAGE_SIZE) + va / SVSM_PAGE_SIZE % 512;
}

static uint8_t *map_shadow(struct build *b, pa_t contents, uint64_t pages)
{
    pa_t pa = pool_take(pages);
    memcpy(boot_map(pa), boot_map(contents), pages * SVSM_PAGE_SIZE);
    uint64_t va = b->shadow_next;
    for (uint64_t i = 0; i < pages; i++) {
        pages_map(b->root, va + i * SVSM_PAGE_SIZE, (pa_t){pa.value + i * SVSM_PAGE_SIZE},
                  PTE_WRITE | PTE_NX);
    }
    b->shadow_next += pages * SVSM_PAGE_SIZE;
    /* SAFETY: mapped above; used by the core with this task entered only. */
    return (uint8_t *)va;
}

static void fill_state(struct build *b, struct state_area *s, const struct area *a, pa_t pa)
{
    CHECK(s->va == a->va);
    if (a->region != AREA_NO_REGION) {
        const struct svsm_image_region *r = &AT(b->t->image->regions, a->region);
        s->pristine = b->blob + r->offset;
        s->pristine_size = r->bytes;
    }
    if (b->t->image->policy == SVSM_POLICY_ROLLBACK) {
        s->entries = map_leaves(b, a->va, a->size);
        s->shadow = map_shadow(b, pa, s->pages);
    }
}

static void fill_info(const struct task *t, const struct svsm_image_header *image, pa_t pa)
{
    const struct svsm_image_task *m = t->image;
    struct svsm_task_info *info = boot_map(pa);
    *info = (struct svsm_task_info){
        .magic = SVSM_INFO_MAGIC,
        .abi_version = SVSM_ABI_VERSION,
        .task = t->index,
        .flags = image->flags & SVSM_INFO_TEST_IMAGE,
        .cpu_features = features_info,
        .activations = m->activations,
        .heap_size = m->heap_pages * SVSM_PAGE_SIZE,
        .stack_size = m->stack_pages * SVSM_PAGE_SIZE,
        .request_size = m->request_pages * SVSM_PAGE_SIZE,
        .reply_size = m->reply_pages * SVSM_PAGE_SIZE,
        .vcpu_count = vcpu_count,
        .handle_count = m->handle_count,
    };
    memcpy(info->name, m->name, sizeof(info->name));
    const struct svsm_image_handle *h =
        (const void *)((const uint8_t *)image + image->handle_offset);
    for (uint32_t i = 0; i < m->handle_count; i++) {
        struct svsm_handle_name *n = &AT(info->handles, i);
        memcpy(n->name, h[m->handle_first + i].name, sizeof(n->name));
        n->type = h[m->handle_first + i].type;
        n->handle = i;
    }
}

/* The activation whose slot this area is, counted by its distance from the first slot. */
static void window_note(struct task *t, const struct area *a, pa_t pa)
{
    uint64_t pages = a->size / SVSM_PAGE_SIZE;
    if (a->va >= SVSM_REQUEST_VA && a->va < SVSM_REPLY_VA) {
        uint64_t slot = (a->va - SVSM_REQUEST_VA) / SVSM_WINDOW_STRIDE;
        AT(t->activations, slot).request = kernel_space_window(pa, pages);
    } else if (a->va >= SVSM_REPLY_VA && a->va < SVSM_TIME_VA) {
        uint64_t slot = (a->va - SVSM_REPLY_VA) / SVSM_WINDOW_STRIDE;
        AT(t->activations, slot).reply = kernel_space_window(pa, pages);
    }
}

static void map_area(struct build *b, const struct svsm_image_header *image, const struct area *a,
                     uint32_t *state)
{
    if (a->va == SVSM_TIME_VA) {
        map_pages(b, a, 0, pa_of_kernel(clock_page()), 1);
    } else if (a->region != AREA_NO_REGION && (a->flags & AREA_WRITE) == 0) {
        map_region_read_only(b, a);
    } else {
        pa_t pa = map_own(b, a);
        if (a->va == SVSM_INFO_VA) {
            fill_info(b->t, image, pa);
        }
        if ((a->flags & AREA_STATE) != 0) {
            fill_state(b, &AT(b->t->state, *state), a, pa);
            *state += 1;
        }
        window_note(b->t, a, pa);
    }
}

void space_build(struct task *t, const struct svsm_image_header *image)
{
    uint64_t before = pool_used();
    struct build b = {
        .t = t,
        .blob = (const uint8_t *)image,
        .root = pool_take(1),
        .shadow_next = PRIVATE_SHADOW_VA,
    };
    const struct table *kernel = boot_map(kernel_space_root());
    struct table *root = boot_map(b.root);
    root->entries[KERNEL_SLOT] = kernel->entries[KERNEL_SLOT];
    uint32_t state = 0;
    for (uint32_t i = 0; i < t->area_count; i++) {
        map_area(&b, image, &AT(t->areas, i), &state);
    }
    CHECK(state == t->state_count);
    uint64_t stage = t->image->stage_pages;
    for (uint32_t i = 0; i < t->image->activations; i++) {
        AT(t->activations, i).stage = kernel_space_window(pool_take(stage), stage);
    }
    t->space = pages_cr3(b.root);
    AT(pages_of, t->index) = pool_used() - before;
}
