# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A private apt for packages and sources that the machine's own configuration does not offer:
# other releases of the same distribution, and source packages. Entries are derived from the
# machine's (same mirrors, same keys, same proxy settings); nothing of the system's is changed.
# Assumes common.sh. One root directory per release under the cache.

# The release the machine runs, and the name of its distribution.
host_codename() {
    (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
}

host_id() {
    (. /etc/os-release && printf '%s' "${ID:-}")
}

# Translates every usable one-line entry (files given) to release TO.
apt_derive_list() {
    derive_from=$1
    derive_to=$2
    shift 2
    cat /dev/null "$@" | awk -v from="$derive_from" -v to="$derive_to" '
        $1 == "deb" {
            line = $0
            options = ""
            if (match(line, /\[[^]]*\]/)) {
                options = substr(line, RSTART, RLENGTH)
                line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
                gsub(/arch(\+|-)?=[^] ]*/, "", options)
            }
            count = split(line, field, /[ \t]+/)
            suite = field[3]
            if (!match(suite, "^(" from "|stable|oldstable|testing)(-updates|-security)?$")) {
                next
            }
            for (i = 4; i <= count && field[i] != "main"; i++) {
            }
            if (i > count) {
                next
            }
            sub("^(" from "|stable|oldstable|testing)", to, suite)
            print "deb " options " " field[2] " " suite " main"
            print "deb-src " options " " field[2] " " suite " main"
        }'
}

# The same for deb822 files. Stanzas are kept as they are, but for types, suites and components.
apt_derive_deb822() {
    derive_from=$1
    derive_to=$2
    shift 2
    for file in "$@"; do
        cat "$file"
        echo
    done | awk -v from="$derive_from" -v to="$derive_to" '
        function flush_stanza(    i, count, part, suites) {
            count = split(wanted, part, /[ \t]+/)
            suites = ""
            for (i = 1; i <= count; i++) {
                if (part[i] ~ "^(" from "|stable|oldstable|testing)(-updates|-security)?$") {
                    sub("^(" from "|stable|oldstable|testing)", to, part[i])
                    suites = suites " " part[i]
                }
            }
            if (suites != "" && enabled && binary && main) {
                print "Types: deb deb-src\nSuites:" suites "\nComponents: main\n" rest
            }
            wanted = rest = ""
            enabled = 1
            binary = main = 0
        }
        BEGIN { enabled = 1 }
        /^#/ { next }
        /^[ \t]*$/ { flush_stanza(); next }
        {
            key = tolower($1)
            if ($0 !~ /^[ \t]/) {
                skip = 0
            }
            if (key == "types:") { binary = ($0 ~ /deb( |$)/); skip = 1 }
            else if (key == "suites:") { wanted = $0; sub(/^[^:]*:[ \t]*/, "", wanted); skip = 1 }
            else if (key == "components:") { main = ($0 ~ /[ \t]main([ \t]|$)/); skip = 1 }
            else if (key == "architectures:") { skip = 1 }
            else if (key == "enabled:") { enabled = (tolower($2) != "no"); skip = 1 }
            else if (!skip) { rest = rest $0 "\n" }
        }
        END { flush_stanza() }'
}

# apt_prepare RELEASE: writes the private configuration and sets APT_ROOT.
apt_prepare() {
    APT_ROOT=$SVSM_CACHE/apt/$1
    mkdir -p "$APT_ROOT/sources" "$APT_ROOT/conf" "$APT_ROOT/state/lists/partial" \
        "$APT_ROOT/cache/archives/partial"
    : >"$APT_ROOT/status"
    apt_from=$(host_codename)
    set --  /etc/apt/sources.list /etc/apt/sources.list.d/*.list
    for file in "$@"; do
        if [ -r "$file" ]; then
            apt_derive_list "$apt_from" "${APT_ROOT##*/}" "$file"
        fi
    done >"$APT_ROOT/sources/derived.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        if [ -r "$file" ]; then
            apt_derive_deb822 "$apt_from" "${APT_ROOT##*/}" "$file"
        fi
    done >"$APT_ROOT/sources/derived.sources"
    if ! [ -s "$APT_ROOT/sources/derived.list" ] && ! [ -s "$APT_ROOT/sources/derived.sources" ]; then
        fail_env "no package source of this machine offers '$apt_from main'" \
            "add the distribution's own entry below /etc/apt/sources.list.d/, then try again"
    fi
    # The machine's settings (proxies and such) by reference, but none of its hooks: they would
    # touch the system's package cache.
    rm -f "$APT_ROOT"/conf/*
    for file in /etc/apt/apt.conf.d/*; do
        if [ -r "$file" ] && ! grep -q 'Invoke' "$file"; then
            ln -s "$file" "$APT_ROOT/conf/"
        fi
    done
    printf 'Dir::Etc::parts "%s/conf";\n' "$APT_ROOT" >"$APT_ROOT/apt.conf"
}

# apt_private TOOL ARGUMENTS...: apt-get, apt-cache with the configuration apt_prepare wrote.
apt_private() {
    apt_tool=$1
    shift
    APT_CONFIG=$APT_ROOT/apt.conf "$apt_tool" \
        -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$APT_ROOT/sources" \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o "Dir::State=$APT_ROOT/state" -o "Dir::State::status=$APT_ROOT/status" \
        -o "Dir::Cache=$APT_ROOT/cache" -o APT::Sandbox::User=root \
        -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o Acquire::Languages=none \
        -o Acquire::Retries=3 -o APT::Install-Recommends=false "$@"
}

# Reads the lists anew when they are older than a day. Not fatal: what is missing shows later.
apt_refresh() {
    if [ -z "$(find "$APT_ROOT/refreshed" -mtime -1 2>/dev/null)" ]; then
        step "reading the package lists of ${APT_ROOT##*/} (private copy)" \
            apt_private apt-get -q update || true
        : >"$APT_ROOT/refreshed"
    fi
}
