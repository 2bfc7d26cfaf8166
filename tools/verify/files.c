/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERT_MAX (64u * 1024u) /* far more than any certificate has */
#define CRL_MAX (4u * 1024u * 1024u)
#define HELP "tools/svsm verify --help says where certificates come from"

static enum exit_code unreadable(const char *path)
{
    return say_error(EXIT_USAGE, NULL, "%s: %s", path, strerror(errno));
}

static enum exit_code load_one(const char *path, X509 **slot)
{
    size_t size;
    uint8_t *bytes = load_file(path, CERT_MAX, &size);

    if (bytes == NULL) {
        return unreadable(path);
    }
    *slot = load_certificate(bytes, size);
    free(bytes);
    return *slot != NULL
               ? EXIT_FINE
               : say_error(EXIT_USAGE, HELP, "%s is not one certificate in PEM or DER", path);
}

static enum exit_code load_list(const char *path, X509_CRL **slot)
{
    size_t size;
    uint8_t *bytes = load_file(path, CRL_MAX, &size);

    if (bytes == NULL) {
        return unreadable(path);
    }
    *slot = load_crl(bytes, size);
    free(bytes);
    return *slot != NULL
               ? EXIT_FINE
               : say_error(EXIT_USAGE, HELP, "%s is not a revocation list in PEM or DER", path);
}

static enum exit_code load_pair(const char *path, struct chain *chain)
{
    size_t size;
    uint8_t *bytes = load_file(path, CERT_MAX, &size);

    if (bytes == NULL) {
        return unreadable(path);
    }
    bool good = load_cert_chain(bytes, size, chain);
    free(bytes);
    return good ? EXIT_FINE
                : say_error(EXIT_USAGE, HELP,
                            "%s is not ASK and ARK in PEM, one of them self-signed", path);
}

static enum exit_code load_from_table(const char *path, struct chain *chain)
{
    size_t size;
    uint8_t *bytes = load_file(path, CERT_MAX, &size);

    if (bytes == NULL) {
        return unreadable(path);
    }
    const char *fault = load_table(bytes, size, chain);
    free(bytes);
    return fault == NULL ? EXIT_FINE : say_error(EXIT_USAGE, NULL, "%s: the table %s", path, fault);
}

/* The first file FOLDER/NAME.SUFFIX that exists. */
static bool find(const char *folder, const char *name, char path[PATH_MAX])
{
    static const char *const suffixes[] = {".pem", ".der", ".crt", ".cert", ".cer"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        int len = snprintf(path, PATH_MAX, "%s/%s%s", folder, name, suffixes[i]);
        if (len < PATH_MAX && access(path, F_OK) == 0) {
            return true;
        }
    }
    return false;
}

static enum exit_code load_named(const char *folder, const char *first, const char *second,
                                 X509 **slot)
{
    char path[PATH_MAX];

    if (*slot != NULL || (!find(folder, first, path) && !find(folder, second, path))) {
        return EXIT_FINE;
    }
    return load_one(path, slot);
}

static enum exit_code load_folder(const char *folder, bool vlek, struct chain *chain)
{
    char path[PATH_MAX];
    struct stat st;

    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return say_error(EXIT_USAGE, NULL, "--certs: %s is not a folder", folder);
    }
    enum exit_code code = load_named(folder, "ark", "ark", &chain->ark);
    if (code == EXIT_FINE) {
        code = load_named(folder, vlek ? "asvk" : "ask", vlek ? "ask" : "asvk", &chain->ask);
    }
    if (code == EXIT_FINE) {
        code = load_named(folder, vlek ? "vlek" : "vcek", vlek ? "vcek" : "vlek", &chain->vek);
    }
    if (code == EXIT_FINE && (chain->ark == NULL || chain->ask == NULL) &&
        find(folder, "cert_chain", path)) {
        code = load_pair(path, chain);
    }
    return code;
}

static enum exit_code load_singly(const struct options *o, struct chain *chain)
{
    enum exit_code code = o->ark == NULL ? EXIT_FINE : load_one(o->ark, &chain->ark);

    if (code == EXIT_FINE && o->ask != NULL) {
        code = load_one(o->ask, &chain->ask);
    }
    if (code == EXIT_FINE && o->vek != NULL) {
        code = load_one(o->vek, &chain->vek);
    }
    if (code == EXIT_FINE && o->crl != NULL) {
        code = load_list(o->crl, &chain->crl);
    }
    if (code == EXIT_FINE && o->cert_chain != NULL) {
        code = load_pair(o->cert_chain, chain);
    }
    return code;
}

enum exit_code files_load(const struct options *o, bool vlek, struct chain *chain)
{
    enum exit_code code = load_singly(o, chain);

    if (code == EXIT_FINE && o->folder != NULL) {
        code = load_folder(o->folder, vlek, chain);
    }
    if (code == EXIT_FINE && o->table != NULL) {
        code = load_from_table(o->table, chain);
    }
    if (code != EXIT_FINE) {
        return code;
    }
    if (chain->ark == NULL) {
        return say_error(EXIT_USAGE, HELP, "no ARK is given: it is what everything else rests on");
    }
    if (chain->ask == NULL) {
        return say_error(EXIT_USAGE, HELP, "no ASK (for a VLEK: ASVK) is given");
    }
    return chain->vek != NULL ? EXIT_FINE : say_error(EXIT_USAGE, HELP, "no VCEK or VLEK is given");
}
