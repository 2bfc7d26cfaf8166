# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Sealed secrets: with a password, with the state of PCRs, with one of two policies. Part of tpm2.sh.

printf 'a sealed secret' >seal.in

# seal NAME ARGUMENTS...
seal() {
    name_of=$1
    shift
    tpm create -Q -C primary.p256 -i seal.in -u "$name_of.pub" -r "$name_of.priv" "$@" &&
        tpm load -Q -C primary.p256 -u "$name_of.pub" -r "$name_of.priv" -c "$name_of.ctx"
}
unseals() {
    tpm unseal -Q -c "$1.ctx" ${2:+-p "$2"} -o seal.out && cmp seal.in seal.out
}
plain() {
    seal plain && unseals plain
}
with_password() {
    seal password -p secret && unseals password secret
}
session_open() {
    tpm startauthsession -Q ${1:+"$1"} -S seal.session
}
# session_close STATUS: the session goes, and the status stays.
session_close() {
    tpm flushcontext seal.session
    return "$1"
}
pcr_policy() {
    session_open --policy-session && tpm policypcr -Q -S seal.session -l sha256:12
}
with_pcr() {
    session_open || return 1
    tpm policypcr -Q -S seal.session -l sha256:12 -L pcr.policy
    session_close $? && seal pcr -L pcr.policy -a 'fixedtpm|fixedparent' &&
        unseals_pcr
}
unseals_pcr() {
    pcr_policy && unseals pcr session:seal.session
    session_close $?
}
after_extend() {
    tpm pcrextend 12:sha256="$(digest sha256 short)" && unseals_pcr
}
# trial OUT COMMAND...: the digest of a policy.
trial() {
    policy_out=$1
    shift
    session_open || return 1
    "$@" -L "$policy_out"
    session_close $?
}
with_or() {
    trial a.policy tpm policycommandcode -S seal.session TPM2_CC_Unseal &&
        trial b.policy tpm policycommandcode -S seal.session TPM2_CC_Sign &&
        trial or.policy tpm policyor -Q -S seal.session sha256:a.policy,b.policy &&
        seal or -L or.policy -a 'fixedtpm|fixedparent' || return 1
    session_open --policy-session &&
        tpm policycommandcode -Q -S seal.session TPM2_CC_Unseal &&
        tpm policyor -Q -S seal.session sha256:a.policy,b.policy &&
        unseals or session:seal.session
    session_close $?
}
or_left_out() {
    session_open --policy-session &&
        tpm policycommandcode -Q -S seal.session TPM2_CC_Unseal && unseals or session:seal.session
    session_close $?
}
with_policy_password() {
    trial pw.policy tpm policypassword -S seal.session &&
        seal pw -L pw.policy -p secret -a 'fixedtpm|fixedparent' || return 1
    session_open --policy-session && tpm policypassword -Q -S seal.session &&
        unseals pw session:seal.session+secret
    session_close $?
}

check seal-plain plain
check seal-password with_password
refused seal-wrong-password unseals password wrong
refused seal-no-password unseals password
check seal-pcr with_pcr
refused seal-pcr-after-extend after_extend
check seal-policy-or with_or
refused seal-policy-or-left-out or_left_out
check seal-policy-password with_policy_password
tpm dictionarylockout -c >/dev/null 2>&1
