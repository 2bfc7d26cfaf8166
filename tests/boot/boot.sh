#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Boots of the native platform: 1 to 16 vCPUs on each QEMU there is, back traces from every context, and
# what the kernel says on machines that lack something. Output as tests/README.md wants it.
# Images: tests/boot/meson.build. SVSM_BUILD_DIR: another build folder than build/.
set -u

systems=${SVSM_BUILD_DIR:-build}/systems
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
out=$TMPDIR/console
failed=0
bad='walker info BAD\|\(ring0\|walker\) error '
qemu="qemu-system-x86_64"

not_ok() {
    name=$1
    why=$2
    echo "not ok $name - $why"
    echo "== $name" >&2
    cat "$out" >&2
    failed=1
}

# start IMAGE ARGUMENTS...: console in $out, process in $pid.
start() {
    image=$systems/$1
    shift
    : >"$out"
    "$qemu" -accel tcg -machine q35 -cpu max -m 64 -nic none -display none -monitor none \
        -no-reboot -serial "file:$out" -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -kernel "$image" "$@" </dev/null >"$TMPDIR/qemu" 2>&1 &
    pid=$!
}

# await SECONDS COMMAND...: until the command succeeds (0), or QEMU has ended or time is up (1).
await() {
    tenths=$(($1 * 10))
    shift
    while [ $tenths -gt 0 ]; do
        "$@" && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
        tenths=$((tenths - 1))
    done
    "$@"
}

