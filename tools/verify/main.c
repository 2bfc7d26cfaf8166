/* SPDX-License-Identifier: MIT */
/* svsm-verify: is this attestation report good? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "load.h"
#include "options.h"
#include "show.h"
#include "verify.h"

#define REPORT_FILE_MAX (64u * 1024u) /* enough to say how large a wrong file is */

/* Before anything is checked: only to choose between two files. */
static bool names_vlek(const uint8_t *bytes, size_t size)
{
    struct psp_report report;

    if (size != sizeof(report)) {
        return false;
    }
    memcpy(&report, bytes, sizeof(report));
    return psp_key_info_signing(report.key_info) == PSP_SIGNING_VLEK;
}

static enum exit_code run(const struct options *options, const uint8_t *bytes, size_t size)
{
    struct chain chain = {0};
    struct checks checks = {.count = 0};
    struct psp_report report;
    enum exit_code code = files_load(options, names_vlek(bytes, size), &chain);

    if (code == EXIT_FINE) {
        verify(&checks, bytes, size, &chain, &options->rules, &options->expect, &report);
        code = check_all_good(&checks) ? EXIT_FINE : EXIT_FAILED;
        if (!options->json) {
            show_text(&checks);
        } else if (!show_json(&checks, &report)) {
            code = EXIT_LACKING;
        }
    }
    load_free(&chain);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    size_t size;

    say_as("svsm-verify");
    enum exit_code code = options_parse(&options, argc, argv);

    if (code != EXIT_FINE) {
        return code;
    }
    if (options.help) {
        options_usage();
        return EXIT_FINE;
    }
    uint8_t *bytes = load_file(options.report, REPORT_FILE_MAX, &size);
    if (bytes == NULL) {
        return say_error(EXIT_USAGE, NULL, "%s: %s", options.report, strerror(errno));
    }
    code = run(&options, bytes, size);
    free(bytes);
    if (fflush(stdout) != 0) {
        return say_error(EXIT_USAGE, NULL, "stdout: %s", strerror(errno));
    }
    return code;
}
