/* SPDX-License-Identifier: MIT */
/* OVMF as firmware of an SNP guest. See ovmf.h. */
#include "ovmf.h"

#include <stdio.h>

#include "vmsa.h"

#define GUID_SIZE 16u
#define ENTRY_TAIL 18u /* sizeof(struct ovmf_table_entry) without what aligns it */
#define TOP UINT64_C(0x100000000)
#define RESET_EIP UINT32_C(0xfffffff0)

static const char not_ovmf[] = "an OVMF image with SEV-SNP support is needed, as Debian's package "
                               "ovmf from release 13 on has it (OVMF.fd, not OVMF_CODE*.fd)";

struct table {
    size_t start, end; /* in the file; without the footer */
};

/* From the usual text to the bytes in memory, whose first three groups are little-endian. */
static void guid_bytes(const char *text, uint8_t out[GUID_SIZE])
{
    static const uint8_t order[GUID_SIZE] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    for (size_t i = 0; i < GUID_SIZE; i++) {
        unsigned value = 0;
        text += *text == '-';
        sscanf(text, "%2x", &value);
        out[order[i]] = (uint8_t)value;
        text += 2;
    }
}

static bool guid_is(struct bytes file, uint64_t offset, const char *text)
{
    uint8_t want[GUID_SIZE];
    guid_bytes(text, want);
    return bytes_has(file, offset, GUID_SIZE) && memcmp(file.at + offset, want, GUID_SIZE) == 0;
}

static bool table_find(struct bytes file, struct table *t, struct fail *f)
{
    uint16_t length;
    size_t footer = file.size - OVMF_TABLE_END - GUID_SIZE;
    if (!guid_is(file, footer, OVMF_GUID_FOOTER)) {
        return fail_with_mend(f, not_ovmf, "the firmware has no table of GUIDs at its end");
    }
    memcpy(&length, file.at + footer - sizeof(length), sizeof(length));
    t->end = footer - sizeof(length);
    if (length < ENTRY_TAIL || length > footer + GUID_SIZE) {
        return fail_because(f, "the firmware's table of GUIDs says that it has %u bytes", length);
    }
    t->start = footer + GUID_SIZE - length;
    return true;
}

/*
 * The data of the entry with this GUID; size 0: there is none. The whole table is walked, so that
 * one with a broken entry is refused whatever is looked for.
 */
static bool table_entry(struct bytes file, const struct table *t, const char *guid,
                        struct bytes *data, struct fail *f)
{
    size_t end = t->end;
    *data = (struct bytes){0};
    while (end > t->start) {
        uint16_t length = 0;
        if (end - t->start >= ENTRY_TAIL) {
            memcpy(&length, file.at + end - ENTRY_TAIL, sizeof(length));
        }
        if (length < ENTRY_TAIL || length > end - t->start) {
            return fail_because(f, "the firmware's table of GUIDs has a broken entry at 0x%zx",
                                end);
        }
        if (data->size == 0 && guid_is(file, end - GUID_SIZE, guid)) {
            *data = (struct bytes){file.at + end - length, length - ENTRY_TAIL};
        }
        end -= length;
    }
    return true;
}

static bool number_entry(struct bytes file, const struct table *t, const char *guid, uint32_t *out,
                         struct fail *f)
{
    struct bytes data;
    if (!table_entry(file, t, guid, &data, f)) {
        return false;
    }
    if (!bytes_read(data, 0, out, sizeof(*out))) {
        return fail_with_mend(f, not_ovmf, "the firmware's table of GUIDs has no entry %s", guid);
    }
    return true;
}

static bool sections_check(const struct ovmf *o, struct fail *f)
{
    unsigned secrets = 0;
    unsigned cpuid = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        uint32_t type = o->sections[i].type;
        secrets += type == OVMF_SECTION_SECRETS;
        cpuid += type == OVMF_SECTION_CPUID;
        if ((type < OVMF_SECTION_SEC_MEM || type > OVMF_SECTION_SVSM_CAA) &&
            type != OVMF_SECTION_KERNEL_HASHES) {
            return fail_because(f, "section %u of the firmware has the unknown type 0x%x", i, type);
        }
        if ((type == OVMF_SECTION_SECRETS || type == OVMF_SECTION_CPUID) &&
            o->sections[i].size != IMAGE_PAGE) {
            return fail_because(f, "section %u of the firmware, a page for the PSP, has 0x%x bytes",
                                i, o->sections[i].size);
        }
    }
    if (secrets != 1 || cpuid != 1) {
        return fail_with_mend(f, not_ovmf, "the firmware has %u pages for secrets and %u for CPUID",
                              secrets, cpuid);
    }
    return true;
}

