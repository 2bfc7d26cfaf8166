#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: kill.sh ROUNDS [SEED]. The vTPM crashed at every system call and ROUNDS times inside random
# commands, see driver.c. Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder
# than build/. SVSM_SEED: the same as SEED.
set -u

rounds=$1
seed=${2:-${SVSM_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}}
image=${SVSM_BUILD_DIR:-build}/systems/kill.bin
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi

echo "# seed $seed"
echo "$rounds $seed" >"$TMPDIR/orders"
# A machine that stands still ends before the suite's own time-out.
timeout $((120 + rounds)) qemu-system-x86_64 -accel tcg -machine q35 -cpu max -m 64 -smp 3 -nic none \
    -display none -monitor none -no-reboot -serial "file:$TMPDIR/console" \
    -chardev stdio,id=report,signal=off -serial chardev:report \
    -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$image" \
    <"$TMPDIR/orders" >"$TMPDIR/report"
status=$?
cat "$TMPDIR/report"
# raw_exit(0) is status 1 of QEMU, raw_exit(1) is 3 and follows a line that says why.
if [ $status -eq 1 ]; then
    exit 0
fi
tail -n 60 "$TMPDIR/console" >&2
if [ $status -ne 3 ] || ! grep -q '^not ok ' "$TMPDIR/report"; then
    echo "not ok finished seed=$seed - the driver did not get through, status $status of QEMU"
fi
exit 1
