/* SPDX-License-Identifier: MIT */
/*
 * Ports by the host, for development images whose tasks have devices, and the end of the machine.
 * A host that does not answer reads as a bus without a device.
 */
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <snp/ghcb.h>
#include <snp/machine.h>
#include <snp/stop.h>
#include <task/port.h>

#define TEST_EXIT_PORT UINT16_C(0xf4)

static atomic_uint reason = SNP_STOP_RING0;

uint32_t port_in(uint16_t port, unsigned size)
{
    uint32_t value;
    return ghcb_port_in(port, size, &value) ? value : UINT32_MAX;
}

void port_out(uint16_t port, unsigned size, uint32_t value)
{
    (void)ghcb_port_out(port, size, value);
}

void stop_because(enum snp_stop why, const char *text)
{
    stop_claim(); /* the reason is the first one's */
    atomic_store(&reason, why);
    stop_claimed(text);
}

/* Nothing to do: the termination request ends all of them, and where the host does not grant it
 * each finds out before it leaves ring 0 (stop_join()). */
void machine_stop_others(void)
{
}

void machine_leave(uint32_t code)
{
    if (code == STOP_FINE) {
        if (machine_prints()) {
            (void)ghcb_port_out(TEST_EXIT_PORT, 4, code);
        }
        ghcb_terminate_now(SNP_STOP_DONE);
    }
    ghcb_terminate_now(atomic_load(&reason));
}
