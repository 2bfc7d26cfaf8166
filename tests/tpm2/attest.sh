# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Attestation: endorsement and attestation keys, quotes, credentials, certificates of keys, of
# creation and of time. Part of tpm2.sh.

ek() {
    tpm createek -Q -c "ek.$1" -G "$1" -u "ek.$1.pub" && test -s "ek.$1.pub"
}
# ak NAME EK ALGORITHM SCHEME
ak() {
    tpm createak -Q -C "ek.$2" -c "ak.$1" -G "$3" -g sha256 -s "$4" -u "ak.$1.pem" -f pem \
        -n "ak.$1.name" && openssl pkey -pubin -in "ak.$1.pem" -noout
}
quote() {
    tpm quote -Q -c "ak.$1" -l sha256:0,10,15+sha1:10 -q "$2" -m quote.msg -s quote.sig \
        -o quote.pcrs -g sha256
}
quote_checks() {
    quote "$1" abc123 && tpm2_checkquote -Q -u "ak.$1.pem" -m quote.msg -s quote.sig \
        -f quote.pcrs -g sha256 -q abc123
}
quote_other_nonce() {
    quote rsassa abc123 || return 0
    tpm2_checkquote -Q -u ak.rsassa.pem -m quote.msg -s quote.sig -f quote.pcrs -g sha256 -q abc124
}
quote_other_key() {
    quote rsassa abc123 || return 0
    tpm2_checkquote -Q -u ext.rsa.pub.pem -m quote.msg -s quote.sig -f quote.pcrs -g sha256
}
# tpm2_checkquote does not know PSS; openssl does.
quote_pss() {
    tpm quote -Q -c ak.rsapss -l sha256:0 -q 00 -m quote.msg -s quote.sig -f plain -g sha256 \
        --scheme rsapss &&
        openssl dgst -sha256 -verify ak.rsapss.pem -sigopt rsa_padding_mode:pss \
            -sigopt rsa_pss_saltlen:auto -signature quote.sig quote.msg
}
# credential EK AK: only the TPM that holds both gets the secret.
credential() {
    printf 'a secret of 24 bytes, OK' >secret
    tpm2_makecredential -Q -T none -u "ek.$1.pub" -s secret -n "$(hex "ak.$2.name")" -o cred &&
        credential_session "$1" "$2" && cmp secret secret.out
}
credential_session() {
    tpm startauthsession -Q --policy-session -S cred.session &&
        tpm policysecret -Q -S cred.session -c e &&
        tpm activatecredential -Q -c "ak.$2" -C "ek.$1" -i cred -o secret.out \
            -P session:cred.session
    result=$?
    tpm flushcontext cred.session
    return $result
}
credential_other_ak() {
    credential_session rsa ecdsa
}
signed_by() {
    openssl dgst -sha256 -verify "$1" -signature attest.sig attest.msg
}
certify() {
    tpm certify -Q -c rsa2048.ctx -C ak.ecdsa -g sha256 -o attest.msg -s attest.sig -f plain &&
        signed_by ak.ecdsa.pem
}
certify_creation() {
    tpm create -Q -C primary.p256 -G ecc -u c.pub -r c.priv --creation-data c.data \
        --creation-hash c.hash -t c.ticket &&
        tpm load -Q -C primary.p256 -u c.pub -r c.priv -c c.ctx &&
        tpm certifycreation -Q -c c.ctx -C ak.ecdsa -d c.hash -t c.ticket -g sha256 \
            --attestation attest.msg -o attest.sig -f plain && signed_by ak.ecdsa.pem
}
time_signed() {
    tpm gettime -Q -c ak.ecdsa -g sha256 --attestation attest.msg -o attest.sig -f plain &&
        signed_by ak.ecdsa.pem
}

check createek-rsa ek rsa
check createek-ecc ek ecc
check createak-rsassa ak rsassa rsa rsa rsassa
check createak-rsapss ak rsapss rsa rsa rsapss
check createak-ecdsa ak ecdsa ecc ecc ecdsa
check quote-rsassa quote_checks rsassa
check quote-ecdsa quote_checks ecdsa
check quote-rsapss quote_pss
refused quote-other-nonce quote_other_nonce
refused quote-other-key quote_other_key
check credential-rsa credential rsa rsassa
refused credential-other-ak credential_other_ak
check credential-ecc credential ecc ecdsa
check certify certify
check certify-creation certify_creation
check gettime time_signed
