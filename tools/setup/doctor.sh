#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools/svsm doctor: what this machine has and lacks for this tree, and the mend of what it lacks.
# Changes nothing. Exit status 0: everything for building and running is there; 3: something is not.
set -eu

. "$SVSM_TREE/tools/setup/common.sh"
. "$SVSM_TREE/tools/setup/apt.sh"
. "$SVSM_TREE/tools/setup/packages.sh"
. "$SVSM_TREE/tools/setup/sources.sh"
. "$SVSM_TREE/tools/setup/tools.sh"
. "$SVSM_TREE/tools/setup/qemu.sh"

json=
lacking=0
first=1

# row NAME ok|missing|optional FOUND MEND: "missing" counts, "optional" does not.
row() {
    if [ "$2" = missing ]; then
        lacking=3
    fi
    if [ -n "$json" ]; then
        [ -n "$first" ] || printf ',\n'
        first=
        printf '{"name":"%s","state":"%s","found":"%s","mend":"%s"}' \
            "$1" "$2" "$(json_text "$3")" "$(json_text "$4")"
    else
        printf '%-18s %-9s %s\n' "$1" "$2" "$3"
        [ "$2" = ok ] || printf '%-18s %-9s mend: %s\n' '' '' "$4"
    fi
}

json_text() {
    printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'
}

row_machine() {
    state=ok
    [ "$(uname -m)" = x86_64 ] || state=missing
    row machine $state "$(uname -m), $(getconf _NPROCESSORS_ONLN) CPUs" "use an x86_64 machine"
}

row_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        row "packages-$1" "$2" "no dpkg-query" "use Debian 12 or later, or a container of it"
        return
    fi
    lack=$(packages_missing "$1" | tr '\n' ' ')
    if [ -z "$lack" ]; then
        row "packages-$1" ok "all $(packages_list "$1" | wc -l)" ""
    else
        row "packages-$1" "$2" "missing: $lack" "$3"
    fi
}

row_qemu() {
    version=$(qemu_version qemu-system-x86_64)
    if [ -z "$version" ]; then
        row qemu missing "none" "tools/svsm setup"
    elif ! qemu_new_enough "$version"; then
        row qemu missing "$version, too old" "install QEMU $QEMU_OLDEST or later"
    else
        row qemu ok "$version" ""
    fi
}

row_sources() {
    for name in $(sources_each | cut -d ' ' -f 1); do
        if [ -f "$SVSM_TREE/subprojects/$name.source" ]; then
            row "source-$name" ok \
                "$(sed -n 's/^version //p' "$SVSM_TREE/subprojects/$name.source")" ""
        else
            row "source-$name" missing "not unpacked" "tools/svsm setup"
        fi
    done
}

row_tools() {
    for name in qemu-system-x86_64-10 cbmc kissat; do
        if [ -x "$TOOLS_ROOT/bin/$name" ]; then
            row "$name" ok "$("$TOOLS_ROOT/bin/$name" --version 2>/dev/null | head -n 1)" ""
        else
            row "$name" optional "not there; only tests use it" "tools/svsm setup --test"
        fi
    done
}

row_hardware() {
    if [ -w /dev/kvm ]; then
        row kvm ok "/dev/kvm" ""
    else
        row kvm optional "no usable /dev/kvm; QEMU's TCG is used" \
            "load the kvm module, or join the group kvm"
    fi
    if [ -w /dev/sev ]; then
        row sev-snp ok "/dev/sev" ""
    else
        row sev-snp optional "no usable /dev/sev" \
            "only an SNP host has it; nothing here needs one"
    fi
}

row_space() {
    free=$(df -Pm "$SVSM_TREE" | awk 'NR == 2 { print $4 }')
    state=ok
    [ "$free" -ge 400 ] || state=missing
    row space $state "$free MiB free in the tree" "free 400 MiB there"
}

usage() {
    cat <<'END'
usage: tools/svsm doctor [--json]

Shows what this machine has and lacks, with the mend of each gap; changes nothing.

  --json  a JSON array of objects on stdout: name, state (ok, missing, optional), found, mend
  --help  print this, and end

Exit status 0: building and running will work; 3: something for that is missing.
END
}

for argument in "$@"; do
    case $argument in
    --json) json=1 ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        printf 'svsm: error: doctor: unknown argument %s\n' "$argument" >&2
        usage >&2
        exit 2
        ;;
    esac
done

[ -z "$json" ] || printf '[\n'
row_machine
row_space
row_packages build missing "tools/svsm setup"
row_packages test optional "tools/svsm setup --test"
row_qemu
row_sources
row_tools
row_hardware
[ -z "$json" ] || printf '\n]\n'
exit $lacking
