/* SPDX-License-Identifier: MIT */
/* Leases misused: lease 0 is LENT_READ bytes to read, lease 1 LENT_WRITE bytes to write. */
#include "attacker.h"

#define READ 0
#define WRITE 1

static uint64_t lease_read(uint64_t lease, uint64_t offset, uint64_t to, uint64_t size)
{
    return raw_syscall(SVSM_SYS_LEASE_READ, lease, offset, to, size, 0, 0).rax;
}

static uint64_t lease_write(uint64_t lease, uint64_t offset, uint64_t from, uint64_t size)
{
    return raw_syscall(SVSM_SYS_LEASE_WRITE, lease, offset, from, size, 0, 0).rax;
}

/* Reads all there is, in parts that cross pages on both sides, and fills what it may write. */
static uint64_t proper_use(void)
{
    const uint64_t to = SVSM_HEAP_VA + 4096 - 100;
    for (uint64_t at = 0; at < LENT_READ; at += 512) {
        (void)lease_read(READ, at, to + at, 512);
    }
    for (uint64_t i = 0; i < LENT_READ; i++) {
        if (((const volatile uint8_t *)to)[i] != LENT_BYTE(i)) {
            return NOT_STOPPED;
        }
    }
    memset((void *)to, 0xaa, LENT_WRITE);
    return lease_write(WRITE, 0, to, LENT_WRITE);
}

static uint64_t range_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    switch (act) {
    case ACT_lease_read_one_byte_over:
        return lease_read(READ, LENT_READ - 7, heap, 8);
    case ACT_lease_read_behind:
        return lease_read(READ, LENT_READ + 1, heap, 0);
    case ACT_lease_read_offset_wraps:
        return lease_read(READ, UINT64_MAX - 3, heap, 8);
    case ACT_lease_read_offset_over_pages:
        return lease_read(READ, UINT64_C(1) << 32 | 8, heap, 8);
    case ACT_lease_read_huge:
        return lease_read(READ, 8, heap, UINT64_MAX - 7);
    case ACT_lease_read_of_write_only:
        return lease_read(WRITE, 0, heap, 8);
    case ACT_lease_write_of_read_only:
        return lease_write(READ, 0, heap, 8);
    case ACT_lease_write_one_byte_over:
        return lease_write(WRITE, LENT_WRITE - 7, heap, 8);
    case ACT_lease_write_offset_wraps:
        return lease_write(WRITE, UINT64_MAX - 3, heap, 8);
    case ACT_lease_next_number:
        return lease_read(2, 0, heap, 1);
    case ACT_lease_huge_number:
        return lease_read(UINT64_MAX, 0, heap, 1);
    case ACT_lease_number_high_bits:
        return lease_read(UINT64_C(1) << 32, 0, heap, 1);
    case ACT_lease_read_into_own_code:
        return lease_read(READ, 0, SVSM_IMAGE_VA, 8);
    case ACT_lease_read_into_kernel:
        return lease_read(READ, 0, KERNEL_TEXT, 8);
    case ACT_lease_write_from_kernel:
        return lease_write(WRITE, 0, KERNEL_TEXT, 8);
    default:
        return NOT_STOPPED;
    }
}

/* Lending on to the victim what one has not. */
static uint64_t lend_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    const uint32_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    uint64_t from = SVSM_LEASE_REF(READ, 0);
    switch (act) {
    case ACT_lend_on_over_the_end:
        from = SVSM_LEASE_REF(READ, LENT_READ - 7);
        break;
    case ACT_lend_on_offset_wraps:
        from = SVSM_LEASE_REF(READ, UINT32_MAX - 3);
        break;
    case ACT_lend_on_without_right:
        from = SVSM_LEASE_REF(WRITE, 0);
        break;
    case ACT_lend_on_next_number:
        from = SVSM_LEASE_REF(2, 0);
        break;
    default:
        break;
    }
    return raw_call(victim, VICTIM_BORROW, from, 8, heap, 8).rax;
}

uint64_t attack_lease(enum act act)
{
    switch (act) {
    case ACT_lease_proper_use:
        return proper_use();
    case ACT_lease_used_after_the_call:
        return lease_read(READ, 0, SVSM_HEAP_VA, 8);
    case ACT_lease_writes_too_many:
        for (int i = 0; i < 9; i++) {
            (void)lease_write(WRITE, 0, SVSM_HEAP_VA, 1);
        }
        return NOT_STOPPED;
    case ACT_lease_writes_too_much:
        for (int i = 0; i < 3; i++) { /* the manifest's stage holds two */
            (void)lease_write(WRITE, 0, SVSM_HEAP_VA, LENT_WRITE);
        }
        return NOT_STOPPED;
    case ACT_lease_write_then_crash:
        (void)lease_write(WRITE, 0, SVSM_HEAP_VA, LENT_WRITE);
        raw_panic(2, "after a lease write");
    case ACT_yield_with_writes_queued:
        (void)lease_write(WRITE, 0, SVSM_HEAP_VA, 8);
        return raw_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0).rax;
    default:
        return act >= ACT_lend_on_over_the_end && act <= ACT_lend_on_next_number ? lend_act(act)
                                                                                 : range_act(act);
    }
}
