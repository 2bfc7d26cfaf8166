#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The emulated SNP machine, by the bare guest in conform/: every check is the guest's own, one line
# each; then one boot for each access that hardware refuses, which has to end the guest with the rule
# that it broke. On each QEMU there is and with each C-bit.
# Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-build}
emu=$build/tools/emu/svsm-emu
guest=$build/tests/snpemu/conform/snpemu-conform.elf
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
failed=0
conform_least=970 # checks of the guest, a few less than it has
tlb_least=90

not_ok() {
    echo "not ok $1 - $2"
    tail -n 30 "$TMPDIR/stderr" >&2
    failed=1
}

# run IGVM OPTIONS...: status in $status, output in stdout and stderr
run() {
    igvm=$1
    shift
    timeout 240 "$emu" --igvm "$igvm" --memory 64M --timeout 200 "$@" \
        >"$TMPDIR/stdout" 2>"$TMPDIR/stderr" </dev/null
    status=$?
}

# verdicts TAG LEAST IGVM OPTIONS...: a guest that ends before its time has fewer checks.
verdicts() {
    tag=$1
    least=$2
    shift 2
    run "$@"
    sed -n "s/\r//; s/^ok /ok $tag-/p; s/^not ok /not ok $tag-/p" "$TMPDIR/stdout"
    counted=$(sed -n 's/\r//; s/^# \([0-9]*\) checks, \([0-9]*\) failed$/checks=\1 failed=\2/p' \
        "$TMPDIR/stdout")
    costs=$(sed -n 's/\r//; s/^# cost //p' "$TMPDIR/stdout")
    passed=$(grep -c "^ok " "$TMPDIR/stdout")
    if [ $status -ne 0 ] || [ "${counted#*failed=}" != 0 ]; then
        not_ok "$tag" "status $status, ${counted:-the guest did not get to its end}"
    elif [ "$passed" -lt "$least" ]; then
        not_ok "$tag" "$passed checks passed, not at least $least"
    else
        echo "ok $tag $counted least=$least $costs"
    fi
}

# said_sfw TAG VALUE: what the guest's CPUID said of COHERENCY_SFW_NO in the last boot
said_sfw() {
    if grep -q "^# coherency_sfw_no $2" "$TMPDIR/stdout"; then
        echo "ok $1-coherency-sfw-no value=$2"
    else
        not_ok "$1-coherency-sfw-no" "CPUID does not say $2"
    fi
}

# The same guest with Secure TSC and DebugSwap, and whether it found that it has them.
conform_features() {
    python3 tests/snpemu/conform/make_igvm.py --features 0x221 "$guest" "$TMPDIR/conform.igvm"
    conform "$@"
    python3 tests/snpemu/conform/make_igvm.py "$guest" "$TMPDIR/conform.igvm"
    if ! grep -q '^ok tsc-frequency-is-the-clocks' "$TMPDIR/stdout"; then
        not_ok "$1-frequency" "the guest did not read the frequency"
    fi
}

# conform TAG OPTIONS...
conform() {
    tag=$1
    shift
    verdicts "$tag" $conform_least "$TMPDIR/conform.igvm" "$@"
}

# keeps TAG OPTIONS...: translations stay until they are flushed.
keeps() {
    python3 tests/snpemu/conform/make_igvm.py --forbidden 100 "$guest" "$TMPDIR/tlb.igvm"
    keep_tag=$1-keep
    shift
    verdicts "$keep_tag-tlb" $tlb_least "$TMPDIR/tlb.igvm" --tlb keep "$@"
    conform "$keep_tag" --tlb keep "$@"
}

# restricted TAG: no interrupt comes.
restricted() {
    python3 tests/snpemu/conform/make_igvm.py --features 9 --forbidden 14 "$guest" \
        "$TMPDIR/restricted.igvm"
    run "$TMPDIR/restricted.igvm" --qemu "$qemu"
    if [ $status -eq 0 ] && grep -q '^ok interrupt-restricted' "$TMPDIR/stdout"; then
        echo "ok $1"
    else
        not_ok "$1" "status $status, $(grep '^not ok' "$TMPDIR/stdout" | head -n 1)"
    fi
}

