#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: golden-snp.sh [EVERY]. The recorded vectors (tests/vectors) against the vTPM below VMPL0, as a guest at VMPL2
# reaches it: all of what a TPM does, byte for byte, and of what it refuses each EVERYth. Output as
# tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

every=${1:-32}
build=${SVSM_BUILD_DIR:-build}
vectors=tests/vectors
failed=0
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi

# wire KIND EVERY: each with a TPM that is as recorded
wire() {
    python3 tests/protocol/bridge.py golden-snp "$TMPDIR/tpm-$1" \
        timeout 900 "$build/tests/tpm-host/tpm-wire" "vmpl2-$1" "$vectors/tpm-$1.jsonl" "$TMPDIR/tpm-$1" "$2" ||
        failed=1
}

wire golden 1
wire negative "$every"
exit $failed
