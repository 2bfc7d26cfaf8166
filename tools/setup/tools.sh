# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A private tree of programs from a newer release (packages.private): QEMU 10 and the bounded model
# checker. Their whole closure, C library included, is unpacked below the cache and run through
# its own dynamic linker; nothing is installed. Assumes common.sh and apt.sh.

TOOLS_ROOT=$SVSM_CACHE/tools

tools_wanted() {
    sed 's/#.*//' "$SVSM_SETUP/packages.private" | awk 'NF == 2'
}

tools_current() {
    tools_wanted | cmp -s - "$TOOLS_ROOT/complete"
}

# tool_wrap NAME PROGRAM [FIXED ARGUMENTS]: a script that runs PROGRAM of the tree.
# --argv0 because goto-cc looks at its own name.
tool_wrap() {
    wrap_name=$1
    wrap_program=$2
    shift 2
    [ -x "$TOOLS_ROOT/root/usr/bin/$wrap_program" ] || return 0
    {
        echo '#!/bin/sh'
        echo '# Written by tools/setup/tools.sh.'
        echo "root='$TOOLS_ROOT/root'"
        echo 'lib=$root/usr/lib/x86_64-linux-gnu'
        echo 'export QEMU_MODULE_DIR="$lib/qemu"'
        echo "PATH='$TOOLS_ROOT/bin':\$PATH"
        echo "exec \"\$lib/ld-linux-x86-64.so.2\" --library-path \"\$lib:\$root/usr/lib\" --argv0 $wrap_program \\"
        echo "    \"\$root/usr/bin/$wrap_program\" $* \"\$@\""
    } >"$TOOLS_ROOT/bin/$wrap_name"
    chmod +x "$TOOLS_ROOT/bin/$wrap_name"
}

tools_unpack() {
    for deb in "$1"/*.deb; do
        dpkg-deb -x "$deb" "$TOOLS_ROOT/root" || return 1
    done
}

tools_setup() {
    if tools_current; then
        return 0
    fi
    if [ "$(host_id)" != debian ]; then
        warn "QEMU 10 and CBMC are taken from Debian; suites that need them will be skipped here"
        return 0
    fi
    need_space "$SVSM_CACHE" 1500 "the private tool tree"
    release=$(tools_wanted | awk 'NR == 1 { print $1 }')
    apt_prepare "$release"
    apt_refresh
    # With no package marked as essential, an empty status gives the bare closure.
    # shellcheck disable=SC2046
    if ! step "fetching $(tools_wanted | awk '{ print $2 }' | tr '\n' ' ')(private copies)" \
        apt_private apt-get -q -y --no-install-recommends -o pkgCacheGen::Essential=none \
        -o Debug::NoLocking=true --download-only install $(tools_wanted | awk '{ print $2 }'); then
        log_tail
        warn "no QEMU 10 and no CBMC from $release: suites that need them will be skipped"
        rm -f "$APT_ROOT/refreshed"
        return 0
    fi
    rm -rf "$TOOLS_ROOT"
    mkdir -p "$TOOLS_ROOT/root" "$TOOLS_ROOT/bin"
    if ! step "unpacking them" tools_unpack "$APT_ROOT/cache/archives"; then
        log_tail
        fail_env "the private tool tree could not be unpacked" "free space in $SVSM_CACHE"
    fi
    for deb in "$APT_ROOT"/cache/archives/*.deb; do
        basename "$deb" .deb
    done >"$TOOLS_ROOT/packages"
    rm -f "$APT_ROOT"/cache/archives/*.deb
    for program in cbmc goto-cc goto-gcc goto-instrument goto-analyzer kissat cadical minisat; do
        tool_wrap "$program" "$program"
    done
    # No audio: QEMU would look for its modules in the system's QEMU, which is another release.
    tool_wrap qemu-system-x86_64-10 qemu-system-x86_64 '-audio none -L "$root/usr/share/qemu"' \
        '-L "$root/usr/share/seabios"' '-L "$root/usr/lib/ipxe/qemu"'
    tool_wrap qemu-img-10 qemu-img
    tools_wanted >"$TOOLS_ROOT/complete"
}

# Shell assignments for scripts that use the private tools; empty where there is none.
tools_env() {
    for pair in SVSM_QEMU10=qemu-system-x86_64-10 SVSM_CBMC=cbmc SVSM_GOTO_CC=goto-cc \
        SVSM_GOTO_INSTRUMENT=goto-instrument SVSM_KISSAT=kissat; do
        if [ -x "$TOOLS_ROOT/bin/${pair#*=}" ]; then
            printf "%s='%s'\n" "${pair%%=*}" "$TOOLS_ROOT/bin/${pair#*=}"
        else
            printf "%s=''\n" "${pair%%=*}"
        fi
    done
}
