#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A hostile task cannot leave its box: every act of tests/isolation/acts.h and the sweeps of probes.h,
# on each QEMU there is, with one vCPU and with two. The verdicts are the director's, inside the machine
# (tests/isolation/director.c); here is seen that it got to its end, that the machine ended as it wanted,
# and that nothing of what the attacker wrote passes for a line of ring 0 on the console.
# Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

image=${SVSM_BUILD_DIR:-build}/systems/isolation.bin
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
console=$TMPDIR/console
report=$TMPDIR/report
failed=0
least=1000 # acts, sweeps included: fewer mean that some were left out

not_ok() {
    echo "not ok $1 - $2"
    tail -n 40 "$console" >&2
    failed=1
}

# attack TAG QEMU VCPUS
attack() {
    tag=$1
    : >"$report"
    : >"$console"
    timeout 150 "$2" -accel tcg -machine q35 -cpu max -m 64 -smp "$3" -nic none -display none \
        -monitor none -no-reboot -serial "file:$console" -serial "file:$report" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$image" </dev/null >&2
    status=$?
    sed -n "s/^ok /ok $tag-/p; s/^not ok /not ok $tag-/p; s/^# /# $tag /p" "$report"
    summary=$(sed -n 's/^acts \(contained=[0-9]* escaped=[0-9]*\)$/\1/p' "$report")
    contained=${summary#contained=}
    contained=${contained%% *}
    if grep -q '^not ok' "$report"; then
        failed=1
    fi
    if [ -z "$summary" ]; then
        not_ok "$tag-acts" "the director did not get to its end (status $status)"
    elif [ $status -ne 1 ]; then # code 0 of isa-debug-exit
        not_ok "$tag-acts" "$summary, status $status"
    elif [ "$contained" -lt $least ]; then
        not_ok "$tag-acts" "only $contained acts, $least wanted"
    else
        echo "ok $tag-acts $summary"
    fi
    if [ "$version" != qemu10 ] && grep -q 'invd cause=0' "$report"; then
        not_ok "$tag-caches" "INVD or WBINVD was executed at CPL 3"
    fi
    if grep -q '^\[ *9\.000000\] ring0' "$console"; then
        not_ok "$tag-console" "a task forged a line of ring 0"
    elif ! grep -q 'attacker debug x\.\.\[ *9\.000000\] ring0 info forged\.\.\[2J' "$console"; then
        not_ok "$tag-console" "the attempt at a forged line is not there"
    elif grep -q 'ring0 error stop:' "$console"; then
        not_ok "$tag-console" "ring 0 stopped the machine"
    else
        echo "ok $tag-console faults=$(grep -c 'ring0 error fault ' "$console")"
    fi
}

for program in qemu-system-x86_64 "${SVSM_QEMU10:-}"; do
    if [ -z "$program" ]; then
        echo "skip qemu10 - no QEMU 10 (SVSM_QEMU10)"
        continue
    fi
    version=qemu$("$program" --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
    for vcpus in 1 2; do
        attack "$version-smp$vcpus" "$program" $vcpus
    done
done
exit $failed
