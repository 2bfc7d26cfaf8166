#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Recorded TPM commands and answers (tests/vectors), byte for byte, so that no OpenSSL is needed: libtpms on
# our shim as a host program, with and without the CPU's special instructions. Output as tests/README.md
# wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-build}
vectors=tests/vectors
failed=0

for flags in all none; do
    "$build/tests/tpm-host/tpm-golden" "golden-cpu-$flags" "$vectors/tpm-golden.jsonl" $flags || failed=1
done
exit $failed
