# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Start, self-tests, capabilities, random numbers and hashes. Part of tpm2.sh.

tpm2_startup -c >/dev/null 2>&1
tpm2_clear >/dev/null 2>&1

test_result_good() {
    tpm gettestresult | grep -q 'status: *success'
}
has_capability() {
    tpm getcap "$1" | grep -q "$2"
}
random_differs() {
    tpm getrandom -o r1 "$1" && tpm getrandom -o r2 "$1" &&
        [ "$(wc -c <r1)" -eq "$1" ] && ! cmp r1 r2
}
random_spread() {
    for _ in 1 2 3 4 5 6 7 8; do
        tpm getrandom --hex 32 || return 1
    done | fold -w 2 | sort -u | wc -l | awk '{ print; exit $1 < 130 }'
}
clock_goes() {
    tpm readclock >c1 && sleep 0.2 && tpm readclock >c2 || return 1
    before=$(awk '/^ *time:/ { print $2 }' c1)
    after=$(awk '/^ *time:/ { print $2 }' c2)
    [ "$after" -gt "$before" ]
}
# hashes_as_openssl ALGORITHM FILE
hashes_as_openssl() {
    tpm hash -C o -g "$1" --hex -o hash.out "$2" && [ "$(cat hash.out)" = "$(digest "$1" "$2")" ]
}

check startup-again tpm startup -c
check selftest-full tpm selftest -f
check selftest-incremental tpm incrementalselftest rsa ecc sha256 aes
check gettestresult test_result_good
check getcap-manufacturer has_capability properties-fixed TPM2_PT_MANUFACTURER
check getcap-family has_capability properties-fixed '2\.0'
check getcap-algorithms has_capability algorithms '^sha512'
check getcap-commands has_capability commands TPM2_CC_Quote
check getcap-curves has_capability ecc-curves NIST_P384
check getcap-pcrs has_capability pcrs sha384
check getrandom-32 random_differs 32
check getrandom-48 random_differs 48
check getrandom-spread random_spread
check stirrandom eval 'echo some entropy | tpm stirrandom'
check readclock clock_goes

printf abc >short
head -c 200000 /dev/urandom >long
for algorithm in sha1 sha256 sha384 sha512; do
    check "hash-short-$algorithm" hashes_as_openssl $algorithm short
    check "hash-200k-$algorithm" hashes_as_openssl $algorithm long
done
