# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Stock firmware for tests: an OVMF that can start as an SNP guest on hosts that check (those before
# 2023 reach the APIC through a private mapping). firmware/OVMF.fd of the cache, and where it is from.
# Assumes common.sh and apt.sh.

FIRMWARE_ROOT=$SVSM_CACHE/firmware
FIRMWARE_RELEASE=trixie
FIRMWARE_PACKAGE=ovmf
FIRMWARE_FILE=usr/share/ovmf/OVMF.fd

firmware_current() {
    [ "$(cat "$FIRMWARE_ROOT/complete" 2>/dev/null)" = "$FIRMWARE_RELEASE $FIRMWARE_PACKAGE" ]
}

# firmware_unpack FOLDER-OF-DEBS
firmware_unpack() {
    dpkg-deb -x "$1"/*.deb "$1/root" && cp "$1/root/$FIRMWARE_FILE" "$FIRMWARE_ROOT/OVMF.fd"
}

firmware_setup() {
    if firmware_current; then
        return 0
    fi
    if [ "$(host_id)" != debian ]; then
        warn "stock firmware is taken from Debian; suites that boot it will be skipped here"
        return 0
    fi
    need_space "$SVSM_CACHE" 50 "stock firmware"
    apt_prepare "$FIRMWARE_RELEASE"
    apt_refresh
    firmware_fetch=$FIRMWARE_ROOT/fetch
    rm -rf "$FIRMWARE_ROOT"
    mkdir -p "$firmware_fetch"
    if ! (cd "$firmware_fetch" &&
        step "fetching $FIRMWARE_PACKAGE of $FIRMWARE_RELEASE (private copy)" \
            apt_private apt-get -q download "$FIRMWARE_PACKAGE") ||
        ! firmware_unpack "$firmware_fetch"; then
        log_tail
        warn "no $FIRMWARE_PACKAGE from $FIRMWARE_RELEASE: suites that boot it will be skipped"
        rm -rf "$FIRMWARE_ROOT"
        return 0
    fi
    rm -rf "$firmware_fetch"
    echo "$FIRMWARE_RELEASE $FIRMWARE_PACKAGE" >"$FIRMWARE_ROOT/complete"
}
