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

# timeout knows no functions of ours.
limited() {
    case $1 in
    as_nobody) "$@" ;;
    *) timeout 60 "$@" ;;
    esac
}

# expect NAME CODE TEXT COMMAND...: it ends with this code and says this.
expect() {
    name=$1
    code=$2
    text=$3
    shift 3
    limited "$@" >"$out" 2>&1 </dev/null
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

expect help 0 'usage: tools/svsm run' "$run" --native --help
expect unknown-argument 2 'unknown argument --nonsense' "$run" --native --nonsense
expect no-value 2 '--smp needs a value' "$run" --native --smp
for value in 0 17 -1 1x abc 4294967297 ''; do
    expect "smp-'$value'" 2 'is not a number from 1 to 16' "$run" --native --smp "$value"
done
for value in 0 12Q M 256MM 1e3 -1 plenty 3M 3 0G 00000000256 ''; do
    expect "memory-'$value'" 2 'is not a size from 4M on, like 256M or 1G' "$run" --native --memory "$value"
done
expect timeout-0 2 'is not a number of seconds' "$run" --native --timeout 0
expect no-qemu 3 'there is no QEMU' "$run" --native --qemu "$TMPDIR/missing"
expect no-qemu-in-path 3 'there is no QEMU' env PATH="$TMPDIR" "$run" --native
fake fake9 'echo "QEMU emulator version 9.1.0"'
fake old 'echo "QEMU emulator version 6.2.0 (Debian)"'
expect old-qemu 3 'QEMU 6.2 is too old' "$run" --native --qemu "$TMPDIR/old"
expect no-qemu-at-all 3 'does not answer as QEMU does' "$run" --native --qemu /bin/true
expect no-image 3 'missing.bin: No such file or directory' "$run" --native --image "$TMPDIR/missing.bin"
expect image-folder 3 'that is no file' "$run" --native --image "$TMPDIR"
expect image-text 3 'is no image of the SVSM' "$run" --native --image README.md
: >"$TMPDIR/empty"
expect image-empty 3 'is no image of the SVSM' "$run" --native --image "$TMPDIR/empty"
head -c 300000 "$build/systems/default.bin" >"$TMPDIR/short.bin"
expect image-cut 3 'is cut off' "$run" --native --image "$TMPDIR/short.bin"
long=$TMPDIR/$(printf '%0120d' 0)
expect long-path 3 'more than 107' "$run" --native --tpm-socket "$long"
: >"$TMPDIR/file"
expect no-socket 3 'exists and is no socket' "$run" --native --tpm-socket "$TMPDIR/file"
expect no-folder 3 'cannot make the socket' "$run" --native --tpm-socket "$TMPDIR/missing/tpm"
expect no-runtime-folder 3 'cannot make the socket' env XDG_RUNTIME_DIR="$TMPDIR/missing" "$run" --native
mkdir "$TMPDIR/full" "$TMPDIR/readonly" "$TMPDIR/locked"
# One inode is for the folder itself, so there is none for a socket.
if mount -t tmpfs -o size=4k,nr_inodes=1 svsm-full "$TMPDIR/full" 2>/dev/null; then
    mount -t tmpfs -o ro svsm-readonly "$TMPDIR/readonly"
    expect no-space-socket 3 'No space left on device' "$run" --native --tpm-socket "$TMPDIR/full/tpm"
    grep -q 'mend: free space there' "$out" && why= || why="it does not say to free space"
    verdict no-space-socket-mend "$why"
    expect read-only-folder 3 'Read-only file system' "$run" --native --tpm-socket "$TMPDIR/readonly/tpm"
    umount "$TMPDIR/full" "$TMPDIR/readonly"
else
    echo "skip no-space-socket - the right to mount a small file system (root has it)"
fi
chmod 0500 "$TMPDIR/locked"
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        chmod 0755 "$TMPDIR"
        chown 65534 "$TMPDIR/locked"
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    else
        "$@"
    fi
}
if as_nobody test -x "$run"; then
    expect locked-folder 3 'Permission denied' as_nobody "$run" --native --tpm-socket "$TMPDIR/locked/tpm"
else
    echo "skip locked-folder - a tree that another user may read"
fi
expect dry-run 0 '-accel tcg' "$run" --native --dry-run --smp 4 --memory 512M -- -name "it's"
grep -qF -- "-smp 4" "$out" && grep -qF -- "'it'\\''s'" "$out" && why= || why="arguments are lost"
verdict dry-run-arguments "$why"

expect guest-dry-run 0 '--kernel README.md' "$run" --kernel README.md --append "a b" --dry-run --smp 2 -- -name x
grep -qF -- "--append 'a b'" "$out" && grep -q -- "svsm-emu.* --igvm .* --smp 2 .*-- .*-name x\$" "$out" && why= ||
    why="arguments are lost"
verdict guest-dry-run-arguments "$why"
expect guest-and-native 2 'boots no guest' "$run" --native --kernel "$TMPDIR/missing"
expect guest-missing 3 'missing' "$run" --kernel "$TMPDIR/missing"
expect guest-no-folder 3 'no temporary folder' env TMPDIR="$TMPDIR/missing" "$run" --kernel README.md --tpm-socket "$socket"

fake dies "$version
echo last words; exit 33"
expect guest-died 1 'the guest ended (QEMU'"'"'s status 33)' \
    "$run" --native --qemu "$TMPDIR/dies" --tpm-socket "$socket"
grep -q '  | last words' "$out" && why= || why="the last lines are not shown"
verdict guest-died-last-lines "$why"
fake silent "$version
echo here I am; exec sleep 60"
expect time-out 1 'the TPM did not answer within 1 s' \
    "$run" --native --qemu "$TMPDIR/silent" --tpm-socket "$socket" --timeout 1
