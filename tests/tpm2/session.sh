# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Sessions: HMAC, salted, with encrypted parameters; then TPM2_Clear, after which nothing made before
# is of use. Part of tpm2.sh, the last.

# in_session ARGUMENTS... : what startauthsession takes besides; the session signs for a secret.
in_session() {
    tpm startauthsession -Q --hmac-session -S s.session "$@" || return 1
    tpm unseal -Q -c password.ctx -p session:s.session+secret -o seal.out && cmp seal.in seal.out
    result=$?
    tpm flushcontext s.session
    return $result
}
wrong_in_session() {
    tpm startauthsession -Q --hmac-session -S s.session || return 0
    tpm unseal -Q -c password.ctx -p session:s.session+wrong -o seal.out
    result=$?
    tpm flushcontext s.session
    return $result
}
# encrypted KEY: parameters are encrypted with a salt for KEY.
encrypted() {
    tpm startauthsession -Q --hmac-session -S s.session -c "$1" || return 1
    tpm sessionconfig -Q s.session --enable-decrypt --enable-encrypt &&
        tpm unseal -Q -c password.ctx -p session:s.session+secret -o seal.out &&
        cmp seal.in seal.out
    result=$?
    tpm flushcontext s.session
    return $result
}
flushed_is_gone() {
    tpm startauthsession -Q --hmac-session -S s.session && cp s.session gone.session &&
        tpm flushcontext s.session || return 0
    tpm unseal -Q -c password.ctx -p session:gone.session+secret
}
parent_gone() {
    tpm load -Q -C primary.p256 -u p256.pub -r p256.priv -c gone.ctx
}
primary_differs() {
    tpm createprimary -Q -C o -G ecc -c new.ctx &&
        tpm readpublic -Q -c new.ctx -f pem -o new.pem && ! cmp new.pem primary.p256.pem
}

check session-hmac in_session
refused session-hmac-wrong wrong_in_session
check session-bound-cipher in_session -g sha384
check session-encrypted-rsa encrypted primary.rsa2048
check session-encrypted-ecc encrypted primary.p256
refused session-flushed flushed_is_gone
check clear tpm clear -Q
refused clear-parent-gone parent_gone
check clear-new-seed primary_differs
