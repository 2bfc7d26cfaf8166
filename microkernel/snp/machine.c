/* SPDX-License-Identifier: MIT */
/*
 * The SNP machine, as what was measured, the CPU and the firmware describe it. The host is asked
 * only for what it alone can give, and what it lacks is named.
 */
#include <boot/boot.h>
#include <cpu/cpu.h>
#include <cpu/machine.h>
#include <log/log.h>
#include <mm/mm.h>
#include <snp/asm.h>
#include <snp/ghcb.h>
#include <snp/machine.h>
#include <snp/own.h>
#include <snp/stop.h>
#include <svsm/abi/snp_pages.h>

_Static_assert(BOOT_HEADER_MAGIC == SNP_IMAGE_MAGIC, "boot.S");
_Static_assert(BOOT_CPUID_PA == SNP_IMAGE_CPUID, "boot.S");
_Static_assert(BOOT_CPUID_MAX == SNP_CPUID_ENTRIES, "boot.S");
_Static_assert(BOOT_CPUID_FIRST == offsetof(struct snp_cpuid_page, entries), "boot.S");
_Static_assert(BOOT_CPUID_SIZE == sizeof(struct snp_cpuid_entry), "boot.S");
_Static_assert(BOOT_CPUID_EBX == offsetof(struct snp_cpuid_entry, ebx), "boot.S");
_Static_assert(BOOT_CPUID_SEV == SNP_CPUID_LEAF && BOOT_MSR_GHCB == SNP_MSR_GHCB, "boot.S");

/* What ring 0 knows how to live with: SEV, SEV-ES, SNP, restricted injection, debug register swap,
 * Secure TSC, and the features of which a guest notices nothing. */
#define FEATURES_NEEDED SNP_FEATURE_SNP
#define FEATURES_KNOWN                                                                             \
    (SNP_FEATURE_SNP | SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_DEBUG_SWAP |                 \
     SNP_FEATURE_PREVENT_HOST_IBS | SNP_FEATURE_BTB_ISOLATION | SNP_FEATURE_SECURE_TSC |           \
     SNP_FEATURE_SMT_PROTECTION | SNP_FEATURE_IBPB_ON_ENTRY)

extern const struct snp_image_header snp_header; /* boot.S */
ROINIT static bool prints;
ROINIT static uint64_t own_features;

const struct snp_image_launch *machine_launch(void)
{
    return own_page(SNP_IMAGE_LAUNCH);
}

bool machine_prints(void)
{
    return prints;
}

uint64_t machine_features(void)
{
    return own_features;
}

bool machine_restricted(void)
{
    return (own_features & SNP_FEATURE_RESTRICTED_INJECTION) != 0;
}

uint64_t machine_own_end(void)
{
    return snp_header.pool_end;
}

static void check_launch(void)
{
    const struct snp_image_launch *l = machine_launch();
    if (l->magic != SNP_IMAGE_LAUNCH_MAGIC || l->version != SNP_IMAGE_VERSION) {
        stop_because(SNP_STOP_LAUNCH, "the launch page is not one of this version");
    }
    prints = (l->flags & SNP_IMAGE_CONSOLE) != 0;
    if ((l->flags & ~(SNP_IMAGE_CONSOLE | SNP_IMAGE_GUEST)) != 0 || l->vcpu_count == 0 ||
        l->vcpu_count > SVSM_VCPUS_MAX || l->ram_count > SNP_IMAGE_RAM_MAX) {
        stop_because(SNP_STOP_LAUNCH, "the launch page has a value out of range");
    }
    if ((l->flags & SNP_IMAGE_GUEST) != 0 && l->ram_count == 0) {
        stop_because(SNP_STOP_LAUNCH, "the launch page has a guest without memory");
    }
}

static void check_status(void)
{
    own_features = snp_features_of(msr_read(SNP_MSR_SEV_STATUS));
    if ((own_features & FEATURES_NEEDED) != FEATURES_NEEDED) {
        stop_because(SNP_STOP_STATUS, "this is no SEV-SNP guest");
    }
    if ((own_features & ~FEATURES_KNOWN) != 0) {
        LOG_ERROR("SEV_FEATURES 0x%lx", own_features & ~FEATURES_KNOWN);
        stop_because(SNP_STOP_STATUS, "a feature of SEV_STATUS that ring 0 does not know");
    }
}

static void check_host(void)
{
    bool guest = (machine_launch()->flags & SNP_IMAGE_GUEST) != 0;
    const struct {
        uint64_t bit;
        bool needed;
        const char *name;
    } features[] = {
        {GHCB_HV_SNP, true, "SEV-SNP"},
        {GHCB_HV_AP_CREATION, true, "creation of vCPUs"},
        {GHCB_HV_MULTI_VMPL, guest, "several VMPLs"},
        {GHCB_HV_RESTRICTED_INJECTION, machine_restricted(), "restricted injection"},
    };
    uint64_t has = ghcb_host_features();
    bool missing = false;
    for (size_t i = 0; i < ARRAY_COUNT(features); i++) {
        if (features[i].needed && (has & features[i].bit) == 0) {
            LOG_ERROR("missing host feature: %s", features[i].name);
            missing = true;
        }
    }
    if (missing) {
        stop_because(SNP_STOP_FEATURE, "the host lacks a feature that is needed");
    }
}

void machine_check_memory(uint64_t end)
{
    if (end != snp_header.pool_end) {
        stop_because(SNP_STOP_LAUNCH, "the image's header and its location differ");
    }
    if (end > BOOT_MAP_SIZE) {
        port_stop("the image wants memory beyond 1 GiB: give its tasks less");
    }
}

/* Every CPU with SNP has all three: the host has taken them out of the CPUID page. */
void machine_undefended(void)
{
    if (!prints) {
        stop_because(SNP_STOP_FEATURE, "a release image needs SMEP, SMAP and UMIP");
    }
}

uint32_t machine_vcpus(void)
{
    return machine_launch()->vcpu_count;
}

/* Of the boot vCPU, as QEMU numbers them; ap_learn_ids() asks the host. */
uint32_t machine_interrupts(void)
{
    return 0;
}

void machine_devices(const struct svsm_image_header *image)
{
    if (image->device_count != 0) {
        LOG_WARNING("this platform delivers no interrupts of devices");
    }
}

/* From boot.S. No canary check: it is drawn in a function called from here, which never returns. */
[[gnu::noreturn, gnu::no_stack_protector]] void boot_main(void);
void boot_main(void)
{
    extern uint8_t boot_ghcb[];
    if (!ghcb_version_fits()) {
        ghcb_terminate_now(SNP_STOP_PROTOCOL);
    }
    if (!ghcb_share(0, pa_of_kernel(boot_ghcb).value, boot_ghcb) || !ghcb_register(0)) {
        ghcb_terminate_now(SNP_STOP_GHCB);
    }
    check_launch();
    check_status();
    check_host();
    LOG_INFO("svsm, SNP platform: VMPL0, C-bit %u", (unsigned)__builtin_ctzll(pages_private));
    boot_rest();
}
