/* SPDX-License-Identifier: MIT */
/* What an IGVM file consists of. See parts.h. */
#include "parts.h"

#include <compose.h>
#include <payload.h>
#include <stdio.h>
#include <stdlib.h>
#include <task/image.h>

#include "hash.h"
#include "linux_pages.h"

#define IMAGE_MAX (UINT64_C(128) << 20)

void parts_free(struct parts *p)
{
    free(p->memory);
    p->memory = NULL;
}

const struct part *parts_find(const struct parts *p, const char *name)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (strcmp(p->list[i].name, name) == 0) {
            return &p->list[i];
        }
    }
    return NULL;
}

const struct svsm_image_task *parts_task(const struct parts *p, uint32_t i)
{
    return (const struct svsm_image_task *)((const uint8_t *)p->blob + p->blob->task_offset) + i;
}

/* The hash of the part's fingerprint begins; end() keeps it. */
static struct part *begin(struct parts *p, struct hash *h, const char *name, uint64_t gpa,
                          uint64_t size)
{
    struct part *part = &p->list[p->count < PARTS_MAX ? p->count : PARTS_MAX - 1];
    *part = (struct part){.gpa = gpa, .size = size};
    snprintf(part->name, sizeof(part->name), "%s", name);
    hash_begin(h);
    return part;
}

static bool end(struct parts *p, struct part *part, struct hash *h, struct fail *f)
{
    if (p->count == PARTS_MAX) {
        hash_end(h, part->digest);
        return fail_because(f, "the file has more than %u parts", PARTS_MAX);
    }
    p->count++;
    return hash_end(h, part->digest) || fail_because(f, "SHA-256 does not work");
}

/* Loaded memory as it is; nothing at all if it is not loaded. */
static bool add_range(struct parts *p, const struct load *l, const char *name, uint64_t from,
                      uint64_t to, struct fail *f)
{
    uint8_t page[IMAGE_PAGE];
    struct hash h;
    if (from >= to || !load_read(l, from, page, 1)) {
        return true;
    }
    struct part *part = begin(p, &h, name, from, to - from);
    for (uint64_t at = from; at < to; at += IMAGE_PAGE) {
        size_t size = to - at < IMAGE_PAGE ? (size_t)(to - at) : IMAGE_PAGE;
        if (!load_read(l, at, page, size)) {
            hash_end(&h, part->digest);
            return fail_because(f, "%s is loaded up to 0x%llx only", name, (unsigned long long)at);
        }
        hash_add(&h, page, size);
    }
    return end(p, part, &h, f);
}

/* ---------------------------------------------------------------------------------------- ours */

/* Ring 0, without what the image builder fills in about the blob behind it. */
static bool add_kernel(struct parts *p, struct fail *f)
{
    const struct snp_image_header *header = &p->header;
    const size_t size = header->blob - header->load;
    struct svsm_image_location none = {.magic = SVSM_IMAGE_MAGIC};
    struct snp_image_header own = *header;
    struct hash h;
    own.image_end = own.pool_end = own.blob = 0;
    struct part *part = begin(p, &h, "ring 0", header->load, size);
    hash_add(&h, &own, sizeof(own));
    for (size_t at = sizeof(own); at < size;) {
        struct svsm_image_location l = {0};
        if (size - at >= sizeof(l)) {
            memcpy(&l, p->memory + at, sizeof(l));
        }
        bool location = l.magic == SVSM_IMAGE_MAGIC && l.pa == header->blob;
        size_t step = location ? sizeof(l) : sizeof(uint64_t);
        step = step < size - at ? step : size - at;
        hash_add(&h, location ? (const void *)&none : p->memory + at, step);
        at += step;
    }
    return end(p, part, &h, f);
}

static void add_table(struct hash *h, const struct svsm_image_header *b, uint32_t count,
                      uint32_t offset, size_t size)
{
    hash_add(h, &count, sizeof(count));
    hash_add(h, (const uint8_t *)b + offset, count * size);
}

