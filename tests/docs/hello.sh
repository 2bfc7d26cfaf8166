#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Follows services/hello/README.md word for word in a copy of the tree: every block of its kind `sh`, in
# order. Output as tests/README.md wants it.
set -eu
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
copy=$TMPDIR/tree
mkdir -p "$copy"
# What git knows or would take, and the sources that set-up has unpacked.
git ls-files -co --exclude-standard -z | xargs -0 -r sh -c \
    'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh |
    tar -c --null -T - -f - | tar -x -C "$copy" -f -
for source in subprojects/*/; do
    [ -e "$copy/$source/meson.build" ] || cp -a "$source" "$copy/subprojects/"
done

awk -v dir="$TMPDIR" '
    /^```sh$/ { n++; inside = 1; next }
    /^```$/ { inside = 0 }
    inside { print > (dir "/step-" n) }' services/hello/README.md
number=0
while number=$((number + 1)) && [ -e "$TMPDIR/step-$number" ]; do
    if (cd "$copy" && bash -e -o pipefail "$TMPDIR/step-$number") >"$TMPDIR/log" 2>&1; then
        echo "ok step-$number"
    else
        cat "$TMPDIR/log" >&2
        echo "not ok step-$number - $(tail -n 1 "$TMPDIR/log")"
        exit 1
    fi
done
[ "$number" -gt 6 ] || {
    echo "not ok steps - only $((number - 1)) blocks found"
    exit 1
}
