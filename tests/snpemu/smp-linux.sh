#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Stock Linux 6.12 on several vCPUs of the emulated machine, and with translations that are kept: all CPUs
# come up, each is taken off and put back HOTPLUG times, userspace and power-off are reached. Argument: how many
# boots of each kind. Warnings are counted, not judged: on a busy machine time goes wrong in many ways.
# Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

boots=${1:-20}
hotplug=${2:-1} # Linux 6.12 can do it once: its GHCB stays in use when a parked CPU gets a new save area
build=${SVSM_BUILD_DIR:-build}
emu=$build/tools/emu/svsm-emu
folder=tests/snpemu/linux
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
console=$TMPDIR/console
initrd=$TMPDIR/initrd
failed=0

. "$folder/lib.sh"

# boot NAME CPUS OPTIONS...
boot() {
    name=$1
    cpus=$2
    shift 2
    timeout 600 "$emu" --kernel "$SVSM_KERNELS/6.12/vmlinuz" --initrd "$initrd" --memory 512M --smp "$cpus" \
        --append "console=ttyS0 panic=-1 quiet hotplug=$hotplug" --timeout 580 "$@" \
        >"$console" 2>"$TMPDIR/stderr" </dev/null
    status=$?
    count=$(grep -ac '^guest warning' "$console")
    if [ $status -ne 0 ]; then
        not_ok "$name" "status $status"
    elif ! grep -qa "^guest cpus $cpus" "$console"; then
        not_ok "$name" "not all CPUs came up"
    elif ! grep -qa "^guest hotplug $((hotplug * (cpus - 1))) online $cpus" "$console"; then
        not_ok "$name" "a CPU did not go or come back"
    else
        echo "ok $name cpus=$cpus warnings=$count $(sed -n 's/\r//; s/^guest end at=/seconds=/p' "$console")"
    fi
}

if [ ! -f "${SVSM_KERNELS:-}/6.12/complete" ]; then
    echo "skip linux6.12 - no kernel 6.12 (SVSM_KERNELS)"
    exit 0
fi
make_initrd "$SVSM_KERNELS/6.12"
i=1
while [ "$i" -le "$boots" ]; do
    boot "smp4-$i" 4
    boot "smp8-$i" 8
    boot "keep-smp2-$i" 2 --tlb keep
    i=$((i + 1))
done
exit $failed
