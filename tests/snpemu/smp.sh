#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Several vCPUs of the emulated SNP machine, by the bare guest in smp/: they start, signal each other,
# run levels of their own, go away and come back, take rights from each other while they are in use, and
# change code that another executes. With the argument long: take rights for a minute. Output as
# tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-build}
emu=$build/tools/emu/svsm-emu
guest=$build/tests/snpemu/smp/snpemu-smp.elf
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
failed=0
features=1

not_ok() {
    echo "not ok $1 - $2"
    tail -n 40 "$TMPDIR/stderr" >&2
    tail -n 10 "$TMPDIR/stdout" >&2
    failed=1
}

. tests/snpemu/lost.sh

# run CPUS BOOT OPTIONS...: with SEV_FEATURES $features; status in $status, output in stdout and stderr
run() {
    again once "$@"
}

# shellcheck disable=SC2317 # run() calls it
once() {
    cpus=$1
    python3 tests/snpemu/conform/make_igvm.py --forbidden $(($2 * 256 + cpus)) --features "$features" \
        "$guest" "$TMPDIR/smp.igvm"
    shift 2
    timeout 320 "$emu" --igvm "$TMPDIR/smp.igvm" --memory 64M --timeout 300 --smp "$cpus" "$@" \
        >"$TMPDIR/stdout" 2>"$TMPDIR/stderr" </dev/null
    status=$?
}

# smp TAG LEAST CPUS BOOT OPTIONS...: a guest that ends before its time has fewer checks than LEAST.
smp() {
    tag=$1
    least=$2
    shift 2
    run "$@"
    sed -n "s/\r//; s/^ok /ok $tag-/p; s/^not ok /not ok $tag-/p" "$TMPDIR/stdout"
    counted=$(sed -n 's/\r//; s/^# \([0-9]*\) checks, \([0-9]*\) failed$/checks=\1 failed=\2/p' \
        "$TMPDIR/stdout")
    figures=$(sed -n 's/\r//; s/^# figures //p' "$TMPDIR/stdout")
    passed=$(grep -c "^ok " "$TMPDIR/stdout")
    if [ $status -ne 0 ] || [ "${counted#*failed=}" != 0 ]; then
        not_ok "$tag" "status $status, ${counted:-the guest did not get to its end}"
    elif [ "$passed" -lt "$least" ]; then
        not_ok "$tag" "$passed checks passed, not at least $least"
    else
        echo "ok $tag $counted least=$least $figures"
    fi
}

# ended TAG CPUS BOOT RULE VCPU OPTIONS...: VMPL0 of that vCPU breaks this rule.
ended() {
    tag=$1
    rule=$4
    vcpu=$5
    cpus=$2
    boot=$3
    shift 5
    run "$cpus" "$boot" "$@"
    if [ $status -ne 125 ]; then
        not_ok "$tag" "status $status, not 125"
    elif ! grep -q "^stop .*rule=$rule vcpu=$vcpu vmpl=0 " "$TMPDIR/stderr"; then
        not_ok "$tag" "$(grep '^stop' "$TMPDIR/stderr")"
    elif grep -q '^not ok' "$TMPDIR/stdout"; then
        not_ok "$tag" "$(grep '^not ok' "$TMPDIR/stdout" | head -n 1)"
    else
        echo "ok $tag rule=$rule"
    fi
}

# alternate TAG BOOT RULE OPTIONS...: a save area with alternate injection that no CPU runs.
alternate() {
    tag=$1
    boot=$2
    rule=$3
    shift 3
    run 1 "$boot" "$@"
    if [ $status -eq 125 ] && grep -q "^stop invalid rule=$rule vcpu=0 vmpl=2 " "$TMPDIR/stderr" &&
        grep -q '^# refused from here on' "$TMPDIR/stdout" && ! grep -q '^not ok' "$TMPDIR/stdout"; then
        echo "ok $tag rule=$rule"
    else
        not_ok "$tag" "status $status, $(grep '^stop' "$TMPDIR/stderr")"
    fi
}

