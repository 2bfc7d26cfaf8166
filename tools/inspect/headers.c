/* SPDX-License-Identifier: MIT */
/* The headers of a file by type. See show.h. */
#include "show.h"

static const struct {
    uint32_t type;
    const char *name;
} names[] = {
    {IGVM_VHT_SUPPORTED_PLATFORM, "supported-platform"},
    {IGVM_VHT_GUEST_POLICY, "guest-policy"},
    {IGVM_VHT_PARAMETER_AREA, "parameter-area"},
    {IGVM_VHT_PAGE_DATA, "page-data"},
    {IGVM_VHT_PARAMETER_INSERT, "parameter-insert"},
    {IGVM_VHT_VP_CONTEXT, "vp-context"},
    {IGVM_VHT_REQUIRED_MEMORY, "required-memory"},
    {IGVM_VHT_VP_COUNT, "vp-count"},
    {IGVM_VHT_MADT, "madt"},
    {IGVM_VHT_SNP_ID_BLOCK, "snp-id-block"},
    {IGVM_VHT_MEMORY_MAP, "memory-map"},
    {IGVM_VHT_ENVIRONMENT_INFO, "environment-info"},
};

/* The file was loaded, so that each header is one of these and can be read. */
static unsigned count(const struct load *l, uint32_t type)
{
    struct igvm_record r = {0};
    struct fail f;
    bool more = true;
    unsigned found = 0;
    while (igvm_file_next(&l->file, &r, &more, &f) && more) {
        found += r.type == type;
    }
    return found;
}

void show_headers(const struct load *l,
                  void (*tell)(void *context, const char *name, unsigned count), void *context)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unsigned found = count(l, names[i].type);
        if (found > 0) {
            tell(context, names[i].name, found);
        }
    }
}
