/* SPDX-License-Identifier: MIT */
/* ACPI machine language. See aml.h. Opcodes: ACPI specification, chapter 20; resources: 6.4. */
#include "aml.h"

#include <string.h>

#define OP_NAME 0x08
#define OP_BYTE 0x0a
#define OP_DWORD 0x0c
#define OP_SCOPE 0x10
#define OP_BUFFER 0x11
#define OP_PACKAGE 0x12
#define OP_EXT 0x5b
#define OP_EXT_DEVICE 0x82

/* Lengths always take three bytes, so that they can be put in afterwards: 20 bits. */
#define LENGTH_SIZE 3u

void aml_bytes(struct aml *a, const void *bytes, size_t len)
{
    if (len <= a->room - a->len) {
        memcpy(a->bytes + a->len, bytes, len);
        a->len += len;
    } else {
        a->len = a->room;
    }
}

static void byte(struct aml *a, uint8_t value)
{
    aml_bytes(a, &value, 1);
}

void aml_integer(struct aml *a, uint32_t value)
{
    if (value <= 0xff) {
        byte(a, OP_BYTE);
        byte(a, (uint8_t)value);
    } else {
        byte(a, OP_DWORD);
        aml_bytes(a, &value, sizeof(value));
    }
}

void aml_name(struct aml *a, const char name[4])
{
    byte(a, OP_NAME);
    aml_bytes(a, name, 4);
}

static size_t open_length(struct aml *a)
{
    static const uint8_t later[LENGTH_SIZE];
    size_t mark = a->len;
    aml_bytes(a, later, sizeof(later));
    return mark;
}

size_t aml_scope(struct aml *a, const char *path, size_t len)
{
    byte(a, OP_SCOPE);
    size_t mark = open_length(a);
    aml_bytes(a, path, len);
    return mark;
}

size_t aml_device(struct aml *a, const char name[4])
{
    byte(a, OP_EXT);
    byte(a, OP_EXT_DEVICE);
    size_t mark = open_length(a);
    aml_bytes(a, name, 4);
    return mark;
}

size_t aml_package(struct aml *a, uint8_t elements)
{
    byte(a, OP_PACKAGE);
    size_t mark = open_length(a);
    byte(a, elements);
    return mark;
}

size_t aml_buffer(struct aml *a)
{
    const uint32_t later = 0x10000; /* makes it a doubleword */
    byte(a, OP_BUFFER);
    size_t mark = open_length(a);
    aml_integer(a, later);
    return mark;
}

void aml_close(struct aml *a, size_t mark)
{
    size_t len = a->len - mark;
    if (a->len < a->room) {
        a->bytes[mark] = (uint8_t)(0x80 | (len & 0xf)); /* two more bytes follow */
        a->bytes[mark + 1] = (uint8_t)(len >> 4);
        a->bytes[mark + 2] = (uint8_t)(len >> 12);
    }
}

void aml_close_buffer(struct aml *a, size_t mark)
{
    size_t head = LENGTH_SIZE + 1 + sizeof(uint32_t);
    uint32_t size = (uint32_t)(a->len - mark - head);
    if (a->len < a->room) {
        memcpy(a->bytes + mark + LENGTH_SIZE + 1, &size, sizeof(size));
    }
    aml_close(a, mark);
}

void aml_io(struct aml *a, uint16_t base, uint8_t len)
{
    /* 16 bits decoded; from base to base, step 1. */
    const uint8_t io[] = {
        0x47, 1, (uint8_t)base, (uint8_t)(base >> 8), (uint8_t)base, (uint8_t)(base >> 8), 1, len};
    aml_bytes(a, io, sizeof(io));
}

void aml_word_space(struct aml *a, uint8_t type, uint16_t first, uint16_t last)
{
    /* Both ends are fixed; of I/O, the whole range is decoded. */
    const uint8_t head[] = {0x88, 13, 0, type, 0x0c, type == 1 ? 3 : 0};
    const uint16_t words[] = {0, first, last, 0, (uint16_t)(last - first + 1)};
    aml_bytes(a, head, sizeof(head));
    aml_bytes(a, words, sizeof(words));
}

void aml_dword_memory(struct aml *a, uint32_t first, uint32_t last)
{
    const uint8_t head[] = {0x87, 23, 0, 0, 0x0c, 1}; /* both ends fixed; writable, uncached */
    const uint32_t words[] = {0, first, last, 0, last - first + 1};
    aml_bytes(a, head, sizeof(head));
    aml_bytes(a, words, sizeof(words));
}

void aml_end_tag(struct aml *a)
{
    byte(a, 0x79);
    byte(a, 0); /* no checksum */
}
