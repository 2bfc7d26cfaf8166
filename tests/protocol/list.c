/* SPDX-License-Identifier: MIT */
/* Lists of PVALIDATE. */
#include "protocol.h"

/* SAFETY: memory of this test. */
static volatile struct svsm_page_list *head(uint64_t list)
{
    return (volatile struct svsm_page_list *)list;
}

uint64_t list_begin(uint64_t list, unsigned count, unsigned next)
{
    head(list)->count = (uint16_t)count;
    head(list)->next = (uint16_t)next;
    head(list)->reserved_004 = 0;
    return list;
}

void list_put(uint64_t list, unsigned index, uint64_t entry)
{
    *word_at(list + sizeof(struct svsm_page_list) + UINT64_C(8) * index) = entry;
}

unsigned list_next(uint64_t list)
{
    return head(list)->next;
}

uint64_t list_call(uint64_t list)
{
    return call_core(SVSM_CORE_PVALIDATE, list, 0, 0);
}

uint64_t list_one(uint64_t entry)
{
    list_begin(PAGE_LIST, 1, 0);
    list_put(PAGE_LIST, 0, entry);
    return list_call(PAGE_LIST);
}
