/* SPDX-License-Identifier: MIT */
/* The launch image. See image.h. */
#include "image.h"

#include <stdlib.h>
#include <string.h>

/* Windows of q35 in which no guest page can lie, by the addresses that SeaBIOS and QEMU use. */
static const struct window {
    uint64_t from, to;
    const char *what;
} windows[] = {
    {0xa0000, 0xc0000, "the VGA window"},
    {0xb0000000, 0xc0000000, "the PCI configuration window"},
    {0xfec00000, 0xfec01000, "the I/O APIC"},
    {0xfed00000, 0xfed01000, "the HPET"},
    {0xfee00000, 0xfee01000, "the local APIC"},
};

#define FIRMWARE_END UINT64_C(0x100000000)

bool image_init(struct image *image, uint64_t memory, uint32_t vcpus, struct fail *f)
{
    memset(image, 0, sizeof(*image));
    if (memory == 0 || memory % IMAGE_LARGE != 0) {
        return fail_because(f, "the guest's memory is no multiple of 2 MiB");
    }
    if (vcpus < 1 || vcpus > IMAGE_VCPUS) {
        return fail_because(f, "%u vCPUs are not between 1 and %u", vcpus, IMAGE_VCPUS);
    }
    image->header.magic = LAUNCH_MAGIC;
    image->header.memory = memory;
    image->header.vcpu_count = vcpus;
    for (uint32_t i = 0; i < IMAGE_VCPUS; i++) {
        image->vcpus[i] = (struct launch_vcpu){.vmsa_gpa = LAUNCH_NO_VMSA, .apic_id = i};
    }
    return true;
}

void image_free(struct image *image)
{
    free(image->runs);
    free(image->pages);
    image->runs = NULL;
    image->pages = NULL;
}

static uint64_t run_end(const struct launch_run *run)
{
    return run->gpa + run->count * IMAGE_PAGE;
}

static bool overlaps(uint64_t from, uint64_t to, uint64_t other_from, uint64_t other_to)
{
    return from < other_to && other_from < to;
}

static bool check_place(const struct image *image, const struct image_part *p, struct fail *f)
{
    uint64_t unit = p->large ? IMAGE_LARGE : IMAGE_PAGE;
    uint64_t end;
    uint64_t memory = image->header.memory;
    if (p->size == 0 || p->gpa % unit != 0 || p->size % unit != 0) {
        return fail_because(f, "%s: 0x%llx bytes at 0x%llx are not whole pages of %s", p->what,
                            (unsigned long long)p->size, (unsigned long long)p->gpa,
                            p->large ? "2 MiB" : "4 KiB");
    }
    if (__builtin_add_overflow(p->gpa, p->size, &end) || (end > memory && p->gpa < memory)) {
        return fail_with_mend(f, "--memory SIZE gives the guest more",
                              "%s: 0x%llx bytes at 0x%llx run beyond the end of memory at 0x%llx",
                              p->what, (unsigned long long)p->size, (unsigned long long)p->gpa,
                              (unsigned long long)memory);
    }
    if (end > memory && end > FIRMWARE_END) {
        return fail_with_mend(f, "--memory SIZE gives the guest more",
                              "%s: at 0x%llx there is neither memory nor firmware", p->what,
                              (unsigned long long)p->gpa);
    }
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        if (overlaps(p->gpa, end, windows[i].from, windows[i].to)) {
            return fail_because(f, "%s: 0x%llx bytes at 0x%llx lie over %s", p->what,
                                (unsigned long long)p->size, (unsigned long long)p->gpa,
                                windows[i].what);
        }
    }
    return true;
}

static bool check_free(const struct image *image, const struct image_part *p, struct fail *f)
{
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        if (run->type != PSP_PAGE_VMSA &&
            overlaps(p->gpa, p->gpa + p->size, run->gpa, run_end(run))) {
            return fail_because(f, "%s: 0x%llx bytes at 0x%llx lie over pages that are there",
                                p->what, (unsigned long long)p->size, (unsigned long long)p->gpa);
        }
    }
    return true;
}

static bool reserve_pages(struct image *image, uint64_t size, struct fail *f)
{
    uint64_t need = image->pages_size + size;
    if (need <= image->pages_room) {
        return true;
    }
    uint64_t room = image->pages_room * 2 > need ? image->pages_room * 2 : need;
    uint8_t *pages = realloc(image->pages, room);
    if (pages == NULL) {
        return fail_because(f, "no memory for 0x%llx bytes of pages", (unsigned long long)room);
    }
    image->pages = pages;
    image->pages_room = room;
    return true;
}

static bool reserve_run(struct image *image, struct fail *f)
{
    if (image->header.run_count == IMAGE_RUNS_MAX) {
        return fail_because(f, "the guest has more than %u runs of pages", IMAGE_RUNS_MAX);
    }
    if (image->header.run_count < image->runs_room) {
        return true;
    }
    uint32_t room = image->runs_room == 0 ? 64 : image->runs_room * 2;
    struct launch_run *runs = realloc(image->runs, room * sizeof(*runs));
    if (runs == NULL) {
        return fail_because(f, "no memory for %u runs of pages", room);
    }
    image->runs = runs;
    image->runs_room = room;
    return true;
}

/* Does this run go on where the last one ends, in the guest and in the image? */
static bool continues(const struct image *image, const struct launch_run *run)
{
    if (image->header.run_count == 0 || run->type == PSP_PAGE_VMSA) {
        return false;
    }
    const struct launch_run *last = &image->runs[image->header.run_count - 1];
    bool data =
        run->data == LAUNCH_NO_DATA
            ? last->data == LAUNCH_NO_DATA
            : last->data != LAUNCH_NO_DATA && last->data + last->count * IMAGE_PAGE == run->data;
    return data && run_end(last) == run->gpa && last->type == run->type &&
           last->large == run->large && last->firmware == run->firmware;
}

