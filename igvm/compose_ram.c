/* SPDX-License-Identifier: MIT */
/* The map of the guest's memory. See compose_ram.h. */
#include "compose_ram.h"

#define VGA UINT64_C(0xa0000)
#define VGA_END UINT64_C(0xc0000)
#define NOBODYS 0u /* instead of SNP_IMAGE_RAM_*: not the guest's */
#define SPANS_MAX (SNP_IMAGE_RAM_MAX + 2)

struct span {
    uint64_t from, to;
    uint32_t kind;
};

struct spans {
    unsigned count;
    struct span list[SPANS_MAX]; /* ascending, without a common page */
};

static bool too_many(struct fail *f)
{
    return fail_because(f, "the guest's memory has more than %u parts", SNP_IMAGE_RAM_MAX);
}

/* Next to one of its kind it becomes a part of that. False: no room, or it lies over another. */
static bool insert(struct spans *s, struct span new, struct fail *f)
{
    unsigned at = 0;
    while (at < s->count && s->list[at].from < new.from) {
        at++;
    }
    struct span *before = at > 0 ? &s->list[at - 1] : NULL;
    struct span *after = at < s->count ? &s->list[at] : NULL;
    if ((before != NULL && before->to > new.from) || (after != NULL && after->from < new.to)) {
        return fail_because(f, "the guest's pages 0x%llx to 0x%llx lie where it has no memory",
                            (unsigned long long)new.from, (unsigned long long)new.to);
    }
    if (before != NULL && before->to == new.from && before->kind == new.kind) {
        before->to = new.to;
        return true;
    }
    if (after != NULL && after->from == new.to && after->kind == new.kind) {
        after->from = new.from;
        return true;
    }
    if (s->count == SPANS_MAX) {
        return too_many(f);
    }
    for (unsigned i = s->count; i > at; i--) {
        s->list[i] = s->list[i - 1];
    }
    s->list[at] = new;
    s->count++;
    return true;
}

static bool put(struct snp_image_launch *launch, uint64_t from, uint64_t to, uint32_t kind,
                struct fail *f)
{
    if (from == to || kind == NOBODYS) {
        return true;
    }
    if (launch->ram_count == SNP_IMAGE_RAM_MAX) {
        return too_many(f);
    }
    launch->ram[launch->ram_count++] =
        (struct snp_image_ram){.gpa = from, .size = to - from, .kind = kind};
    return true;
}

/* What there is, with what lies between as memory that is not loaded. */
static bool put_all(struct snp_image_launch *launch, const struct spans *s, uint64_t memory,
                    struct fail *f)
{
    uint64_t at = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct span *span = &s->list[i];
        if (!put(launch, at, span->from, SNP_IMAGE_RAM_VALIDATE, f) ||
            !put(launch, span->from, span->to, span->kind, f)) {
            return false;
        }
        at = span->to;
    }
    return at >= memory || put(launch, at, memory, SNP_IMAGE_RAM_VALIDATE, f);
}

bool compose_ram(struct snp_image_launch *launch, const struct image *image, uint64_t from,
                 uint64_t to, struct fail *f)
{
    struct spans s = {0};
    if (!insert(&s, (struct span){VGA, VGA_END, NOBODYS}, f) ||
        !insert(&s, (struct span){from, to, NOBODYS}, f)) {
        return false;
    }
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        const struct span span = {run->gpa, run->gpa + run->count * IMAGE_PAGE,
                                  SNP_IMAGE_RAM_VALIDATED};
        if (run->firmware) {
            return fail_with_mend(f, "--memory SIZE gives the machine more",
                                  "the guest's pages at 0x%llx lie behind the end of memory",
                                  (unsigned long long)run->gpa);
        }
        if (!insert(&s, span, f)) {
            return false;
        }
    }
    return put_all(launch, &s, image->header.memory, f);
}
