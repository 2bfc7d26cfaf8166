/* SPDX-License-Identifier: MIT */
/* See ram.h. Written once, before the guest runs. */
#include <guest/ram.h>
#include <svsm/abi/snp.h>

/* Above what any page of a guest has as its address. */
#define PAGES_END (UINT64_C(1) << 40)

struct range {
    uint64_t first, end; /* numbers of pages */
    size_t index;        /* of `first` */
};

static struct range ranges[SNP_IMAGE_RAM_MAX];
static uint32_t range_count;

static bool kind_known(uint32_t kind)
{
    return kind == SNP_IMAGE_RAM_VALIDATED || kind == SNP_IMAGE_RAM_VALIDATE ||
           kind == SNP_IMAGE_RAM_LEAVE;
}

size_t ram_init(const struct snp_image_launch *launch, uint64_t own_start, uint64_t own_end)
{
    size_t pages = 0;
    uint64_t free_from = 0;

    CHECK(launch->ram_count <= SNP_IMAGE_RAM_MAX);
    CHECK(own_start <= own_end);
    range_count = 0;
    for (uint32_t i = 0; i < launch->ram_count; i++) {
        const struct snp_image_ram *ram = &AT(launch->ram, i);
        struct range r = {ram->gpa / SNP_SIZE_4K, 0, pages};
        uint64_t count = ram->size / SNP_SIZE_4K;
        CHECK(ram->gpa % SNP_SIZE_4K == 0 && ram->size % SNP_SIZE_4K == 0 && ram->size != 0);
        CHECK(kind_known(ram->kind));
        CHECK(r.first >= free_from && r.first < PAGES_END && count <= PAGES_END - r.first);
        r.end = r.first + count;
        CHECK(r.end * SNP_SIZE_4K <= own_start || ram->gpa >= own_end);
        free_from = r.end;
        pages += count;
        AT(ranges, i) = r;
    }
    range_count = launch->ram_count;
    return pages;
}

bool ram_index(uint64_t gpa, uint64_t pages, size_t *index)
{
    uint64_t at = gpa / SNP_SIZE_4K;
    bool found = false;

    if (gpa % SNP_SIZE_4K != 0 || pages == 0 || pages > PAGES_END) {
        return false;
    }
    /* Ascending: what goes on where the last range ended is the next one. */
    for (uint32_t i = 0; i < range_count; i++) {
        const struct range *r = &AT(ranges, i);
        if (at < r->first || at >= r->end) {
            continue;
        }
        if (!found) {
            *index = r->index + (at - r->first);
            found = true;
        }
        if (pages <= r->end - at) {
            return true;
        }
        pages -= r->end - at;
        at = r->end;
    }
    return false;
}
