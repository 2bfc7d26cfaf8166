/* SPDX-License-Identifier: MIT */
/*
 * What the compiler calls for copies and comparisons. Quadwords, since each access costs much the
 * same under QEMU, whatever its width.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    for (; size >= sizeof(word); size -= sizeof(word)) {
        *(word *)t = *(const word *)f;
        t += sizeof(word);
        f += sizeof(word);
    }
    while (size-- > 0) {
        *t++ = *f++;
    }
    return to;
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t size)
{
    while (size % sizeof(word) != 0) {
        size--;
        to[size] = from[size];
    }
    while (size > 0) {
        size -= sizeof(word);
        *(word *)(to + size) = *(const word *)(from + size);
    }
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(to, from, size);
    }
    copy_down(to, from, size);
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *t = to;
    uint64_t pattern = (uint8_t)value * UINT64_C(0x0101010101010101);

    for (; size >= sizeof(word); size -= sizeof(word)) {
        *(word *)t = pattern;
        t += sizeof(word);
    }
    while (size-- > 0) {
        *t++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}
