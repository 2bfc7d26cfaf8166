/* SPDX-License-Identifier: MIT */
/*
 * The allocator of services: one arena of fixed size, boundary tags, segregated free lists.
 *
 * A chunk is a 16-byte header and its payload; sizes are multiples of 16. Free chunks are linked
 * in lists by size class (four classes for each power of two), neighbours are merged at once, so a
 * burst of equal sizes is served from one list without touching the rest. Every header carries a
 * check word made of its address, its contents and a secret: an overrun, a double free or a pointer
 * from elsewhere ends the task instead of corrupting it. Freed payload is cleared: keys do not
 * outlive their buffers, and what was freed cannot be read through a stale pointer.
 */
#include "rt.h"
#include "malloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/random.h>

#define GRAIN 16u
#define PAGE 4096u
#define CLASSES 128u
#define IN_USE 1u

struct chunk {
    uint32_t size;   /* of header and payload; bit 0: in use */
    uint32_t before; /* size of the chunk before, 0 for the first */
    uint64_t check;
};

/* Lies in the payload of a free chunk, hence the smallest chunk is 32 bytes. */
struct links {
    struct chunk *next, *previous;
};
#define CHUNK_MIN (sizeof(struct chunk) + sizeof(struct links))

static struct {
    uint8_t *start, *end;
    uint64_t secret;
    uint64_t used; /* bytes of chunks in use */
    uint64_t peak;
    uint64_t occupied[2]; /* bit n: list n is not empty */
    struct chunk *lists[CLASSES];
    atomic_flag lock;
} heap;

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&heap.lock, memory_order_acquire)) {
        __builtin_ia32_pause();
    }
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&heap.lock, memory_order_release);
}

static size_t size_of(const struct chunk *c)
{
    return c->size & ~IN_USE;
}

static struct chunk *at(const struct chunk *c, size_t offset)
{
    return (struct chunk *)((uint8_t *)c + offset);
}

static struct links *links_of(struct chunk *c)
{
    return (struct links *)(c + 1);
}

static uint64_t check_of(const struct chunk *c)
{
    uint64_t x = (uint64_t)(uintptr_t)c ^ ((uint64_t)c->size << 32 | c->before) ^ heap.secret;
    x *= UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 29;
}

static void seal(struct chunk *c, size_t size, size_t before, unsigned flags)
{
    c->size = (uint32_t)size | flags;
    c->before = (uint32_t)before;
    c->check = check_of(c);
}

static void verify(const struct chunk *c, unsigned flags)
{
    if (c->check != check_of(c) || (c->size & IN_USE) != flags) {
        svsm_panic(136, "heap damaged: overrun, double free or foreign pointer");
    }
}

/* Class n holds sizes from its bound up to the next: 4 steps for each power of two. */
static unsigned class_of(size_t size)
{
    unsigned log = 63u - (unsigned)__builtin_clzll(size);
    return (log - 5) * 4 + (unsigned)(size >> (log - 2) & 3);
}

static void list_add(struct chunk *c)
{
    unsigned n = class_of(size_of(c));
    struct links *l = links_of(c);
    l->previous = NULL;
    l->next = heap.lists[n];
    if (l->next != NULL) {
        links_of(l->next)->previous = c;
    }
    heap.lists[n] = c;
    heap.occupied[n / 64] |= UINT64_C(1) << n % 64;
}

static void list_remove(struct chunk *c)
{
    unsigned n = class_of(size_of(c));
    struct links *l = links_of(c);
    if (l->next != NULL) {
        links_of(l->next)->previous = l->previous;
    }
    if (l->previous != NULL) {
        links_of(l->previous)->next = l->next;
    } else {
        heap.lists[n] = l->next;
        if (l->next == NULL) {
            heap.occupied[n / 64] &= ~(UINT64_C(1) << n % 64);
        }
    }
    memset(l, 0, sizeof(*l));
}

