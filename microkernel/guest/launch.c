/* SPDX-License-Identifier: MIT */
/* Setting up, and what the guest finds when it starts. On the boot vCPU, before the guest runs. */
#include <guest/guest.h>
#include <guest/hotplug.h>
#include <guest/page.h>
#include <guest/ram.h>
#include <guest/registry.h>
#include <guest/rights.h>
#include <svsm/abi/svsm_protocol.h>

#define LARGE_PAGES (SNP_SIZE_2M / SNP_SIZE_4K)

static const struct snp_image_launch *launched;

size_t guest_table_size(const struct snp_image_launch *launch)
{
    size_t pages = 0;

    for (uint32_t i = 0; i < launch->ram_count; i++) {
        pages += AT(launch->ram, i).size / SNP_SIZE_4K;
    }
    return pages;
}

void guest_init(const struct snp_image_launch *launch, uint8_t *table, uint64_t own_start,
                uint64_t own_end)
{
    launched = launch;
    page_init(table, ram_init(launch, own_start, own_end));
    registry_init();
    hotplug_init(launch->guest_features);
}

/* What `kind` says, to one page of that size, which becomes *state. */
static uint32_t bring(uint32_t kind, gpa_t page, unsigned size, enum page_state *state)
{
    *state = PAGE_INVALID;
    return kind == SNP_IMAGE_RAM_VALIDATED ? rights_result(snp_adjust(page, size, RIGHTS_ALL))
                                           : rights_validate(page, size, false, state);
}

/* One page from `gpa` on, as large as may be. Returns how many of 4 KiB it was; 0: refused. Memory
 * that the host backs with small pages is taken in small steps up to `*small_end`, unless a large
 * one was validated and cannot be taken back: each small one would be a second page for its
 * address. */
static uint64_t advance(uint32_t kind, uint64_t gpa, uint64_t end, uint64_t *small_end)
{
    enum page_state state = PAGE_INVALID;

    if (gpa >= *small_end && gpa % SNP_SIZE_2M == 0 && end - gpa >= SNP_SIZE_2M) {
        uint32_t result = bring(kind, (gpa_t){gpa}, SNP_PAGE_2M, &state);
        if (result == SVSM_SUCCESS) {
            return LARGE_PAGES;
        }
        if (result != rights_result(SNP_FAIL_SIZEMISMATCH) || state == PAGE_DEAD) {
            return 0;
        }
        *small_end = gpa + SNP_SIZE_2M;
    }
    return bring(kind, (gpa_t){gpa}, SNP_PAGE_4K, &state) == SVSM_SUCCESS ? 1 : 0;
}

static enum status fill(const struct snp_image_ram *ram, gpa_t *where)
{
    uint64_t end = ram->gpa + ram->size;
    uint64_t small_end = 0;
    uint64_t pages = 0;

    for (uint64_t gpa = ram->gpa; gpa < end; gpa += pages * SNP_SIZE_4K) {
        size_t index = 0;
        unsigned had = 0;
        pages = advance(ram->kind, gpa, end, &small_end);
        if (pages == 0 || !ram_index(gpa, pages, &index) ||
            page_claim(index, pages, PAGE_ONLY(PAGE_INVALID), &had) != PAGE_OK) {
            *where = (gpa_t){gpa};
            return ERR_MISSING;
        }
        page_release(index, pages, PAGE_VALID);
    }
    return OK;
}

enum status guest_launch_memory(gpa_t *where)
{
    enum status status = OK;

    for (uint32_t i = 0; i < launched->ram_count && status == OK; i++) {
        const struct snp_image_ram *ram = &AT(launched->ram, i);
        if (ram->kind != SNP_IMAGE_RAM_LEAVE) {
            status = fill(ram, where);
        }
    }
    return status;
}

enum status guest_launch_vcpu(void)
{
    return hotplug_first(SNP_IMAGE_GUEST_VMSA, launched->guest_caa);
}
