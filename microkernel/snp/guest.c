/* SPDX-License-Identifier: MIT */
/* Between the guest (guest/) and the task core (task/guest.h). */
#include <guest/guest.h>
#include <task/guest.h>

enum status port_guest_read(void *dst, uint64_t gpa, size_t size)
{
    return guest_read(dst, gpa, size);
}

enum status port_guest_write(uint64_t gpa, const void *src, size_t size)
{
    return guest_write(gpa, src, size);
}

enum status port_guest_check(uint64_t gpa, size_t size)
{
    return guest_check(gpa, size);
}

void port_guest_answer(struct cpu *cpu, uint32_t result, unsigned mask, const uint64_t out[3])
{
    guest_answer(cpu->index, result, mask, out);
}

bool guest_protocol_exists(uint32_t protocol)
{
    return core_guest_protocol(protocol);
}
