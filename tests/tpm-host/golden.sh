#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: golden.sh [EVERY [MUTATED]]. Recorded TPM commands and answers (tests/vectors), byte for byte, so that no
# OpenSSL is needed: libtpms on our shim as a host program, with and without the CPU's special instructions,
# and the service in a booted machine (booted.sh). tpm-golden.jsonl has what a TPM does,
# tpm-negative.jsonl what it refuses, of which the booted one gets each EVERYth. Also: no answer without
# entropy; and, where swtpm is there, that it still gives the recorded answers, and that ours and swtpm
# understand each other where answers are random and agree about MUTATED commands with random faults. Output as
# tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/. SVSM_SEED: for the faults.
set -u

every=${1:-8}
mutated=${2:-4000}
build=${SVSM_BUILD_DIR:-build}
vectors=tests/vectors
failed=0
booted_pid=
own_tmp=
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    own_tmp=$TMPDIR
fi
trap '[ -z "$booted_pid" ] || kill "$booted_pid" 2>/dev/null; [ -z "$own_tmp" ] || rm -rf "$own_tmp"' EXIT

not_ok() {
    echo "not ok $1 - $2"
    failed=1
}

# Much of its time is waiting for answers, so that it runs beside the rest.
sh tests/tpm-host/booted.sh "$every" >"$TMPDIR/booted" 2>"$TMPDIR/booted-log" &
booted_pid=$!

for kind in golden negative; do
    for flags in all none; do
        "$build/tests/tpm-host/tpm-golden" "$kind-cpu-$flags" "$vectors/tpm-$kind.jsonl" $flags || failed=1
    done
done

"$build/tests/tpm-host/tpm-entropy" || failed=1

if ! command -v swtpm >/dev/null || ! command -v python3 >/dev/null; then
    echo "skip negative-as-swtpm - swtpm, python3"
    echo "skip both - swtpm, python3"
    echo "skip mutated - swtpm, python3"
else
    if ! python3 tests/tpm-host/negative.py "$TMPDIR/negative"; then
        not_ok negative-as-swtpm "swtpm's answers cannot be recorded"
    elif ! cmp "$TMPDIR/negative" "$vectors/tpm-negative.jsonl" >&2; then
        not_ok negative-as-swtpm "this swtpm answers otherwise than recorded: $(swtpm --version)"
    else
        echo "ok negative-as-swtpm vectors=$(($(wc -l <"$vectors/tpm-negative.jsonl") - 1))"
    fi
    python3 tests/tpm-host/both.py "$build" || failed=1
    python3 tests/tpm-host/mutate.py "$build" "$mutated" || failed=1
fi

wait $booted_pid || failed=1
booted_pid=
cat "$TMPDIR/booted"
cat "$TMPDIR/booted-log" >&2
exit $failed