static void heap_init(void)
{
    size_t size = 0;
    heap.start = rt_heap(&size);
    size &= ~(size_t)(GRAIN - 1);
    if (size < 4 * CHUNK_MIN || size > UINT32_MAX / 2) {
        svsm_panic(137, "the manifest gives this service no usable heap");
    }
    svsm_random(&heap.secret, sizeof(heap.secret));
    /* An in-use chunk of headers only at the end, so that merging never looks past it. */
    heap.end = heap.start + size - sizeof(struct chunk);
    struct chunk *first = (struct chunk *)heap.start;
    seal(first, size - sizeof(struct chunk), 0, 0);
    seal((struct chunk *)heap.end, sizeof(struct chunk), size_of(first), IN_USE);
    list_add(first);
}

/* A whole page, read as fast as the CPU can. */
static bool page_is_zero(const uint8_t *page)
{
    typedef uint64_t vector __attribute__((vector_size(16), may_alias));
    const vector *v = (const vector *)page; /* SAFETY: a page is aligned for it */
    vector any[4] = {v[0], v[1], v[2], v[3]};
    for (size_t i = 4; i < PAGE / sizeof(vector); i += 4) {
        any[0] |= v[i];
        any[1] |= v[i + 1];
        any[2] |= v[i + 2];
        any[3] |= v[i + 3];
    }
    any[0] |= any[1] | any[2] | any[3];
    return (any[0][0] | any[0][1]) == 0;
}

/*
 * Zeroes freed memory; its size is a multiple of GRAIN. A page that is zero already is only read:
 * every page written is one that ring 0 copies when it commits a task's state, and of the large
 * buffers in which libtpms serialises that state most pages are never used.
 */
static void clear(uint8_t *p, size_t size)
{
    while (size > 0) {
        size_t part = PAGE - (uintptr_t)p % PAGE;
        part = part < size ? part : size;
        if (part < PAGE || !page_is_zero(p)) {
            memset(p, 0, part);
        }
        p += part;
        size -= part;
    }
}

/* The first list from class n on that is not empty, or CLASSES. */
static unsigned occupied_from(unsigned n)
{
    for (unsigned word = n / 64; word < 2; word++) {
        uint64_t bits = heap.occupied[word];
        if (word == n / 64) {
            bits &= ~UINT64_C(0) << n % 64;
        }
        if (bits != 0) {
            return word * 64 + (unsigned)__builtin_ctzll(bits);
        }
    }
    return CLASSES;
}

static struct chunk *find(size_t size)
{
    unsigned n = class_of(size);
    /* In its own class some chunks may be too small: look at a few. */
    unsigned looked = 0;
    for (struct chunk *c = heap.lists[n]; c != NULL && looked < 16; c = links_of(c)->next) {
        if (size_of(c) >= size) {
            return c;
        }
        looked++;
    }
    n = occupied_from(n + 1);
    if (n < CLASSES) {
        return heap.lists[n];
    }
    for (struct chunk *c = heap.lists[class_of(size)]; c != NULL; c = links_of(c)->next) {
        if (size_of(c) >= size) {
            return c;
        }
    }
    return NULL;
}

/* Cut a chunk that is in no list to `size`, the rest becomes free. */
static void split(struct chunk *c, size_t size)
{
    size_t whole = size_of(c);
    if (whole - size < CHUNK_MIN) {
        seal(c, whole, c->before, IN_USE);
        return;
    }
    struct chunk *rest = at(c, size);
    struct chunk *after = at(c, whole);
    seal(c, size, c->before, IN_USE);
    seal(rest, whole - size, size, 0);
    seal(after, size_of(after), whole - size, after->size & IN_USE);
    list_add(rest);
}

static void *take(size_t size)
{
    if (heap.start == NULL) {
        heap_init();
    }
    struct chunk *c = find(size);
    if (c == NULL) {
        return NULL;
    }
    verify(c, 0);
    list_remove(c);
    split(c, size);
    heap.used += size_of(c);
    heap.peak = heap.used > heap.peak ? heap.used : heap.peak;
    return c + 1;
}