/* Both reservations are made: nothing fails any more. */
static void append(struct image *image, struct launch_run run, const void *bytes, size_t len)
{
    uint64_t size = run.count * IMAGE_PAGE;
    if (bytes != NULL) {
        uint8_t *to = image->pages + image->pages_size;
        run.data = image->pages_size;
        memcpy(to, bytes, len);
        memset(to + len, 0, size - len);
        image->pages_size += size;
    } else {
        run.data = LAUNCH_NO_DATA;
    }
    if (continues(image, &run)) {
        image->runs[image->header.run_count - 1].count += run.count;
    } else {
        image->runs[image->header.run_count++] = run;
    }
}

bool image_add(struct image *image, const struct image_part *p, struct fail *f)
{
    /* Firmware's pages get their contents at the end: keep room for them. */
    const void *bytes = p->type == PSP_PAGE_SECRETS ? "" : p->bytes;
    size_t len = p->type == PSP_PAGE_SECRETS ? 0 : p->len;
    if (p->len > p->size) {
        return fail_because(f, "%s: 0x%zx bytes do not fit into 0x%llx", p->what, p->len,
                            (unsigned long long)p->size);
    }
    if (!check_place(image, p, f) || !check_free(image, p, f) || !reserve_run(image, f) ||
        (bytes != NULL && !reserve_pages(image, p->size, f))) {
        return false;
    }
    struct launch_run run = {
        .gpa = p->gpa,
        .count = p->size / IMAGE_PAGE,
        .type = p->type,
        .large = p->large,
        .firmware = p->gpa >= image->header.memory,
    };
    append(image, run, bytes, len);
    return true;
}

bool image_add_large(struct image *image, const struct image_part *p, struct fail *f)
{
    const uint64_t end = p->gpa + p->size;
    const uint64_t first = (p->gpa + IMAGE_LARGE - 1) & ~(IMAGE_LARGE - 1);
    const uint64_t last = end & ~(IMAGE_LARGE - 1);
    struct image_part part = *p;
    if (end < p->gpa || first >= last) {
        return image_add(image, p, f);
    }
    part.size = first - p->gpa;
    if (part.size > 0 && !image_add(image, &part, f)) {
        return false;
    }
    part.gpa = first;
    part.size = last - first;
    part.large = true;
    if (!image_add(image, &part, f)) {
        return false;
    }
    part.gpa = last;
    part.size = end - last;
    part.large = false;
    return part.size == 0 || image_add(image, &part, f);
}

bool image_add_vmsa(struct image *image, uint32_t apic_id, const struct vmsa *vmsa, bool runnable,
                    struct fail *f)
{
    if (apic_id >= image->header.vcpu_count) {
        return fail_with_mend(f, "a machine with more vCPUs is needed",
                              "a save area for vCPU %u, but there are only %u", apic_id,
                              image->header.vcpu_count);
    }
    if (image->vcpus[apic_id].vmsa_gpa != LAUNCH_NO_VMSA) {
        return fail_because(f, "a second save area for vCPU %u", apic_id);
    }
    if (!reserve_run(image, f) || !reserve_pages(image, IMAGE_PAGE, f)) {
        return false;
    }
    struct launch_run run = {
        .gpa = VMSA_KVM_GPA - apic_id * IMAGE_PAGE, .count = 1, .type = PSP_PAGE_VMSA};
    image->vcpus[apic_id].vmsa_gpa = run.gpa;
    image->vcpus[apic_id].runnable = runnable;
    append(image, run, vmsa, sizeof(*vmsa));
    return true;
}

void image_fill(struct image *image, uint8_t type, const void *page)
{
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        for (uint64_t at = 0; run->type == type && at < run->count; at++) {
            memcpy(image->pages + run->data + at * IMAGE_PAGE, page, IMAGE_PAGE);
        }
    }
}

uint8_t *image_finish(struct image *image, size_t *size)
{
    struct launch_header *h = &image->header;
    uint64_t runs_size = h->run_count * sizeof(struct launch_run);
    uint64_t vcpus_size = h->vcpu_count * sizeof(struct launch_vcpu);
    h->runs = sizeof(*h);
    h->vcpu_states = h->runs + runs_size;
    uint64_t pages = (h->vcpu_states + vcpus_size + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1);
    h->size = pages + image->pages_size;
    uint8_t *out = calloc(1, h->size);
    if (out == NULL) {
        return NULL;
    }
    memcpy(out, h, sizeof(*h));
    if (h->run_count > 0) {
        memcpy(out + h->runs, image->runs, runs_size);
    }
    for (uint32_t i = 0; i < h->run_count; i++) {
        struct launch_run run = image->runs[i];
        run.data = run.data == LAUNCH_NO_DATA ? LAUNCH_NO_DATA : run.data + pages;
        memcpy(out + h->runs + i * sizeof(run), &run, sizeof(run));
    }
    memcpy(out + h->vcpu_states, image->vcpus, vcpus_size);
    if (image->pages_size > 0) {
        memcpy(out + pages, image->pages, image->pages_size);
    }
    *size = h->size;
    return out;
}

const uint8_t *image_run_bytes(const struct image *image, const struct launch_run *run)
{
    return run->data == LAUNCH_NO_DATA ? NULL : image->pages + run->data;
}
