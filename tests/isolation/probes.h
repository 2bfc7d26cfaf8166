/* SPDX-License-Identifier: MIT */
/*
 * Sweeps: every system call that takes a pointer against every boundary of every area; every one
 * that takes a handle against every wrong handle; wrong system call numbers. What must come of each
 * follows from abi/syscall.h and abi/layout.h alone.
 */
#pragma once
#include <stdint.h>
#include <svsm/abi/fault.h>

/* KIND(name, bytes it moves, 0 = as many as asked; does ring 0 write?; what a huge length is) */
#define PROBE_POINTERS(KIND)                                                                       \
    KIND(log, 0, 0, SVSM_FAULT_POINTER)                                                            \
    KIND(panic, 0, 0, SVSM_FAULT_POINTER)                                                          \
    KIND(random, 0, 1, SVSM_FAULT_ARGUMENT)                                                        \
    KIND(status, 64, 1, 0)                                                                         \
    KIND(fault_read, 64, 1, 0)                                                                     \
    KIND(io_string_out, 0, 0, SVSM_FAULT_ARGUMENT)                                                 \
    KIND(io_string_in, 0, 1, SVSM_FAULT_ARGUMENT)                                                  \
    KIND(window_in, 0, 0, PROBE_REFUSED)                                                           \
    KIND(window_out, 0, 1, PROBE_REFUSED)                                                          \
    KIND(lend_to_read, 0, 0, PROBE_REFUSED)                                                        \
    KIND(lend_to_write, 0, 1, PROBE_REFUSED)
#define PROBE_REFUSED 0x100 /* not a fault: the result SVSM_ERR_INVALID_PARAMETER */

#define PROBE_KIND(name, size, write, huge) PROBE_##name,
enum probe_kind {
    PROBE_POINTERS(PROBE_KIND) PROBE_POINTER_KINDS,
    /* Handles: `area` is the index of the handle tried. */
    PROBE_handle_call = PROBE_POINTER_KINDS,
    PROBE_handle_notify,
    PROBE_handle_io,
    PROBE_handle_control,
    PROBE_handle_snp,
    PROBE_handle_log,
    /* System call numbers: `area` is the index of the number tried. */
    PROBE_number,
    PROBE_KINDS,
};
#define PROBE_HANDLES 24 /* that many are tried */
#define PROBE_NUMBERS 32
#define PROBE_SKIPPED 0x5c1b /* answer: that handle is a right one */

/* The attacker's own areas, then places where nothing of it is. */
enum probe_area {
    AREA_text,
    AREA_rodata,
    AREA_time,
    AREA_info,
    AREA_data, /* from here on writable */
    AREA_heap,
    AREA_stack,
    AREA_tls,
    AREA_request,
    AREA_reply,
    AREA_null, /* from here on not there */
    AREA_hole,
    AREA_user_end,
    AREA_noncanonical,
    AREA_kernel,
    PROBE_AREAS,
};

enum probe_form {
    FORM_first,   /* from its first byte */
    FORM_last,    /* up to its last byte */
    FORM_before,  /* from one byte before it */
    FORM_over,    /* one byte more than up to its end */
    FORM_behind,  /* from its end on */
    FORM_nothing, /* no bytes, at its end */
    FORM_huge,    /* from its first byte, as many as can be said */
    PROBE_FORMS,
};

struct probe_sizes {
    uint32_t size;
    int write;
    uint32_t huge;
};
#define PROBE_SIZES(name, size, write, huge) {size, write, huge},

static inline const struct probe_sizes *probe_sizes(enum probe_kind kind)
{
    static const struct probe_sizes sizes[] = {PROBE_POINTERS(PROBE_SIZES)};
    return &sizes[kind];
}

/* Bytes that a probe of this kind moves. */
static inline uint32_t probe_bytes(enum probe_kind kind)
{
    uint32_t size = probe_sizes(kind)->size;
    return size == 0 ? 8 : size;
}

/* Is there such a probe? Kinds of fixed length know no other; the image's areas may touch. */
static inline int probe_exists(enum probe_kind kind, uint32_t area, uint32_t form)
{
    if (probe_sizes(kind)->size != 0 && (form == FORM_nothing || form == FORM_huge)) {
        return 0;
    }
    if (area >= AREA_null) {
        return form == FORM_first;
    }
    return form != FORM_behind || (area != AREA_text && area != AREA_rodata);
}

/* The fault that must come of it; 0: none, or PROBE_REFUSED. */
static inline uint32_t probe_expected(enum probe_kind kind, uint32_t area, uint32_t form)
{
    const struct probe_sizes *s = probe_sizes(kind);
    uint32_t fine = kind == PROBE_panic ? SVSM_FAULT_PANIC : 0;
    if (area == AREA_kernel && kind >= PROBE_window_in) {
        return SVSM_FAULT_LEASE; /* bit 63 names a lease */
    }
    if (form == FORM_nothing) {
        return fine;
    }
    if (form == FORM_huge) {
        return s->huge;
    }
    int inside = area < AREA_null && (form == FORM_first || form == FORM_last);
    return inside && (!s->write || area >= AREA_data) ? fine : SVSM_FAULT_POINTER;
}
