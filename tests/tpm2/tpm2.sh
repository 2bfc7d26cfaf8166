#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A TPM 2.0 as stock tpm2-tools see it, with the openssl command as an independent judge. Output as
# tests/README.md wants it. Runs against the TPM of TPM2TOOLS_TCTI; without that, starts svsm-run
# and ends it afterwards. Assumes a TPM that it may clear. PARTS: only these files of this folder.
set -u

here=$(dirname "$0")
own_tmp=
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    own_tmp=$TMPDIR
fi
. "$here/lib.sh"
trap 'svsm_run_kill; [ -z "$own_tmp" ] || rm -rf "$own_tmp"' EXIT

if [ -z "${TPM2TOOLS_TCTI:-}" ]; then
    svsm_run_start
fi
mkdir "$TMPDIR/work" || exit 3
cd "$TMPDIR/work" || exit 3
for part in ${PARTS:-start pcr keys sign cipher attest seal nv manage session}; do
    # shellcheck disable=SC1090
    . "$here/$part.sh"
done
svsm_run_end
# shellcheck disable=SC2154 # lib.sh sets it
exit $failed
