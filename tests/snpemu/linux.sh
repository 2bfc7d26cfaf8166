#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Stock kernels, as SNP guests at VMPL0 of the emulated machine, without an SVSM: what they say of SEV,
# userspace, the SEV guest driver, an attestation report that two verifiers accept, no warning that is
# not expected (linux/expected-warnings.txt). The same kernel bare in the same QEMU tells what it
# costs. Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-build}
emu=$build/tools/emu/svsm-emu
verify=$build/tools/verify/svsm-verify
folder=tests/snpemu/linux
append='console=ttyS0 panic=-1 quiet'
port_io_most=26500 # from boot to power-off; three quarters are the report on the serial port
npf_most=2200
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
console=$TMPDIR/console
failed=0

. "$folder/lib.sh"

# when FILE: the guest's own clock at userspace, in ms
when() {
    sed -n 's/\r//; s/^guest userspace at=0*\([0-9]*\)\.\([0-9]*\)$/\1\2/p' "$1" | sed 's/^0*//'
}

bare() {
    timeout 300 "$qemu" -accel tcg -M q35 -cpu EPYC-Milan,phys-bits=48 -m 512 -nic none -display none \
        -monitor none -no-reboot -serial "file:$TMPDIR/bare" -kernel "$kernel" -initrd "$initrd" \
        -append "$append" </dev/null >&2
}

# count NAME: how many exits of that name there were
count() {
    sed -n "s/^stats exit=.* name=$1 count=\([0-9]*\)$/\1/p" "$TMPDIR/stderr" | awk '{ n += $1 } END { print n + 0 }'
}

# at_most TEST FIGURE VALUE GATE: at least one, too
at_most() {
    if [ "$3" -gt 0 ] && [ "$3" -le "$4" ]; then
        echo "ok $1 $2=$3 gate=$4"
    else
        not_ok "$1" "$3 $2, not 1 to $4"
    fi
}

# Gated are the exits that do not go with time: 1.25 times what was measured.
exits() {
    at_most "$1-exits-port-io" port_io "$(count IOIO)" $port_io_most
    at_most "$1-exits-npf" npf "$(count NPF)" $npf_most
    vc=$(sed -n 's/^stats .*vc=\([0-9]*\)$/\1/p' "$TMPDIR/stderr")
    echo "ok $1-exits exits=$(count '.*') vc=${vc:-0} interrupts=$(count INTR)"
}

# boot NAME
boot() {
    kernel=$SVSM_KERNELS/$1/vmlinuz
    initrd=$TMPDIR/initrd
    make_initrd "$SVSM_KERNELS/$1"
    set -- "linux$1"
    timeout 600 "$emu" --kernel "$kernel" --initrd "$initrd" --append "$append" --memory 512M \
        --qemu "$qemu" --stats --timeout 580 >"$console" 2>"$TMPDIR/stderr" </dev/null
    status=$?
    if [ $status -eq 0 ]; then
        echo "ok $1-boots-and-ends"
    else
        not_ok "$1-boots-and-ends" "status $status"
    fi
    said "$1-features" "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP"
    said "$1-vmpl0" "SEV: SNP running at VMPL0."
    said "$1-cpuid-page" "SEV: Using SNP CPUID table"
    if grep -qaE '^guest file .*/current_clocksource (tsc|kvm-clock)' "$console"; then
        echo "ok $1-clock"
    else
        not_ok "$1-clock" "the clock is neither the TSC nor KVM's"
    fi
    said "$1-userspace" "guest userspace"
    said "$1-sev-guest" "Initialized SEV guest driver (using VMPCK0 communication key)"
    said "$1-provider" "guest provider sev_guest"
    warnings "$1-warnings"
    digest=$(sed -n 's/^launch digest //p' "$TMPDIR/stderr" | head -n 1)
    python3 $folder/check_report.py "$console" "$verify" "$digest" "$TMPDIR" >"$TMPDIR/verdicts" || failed=1
    sed "s/^ok /ok $1-/; s/^not ok /not ok $1-/" "$TMPDIR/verdicts"
    exits "$1"
    bare
    snp=$(when "$console")
    plain=$(when "$TMPDIR/bare")
    if [ -n "$snp" ] && [ -n "$plain" ]; then
        echo "ok $1-time userspace_ms=$snp bare_ms=$plain ratio=$(awk "BEGIN { printf \"%.2f\", $snp / $plain }")"
    else
        not_ok "$1-time" "userspace was not reached with and without SNP"
    fi
}

qemu='qemu-system-x86_64'
for name in 6.12 7; do
    if [ -f "${SVSM_KERNELS:-}/$name/complete" ]; then
        boot $name
    else
        echo "skip linux$name - no kernel $name (SVSM_KERNELS)"
    fi
done
exit $failed
