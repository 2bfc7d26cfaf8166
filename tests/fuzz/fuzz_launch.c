/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the launch page, as ring 0 looks at it when it starts (microkernel/snp/machine.c)
 * and when it sets up the guest's memory (guest/ram.c). A page that is taken is sound: ranges of
 * whole pages that ascend and keep off VMPL0's own memory, and an index for each page of them and
 * for no other. The first bytes of an input say how much is put right, as almost no input would get
 * further.
 */
#include "fuzz.h"
#include <setjmp.h>
#include <mm/mm.h>
#include <svsm/abi/snp_image.h>

static union {
    struct snp_image_launch page;
    uint8_t bytes[4096];
} own;
#undef KERNEL_BASE
#define KERNEL_BASE ((uint64_t)(uintptr_t)&own - SNP_IMAGE_LAUNCH)

#include <guest/ram.h>
#include <snp/machine.c>

#define OWN_END (SNP_IMAGE_BASE + (UINT64_C(8) << 20))
#define PAGES_MAX (UINT64_C(1) << 40)

/* What machine.c needs and this target does not run. */
const struct snp_image_header snp_header = {.pool_end = OWN_END};
uint64_t pages_private;
uint8_t boot_ghcb[4096];
bool ghcb_version_fits(void)
{
    return false;
}
uint64_t ghcb_host_features(void)
{
    return 0;
}
bool ghcb_share(uint32_t vcpu, uint64_t page, const void *va)
{
    return vcpu + page == 0 && va == NULL;
}
bool ghcb_register(uint32_t vcpu)
{
    return vcpu != 0;
}
void boot_rest(void)
{
    abort();
}
void log_print(enum svsm_log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

/* The machine ends. */
static jmp_buf end;
static enum snp_stop reason;

void stop_because(enum snp_stop because, const char *why)
{
    require(why[0] != 0, "a reason in words");
    reason = because;
    longjmp(end, 1);
}
void ghcb_terminate_now(unsigned because)
{
    stop_because((enum snp_stop)because, "termination");
}
void port_stop(const char *why)
{
    stop_because(SNP_STOP_RING0, why);
}
void check_failed(const char *what, const char *file, unsigned line)
{
    (void)file;
    require(line != 0, "a line");
    stop_because(SNP_STOP_RING0, what);
}

static void mend(uint8_t how)
{
    struct snp_image_launch *l = &own.page;
    uint64_t at = 0;

    l->magic = how & 1 ? l->magic : SNP_IMAGE_LAUNCH_MAGIC;
    l->version = how & 2 ? l->version : SNP_IMAGE_VERSION;
    l->flags = how & 4 ? l->flags : l->flags & 3;
    l->vcpu_count = how & 8 ? l->vcpu_count : l->vcpu_count % SVSM_VCPUS_MAX + 1;
    l->ram_count = how & 16 ? l->ram_count : l->ram_count % (SNP_IMAGE_RAM_MAX + 1);
    for (unsigned i = 0; (how & 32) == 0 && i < SNP_IMAGE_RAM_MAX; i++) {
        struct snp_image_ram *r = &l->ram[i];
        r->kind = r->kind % 3 + 1;
        r->size = (r->size % 600 + 1) * 4096;
        r->gpa = at + (how & 64 ? 0 : r->gpa % 4096 * 4096);
        at = r->gpa + r->size;
    }
}

/* The index of a page by the list, in one way more. */
static bool expected(uint64_t gpa, uint64_t *index)
{
    *index = 0;
    for (unsigned i = 0; i < own.page.ram_count; i++) {
        const struct snp_image_ram *r = &own.page.ram[i];
        if (gpa >= r->gpa && gpa - r->gpa < r->size) {
            *index += (gpa - r->gpa) / 4096;
            return true;
        }
        *index += r->size / 4096;
    }
    return false;
}

static void judge_page(uint64_t gpa, size_t pages)
{
    size_t index = SIZE_MAX;
    uint64_t wanted;
    bool is = ram_index(gpa, 1, &index);

    require(is == (gpa % 4096 == 0 && expected(gpa, &wanted)),
            "a page that is, or is not, the guest's");
    require(!is || (index == wanted && index < pages), "its index");
}

static void judge(size_t pages, struct input *in)
{
    const struct snp_image_launch *l = &own.page;
    uint64_t from = 0;

    require((l->flags & ~(SNP_IMAGE_CONSOLE | SNP_IMAGE_GUEST)) == 0, "known flags");
    require(machine_vcpus() >= 1 && machine_vcpus() <= SVSM_VCPUS_MAX, "vCPUs that there can be");
    require(machine_prints() == ((l->flags & SNP_IMAGE_CONSOLE) != 0), "who may print");
    for (unsigned i = 0; i < l->ram_count; i++) {
        const struct snp_image_ram *r = &l->ram[i];
        require(r->gpa % 4096 == 0 && r->size % 4096 == 0 && r->size != 0, "whole pages");
        require(r->gpa >= from && r->size <= PAGES_MAX * 4096 - r->gpa, "ascending");
        from = r->gpa + r->size;
        require(from <= SNP_IMAGE_BASE || r->gpa >= OWN_END, "VMPL0's own");
        judge_page(r->gpa, pages);
        judge_page(r->gpa - 4096, pages);
        judge_page(from - 4096, pages);
        judge_page(from, pages);
    }
    judge_page(SNP_IMAGE_BASE, pages);
    judge_page(OWN_END - 4096, pages);
    while (in->at != in->end) {
        judge_page(input_number(in, 8), pages);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    uint8_t how = input_byte(&in);
    size_t page = (size_t)(in.end - in.at);

    page = page < sizeof(own.page) ? page : sizeof(own.page);
    memset(&own, 0, sizeof(own));
    memcpy(&own, in.at, page);
    in.at += page;
    mend(how);
    if (setjmp(end) == 0) {
        check_launch();
        judge(ram_init(machine_launch(), SNP_IMAGE_BASE, OWN_END), &in);
    } else {
        require(reason == SNP_STOP_LAUNCH || reason == SNP_STOP_RING0, "why it ends");
    }
    return 0;
}