# revoked TAG BOOT WRITES OPTIONS...: a CPU at VMPL2 writes on; what the first one does has to stop it before
# it comes back, and not sooner than the guest has said ok WRITES.
revoked() {
    tag=$1
    boot=$2
    writes=$3
    shift 3
    run 2 "$boot" "$@"
    set -- "$tag"
    if [ $status -ne 125 ]; then
        not_ok "$1" "status $status, not 125"
    elif ! grep -q '^stop .*rule=vmpl-permission vcpu=1 vmpl=2 ' "$TMPDIR/stderr"; then
        not_ok "$1" "$(grep '^stop' "$TMPDIR/stderr")"
    elif ! grep -q "^ok $writes" "$TMPDIR/stdout"; then
        not_ok "$1" "it was stopped before its time"
    elif grep -q '^not ok' "$TMPDIR/stdout"; then
        not_ok "$1" "$(grep '^not ok' "$TMPDIR/stdout" | head -n 1)"
    else
        echo "ok $1 rule=vmpl-permission"
    fi
}

# long TAG: four vCPUs hammer for a minute each, with the host's part in it and with levels; and one CPU changes code
# that another executes, 96 times, which takes long where vCPUs wait for processors
long() {
    smp "$1-minute-by-host" 15 4 13 --qemu "$qemu" --profile upstream-6.12
    smp "$1-minute-levels" 41 4 14 --qemu "$qemu"
    for mode in flush keep; do
        smp "$1-poke-$mode" 9 2 12 --qemu "$qemu" --tlb $mode --stats
        echo "ok $1-poke-$mode-breakpoints-gone $(sed -n 's/^stats .* \(stale=[0-9]*\) .*/\1/p' "$TMPDIR/stderr")"
    done
}

for qemu in qemu-system-x86_64 "${SVSM_QEMU10:-}"; do
    if [ -z "$qemu" ]; then
        echo "skip qemu10 - no QEMU 10 (SVSM_QEMU10)"
        continue
    fi
    version=qemu$("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
    if [ "${1:-}" = bells ]; then # a campaign's: #HV between vCPUs
        features=9
        for round in 1 2 3 4 5; do
            smp "$version-bells2-$round" 410 2 5 --qemu "$qemu"
            smp "$version-bells4-$round" 410 4 5 --qemu "$qemu"
        done
        continue
    fi
    if [ "${1:-}" = long ]; then
        long "$version"
        continue
    fi
    smp "$version-cpus1" 18 1 0 --qemu "$qemu"
    smp "$version-cpus2" 34 2 0 --qemu "$qemu"
    smp "$version-cpus4" 66 4 0 --qemu "$qemu"
    smp "$version-cpus8" 130 8 0 --qemu "$qemu"
    features=9 # restricted injection
    smp "$version-bells1" 410 1 5 --qemu "$qemu"
    smp "$version-bells-planes" 410 1 6 --qemu "$qemu" --profile planes
    smp "$version-bells-keep" 410 1 5 --qemu "$qemu" --tlb keep
    smp "$version-alternate" 95 1 7 --qemu "$qemu"
    smp "$version-alternate-keep" 95 1 7 --qemu "$qemu" --tlb keep
    alternate "$version-alternate-busy" 8 vmsa-busy --qemu "$qemu"
    alternate "$version-alternate-and-restricted" 9 vmsa-injection --qemu "$qemu"
    alternate "$version-alternate-nmi" 10 vmsa-vintr --qemu "$qemu"
    alternate "$version-alternate-event" 11 vmsa-event-inj --qemu "$qemu"
    features=1
    smp "$version-hold-finish" 37 4 17 --qemu "$qemu" --ap-hold finish
    smp "$version-hold-finish-keep" 37 4 17 --qemu "$qemu" --ap-hold finish --tlb keep
    smp "$version-hold-drop" 19 4 18 --qemu "$qemu"
    smp "$version-hold-on-init" 14 4 19 --qemu "$qemu" --ap-hold finish --profile upstream-6.12
    smp "$version-by-host" 25 4 1 --qemu "$qemu" --profile upstream-6.12
    smp "$version-keep" 66 4 4 --qemu "$qemu" --tlb keep
    revoked "$version-revoked" 2 the-other-cpu-writes --qemu "$qemu"
    revoked "$version-kept" 3 kept-writes-on-after-rmpadjust --qemu "$qemu" --tlb keep
done
if [ $# -eq 0 ]; then
    ended in-use 3 15 vmsa-in-use 2
    ended write-running 2 16 vmsa-write-running 1
fi
exit $failed
