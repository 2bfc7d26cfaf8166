#!/bin/sh
# SPDX-License-Identifier: MIT
#
# svsm-run: what it says when something is wrong, and that no client can disturb another. Output as
# tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-$PWD/build}
run=$build/tools/run/svsm-run
relay=$build/tools/run/svsm-tpm
own_tmp=
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    own_tmp=$TMPDIR
fi
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; [ -z "$own_tmp" ] || rm -rf "$own_tmp"' EXIT
failed=0
out=$TMPDIR/out
# What a run may take that finds everything set up and built; from the project's acceptance text.
WARM_SECONDS=15

verdict() {
    if [ -z "$2" ]; then
        echo "ok $1"
    else
        echo "not ok $1 - $2"
        cat "$out" >&2
        failed=1
    fi
}

# expect NAME CODE TEXT COMMAND...: it ends with this code and says this.
expect() {
    name=$1
    code=$2
    text=$3
    shift 3
    timeout 60 "$@" >"$out" 2>&1 </dev/null
    status=$?
    why=
    if [ $status -ne "$code" ]; then
        why="status $status instead of $code"
    elif ! grep -qF -- "$text" "$out"; then
        why="it does not say '$text'"
    elif [ "$code" -eq 3 ] && ! grep -q '^  mend: ' "$out"; then
        why="it does not say what to do"
    fi
    verdict "$name" "$why"
}

# fake NAME SCRIPT: a program in the place of QEMU.
fake() {
    printf '#!/bin/sh\n%s\n' "$2" >"$TMPDIR/$1"
    chmod +x "$TMPDIR/$1"
}

# shellcheck disable=SC2016 # for the script
version='[ "$1" != --version ] || { echo "QEMU emulator version 9.1.0"; exit; }'
socket=$TMPDIR/tpm

expect help 0 'usage: tools/svsm run' "$run" --help
expect unknown-argument 2 'unknown argument --nonsense' "$run" --nonsense
expect no-value 2 '--smp needs a value' "$run" --smp
for value in 0 17 -1 1x ''; do
    expect "smp-'$value'" 2 'is not a number from 1 to 16' "$run" --smp "$value"
done
for value in 0 12Q M 256MM 1e3; do
    expect "memory-$value" 2 'is not a size like 256M or 1G' "$run" --memory "$value"
done
expect timeout-0 2 'is not a number of seconds' "$run" --timeout 0
expect no-qemu 3 'there is no QEMU' "$run" --qemu "$TMPDIR/missing"
expect no-qemu-in-path 3 'there is no QEMU' env PATH="$TMPDIR" "$run"
fake old 'echo "QEMU emulator version 6.2.0 (Debian)"'
expect old-qemu 3 'QEMU 6.2 is too old' "$run" --qemu "$TMPDIR/old"
expect no-qemu-at-all 3 'does not answer as QEMU does' "$run" --qemu /bin/true
expect no-image 3 'there is no image' "$run" --image "$TMPDIR/missing.bin"
long=$TMPDIR/$(printf '%0120d' 0)
expect long-path 3 'more than 107' "$run" --tpm-socket "$long"
: >"$TMPDIR/file"
expect no-socket 3 'exists and is no socket' "$run" --tpm-socket "$TMPDIR/file"
expect no-folder 3 'cannot make the socket' "$run" --tpm-socket "$TMPDIR/missing/tpm"
expect dry-run 0 '-accel tcg' "$run" --dry-run --smp 4 --memory 512M -- -name "it's"
grep -qF -- "-smp 4" "$out" && grep -qF -- "'it'\\''s'" "$out" && why= || why="arguments are lost"
verdict dry-run-arguments "$why"

fake dies "$version
echo last words; exit 33"
expect guest-died 1 'the guest ended (QEMU'"'"'s status 33)' \
    "$run" --qemu "$TMPDIR/dies" --tpm-socket "$socket"
grep -q '  | last words' "$out" && why= || why="the last lines are not shown"
verdict guest-died-last-lines "$why"
fake silent "$version
echo here I am; exec sleep 60"
expect time-out 1 'the TPM did not answer within 1 s' \
    "$run" --qemu "$TMPDIR/silent" --tpm-socket "$socket" --timeout 1
