/* SPDX-License-Identifier: MIT */
/*
 * The boot sequence, once the platform's boot_main() has found out where it is. Runs on the boot
 * stack under the bootstrap tables until the final ones are built and checked.
 */
#include <boot/boot.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <mm/mm.h>
#include <task/core.h>
#include <task/port.h>
#include <time/clock.h>

extern const uint8_t kernel_start[], rodata_start[], roinit_start[], bss_start[], kernel_end[];
extern uintptr_t __stack_chk_guard;

static struct svsm_image_location where_image(void)
{
    struct svsm_image_location where = image_location;
    if (where.magic != SVSM_IMAGE_MAGIC) {
        port_stop("this is a bare kernel: build an image from it with svsm-image");
    }
    CHECK(where.pa == pa_of_kernel(kernel_end).value);
    CHECK(where.pa % SVSM_PAGE_SIZE == 0 && where.size % SVSM_PAGE_SIZE == 0);
    return where;
}

static void log_footprint(const struct svsm_image_location *where)
{
    LOG_INFO("footprint ring0 text=%lu rodata=%lu data=%lu bss=%lu bytes",
             (uint64_t)(rodata_start - kernel_start), (uint64_t)(roinit_start - rodata_start),
             (uint64_t)(bss_start - roinit_start), (uint64_t)(kernel_end - bss_start));
    for (uint32_t i = 0; i < task_count; i++) {
        const struct svsm_image_task *t = AT(tasks, i).image;
        uint64_t bytes = space_pages(i) * SVSM_PAGE_SIZE;
        for (uint32_t n = 0; n < t->region_count; n++) {
            bool shared = (t->regions[n].flags & SVSM_REGION_WRITE) == 0;
            bytes += shared ? AT(t->regions, n).bytes : 0;
        }
        LOG_INFO("footprint task %s bytes=%lu", t->name, bytes);
    }
    uint64_t end = where->pa + where->size + where->pool_pages * SVSM_PAGE_SIZE;
    LOG_INFO("footprint pool used=%lu of %lu pages", pool_used(), where->pool_pages);
    LOG_INFO("footprint total reserved=%lu bytes", end - pa_of_kernel(kernel_start).value);
}

/* This vCPU, its clock and its interrupt controller. */
static void boot_processor(void)
{
    vcpu_count = machine_vcpus();
    kernel_space_windows(vcpu_count);
    features_enable(0);
    tables_build();
    tables_load(0);
    vcpus[0].wake_ns = UINT64_MAX;
    vcpus[0].apic_id = machine_interrupts();
    clock_init();
}

static void boot_spaces(const struct svsm_image_header *image)
{
    for (uint32_t i = 0; i < vcpu_count; i++) {
        cpu_of(i)->index = i;
    }
    for (uint32_t i = 0; i < task_count; i++) {
        space_build(&AT(tasks, i), image);
    }
    kernel_space_image(image);
    check_spaces();
}

void boot_rest(void)
{
    struct svsm_image_location where = where_image();
    machine_check_memory(where.pa + where.size + where.pool_pages * SVSM_PAGE_SIZE);
    /* SAFETY: the blob lies behind the kernel, mapped with it in both sets of tables. */
    const struct svsm_image_header *image =
        (const struct svsm_image_header *)(KERNEL_BASE + where.pa);
    CHECK(image->magic == SVSM_IMAGE_MAGIC && image->size <= where.size);
    bool test_image = (image->flags & SVSM_INFO_TEST_IMAGE) != 0;
    selftest_run(STAGE_EARLY, test_image);
    features_check();
    features_check_entropy(test_image);
    pool_init(&where);
    boot_processor();
    core_init(image);
    log_init(task_count);
    random_init(test_image);
    uintptr_t canary; /* not drawn in place: port_random() itself looks at the guard */
    if (!port_random(&canary, sizeof(canary))) {
        port_stop("RDSEED gives no entropy");
    }
    __stack_chk_guard = canary;
    boot_spaces(image);
    selftest_run(STAGE_TABLES, test_image);
    machine_devices(image);
    ap_start_all();
    /* SAFETY: check_spaces() has seen that the final tables map what runs here. */
    cr3_write(pages_cr3(kernel_space_root()));
    kernel_space_clear_boot();
    atomic_store(&vcpus[0].online, 1);
    log_footprint(&where);
    LOG_INFO("%u vCPUs, %u tasks", vcpu_count, task_count);
    selftest_run(STAGE_FINAL, test_image);
    ap_release();
    idle_tick_start(cpu_of(0), TICK_NS);
    vcpu_start(cpu_of(0));
}
