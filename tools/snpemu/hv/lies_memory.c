/* SPDX-License-Identifier: MIT */
#include "lies_memory.h"
#include "machine.h"
#include "memory.h"
#include "nested.h"
#include <string.h>
#include <svsm/abi/snp_host.h>

#define PLACES 64u
#define SPARE 256u /* pages that the hypervisor keeps for itself */
#define NOISE 0x5a /* what the other page holds */

static struct place {
    uint64_t gpa, other; /* the frame that is not the address's own */
} places[PLACES];
static unsigned count, oldest;

static struct place *find(uint64_t gpa)
{
    for (unsigned i = 0; i < count; i++) {
        if (places[i].gpa == gpa) {
            return &places[i];
        }
    }
    return NULL;
}

static const struct rmp_entry *entry_at(uint64_t gpa)
{
    uint64_t frame = memory_frame(gpa);

    return frame == RMP_NO_FRAME ? NULL : rmp_entry_of(&machine.rmp, frame);
}

/* An entry of 2 MiB cannot be changed in part. */
static const struct rmp_entry *small_entry(uint64_t gpa)
{
    const struct rmp_entry *entry = entry_at(gpa);

    if (entry != NULL && (entry->flags & RMP_LARGE) && !nested_psmash(gpa)) {
        return NULL;
    }
    return entry;
}

static bool move(uint64_t gpa, uint64_t frame)
{
    nested_take(gpa, 1);
    bool moved = memory_move(gpa, frame);
    nested_take(gpa, 1);
    return moved;
}

/* Of a page that is back where it belongs; the host forgets the other one. NULL: there is none. */
static struct place *used_place(uint64_t gpa)
{
    const struct snp_rmp_state none = {.page_size = SNP_PAGE_4K};

    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &places[oldest];
        oldest = (oldest + 1) % PLACES;
        if (!memory_is_moved(place->gpa) &&
            rmp_update(&machine.rmp, place->other, &none) == SNP_SUCCESS) {
            place->gpa = gpa;
            return place;
        }
    }
    return NULL;
}

static struct place *place_for(uint64_t gpa)
{
    struct place *place = find(gpa);

    if (place == NULL && count == PLACES) {
        return used_place(gpa);
    }
    if (place == NULL) {
        uint64_t pa = memory_pages_try(1, SPARE);
        if (pa != 0) {
            place = &places[count++];
            *place = (struct place){.gpa = gpa, .other = pa >> PAGE_SHIFT};
        }
    }
    return place;
}

bool lies_memory_unmap(uint64_t gpa)
{
    const struct rmp_entry *entry = small_entry(gpa);

    return entry != NULL && (entry->flags & RMP_ASSIGNED) && nested_page_state(gpa, false, false);
}

bool lies_memory_remap(uint64_t gpa)
{
    const struct rmp_entry *entry = small_entry(gpa);

    if (entry == NULL || !(entry->flags & RMP_ASSIGNED)) {
        return false;
    }
    struct place *place = place_for(gpa);
    struct snp_rmp_state state = {
        .gpa = gpa, .assigned = 1, .page_size = SNP_PAGE_4K, .asid = machine.launch->asid};
    struct snp_rmp_state none = {.page_size = SNP_PAGE_4K};
    if (place == NULL) {
        return false;
    }
    nested_take(gpa, 1);
    if (rmp_update(&machine.rmp, place->other, &none) != SNP_SUCCESS ||
        rmp_update(&machine.rmp, place->other, &state) != SNP_SUCCESS) {
        return false;
    }
    memset(memory_at(place->other << PAGE_SHIFT), NOISE, PAGE_SIZE);
    return move(gpa, place->other);
}

bool lies_memory_back(uint64_t gpa)
{
    return find(gpa) != NULL && memory_is_moved(gpa) && move(gpa, RMP_NO_FRAME);
}

bool lies_memory_exchange(uint64_t gpa)
{
    const struct place *place = find(gpa);

    return place != NULL && move(gpa, memory_is_moved(gpa) ? RMP_NO_FRAME : place->other);
}

bool lies_memory_write(uint64_t gpa, uint32_t offset, uint64_t value)
{
    const struct rmp_entry *entry = gpa % PAGE_SIZE == 0 ? entry_at(gpa) : NULL;

    if (entry == NULL || (entry->flags & RMP_ASSIGNED) || offset % sizeof(value) != 0 ||
        offset > PAGE_SIZE - sizeof(value)) {
        return false;
    }
    uint64_t *word = memory_at((memory_frame(gpa) << PAGE_SHIFT) + offset);
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    return true;
}
