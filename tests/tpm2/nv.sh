# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Non-volatile indices of each kind. Part of tpm2.sh.

ordinary() {
    head -c 600 long >nv.in
    tpm nvdefine -Q 0x1500001 -C o -s 600 -a 'ownerread|ownerwrite|authread|authwrite' &&
        tpm nvwrite -Q 0x1500001 -C o -i nv.in &&
        tpm nvread -Q 0x1500001 -C o -s 600 -o nv.out && cmp nv.in nv.out
}
part_of_it() {
    tpm nvread -Q 0x1500001 -C o --offset 100 -s 50 -o nv.out &&
        dd if=nv.in bs=1 skip=100 count=50 2>/dev/null | cmp - nv.out
}
counts() {
    tpm nvdefine -Q 0x1500002 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter' &&
        tpm nvincrement -Q 0x1500002 -C o && tpm nvread -Q 0x1500002 -C o -o n1 &&
        tpm nvincrement -Q 0x1500002 -C o && tpm nvread -Q 0x1500002 -C o -o n2 &&
        [ $((0x$(hex n2))) -eq $((0x$(hex n1) + 1)) ]
}
extends_index() {
    tpm nvdefine -Q 0x1500003 -C o -g sha256 -s 32 -a 'ownerread|ownerwrite|nt=extend' &&
        tpm nvextend -Q -C o -i short 0x1500003 && tpm nvread -Q 0x1500003 -C o -o nv.out &&
        { head -c 32 /dev/zero && cat short; } >nv.expected &&
        [ "$(hex nv.out)" = "$(digest sha256 nv.expected)" ]
}
sets_bits() {
    tpm nvdefine -Q 0x1500004 -C o -s 8 -a 'ownerread|ownerwrite|nt=bits' &&
        tpm nvsetbits -Q 0x1500004 -C o -i 0x5 && tpm nvsetbits -Q 0x1500004 -C o -i 0x8 &&
        tpm nvread -Q 0x1500004 -C o -o nv.out && [ "$(hex nv.out)" = 000000000000000d ]
}
with_password() {
    tpm nvdefine -Q 0x1500005 -C o -s 15 -p nvpass -a 'authread|authwrite' &&
        tpm nvwrite -Q 0x1500005 -P nvpass -i seal.in &&
        tpm nvread -Q 0x1500005 -P nvpass -s 15 -o nv.out && cmp seal.in nv.out
}
certified() {
    tpm nvcertify -Q -C ak.ecdsa -g sha256 -f plain -o attest.sig --attestation attest.msg \
        -c o --size 32 0x1500001 && signed_by ak.ecdsa.pem
}
write_locked() {
    tpm nvdefine -Q 0x1500006 -C o -s 3 -a 'ownerread|ownerwrite|writedefine' &&
        tpm nvwrite -Q 0x1500006 -C o -i short && tpm nvwritelock -Q 0x1500006 -C o || return 0
    tpm nvwrite -Q 0x1500006 -C o -i short
}
undefines() {
    for index in 1 2 3 4 5 6; do
        tpm nvundefine -Q -C o "0x150000$index" || return 1
    done
    ! tpm getcap handles-nv-index | grep -qi 0x150000
}

check nv-ordinary ordinary
check nv-part part_of_it
check nv-counter counts
check nv-extend extends_index
check nv-bits sets_bits
check nv-password with_password
refused nv-wrong-password tpm nvread 0x1500005 -P wrong -s 15
check nv-certify certified
refused nv-write-locked write_locked
refused nv-too-long tpm nvwrite 0x1500005 -P nvpass -i long
check nv-undefine undefines
refused nv-read-undefined tpm nvread 0x1500001 -C o
