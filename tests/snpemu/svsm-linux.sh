#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The SVSM of systems/snp.system and stock kernels below it, at VMPL2 of the emulated machine, from one
# IGVM file: the SVSM gets ready, Linux knows that it runs under one, userspace, a report for VMPL2 that
# two verifiers accept with the digest of that file, no warning that is not expected. And the SVSM by
# itself, with both C-bits and host profiles. Output as tests/README.md wants it.
set -u

build=${SVSM_BUILD_DIR:-build}
emu=$build/tools/emu/svsm-emu
compose=$build/tools/compose/svsm-compose
verify=$build/tools/verify/svsm-verify
image=$build/systems/snp.bin
folder=tests/snpemu/linux
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
console=$TMPDIR/console
initrd=$TMPDIR/initrd
igvm=$TMPDIR/igvm
failed=0
hotplug=0 # how often each CPU but the first goes off and on

. "$folder/lib.sh"

# emulate TEST STATUS OPTIONS...
emulate() {
    test=$1
    expected=$2
    shift 2
    timeout 600 "$emu" --igvm "$igvm" --timeout 580 "$@" >"$console" 2>"$TMPDIR/stderr" </dev/null
    status=$?
    if [ $status -eq "$expected" ]; then
        echo "ok $test"
    else
        not_ok "$test" "status $status, not $expected"
    fi
}

# alone NAME OPTIONS...: the SVSM without a guest ends by itself
alone() {
    name=alone-$1
    shift
    emulate "$name" 0 --memory 256M "$@"
    said "$name-ready" "ring0 info ready"
}

# What a release image demands of its host; the guest at VMPL2 gets its interrupts as ever.
restricted=snp,restricted-injection,debug-swap

# linux NAME VCPUS FEATURES OPTIONS...
linux() {
    make_initrd "$SVSM_KERNELS/$1"
    "$compose" --svsm "$image" --output "$igvm" --kernel "$SVSM_KERNELS/$1/vmlinuz" --initrd "$initrd" \
        --append "console=ttyS0 panic=-1 quiet hotplug=$hotplug" --memory 512M --vcpus "$2" --console \
        --features "$3" || exit 1
    name=linux$1-smp$2
    vcpus=$2
    shift 3
    emulate "$name-boots-and-ends" 0 --memory 512M --smp "$vcpus" "$@"
    said "$name-svsm-ready" "ring0 info ready"
    said "$name-vmpl2" "SEV: SNP running at VMPL2."
    said "$name-sysfs" "guest file /sys/devices/system/cpu/sev/vmpl 2"
    said "$name-features" "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP"
    said "$name-userspace" "guest userspace"
    said "$name-sev-guest" "Initialized SEV guest driver (using VMPCK2 communication key)"
    if [ "$vcpus" -eq 1 ]; then # more than this machine has: their stalls say nothing
        warnings "$name-warnings"
    fi
    digest=$("$build/tools/measure/svsm-measure" "$igvm")
    python3 $folder/check_report.py "$console" "$verify" "$digest" "$TMPDIR" 2 >"$TMPDIR/verdicts" || failed=1
    sed "s/^ok /ok $name-/; s/^not ok /not ok $name-/" "$TMPDIR/verdicts"
}

"$compose" --svsm "$image" --output "$igvm" --memory 256M --console || exit 1
alone cbit47
alone cbit51 --cbit 51
alone upstream --profile upstream-6.12
alone planes --profile planes
alone tlb-keep --tlb keep
"$compose" --svsm "$image" --output "$igvm" --memory 256M --console --features snp,secure-tsc || exit 1
alone secure-tsc
said alone-secure-tsc-by-firmware "kHz, as the firmware has it"
"$compose" --svsm "$image" --output "$igvm" --memory 256M --console --features $restricted || exit 1
alone restricted-injection
"$compose" --svsm "$image" --output "$igvm" --memory 256M || exit 1
emulate silent 126 --memory 256M
if [ -s "$console" ]; then
    not_ok silent-image-prints-nothing "$(head -c 100 "$console")"
else
    echo "ok silent-image-prints-nothing"
fi
if grep -q 'set 5, reason 0' "$TMPDIR/stderr"; then
    echo "ok silent-image-reason"
else
    not_ok silent-image-reason "no termination with set 5, reason 0"
fi
for kernel in 6.12 7; do
    if [ -f "${SVSM_KERNELS:-}/$kernel/complete" ]; then
        [ $kernel = 7 ] && features=$restricted || features=snp
        linux $kernel 1 $features --tlb keep
    else
        echo "skip linux$kernel - no kernel $kernel (SVSM_KERNELS)"
    fi
done
# Two vCPUs: a campaign's, since it wants more processors than a small machine has.
if [ "${1:-}" = smp ] && [ -f "${SVSM_KERNELS:-}/6.12/complete" ]; then
    hotplug=1
    linux 6.12 2 $restricted
    said linux6.12-smp2-vcpus "guest file /sys/devices/system/cpu/online 0-1"
    said linux6.12-smp2-off-and-on "guest hotplug 1 online 2"
    hotplug=10
    linux 6.12 2 snp --ap-hold finish
    said linux6.12-smp2-off-and-on-again "guest hotplug 10 online 2"
fi
exit $failed
