/* SPDX-License-Identifier: MIT */
/* Typed reading of libconfig settings. See setting.h. */
#include "setting.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* How many elements of the array before `at` hold the same string. */
static unsigned same_before(const config_setting_t *at, const char *value)
{
    const config_setting_t *array = config_setting_parent(at);
    unsigned count = 0;
    for (int i = 0; i < config_setting_index(at); i++) {
        const char *other = config_setting_get_string_elem(array, i);
        count += other != NULL && strcmp(other, value) == 0 ? 1 : 0;
    }
    return count;
}

unsigned setting_line(const struct setting_reader *r, const config_setting_t *at)
{
    unsigned told = config_setting_source_line(at);
    const char *value = config_setting_get_string(at);
    char quoted[128];
    if (value == NULL || config_setting_name(at) != NULL || r->text == NULL ||
        snprintf(quoted, sizeof(quoted), "\"%s\"", value) >= (int)sizeof(quoted)) {
        return told;
    }
    unsigned skip = same_before(at, value);
    unsigned from = config_setting_source_line(config_setting_parent(at));
    const char *text = r->text;
    for (unsigned line = 1; *text != 0 && line <= told; text++) {
        if (line >= from && strncmp(text, quoted, strlen(quoted)) == 0 && skip-- == 0) {
            return line;
        }
        line += *text == '\n' ? 1 : 0;
    }
    return told;
}

void setting_error(const struct setting_reader *r, const config_setting_t *at, const char *format,
                   ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diag_error(r->diag, r->file, at == NULL ? 0 : setting_line(r, at), "%s", text);
}

/* libconfig follows @include to other files; what an image holds must be in the files named. */
static unsigned include_line(const char *text)
{
    unsigned line = 1;
    for (const char *at = text; at != NULL; line++) {
        at += strspn(at, " \t\r");
        if (strncmp(at, "@include", 8) == 0) {
            return line;
        }
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    return 0;
}

static bool text_ok(const struct setting_reader *r, const char *text, size_t size)
{
    if (strlen(text) != size) {
        diag_error(r->diag, r->file, 0, "this is not text: it holds a zero byte");
        return false;
    }
    unsigned line = include_line(text);
    if (line != 0) {
        diag_error(r->diag, r->file, line, "@include is refused: write the settings out here");
        return false;
    }
    return true;
}

config_setting_t *setting_open(struct setting_reader *r, config_t *config, const void *bytes,
                               size_t size, const char *top)
{
    config_init(config);
    r->text = calloc(1, size + 1);
    if (r->text == NULL) {
        diag_error(r->diag, r->file, 0, "out of memory");
        return NULL;
    }
    if (size != 0) {
        memcpy(r->text, bytes, size);
    }
    if (!text_ok(r, r->text, size)) {
        return NULL;
    }
    if (config_read_string(config, r->text) != CONFIG_TRUE) {
        diag_error(r->diag, r->file, (unsigned)config_error_line(config), "%s",
                   config_error_text(config));
        return NULL;
    }
    const config_setting_t *root = config_root_setting(config);
    if (!setting_group(r, root, "file", &top, 1)) {
        return NULL;
    }
    config_setting_t *found = config_setting_get_member(root, top);
    if (found == NULL) {
        diag_error(r->diag, r->file, 0, "nothing here: '%s: { ... };' expected", top);
    }
    return found;
}

void setting_close(struct setting_reader *r, config_t *config)
{
    config_destroy(config);
    free(r->text);
    r->text = NULL;
}

bool setting_group(const struct setting_reader *r, const config_setting_t *group, const char *what,
                   const char *const *names, size_t count)
{
    unsigned before = r->diag->errors;
    if (!config_setting_is_group(group)) {
        setting_error(r, group, "%s: a group { ... } expected", what);
        return false;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(member);
        bool known = false;
        for (size_t j = 0; j < count; j++) {
            known = known || strcmp(name, names[j]) == 0;
        }
        const char *near = known ? NULL : diag_nearest(name, names, count);
        if (near != NULL) {
            setting_error(r, member, "%s: unknown setting '%.40s'; did you mean '%s'?", what, name,
                          near);
        } else if (!known) {
            char list[256];
            diag_list(list, sizeof(list), names, count);
            setting_error(r, member, "%s: unknown setting '%.40s'; known are: %s", what, name,
                          list);
        }
    }
    return r->diag->errors == before;
}

/* The member, or NULL, with an error if it is required. */
static config_setting_t *member(const struct setting_reader *r, const config_setting_t *group,
                                const char *key, enum setting_need need)
{
    config_setting_t *m = config_setting_get_member(group, key);
    if (m == NULL && need == SETTING_REQUIRED) {
        setting_error(r, group, "missing setting '%s'", key);
    }
    return m;
}

bool setting_name_value(const struct setting_reader *r, const config_setting_t *element,
                        const char *what, char out[SVSM_NAME_MAX])
{
    const char *text = config_setting_get_string(element);
    if (text == NULL) {
        setting_error(r, element, "%s: a name in quotes expected", what);
        return false;
    }
    size_t len = strlen(text);
    if (len == 0 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") != len) {
        setting_error(r, element, "%s: '%.40s' is no name; use a-z, 0-9, '-' and '_'", what, text);
        return false;
    }
    if (len >= SVSM_NAME_MAX) {
        setting_error(r, element, "%s: name '%.60s' is too long: %zu bytes, at most %u", what, text,
                      len, SVSM_NAME_MAX - 1);
        return false;
    }
    memset(out, 0, SVSM_NAME_MAX);
    memcpy(out, text, len);
    return true;
}

bool setting_name(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  enum setting_need need, char out[SVSM_NAME_MAX])
{
    const config_setting_t *m = member(r, group, key, need);
    return m != NULL && setting_name_value(r, m, key, out);
}

bool setting_bool(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  bool *out)
{
    const config_setting_t *m = member(r, group, key, SETTING_OPTIONAL);
    if (m == NULL) {
        return false;
    }
    if (config_setting_type(m) != CONFIG_TYPE_BOOL) {
        setting_error(r, m, "%s: true or false expected", key);
        return false;
    }
    *out = config_setting_get_bool(m) != 0;
    return true;
}

bool setting_integer(const config_setting_t *value, uint64_t *out)
{
    bool hex = config_setting_get_format(value) == CONFIG_FORMAT_HEX;
    if (config_setting_type(value) == CONFIG_TYPE_INT) {
        int v = config_setting_get_int(value);
        *out = hex ? (uint64_t)(uint32_t)v : (uint64_t)(int64_t)v;
        return hex || v >= 0;
    }
    if (config_setting_type(value) == CONFIG_TYPE_INT64) {
        long long v = config_setting_get_int64(value);
        *out = (uint64_t)v;
        return hex || v >= 0;
    }
    return false;
}

bool setting_number(const struct setting_reader *r, const config_setting_t *group, const char *key,
                    enum setting_need need, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    const config_setting_t *m = member(r, group, key, need);
    if (m == NULL) {
        return false;
    }
    if (!setting_integer(m, &value)) {
        setting_error(r, m, "%s: a whole number, not negative, expected", key);
        return false;
    }
    if (value < min || value > max) {
        setting_error(r, m, "%s: %llu is out of range; %llu to %llu", key,
                      (unsigned long long)value, (unsigned long long)min, (unsigned long long)max);
        return false;
    }
    *out = value;
    return true;
}

/* "128K" and the like. */
static bool size_text(const char *text, uint64_t *out)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 12) {
        return false;
    }
    uint64_t value = strtoull(text, &end, 10);
    if (*end == 'K') {
        value *= 1024;
        end++;
    } else if (*end == 'M') {
        value *= 1024 * 1024;
        end++;
    }
    *out = value;
    return *end == 0;
}

