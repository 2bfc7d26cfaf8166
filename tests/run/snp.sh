#!/bin/sh
# SPDX-License-Identifier: MIT
#
# svsm-run with the SVSM in the emulated SNP machine, and svsm-log, which reads its log: from a
# development image, and from a release image, whose host hears nothing. Output as tests/README.md wants
# it. SVSM_BUILD_DIR: another build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-$PWD/build}
run=$build/tools/run/svsm-run
log=$build/tools/log/svsm-log
own_tmp=
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    own_tmp=$TMPDIR
fi
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; [ -z "$own_tmp" ] || rm -rf "$own_tmp"' EXIT
failed=0
out=$TMPDIR/out
socket=$TMPDIR/tpm
# Under TCG on a busy machine; nothing is judged by time.
PATIENCE=300

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
    timeout $PATIENCE "$@" >"$out" 2>&1 </dev/null
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

# wait_for FILE TEXT: until it is said, or the machine has ended.
wait_for() {
    tenths=$((PATIENCE * 10))
    while ! grep -qF "$2" "$1" && kill -0 "$pid" 2>/dev/null && [ $tenths -gt 0 ]; do
        sleep 0.1
        tenths=$((tenths - 1))
    done
    grep -qF "$2" "$1"
}

end_machine() {
    kill -INT "$pid"
    wait "$pid"
    status=$?
    pid=
    return $status
}

# Options.
expect two-guests 2 'two guests' "$run" --igvm A --kernel B
expect native-guest 2 '--native boots no guest' "$run" --native --kernel B
expect initrd-alone 2 '--initrd needs --kernel' "$run" --initrd B
expect append-alone 2 '--append needs --kernel' "$run" --append B
expect once-own-guest 2 'which is then the guest' "$run" --once --kernel B
expect icount-snp 2 'is for the native platform' "$run" --icount
expect no-kernel 3 'missing' "$run" --kernel "$TMPDIR/missing"
expect no-kernel-dry-run 3 'missing' "$run" --kernel "$TMPDIR/missing" --dry-run
expect no-initrd 3 'missing' "$run" --kernel README.md --initrd "$TMPDIR/missing" --dry-run
expect no-svsm 3 'missing' "$run" --image "$TMPDIR/missing"
expect native-image 3 'no IGVM file was made' "$run" --image "$build/systems/default.bin" --tpm-socket "$socket"
expect no-igvm 3 'No such file' "$run" --igvm "$TMPDIR/missing"
expect little-memory 3 'the SVSM needs memory up to' "$run" --memory 64M --tpm-socket "$socket"
[ "$(grep '^  mend: ' "$out")" = '  mend: --memory SIZE gives the machine more' ] && why= || why='another mend'
verdict little-memory-mend "$why"
for value in 0 5M 3 1000000M 12Q; do
    expect "memory-$value" 2 'is not a size in steps of 2M' "$run" --memory $value
done
grep '^  mend: ' "$out" | grep -qvF 'tools/svsm run --help' && why='another mend' || why=
verdict memory-mend "$why"
expect dry-run 0 '--payload' "$run" --dry-run
expect dry-run-kernel 0 "--append 'a b'" "$run" --dry-run --kernel README.md --append 'a b'

# The TPM by way of VMPL2.
for smp in 1 2; do
    expect "once-smp-$smp" 0 'TPM reachable' "$run" --once --smp $smp --tpm-socket "$socket"
done
left=$(find "$TMPDIR" -name 'svsm-run-*' -o -name 'tpm*')
verdict nothing-left "$left"

# The log of a development image, while the console says the same. By the name that it has without an option.
mkdir "$TMPDIR/runtime"
XDG_RUNTIME_DIR=$TMPDIR/runtime
export XDG_RUNTIME_DIR
socket=$XDG_RUNTIME_DIR/svsm-tpm.sock
timeout $PATIENCE "$run" >"$TMPDIR/console" 2>&1 </dev/null &
pid=$!
cp "$TMPDIR/console" "$out"
why='the TPM is not reachable'
wait_for "$TMPDIR/console" 'Ctrl-C ends it' && why=
verdict booted "$why"
# The control socket is the first one's: another that is to have it is refused and leaves it alone. Where nobody
# named it, a guest of the user's gets one of its own, and takes that one with it.
"$build/tools/compose/svsm-compose" --svsm "$build/systems/snp.bin" --memory 256M --output "$TMPDIR/own.igvm" \
    --payload "$build/tests/protocol/svsm-tpm-guest.elf" >"$out" 2>&1
expect control-in-use 3 "the socket $socket.qmp is in use" \
    "$run" --igvm "$TMPDIR/own.igvm" --memory 256M --tpm-socket "$socket" --timeout 60
