# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Platform configuration registers: every bank, against values worked out with openssl. Part of
# tpm2.sh.

# pcr_value ALGORITHM INDEX: in hex.
pcr_value() {
    tpm pcrread -Q -o pcr.out "$1:$2" && hex pcr.out
}
# extended ALGORITHM OLD NEW: what the register must hold.
extended() {
    binary "$2$3" >pcr.in && digest "$1" pcr.in
}
# extends ALGORITHM INDEX
extends() {
    old=$(pcr_value "$1" "$2")
    new=$(digest "$1" short)
    expected=$(extended "$1" "$old" "$new")
    tpm pcrextend "$2:$1=$new" && [ -n "$expected" ] && [ "$(pcr_value "$1" "$2")" = "$expected" ]
}
event_in_all_banks() {
    for bank in sha1 sha256 sha384 sha512; do
        extended $bank "$(pcr_value $bank 15)" "$(digest $bank long.1k)"
    done >event.expected
    tpm pcrevent 15 long.1k || return 1
    for bank in sha1 sha256 sha384 sha512; do
        pcr_value $bank 15
        echo
    done >event.found
    cmp event.expected event.found
}
resets() {
    tpm pcrextend 16:sha256="$(digest sha256 short)" && tpm pcrreset 16 &&
        [ -z "$(pcr_value sha256 16 | tr -d 0)" ]
}
reads_all() {
    tpm pcrread >pcr.all && [ "$(grep -c '^ *[0-9]* *: 0x' pcr.all)" -eq 96 ]
}

head -c 1000 long >long.1k
for bank in sha1 sha256 sha384 sha512; do
    check "pcr-extend-$bank" extends $bank 10
    check "pcr-extend-again-$bank" extends $bank 10
done
check pcr-event event_in_all_banks
check pcr-reset-16 resets
refused pcr-reset-0 tpm pcrreset 0
check pcr-read-all reads_all