/* All tables but the tasks', which belong to them. */
static bool add_description(struct parts *p, struct fail *f)
{
    const struct svsm_image_header *b = p->blob;
    struct hash h;
    struct part *part =
        begin(p, &h, "system description", p->header.blob,
              sizeof(*b) + b->task_count * (uint64_t)sizeof(struct svsm_image_task));
    hash_add(&h, &b->abi_version, sizeof(b->abi_version));
    hash_add(&h, &b->flags, sizeof(b->flags));
    hash_add(&h, &b->task_count, sizeof(b->task_count));
    add_table(&h, b, b->endpoint_count, b->endpoint_offset, sizeof(struct svsm_image_endpoint));
    add_table(&h, b, b->operation_count, b->operation_offset, sizeof(struct svsm_image_operation));
    add_table(&h, b, b->handle_count, b->handle_offset, sizeof(struct svsm_image_handle));
    add_table(&h, b, b->device_count, b->device_offset, sizeof(struct svsm_image_device));
    add_table(&h, b, b->boot_count, b->boot_offset, sizeof(struct svsm_image_boot));
    return end(p, part, &h, f);
}

/* Its record without indexes, places and the digest that is made from the contents; contents. */
static bool add_task(struct parts *p, uint32_t index, struct fail *f)
{
    const uint8_t *blob = (const uint8_t *)p->blob;
    struct svsm_image_task t = *parts_task(p, index);
    uint64_t first = 0;
    uint64_t size = 0;
    char name[PARTS_NAME];
    struct hash h;
    snprintf(name, sizeof(name), "task %.*s", (int)sizeof(t.name), t.name);
    struct part *part = begin(p, &h, name, 0, 0);
    for (uint32_t i = 0; i < t.region_count; i++) {
        struct svsm_image_region *r = &t.regions[i];
        hash_add(&h, blob + r->offset, r->bytes);
        first = first == 0 ? r->offset : first;
        size += r->bytes;
        r->offset = 0;
    }
    hash_add(&h, blob + t.symbols_offset, t.symbols_size);
    part->gpa = p->header.blob + first;
    part->size = size;
    t.handle_first = t.endpoint_first = t.symbols_offset = 0;
    memset(t.digest, 0, sizeof(t.digest));
    hash_add(&h, &t, sizeof(t));
    return end(p, part, &h, f);
}

static bool read_memory(struct parts *p, const struct load *l, struct fail *f)
{
    const struct snp_image_header *h = &p->header;
    if (h->image_end < h->load || h->image_end - h->load > IMAGE_MAX) {
        return fail_because(f, "the SVSM's image says that it ends at 0x%llx",
                            (unsigned long long)h->image_end);
    }
    const size_t size = h->image_end - h->load;
    p->memory = malloc(size + 1);
    if (p->memory == NULL) {
        return fail_because(f, "no memory for the SVSM's image");
    }
    if (!load_read(l, h->load, p->memory, size)) {
        return fail_because(f, "the SVSM's image is not all in the file");
    }
    if (!compose_header((struct bytes){p->memory, size}, &p->header, f)) {
        return false;
    }
    if (h->blob < h->load || h->blob % IMAGE_PAGE != 0 || h->blob >= h->image_end) {
        return fail_because(f, "the SVSM's image has its tasks at 0x%llx, which is not in it",
                            (unsigned long long)h->blob);
    }
    p->blob = (const void *)(p->memory + (h->blob - h->load));
    const char *bad = image_check(p->blob, h->image_end - h->blob);
    return bad == NULL || fail_because(f, "the SVSM's system description is damaged: %s", bad);
}

static bool add_svsm(struct parts *p, const struct load *l, struct fail *f)
{
    if (!read_memory(p, l, f) || !add_kernel(p, f) || !add_description(p, f)) {
        return false;
    }
    for (uint32_t i = 0; i < p->blob->task_count; i++) {
        if (!add_task(p, i, f)) {
            return false;
        }
    }
    return add_range(p, l, "launch page", SNP_IMAGE_LAUNCH, SNP_IMAGE_GUEST_VMSA, f) &&
           add_range(p, l, "guest's save area", SNP_IMAGE_GUEST_VMSA,
                     SNP_IMAGE_GUEST_VMSA + IMAGE_PAGE, f) &&
           add_range(p, l, "pool", p->header.image_end, p->header.pool_end, f);
}

/* --------------------------------------------------------------------------------------- guest */

