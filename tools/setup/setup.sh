#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools/svsm setup: makes the machine able to build and run (and, with --test, test) this tree.
# Silent where nothing is to be done. Assumes SVSM_TREE.
set -eu

. "$SVSM_TREE/tools/setup/common.sh"
. "$SVSM_TREE/tools/setup/apt.sh"
. "$SVSM_TREE/tools/setup/packages.sh"
. "$SVSM_TREE/tools/setup/sources.sh"
. "$SVSM_TREE/tools/setup/tools.sh"
. "$SVSM_TREE/tools/setup/kernels.sh"
. "$SVSM_TREE/tools/setup/firmware.sh"
. "$SVSM_TREE/tools/setup/qemu.sh"

usage() {
    cat <<'END'
usage: tools/svsm setup [--test] [--print-env]

Installs what building and running need and the machine lacks, from the machine's own package
sources; fetches, checks and unpacks the sources that are compiled here. Silent and quick when
nothing is missing. The log is build/logs/setup.log.

  --test       also what `tools/svsm test` needs, with private copies of QEMU 10, CBMC
               and the stock kernels and firmware that the emulated machine boots
  --print-env  only print where the private programs are, as shell assignments
  --help       print this, and end
END
}

check_machine() {
    machine=$(uname -m)
    if [ "$machine" != x86_64 ]; then
        fail_env "this machine is $machine; the SVSM and its tools need x86_64" \
            "use an x86_64 machine (a virtual one will do: the SVSM runs under QEMU's TCG)"
    fi
    case $SVSM_TREE in
    *,*)
        fail_env "the tree's path has a comma in it, which the linker takes for the end of a name: $SVSM_TREE" \
            "move the tree to a path without one"
        ;;
    esac
    if ! command -v dpkg-query >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        fail_env "this is not a Debian-like system: there is no dpkg-query" \
            "use Debian 12 or later (a container will do)" \
            "the packages needed, under Debian's names: $(echo $(packages_list build))"
    fi
}

with_test=
other_qemu=
while [ $# -gt 0 ]; do
    case $1 in
    --test) with_test=test ;;
    --other-qemu) other_qemu=1 ;; # from tools/svsm alone: the run brings a QEMU of its own
    --print-env)
        tools_env
        printf "SVSM_KERNELS='%s'\n" "$KERNELS_ROOT"
        printf "SVSM_FIRMWARE='%s'\n" "$FIRMWARE_ROOT/OVMF.fd"
        exit 0
        ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        printf 'svsm: error: setup: unknown argument %s\n' "$1" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done

check_machine
need_writable "$SVSM_LOG" "make the source tree writable for $(id -un) and free space there" \
    "or clone it to a place that is"

# Before the lock: who lacks nothing waits for nobody.
nothing_missing() {
    # shellcheck disable=SC2086
    [ -z "$(packages_missing build $with_test)" ] && sources_current || return 1
    [ -z "$with_test" ] || { tools_current && kernels_current && firmware_current; }
}

if nothing_missing; then
    [ -n "$other_qemu" ] || qemu_check
    exit 0
fi
lock_cache
# shellcheck disable=SC2086
packages_setup build $with_test
[ -n "$other_qemu" ] || qemu_check
if ! sources_current; then
    need_space "$SVSM_TREE" 400 "unpacking and building"
    sources_setup
fi
if [ -n "$with_test" ]; then
    tools_setup
    kernels_setup
    firmware_setup
fi
