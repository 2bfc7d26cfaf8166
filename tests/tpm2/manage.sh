# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2317,SC2154 # reached through check; lib.sh sets them
#
# Keys that stay, move or come from outside; ECDH; hierarchies' passwords; lockout; clear. Part of
# tpm2.sh.

persists() {
    tpm evictcontrol -Q -C o -c p256.ctx 0x81010001 &&
        tpm sign -Q -c 0x81010001 -g sha256 -s ecdsa -f plain -o sig.plain message &&
        openssl_verifies p256.pem sha256 ecdsa sig.plain message
}
evicts() {
    tpm evictcontrol -Q -C o -c 0x81010001 && ! tpm getcap handles-persistent | grep -q 0x81010001
}
context_twice() {
    tpm readpublic -Q -c p384.ctx -f pem -o again.pem && cmp p384.pem again.pem &&
        tpm readpublic -Q -c p384.ctx -f pem -o again.pem && cmp p384.pem again.pem
}
context_damaged() {
    cp p384.ctx damaged.ctx
    printf 'XXXXXXXX' | dd of=damaged.ctx bs=1 seek=100 conv=notrunc 2>/dev/null || return 0
    tpm readpublic -Q -c damaged.ctx
}
# A key under a policy that lets it move, to another parent and into use there.
duplicates() {
    trial dup.policy tpm policycommandcode -S seal.session TPM2_CC_Duplicate &&
        tpm createprimary -Q -C o -G ecc384 -c parent.new &&
        tpm readpublic -Q -c parent.new -o parent.new.pub &&
        tpm create -Q -C primary.p256 -G ecc256:ecdsa -L dup.policy \
            -a 'sensitivedataorigin|userwithauth|sign' -u d.pub -r d.priv -c d.ctx || return 1
    duplicate_move || return 1
    tpm import -Q -C parent.new -u d.pub -i d.dup -r d.new.priv -s d.seed &&
        tpm load -Q -C parent.new -u d.pub -r d.new.priv -c d.new.ctx &&
        tpm readpublic -Q -c d.ctx -f pem -o d.pem &&
        tpm sign -Q -c d.new.ctx -g sha256 -s ecdsa -f plain -o sig.plain message &&
        openssl_verifies d.pem sha256 ecdsa sig.plain message
}
duplicate_move() {
    tpm loadexternal -Q -C o -u parent.new.pub -c parent.ext &&
        session_open --policy-session &&
        tpm policycommandcode -Q -S seal.session TPM2_CC_Duplicate &&
        tpm duplicate -Q -C parent.ext -c d.ctx -G null -p session:seal.session -r d.dup -s d.seed
    session_close $?
}
fixed_stays() {
    session_open --policy-session
    tpm policycommandcode -Q -S seal.session TPM2_CC_Duplicate
    tpm duplicate -Q -C parent.ext -c p256.ctx -G null -p session:seal.session -r f.dup -s f.seed
    session_close $?
}
# imports TYPE SCHEME: a key pair of openssl's signs inside the TPM.
imports() {
    tpm import -Q -C primary.p256 -G "$1" -i "ext.$1.pem" -u i.pub -r i.priv &&
        tpm load -Q -C primary.p256 -u i.pub -r i.priv -c i.ctx &&
        tpm sign -Q -c i.ctx -g sha256 -s "$2" -f plain -o sig.plain message &&
        openssl_verifies "ext.$1.pub.pem" sha256 "$2" sig.plain message
}
imports_aes() {
    tpm import -Q -C primary.p256 -G aes128 -i aes.key.16 -u i.pub -r i.priv &&
        tpm load -Q -C primary.p256 -u i.pub -r i.priv -c i.ctx &&
        tpm encryptdecrypt -Q -c i.ctx -G cfb --iv aes.iv -o aes.enc aes.plain &&
        openssl enc -aes-128-cfb -K "$(hex aes.key.16)" -iv "$(hex aes.iv)" -in aes.plain \
            -out aes.openssl && cmp aes.enc aes.openssl
}
# The shared point of a TPM key and a fresh one, worked out on both sides.
agrees() {
    tpm create -Q -C primary.p256 -G ecc256:ecdh -u e.pub -r e.priv &&
        tpm load -Q -C primary.p256 -u e.pub -r e.priv -c e.ctx &&
        tpm ecdhkeygen -Q -c e.ctx -u e.point -o e.shared &&
        tpm ecdhzgen -Q -c e.ctx -u e.point -o e.shared.again && cmp e.shared e.shared.again
}
# The point that openssl holds, as TPM2B_ECC_POINT; x of the shared point is openssl's secret.
agrees_with_openssl() {
    openssl ec -pubin -in ext.ecc.pub.pem -pubin -outform DER -conv_form uncompressed 2>/dev/null |
        tail -c 64 >xy || return 1
    { printf '\0\104\0\40' && head -c 32 xy && printf '\0\40' && tail -c 32 xy; } >e.theirs
    tpm readpublic -Q -c e.ctx -f pem -o e.pem &&
        tpm ecdhzgen -Q -c e.ctx -u e.theirs -o e.z &&
        openssl pkeyutl -derive -inkey ext.ecc.pem -peerkey e.pem -out e.openssl &&
        [ "$(dd if=e.z bs=1 skip=4 count=32 2>/dev/null | od -An -v -tx1 | tr -d ' \n')" = \
            "$(hex e.openssl)" ]
}
off_curve() {
    { printf '\0\104\0\40' && head -c 32 /dev/urandom && printf '\0\40' &&
        head -c 32 /dev/urandom; } >e.off
    tpm ecdhzgen -Q -c e.ctx -u e.off -o e.z
}
daa_commit() {
    tpm create -Q -C primary.p256 -G ecc256:ecdaa -u a.pub -r a.priv &&
        tpm load -Q -C primary.p256 -u a.pub -r a.priv -c a.ctx &&
        tpm commit -Q -c a.ctx -t a.count --eccpoint-K a.k --eccpoint-L a.l -u a.e && test -s a.e
}
ephemeral() {
    tpm ecephemeral -Q -u eph.point -t eph.count ecc256 && [ "$(wc -c <eph.point)" -ge 70 ]
}
owner_password() {
    tpm changeauth -Q -c o ownerpass && tpm createprimary -Q -C o -P ownerpass -G ecc -c o.ctx
}
owner_wrong() {
    tpm createprimary -Q -C o -P wrong -G ecc -c o.ctx
}
owner_password_back() {
    tpm changeauth -Q -c o -p ownerpass && tpm createprimary -Q -C o -G ecc -c o.ctx
}
object_password() {
    tpm changeauth -Q -c rsa1024.ctx -C primary.p256 -r n.priv newpass &&
        tpm load -Q -C primary.p256 -u rsa1024.pub -r n.priv -c n.ctx &&
        ! tpm sign -Q -c n.ctx -g sha256 -o sig.tss message &&
        tpm sign -Q -c n.ctx -p newpass -g sha256 -o sig.tss message
}
lockout_set() {
    tpm dictionarylockout -Q -s -n 5 -t 1000 -l 1000 &&
        tpm getcap properties-variable | grep -A 1 'TPM2_PT_MAX_AUTH_FAIL' | grep -qi '0x5'
}
lockout_locks() {
    for _ in 1 2 3 4 5; do
        tpm unseal -c password.ctx -p wrong
    done
    tpm unseal -c password.ctx -p secret
}
lockout_clears() {
    tpm dictionarylockout -Q -c && unseals password secret
}

head -c 16 long >aes.key.16
check evictcontrol-persist persists
check evictcontrol-evict evicts
check context-load-twice context_twice
refused context-damaged context_damaged
check duplicate-import duplicates
refused duplicate-fixed fixed_stays
check import-rsa imports rsa rsassa
check import-ecc imports ecc ecdsa
check import-aes imports_aes
check ecdh-both-ways agrees
check ecdh-openssl agrees_with_openssl
refused ecdh-off-curve off_curve
check ecdaa-commit daa_commit
check ecephemeral ephemeral
check changeauth-owner owner_password
refused changeauth-owner-wrong owner_wrong
check changeauth-owner-back owner_password_back
check changeauth-object object_password
check lockout-parameters lockout_set
refused lockout-locks lockout_locks
check lockout-clear lockout_clears
