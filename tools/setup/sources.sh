# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Fetches the source packages of sources.conf through apt, which checks the distribution's
# signatures, unpacks them with the distribution's patches to subprojects/NAME, and lays
# subprojects/packagefiles/NAME over them. Assumes common.sh and apt.sh.
#
# subprojects/NAME.source records what was unpacked (one "key value" per line, for the SBOM):
#   name, version, release, file SHA256 NAME (one each), tested yes|no, wanted (the line of
#   sources.conf it was unpacked for)

sources_each() {
    awk '!/^#/ && NF >= 2 { print $1, $2, $3, $4 }' "$SVSM_SETUP/sources.conf"
}

overlay_files() {
    if [ -d "$SVSM_TREE/subprojects/packagefiles/$1" ]; then
        (cd "$SVSM_TREE/subprojects/packagefiles/$1" && find . -type f | LC_ALL=C sort)
    fi
}

# Is the tree NAME unpacked, for what sources.conf says now?
source_unpacked() {
    [ -f "$SVSM_TREE/subprojects/$1.source" ] && [ -d "$SVSM_TREE/subprojects/$1" ] &&
        sources_each | grep -qxF -e "$(sed -n 's/^wanted //p' "$SVSM_TREE/subprojects/$1.source")"
}

# ... and does it hold the overlay as it is now?
source_current() {
    source_unpacked "$1" || return 1
    overlay_files "$1" | cmp -s - "$SVSM_TREE/subprojects/$1/.overlay" || return 1
    for file in $(overlay_files "$1"); do
        cmp -s "$SVSM_TREE/subprojects/packagefiles/$1/$file" "$SVSM_TREE/subprojects/$1/$file" ||
            return 1
    done
}

sources_current() {
    for name in $(sources_each | cut -d ' ' -f 1); do
        source_current "$name" || return 1
    done
}

# source_cached NAME VERSION: the cache holds the version wanted, or was filled within a day.
source_cached() {
    grep -qsxF "Version: $2" "$SVSM_CACHE/sources/$1"/complete/*.dsc ||
        [ -n "$(find "$SVSM_CACHE/sources/$1/complete" -maxdepth 0 -mtime -1 2>/dev/null)" ]
}

# source_fetch NAME RELEASE WANTED-VERSION: leaves the files below the cache; fetch_dsc names the .dsc.
source_fetch() {
    fetch_dir=$SVSM_CACHE/sources/$1
    if ! source_cached "$1" "$3"; then
        rm -rf "$fetch_dir/partial"
        mkdir -p "$fetch_dir/partial"
        apt_prepare "$2"
        apt_refresh
        if (cd "$fetch_dir/partial" && step "fetching the source of $1 from $2" \
            apt_private apt-get -q source --download-only --only-source "$1"); then
            rm -rf "$fetch_dir/complete"
            mv "$fetch_dir/partial" "$fetch_dir/complete"
        elif [ -d "$fetch_dir/complete" ]; then
            warn "$1 could not be fetched anew; going on with what the cache holds"
        else
            rm -f "$APT_ROOT/refreshed"
            log_tail
            fail_env "the source package $1 of $2 could not be fetched (the reasons are above)" \
                "check the network and the proxy settings of apt ('apt-get update' must work)" \
                "if a key is missing: apt-get install debian-archive-keyring"
        fi
    fi
    fetch_dsc=$(ls "$fetch_dir"/complete/*.dsc)
}

# source_unpack NAME RELEASE TESTED-VERSION TESTED-SHA256
source_unpack() {
    unpack_to=$SVSM_TREE/subprojects/$1
    source_fetch "$1" "$2" "${3:-}"
    unpack_version=$(sed -n 's/^Version: //p' "$fetch_dsc" | head -n 1)
    unpack_sum=$(sha256sum "$fetch_dsc" | cut -d ' ' -f 1)
    unpack_tested=yes
    if [ "$unpack_version" != "${3:-}" ]; then
        unpack_tested=no
        warn "$1 $unpack_version is not the version this tree was tested with (${3:-none})"
    elif [ "$unpack_sum" != "${4:-}" ]; then
        fail_env "$1 $unpack_version differs from what tools/setup/sources.conf records for it" \
            "remove $SVSM_CACHE/sources/$1 and try again" \
            "if it stays so, the archive serves other bytes under a known version: do not build"
    fi
    rm -rf "$unpack_to" "$unpack_to.new" "$unpack_to.source"
    if ! step "unpacking $1 $unpack_version with the distribution's patches" \
        dpkg-source --no-copy -x "$fetch_dsc" "$unpack_to.new"; then
        log_tail
        fail_env "$1 could not be unpacked" "remove $SVSM_CACHE/sources/$1 and try again"
    fi
    mv "$unpack_to.new" "$unpack_to"
    : >"$unpack_to/.overlay"
    {
        echo "name $1"
        echo "version $unpack_version"
        echo "release $2"
        echo "tested $unpack_tested"
        echo "wanted $(sources_each | grep "^$1 ")"
        (cd "$(dirname "$fetch_dsc")" && sha256sum -- *) | sed 's/^/file /; s/  / /'
    } >"$unpack_to.source"
}

# source_overlay NAME: copies what changed, so that ninja rebuilds no more than that.
source_overlay() {
    overlay_to=$SVSM_TREE/subprojects/$1
    overlay_from=$SVSM_TREE/subprojects/packagefiles/$1
    for file in $(overlay_files "$1"); do
        if ! cmp -s "$overlay_from/$file" "$overlay_to/$file"; then
            mkdir -p "$(dirname "$overlay_to/$file")"
            cp "$overlay_from/$file" "$overlay_to/$file"
        fi
    done
    overlay_files "$1" >"$overlay_to/.overlay"
}

# A file taken out of the overlay may have hidden one of the package's: then unpack anew.
overlay_shrunk() {
    overlay_files "$1" >"$SVSM_TREE/subprojects/$1/.overlay.new"
    LC_ALL=C comm -13 "$SVSM_TREE/subprojects/$1/.overlay.new" \
        "$SVSM_TREE/subprojects/$1/.overlay" | grep -q .
}

sources_setup() {
    sources_each >"$SVSM_BUILD/sources.todo"
    while read -r name release version sum; do
        if [ "$(host_id)" != debian ]; then
            release=$(host_codename)
        fi
        if source_current "$name"; then
            continue
        fi
        if ! source_unpacked "$name" || overlay_shrunk "$name"; then
            source_unpack "$name" "$release" "$version" "$sum"
        fi
        source_overlay "$name"
    done <"$SVSM_BUILD/sources.todo"
    rm -f "$SVSM_BUILD/sources.todo"
}
