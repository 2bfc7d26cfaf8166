# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Stock firmware for tests (firmware.conf): OVMFs that can start as an SNP guest on hosts that check (those before
# 2023 reach the APIC through a private mapping). Below firmware/ of the cache, each file with a note of where it is
# from. Assumes common.sh and apt.sh.

FIRMWARE_ROOT=$SVSM_CACHE/firmware

firmware_wanted() {
    sed 's/#.*//' "$SVSM_SETUP/firmware.conf" | awk 'NF == 4'
}

# firmware_note NAME: the file that says where NAME is from
firmware_note() {
    case $1 in
    OVMF.fd) echo "$FIRMWARE_ROOT/complete" ;;
    *) echo "$FIRMWARE_ROOT/$1.complete" ;;
    esac
}

# firmware_is_current NAME RELEASE PACKAGE
firmware_is_current() {
    [ -f "$FIRMWARE_ROOT/$1" ] && [ "$(cat "$(firmware_note "$1")" 2>/dev/null)" = "$2 $3" ]
}

firmware_current() {
    firmware_wanted | while read -r name release package _; do
        firmware_is_current "$name" "$release" "$package" || exit 1
    done
}

# firmware_unpack FOLDER-OF-DEBS FILE TO
firmware_unpack() {
    dpkg-deb -x "$1"/*.deb "$1/root" && cp "$1/root/$2" "$3"
}

# firmware_fetch NAME RELEASE PACKAGE FILE. What cannot be had costs its suites, nothing else.
firmware_fetch() {
    apt_prepare "$2"
    apt_refresh
    firmware_folder=$FIRMWARE_ROOT/fetch
    rm -rf "$firmware_folder"
    mkdir -p "$firmware_folder"
    if (cd "$firmware_folder" && step "fetching $3 of $2 (private copy)" apt_private apt-get -q download "$3") &&
        firmware_unpack "$firmware_folder" "$4" "$FIRMWARE_ROOT/$1"; then
        echo "$2 $3" >"$(firmware_note "$1")"
    else
        log_tail
        warn "no $3 from $2: suites that boot it will be skipped"
    fi
    rm -rf "$firmware_folder"
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
    firmware_wanted >"$SVSM_BUILD/firmware.todo"
    while read -r name release package file; do
        firmware_is_current "$name" "$release" "$package" || firmware_fetch "$name" "$release" "$package" "$file"
    done <"$SVSM_BUILD/firmware.todo"
    rm -f "$SVSM_BUILD/firmware.todo"
}
