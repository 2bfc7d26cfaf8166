# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The rules that every file of the tree keeps. Part of frame.sh.

# The tree's own files: those git knows or would take. In a tree without git, all but what is built.
tree_files() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -co --exclude-standard | while read -r file; do
            [ ! -f "$file" ] || echo "$file"
        done
    else
        find . -path ./build -prune -o -path './subprojects/[a-oq-z]*' -prune -o -type f -print |
            sed 's|^\./||'
    fi
}

# judge NAME TEXT COUNT: fails if $TMPDIR/bad names a file; otherwise COUNT files passed.
judge() {
    if [ "$3" -eq 0 ]; then
        not_ok "$1" "no file was looked at"
    elif [ -s "$TMPDIR/bad" ]; then
        cat "$TMPDIR/bad" >&2
        not_ok "$1" "$2: $(cut -c 1-120 "$TMPDIR/bad" | head -n 5 | tr '\n' ';')"
    else
        ok "$1" "files=$3"
    fi
}

tree_files >"$TMPDIR/all"
grep -E '\.(c|h|S|sh|py|ld|lds|pml)$|(^|/)meson\.build$|^tools/svsm$|^\.ci/run$' "$TMPDIR/all" \
    >"$TMPDIR/source"
grep -E '\.[ch]$' "$TMPDIR/all" >"$TMPDIR/c"

while read -r file; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
done <"$TMPDIR/source" >"$TMPDIR/bad"
judge spdx "without a licence line" "$(wc -l <"$TMPDIR/source")"

while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 800 ] || echo "$file ($lines lines)"
done <"$TMPDIR/source" >"$TMPDIR/bad"
judge file-length "longer than 800 lines" "$(wc -l <"$TMPDIR/source")"

# A function, as clang-format leaves it, begins with a brace in the first column and ends with one.
# shellcheck disable=SC2046
xargs -a "$TMPDIR/c" awk '
    FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^\}/ {
        if (start && FNR - start - 1 > 80) {
            print FILENAME ":" start " (" FNR - start - 1 " lines)"
        }
        start = 0
    }' >"$TMPDIR/bad"
judge function-length "longer than 80 lines" "$(wc -l <"$TMPDIR/c")"

xargs -a "$TMPDIR/c" grep -lE '(^|[^a-z_])(asm|__asm__)( volatile| goto)* *\(' >"$TMPDIR/asm"
xargs -a "$TMPDIR/asm" grep -L 'SAFETY:' >"$TMPDIR/bad"
judge asm-safety "asm without a SAFETY: comment in the file" "$(wc -l <"$TMPDIR/asm")"

# No path of one machine, no host of a package archive. The patterns are written so that they do
# not find themselves.
# shellcheck disable=SC2046
xargs -a "$TMPDIR/all" grep -nIE \
    '(^|[^A-Za-z0-9_}.-])/(root|home|work)/[a-z.]|deb[.]debian|snapshot[.]debian|archive[.]ubuntu|pypi[.]org|crates[.]io|npmjs[.]' \
    >"$TMPDIR/bad" /dev/null
judge no-machine-paths "a path or host of one machine" "$(wc -l <"$TMPDIR/all")"

while read -r file; do
    [ ! -s "$file" ] || grep -qI . "$file" || echo "$file"
done <"$TMPDIR/all" >"$TMPDIR/bad"
judge no-binaries "a binary file" "$(wc -l <"$TMPDIR/all")"

while read -r file; do
    if head -n 1 "$file" | grep -q '^#!/bin/sh' || [ "${file%.sh}" != "$file" ]; then
        echo "$file"
    fi
done <"$TMPDIR/source" >"$TMPDIR/shell"
while read -r file; do
    sh -n "$file" 2>&1
done <"$TMPDIR/shell" >"$TMPDIR/bad"
judge shell-syntax "not POSIX shell" "$(wc -l <"$TMPDIR/shell")"
if command -v shellcheck >/dev/null 2>&1; then
    xargs -a "$TMPDIR/shell" shellcheck -x -f gcc >"$TMPDIR/bad" 2>&1
    judge shellcheck "shellcheck's findings" "$(wc -l <"$TMPDIR/shell")"
else
    echo "skip shellcheck - shellcheck"
fi

# Versions of clang-format disagree about blanks; the tree follows 14.
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    xargs -a "$TMPDIR/c" clang-format --dry-run -Werror 2>&1 |
        sed -n 's/^\([^:]*\):[0-9]*:.*/\1/p' | LC_ALL=C sort -u >"$TMPDIR/bad"
    judge format "not as clang-format has it" "$(wc -l <"$TMPDIR/c")"
else
    echo "skip format - clang-format 14"
fi
. tests/frame/headers.sh
