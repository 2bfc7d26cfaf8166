#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A second build of the same files, in another directory with a longer name, with blanks, and as if on another
# day, gives the same bytes in every program and image. Runs at the top of the tree, after a build.
set -eu

if ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "skip same-bytes - git, to know which files are the tree's own"
    exit 0
fi
other="$TMPDIR/a directory with a much longer name and blanks/svsm"
mkdir -p "$other"
git ls-files -co --exclude-standard | while read -r file; do
    [ ! -f "$file" ] || echo "$file"
done | tar -cf - -T - | tar -xf - -C "$other"

begin=$(date +%s)
if ! "$other/tools/svsm" build >&2; then
    echo "not ok second-build - it failed; the log is above"
    exit 0
fi
seconds=$(($(date +%s) - begin))

# Everything linked or made into an image; objects and archives differ only if these do. Not what `svsm run` and the
# fuzzers leave there.
(cd build && find . \( -name 'meson-*' -o -name '*.p' -o -name logs -o -name tmp -o \
    -path ./fuzz -o -path ./svsm.igvm \) -prune -o \
    -type f -print) | LC_ALL=C sort >"$TMPDIR/files"
count=0
while read -r file; do
    case $file in
    *.elf | *.img | *.igvm | *.bin | *.kernel | *.json) ;;
    *) head -c 4 "build/$file" | grep -q 'ELF' || continue ;;
    esac
    case $file in
    ./compile_commands.json | *.so*) continue ;;
    esac
    count=$((count + 1))
    if ! [ -f "$other/build/$file" ]; then
        echo "$file: only in the first build" >&2
        echo "$file" >>"$TMPDIR/differ"
    elif ! cmp "build/$file" "$other/build/$file" >&2; then
        echo "$file" >>"$TMPDIR/differ"
    fi
done <"$TMPDIR/files"

if [ "$count" -eq 0 ]; then
    echo "not ok same-bytes - no program was compared"
elif [ -s "$TMPDIR/differ" ]; then
    echo "not ok same-bytes files=$count - differ: $(head -n 5 "$TMPDIR/differ" | tr '\n' ' ')"
else
    echo "ok same-bytes files=$count build_seconds=$seconds"
fi