static bool add_linux(struct parts *p, const struct load *l, struct fail *f)
{
    uint32_t initrd[2] = {0}; /* address, size */
    if (!load_read(l, LINUX_BOOT_PARAMS + LINUX_PARAMS_INITRD, initrd, sizeof(initrd))) {
        return fail_because(f, "the guest's boot parameters are not in the file");
    }
    uint64_t end_of_kernel = LINUX_KERNEL;
    uint8_t byte;
    while (load_read(l, end_of_kernel, &byte, 1) && end_of_kernel != initrd[0]) {
        end_of_kernel += IMAGE_PAGE;
    }
    return add_range(p, l, "guest boot parameters", LINUX_BOOT_PARAMS, LINUX_CMDLINE, f) &&
           add_range(p, l, "guest command line", LINUX_CMDLINE, LINUX_GDT, f) &&
           add_range(p, l, "guest entry", LINUX_GDT, LINUX_ACPI, f) &&
           add_range(p, l, "guest ACPI tables", LINUX_ACPI, LINUX_PAGES_END, f) &&
           add_range(p, l, "guest kernel", LINUX_KERNEL, end_of_kernel, f) &&
           add_range(p, l, "guest initrd", initrd[0], (uint64_t)initrd[0] + initrd[1], f);
}

/* A bare program: all that the launch page calls validated. */
static bool add_program(struct parts *p, const struct load *l, struct fail *f)
{
    for (uint32_t i = 0; i < p->launch.ram_count && i < SNP_IMAGE_RAM_MAX; i++) {
        const struct snp_image_ram *ram = &p->launch.ram[i];
        char name[PARTS_NAME];
        snprintf(name, sizeof(name), "guest program at 0x%llx", (unsigned long long)ram->gpa);
        if (ram->kind == SNP_IMAGE_RAM_VALIDATED &&
            !add_range(p, l, name, ram->gpa, ram->gpa + ram->size, f)) {
            return false;
        }
    }
    return true;
}

static bool add_guest(struct parts *p, const struct load *l, struct fail *f)
{
    if ((p->launch.flags & SNP_IMAGE_GUEST) == 0) {
        return true;
    }
    if (!load_read(l, SNP_IMAGE_GUEST_VMSA, &p->guest, sizeof(p->guest))) {
        return fail_because(f, "the guest's save area is not in the file");
    }
    return p->launch.guest_secrets == LINUX_SECRETS ? add_linux(p, l, f) : add_program(p, l, f);
}

/* --------------------------------------------------------------------------------------- whole */

static bool add_value(struct parts *p, const char *name, const void *bytes, size_t size,
                      struct fail *f)
{
    struct hash h;
    struct part *part = begin(p, &h, name, 0, 0);
    hash_add(&h, bytes, size);
    return end(p, part, &h, f);
}

static bool add_launch(struct parts *p, const struct load *l, struct fail *f)
{
    const struct image *image = &l->image;
    if (!add_value(p, "guest policy", &l->guest.policy, sizeof(l->guest.policy), f)) {
        return false;
    }
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        char name[PARTS_NAME];
        snprintf(name, sizeof(name), "save area of vCPU %llu",
                 (unsigned long long)((VMSA_KVM_GPA - run->gpa) / IMAGE_PAGE));
        if (run->type == PSP_PAGE_VMSA &&
            !add_value(p, name, image_run_bytes(image, run), IMAGE_PAGE, f)) {
            return false;
        }
    }
    return true;
}

/* Of files that are none of ours: every run of pages is a part. */
static bool add_pages(struct parts *p, const struct load *l, struct fail *f)
{
    const struct image *image = &l->image;
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        char name[PARTS_NAME];
        snprintf(name, sizeof(name), "pages at 0x%llx", (unsigned long long)run->gpa);
        if (run->type == PSP_PAGE_NORMAL && p->count + IMAGE_VCPUS < PARTS_MAX &&
            !add_range(p, l, name, run->gpa, run->gpa + run->count * IMAGE_PAGE, f)) {
            return false;
        }
    }
    return true;
}

bool parts_read(struct parts *p, const struct load *l, struct fail *f)
{
    memset(p, 0, sizeof(*p));
    if (!add_launch(p, l, f)) {
        return false;
    }
    p->svsm = load_read(l, SNP_IMAGE_KERNEL, &p->header, sizeof(p->header)) &&
              p->header.magic == SNP_IMAGE_MAGIC && p->header.load == SNP_IMAGE_KERNEL;
    if (!p->svsm) {
        return add_pages(p, l, f);
    }
    if (!load_read(l, SNP_IMAGE_LAUNCH, &p->launch, sizeof(p->launch)) ||
        p->launch.magic != SNP_IMAGE_LAUNCH_MAGIC) {
        return fail_because(f, "the SVSM's launch page is not in the file");
    }
    return add_svsm(p, l, f) && add_guest(p, l, f);
}
