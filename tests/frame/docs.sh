# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the documents name exists: subcommands, suites' files and linked files. Part of frame.sh.

find . \( -path ./build -o -path ./.git -o -path './subprojects/[mw]*' \) -prune -o \
    \( -name '*.md' -o -name '*.scd' \) -print >"$TMPDIR/docs"

xargs -a "$TMPDIR/docs" grep -ohE 'tools/svsm [a-z][a-z-]*' | LC_ALL=C sort -u |
    cut -d ' ' -f 2 >"$TMPDIR/named"
while read -r name; do
    tools/svsm "$name" --help >/dev/null 2>&1 || echo "$name"
done <"$TMPDIR/named" >"$TMPDIR/bad"
judge documented-subcommands "documents name what does not exist" "$(wc -l <"$TMPDIR/named")"

while read -r file; do
    grep -oE '\]\([^)#:]+\)' "$file" | sed 's/^](//; s/)$//' | while read -r link; do
        [ -e "$(dirname "$file")/$link" ] || echo "$file: $link"
    done
done <"$TMPDIR/docs" >"$TMPDIR/bad"
judge links "a link leads nowhere" "$(wc -l <"$TMPDIR/docs")"

if command -v scdoc >/dev/null 2>&1; then
    for page in doc/*.scd; do
        made=build/doc/$(basename "$page" .scd)
        [ -s "$made" ] && grep -q '^.SH EXIT STATUS' "$made" || echo "$made"
    done >"$TMPDIR/bad"
    judge man-pages "not made, or without exit status" "$(find doc -name '*.scd' | wc -l)"
else
    echo "skip man-pages - scdoc"
fi
