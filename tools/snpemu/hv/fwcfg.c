/* SPDX-License-Identifier: MIT */
#include "fwcfg.h"
#include "host.h"
#include "io.h"
#include "machine.h"
#include "memory.h"
#include <string.h>

/* Items by key. */
#define KEY_RAM_SIZE 0x0003u
#define KEY_DIRECTORY 0x0019u
#define KEY_NONE 0x7fffu /* selects nothing: reads as zeros */
#define KEY_MASK 0x3fffu
#define KERNEL_FIRST 0x0007u /* addresses and sizes of kernel, command line, initrd */
#define KERNEL_LAST 0x000bu
#define KERNEL_MORE_FIRST 0x0010u /* and their contents */
#define KERNEL_MORE_LAST 0x0018u

/* A file in the directory: sizes and keys are big endian. */
struct file {
    uint8_t size[4];
    uint8_t key[2];
    uint8_t reserved[2];
    char name[56];
};
#define FILES_MAX 256u
#define E820_NAME "etc/e820"

struct e820 {
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));
#define E820_MAX 16u
#define E820_RAM 1u

/* What a guest puts into memory for DMA, big endian. */
struct dma {
    uint8_t control[4];
    uint8_t length[4];
    uint8_t address[8];
};
#define DMA_ERROR 0x01u
#define DMA_READ 0x02u
#define DMA_SKIP 0x04u
#define DMA_SELECT 0x08u
#define DMA_WRITE 0x10u
#define DMA_KEY_SHIFT 16

static struct e820 map[E820_MAX];
static uint32_t map_size;
static uint16_t map_key = KEY_NONE;
static uint64_t ram_size; /* of all of the guest's */

/* The item that is answered here; NULL: QEMU's device has what is selected. */
static const uint8_t *item;
static uint32_t item_size, item_at;
static uint32_t dma_high;
static volatile struct dma
    *step; /* what QEMU's device is to do next; it writes the outcome there */

static uint64_t big_endian(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void read_device(void *bytes, uint32_t size)
{
    uint8_t *at = bytes;

    for (uint32_t i = 0; i < size; i++) {
        at[i] = io_in8(FWCFG_DATA);
    }
}

/* QEMU's map with its RAM cut to the guest's: what it has from LAUNCH_RAM_HIGH on is the guest's.
 */
static void read_map(uint32_t size)
{
    const uint64_t low = machine.launch->memory;

    map_size = size < sizeof(map) ? size : sizeof(map);
    io_out16(FWCFG_SELECT, map_key);
    read_device(map, map_size);
    for (unsigned i = 0; i < map_size / sizeof(map[0]); i++) {
        if (map[i].type == E820_RAM && map[i].start < low && map[i].length > low - map[i].start) {
            map[i].length = low - map[i].start;
        }
    }
}

void fwcfg_init(void)
{
    uint8_t count[4];
    uint32_t size = 0;

    ram_size = machine.launch->memory + machine.launch->high;
    step = memory_at(memory_pages(1));
    io_out16(FWCFG_SELECT, KEY_DIRECTORY);
    read_device(count, sizeof(count));
    for (uint64_t i = 0; i < big_endian(count, sizeof(count)) && i < FILES_MAX; i++) {
        struct file file;
        read_device(&file, sizeof(file));
        if (memcmp(file.name, E820_NAME, sizeof(E820_NAME)) == 0) {
            map_key = (uint16_t)big_endian(file.key, sizeof(file.key));
            size = (uint32_t)big_endian(file.size, sizeof(file.size));
        }
    }
    if (map_key != KEY_NONE) {
        read_map(size);
    }
}

static void select(uint16_t key)
{
    uint16_t number = key & KEY_MASK;
    bool kernel = (number >= KERNEL_FIRST && number <= KERNEL_LAST) ||
                  (number >= KERNEL_MORE_FIRST && number <= KERNEL_MORE_LAST);

    item = NULL;
    item_at = 0;
    if (key == map_key) {
        item = (const uint8_t *)map;
        item_size = map_size;
    } else if (key == KEY_RAM_SIZE) {
        item = (const uint8_t *)&ram_size;
        item_size = sizeof(ram_size);
    } else {
        io_out16(FWCFG_SELECT, kernel ? KEY_NONE : key);
    }
}

static uint8_t next_byte(void)
{
    return item_at < item_size ? item[item_at++] : 0;
}

uint32_t fwcfg_in(uint16_t port, unsigned size)
{
    uint32_t value = 0;

    if (port != FWCFG_DATA || item == NULL) {
        return size == 1 ? io_in8(port) : size == 2 ? io_in16(port) : io_in32(port);
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)next_byte() << 8 * i;
    }
    return value;
}

