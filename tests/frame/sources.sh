# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# How set-up treats the sources it unpacks: in a tree and a cache of the test's own, filled from the
# real cache, so that no network is needed. Part of frame.sh.

other=$TMPDIR/tree
real_cache=${XDG_CACHE_HOME:-$HOME/.cache}/svsm
mkdir -p "$other/subprojects/packagefiles/musl/sub" "$TMPDIR/cache/svsm"
cp -r tools meson.build "$other"
cp -r "$real_cache/sources" "$TMPDIR/cache/svsm/"

setup_other() {
    XDG_CACHE_HOME=$TMPDIR/cache "$other/tools/svsm" setup
}

# holds NAME FILE TEXT: subprojects/FILE of the other tree is TEXT ("" = does not exist).
holds() {
    if [ "$(cat "$other/subprojects/$2" 2>/dev/null)" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "subprojects/$2 is not as it should be"
    fi
}

echo first >"$other/subprojects/packagefiles/musl/sub/extra"
upstream=$(cat subprojects/musl/VERSION)
echo ours >"$other/subprojects/packagefiles/musl/VERSION"
expect unpacks 0 "unpacking musl" setup_other
holds overlay-adds musl/sub/extra first
holds overlay-replaces musl/VERSION ours
expect recorded 0 "tested yes" cat "$other/subprojects/musl.source"
echo second >"$other/subprojects/packagefiles/musl/sub/extra"
touch "$other/subprojects/musl/witness"
expect overlay-again 0 "" setup_other
holds overlay-changes musl/sub/extra second
if [ -f "$other/subprojects/musl/witness" ]; then
    ok overlay-copies-only
else
    not_ok overlay-copies-only "a changed file unpacked everything anew"
fi
rm "$other/subprojects/packagefiles/musl/VERSION"
expect overlay-shrinks 0 "unpacking musl" setup_other
holds overlay-gives-back musl/VERSION "$upstream"

# Another version is wanted, but there is no network: the cache has to do, and that is said.
sed -i 's/^\(musl .*\)1\.2\.3-1/\19.9-1/' "$other/tools/setup/sources.conf"
touch -d '3 days ago' "$TMPDIR/cache/svsm/sources/musl/complete"
fake apt-get 'echo "E: Could not connect"; exit 100'
expect wants-another 0 "musl could not be fetched anew" faked setup_other
expect wants-another-again 0 "" faked setup_other
fakes_end
expect recorded-untested 0 "tested no" cat "$other/subprojects/musl.source"
cp tools/setup/sources.conf "$other/tools/setup/"

# A tested version with another description: refused. One that was not tested: named.
dsc=$(ls "$TMPDIR"/cache/svsm/sources/musl/complete/*.dsc)
cp "$dsc" "$TMPDIR/dsc"
echo >>"$dsc"
rm "$other/subprojects/musl.source"
expect tampered-description 3 "differs from what tools/setup/sources.conf records" setup_other
sed 's/^Version: /&9:/' "$TMPDIR/dsc" >"$dsc"
expect untested-version 0 "is not the version this tree was tested with (1.2.3-1)" setup_other
cp "$TMPDIR/dsc" "$dsc"
for file in "$TMPDIR"/cache/svsm/sources/musl/complete/*.orig.tar.gz; do
    echo >>"$file"
done
rm "$other/subprojects/musl.source"
expect tampered-archive 3 "musl could not be unpacked" setup_other
expect tampered-archive-why 3 "instead of expected" setup_other

rm -rf "$TMPDIR/cache/svsm/sources"
fake apt-get 'echo "E: Could not connect"; exit 100'
expect no-network 3 "the source package musl of bookworm could not be fetched" \
    faked setup_other
expect no-network-why 3 "E: Could not connect" faked setup_other
fakes_end
rm -rf "$other" "$TMPDIR/cache"

# Entries for another release, derived from either form of the machine's.
derived() {
    (. tools/setup/apt.sh && "$@")
}
cat >"$TMPDIR/one.list" <<'END'
# deb http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian-security stable-security main
deb http://mirror.example/debian bookworm-backports main
deb http://other.example/tools nodistro main
deb http://mirror.example/debian bookworm contrib
deb-src http://mirror.example/debian bookworm main
END
cat >"$TMPDIR/list.expected" <<'END'
deb [ signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian trixie main
deb-src [ signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian trixie main
deb  http://mirror.example/debian-security trixie-security main
deb-src  http://mirror.example/debian-security trixie-security main
END
derived apt_derive_list bookworm trixie "$TMPDIR/one.list" >"$TMPDIR/out"
if diff "$TMPDIR/list.expected" "$TMPDIR/out" >&2; then
    ok derives-one-line
else
    not_ok derives-one-line "the entries differ"
fi
cat >"$TMPDIR/one.sources" <<'END'
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: contrib main
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://other.example/tools
Suites: nodistro
Components: main
END
cat >"$TMPDIR/sources.expected" <<'END'
Types: deb deb-src
Suites: trixie trixie-updates
Components: main
URIs: http://mirror.example/debian
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

END
derived apt_derive_deb822 bookworm trixie "$TMPDIR/one.sources" >"$TMPDIR/out"
if diff "$TMPDIR/sources.expected" "$TMPDIR/out" >&2; then
    ok derives-deb822
else
    not_ok derives-deb822 "the entries differ"
fi
