/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what the host answers ring 0 (microkernel/snp/ghcb.c). At each exit the input says
 * what becomes of the GHCB page and of the MSR, and the page may change between two looks. No
 * request goes out that names anything but what it is about; an answer that is against the protocol
 * is a refusal; what comes back has its size.
 */
#include "fuzz.h"
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <mm/kmap.h>
#include <snp/insn.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>

static struct input in;
static union {
    struct ghcb page;
    uint8_t bytes[4096];
} shared_page;
static uint64_t msr, asked;
static unsigned exits;
static bool seen; /* an exit with the page, and its code was this */
static uint64_t code;

static void host_exit(void)
{
    exits++;
    asked = msr;
    seen = (msr & 0xfff) == 0 && msr != 0;
    code = shared_page.page.sw_exitcode;
    for (unsigned n = input_byte(&in) % 16; n > 0; n--) {
        size_t at = input_number(&in, 2) % sizeof(shared_page);
        shared_page.bytes[at] = input_byte(&in);
    }
    switch (input_byte(&in) % 4) {
    case 0: /* the answer to this request, whatever it says */
        msr = (msr & 0xfff) + 1 | input_number(&in, 8) << 12;
        break;
    case 1:
        msr = input_number(&in, 8);
        break;
    case 2:
        msr = msr + 1;
        break;
    default:
        break;
    }
}

static uint64_t host_read(uint32_t index)
{
    require(index == SNP_MSR_GHCB, "no other MSR");
    return msr;
}

static void host_write(uint32_t index, uint64_t value)
{
    require(index == SNP_MSR_GHCB, "no other MSR");
    msr = value;
}

static uint32_t host_pvalidate(bool *unchanged)
{
    *unchanged = input_byte(&in) & 1;
    return input_byte(&in) % 8;
}

#undef GHCB_VA
#define GHCB_VA ((uint64_t)(uintptr_t)&shared_page)
#define msr_read(index) host_read(index)
#define msr_write(index, value) host_write(index, value)
#define insn_vmgexit() host_exit()
#define insn_pvalidate(va, size, validate, unchanged) ((void)(va), host_pvalidate(unchanged))
#define cpu_index() 0u
#include <snp/ghcb.c>

#define PAGE UINT64_C(0x8020000)

/* Of cdefs.h. */
void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    abort();
}

/* An event: exactly one exit by the page, unless nothing was asked. */
static void judge_event(bool good, uint64_t wanted, unsigned before)
{
    require(exits == before + 1 && asked == pages[0], "one exit, with the vCPU's own page");
    require(!ghcb_ready() || (seen && code == wanted), "the event that was meant");
    if (good) {
        require(ghcb_valid_bit(MEMBER(sw_exitinfo1)) < sizeof(shared_page.page.valid_bitmap) * 8,
                "a bit");
        require((uint32_t)shared_page.page.sw_exitinfo1 == GHCB_RESULT_OK, "a refusal is none");
    }
}

static void event(uint8_t what)
{
    static const unsigned sizes[] = {1, 2, 4};
    unsigned before = exits, size = sizes[what / 8 % 3];
    uint64_t status;
    uint32_t value = 0;

    switch (what % 6) {
    case 0: {
        bool good = ghcb_port_in((uint16_t)input_number(&in, 2), size, &value);
        judge_event(good, VMEXIT_IOIO, before);
        require(size == 4 || value >> 8 * size == 0, "more than was asked for");
        break;
    }
    case 1:
        judge_event(ghcb_port_out(0x3f8, size, 7), VMEXIT_IOIO, before);
        break;
    case 2: {
        static const char text[GHCB_BUFFER_SIZE + 1];
        size_t count = input_number(&in, 2) % (GHCB_BUFFER_SIZE + 2);
        bool good = ghcb_port_string(0x3f8, text, count);
        if (count <= GHCB_BUFFER_SIZE) {
            judge_event(good, VMEXIT_IOIO, before);
        } else {
            require(!good && exits == before, "more than the buffer holds");
        }
        break;
    }
    case 3:
        judge_event(ghcb_vcpu_create(3, 2, GHCB_AP_CREATE, PAGE, 1), GHCB_EVENT_AP_CREATION,
                    before);
        break;
    case 4:
        judge_event(ghcb_run_vmpl(2), GHCB_EVENT_RUN_VMPL, before);
        break;
    default:
        judge_event(ghcb_guest_request(PAGE, PAGE + 4096, &status), GHCB_EVENT_GUEST_REQUEST,
                    before);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    in = (struct input){data, data + size};
    memset(&shared_page, 0, sizeof(shared_page));
    memset(pages, 0, sizeof(pages));
    memset(shared, 0, sizeof(shared));
    msr = exits = 0;
    if (input_byte(&in) & 1) {
        bool fits = ghcb_version_fits();
        require(!fits || (ghcb_msr_version_min(msr) <= 2 && ghcb_msr_version_max(msr) >= 2),
                "version 2");
        require(ghcb_host_features() >> 52 == 0, "features of 52 bits");
        bool shares = ghcb_share(0, PAGE, &shared_page);
        bool registered = shares && ghcb_register(0);
        require(registered == ghcb_ready() && (!registered || msr == PAGE), "registered, or not");
    }
    if (!ghcb_ready()) { /* go on as with an honest host */
        shared[0] = pages[0] = msr = PAGE;
    }
    while (in.at != in.end) {
        event(input_byte(&in));
        msr = pages[0];
    }
    return 0;
}
