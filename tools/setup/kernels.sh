# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Stock kernels for tests (kernels.conf), with the few modules that the guests load. Each lies in
# kernels/NAME/ of the cache: vmlinuz, modules/*.ko, drivers/*.ko for virtio devices and version; build/headers is what
# modules are built with. Assumes common.sh, apt.sh and tools.sh.

KERNELS_ROOT=$SVSM_CACHE/kernels
# In the order in which they can be loaded; a kernel has one or the other name of tsm, and GCM for
# older drivers.
KERNEL_MODULES="configfs tsm tsm_report gf128mul ghash-generic crypto_null ctr gcm sev-guest"
KERNEL_DRIVERS="virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk virtio_console"

kernels_wanted() {
    sed 's/#.*//' "$SVSM_SETUP/kernels.conf" | awk 'NF == 3'
}

kernel_is_current() {
    [ "$(cat "$KERNELS_ROOT/$1/complete" 2>/dev/null)" = "$2 $3 $KERNEL_MODULES" ] &&
        [ "$(cat "$KERNELS_ROOT/$1/drivers/complete" 2>/dev/null)" = "$KERNEL_DRIVERS" ]
}

# Headers are the kernel's own to the last digit: those that the mirror has not are not asked for again.
headers_are_current() {
    cmp -s "$KERNELS_ROOT/$1/version" "$KERNELS_ROOT/$1/build/complete" ||
        cmp -s "$KERNELS_ROOT/$1/version" "$KERNELS_ROOT/$1/no-headers"
}

kernels_current() {
    kernels_wanted | while read -r name release package; do
        kernel_is_current "$name" "$release" "$package" && headers_are_current "$name" || exit 1
    done
}

# The package behind the one that only depends on the newest kernel, and its parts: newer releases
# have the image and the modules in packages of their own.
kernel_packages() {
    kernel_image=$(apt_private apt-cache depends "$1" |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
    if [ -n "$kernel_image" ]; then
        echo "$kernel_image"
        apt_private apt-cache depends "$kernel_image" |
            sed -n 's/^ *Depends: \(linux-\(binary\|modules\)-[0-9].*\)$/\1/p'
    fi
}

# kernel_unpack_modules ROOT TO MODULE...: those that there are; a kernel can have one built in
kernel_unpack_modules() {
    modules_root=$1
    modules_to=$2
    shift 2
    mkdir -p "$modules_to"
    for module in "$@"; do
        file=$(find "$modules_root" -name "$module.ko*" | head -n 1)
        case $file in
        *.xz) xz -dc "$file" >"$modules_to/$module.ko" ;;
        *.zst) zstd -qdc "$file" >"$modules_to/$module.ko" ;;
        *.ko) cp "$file" "$modules_to/" ;;
        esac
    done
}

# kernel_unpack FOLDER-OF-DEBS TO
kernel_unpack() {
    rm -rf "$2.new"
    mkdir -p "$2.new/root"
    for deb in "$1"/*.deb; do
        dpkg-deb -x "$deb" "$2.new/root" || return 1
    done
    image=$(find "$2.new/root" -name 'vmlinuz*' -type f | head -n 1)
    [ -n "$image" ] && cp "$image" "$2.new/vmlinuz" || return 1
    basename "$1"/linux-image-*.deb | sed 's/^linux-image-//; s/_.*//' >"$2.new/version"
    # shellcheck disable=SC2086
    kernel_unpack_modules "$2.new/root" "$2.new/modules" $KERNEL_MODULES
    # shellcheck disable=SC2086
    kernel_unpack_modules "$2.new/root" "$2.new/drivers" $KERNEL_DRIVERS
    echo "$KERNEL_DRIVERS" >"$2.new/drivers/complete"
    rm -rf "$2.new/root" "$2"
    mv "$2.new" "$2"
}