# refused TAG NUMBER RULE LEVEL NAME [FEATURES [PROFILE]]
refused() {
    python3 tests/snpemu/conform/make_igvm.py --forbidden "$2" --features "${6:-1}" "$guest" \
        "$TMPDIR/refused.igvm"
    run "$TMPDIR/refused.igvm" --qemu "$qemu" --profile "${7:-strict}"
    if [ $status -ne 125 ]; then
        not_ok "$1-$5" "status $status, not 125"
    elif ! grep -q "^stop .*rule=$3 .*vmpl=$4 rip=[0-9a-f]" "$TMPDIR/stderr"; then
        not_ok "$1-$5" "$(grep '^stop' "$TMPDIR/stderr")"
    elif grep -q '^not ok' "$TMPDIR/stdout"; then
        not_ok "$1-$5" "the guest went on"
    else
        echo "ok $1-$5 rule=$3"
    fi
}

refusals() {
    refused "$1" 1 private-ownership 0 read-unassigned
    refused "$1" 2 private-ownership 0 write-unassigned
    refused "$1" 3 private-ownership 0 fetch-unassigned
    refused "$1" 4 shared-assigned 0 read-shared-alias
    refused "$1" 5 shared-assigned 0 write-shared-alias
    refused "$1" 6 vmpl-permission 1 read-without-right
    refused "$1" 7 vmpl-permission 2 write-without-right
    refused "$1" 8 vmpl-permission 3 fetch-without-right
    refused "$1" 9 private-ownership 0 pvalidate-unassigned
    refused "$1" 10 private-no-memory 0 read-no-memory
    refused "$1" 11 run-vmpl 0 run-level-without-save-area
    refused "$1" 12 ghcb-registered 0 ghcb-not-registered
    refused "$1" 16 doorbell-shared 0 doorbell-becomes-private 9
    refused "$1" 15 vmsa-tsc 1 level-without-tsc-scale 0x201
}

# What is decided without QEMU: numbers are those of enum ending, in conform.h. On one QEMU.
endings() {
    refused "$1" 32 vmpl-read 1 write-without-the-right-to-read
    refused "$1" 33 vmsa-write-lower 1 lower-level-writes-a-save-area
    refused "$1" 34 vmsa-page 1 save-area-without-its-mark
    refused "$1" 35 vmsa-large 1 save-area-in-a-large-entry
    refused "$1" 36 vmsa-level 1 save-area-of-another-level
    refused "$1" 37 vmsa-snp 1 save-area-without-snp
    refused "$1" 38 vmsa-features 1 save-area-with-a-feature-too-many
    refused "$1" 39 vmsa-efer 1 save-area-efer
    refused "$1" 40 vmsa-cr0 1 save-area-cr0
    refused "$1" 41 vmsa-cr3 1 save-area-cr3
    refused "$1" 42 vmsa-cr4 1 save-area-cr4
    refused "$1" 43 vmsa-cet 1 save-area-cet
    refused "$1" 44 vmsa-dr 1 save-area-debug-registers
    refused "$1" 45 vmsa-xcr0 1 save-area-xcr0
    refused "$1" 46 ghcb-page 0 vmgexit-without-a-page
    refused "$1" 47 ghcb-unsupported 0 unsupported-event
    refused "$1" 48 ghcb-io-count 0 string-longer-than-kvm-counts 1 upstream-6.12
    refused "$1" 49 request-shared 0 request-to-a-private-page 1 upstream-6.12
    refused "$1" 50 msr-reserved 0 request-with-a-reserved-bit
}

python3 tests/snpemu/conform/make_igvm.py "$guest" "$TMPDIR/conform.igvm"
for qemu in qemu-system-x86_64 "${SVSM_QEMU10:-}"; do
    if [ -z "$qemu" ]; then
        echo "skip qemu10 - no QEMU 10 (SVSM_QEMU10)"
        continue
    fi
    version=qemu$("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
    conform "$version-cbit47" --qemu "$qemu"
    said_sfw "$version-cbit47" 1
    conform "$version-cbit51" --qemu "$qemu" --cbit 51 --coherency-sfw-no off
    said_sfw "$version-cbit51" 0
    conform_features "$version-features" --qemu "$qemu"
    restricted "$version-restricted-injection"
    keeps "$version-cbit47" --qemu "$qemu"
    keeps "$version-cbit51" --qemu "$qemu" --cbit 51
    refusals "$version"
done
qemu='qemu-system-x86_64'
endings ending
"$build/tests/unit/snpemu/snpemu-rules"
exit $failed
