/* SPDX-License-Identifier: MIT */
/* Pages that no call may name. */
#include "protocol.h"

struct place place(unsigned number)
{
    uint64_t middle = (svsm_start() + the_secrets->svsm_size / 2) & ~(PAGE_SIZE - 1);
    const struct place all[PLACES] = {
        {"svsm-first-page", svsm_start()},
        {"svsm-save-area", svsm_start() + 3 * PAGE_SIZE},
        {"svsm-middle", middle},
        {"svsm-last-page", svsm_end() - PAGE_SIZE},
        {"legacy-hole", PAYLOAD_LEGACY},
        {"behind-memory", memory_end},
        {"far", UINT64_C(0x3ffffffff000)},
        {"with-c-bit", PAGE_TEST(2) | UINT64_C(1) << cbit},
        {"above-52-bits", PAGE_TEST(2) | UINT64_C(1) << 52},
        {"last-of-all", ~(PAGE_SIZE - 1)},
        {"not-validated", PAGE_TEST(0)}, /* rescinded for as long as the test needs it */
    };
    return all[number];
}
