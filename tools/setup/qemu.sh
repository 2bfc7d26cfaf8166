# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Which QEMU is new enough. Assumes common.sh for qemu_check.

QEMU_OLDEST=7.2

# The version of PROGRAM as MAJOR.MINOR, or nothing if it does not run.
qemu_version() {
    "$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p'
}

qemu_new_enough() {
    awk -v a="$1" -v b="$QEMU_OLDEST" 'BEGIN {
        split(a, x, "."); split(b, y, ".")
        exit !(x[1] + 0 > y[1] + 0 || (x[1] + 0 == y[1] + 0 && x[2] + 0 >= y[2] + 0)) }'
}

qemu_check() {
    found=$(qemu_version qemu-system-x86_64)
    if [ -z "$found" ]; then
        fail_env "qemu-system-x86_64 does not run" "apt-get install --reinstall qemu-system-x86" \
            "or put a QEMU of your own into PATH"
    fi
    if ! qemu_new_enough "$found"; then
        fail_env "QEMU $found is too old: $(command -v qemu-system-x86_64); $QEMU_OLDEST is needed" \
            "take an older QEMU out of PATH, or install a newer one"
    fi
}
