#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Recorded TPM commands and answers (tests/vectors), byte for byte, so that no OpenSSL is needed: libtpms on
# our shim as a host program, with and without the CPU's special instructions. tpm-golden.jsonl has what a
# TPM does, tpm-negative.jsonl what it refuses. Output as tests/README.md wants it. SVSM_BUILD_DIR: another
# build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-build}
vectors=tests/vectors
failed=0

for kind in golden negative; do
    for flags in all none; do
        "$build/tests/tpm-host/tpm-golden" "$kind-cpu-$flags" "$vectors/tpm-$kind.jsonl" $flags || failed=1
    done
done

# The vectors are what the reference says.
if ! command -v swtpm >/dev/null || ! command -v python3 >/dev/null; then
    echo "skip negative-as-swtpm - swtpm, python3"
elif ! python3 tests/tpm-host/negative.py "$TMPDIR/negative"; then
    echo "not ok negative-as-swtpm - swtpm's answers cannot be recorded"
    failed=1
elif ! cmp "$TMPDIR/negative" "$vectors/tpm-negative.jsonl" >&2; then
    echo "not ok negative-as-swtpm - this swtpm answers otherwise than recorded: $(swtpm --version)"
    failed=1
else
    echo "ok negative-as-swtpm vectors=$(($(wc -l <"$vectors/tpm-negative.jsonl") - 1))"
fi
exit $failed