/* Ours: bytes go into pages that the host may write. False: one of them is not. */
static bool copy_item(uint64_t address, uint32_t length, bool skip)
{
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = next_byte();
        uint8_t *page = skip ? NULL : host_shared_page(address + i);
        if (page != NULL) {
            page[(address + i) % PAGE_SIZE] = byte;
        } else if (!skip) {
            return false;
        }
    }
    return true;
}

/* QEMU's: may its device reach these bytes? */
static bool all_shared(uint64_t address, uint32_t length)
{
    uint64_t last = address + length - 1;

    if (length == 0) {
        return true;
    }
    for (uint64_t page = address & ~(PAGE_SIZE - 1); page <= last; page += PAGE_SIZE) {
        if (host_shared_page(page) == NULL) {
            return false;
        }
    }
    return last >= address;
}

static void big_endian_put(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
}

/*
 * One step of QEMU's device. It reads what to do from memory: ours, which the guest cannot change
 * behind our back. It is done when the access to the port is.
 */
static bool dma_device(uint32_t control, const void *memory, uint32_t length)
{
    struct dma order;
    uint64_t pa = memory_pa((const void *)step);

    big_endian_put(order.control, control, sizeof(order.control));
    big_endian_put(order.length, length, sizeof(order.length));
    big_endian_put(order.address, memory != NULL ? memory_pa(memory) : 0, sizeof(order.address));
    *step = order;
    io_out32(FWCFG_DMA_HIGH, __builtin_bswap32((uint32_t)(pa >> 32)));
    io_out32(FWCFG_DMA_LOW, __builtin_bswap32((uint32_t)pa));
    return (step->control[3] & DMA_ERROR) == 0;
}

/* Page by page: what backs a guest's addresses need not be at the same ones. */
static bool dma_move(uint32_t control, uint64_t address, uint32_t length)
{
    bool good = all_shared(address, length);

    while (good && length > 0) {
        uint32_t left = (uint32_t)(PAGE_SIZE - address % PAGE_SIZE);
        uint32_t now = length < left ? length : left;
        uint8_t *page = host_shared_page(address);
        good = page != NULL && dma_device(control, page + address % PAGE_SIZE, now);
        address += now;
        length -= now;
    }
    return good;
}

/* All of it under the lock: no page changes its state from the look at it to the last write. */
static bool dma_do(uint32_t control, uint64_t address, uint32_t length)
{
    uint32_t what = control & (DMA_READ | DMA_WRITE | DMA_SKIP);

    if (control & DMA_SELECT) {
        select((uint16_t)(control >> DMA_KEY_SHIFT));
    }
    if (item != NULL) {
        return !(what & DMA_WRITE) && copy_item(address, length, !(what & DMA_READ));
    }
    if (what & (DMA_READ | DMA_WRITE)) {
        return dma_move(what, address, length);
    }
    return !(what & DMA_SKIP) || dma_device(what, NULL, length);
}

static void dma(uint64_t gpa)
{
    uint8_t *page = host_shared_page(gpa);

    if (page == NULL || gpa % PAGE_SIZE > PAGE_SIZE - sizeof(struct dma)) {
        return; /* where QEMU cannot say that it failed */
    }
    struct dma copy;
    memcpy(&copy, page + gpa % PAGE_SIZE, sizeof(copy));
    bool done = dma_do((uint32_t)big_endian(copy.control, sizeof(copy.control)),
                       big_endian(copy.address, sizeof(copy.address)),
                       (uint32_t)big_endian(copy.length, sizeof(copy.length)));
    big_endian_put(page + gpa % PAGE_SIZE, done ? 0 : DMA_ERROR, sizeof(copy.control));
}

void fwcfg_out(uint16_t port, unsigned size, uint32_t value)
{
    if (port == FWCFG_SELECT && size == 2) {
        select((uint16_t)value);
    } else if (port == FWCFG_DMA_HIGH && size == 4) {
        dma_high = __builtin_bswap32(value);
    } else if (port == FWCFG_DMA_LOW && size == 4) {
        dma((uint64_t)dma_high << 32 | __builtin_bswap32(value));
        dma_high = 0;
    }
}
