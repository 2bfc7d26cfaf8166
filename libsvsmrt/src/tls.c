/* SPDX-License-Identifier: MIT */
/*
 * Thread areas. The only file of ours that includes musl's internal headers: struct pthread is
 * what errno, locale and the stack protector's canary live in (x86-64: variables below the thread
 * pointer, the structure at it).
 */
#include "pthread_impl.h"
#include "libc.h"
#include "tls.h"
#include <string.h>

extern const uint8_t svsm_tls_start[], svsm_tls_data_end[], svsm_tls_end[];

void rt_thread_init(uint8_t *low, uint8_t *thread_pointer, uint64_t canary)
{
    size_t size = (size_t)(svsm_tls_end - svsm_tls_start);
    struct pthread *td = (struct pthread *)thread_pointer;
    if (size > (size_t)(thread_pointer - low)) {
        __builtin_trap(); /* the image builder refuses such a program */
    }
    memcpy(thread_pointer - size, svsm_tls_start, (size_t)(svsm_tls_data_end - svsm_tls_start));
    td->self = td;
    td->prev = td;
    td->next = td;
    td->canary = canary;
    td->tid = 1;
    td->detach_state = DT_JOINABLE;
    td->robust_list.head = &td->robust_list.head;
    td->locale = &libc.global_locale;
    libc.page_size = 4096;
}
