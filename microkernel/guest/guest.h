/* SPDX-License-Identifier: MIT */
/*
 * The guest as VMPL0 sees it: its memory, its save areas, its calls. Between the run loop
 * (snp/run.c), which enters and leaves VMPL2, and the task core, which runs services.
 *
 * Path of a call: run loop -> guest_request() copies the registers and the calling area once ->
 * the core protocol is answered at once (GUEST_RUN); any other protocol comes back as *call
 * (GUEST_CALL) -> core_guest() (task/guest.h) runs the service -> guest_answer() writes the save
 * area -> run loop.
 *
 * Owner table: one byte for each 4 KiB page of guest RAM (page.h), in memory that the platform sets
 * aside. Every change of a page is claimed in it; nothing else serialises vCPUs.
 */
#pragma once
#include <cdefs.h>
#include <snp/snp.h>
#include <svsm/abi/snp_image.h>

/* Registers of a call, from the save area, copied once. */
struct guest_call {
    uint32_t protocol, call; /* RAX[63:32], RAX[31:0] */
    uint64_t rcx, rdx, r8, r9;
    uint64_t area; /* from 1 on: which of all the save areas that this vCPU ever had */
};

enum guest_next {
    GUEST_RUN,  /* enter the guest (again) */
    GUEST_CALL, /* *call is for a service */
    GUEST_IDLE, /* this vCPU has no save area: wait until it gets one */
};

/* Set up: `table` has guest_table_size() zero bytes, one for each page of `launch->ram`. Registers
 * nothing yet. Stops the machine on bad tables. */
[[nodiscard]] size_t guest_table_size(const struct snp_image_launch *launch);
void guest_init(const struct snp_image_launch *launch, uint8_t *table, uint64_t own_start,
                uint64_t own_end);

/* Before the guest runs, on the boot vCPU: validate, clear and grant memory as launch->ram says;
 * put the first save area (already in VMPL0's memory at SNP_IMAGE_GUEST_VMSA) and calling area into
 * the registry for vCPU 0. ERR_MISSING names in *where the page that the host does not give. */
enum status guest_launch_memory(gpa_t *where);
enum status guest_launch_vcpu(void);

/*
 * The save area that `vcpu` is to enter now, as the host knows it (AP creation). false: none. It
 * may run from now on until guest_request() stops it. Its contents are for microkernel/guest/
 * alone: another vCPU of the guest may delete it at any time, and then it is no longer mapped.
 */
struct guest_vcpu {
    gpa_t vmsa_gpa;
};
[[nodiscard]] bool guest_enter(uint32_t vcpu, struct guest_vcpu *g);

/* `vcpu` is back in VMPL0 for whatever reason: stops the save area, looks for a call and carries
 * out the core protocol. An exit that is no call changes nothing (spurious): GUEST_RUN. */
enum guest_next guest_request(uint32_t vcpu, struct guest_call *call);

/* Answer the GUEST_CALL of this vCPU: RAX = result, and those that `mask` (SVSM_GUEST_*) names.
 * Where the save area has been deleted meanwhile, nothing happens. */
void guest_answer(uint32_t vcpu, uint32_t result, unsigned mask, const uint64_t out[3]);

/* Does some service speak this protocol (version 1)? Not for the core protocol. From the image;
 * the task core provides it. */
[[nodiscard]] bool guest_protocol_exists(uint32_t protocol);

/*
 * Guest memory named by a call, for services: `size` bytes at `gpa`, may cross pages. OK,
 * ERR_ADDRESS (not the guest's to name: not RAM, ours, a save area, not validated, gone; wraps),
 * ERR_BUSY (another vCPU is changing the page right now: stock guests repeat a call that is
 * answered so, and give up after any other error). What is missing is found before the first byte
 * is written, unless it goes away at that very moment.
 */
enum status guest_read(void *dst, uint64_t gpa, size_t size);
enum status guest_write(uint64_t gpa, const void *src, size_t size);
/* Only the check, without touching the pages. */
enum status guest_check(uint64_t gpa, size_t size);