finish() {
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

# shellcheck disable=SC2317 # reached through await
ended() {
    ! kill -0 "$pid" 2>/dev/null
}

# done_all N: N vCPUs have been through the task.
# shellcheck disable=SC2317 # reached through await
done_all() {
    [ "$(grep -c 'walker info done ' "$out")" -eq "$1" ] && grep -q 'ring0 info ready' "$out"
}

# boots NAME VCPUS ARGUMENTS...
boots() {
    name=$1
    vcpus=$2
    shift 2
    start boot.bin -smp "$vcpus" "$@"
    if ! await 60 done_all "$vcpus"; then
        finish
        not_ok "$name" "not every one of $vcpus vCPUs got through its task"
        return
    fi
    finish
    if grep -q "$bad" "$out"; then
        not_ok "$name" "$(grep -m1 "$bad" "$out")"
    elif ! grep -q 'page tables: .*: sound' "$out"; then
        not_ok "$name" "the page tables were not checked"
    else
        figures=$(sed -n 's/.*footprint total reserved=\([0-9]*\) bytes.*/reserved=\1/p' "$out")
        ready=$(sed -n 's/^\[ *\([0-9.]*\)\] ring0 info ready.*/ready_s=\1/p' "$out")
        echo "ok $name vcpus=$vcpus $figures $ready"
    fi
}

# Do the words stand in this order, each on a line of its own or behind the one before?
in_order() {
    awk -v words="$1" 'BEGIN { n = split(words, w, "|"); i = 1 }
        i <= n && index($0, w[i]) { i++ }
        END { exit i <= n }' "$out"
}

# stops NAME CODE "WORDS|WORDS..." IMAGE ARGUMENTS...: it ends by itself, with this status of QEMU.
stops() {
    name=$1
    code=$2
    words=$3
    shift 3
    start "$@"
    if ! await 30 ended; then
        finish
        not_ok "$name" "it did not end"
        return
    fi
    wait "$pid"
    status=$?
    if [ $status -ne "$code" ]; then
        not_ok "$name" "status $status instead of $code"
    elif ! in_order "$words"; then
        not_ok "$name" "not found in this order: $words"
    else
        echo "ok $name"
    fi
}

for program in qemu-system-x86_64 "${SVSM_QEMU10:-}"; do
    if [ -z "$program" ]; then
        echo "skip qemu10 - no QEMU 10 (SVSM_QEMU10)"
        continue
    fi
    qemu=$program
    tag=qemu$("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
    for vcpus in 1 2 4 16; do
        boots "$tag-smp$vcpus" $vcpus
    done
    boots "$tag-icount" 1 -icount shift=0
    boots "$tag-plain-cpu" 2 -cpu qemu64
done
qemu="qemu-system-x86_64"

# Status 7 = (3 << 1) | 1: port_stop through the test device.
stop='port_stop+0x'
stops backtrace-early 7 "selftest_stop+0x|selftest_run+0x|boot_main+0x|boot_high+0x" \
    boot.bin -append selftest=backtrace-early
stops backtrace-tables 7 "sound|$stop|selftest_stop+0x|boot_main+0x" \
    boot.bin -append selftest=backtrace-tables
stops backtrace-final 7 "2 vCPUs|$stop|selftest_stop+0x|boot_main+0x" \
    boot.bin -smp 2 -append selftest=backtrace-final
stops backtrace-exception 7 "exception 6 in ring 0|trap_enter+0x|selftest_exception+0x|boot_main+0x" \
    boot.bin -append selftest=backtrace-exception
stops backtrace-ist 7 "exception 18 in ring 0|trap_enter+0x|selftest_ist+0x|boot_main+0x" \
    boot.bin -append selftest=backtrace-ist
stops backtrace-interrupt 7 "trap_enter+0x|trap_common+0x|selftest_interrupt+0x|boot_main+0x" \
    boot.bin -append selftest=backtrace-interrupt
stops backtrace-overflow 7 "exception 14 in ring 0|trap_enter+0x|selftest_overflow+0x|boot_main+0x" \
    boot.bin -append selftest=backtrace-overflow
# What a host injects (here: INT) finds no stack but its vector's own, whatever RSP is, with or without error code.
stops inject 1 "injected vectors left no trace" boot.bin -append selftest=inject
stops inject-exception 7 "exception 14 in ring 0, error code 0x0|selftest_inject_exception+0x" \
    boot.bin -append selftest=inject-exception
stops inject-nested 7 "exception 255 in ring 0|on the stack of another|selftest_inject_nested+0x" \
    boot.bin -append selftest=inject-nested
stops inject-chain 7 "exception 255 in ring 0|on the stack of another|selftest_inject_chain+0x" \
    boot.bin -append selftest=inject-chain
stops stack-smash 7 "a stack frame of ring 0 was overwritten|selftest_smash+0x" \
    boot.bin -append selftest=smash
# A failure while another is told: the end, at once, instead of telling about telling.
stops stop-in-stop 7 "2 vCPUs|failed again while telling" boot.bin -smp 2 -append selftest=nested
stops poweroff 1 "selftest: power off" boot.bin -append selftest=poweroff

# shellcheck disable=SC2317 # reached through await
is_ready() {
    grep -q 'ring0 info ready' "$out"
}

# An image as shipped needs RDSEED, which TCG has from QEMU 8.1 on, and is deaf to self-tests.
if [ -n "${SVSM_QEMU10:-}" ]; then
    qemu=$SVSM_QEMU10
    start boot-release.bin -append selftest=poweroff
    if await 20 is_ready && ! grep -q -e selftest -e ENTROPY "$out"; then
        echo "ok release-image"
    else
        not_ok release-image "it is not ready, or listened to selftest=poweroff"
    fi
    finish
    qemu="qemu-system-x86_64"
else
    echo "skip release-image - no QEMU 10 (SVSM_QEMU10)"
fi

service='walker_leaf+0x|walker_inner+0x|walker_middle+0x|walker_outer+0x|task_main+0x'
budget='looper: budget exceeded|task_main+0x'
syscall='fatal: bad handle|whose policy is never|core_syscall+0x|syscall_common+0x|walker_misuse+0x|walker_outer+0x|(fatal)'
stops backtrace-service 7 "walker: CPU exception|$service" boot-crash.bin
stops budget 7 "$budget" boot-crash.bin
stops backtrace-syscall 7 "$syscall" boot-crash.bin

stops no-rdseed 7 "missing CPU feature: RDSEED" boot-release.bin -cpu max,-rdseed
stops no-nx 7 "missing CPU feature: NX" boot.bin -cpu qemu64,-nx
stops no-syscall 7 "missing CPU feature: SYSCALL" boot.bin -cpu qemu64,-syscall
stops no-long-mode 7 "missing CPU feature: long mode" boot.bin -cpu qemu32
stops no-memory 7 "too little memory: 3 MiB needed, 1 MiB there; use -m 4M" boot.bin -m 2M
exit $failed