static bool sections_read(struct bytes file, uint32_t offset, struct ovmf *o, struct fail *f)
{
    struct ovmf_metadata_header h;
    uint64_t at = file.size - offset;
    if (offset > file.size || !bytes_read(file, at, &h, sizeof(h))) {
        return fail_because(f, "the firmware's SEV metadata lies 0x%x bytes before its end",
                            offset);
    }
    if (memcmp(h.signature, OVMF_METADATA_SIGNATURE, sizeof(h.signature)) != 0) {
        return fail_because(f, "the firmware's SEV metadata has another signature than %s",
                            OVMF_METADATA_SIGNATURE);
    }
    if (h.version != OVMF_METADATA_VERSION) {
        return fail_because(f, "the firmware's SEV metadata has version %u, not %u", h.version,
                            OVMF_METADATA_VERSION);
    }
    if (h.count > OVMF_SECTIONS_MAX) {
        return fail_because(f, "the firmware's SEV metadata has %u sections, more than %u", h.count,
                            OVMF_SECTIONS_MAX);
    }
    if (h.length != sizeof(h) + h.count * sizeof(o->sections[0]) ||
        !bytes_read(file, at + sizeof(h), o->sections, h.count * sizeof(o->sections[0]))) {
        return fail_because(f, "the firmware's SEV metadata has %u sections in 0x%x bytes", h.count,
                            h.length);
    }
    o->count = h.count;
    return sections_check(o, f);
}

bool ovmf_read(struct bytes file, struct ovmf *o, struct fail *f)
{
    struct table t = {0};
    uint32_t offset = 0;
    if (file.size == 0 || file.size % OVMF_SIZE_UNIT != 0 || file.size > OVMF_SIZE_MAX) {
        return fail_with_mend(f, not_ovmf,
                              "the firmware has %zu bytes, which is no multiple of 64 KiB up to "
                              "16 MiB",
                              file.size);
    }
    return table_find(file, &t, f) && number_entry(file, &t, OVMF_GUID_SEV_METADATA, &offset, f) &&
           number_entry(file, &t, OVMF_GUID_SEV_ES_RESET, &o->reset_eip, f) &&
           sections_read(file, offset, o, f);
}

static uint8_t page_type(uint32_t section)
{
    switch (section) {
    case OVMF_SECTION_SECRETS:
        return PSP_PAGE_SECRETS;
    case OVMF_SECTION_CPUID:
        return PSP_PAGE_CPUID;
    default:
        return PSP_PAGE_ZERO; /* also hashes: no kernel comes with the firmware */
    }
}

static bool add_sections(struct image *image, const struct ovmf *o, struct fail *f)
{
    for (uint32_t i = 0; i < o->count; i++) {
        char what[48];
        snprintf(what, sizeof(what), "section %u of the firmware", i);
        struct image_part part = {
            .what = what,
            .gpa = o->sections[i].gpa,
            .size = o->sections[i].size,
            .type = page_type(o->sections[i].type),
        };
        if (part.gpa >= image->header.memory) {
            return fail_with_mend(f, "--memory SIZE gives the guest more",
                                  "%s: at 0x%llx there is no memory", what,
                                  (unsigned long long)part.gpa);
        }
        if (!image_add(image, &part, f)) {
            return false;
        }
    }
    return true;
}

bool ovmf_launch(struct image *image, struct bytes file, uint64_t features, struct fail *f)
{
    struct ovmf o = {0};
    struct vmsa vmsa;
    if (!ovmf_read(file, &o, f)) {
        return false;
    }
    struct image_part firmware = {
        .what = "the firmware",
        .gpa = TOP - file.size,
        .size = file.size,
        .bytes = file.at,
        .len = file.size,
        .type = PSP_PAGE_NORMAL,
    };
    if (!image_add(image, &firmware, f) || !add_sections(image, &o, f)) {
        return false;
    }
    for (uint32_t i = 0; i < image->header.vcpu_count; i++) {
        vmsa_reset(&vmsa, i == 0 ? RESET_EIP : o.reset_eip, features);
        if (!image_add_vmsa(image, i, &vmsa, i == 0, f)) {
            return false;
        }
    }
    image->header.fw_cfg = 1;
    return true;
}
