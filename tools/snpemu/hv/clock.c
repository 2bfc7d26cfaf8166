/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "host.h"
#include "io.h"
#include "machine.h"
#include "memory.h"
#include <string.h>

#define SYSTEM_ENABLED UINT64_C(1)
#define FLAG_STABLE 0x01u /* all vCPUs' clocks agree */
#define KHZ_MIN UINT64_C(1000)
#define KHZ_UNIT UINT64_C(1000000) /* ticks and nanoseconds are the same */

/* struct pvclock_vcpu_time_info; an even version says that it is whole. */
struct system_time {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time; /* nanoseconds at tsc_timestamp */
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad[2];
};
_Static_assert(sizeof(struct system_time) == 32, "pvclock");

/* struct pvclock_wall_clock: the time of day when system_time was 0. */
struct wall_time {
    uint32_t version;
    uint32_t seconds;
    uint32_t nanoseconds;
};
_Static_assert(sizeof(struct wall_time) == 12, "pvclock");

static uint64_t begun;
static uint64_t wall, system[MACHINE_VCPUS_MAX]; /* the MSRs, of which the first is all vCPUs' */

void clock_init(void)
{
    begun = tsc_read();
}

/* ns = (shift < 0 ? ticks >> -shift : ticks << shift) * mul >> 32 */
static struct system_time parameters(void)
{
    struct system_time time = {
        .version = 2, .tsc_timestamp = begun, .system_time = 0, .flags = FLAG_STABLE};
    uint64_t khz = machine.launch->clock_khz;

    for (; khz <= KHZ_UNIT; khz *= 2) { /* else the factor would not fit */
        time.tsc_shift++;
    }
    time.tsc_to_system_mul = (uint32_t)((KHZ_UNIT << 32) / khz);
    return time;
}

static bool put(uint64_t gpa, const void *bytes, uint64_t size)
{
    uint64_t offset = gpa % PAGE_SIZE;
    uint8_t *page = host_shared_page(gpa - offset);

    if (page == NULL || offset > PAGE_SIZE - size || offset % sizeof(uint32_t) != 0) {
        return false;
    }
    memcpy(page + offset, bytes, size);
    return true;
}

static bool publish(uint32_t index, uint64_t value)
{
    if (index == CLOCK_MSR_WALL) {
        struct wall_time time = {.version = 2, .seconds = (uint32_t)machine.launch->clock_epoch};
        return put(value, &time, sizeof(time));
    }
    struct system_time time = parameters();
    return !(value & SYSTEM_ENABLED) || put(value & ~SYSTEM_ENABLED, &time, sizeof(time));
}

bool clock_read(const struct vcpu *vcpu, uint32_t index, uint64_t *value)
{
    *value = index == CLOCK_MSR_WALL ? wall : system[vcpu->number];
    return machine.launch->clock_khz >= KHZ_MIN;
}

bool clock_write(const struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    if (machine.launch->clock_khz < KHZ_MIN || !publish(index, value)) {
        return false;
    }
    *(index == CLOCK_MSR_WALL ? &wall : &system[vcpu->number]) = value;
    return true;
}
