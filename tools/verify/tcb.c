/* SPDX-License-Identifier: MIT */
#include "tcb.h"

#include <stdlib.h>
#include <string.h>

#define FAMILY_ZEN3_4 0x19u /* Milan, Genoa and their kin; later families are as Turin */
#define TURIN_ID_SIZE 8u
#define WORD_MAX 16u

static const char *const words[VEK_SPLS] = {[VEK_BOOT_LOADER] = "bl",
                                            [VEK_TEE] = "tee",
                                            [VEK_SNP] = "snp",
                                            [VEK_MICROCODE] = "ucode",
                                            [VEK_FMC] = "fmc"};

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Reports of version 2 do not name their CPU: Turin's chip ID is short, and masked ones say
 * nothing, so that the certificate decides. */
enum tcb_layout tcb_layout_of(const struct psp_report *report, const struct vek *vek)
{
    if (report->version >= PSP_REPORT_VERSION_CPUID) {
        return report->cpuid_fam_id <= FAMILY_ZEN3_4 ? TCB_MILAN : TCB_TURIN;
    }
    if (is_zero(report->chip_id, sizeof(report->chip_id))) {
        return vek->has_spl[VEK_FMC] ? TCB_TURIN : TCB_MILAN;
    }
    return is_zero(report->chip_id + TURIN_ID_SIZE, sizeof(report->chip_id) - TURIN_ID_SIZE)
               ? TCB_TURIN
               : TCB_MILAN;
}

bool tcb_part(const struct psp_tcb *tcb, enum tcb_layout layout, enum vek_spl part, uint8_t *out)
{
    static const uint8_t milan[VEK_SPLS] = {[VEK_BOOT_LOADER] = PSP_TCB_MILAN_BOOT_LOADER,
                                            [VEK_TEE] = PSP_TCB_MILAN_TEE,
                                            [VEK_SNP] = PSP_TCB_MILAN_SNP,
                                            [VEK_MICROCODE] = PSP_TCB_MILAN_MICROCODE};
    static const uint8_t turin[VEK_SPLS] = {[VEK_BOOT_LOADER] = PSP_TCB_TURIN_BOOT_LOADER,
                                            [VEK_TEE] = PSP_TCB_TURIN_TEE,
                                            [VEK_SNP] = PSP_TCB_TURIN_SNP,
                                            [VEK_MICROCODE] = PSP_TCB_TURIN_MICROCODE,
                                            [VEK_FMC] = PSP_TCB_TURIN_FMC};

    if (layout == TCB_MILAN && part == VEK_FMC) {
        return false;
    }
    *out = tcb->part[layout == TCB_MILAN ? milan[part] : turin[part]];
    return true;
}

static bool parse_word(struct tcb_least *least, const char *word)
{
    const char *equals = strchr(word, '=');
    char *end;

    if (equals == NULL) {
        return false;
    }
    unsigned long value = strtoul(equals + 1, &end, 10);
    if (end == equals + 1 || *end != 0 || value > UINT8_MAX) {
        return false;
    }
    for (unsigned i = 0; i < VEK_SPLS; i++) {
        if (strlen(words[i]) == (size_t)(equals - word) &&
            strncmp(words[i], word, strlen(words[i])) == 0) {
            least->given[i] = true;
            least->least[i] = (uint8_t)value;
            return true;
        }
    }
    return false;
}

bool tcb_parse(struct tcb_least *least, const char *text)
{
    char word[WORD_MAX];

    do {
        size_t len = strcspn(text, ",");
        if (len >= sizeof(word)) {
            return false;
        }
        memcpy(word, text, len);
        word[len] = 0;
        if (!parse_word(least, word)) {
            return false;
        }
        text += len;
    } while (*text++ == ',');
    return true;
}

static void check_certificate(struct checks *checks, const struct psp_report *report,
                              const struct vek *vek, enum tcb_layout layout)
{
    for (unsigned i = 0; i < VEK_SPLS; i++) {
        uint8_t reported;
        if (!tcb_part(&report->reported_tcb, layout, i, &reported)) {
            continue;
        }
        if (!vek->has_spl[i]) {
            check_add(checks, CHECK_FAILED, "tcb", "the certificate has no %s", vek_spl_name(i));
            return;
        }
        if (vek->spl[i] != reported) {
            check_add(checks, CHECK_FAILED, "tcb", "%s: %u in the certificate, %u in the report",
                      vek_spl_name(i), vek->spl[i], reported);
            return;
        }
    }
    check_add(checks, CHECK_OK, "tcb", "the reported TCB is that of the certificate");
}

static bool is_within(const struct psp_tcb *a, const struct psp_tcb *b)
{
    for (size_t i = 0; i < sizeof(a->part); i++) {
        if (a->part[i] > b->part[i]) {
            return false;
        }
    }
    return true;
}

static void check_order(struct checks *checks, const struct psp_report *report)
{
    if (!is_within(&report->committed_tcb, &report->current_tcb)) {
        check_add(checks, CHECK_FAILED, "tcb-order", "the committed TCB is above the current one");
    } else if (!is_within(&report->reported_tcb, &report->current_tcb)) {
        check_add(checks, CHECK_FAILED, "tcb-order", "the reported TCB is above the current one");
    } else {
        check_add(checks, CHECK_OK, "tcb-order", "no TCB is above the current one");
    }
}

static void check_least(struct checks *checks, const struct psp_report *report,
                        enum tcb_layout layout, const struct tcb_least *least)
{
    bool any = false;

    for (unsigned i = 0; i < VEK_SPLS; i++) {
        uint8_t reported = 0;
        if (!least->given[i]) {
            continue;
        }
        any = true;
        if (!tcb_part(&report->reported_tcb, layout, i, &reported)) {
            check_add(checks, CHECK_FAILED, "min-tcb", "this CPU's TCB has no %s", words[i]);
            return;
        }
        if (reported < least->least[i]) {
            check_add(checks, CHECK_FAILED, "min-tcb", "%s is %u, below %u", words[i], reported,
                      least->least[i]);
            return;
        }
    }
    if (any) {
        check_add(checks, CHECK_OK, "min-tcb", "no part is below what was asked for");
    }
}

void tcb_check(struct checks *checks, const struct psp_report *report, const struct vek *vek,
               const struct tcb_least *least)
{
    enum tcb_layout layout = tcb_layout_of(report, vek);

    check_certificate(checks, report, vek, layout);
    check_order(checks, report);
    check_least(checks, report, layout, least);
}
