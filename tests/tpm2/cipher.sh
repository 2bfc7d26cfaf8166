# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# RSA encryption, symmetric ciphers and HMAC, in both directions with openssl. Part of tpm2.sh.

# rsa_options SCHEME: how openssl names it, in $options. The TPM ends an OAEP label with a zero byte;
# without a label there is none.
rsa_options() {
    case $1 in
    null) options="-pkeyopt rsa_padding_mode:none" ;;
    rsaes) options="-pkeyopt rsa_padding_mode:pkcs1" ;;
    oaep-*) options="-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:${1#oaep-} -pkeyopt rsa_mgf1_md:${1#oaep-}" ;;
    esac
}
# rsa_key SCHEME: an unrestricted decryption key of openssl's, known to the TPM as rsa.ctx.
rsa_key() {
    tpm loadexternal -Q -C n -G rsa -r ext.dec.pem -c rsa.ctx -a 'decrypt|userwithauth'
}
rsa_text() {
    if [ "$1" = null ]; then
        { printf '\0' && head -c 255 long; } >plain
    else
        printf 'sixteen bytes ok' >plain
    fi
}
# shellcheck disable=SC2086 # several words
rsa_tpm_to_openssl() {
    rsa_text "$1" && rsa_options "$1" && rsa_key &&
        tpm rsaencrypt -Q -c rsa.ctx -s "$1" -o rsa.enc plain &&
        openssl pkeyutl -decrypt -inkey ext.dec.pem $options -in rsa.enc -out rsa.dec &&
        cmp rsa.dec plain
}
# shellcheck disable=SC2086 # several words
rsa_openssl_to_tpm() {
    rsa_text "$1" && rsa_options "$1" && rsa_key &&
        openssl pkeyutl -encrypt -pubin -inkey ext.dec.pub.pem $options -in plain -out rsa.enc &&
        tpm rsadecrypt -Q -c rsa.ctx -s "$1" -o rsa.dec rsa.enc && cmp rsa.dec plain
}
rsa_bad_padding() {
    rsa_key && head -c 256 /dev/zero >rsa.enc &&
        printf "\\1" | dd of=rsa.enc bs=1 seek=200 conv=notrunc 2>/dev/null || return 0
    tpm rsadecrypt -Q -c rsa.ctx -s "$1" -o rsa.dec rsa.enc
}
# aes BITS MODE: both ways, and as openssl has it.
aes() {
    head -c $(($1 / 8)) /dev/urandom >aes.key
    head -c 16 /dev/urandom >aes.iv
    head -c 512 long >aes.plain
    iv="-iv $(hex aes.iv)"
    tpm_iv="--iv aes.iv"
    if [ "$2" = ecb ]; then
        iv=
        tpm_iv=
    fi
    # shellcheck disable=SC2086 # several words, or none
    tpm loadexternal -Q -C n -G "aes$1$2" -r aes.key -c aes.ctx -a 'decrypt|sign|userwithauth' &&
        tpm encryptdecrypt -Q -c aes.ctx -G "$2" $tpm_iv -o aes.enc aes.plain &&
        openssl enc "-aes-$1-$2" -K "$(hex aes.key)" $iv -nopad -in aes.plain -out aes.openssl &&
        cmp aes.enc aes.openssl &&
        tpm encryptdecrypt -Q -d -c aes.ctx -G "$2" $tpm_iv -o aes.dec aes.enc &&
        cmp aes.dec aes.plain
}
# hmac HASH FILE
hmac() {
    printf '0123456789abcdef0123456789abcdef' >hmac.key
    tpm loadexternal -Q -C n -G "hmac:$1" -r hmac.key -c hmac.ctx -a 'sign|userwithauth' || return 1
    tpm hmac -c hmac.ctx --hex -o hmac.out "$2" &&
        openssl dgst "-$1" -mac HMAC -macopt "hexkey:$(hex hmac.key)" -r "$2" >hmac.openssl &&
        [ "$(cat hmac.out)" = "$(cut -d ' ' -f 1 hmac.openssl)" ]
}

openssl genrsa -out ext.dec.pem 2048
openssl pkey -in ext.dec.pem -pubout -out ext.dec.pub.pem
for scheme in null rsaes oaep-sha1 oaep-sha256 oaep-sha384 oaep-sha512; do
    check "rsa-encrypt-$scheme" rsa_tpm_to_openssl $scheme
    check "rsa-decrypt-$scheme" rsa_openssl_to_tpm $scheme
done
refused rsa-decrypt-bad-padding-rsaes rsa_bad_padding rsaes
refused rsa-decrypt-bad-padding-oaep rsa_bad_padding oaep-sha256
for bits in 128 256; do
    for mode in cfb cbc ecb ctr ofb; do
        check "aes$bits-$mode" aes $bits $mode
    done
done
for algorithm in sha1 sha256 sha384 sha512; do
    check "hmac-$algorithm" hmac $algorithm short
done
check hmac-sequence-200k hmac sha256 long
