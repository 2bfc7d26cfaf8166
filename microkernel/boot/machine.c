/* SPDX-License-Identifier: MIT */
/* The native machine, as its loader and its firmware configuration device describe it. */
#include <boot/boot.h>
#include <boot/mbinfo.h>
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <log/ring.h>
#include <mm/mm.h>
#include <svsm/abi/image.h>
#include <task/port.h>

#define CMDLINE_MAX 256u
#define MAP_MAX 2048u
#define FW_CFG_SELECT 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_SIGNATURE 0
#define FW_CFG_CPUS 5
#define MIB (UINT64_C(1) << 20)

static char cmdline[CMDLINE_MAX];
static uint8_t map[MAP_MAX];
static size_t map_size;
static uint64_t upper_end; /* without a map: 1 MiB + mem_upper */

const char *machine_cmdline(void)
{
    return cmdline;
}

static void copy_cmdline(uint32_t pa)
{
    const char *from = boot_map((pa_t){pa});
    for (size_t i = 0; i + 1 < CMDLINE_MAX && from[i] != 0; i++) {
        cmdline[i] = from[i];
    }
}

void machine_read(uint32_t mbinfo_pa)
{
    struct mbinfo info;
    memcpy(&info, boot_map((pa_t){mbinfo_pa}), sizeof(info));
    if ((info.flags & MBINFO_CMDLINE) != 0 && info.cmdline < BOOT_MAP_SIZE - CMDLINE_MAX) {
        copy_cmdline(info.cmdline);
    }
    if ((info.flags & MBINFO_MEMORY) != 0) {
        upper_end = MIB + (uint64_t)info.mem_upper * 1024;
    }
    if ((info.flags & MBINFO_MAP) != 0 && info.mmap_addr < BOOT_MAP_SIZE - MAP_MAX) {
        map_size = info.mmap_length < MAP_MAX ? info.mmap_length : MAP_MAX;
        memcpy(map, boot_map((pa_t){info.mmap_addr}), map_size);
    }
}

void machine_check_memory(uint64_t end)
{
    uint64_t ram = map_size != 0 ? mbinfo_map_end(map, map_size, MIB) : upper_end;
    if (end > BOOT_MAP_SIZE) {
        port_stop("the image wants memory beyond 1 GiB: give its tasks less");
    }
    if (ram < end) {
        LOG_ERROR("too little memory: %lu MiB needed, %lu MiB there; use -m %luM",
                  (end + MIB - 1) / MIB, ram / MIB, (end + MIB - 1) / MIB + 1);
        port_stop("too little memory");
    }
}

static uint32_t fw_cfg_read(uint16_t key, unsigned bytes)
{
    uint32_t value = 0;
    io_out16(FW_CFG_SELECT, key);
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)io_in8(FW_CFG_DATA) << (8 * i);
    }
    return value;
}

uint32_t machine_vcpus(void)
{
    if (fw_cfg_read(FW_CFG_SIGNATURE, 4) != UINT32_C(0x554d4551)) { /* "QEMU" */
        return 1;
    }
    uint32_t count = fw_cfg_read(FW_CFG_CPUS, 2);
    if (count > SVSM_VCPUS_MAX) {
        LOG_WARNING("%u vCPUs, of which %u are used", count, SVSM_VCPUS_MAX);
        return SVSM_VCPUS_MAX;
    }
    return count == 0 ? 1 : count;
}

void machine_windows(uint32_t count)
{
    const uint64_t flags = PTE_WRITE | PTE_NX | PTE_NO_CACHE | PTE_WRITE_THROUGH;
    (void)count;
    kernel_space_map(LAPIC_VA, (pa_t){UINT64_C(0xfee00000)}, flags);
    kernel_space_map(IOAPIC_VA, (pa_t){UINT64_C(0xfec00000)}, flags);
}

uint32_t machine_interrupts(void)
{
    uint32_t id = apic_enable();
    apic_mask_all();
    return id;
}

void machine_devices(const struct svsm_image_header *image)
{
    const struct svsm_image_device *d =
        (const void *)((const uint8_t *)image + image->device_offset);
    for (uint32_t i = 0; i < image->device_count; i++) {
        if (d[i].irq != SVSM_IRQ_NONE) {
            apic_route_isa(d[i].irq, vcpus[0].apic_id);
        }
    }
}

/* From boot.S. No canary check: it is drawn in a function called from here, which never returns. */
[[gnu::noreturn, gnu::no_stack_protector]] void boot_main(uint32_t mbinfo_pa);
void boot_main(uint32_t mbinfo_pa)
{
    console_init();
    machine_read(mbinfo_pa);
    LOG_INFO("svsm, native platform: no confidential VM, nothing here is secret from the host");
    boot_rest();
}
