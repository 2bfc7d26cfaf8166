#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The clock, sleeps, timers and budgets, as services see them: the checks are the watch's, inside the
# machine (tests/clock/watch.c). One vCPU and four, on each QEMU there is. With "long": the race of the
# vCPUs over 10^9 readings instead of 10^7, once; its progress goes to the log.
# Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

systems=${SVSM_BUILD_DIR:-build}/systems
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
console=$TMPDIR/console
report=$TMPDIR/report
failed=0

not_ok() {
    echo "not ok $1 - $2"
    tail -n 40 "$console" >&2
    failed=1
}

# watch TAG LEAST SECONDS IMAGE QEMU VCPUS: a watch that ends before its time has fewer checks than LEAST.
watch() {
    tag=$1
    least=$2
    shift
    : >"$report"
    : >"$console"
    timeout "$2" "$4" -accel tcg -machine q35 -cpu max -m 64 -smp "$5" -nic none -display none \
        -monitor none -no-reboot -serial "file:$console" -serial "file:$report" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$systems/$3" </dev/null >&2 &
    pid=$!
    told=0
    while kill -0 $pid 2>/dev/null; do
        sleep 0.2
        lines=$(grep -c 'timekeeper info race:' "$console")
        if [ "$lines" -gt $told ]; then
            sed -n 's/.*timekeeper info \(race:.*\)\r*$/# \1/p' "$console" | tail -n $((lines - told))
            told=$lines
        fi
    done
    wait $pid
    status=$?
    sed -n "s/^ok /ok $tag-/p; s/^not ok /not ok $tag-/p; s/^skip /skip $tag-/p" "$report"
    if grep -q '^not ok' "$report"; then
        failed=1
    fi
    passed=$(grep -c '^ok ' "$report")
    if ! grep -q '^end failed=0$' "$report"; then
        not_ok "$tag-end" "the watch did not get to its end well (status $status)"
    elif [ $status -ne 1 ]; then # code 0 of isa-debug-exit
        not_ok "$tag-end" "status $status"
    elif [ "$passed" -lt "$least" ]; then
        not_ok "$tag-end" "$passed checks passed, not at least $least"
    else
        echo "ok $tag-end"
    fi
}

if [ "${1:-}" = long ]; then
    watch long 1 3000 clock-long.bin qemu-system-x86_64 4
    exit $failed
fi
for program in qemu-system-x86_64 "${SVSM_QEMU10:-}"; do
    if [ -z "$program" ]; then
        echo "skip qemu10 - no QEMU 10 (SVSM_QEMU10)"
        continue
    fi
    version=qemu$("$program" --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
    watch "$version-smp1" 12 120 clock.bin "$program" 1
    watch "$version-smp4" 15 120 clock.bin "$program" 4
done
exit $failed
