/* SPDX-License-Identifier: MIT */
/*
 * What the host and the firmware do at launch: each page is assigned by RMPUPDATE, filled, and made
 * valid by the firmware. The image comes from our own host program; its offsets are checked all the
 * same, so that a wrong one is told and not executed.
 */
#include "launch.h"
#include "../core/cpuid_check.h"
#include "../core/rules.h"
#include "../wire/lines.h"
#include "lies.h"
#include "log.h"
#include "machine.h"
#include "memory.h"
#include "statistics.h"
#include "stop.h"
#include <string.h>
#include <svsm/abi/launch.h>
#include <svsm/abi/snp_host.h>
#include <svsm/abi/snp_pages.h>

#define PAGES_2M (SNP_SIZE_2M / PAGE_SIZE)

static const void *image_part(uint64_t offset, uint64_t count, uint64_t size)
{
    const struct launch_header *launch = machine.launch;

    if (offset > launch->size || count > (launch->size - offset) / size) {
        stop_emulator("the launch image refers behind its end");
    }
    return (const uint8_t *)launch + offset;
}

static void rmp_create(void)
{
    uint64_t frames = memory_end() / PAGE_SIZE;
    uint64_t bytes = frames * sizeof(struct rmp_entry);
    struct rmp_entry *entries = memory_at(memory_pages((bytes + PAGE_SIZE - 1) / PAGE_SIZE));

    rmp_init(&machine.rmp, entries, 0, frames);
}

/* QEMU's memory starts as zeros that take no room on the host; reading keeps it so. */
static void clear(void *page)
{
    const uint64_t *words = page;
    uint64_t any = 0;

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
        any |= words[i];
    }
    if (any != 0) {
        memset(page, 0, PAGE_SIZE);
    }
}

/* What the firmware puts into a save area at launch; it is not measured. */
static void set_tsc(struct vmsa *vmsa)
{
    if (vmsa->sev_features & SNP_FEATURE_SECURE_TSC) {
        vmsa->guest_tsc_scale = machine.launch->tsc_scale;
        vmsa->guest_tsc_offset = machine.launch->tsc_offset;
    }
}

/* The host fills it; the firmware looks at it, and what it does not take is no guest. */
static void fill_cpuid(struct snp_cpuid_page *page, uint64_t gpa)
{
    static struct snp_cpuid_page honest;

    cpuid_page_fill(&machine.cpuid, &honest);
    memcpy(page, &honest, sizeof(honest));
    unsigned rule = lies_launch_cpuid(page) ? cpuid_check_page(&honest, page) : RULE_NONE;
    if (rule == RULE_NONE) {
        return;
    }
    statistics_print();
    log_line(LINES_STOP " launch rule=%s gpa=%lx", rule_info(rule)->name, gpa);
    stop_machine(STOP_STATUS_REFUSED);
}

static void fill(const struct launch_run *run, uint64_t index, void *page)
{
    if (run->type == PSP_PAGE_CPUID) {
        fill_cpuid(page, run->gpa);
        return;
    }
    if (run->data == LAUNCH_NO_DATA) {
        clear(page);
        return;
    }
    memcpy(page, image_part(run->data + index * PAGE_SIZE, 1, PAGE_SIZE), PAGE_SIZE);
}

/* The host assigns the page; unless it only does that, the firmware validates it. */
static bool assign(const struct launch_run *run, uint64_t gpa, uint64_t frame)
{
    bool measured = run->type != LAUNCH_PAGE_ASSIGNED;
    struct snp_rmp_state state = {
        .gpa = gpa,
        .assigned = 1,
        .page_size = run->large ? SNP_PAGE_2M : SNP_PAGE_4K,
        .immutable = measured,
        .asid = machine.launch->asid,
    };

    if (run->large && gpa % SNP_SIZE_2M != 0) {
        return true; /* went with the first */
    }
    if (rmp_update(&machine.rmp, frame, &state) != SNP_SUCCESS) {
        return false;
    }
    return !measured ||
           rmp_launch(&machine.rmp, frame, run->type == PSP_PAGE_VMSA, run->perms) == SNP_SUCCESS;
}

static void load_run(const struct launch_run *run)
{
    uint64_t end = run->gpa + run->count * PAGE_SIZE;

    if (run->gpa % PAGE_SIZE != 0 || (run->large && (run->gpa | end) % SNP_SIZE_2M != 0)) {
        stop_emulator("a run of the launch image is not aligned");
    }
    if (run->firmware || run->type == PSP_PAGE_VMSA) {
        memory_firmware(run->gpa, run->count);
    }
    for (uint64_t i = 0; i < run->count; i++) {
        uint64_t gpa = run->gpa + i * PAGE_SIZE;
        uint64_t frame = memory_frame(gpa);
        if (frame == RMP_NO_FRAME) {
            stop_emulator("a run of the launch image lies where there is no memory");
        }
        fill(run, i, memory_at(frame << PAGE_SHIFT));
        if (run->type == PSP_PAGE_VMSA) {
            set_tsc(memory_at(frame << PAGE_SHIFT));
        }
        if (!assign(run, gpa, frame)) {
            stop_emulator("two runs of the launch image have a page in common");
        }
    }
}

void launch_guest(uint64_t loaded_end)
{
    const struct launch_header *launch = machine.launch;
    const struct launch_run *runs = image_part(launch->runs, launch->run_count, sizeof(*runs));

    memory_guest(launch->memory, launch->hv_reserve, launch->high);
    rmp_create();
    /* What firmware and loader left behind is no business of a guest. */
    memset(memory_at(0), 0, loaded_end < launch->memory ? loaded_end : launch->memory);
    for (uint32_t i = 0; i < launch->run_count; i++) {
        load_run(&runs[i]);
    }
}
