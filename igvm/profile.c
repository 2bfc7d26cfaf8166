/* SPDX-License-Identifier: MIT */
/* Kinds of hosts. See profile.h. */
#include "profile.h"

#include <string.h>
#include <svsm/abi/snp.h>

#define FEATURES_UPSTREAM (SNP_FEATURE_SNP | SNP_FEATURE_DEBUG_SWAP)
#define FEATURES_SVSM                                                                              \
    (FEATURES_UPSTREAM | SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_SECURE_TSC)

static const char *const names[] = {
    [LAUNCH_STRICT] = "strict",
    [LAUNCH_UPSTREAM_6_12] = "upstream-6.12",
    [LAUNCH_PLANES] = "planes",
};

bool profile_parse(const char *name, enum launch_profile *out)
{
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum launch_profile)i;
            return true;
        }
    }
    return false;
}

const char *profile_name(enum launch_profile profile)
{
    return names[profile];
}

uint64_t profile_features(enum launch_profile profile)
{
    switch (profile) {
    case LAUNCH_UPSTREAM_6_12:
        return FEATURES_UPSTREAM;
    case LAUNCH_PLANES:
        return FEATURES_SVSM;
    default:
        return FEATURES_SVSM | SNP_FEATURE_ALTERNATE_INJECTION;
    }
}
