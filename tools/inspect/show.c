/* SPDX-License-Identifier: MIT */
/* What a file holds, for people. See show.h. */
#include "show.h"

#include <feature.h>
#include <measure.h>
#include <stdio.h>
#include <svsm/abi/attest.h>

#define HEX_SIZE (2 * PSP_DIGEST_SIZE + 1)

void show_short(const struct part *part, char out[SHOW_SHORT])
{
    for (unsigned i = 0; i < (SHOW_SHORT - 1) / 2; i++) {
        snprintf(out + 2 * i, 3, "%02x", part->digest[i]);
    }
}

const char *show_ram(uint32_t kind)
{
    static const char *const names[] = {
        [SNP_IMAGE_RAM_VALIDATED] = "loaded",
        [SNP_IMAGE_RAM_VALIDATE] = "validated by ring 0",
        [SNP_IMAGE_RAM_LEAVE] = "validated by the guest",
    };
    return kind < sizeof(names) / sizeof(names[0]) && names[kind] != NULL ? names[kind] : "unknown";
}

static void show_save_area(const char *what, const struct vmsa *v)
{
    char features[FEATURE_TEXT];
    feature_text(v->sev_features, features);
    printf("%-10s VMPL%u, rip=0x%llx cr0=0x%llx cr4=0x%llx efer=0x%llx\n", what, v->vmpl,
           (unsigned long long)v->rip, (unsigned long long)v->cr0, (unsigned long long)v->cr4,
           (unsigned long long)v->efer);
    printf("%-10s SEV_FEATURES of VMPL%u: %s\n", "", v->vmpl, features);
}

static void show_save_areas(const struct image *image)
{
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *run = &image->runs[i];
        char what[32];
        struct vmsa v;
        if (run->type == PSP_PAGE_VMSA) {
            snprintf(what, sizeof(what), "vCPU %llu",
                     (unsigned long long)((VMSA_KVM_GPA - run->gpa) / IMAGE_PAGE));
            memcpy(&v, image_run_bytes(image, run), sizeof(v));
            show_save_area(what, &v);
        }
    }
}

static void show_id_block(const struct igvm_guest *g)
{
    char hex[HEX_SIZE];
    if (!g->has_id_block) {
        printf("ID block   none\n");
        return;
    }
    measure_hex(g->id_block.ld, hex);
    printf("ID block   for %s, SVN %u, %s\n", hex, g->id_block.guest_svn,
           g->author_key ? "with an author key" : "without an author key");
}

static void show_tasks(const struct parts *p)
{
    const struct svsm_image_header *b = p->blob;
    const struct svsm_image_endpoint *endpoints =
        (const void *)((const uint8_t *)b + b->endpoint_offset);
    for (uint32_t i = 0; i < b->task_count; i++) {
        const struct svsm_image_task *t = parts_task(p, i);
        uint64_t pages = 0;
        for (uint32_t r = 0; r < t->region_count; r++) {
            pages += t->regions[r].pages;
        }
        printf("  %-23s pages %llu, heap %u, stack %u x %u, handles %u", t->name,
               (unsigned long long)pages, t->heap_pages, t->activations, t->stack_pages,
               t->handle_count);
        for (uint32_t e = 0; e < t->endpoint_count; e++) {
            const struct svsm_image_endpoint *end = &endpoints[t->endpoint_first + e];
            if (end->protocol != SVSM_PROTOCOL_NONE) {
                printf(", protocol %u", end->protocol);
            }
        }
        putchar('\n');
    }
}

static void show_svsm(const struct parts *p)
{
    printf("SVSM       vCPUs %u, %s, entry 0x%x, image to 0x%llx, pool to 0x%llx\n",
           p->launch.vcpu_count,
           (p->launch.flags & SNP_IMAGE_CONSOLE) != 0 ? "prints to the host" : "silent",
           p->header.entry, (unsigned long long)p->header.image_end,
           (unsigned long long)p->header.pool_end);
    if ((p->launch.flags & SNP_IMAGE_GUEST) != 0) {
        show_save_area("guest", &p->guest);
    } else {
        printf("guest      none\n");
    }
    printf("\ntasks (sizes in pages)\n");
    show_tasks(p);
    printf("\nthe guest's memory\n");
    for (uint32_t i = 0; i < p->launch.ram_count && i < SNP_IMAGE_RAM_MAX; i++) {
        const struct snp_image_ram *ram = &p->launch.ram[i];
        printf("  0x%09llx to 0x%09llx  %s\n", (unsigned long long)ram->gpa,
               (unsigned long long)ram->gpa + ram->size, show_ram(ram->kind));
    }
}

static void show_parts(const struct parts *p)
{
    printf("\nparts\n");
    for (unsigned i = 0; i < p->count; i++) {
        const struct part *part = &p->list[i];
        char digest[SHOW_SHORT];
        show_short(part, digest);
        if (part->size != 0) {
            printf("  %-26s %s  0x%09llx, %llu bytes\n", part->name, digest,
                   (unsigned long long)part->gpa, (unsigned long long)part->size);
        } else {
            printf("  %-26s %s\n", part->name, digest);
        }
    }
}

/* Neighbours of one type in one line, whether they have bytes in the file or are zero. */
static void show_pages(const struct image *image)
{
    printf("\npages, in the order in which they are measured\n");
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        const struct launch_run *first = &image->runs[i];
        uint64_t end = first->gpa + first->count * IMAGE_PAGE;
        while (i + 1 < image->header.run_count && image->runs[i + 1].gpa == end &&
               image->runs[i + 1].type == first->type) {
            i++;
            end += image->runs[i].count * IMAGE_PAGE;
        }
        if (first->type != PSP_PAGE_VMSA) {
            printf("  0x%09llx to 0x%09llx  %s\n", (unsigned long long)first->gpa,
                   (unsigned long long)end, measure_type(first->type));
        }
    }
}

static void tell_header(void *context, const char *name, unsigned count)
{
    const char **separator = context;
    printf("%s%u %s", *separator, count, name);
    *separator = ", ";
}

void show_text(const struct shown *s)
{
    const char *separator = "headers    ";
    const struct igvm_guest *g = &s->load->guest;
    char hex[HEX_SIZE];
    measure_hex(s->digest, hex);
    printf("file       %s, %zu bytes\n", s->path, s->load->file.bytes.size);
    show_headers(s->load, tell_header, &separator);
    putchar('\n');
    printf("digest     %s (%s)\n", hex, s->profile);
    printf("policy     0x%llx: SMT %s, debugging %s\n", (unsigned long long)g->policy,
           (g->policy & PSP_POLICY_SMT) != 0 ? "allowed" : "refused",
           (g->policy & PSP_POLICY_DEBUG) != 0 ? "ALLOWED" : "refused");
    show_id_block(g);
    show_save_areas(&s->load->image);
    if (s->parts->svsm) {
        show_svsm(s->parts);
    }
    show_parts(s->parts);
    show_pages(&s->load->image);
}
