/* SPDX-License-Identifier: MIT */
/* Reads a system file. See manifest.h and README.md. */
#include "manifest.h"
#include "setting.h"
#include <string.h>

#define WORDS(array) (array), sizeof(array) / sizeof((array)[0])

const char *const manifest_kinds[SYSTEM_KINDS] = {"release", "development", "test"};

static void read_vcpu(const struct setting_reader *r, const config_setting_t *g, uint32_t *out)
{
    const config_setting_t *m = config_setting_get_member(g, "vcpu");
    const char *text = m == NULL ? "all" : config_setting_get_string(m);
    uint64_t vcpu = SVSM_VCPU_ALL;
    if (text != NULL && strcmp(text, "all") != 0) {
        setting_error(r, m, "vcpu: a number or \"all\" expected");
    }
    if (text == NULL) {
        setting_number(r, g, "vcpu", SETTING_REQUIRED, 0, SVSM_VCPUS_MAX - 1, &vcpu);
    }
    *out = (uint32_t)vcpu;
}

static void read_boots(const struct setting_reader *r, const config_setting_t *g,
                       struct system_file *s)
{
    static const char *const names[] = {"endpoint", "operation", "vcpu"};
    const config_setting_t *list = setting_list(r, g, "boot", SETTING_OPTIONAL, MANIFEST_BOOTS_MAX);
    s->boot_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < s->boot_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, i);
        struct system_boot *b = &s->boots[i];
        b->line = setting_line(r, e);
        if (setting_group(r, e, "boot", WORDS(names))) {
            setting_name(r, e, "endpoint", SETTING_REQUIRED, b->endpoint);
            setting_name(r, e, "operation", SETTING_REQUIRED, b->operation);
            read_vcpu(r, e, &b->vcpu);
        }
    }
}

static void read_tasks(const struct setting_reader *r, const config_setting_t *g,
                       struct system_file *s)
{
    const config_setting_t *list = setting_list(r, g, "tasks", SETTING_REQUIRED, SVSM_TASKS_MAX);
    s->task_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    if (list != NULL && s->task_count == 0) {
        setting_error(r, list, "tasks: a system has at least one task");
    }
    for (uint32_t i = 0; i < s->task_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, i);
        s->tasks[i].line = setting_line(r, e);
        setting_name_value(r, e, "tasks", s->tasks[i].name);
        for (uint32_t j = 0; j < i; j++) {
            if (s->tasks[i].name[0] != 0 && strcmp(s->tasks[j].name, s->tasks[i].name) == 0) {
                setting_error(r, e, "tasks: '%s' is named twice", s->tasks[i].name);
            }
        }
    }
}

bool manifest_read_system(struct diag *d, const char *file, const void *bytes, size_t size,
                          struct system_file *out)
{
    static const char *const names[] = {"name", "kind", "tasks", "boot"};
    struct setting_reader r = {.diag = d, .file = file};
    unsigned before = d->errors;
    unsigned kind = 0;
    config_t config;
    memset(out, 0, sizeof(*out));
    snprintf(out->file, sizeof(out->file), "%s", file);
    config_setting_t *g = setting_open(&r, &config, bytes, size, "system");
    if (g == NULL) {
        setting_close(&r, &config);
        return false;
    }
    out->line = setting_line(&r, g);
    if (setting_group(&r, g, "system", WORDS(names))) {
        setting_name(&r, g, "name", SETTING_REQUIRED, out->name);
        setting_word(&r, g, "kind", SETTING_REQUIRED, WORDS(manifest_kinds), &kind);
        out->kind = (enum system_kind)kind;
        read_tasks(&r, g, out);
        read_boots(&r, g, out);
    }
    setting_close(&r, &config);
    return d->errors == before;
}
