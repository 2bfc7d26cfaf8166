/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a save area that a guest makes (guest/hotplug.c), and the call that comes out of one
 * (guest/vcpu.c, request.c), over the fake SNP machine with an honest host. An input says which
 * bytes of a good save area are others. It becomes a vCPU's if and only if its level, EFER.SVME and
 * SEV_FEATURES are what the image has, and no rights are left to it; else the page is the guest's
 * as before, byte for byte.
 */
#include "fuzz.h"
#include <fixture.h>
#include <svsm/abi/vmexit.h>

#define AREA PAGE(101)
#define CA PAGE(102)

static bool is_right(const struct vmsa *v)
{
    return v->vmpl == SNP_IMAGE_GUEST_VMPL && (v->efer & SNP_EFER_SVME) != 0 &&
           v->sev_features == FEATURES;
}

static void change(struct input *in, struct vmsa *v)
{
    static const uint16_t chosen[] = {offsetof(struct vmsa, vmpl), offsetof(struct vmsa, efer),
                                      offsetof(struct vmsa, sev_features),
                                      offsetof(struct vmsa, rax)};

    for (unsigned n = input_byte(in) % 8; n > 0; n--) {
        uint8_t how = input_byte(in);
        size_t at = how & 1 ? input_number(in, 2) % sizeof(*v) : chosen[how / 2 % 4] + how / 8 % 8u;
        ((uint8_t *)v)[at] = input_byte(in);
    }
}

static void judge_same(const struct vmsa *v)
{
    for (unsigned i = 0; i < sizeof(*v); i++) {
        require(fake_snp_peek(AREA + i) == ((const uint8_t *)v)[i],
                "the guest's page is as it was");
    }
}

static void create(struct input *in)
{
    struct vmsa v = {.vmpl = SNP_IMAGE_GUEST_VMPL, .efer = SNP_EFER_SVME, .sev_features = FEATURES};
    uint64_t active = 0, ca = 0;

    change(in, &v);
    fake_snp_poke(AREA, &v, sizeof(v));
    uint32_t result = fixture_create(0, 1, AREA, CA);
    require((result == SVSM_SUCCESS) == is_right(&v), "taken if and only if it is right");
    bool is = fixture_active(1, &active, &ca);
    require(is == is_right(&v) && (!is || (active == AREA && ca == CA)), "the vCPU's");
    require(fake_snp_page(AREA)->vmsa == is, "marked as a save area");
    if (!is) {
        require(result == SVSM_ERR_INVALID_PARAMETER, "what is wrong");
        judge_same(&v);
    } else { /* the machine is the same for all inputs */
        require(fixture_core(0, SVSM_CORE_DELETE_VCPU, AREA, 0, 0) == SVSM_SUCCESS, "deleted");
        require(!fixture_active(1, &active, &ca) && !fake_snp_page(AREA)->vmsa,
                "the guest's again");
    }
}

/* A call of vCPU 0 with any registers and exit code, and any byte in the calling area; but none
 * that would leave the machine another one. */
static void call(struct input *in)
{
    struct registers r = {input_number(in, 8), input_number(in, 8), input_number(in, 8),
                          input_number(in, 8), input_number(in, 8)};
    struct guest_call taken = {0};
    uint8_t how = input_byte(in), pending = how & 1 ? input_byte(in) : 1;
    uint64_t exit_code = how & 2 ? input_number(in, 8) : VMEXIT_VMGEXIT;

    r.rax = how & 4 ? r.rax : svsm_call_rax((uint32_t)(r.rax >> 32) % 4, (uint32_t)r.rax % 8);
    if (r.rax >> 32 == SVSM_PROTOCOL_CORE && (uint32_t)r.rax < SVSM_CORE_QUERY_PROTOCOL) {
        r.rax += SVSM_CORE_QUERY_PROTOCOL;
    }
    uint64_t area = fixture_prepare(0, &r);
    require(area != 0, "vCPU 0 has a save area");
    fake_snp_poke(area + offsetof(struct vmsa, guest_exit_code), &exit_code, sizeof(exit_code));
    fake_snp_poke(FIRST_CA, &pending, 1);
    enum guest_next next = guest_request(0, &taken);
    struct vmsa after = fixture_vmsa(area);
    if (next == GUEST_CALL) {
        require(pending == 1 && exit_code == VMEXIT_VMGEXIT, "a call, if there is one");
        require(taken.protocol != SVSM_PROTOCOL_CORE && taken.protocol == r.rax >> 32 &&
                    taken.call == (uint32_t)r.rax && taken.rcx == r.rcx && taken.rdx == r.rdx &&
                    taken.r8 == r.r8 && taken.r9 == r.r9,
                "as its registers say");
    } else if (pending == 0 || exit_code != VMEXIT_VMGEXIT) {
        require(after.rax == r.rax && after.rcx == r.rcx && fake_snp_peek(FIRST_CA) == pending,
                "nobody called");
    }
    require(after.r9 == r.r9, "R9 is nobody's to change");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};

    if (launch.magic == 0) {
        fixture_boot();
    }
    while (in.at != in.end) {
        if (input_byte(&in) & 1) {
            create(&in);
        } else {
            call(&in);
        }
    }
    const char *wrong = fixture_check();
    require(wrong == NULL, wrong == NULL ? "" : wrong);
    return 0;
}
