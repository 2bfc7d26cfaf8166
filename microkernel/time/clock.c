/* SPDX-License-Identifier: MIT */
/* The time page, and ring 0's own reading of it. How fast the TSC runs the platform finds out. */
#include <time/clock.h>
#include <time/convert.h>
#include <cpu/io.h>
#include <stdatomic.h>
#include <task/port.h>

/* A page of its own: every task maps it. */
static union {
    struct svsm_time_page page;
    uint8_t whole[SVSM_PAGE_SIZE];
} time_page [[gnu::aligned(4096), gnu::section(".bss.page")]];

void clock_start(uint64_t tsc_hz, uint32_t flags)
{
    struct svsm_time_page *p = &time_page.page;
    p->flags = flags;
    p->tsc_hz = tsc_hz;
    convert_scale(tsc_hz, &p->mult, &p->shift);
    p->base_tsc = tsc_read();
    p->base_ns = 0;
}

/* Readers take the page only with the same even sequence before and after (abi/clock.h). */
void clock_retune(uint64_t tsc_hz)
{
    struct svsm_time_page *p = &time_page.page;
    uint64_t tsc = tsc_read();
    uint64_t ns = convert_ns(p, tsc);
    p->sequence++;
    atomic_thread_fence(memory_order_seq_cst);
    p->tsc_hz = tsc_hz;
    convert_scale(tsc_hz, &p->mult, &p->shift);
    p->base_tsc = tsc;
    p->base_ns = ns;
    atomic_thread_fence(memory_order_seq_cst);
    p->sequence++;
}

const struct svsm_time_page *clock_page(void)
{
    return &time_page.page;
}

uint64_t port_now_ns(void)
{
    const struct svsm_time_page *p = &time_page.page;
    return p->mult == 0 ? 0 : convert_ns(p, tsc_read());
}

void clock_delay_us(uint64_t us)
{
    uint64_t end = port_now_ns() + us * 1000;
    while (port_now_ns() < end) {
        cpu_pause();
    }
}
