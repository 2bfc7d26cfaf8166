/* SPDX-License-Identifier: MIT */
/*
 * Where a task finds things in its own address space.
 *
 * Every task is linked at the same addresses: address spaces are private, and fixed addresses
 * let the image builder place a task without relocating it and let ring 0 check a pointer
 * against a handful of constant ranges. Everything lies below 2 GiB (small code model) and
 * between any two areas there is at least one page that is never mapped.
 *
 *   IMAGE     text, read-only data, data, bss as linked          (R-X, R--, RW-)
 *   HEAP      size from the manifest                             (RW-)
 *   TLS       one slot per activation, thread pointer inside     (RW-)
 *   STACK     one slot per activation, grows down into a guard   (RW-)
 *   REQUEST   what ring 0 copied in for the current call         (RW-)
 *   REPLY     what ring 0 copies out at return                   (RW-)
 *   TIME      struct svsm_time_page, shared by all tasks         (R--)
 *   INFO      struct svsm_task_info                              (R--)
 *
 * IMAGE (data, bss), HEAP and TLS are the task's state: the part that a rollback restores.
 * STACK, REQUEST and REPLY live for one call only.
 */
#pragma once
#include <stdint.h>

#define SVSM_PAGE_SIZE UINT64_C(4096)

#define SVSM_IMAGE_VA UINT64_C(0x00400000)
#define SVSM_IMAGE_MAX UINT64_C(0x0fc00000) /* bytes, up to SVSM_HEAP_VA */
#define SVSM_HEAP_VA UINT64_C(0x10000000)
#define SVSM_HEAP_MAX UINT64_C(0x08000000)

#define SVSM_ACTIVATIONS_MAX 4 /* per task */

/* Slot a of an area starts at AREA_VA + a * AREA_STRIDE. */
#define SVSM_STACK_VA UINT64_C(0x20000000)
#define SVSM_STACK_STRIDE UINT64_C(0x00200000)
#define SVSM_STACK_MAX UINT64_C(0x00100000) /* bytes; the stack ends at the end of its slot */

#define SVSM_TLS_VA UINT64_C(0x28000000)
#define SVSM_TLS_STRIDE UINT64_C(0x00010000)
#define SVSM_TLS_BYTES UINT64_C(0x2000) /* mapped: [slot, slot + 2 pages) */
/* FS base = slot + this; variables below, TCB at and above. */
#define SVSM_TP_OFFSET UINT64_C(0x1000)

#define SVSM_REQUEST_VA UINT64_C(0x30000000)
#define SVSM_REPLY_VA UINT64_C(0x34000000)
#define SVSM_WINDOW_STRIDE UINT64_C(0x00200000)
#define SVSM_WINDOW_MAX UINT64_C(0x00100000) /* bytes of request, and of reply, per activation */

#define SVSM_TIME_VA UINT64_C(0x3ff00000)
#define SVSM_INFO_VA UINT64_C(0x3ff02000)

#define SVSM_USER_END UINT64_C(0x80000000) /* first address that is never a task's */

_Static_assert(SVSM_IMAGE_VA + SVSM_IMAGE_MAX == SVSM_HEAP_VA, "image and heap areas meet");
_Static_assert(SVSM_STACK_VA + SVSM_ACTIVATIONS_MAX * SVSM_STACK_STRIDE <= SVSM_TLS_VA,
               "stacks fit");
_Static_assert(SVSM_REQUEST_VA + SVSM_ACTIVATIONS_MAX * SVSM_WINDOW_STRIDE <= SVSM_REPLY_VA,
               "request windows fit");
