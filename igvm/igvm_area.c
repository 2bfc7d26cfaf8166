/* SPDX-License-Identifier: MIT */
/* Parameter areas of an IGVM file. See igvm_area.h. */
#include "igvm_area.h"

#include <stdlib.h>
#include <string.h>

#include "acpi.h"

/* What KVM takes for itself below the firmware, as QEMU's map of the memory has it. */
#define KVM_RESERVED_GPA UINT64_C(0xfeffc000)
#define KVM_RESERVED_SIZE UINT64_C(0x4000)

/* The area, which must not have been inserted yet. */
static struct igvm_area *find(struct igvm_areas *areas, uint32_t index, struct fail *f)
{
    for (unsigned i = 0; i < areas->count; i++) {
        if (areas->list[i].index == index) {
            if (areas->list[i].inserted) {
                fail_because(f, "parameter area %u is used after it was inserted", index);
                return NULL;
            }
            return &areas->list[i];
        }
    }
    fail_because(f, "there is no parameter area %u", index);
    return NULL;
}

bool igvm_area_make(struct igvm_areas *areas, const struct igvm_parameter_area *a, struct fail *f)
{
    if (a->size == 0 || a->size % IGVM_PAGE_SIZE != 0 ||
        a->size > IGVM_AREA_SIZE_MAX - areas->size) {
        return fail_because(f,
                            "parameter area %u has 0x%llx bytes; pages, of 16 MiB in all, are "
                            "expected",
                            a->index, (unsigned long long)a->size);
    }
    if (a->file_offset != 0) {
        return fail_because(f, "parameter area %u has initial data, which QEMU ignores", a->index);
    }
    for (unsigned i = 0; i < areas->count; i++) {
        if (areas->list[i].index == a->index) {
            return fail_because(f, "there are two parameter areas %u", a->index);
        }
    }
    if (areas->count == IGVM_AREAS_MAX) {
        return fail_because(f, "there are more than %u parameter areas", IGVM_AREAS_MAX);
    }
    struct igvm_area area = {.index = a->index, .size = a->size, .bytes = calloc(1, a->size)};
    if (area.bytes == NULL) {
        return fail_because(f, "no memory for parameter area %u", a->index);
    }
    areas->list[areas->count++] = area;
    areas->size += a->size;
    return true;
}

static bool put(struct igvm_area *area, uint32_t offset, const void *bytes, size_t size,
                struct fail *f)
{
    if (offset > area->size || size > area->size - offset) {
        return fail_because(f, "a parameter of %zu bytes at 0x%x does not fit into area %u", size,
                            offset, area->index);
    }
    memcpy(area->bytes + offset, bytes, size);
    return true;
}

/* QEMU's map of the memory: what there is, by address. The zeros behind it end it. */
static bool put_memory_map(struct igvm_area *area, uint32_t offset, const struct image *image,
                           struct fail *f)
{
    const struct igvm_memory_entry map[] = {
        {.start_page = 0,
         .page_count = image->header.memory / IGVM_PAGE_SIZE,
         .type = IGVM_MEMORY_RAM},
        {.start_page = KVM_RESERVED_GPA / IGVM_PAGE_SIZE,
         .page_count = KVM_RESERVED_SIZE / IGVM_PAGE_SIZE,
         .type = IGVM_MEMORY_RESERVED},
    };
    if (offset != 0) {
        return fail_because(f, "the memory map begins at 0x%x of its area, which QEMU ignores",
                            offset);
    }
    return put(area, 0, map, sizeof(map), f);
}

/* QEMU 11 and later, which the fork for SVSMs is made from. */
static bool put_madt(struct igvm_area *area, uint32_t offset, const struct image *image,
                     struct fail *f)
{
    static uint8_t madt[ACPI_SIZE];
    if (image->header.profile != LAUNCH_PLANES) {
        return fail_with_mend(f, "--profile planes has a QEMU that makes one",
                              "the IGVM file asks for a MADT, which QEMU 10 refuses");
    }
    return put(area, offset, madt, acpi_madt(madt, image->header.vcpu_count), f);
}

bool igvm_area_fill(struct igvm_areas *areas, uint32_t type, const struct igvm_parameter *p,
                    const struct image *image, struct fail *f)
{
    struct igvm_area *area = find(areas, p->index, f);
    const uint32_t vcpus = image->header.vcpu_count;
    const uint32_t environment = IGVM_ENVIRONMENT_MEMORY_SHARED;
    if (area == NULL) {
        return false;
    }
    switch (type) {
    case IGVM_VHT_MEMORY_MAP:
        return put_memory_map(area, p->offset, image, f);
    case IGVM_VHT_MADT:
        return put_madt(area, p->offset, image, f);
    case IGVM_VHT_VP_COUNT:
        return put(area, p->offset, &vcpus, sizeof(vcpus), f);
    case IGVM_VHT_ENVIRONMENT_INFO:
        return put(area, p->offset, &environment, sizeof(environment), f);
    default:
        return fail_because(f, "a parameter of type 0x%x, which QEMU does not know", type);
    }
}

bool igvm_area_insert(struct igvm_areas *areas, const struct igvm_parameter_insert *insert,
                      struct image *image, struct fail *f)
{
    struct igvm_area *area = find(areas, insert->index, f);
    if (area == NULL) {
        return false;
    }
    area->inserted = true;
    return image_add(image,
                     &(struct image_part){.what = "a parameter area",
                                          .gpa = insert->gpa,
                                          .size = area->size,
                                          .bytes = area->bytes,
                                          .len = area->size,
                                          .type = PSP_PAGE_UNMEASURED},
                     f);
}

void igvm_area_free(struct igvm_areas *areas)
{
    for (unsigned i = 0; i < areas->count; i++) {
        free(areas->list[i].bytes);
    }
    areas->count = 0;
}
