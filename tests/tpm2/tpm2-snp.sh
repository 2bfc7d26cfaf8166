#!/bin/sh
# SPDX-License-Identifier: MIT
#
# All of tpm2.sh, but with the vTPM below VMPL0, as a guest at VMPL2 reaches it.
set -u

if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi
python3 tests/protocol/bridge.py snp "$TMPDIR/vmpl2" sh tests/tpm2/tpm2.sh
