# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Signatures: made by the TPM, judged by the TPM and by openssl, and the other way round. Uses the
# keys of keys.sh. Part of tpm2.sh.

# openssl_verifies KEY.pem HASH SCHEME SIGNATURE FILE
openssl_verifies() {
    if [ "$3" = rsapss ]; then
        openssl dgst "-$2" -verify "$1" -sigopt rsa_padding_mode:pss \
            -sigopt rsa_pss_saltlen:auto -signature "$4" "$5"
    else
        openssl dgst "-$2" -verify "$1" -signature "$4" "$5"
    fi
}
# signs KEY SCHEME HASH
signs() {
    tpm sign -Q -c "$1.ctx" -g "$3" -s "$2" -o sig.tss message &&
        tpm verifysignature -Q -c "$1.ctx" -g "$3" -m message -s sig.tss &&
        tpm sign -Q -c "$1.ctx" -g "$3" -s "$2" -f plain -o sig.plain message &&
        openssl_verifies "$1.pem" "$3" "$2" sig.plain message
}
# signs_longer BITS HASH: a key that is bound to another hash than SHA-256.
signs_longer() {
    tpm create -Q -C primary.p256 -G "ecc$1:ecdsa-$2" -u l.pub -r l.priv &&
        tpm load -Q -C primary.p256 -u l.pub -r l.priv -c l.ctx &&
        tpm readpublic -Q -c l.ctx -f pem -o l.pem && signs l ecdsa "$2"
}
schnorr() {
    tpm create -Q -C primary.p256 -G ecc256:ecschnorr -u s.pub -r s.priv &&
        tpm load -Q -C primary.p256 -u s.pub -r s.priv -c s.ctx &&
        tpm sign -Q -c s.ctx -g sha256 -s ecschnorr -o sig.tss message &&
        tpm verifysignature -Q -c s.ctx -g sha256 -m message -s sig.tss
}
# from_openssl RSA|EC FILE: a signature of openssl's by a key of its own.
from_openssl() {
    tpm loadexternal -Q -C o -G "$1" -u "ext.$1.pub.pem" -c "ext.$1.ctx" &&
        openssl dgst -sha256 -sign "ext.$1.pem" -out "ext.$1.sig" message &&
        tpm verifysignature -Q -c "ext.$1.ctx" -g sha256 -m "$2" -f "$3" -s "ext.$1.sig"
}
# tampered KEY SCHEME: a good signature over another message.
tampered() {
    tpm sign -Q -c "$1.ctx" -g sha256 -s "$2" -o sig.bad message || return 0
    tpm verifysignature -Q -c "$1.ctx" -g sha256 -m other -s sig.bad
}

echo "a message to sign" >message
echo "a message to sing" >other
openssl genrsa -out ext.rsa.pem 2048
openssl ecparam -name prime256v1 -genkey -noout -out ext.ecc.pem
for type in rsa ecc; do
    openssl pkey -in ext.$type.pem -pubout -out ext.$type.pub.pem
done

for bits in 1024 2048 3072; do
    for scheme in rsassa rsapss; do
        for algorithm in sha1 sha256 sha384 sha512; do
            check "sign-rsa$bits-$scheme-$algorithm" signs rsa$bits $scheme $algorithm
        done
    done
done
for bits in 192 224 256 384 521; do
    check "sign-p$bits-ecdsa" signs p$bits ecdsa sha256
done
check sign-p384-ecdsa-sha384 signs_longer 384 sha384
check sign-p521-ecdsa-sha512 signs_longer 521 sha512
check sign-ecschnorr schnorr
check verify-openssl-rsa from_openssl rsa message rsassa
check verify-openssl-ecc from_openssl ecc message ecdsa
refused verify-openssl-rsa-tampered from_openssl rsa other rsassa
refused verify-openssl-ecc-tampered from_openssl ecc other ecdsa
refused verify-rsassa-tampered tampered rsa2048 rsassa
refused verify-rsapss-tampered tampered rsa2048 rsapss
refused verify-ecdsa-tampered tampered p256 ecdsa
