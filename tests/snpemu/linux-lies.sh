#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A stock kernel 6.12 at VMPL0 whose host lies: what it makes of that, in its own words. Each boot ends by itself,
# and in none does the firmware see an IV used twice. Output as tests/README.md wants it. SVSM_BUILD_DIR: another
# build folder than build/.
set -u

build=${SVSM_BUILD_DIR:-build}
emu=$build/tools/emu/svsm-emu
folder=tests/snpemu/linux
kernel=${SVSM_KERNELS:-}/6.12/vmlinuz
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
console=$TMPDIR/console
initrd=$TMPDIR/initrd
failed=0
status=0

. "$folder/lib.sh"

if [ ! -f "${SVSM_KERNELS:-}/6.12/complete" ]; then
    echo "skip linux-lies - no kernel 6.12 (SVSM_KERNELS)"
    exit 0
fi
make_initrd "$SVSM_KERNELS/6.12"

# boot NAME STATUS LIE: ends so, the lie was told, and no IV served twice
boot() {
    start "$kernel" 580 --append 'console=ttyS0 panic=-1 quiet' --stats --json "$TMPDIR/end" --lie "$3"
    told=$(sed -n "s/^stats lie=${3%%@*} told=\([0-9]*\)$/\1/p" "$TMPDIR/stderr")
    reused=$(sed -n 's/.*"ivs_reused": \([0-9]*\).*/\1/p' "$TMPDIR/end")
    if [ $status -ne "$2" ]; then
        not_ok "$1" "status $status, not $2"
    elif [ "${told:-0}" -eq 0 ] || [ "${reused:-1}" -ne 0 ]; then
        not_ok "$1" "told ${told:-0} times, IVs used twice: ${reused:-?}"
    else
        echo "ok $1 told=$told"
    fi
}

# has NAME YES|NO: a report
has() {
    if grep -qa '^guest report ' "$console"; then is=yes; else is=no; fi
    if [ $is = "$2" ]; then
        echo "ok $1"
    else
        not_ok "$1" "a report: $is"
    fi
}

boot certificates-too-big 0 certificates@extended-request,value=64,count=0
has certificates-too-big-report no
boot psp-busy 0 psp-busy@extended-request,count=2
has psp-busy-report yes
boot psp-withheld 0 psp-drop@extended-request
has psp-withheld-report no
said psp-withheld-disables "Disabling VMPCK0"
boot psp-forged 0 psp-flip@extended-request,value=1000
has psp-forged-report no
said psp-forged-disables "Disabling VMPCK0"
boot psp-replayed 0 psp-twice@extended-request
has psp-replayed-report no
said psp-replayed-disables "Disabling VMPCK0"
boot page-state-refused 126 set@page-state-change,field=info2,value=0x100000000
# Ten hours and more at 4 GHz.
boot clock-jumps 0 clock@extended-request,value=0x800000000000
if grep -qaE '^guest [a-z]+ at=[0-9]{5}' "$console"; then
    echo "ok clock-jumps-felt"
else
    not_ok clock-jumps-felt "no line has such a time: $(grep -a ' at=' "$console" | tail -n 1)"
fi
exit $failed