expect control-in-use-bridge 3 "the socket $socket.qmp is in use" "$run" --once
first=$pid
"$run" --igvm "$TMPDIR/own.igvm" --memory 256M --timeout $PATIENCE >"$TMPDIR/own" 2>&1 </dev/null &
pid=$!
why='the guest does not start'
wait_for "$TMPDIR/own" '# bridge' && why=
cp "$TMPDIR/own" "$out"
verdict control-own-guest "$why"
control=$(sed -n 's/.*another machine runs; of this one: tools.svsm log --qmp //p' "$TMPDIR/own")
expect control-own-log 0 'ring0 info ready' "$log" --qmp "$control"
end_machine
pid=$first
[ "$(echo "$socket"*.qmp)" = "$socket.qmp" ] && why= || why="left: $(echo "$socket"*.qmp)"
verdict control-own-gone "$why"
expect log 0 'ring0 info ready' "$log" --qmp "$socket.qmp"
why=$(grep ' ring0 \| vtpm ' "$out" | grep -v 'info guest' | while read -r line; do
    grep -qF "$line" "$TMPDIR/console" || echo "the console lacks: $line"
done)
verdict log-equals-console "$why"
expect log-task 0 'TPM 2.0 ready' "$log" --qmp "$socket.qmp" vtpm
grep -q ring0 "$out" && why='records of another task' || why=
verdict log-one-task "$why"
expect log-json 0 '"task":"vtpm","level":"info"' "$log" --qmp "$socket.qmp" --json vtpm
expect log-no-task 2 'there is no task nonsense' "$log" --qmp "$socket.qmp" nonsense
expect log-no-map 3 'No such file' "$log" --qmp "$socket.qmp" --map "$TMPDIR/missing"
expect log-bad-map 3 'that is no map' "$log" --qmp "$socket.qmp" --map README.md
end_machine
status=$?
[ $status -eq 0 ] && why= || why="status $status"
verdict ctrl-c "$why"
expect log-no-machine 3 'no machine answers' "$log" --qmp "$socket.qmp"

# A release image: its host hears nothing of it, and its owner reads the log all the same. What is measured is
# what runs; alone it ends with a reason; and it does not start without a source of entropy.
igvm=$TMPDIR/release.igvm
compose_release() {
    "$build/tools/compose/svsm-compose" --svsm "$build/systems/release.bin" --memory 256M --output "$igvm" "$@" \
        >"$out" 2>&1
}

# ends_silently NAME REASON OPTIONS...
ends_silently() {
    name=$1
    reason=$2
    shift 2
    timeout $PATIENCE "$build/tools/emu/svsm-emu" --igvm "$igvm" --memory 256M --timeout 250 "$@" \
        >"$TMPDIR/quiet" 2>"$out" </dev/null
    status=$?
    why=
    [ $status -eq 126 ] && grep -q "set 5, reason $reason, SVSM: " "$out" || why="status $status, not reason $reason"
    [ ! -s "$TMPDIR/quiet" ] || why='it prints something'
    verdict "$name" "$why"
}

compose_release
ends_silently release-alone 0
# A CPU that is wide enough for either C-bit.
ends_silently release-without-entropy 2 -- -cpu max,phys-bits=52,-rdrand,-rdseed
compose_release --payload "$build/tests/protocol/svsm-tpm-guest.elf"
status=$?
[ $status -eq 0 ] && why= || why="status $status"
verdict release-composed "$why"
touch "$TMPDIR/quiet" "$TMPDIR/emulator"
timeout $PATIENCE "$build/tools/emu/svsm-emu" --igvm "$igvm" --memory 256M -- \
    -qmp "unix:$TMPDIR/release,server=on,wait=off" >"$TMPDIR/quiet" 2>"$TMPDIR/emulator" </dev/null &
pid=$!
cp "$TMPDIR/emulator" "$out"
why='the guest does not start'
wait_for "$TMPDIR/quiet" '# bridge' && why=
verdict release-booted "$why"
cp "$TMPDIR/quiet" "$out"
[ "$(grep -cv '^# bridge' "$TMPDIR/quiet")" -eq 0 ] && why= || why='the host hears more than the guest says'
verdict release-silent "$why"
expect release-log 0 'TPM 2.0 ready' "$log" --qmp "$TMPDIR/release" --map "$build/systems/release.map"
digest=$("$build/tools/measure/svsm-measure" "$igvm")
cp "$TMPDIR/emulator" "$out"
grep -qx "launch digest $digest" "$TMPDIR/emulator" && why= || why='another digest than svsm-measure has'
verdict release-measured "$why"
end_machine
exit $failed
