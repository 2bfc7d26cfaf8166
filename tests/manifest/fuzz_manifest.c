/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the manifest and the system reader, and the rules between manifests. The first byte
 * chooses. Whatever is accepted must keep the promises that the encoder relies on.
 */
#include "links.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void try_task(const uint8_t *data, size_t size)
{
    static struct manifest m;
    struct diag d = {0};
    bool ok = manifest_read(&d, "fuzz", data, size, &m);
    require(ok == (d.errors == 0));
    if (!ok) {
        return;
    }
    require(m.policy < SVSM_POLICIES && m.activations >= 1 && m.stack_pages >= 1);
    require(m.endpoint_count <= MANIFEST_ENDPOINTS_MAX && m.name[0] != 0);
    for (uint32_t i = 0; i < m.endpoint_count; i++) {
        require(m.endpoints[i].operation_count <= SVSM_OP_MAX);
    }
    struct links l = {.task_count = 1, .tasks = {&m}};
    ok = links_check(&d, &l);
    require(ok == (d.errors == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct system_file s;
    if (size == 0) {
        return 0;
    }
    if (data[0] == 's') {
        struct diag d = {0};
        require(manifest_read_system(&d, "fuzz", data, size, &s) == (d.errors == 0));
    } else {
        try_task(data, size);
    }
    return 0;
}
