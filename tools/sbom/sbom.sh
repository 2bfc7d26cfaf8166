#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sbom.sh TREE OUTPUT LIBTPMS-ARCHIVE DEPFILE: the bill of materials of what we ship, as SPDX 2.3 JSON. What
# it names comes from what set-up recorded (subprojects/NAME.source) and from the package manager.
# No date and nothing random goes in: the same inputs give the same bytes.
set -eu

tree=$1
output=$2
libtpms=$3
echo "$output: $tree/subprojects/musl.source $tree/subprojects/wolfssl.source $libtpms" >"$4"

text() {
    printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'
}

recorded() {
    sed -n "s/^$2 //p" "$tree/subprojects/$1.source"
}

# package ID NAME VERSION LICENCE SUPPLIER-NOTE CHECKSUM(or empty) PURPOSE
package() {
    printf '    {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s",\n' \
        "$1" "$(text "$2")" "$(text "$3")"
    printf '     "downloadLocation": "NOASSERTION", "filesAnalyzed": false,\n'
    printf '     "licenseConcluded": "%s", "licenseDeclared": "%s", "copyrightText": "NOASSERTION",\n' \
        "$4" "$4"
    if [ -n "$6" ]; then
        printf '     "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}],\n' "$6"
    fi
    printf '     "comment": "%s", "primaryPackagePurpose": "%s"}' "$(text "$5")" "$7"
}

# The checksum of the upstream archive among the files of a source package.
archive_sum() {
    recorded "$1" file | awk '/\.orig\.tar\.[a-z0-9]+$/ { print $1; exit }'
}

source_package() {
    tested="tested with this tree"
    [ "$(recorded "$1" tested)" = yes ] || tested="not a version this tree was tested with"
    package "$1" "$1" "$(recorded "$1" version)" "$2" \
        "Debian source package of $(recorded "$1" release), $tested; the checksum is the upstream archive's; Debian's patches are applied" \
        "$(archive_sum "$1")" LIBRARY
}

relation() {
    printf '    {"spdxElementId": "SPDXRef-%s", "relationshipType": "%s", "relatedSpdxElement": "SPDXRef-%s"}' \
        "$1" "$2" "$3"
}

version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$tree/meson.build")
libtpms_sum=$(sha256sum "$libtpms" | cut -d ' ' -f 1)
libtpms_version=$(dpkg-query -W -f '${Version}\n' libtpms-dev 2>/dev/null | head -n 1)
# A name of its own for each combination of contents, as SPDX wants it.
digest=$(cat "$tree"/subprojects/*.source "$libtpms" | sha256sum | cut -c 1-32)
{
    echo '{'
    echo '  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",'
    echo "  \"name\": \"svsm-$version\","
    echo "  \"documentNamespace\": \"urn:svsm:sbom:$version:$digest\","
    echo '  "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": ["Tool: svsm-sbom"],'
    echo '    "comment": "the date is left out so that two builds are the same"},'
    echo '  "packages": ['
    package svsm svsm "$version" MIT "microkernel, runtime library, services and tools" "" OPERATING-SYSTEM
    echo ,
    package vtpm svsm-vtpm "$version" "MIT AND GPL-2.0-or-later AND BSD-3-Clause" \
        "the vTPM service: our code, statically linked with wolfSSL, libtpms and musl" "" APPLICATION
    echo ,
    source_package musl MIT
    echo ,
    source_package wolfssl GPL-2.0-or-later
    echo ,
    package libtpms libtpms "${libtpms_version:-unknown}" BSD-3-Clause \
        "static library of the package libtpms-dev; the checksum is the library's" "$libtpms_sum" LIBRARY
    echo
    echo '  ],'
    echo '  "relationships": ['
    relation DOCUMENT DESCRIBES svsm
    echo ,
    relation svsm CONTAINS vtpm
    echo ,
    relation svsm STATIC_LINK musl
    echo ,
    for name in musl wolfssl; do
        relation vtpm STATIC_LINK $name
        echo ,
    done
    relation vtpm STATIC_LINK libtpms
    echo
    echo '  ]'
    echo '}'
} >"$output"
