/* SPDX-License-Identifier: MIT */
/* The pool: pages behind the blob, handed out in order, never taken back. */
#include <mm/mm.h>
#include <log/log.h>
#include <task/port.h>

static uint64_t next_pa, end_pa, first_pa;

void pool_init(const struct svsm_image_location *where)
{
    first_pa = where->pa + where->size;
    next_pa = first_pa;
    end_pa = first_pa + where->pool_pages * SVSM_PAGE_SIZE;
}

pa_t pool_take(uint64_t pages)
{
    if (pages > (end_pa - next_pa) / SVSM_PAGE_SIZE) {
        port_stop("the image reserves too few pool pages: rebuild it with this tree's tools");
    }
    pa_t pa = {next_pa};
    next_pa += pages * SVSM_PAGE_SIZE;
    memset(boot_map(pa), 0, pages * SVSM_PAGE_SIZE);
    return pa;
}

uint64_t pool_used(void)
{
    return (next_pa - first_pa) / SVSM_PAGE_SIZE;
}