bool setting_size(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  enum setting_need need, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    const config_setting_t *m = member(r, group, key, need);
    if (m == NULL) {
        return false;
    }
    const char *text = config_setting_get_string(m);
    if (text == NULL ? !setting_integer(m, &value) : !size_text(text, &value)) {
        setting_error(r, m, "%s: a size expected: bytes, or text such as \"128K\" or \"1M\"", key);
        return false;
    }
    if (value > max) {
        setting_error(r, m, "%s: %llu bytes is too much; at most %llu", key,
                      (unsigned long long)value, (unsigned long long)max);
        return false;
    }
    *out = value;
    return true;
}

bool setting_word(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  enum setting_need need, const char *const *words, size_t count, unsigned *out)
{
    char list[256];
    const config_setting_t *m = member(r, group, key, need);
    if (m == NULL) {
        return false;
    }
    const char *text = config_setting_get_string(m);
    diag_list(list, sizeof(list), words, count);
    if (text == NULL) {
        setting_error(r, m, "%s: one of these, in quotes, expected: %s", key, list);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (unsigned)i;
            return true;
        }
    }
    const char *near = diag_nearest(text, words, count);
    if (near != NULL) {
        setting_error(r, m, "%s: unknown word '%.40s'; did you mean '%s'?", key, text, near);
    } else {
        setting_error(r, m, "%s: unknown word '%.40s'; known are: %s", key, text, list);
    }
    return false;
}

config_setting_t *setting_list(const struct setting_reader *r, const config_setting_t *group,
                               const char *key, enum setting_need need, unsigned max)
{
    config_setting_t *m = member(r, group, key, need);
    if (m == NULL) {
        return NULL;
    }
    if (!config_setting_is_list(m) && !config_setting_is_array(m)) {
        setting_error(r, m, "%s: a list expected, in ( ) or [ ]", key);
        return NULL;
    }
    unsigned len = (unsigned)config_setting_length(m);
    if (len > max) {
        setting_error(r, m, "%s: too many: %u, at most %u", key, len, max);
        return NULL;
    }
    return m;
}