# kernel_setup NAME RELEASE PACKAGE. A kernel that cannot be had costs its suites, nothing else.
kernel_setup() {
    apt_prepare "$2"
    apt_refresh
    kernel=$(kernel_packages "$3" | tr '\n' ' ')
    fetch=$KERNELS_ROOT/$1.fetch
    rm -rf "$fetch"
    mkdir -p "$fetch"
    # shellcheck disable=SC2086
    if [ -z "$kernel" ] || ! (cd "$fetch" && step "fetching ${kernel}of $2 (private copy)" \
        apt_private apt-get -q download $kernel); then
        log_tail
        warn "no kernel $1 from $2: suites that boot it will be skipped"
        rm -rf "$fetch"
        return 0
    fi
    if ! step "unpacking the kernel" kernel_unpack "$fetch" "$KERNELS_ROOT/$1"; then
        log_tail
        warn "${kernel}could not be unpacked: suites that boot it will be skipped"
        rm -rf "$fetch"
        return 0
    fi
    rm -rf "$fetch"
    echo "$2 $3 $KERNEL_MODULES" >"$KERNELS_ROOT/$1/complete"
}

# headers_wrap PROGRAM: run by the private tree's C library, where there is one: it may want a newer one
# than the machine's.
headers_wrap() {
    headers_lib=$TOOLS_ROOT/root/usr/lib/x86_64-linux-gnu
    [ "$(head -c 4 "$1" | tail -c 3)" = ELF ] && [ -x "$headers_lib/ld-linux-x86-64.so.2" ] || return 0
    mv "$1" "$1.elf"
    {
        echo '#!/bin/sh'
        echo '# Written by tools/setup/kernels.sh.'
        echo "lib='$headers_lib'"
        echo 'exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" --argv0 "$0" "$0.elf" "$@"'
    } >"$1"
    chmod +x "$1"
}

# headers_unpack FOLDER-OF-DEBS TO: the packages expect to lie below /usr.
headers_unpack() {
    rm -rf "$2.new" "$2"
    mkdir -p "$2.new"
    for deb in "$1"/*.deb; do
        dpkg-deb -x "$deb" "$2.new" || return 1
    done
    mv "$2.new" "$2"
    find "$2/usr/lib" -type f -perm -100 >"$2/programs"
    while read -r program; do
        headers_wrap "$program"
    done <"$2/programs"
    headers=$(find "$2/usr/src" -maxdepth 1 -name 'linux-headers-*-amd64')
    sed -i "s#/usr/src#$2/usr/src#" "$headers/Makefile" || return 1
    ln -s "${headers#"$2/"}" "$2/headers"
}

# headers_setup NAME RELEASE: what modules for that kernel are built with.
headers_setup() {
    kernel=$KERNELS_ROOT/$1
    [ -f "$kernel/version" ] || return 0
    version=$(cat "$kernel/version")
    apt_prepare "$2"
    apt_refresh
    rm -rf "$kernel/headers.fetch"
    mkdir -p "$kernel/headers.fetch"
    if (cd "$kernel/headers.fetch" && step "fetching headers of $version (private copy)" \
        apt_private apt-get -q download "linux-headers-$version" "linux-headers-${version%-amd64}-common" \
        "linux-kbuild-${version%-amd64}") &&
        step "unpacking them" headers_unpack "$kernel/headers.fetch" "$kernel/build"; then
        cp "$kernel/version" "$kernel/build/complete"
    else
        log_tail
        warn "no headers of $version from $2: suites that build a module for it will be skipped"
        cp "$kernel/version" "$kernel/no-headers"
    fi
    rm -rf "$kernel/headers.fetch"
}

kernels_setup() {
    if kernels_current; then
        return 0
    fi
    if [ "$(host_id)" != debian ]; then
        warn "stock kernels are taken from Debian; suites that boot them will be skipped here"
        return 0
    fi
    need_space "$SVSM_CACHE" 1400 "stock kernels"
    kernels_wanted >"$SVSM_BUILD/kernels.todo"
    while read -r name release package; do
        kernel_is_current "$name" "$release" "$package" ||
            kernel_setup "$name" "$release" "$package"
        headers_are_current "$name" || headers_setup "$name" "$release"
    done <"$SVSM_BUILD/kernels.todo"
    rm -f "$SVSM_BUILD/kernels.todo"
}