grep -q '  | here I am' "$out" && why= || why="the console's last lines are not shown"
verdict time-out-last-lines "$why"
expect time-out-paused 1 'the TPM did not answer within 2 s' \
    "$run" --native --tpm-socket "$socket" --timeout 2 -- -S
expect qemu-arguments 3 'unsupported machine type' "$run" --native --tpm-socket "$socket" -- -M not-a-machine
expect memory-host 3 'QEMU does not start the guest' \
    "$run" --native --tpm-socket "$socket" --memory 900000000G
expect memory-small 1 'the guest ended: too little memory: ' "$run" --native --tpm-socket "$socket" --memory 4M
grep -q 'mend: tools/svsm run --memory SIZE gives it more' "$out" && why= || why="no mend"
verdict memory-small-mend "$why"
expect memory-enough 0 'TPM reachable' "$run" --native --once --tpm-socket "$socket" --memory 16M
expect cpu 1 'the guest ended: missing CPU feature: NX' \
    "$run" --native --tpm-socket "$socket" -- -cpu qemu64,-nx
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
    timeout 240 python3 tests/frame/timed.py $WARM_SECONDS \
        tools/svsm run --once --qemu "$2" --tpm-socket "$socket" >"$out" 2>&1 </dev/null
    status=$?
    figures=$(sed -n 's/^timed //p' "$out")
    why=
    if [ $status -eq 124 ]; then
        why="it took longer than $WARM_SECONDS s"
    elif [ $status -ne 0 ] || ! grep -q '^TPM reachable' "$out"; then
        why="status $status, or the TPM is not reachable"
    fi
    version=$("$2" --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
    verdict "$1 $figures qemu=$version" "$why"
}
# built_for TARGET FILE...: what tools/svsm builds for a run is all that a run uses.
built_for() {
    target=$1
    shift
    ninja -C "$build" -t query "$target" >"$TMPDIR/inputs" 2>"$out"
    objects=$(ninja -C "$build" -t inputs "$target" | grep -c '\.o$')
    why=
    for file in "$@"; do
        grep -q " $file\$" "$TMPDIR/inputs" || why="$file is not among it"
    done
    verdict "built-$target objects=$objects" "$why"
}
built_for for-run systems/default.bin systems/default.map tools/run/ring0.lines tools/run/svsm-run \
    tools/run/svsm-tpm tools/symbolize/svsm-symbolize
built_for for-run-snp systems/snp.bin systems/snp.map tools/run/ring0.lines tools/run/svsm-run tools/run/svsm-tpm \
    tools/symbolize/svsm-symbolize tools/compose/svsm-compose tools/emu/svsm-emu tools/snpemu/hv/hv.elf \
    tests/protocol/svsm-tpm-guest.elf tools/log/svsm-log
if [ -z "${SVSM_BUILD_DIR:-}" ]; then
    warm warm "$(command -v qemu-system-x86_64)"
    warm warm-newer "${SVSM_QEMU10:-}"
fi
expect once 0 'TPM reachable' "$run" --native --once --tpm-socket "$socket"
expect once-smp-4 0 'TPM reachable' "$run" --native --once --smp 4 --tpm-socket "$socket"
expect once-icount 0 'TPM reachable' "$run" --native --once --icount --tpm-socket "$socket"
for json in '' --json; do
    expect "full-disk$json" 3 'cannot write to standard output' \
        sh -c '"$1" --native --once $3 --tpm-socket "$2" >/dev/full' - "$run" "$socket" $json
done
"$run" --native --once --json --tpm-socket "$socket" 2>"$TMPDIR/console" >"$TMPDIR/json"
python3 -c '
import json, sys
o = json.load(sys.stdin)
assert o["reachable"] and o["tcti"].startswith("cmd:"), o
' <"$TMPDIR/json" 2>"$out" && why= || why="not the JSON it should be"
verdict json "$why"
python3 tests/run/footprint.py "$TMPDIR/json" systems/default.system microkernel \
    >"$TMPDIR/figures" 2>"$out" && why= || why=$(tail -n 1 "$out")
verdict "footprint $(cat "$TMPDIR/figures")" "$why"

"$run" --native --tpm-socket "$socket" >"$TMPDIR/console" 2>&1 &
pid=$!
tenths=600
while ! grep -q '^export TPM2TOOLS_TCTI' "$TMPDIR/console" && [ $tenths -gt 0 ]; do
    sleep 0.1
    tenths=$((tenths - 1))
done
expect in-use 3 'is in use' "$run" --native --tpm-socket "$socket"
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
expect stale-socket 0 'TPM reachable' "$run" --native --once --tpm-socket "$socket"

python3 tests/run/bridge.py || failed=1
python3 tests/run/signals.py || failed=1

# On a machine that lacks something, by way of tools/svsm.
mkdir "$TMPDIR/lacking"
fake lacking/uname 'echo riscv64'
for name in run build test bench setup; do
    expect "wrong-machine-$name" 3 'this machine is riscv64; the SVSM and its tools need x86_64' \
        env PATH="$TMPDIR/lacking:$PATH" tools/svsm $name
done
rm "$TMPDIR/lacking/uname"
fake lacking/qemu-system-x86_64 'echo "QEMU emulator version 5.2.0"'
expect old-qemu-run 3 'QEMU 5.2 is too old' env PATH="$TMPDIR/lacking:$PATH" tools/svsm run --once
expect old-qemu-other 0 "$TMPDIR/fake9 -accel" env PATH="$TMPDIR/lacking:$PATH" \
    tools/svsm run --native --dry-run --qemu "$TMPDIR/fake9"
exit $failed