static void give(struct chunk *c)
{
    size_t size = size_of(c);
    struct chunk *after = at(c, size);
    heap.used -= size;
    clear((uint8_t *)(c + 1), size - sizeof(*c));
    if ((after->size & IN_USE) == 0) {
        verify(after, 0);
        list_remove(after);
        size += size_of(after);
        memset(after, 0, sizeof(*after));
    }
    if (c->before != 0) {
        struct chunk *previous = (struct chunk *)((uint8_t *)c - c->before);
        if ((previous->size & IN_USE) == 0) {
            verify(previous, 0);
            list_remove(previous);
            size += size_of(previous);
            memset(c, 0, sizeof(*c));
            c = previous;
        }
    }
    seal(c, size, c->before, 0);
    after = at(c, size);
    seal(after, size_of(after), size, after->size & IN_USE);
    list_add(c);
}

/* Bytes of a chunk for this payload; 0: too large for any heap. */
static size_t chunk_size(size_t payload)
{
    if (payload > UINT32_MAX / 4) {
        return 0;
    }
    size_t size = (payload + sizeof(struct chunk) + GRAIN - 1) & ~(size_t)(GRAIN - 1);
    return size < CHUNK_MIN ? CHUNK_MIN : size;
}

static struct chunk *chunk_of(void *p)
{
    struct chunk *c = (struct chunk *)p - 1;
    if (heap.start == NULL || (uint8_t *)c < heap.start || (uint8_t *)c >= heap.end ||
        (uintptr_t)p % GRAIN != 0) {
        svsm_panic(136, "free of a pointer that malloc did not give");
    }
    verify(c, IN_USE);
    verify(at(c, size_of(c)), at(c, size_of(c))->size & IN_USE);
    return c;
}

void *malloc(size_t size)
{
    size_t bytes = chunk_size(size);
    void *p = NULL;
    if (bytes != 0) {
        lock();
        p = take(bytes);
        unlock();
    }
    if (p == NULL) {
        errno = ENOMEM;
    }
    return p;
}

void free(void *p)
{
    if (p != NULL) {
        lock();
        give(chunk_of(p));
        unlock();
    }
}

void *calloc(size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    /* Free payload is clear but for the links that take() wipes, so the memory is zero already. */
    return malloc(bytes);
}

size_t malloc_usable_size(void *p)
{
    return p == NULL ? 0 : size_of(chunk_of(p)) - sizeof(struct chunk);
}

void *realloc(void *p, size_t size)
{
    if (p == NULL) {
        return malloc(size);
    }
    size_t usable = malloc_usable_size(p);
    if (size <= usable && size >= usable / 2) {
        return p;
    }
    void *q = malloc(size);
    if (q != NULL) {
        memcpy(q, p, size < usable ? size : usable);
        free(p);
    }
    return q;
}

/* A chunk whose payload starts at the alignment, cut out of a larger one. */
void *aligned_alloc(size_t alignment, size_t size)
{
    if (alignment <= GRAIN) {
        return malloc(size);
    }
    if ((alignment & (alignment - 1)) != 0 || alignment > UINT32_MAX / 8 || chunk_size(size) == 0) {
        errno = EINVAL;
        return NULL;
    }
    uint8_t *p = malloc(size + alignment + CHUNK_MIN);
    if (p == NULL) {
        return NULL;
    }
    lock();
    struct chunk *c = (struct chunk *)p - 1;
    uintptr_t aligned = ((uintptr_t)p + alignment - 1) & ~(uintptr_t)(alignment - 1);
    while (aligned != (uintptr_t)p && aligned - (uintptr_t)p < CHUNK_MIN) {
        aligned += alignment;
    }
    if (aligned != (uintptr_t)p) {
        size_t front = aligned - (uintptr_t)p;
        size_t whole = size_of(c);
        struct chunk *cut = at(c, front);
        struct chunk *after = at(c, whole);
        seal(cut, whole - front, front, IN_USE);
        seal(after, size_of(after), whole - front, after->size & IN_USE);
        seal(c, front, c->before, IN_USE);
        give(c);
        c = cut;
    }
    unlock();
    return c + 1;
}

void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = aligned_alloc(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

void rt_heap_figures(uint64_t *used, uint64_t *peak)
{
    *used = heap.used;
    *peak = heap.peak;
}
