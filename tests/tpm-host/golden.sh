#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: golden.sh [EVERY [MUTATED]]. Recorded TPM commands and answers (tests/vectors), byte for byte, so that no
# OpenSSL is needed: libtpms on our shim as a host program, with and without the CPU's special instructions,
# and the service in a booted machine through svsm-run. tpm-golden.jsonl has what a TPM does,
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
run_pid=
own_tmp=
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    own_tmp=$TMPDIR
fi
trap '[ -z "$run_pid" ] || kill "$run_pid" 2>/dev/null; [ -z "$own_tmp" ] || rm -rf "$own_tmp"' EXIT

not_ok() {
    echo "not ok $1 - $2"
    failed=1
}

# booted NAME COMMAND...: with a machine whose TPM has been given the recorded state.
booted() {
    name=$1
    shift
    console=$TMPDIR/console-$name
    "$build/tools/run/svsm-run" --image "$build/systems/golden.bin" --tpm-socket "$TMPDIR/tpm" \
        >"$console" 2>&1 &
    run_pid=$!
    tenths=600
    while ! grep -q '^export TPM2TOOLS_TCTI=' "$console" && [ $tenths -gt 0 ] && kill -0 $run_pid; do
        tenths=$((tenths - 1))
        sleep 0.1
    done
    if ! grep -q 'recorded state restored' "$console" || [ ! -S "$TMPDIR/tpm" ]; then
        not_ok "$name" "the machine does not get as far as the recorded state"
    else
        "$@" || failed=1
    fi
    kill $run_pid
    wait $run_pid
    run_pid=
    if grep -E ' (crash|fault|error) ' "$console"; then
        not_ok "$name-no-crash" "a task crashed"
    fi
    cat "$console" >&2
}

# wire KIND EVERY. Reached through booted().
# shellcheck disable=SC2317
wire() {
    timeout 900 "$build/tests/tpm-host/tpm-wire" "booted-$1" "$vectors/tpm-$1.jsonl" "$TMPDIR/tpm" "$2"
}

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

booted booted-golden wire golden 1
booted booted-negative wire negative "$every"
# An emulated machine takes minutes to make so many keys.
if [ "$every" -eq 1 ] && command -v swtpm >/dev/null; then
    booted booted-both timeout 900 python3 tests/tpm-host/both.py "$TMPDIR/tpm"
fi
exit $failed
