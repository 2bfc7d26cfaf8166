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
static uint64_t ram_size;

/* The item that is answered here; NULL: QEMU's device has what is selected. */
static const uint8_t *item;
static uint32_t item_size, item_at;
static uint32_t dma_high;

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

/* QEMU's map with its RAM cut to the guest's. */
static void read_map(uint32_t size)
{
    map_size = size < sizeof(map) ? size : sizeof(map);
    io_out16(FWCFG_SELECT, map_key);
    read_device(map, map_size);
    for (unsigned i = 0; i < map_size / sizeof(map[0]); i++) {
        if (map[i].type == E820_RAM && map[i].start < ram_size &&
            map[i].length > ram_size - map[i].start) {
            map[i].length = ram_size - map[i].start;
        }
    }
}

void fwcfg_init(void)
{
    uint8_t count[4];
    uint32_t size = 0;

    ram_size = machine.launch->memory;
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
    for (uint64_t page = address & ~(PAGE_SIZE - 1); page < address + length; page += PAGE_SIZE) {
        if (host_shared_page(page) == NULL) {
            return false;
        }
    }
    return true;
}

static void dma_finish(struct dma *dma, uint32_t control)
{
    const uint8_t bytes[4] = {0, 0, 0, (uint8_t)control};

    memcpy(dma->control, bytes, sizeof(bytes));
}

static void dma_device(uint64_t gpa)
{
    io_out32(FWCFG_DMA_HIGH, __builtin_bswap32((uint32_t)(gpa >> 32)));
    io_out32(FWCFG_DMA_LOW, __builtin_bswap32((uint32_t)gpa));
}

static void dma(uint64_t gpa)
{
    uint8_t *page = host_shared_page(gpa);

    if (page == NULL || gpa % PAGE_SIZE > PAGE_SIZE - sizeof(struct dma)) {
        return; /* where QEMU cannot say that it failed */
    }
    struct dma *request = (struct dma *)(page + gpa % PAGE_SIZE);
    struct dma copy;
    memcpy(&copy, request, sizeof(copy));
    uint32_t control = (uint32_t)big_endian(copy.control, sizeof(copy.control));
    uint32_t length = (uint32_t)big_endian(copy.length, sizeof(copy.length));
    uint64_t address = big_endian(copy.address, sizeof(copy.address));
    bool moves = control & (DMA_READ | DMA_WRITE);

    if (control & DMA_SELECT) {
        select((uint16_t)(control >> DMA_KEY_SHIFT));
        request->control[3] = (uint8_t)(control & ~DMA_SELECT);
    }
    if (item != NULL) {
        bool done = !(control & DMA_WRITE) && copy_item(address, length, !(control & DMA_READ));
        dma_finish(request, done ? 0 : DMA_ERROR);
    } else if (moves && !all_shared(address, length)) {
        dma_finish(request, DMA_ERROR);
    } else {
        dma_device(gpa);
    }
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
