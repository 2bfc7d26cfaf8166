#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: booted.sh EVERY. The recorded vectors (tests/vectors) against the service in a booted machine, through
# svsm-run: of those that are refused each EVERYth. With 1, where swtpm is there, also whether the two understand
# each other. Output as tests/README.md wants it. Assumes TMPDIR. SVSM_BUILD_DIR: another build folder than
# build/.
set -u

every=$1
build=${SVSM_BUILD_DIR:-build}
vectors=tests/vectors
failed=0
run_pid=
trap '[ -z "$run_pid" ] || kill "$run_pid" 2>/dev/null' EXIT
trap 'exit 1' INT TERM

not_ok() {
    echo "not ok $1 - $2"
    failed=1
}

# booted NAME COMMAND...: with a machine whose TPM has been given the recorded state.
booted() {
    name=$1
    shift
    console=$TMPDIR/console-$name
    "$build/tools/run/svsm-run" --native --image "$build/systems/golden.bin" --tpm-socket "$TMPDIR/tpm" \
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

booted booted-golden wire golden 1
booted booted-negative wire negative "$every"
# An emulated machine takes minutes to make so many keys.
if [ "$every" -eq 1 ] && command -v swtpm >/dev/null; then
    booted booted-both timeout 900 python3 tests/tpm-host/both.py "$TMPDIR/tpm"
fi
exit $failed