expect qemu-arguments 1 'unsupported machine type' "$run" --tpm-socket "$socket" -- -M not-a-machine
[ -e "$socket" ] && why="it is still there" || why=
verdict socket-removed-after-errors "$why"
expect relay-no-tpm 3 'no TPM at' "$relay" "$socket"
expect relay-usage 2 'usage: svsm-tpm' "$relay"

# A warm run, as a user types it: set-up with nothing to do, a build with nothing to do, the boot.
warm() {
    if [ -z "$2" ]; then
        echo "skip $1 - no such QEMU"
        return
    fi
    begin=$(date +%s%N)
    timeout 120 tools/svsm run --once --qemu "$2" --tpm-socket "$socket" >"$out" 2>&1 </dev/null
    status=$?
    ms=$((($(date +%s%N) - begin) / 1000000))
    why=
    if [ $status -ne 0 ] || ! grep -q '^TPM reachable' "$out"; then
        why="status $status, or the TPM is not reachable"
    elif [ $ms -gt $((WARM_SECONDS * 1000)) ]; then
        why="it took $ms ms, more than $WARM_SECONDS s"
    fi
    version=$("$2" --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
    verdict "$1 ms=$ms qemu=$version" "$why"
}
if [ -z "${SVSM_BUILD_DIR:-}" ]; then
    warm warm "$(command -v qemu-system-x86_64)"
    warm warm-newer "${SVSM_QEMU10:-}"
fi
expect once 0 'TPM reachable' "$run" --once --tpm-socket "$socket"
expect once-smp-4 0 'TPM reachable' "$run" --once --smp 4 --tpm-socket "$socket"
expect once-icount 0 'TPM reachable' "$run" --once --icount --tpm-socket "$socket"
expect full-disk 3 'No space left' sh -c '"$1" --once --json --tpm-socket "$2" >/dev/full' - \
    "$run" "$socket"
"$run" --once --json --tpm-socket "$socket" 2>"$TMPDIR/console" >"$TMPDIR/json"
python3 -c '
import json, sys
o = json.load(sys.stdin)
assert o["reachable"] and o["tcti"].startswith("cmd:"), o
' <"$TMPDIR/json" 2>"$out" && why= || why="not the JSON it should be"
verdict json "$why"
python3 tests/run/footprint.py "$TMPDIR/json" systems/default.system microkernel \
    >"$TMPDIR/figures" 2>"$out" && why= || why=$(tail -n 1 "$out")
verdict "footprint $(cat "$TMPDIR/figures")" "$why"

"$run" --tpm-socket "$socket" >"$TMPDIR/console" 2>&1 &
pid=$!
tenths=600
while ! grep -q '^export TPM2TOOLS_TCTI' "$TMPDIR/console" && [ $tenths -gt 0 ]; do
    sleep 0.1
    tenths=$((tenths - 1))
done
expect in-use 3 'is in use' "$run" --tpm-socket "$socket"
mode=$(stat -c %a "$socket")
[ "$mode" = 700 ] && why= || why="its mode is $mode"
verdict socket-private "$why"
"$build/tests/run/run-abuse" "$socket" || failed=1
# Killed without a chance to tidy: QEMU goes with it, and the next one finds a stale socket.
child=$(cat "/proc/$pid/task/$pid/children")
kill -KILL "$pid"
wait "$pid" 2>/dev/null
pid=
sleep 1
why=
[ -n "$child" ] || why="there was no child"
for one in $child; do
    # The symbolizer ends by itself at the end of its input.
    state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$one/status" 2>/dev/null)
    case $state in
    '' | Z*) ;; # gone, but for someone to take note
    *) why="process $one is still there: $state" ;;
    esac
done
verdict killed-with-children "$why"
[ -S "$socket" ] && why= || why="no socket was left, so nothing is shown"
verdict stale-socket-is-there "$why"
expect stale-socket 0 'TPM reachable' "$run" --once --tpm-socket "$socket"

"$run" --tpm-socket "$socket" >"$TMPDIR/console" 2>&1 &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid
status=$?
pid=
[ $status -eq 0 ] && [ ! -e "$socket" ] && why= || why="status $status, or the socket is left"
verdict ends-early "$why"
exit $failed
