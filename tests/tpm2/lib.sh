# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the parts of tpm2.sh share: checks, the TPM tools, and svsm-run. Assumes TMPDIR.

case $here in
/*) ;;
*) here=$PWD/$here ;;
esac
build=${SVSM_BUILD_DIR:-$here/../../build}
failed=0
run_pid=

# tpm TOOL ARGUMENTS...: one tool. There is no resource manager behind the socket, so that what it
# has left in the TPM goes afterwards.
tpm() {
    tool=$1
    shift
    "tpm2_$tool" "$@" 3>&-
    tpm_status=$?
    tpm2_flushcontext -t >/dev/null 2>&1
    # A tool that fails leaves its sessions too.
    [ $tpm_status -eq 0 ] || tpm2_flushcontext -l >/dev/null 2>&1
    return $tpm_status
}

# What stands on standard output of the checks' commands, and on stderr, goes here.
log() {
    echo "== $*" >&2
    "$@" >&2
}

# check NAME COMMAND...: it succeeds.
check() {
    name=$1
    shift
    if log "$@"; then
        echo "ok $name"
    else
        echo "not ok $name - failed: $(echo "$*" | cut -c 1-100)"
        failed=1
    fi
}

# refused NAME COMMAND...: it runs, and the TPM or the tool says no.
refused() {
    name=$1
    shift
    log "$@" 2>"$TMPDIR/refused"
    status=$?
    cat "$TMPDIR/refused" >&2
    if [ $status -eq 0 ] || [ $status -ge 126 ]; then
        echo "not ok $name - not refused (status $status): $(echo "$*" | cut -c 1-100)"
        failed=1
    elif grep -q 'out of memory\|No such file\|Usage:' "$TMPDIR/refused"; then
        echo "not ok $name - refused, but for another reason: $(grep -m1 ERROR "$TMPDIR/refused")"
        failed=1
    else
        echo "ok $name"
    fi
}

hex() {
    od -An -v -tx1 "$1" | tr -d ' \n'
}

# binary HEX: as bytes.
binary() {
    printf '%s' "$1" | sed 's/../\\\\x&/g' | xargs -r printf '%b'
}

# digest ALGORITHM FILE: in hex, by openssl.
digest() {
    openssl dgst "-$1" -r "$2" | cut -d ' ' -f 1
}

svsm_run_start() {
    "$build/tools/run/svsm-run" --native --tpm-socket "$TMPDIR/tpm" >"$TMPDIR/console" 2>&1 &
    run_pid=$!
    tenths=600
    while ! grep -q '^export TPM2TOOLS_TCTI=' "$TMPDIR/console"; do
        tenths=$((tenths - 1))
        if [ $tenths -eq 0 ] || ! kill -0 "$run_pid" 2>/dev/null; then
            cat "$TMPDIR/console" >&2
            kill "$run_pid" 2>/dev/null
            echo "not ok reachable - svsm-run did not reach the TPM"
            exit 1
        fi
        sleep 0.1
    done
    eval "$(grep -m1 '^export TPM2TOOLS_TCTI=' "$TMPDIR/console")"
    echo "ok reachable $(sed -n 's/^TPM reachable after \([0-9.]*\) s.*/seconds=\1/p' "$TMPDIR/console")"
}

# The TPM must have come through everything without a task that crashed.
svsm_run_end() {
    [ -n "$run_pid" ] || return 0
    cat "$TMPDIR/console" >&2
    check still-running kill -0 "$run_pid"
    refused no-crash grep -E ' (crash|fault|error) ' "$TMPDIR/console"
    kill -INT "$run_pid" 2>/dev/null
    wait "$run_pid"
    status=$?
    run_pid=
    check ends-cleanly test $status -eq 0
    check socket-removed test ! -e "$TMPDIR/tpm"
}

# When the tests end in the middle.
svsm_run_kill() {
    [ -z "$run_pid" ] || kill "$run_pid" 2>/dev/null
}
