/* SPDX-License-Identifier: MIT */
/* Lines on COM1, each by one string event of the GHCB; and what a check prints. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define COM1 0x3f8u
#define EXIT_PORT 0xf4u
#define LINE 512u

unsigned checks, failures;
static char line[LINE];
static unsigned used;

static void put(char c)
{
    if (used < LINE) {
        line[used++] = c;
    }
}

static void put_text(const char *text)
{
    while (*text != 0) {
        put(*text++);
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

static void put_format(const char *format, va_list arguments)
{
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        format++;
        if (*format == 's') {
            put_text(va_arg(arguments, const char *));
        } else if (*format == 'u') {
            put_number(va_arg(arguments, unsigned), 10);
        } else {
            put_number(va_arg(arguments, uint64_t), 16);
        }
    }
}

/* The buffer of the GHCB holds a line; the exit is one whatever its length. */
static void flush_to(uint16_t port)
{
    if (used == 0) {
        return;
    }
    ghcb_begin();
    for (unsigned i = 0; i < used; i++) {
        the_ghcb->shared_buffer[i] = (uint8_t)line[i];
    }
    GHCB_SET(sw_scratch, PAGE_GHCB + offsetof(struct ghcb, shared_buffer));
    ghcb_ask(VMEXIT_IOIO,
             vmexit_ioio(port, 1,
                         VMEXIT_IOIO_STRING | VMEXIT_IOIO_REP | VMEXIT_IOIO_ADDRESS_64 |
                             3u << VMEXIT_IOIO_SEGMENT_SHIFT),
             used);
    used = 0;
}

void print_flush(void)
{
    flush_to(COM1);
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_format(format, arguments);
    va_end(arguments);
    print_flush();
}

void print_port(uint16_t port, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_format(format, arguments);
    va_end(arguments);
    flush_to(port);
}

static void verdict(bool good, const char *name, va_list arguments)
{
    checks++;
    failures += good ? 0 : 1;
    put_text(good ? "ok " : "not ok ");
    put_format(name, arguments);
}

void check_list(uint64_t got, uint64_t want, const char *name, va_list arguments)
{
    verdict(got == want, name, arguments);
    if (got != want) {
        put_text(" - got ");
        put_number(got, 16);
        put_text(" want ");
        put_number(want, 16);
    }
    put('\n');
    print_flush();
}

void check(uint64_t got, uint64_t want, const char *name, ...)
{
    va_list arguments;

    va_start(arguments, name);
    check_list(got, want, name, arguments);
    va_end(arguments);
}

void check_fault(struct fault got, unsigned vector, uint64_t error, const char *name, ...)
{
    va_list arguments;
    bool coded = vector == SNP_VECTOR_VC || vector == VECTOR_GP;
    bool good = got.vector == vector && (!coded || got.error == error);

    va_start(arguments, name);
    verdict(good, name, arguments);
    va_end(arguments);
    if (!good) {
        put_text(" - got vector ");
        put_number(got.vector, 10);
        put_text(" error ");
        put_number(got.error, 16);
        put_text(" want vector ");
        put_number(vector, 10);
        put_text(" error ");
        put_number(error, 16);
    }
    put('\n');
    print_flush();
}

void finish(void)
{
    print("# %u checks, %u failed\n", checks, failures);
    ghcb_out(EXIT_PORT, 1, failures == 0 ? 0 : 1);
    for (;;) {
        asm volatile("cli; hlt");
    }
}
