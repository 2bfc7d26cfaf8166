# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Keys: made, loaded, exported; the primary keys that later parts use. Part of tpm2.sh.

# primary NAME ALGORITHM WORDS: openssl reads the public part and sees WORDS.
primary() {
    tpm createprimary -Q -C o -G "$2" -c "primary.$1" &&
        tpm readpublic -Q -c "primary.$1" -f pem -o "primary.$1.pem" &&
        openssl pkey -pubin -in "primary.$1.pem" -noout -text | grep -q "$3"
}
primary_again() {
    tpm createprimary -Q -C o -G ecc -c primary.again &&
        tpm readpublic -Q -c primary.again -f pem -o primary.again.pem &&
        cmp primary.again.pem primary.p256.pem
}
child() {
    tpm create -Q -C primary.p256 -G "$2" -u "$1.pub" -r "$1.priv" &&
        tpm load -Q -C primary.p256 -u "$1.pub" -r "$1.priv" -c "$1.ctx" &&
        tpm readpublic -Q -c "$1.ctx" -f pem -o "$1.pem" &&
        openssl pkey -pubin -in "$1.pem" -noout
}

check primary-rsa1024 primary rsa1024 rsa1024 '1024 bit'
check primary-rsa2048 primary rsa2048 rsa2048 '2048 bit'
check primary-rsa3072 primary rsa3072 rsa3072 '3072 bit'
check primary-p256 primary p256 ecc256 'P-256'
check primary-p384 primary p384 ecc384 'P-384'
check primary-p521 primary p521 ecc521 'P-521'
check primary-same-again primary_again
check child-rsa1024 child rsa1024 rsa1024
check child-rsa2048 child rsa2048 rsa2048
check child-rsa3072 child rsa3072 rsa3072
for bits in 192 224 256 384 521; do
    check "child-p$bits" child "p$bits" "ecc$bits:ecdsa"
done
