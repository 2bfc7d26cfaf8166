/* SPDX-License-Identifier: MIT */
/*
 * Typed reading of libconfig settings. Each function looks up one setting of a group, reports
 * what is wrong with it with file and line, and leaves *out alone then and if it is absent.
 * It returns whether it stored a value.
 */
#pragma once
#include "diag.h"
#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/info.h>

struct setting_reader {
    struct diag *diag;
    const char *file;
    char *text; /* of the file, between setting_open() and setting_close() */
};

/* A group's setting is `required`, or it has a default, which the caller has put into *out. */
enum setting_need {
    SETTING_OPTIONAL,
    SETTING_REQUIRED,
};

/*
 * The line a setting is on. libconfig looks one token ahead behind a string in an array and tells
 * the line of that token, so strings are looked for in the text.
 */
[[nodiscard]] unsigned setting_line(const struct setting_reader *r, const config_setting_t *at);

[[gnu::format(printf, 3, 4)]] void
setting_error(const struct setting_reader *r, const config_setting_t *at, const char *format, ...);

/*
 * Parse `bytes` and find the one group `top`. NULL after an error; setting_close() in either case.
 */
[[nodiscard]] config_setting_t *setting_open(struct setting_reader *r, config_t *config,
                                             const void *bytes, size_t size, const char *top);
void setting_close(struct setting_reader *r, config_t *config);

/* Is `group` a group of these settings only? `what` names it in messages. */
bool setting_group(const struct setting_reader *r, const config_setting_t *group, const char *what,
                   const char *const *names, size_t count);

bool setting_name(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  enum setting_need need, char out[SVSM_NAME_MAX]);
/* The same for an element of an array; `what` names it in messages. */
bool setting_name_value(const struct setting_reader *r, const config_setting_t *element,
                        const char *what, char out[SVSM_NAME_MAX]);
bool setting_bool(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  bool *out);
bool setting_number(const struct setting_reader *r, const config_setting_t *group, const char *key,
                    enum setting_need need, uint64_t min, uint64_t max, uint64_t *out);
/* Bytes: a number, or text with K or M. At most `max`. */
bool setting_size(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  enum setting_need need, uint64_t max, uint64_t *out);
/* One of these words; its index. */
bool setting_word(const struct setting_reader *r, const config_setting_t *group, const char *key,
                  enum setting_need need, const char *const *words, size_t count, unsigned *out);
/* The number that `value` holds: false if it is none. Hexadecimal means unsigned. */
bool setting_integer(const config_setting_t *value, uint64_t *out);
/* A list `( )` or array `[ ]` of at most `max` elements, or NULL. */
[[nodiscard]] config_setting_t *setting_list(const struct setting_reader *r,
                                             const config_setting_t *group, const char *key,
                                             enum setting_need need, unsigned max);
