# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# For suites with several vCPUs. The one that reads this leaves a run's status in $status, what the
# emulator said in $TMPDIR/stderr.

# QEMU's doing (tools/snpemu/hv/vector.c). Such a run says nothing of the emulator and is done again.
lost() {
    [ "$status" -eq 1 ] && grep -q '^stop emulator why=QEMU lost the registers of a vCPU' "$TMPDIR/stderr"
}

# again RUN...: that, and at most twice more where it was lost
again() {
    for attempt in 1 2 3; do
        "$@"
        lost || break
        echo "# the emulator lost the state of a vCPU, attempt $attempt of 3"
        sed -n 's/^stop emulator/# &/p' "$TMPDIR/stderr"
    done
}
