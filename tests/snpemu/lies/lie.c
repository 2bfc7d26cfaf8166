/* SPDX-License-Identifier: MIT */
/* The port by which the guest says what it wants to be told. */
#include "lies.h"
#include <wire/lie.h>

static char text[LIE_TEXT_MAX];
static unsigned used;

static void put(char c)
{
    if (used < sizeof(text)) {
        text[used++] = c;
    }
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (n > 0) {
        put(digits[--n]);
    }
}

static void send(void)
{
    ghcb_begin();
    for (unsigned i = 0; i < used; i++) {
        the_ghcb->shared_buffer[i] = (uint8_t)text[i];
    }
    GHCB_SET(sw_scratch, PAGE_GHCB + offsetof(struct ghcb, shared_buffer));
    ghcb_ask(VMEXIT_IOIO,
             vmexit_ioio(LIE_PORT, 1,
                         VMEXIT_IOIO_STRING | VMEXIT_IOIO_REP | VMEXIT_IOIO_ADDRESS_64 |
                             3u << VMEXIT_IOIO_SEGMENT_SHIFT),
             used);
    used = 0;
}

void lie(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        format++;
        if (*format == 's') {
            for (const char *word = va_arg(arguments, const char *); *word != 0; word++) {
                put(*word);
            }
        } else {
            put_number(va_arg(arguments, uint64_t), *format == 'u' ? 10 : 16);
        }
    }
    va_end(arguments);
    put('\n');
    send();
}

unsigned lie_end(void)
{
    ghcb_begin();
    GHCB_SET(rax, 0);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(LIE_PORT, 4, VMEXIT_IOIO_IN), 0);
    uint32_t told = (uint32_t)the_ghcb->rax;
    put('\n');
    send();
    return told;
}

void lie_check(unsigned want, const char *name)
{
    check(lie_end(), want, "%s-told", name);
}

struct ghcb answer;

bool answered(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return answer.valid_bitmap[bit / 8] >> bit % 8 & 1;
}

void ask(uint64_t code, uint64_t info1, uint64_t info2)
{
    ghcb_ask(code, info1, info2);
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++) {
        ((uint64_t *)&answer)[i] = ((volatile uint64_t *)the_ghcb)[i];
    }
}

uint64_t ask_cpuid(uint32_t leaf)
{
    ghcb_begin();
    GHCB_SET(rax, leaf);
    GHCB_SET(rcx, 0);
    ask(VMEXIT_CPUID, 0, 0);
    return answer.rax;
}

void cpuid_ready(void)
{
    ghcb_begin();
    GHCB_SET(rax, 0);
    GHCB_SET(rcx, 0);
    GHCB_SET(sw_exitcode, VMEXIT_CPUID);
    GHCB_SET(sw_exitinfo1, 0);
    GHCB_SET(sw_exitinfo2, 0);
    msr_write(SNP_MSR_GHCB, PAGE_GHCB);
}
