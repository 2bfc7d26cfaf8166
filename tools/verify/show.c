/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <jansson.h>
#include <stdio.h>

#define HEX_MAX 64u

void show_text(const struct checks *checks)
{
    static const char *const words[] = {[CHECK_OK] = "ok",
                                        [CHECK_NOTE] = "ok",
                                        [CHECK_SKIPPED] = "skipped",
                                        [CHECK_FAILED] = "FAILED"};
    unsigned failed = 0;

    for (unsigned i = 0; i < checks->count; i++) {
        const struct check *c = &checks->list[i];
        printf("%-8s %-18s %s\n", words[c->outcome], c->name, c->why);
        failed += c->outcome >= CHECK_SKIPPED;
    }
    if (check_all_good(checks)) {
        printf("the report is good: %u checks\n", checks->count);
    } else {
        printf("the report is NOT good: %u of %u checks failed\n", failed, checks->count);
    }
}

static json_t *hex(const uint8_t *bytes, size_t size)
{
    char text[2 * HEX_MAX + 1] = "";

    for (size_t i = 0; i < size && i < HEX_MAX; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return json_string(text);
}

static json_t *tcb(const struct psp_tcb *tcb)
{
    return hex(tcb->part, sizeof(tcb->part));
}

/* jansson takes the new values over, also when one of them is NULL. */
static json_t *report_object(const struct psp_report *r)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:o, s:I, s:I, s:o, s:I, s:o, s:o}", "version", (json_int_t)r->version,
        "guest_svn", (json_int_t)r->guest_svn, "policy",
        json_sprintf("%#llx", (unsigned long long)r->policy), "vmpl", (json_int_t)r->vmpl,
        "signature_algo", (json_int_t)r->signature_algo, "platform_info",
        json_sprintf("%#llx", (unsigned long long)r->platform_info), "key_info",
        (json_int_t)r->key_info, "measurement", hex(r->measurement, sizeof(r->measurement)),
        "report_data", hex(r->report_data, sizeof(r->report_data)));
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "host_data",
        hex(r->host_data, sizeof(r->host_data)), "family_id",
        hex(r->family_id, sizeof(r->family_id)), "image_id", hex(r->image_id, sizeof(r->image_id)),
        "id_key_digest", hex(r->id_key_digest, sizeof(r->id_key_digest)), "author_key_digest",
        hex(r->author_key_digest, sizeof(r->author_key_digest)), "report_id",
        hex(r->report_id, sizeof(r->report_id)), "chip_id", hex(r->chip_id, sizeof(r->chip_id)),
        "reported_tcb", tcb(&r->reported_tcb), "current_tcb", tcb(&r->current_tcb), "committed_tcb",
        tcb(&r->committed_tcb), "launch_tcb", tcb(&r->launch_tcb));

    if (object == NULL || more == NULL || json_object_update(object, more) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(more);
    return object;
}

static json_t *checks_array(const struct checks *checks)
{
    static const char *const words[] = {[CHECK_OK] = "ok",
                                        [CHECK_NOTE] = "note",
                                        [CHECK_SKIPPED] = "skipped",
                                        [CHECK_FAILED] = "failed"};
    json_t *array = json_array();

    for (unsigned i = 0; array != NULL && i < checks->count; i++) {
        const struct check *c = &checks->list[i];
        json_t *one = json_pack("{s:s, s:s, s:s}", "name", c->name, "result", words[c->outcome],
                                "why", c->why);
        if (json_array_append_new(array, one) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

bool show_json(const struct checks *checks, const struct psp_report *report)
{
    json_t *root = json_pack("{s:b, s:o, s:o}", "good", check_all_good(checks), "checks",
                             checks_array(checks), "report", report_object(report));
    bool shown = root != NULL && json_dumpf(root, stdout, JSON_INDENT(2)) == 0;

    json_decref(root);
    putchar('\n');
    return shown;
}
