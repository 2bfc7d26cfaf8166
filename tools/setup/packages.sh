# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Installs what packages.* name and the machine lacks, from the machine's own package sources.
# A line is one package, or alternatives joined by '|' (their names differ between releases).
# Assumes common.sh.

packages_list() {
    for list in "$@"; do
        sed 's/#.*//' "$SVSM_SETUP/packages.$list"
    done | awk 'NF { print $1 }' | sort -u
}

# packages_missing LIST...: prints the lines of which nothing is installed. Writes no file: a full
# disk must not look like missing packages.
packages_missing() {
    {
        # shellcheck disable=SC2046
        dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
            $(packages_list "$@" | tr '|' '\n') 2>/dev/null || true # 1: it does not know all
        packages_list "$@"
    } | awk '
        NF == 2 {
            if ($2 == "installed") { installed[$1] = 1 }
            next
        }
        {
            count = split($0, option, "|")
            for (i = 1; i <= count; i++) {
                if (option[i] in installed) { next }
            }
            print
        }'
}

# Picks, of alternatives, the first that the package sources know.
packages_choose() {
    for choice in "$@"; do
        chosen=
        for option in $(echo "$choice" | tr '|' ' '); do
            if [ -z "$chosen" ] && apt-cache show "$option" >/dev/null 2>&1; then
                chosen=$option
            fi
        done
        echo "${chosen:-${choice%%|*}}"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

packages_need_root() {
    [ "$(id -u)" != 0 ] || return 0
    if ! command -v sudo >/dev/null 2>&1; then
        fail_env "these packages are missing, and only root may install them: $*" \
            "as root: apt-get install $*" "or install sudo and allow $(id -un) to use it"
    fi
    if ! sudo -n true 2>/dev/null; then
        say "sudo may ask for your password, to install: $*"
        if ! sudo -v; then
            fail_env "these packages are missing, and sudo refused: $*" \
                "as root: apt-get install $*"
        fi
    fi
}

packages_setup() {
    missing=$(packages_missing "$@")
    if [ -z "$missing" ]; then
        return 0
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        fail_env "these packages are missing, and there is no apt-get: $(echo $missing)" \
            "install what corresponds to them with this system's own package manager"
    fi
    need_space /var "$((100 + 70 * $(echo $missing | wc -w)))" "installing packages"
    # shellcheck disable=SC2086
    packages_need_root $(echo $missing | sed 's/|[^ ]*//g')
    STEP_FINISH=1
    step "reading the package lists" as_root apt-get -q update ||
        warn "apt-get update failed in part; going on with what is known"
    # shellcheck disable=SC2046,SC2086
    set -- $(packages_choose $missing)
    if ! step "installing: $*" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 install "$@"; then
        log_tail 20
        fail_env "apt-get could not install: $*" \
            "run it by hand to see more: apt-get install $*" \
            "check that the machine's package sources work: apt-get update"
    fi
    STEP_FINISH=
    # What the build looked for and did not find may be there now.
    : >"$SVSM_BUILD/reconfigure"
}
