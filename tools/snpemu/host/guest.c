/* SPDX-License-Identifier: MIT */
/* From the command line's files to a launch image. See guest.h. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <svsm/abi/attest.h>
#include <svsm/abi/snp.h>
#include <wire/tsc.h>

#include "file.h"
#include "igvm.h"
#include "linux.h"
#include "measure.h"
#include "ovmf.h"
#include "profile.h"
#include "tsc.h"

/* Policy of guests that bring none: QEMU's default. */
#define POLICY_DEFAULT (PSP_POLICY_ONE | PSP_POLICY_SMT)
/* Of one INVLPGB, as on the CPUs that have had it first; only for guests that choose what they use.
 */
#define INVLPGB_PAGES 8
/* The only guest of the machine. */
#define ASID 1

/* The same chip in every run, so that its certificate stays the same. */
static const uint8_t chip_seed[PSP_SEED_SIZE] = "emulated SNP machine, first chip";

static struct igvm_guest igvm; /* empty for guests of another kind */

static void set_header(struct image *image, const struct options *o)
{
    struct launch_header *h = &image->header;
    h->policy = POLICY_DEFAULT;
    h->features = profile_features(o->profile);
    h->profile = o->profile;
    h->tlb = o->tlb;
    h->ap_hold = o->ap_hold;
    h->trace = o->trace;
    h->lie_count = o->lie_count;
    h->lie_guest = o->lie_guest;
    memcpy(h->lies, o->lies, sizeof(h->lies));
    h->asid = ASID;
    h->cbit = o->cbit;
    h->coherency_sfw_no = o->coherency_sfw_no;
    h->stats =
        (uint8_t)((o->stats ? LAUNCH_STATS_EXITS : 0) | (o->check_vmpl0 ? LAUNCH_STATS_OWNERS : 0));
}

static bool load_linux(struct image *image, const struct options *o, struct bytes kernel,
                       struct fail *f)
{
    struct file initrd = {0};
    if (o->initrd != NULL && !file_read(&initrd, o->initrd, f)) {
        return false;
    }
    struct linux_boot boot = {
        .kernel = kernel, .initrd = initrd.bytes, .cmdline = o->append == NULL ? "" : o->append};
    bool done = linux_launch(image, &boot, SNP_FEATURE_SNP, f);
    file_free(&initrd);
    return done;
}

static bool load_igvm(struct image *image, const struct options *o, struct bytes file,
                      struct fail *f)
{
    if (!igvm_launch(image, file, &igvm, f)) {
        return false;
    }
    image->header.policy = igvm.policy;
    image->header.invlpgb = o->invlpgb == OPTIONS_INVLPGB_OFF ? 0 : INVLPGB_PAGES;
    image->header.invlpgb_unnamed = o->invlpgb == OPTIONS_INVLPGB_UNNAMED;
    if ((igvm.features & SNP_FEATURE_SECURE_TSC) != 0) {
        image->header.tsc_khz = tsc_khz();
        image->header.tsc_scale = TSC_SCALE_ONE;
    }
    return true;
}

static bool load(struct image *image, const struct options *o, struct fail *f)
{
    struct file file;
    bool done;
    if (!file_read(&file, o->file, f)) {
        return false;
    }
    set_header(image, o);
    if (o->guest == OPTIONS_IGVM) {
        done = load_igvm(image, o, file.bytes, f);
    } else if (o->guest == OPTIONS_FIRMWARE) {
        done = ovmf_launch(image, file.bytes, SNP_FEATURE_SNP, f);
    } else {
        done = load_linux(image, o, file.bytes, f);
    }
    file_free(&file);
    return done;
}

bool guest_measure(struct guest *g, const struct options *o, struct fail *f)
{
    memset(g, 0, sizeof(*g));
    memset(&igvm, 0, sizeof(igvm));
    /* Firmware may have more, in two pieces (machine.h); what it brings lies below and behind. */
    bool split = o->guest == OPTIONS_FIRMWARE && o->memory > LAUNCH_RAM_END;

    return image_init(&g->image, split ? LAUNCH_RAM_END : o->memory, o->smp, f) &&
           load(&g->image, o, f) && measure_image(&g->image, g->digest, f);
}

/* What KVM offers to every guest; what has a Secure TSC needs it the least. */
static void set_clock(struct launch_header *h)
{
    h->clock_khz = h->tsc_khz != 0 ? h->tsc_khz : tsc_khz();
    h->clock_epoch = (uint64_t)time(NULL);
}

bool guest_launch(struct guest *g, const struct options *o, struct fail *f)
{
    struct psp_options options;
    struct psp_result result;
    struct snp_secrets_page secrets;
    (void)o;
    set_clock(&g->image.header);
    psp_options_init(&options, PSP_MILAN);
    options.policy = g->image.header.policy;
    memcpy(options.launch_digest, g->digest, sizeof(options.launch_digest));
    memcpy(options.chip_seed, chip_seed, sizeof(chip_seed));
    if (igvm.has_id_block) {
        options.id_block = &igvm.id_block;
        options.id_auth = &igvm.id_auth;
        options.author_key = igvm.author_key;
    }
    options.tsc.enabled = g->image.header.tsc_khz != 0;
    options.tsc.factor = tsc_factor_of(g->image.header.tsc_khz);
    options.tsc.scale = g->image.header.tsc_scale;
    options.tsc.offset = g->image.header.tsc_offset;
    g->psp = psp_create(&options, &result);
    if (g->psp == NULL) {
        return fail_because(f, "the firmware refuses the launch with status 0x%x: %s",
                            result.status, result.why == NULL ? "-" : result.why);
    }
    psp_secrets_fill(g->psp, &secrets);
    image_fill(&g->image, PSP_PAGE_SECRETS, &secrets);
    explicit_bzero(&secrets, sizeof(secrets));
    return true;
}

void guest_free(struct guest *g)
{
    image_free(&g->image);
    psp_free(g->psp);
    g->psp = NULL;
}
