#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The IPC benchmark: instructions of calls between tasks, counted exactly (caller.c), against the gates
# of gates.conf. Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.
set -u

image=${SVSM_BUILD_DIR:-build}/systems/ipc.bin
here=$(dirname "$0")
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
failed=0

# measure QEMU: the caller's report in $TMPDIR/report. It ends the machine with 0, status 1 of QEMU.
measure() {
    : >"$TMPDIR/report"
    timeout 100 "$1" -accel tcg -icount shift=0 -machine q35 -cpu max -m 64 -nic none -display none \
        -monitor none -no-reboot -serial "file:$TMPDIR/console" -serial "file:$TMPDIR/report" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$image" </dev/null >&2
    [ $? -eq 1 ]
}

# judge TAG: a line for each figure; a gate without a figure is a failure too.
judge() {
    awk -v tag="$1" '
        function bad(name, figures, why) {
            print "not ok " tag "-" name " " figures " - " why
            failed = 1
        }
        function slope(from, to) { return (least[to] - least[from]) / (bytes(to) - bytes(from)) }
        function bytes(name) { sub(/.*-/, "", name); return name }
        FNR == NR {
            if (NF == 3 && $1 !~ /^#/) { order[++gates] = $1; gate[$1] = $2; cr3[$1] = $3 }
            next
        }
        $1 == "unit" { unit = $2 }
        $1 == "figure" {
            if (!($2 in gate)) { order[++gates] = $2 }
            least[$2] = $3
            figures = "instructions=" $3 " most=" $4 " cr3_writes=" $5
            all[$2] = NF > 5 ? figures " pages_committed=" $6 : figures
            writes[$2] = $5
        }
        END {
            # A loop of 10000 times two instructions, less one round.
            if (unit != 19998) { bad("unit", "instructions=" unit + 0, "the TSC does not count instructions") }
            else { print "ok " tag "-unit instructions=" unit }
            for (i = 1; i <= gates; i++) {
                name = order[i]
                line = all[name]
                if (name in gate) { line = line " gate=" gate[name] }
                if (!(name in least)) { bad(name, "", "not measured") }
                else if (!(name in gate)) { print "ok " tag "-" name " " line }
                else if (least[name] > gate[name]) { bad(name, line, "more instructions than the gate allows") }
                else if (writes[name] > cr3[name]) { bad(name, line, "more than " cr3[name] " CR3 writes") }
                else { print "ok " tag "-" name " " line }
            }
            if (gate["null"] > 415) { bad("aim", "gate=" gate["null"], "the gate of null is above the aim of 415") }
            # Two copies of 8 bytes an instruction; no cliff between.
            first = slope("window-64", "window-1024")
            second = slope("window-1024", "window-4096")
            line = "per_byte_64_1024=" first " per_byte_1024_4096=" second
            if (first > 0.26 || second > 0.26 || second > first * 1.02) {
                bad("no-cliff", line, "a larger payload costs more than its copies")
            } else { print "ok " tag "-no-cliff " line }
            exit failed
        }' "$here/gates.conf" "$TMPDIR/report" || failed=1
}

if [ "${SVSM_QEMU10:-}" = "" ]; then
    echo "skip qemu10 - no QEMU 10 (SVSM_QEMU10)"
fi
for qemu in qemu-system-x86_64 ${SVSM_QEMU10:+"$SVSM_QEMU10"}; do
    tag=qemu$("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
    if measure "$qemu"; then
        judge "$tag"
    else
        echo "not ok $tag - the caller did not get through"
        cat "$TMPDIR/console" >&2
        failed=1
    fi
done
exit $failed
