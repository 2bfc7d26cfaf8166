/* SPDX-License-Identifier: MIT */
/* What the compiler may call of its own accord. Words first: a repeated string instruction counts
 * once per element. */
#include <cdefs.h>

/* SAFETY: of the three blocks: exactly [dst, dst + size) is written, [src, src + size) is read. */
void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
    void *d = dst;
    size_t words = size / 8;
    size_t rest = size % 8;
    asm volatile("rep movsq\n\tmovq %3, %%rcx\n\trep movsb"
                 : "+D"(d), "+S"(src), "+c"(words)
                 : "r"(rest)
                 : "memory");
    return dst;
}

void *memset(void *dst, int byte, size_t size)
{
    void *d = dst;
    size_t words = size / 8;
    size_t rest = size % 8;
    uint64_t pattern = UINT64_C(0x0101010101010101) * (uint8_t)byte;
    asm volatile("rep stosq\n\tmovq %3, %%rcx\n\trep stosb"
                 : "+D"(d), "+c"(words)
                 : "a"(pattern), "r"(rest)
                 : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
    void *d = dst;
    if ((uintptr_t)dst - (uintptr_t)src >= size) {
        return memcpy(dst, src, size);
    }
    d = (uint8_t *)dst + size - 1;
    src = (const uint8_t *)src + size - 1;
    asm volatile("std\n\trep movsb\n\tcld" : "+D"(d), "+S"(src), "+c"(size) : : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}
