# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# tools/svsm as a command: its usage, help and misuse, from any directory. Part of frame.sh.

subcommands="setup build run test bench doctor image symbolize compose measure inspect sign log"

expect unknown-subcommand 2 "unknown subcommand nonsense" tools/svsm nonsense
expect no-subcommand 2 "usage: tools/svsm SUBCOMMAND" tools/svsm
expect help 0 "usage: tools/svsm SUBCOMMAND" tools/svsm --help
expect version 0 "svsm 0." tools/svsm --version
expect path-as-subcommand 2 "unknown subcommand ../tools" tools/svsm ../tools
tools/svsm --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | LC_ALL=C sort >"$TMPDIR/listed"
echo "$subcommands" | tr ' ' '\n' | LC_ALL=C sort | LC_ALL=C comm -23 - "$TMPDIR/listed" >"$TMPDIR/bad"
if [ -s "$TMPDIR/bad" ]; then
    not_ok lists-subcommands "the usage does not name $(tr '\n' ' ' <"$TMPDIR/bad")"
else
    ok lists-subcommands "count=$(wc -l <"$TMPDIR/listed")"
fi

# Each has help, on stdout and before anything is set up, and a man page with the same options.
copy=$TMPDIR/copy
mkdir "$copy"
cp -r tools meson.build "$copy"
options_in() {
    grep -oE -e '--[a-z][a-z-]*' "$1" | LC_ALL=C sort -u
}
while read -r name; do
    for flag in --help -h; do
        expect "help-$name$flag" 0 "usage: tools/svsm $name" tools/svsm "$name" "$flag"
    done
    if "$copy/tools/svsm" "$name" --help >"$TMPDIR/help" 2>"$TMPDIR/out" && [ -s "$TMPDIR/help" ] &&
        ! [ -s "$TMPDIR/out" ] && ! [ -e "$copy/build" ]; then
        ok "help-unbuilt-$name"
    else
        cat "$TMPDIR/out" >&2
        not_ok "help-unbuilt-$name" "it needs a build, or says something on stderr"
    fi
    options_in "$TMPDIR/help" >"$TMPDIR/options"
    if ! [ -s "$TMPDIR/options" ]; then
        not_ok "page-$name" "its help names no option"
    elif options_in "doc/svsm-$name.1.scd" | diff "$TMPDIR/options" - >"$TMPDIR/out" 2>&1 &&
        grep -qF "*svsm-$name*(1)" doc/svsm.1.scd; then
        ok "page-$name options=$(wc -l <"$TMPDIR/options")"
    else
        cat "$TMPDIR/out" >&2
        not_ok "page-$name" "help (<) and man page (>) differ: $(grep '^[<>]' "$TMPDIR/out" | tr '\n' ' ')"
    fi
done <"$TMPDIR/listed"
rm -rf "$copy"

# Misuse: status 2, what is wrong, and nothing on stdout.
misuse() {
    misuse_name=$1
    misuse_text=$2
    shift 2
    "$@" 2>"$TMPDIR/err" >"$TMPDIR/out"
    got=$?
    if [ $got -eq 2 ] && grep -qF -e "$misuse_text" "$TMPDIR/err" && ! [ -s "$TMPDIR/out" ]; then
        ok "$misuse_name"
    else
        cat "$TMPDIR/err" "$TMPDIR/out" >&2
        not_ok "$misuse_name" "status $got, or it does not say: $misuse_text"
    fi
}
for name in setup build run doctor; do
    misuse "option-$name" "unknown argument --nonsense" tools/svsm "$name" --nonsense
done
# Also while another builds: nothing is set up or built for it.
(
    flock 8
    misuse option-run-at-once "unknown argument --nonsense" timeout 20 tools/svsm run --smp 2 --nonsense
) 8>"$SVSM_TREE/build/lock"
misuse option-doctor-second "unknown argument extra" tools/svsm doctor --json extra
misuse option-setup-second "unknown argument extra" tools/svsm setup --test extra
misuse option-test "no suite 'nonsense'" tools/svsm test --nonsense
misuse option-bench "no suite 'nonsense'" tools/svsm bench --nonsense
misuse option-image "unknown command '--nonsense'" tools/svsm image --nonsense
misuse option-image-build "unknown option --nonsense" tools/svsm image build --nonsense x
misuse option-symbolize "'--nonsense': NAME=ELF expected" tools/svsm symbolize --nonsense
misuse unknown-suite "no suite 'nonsense'" tools/svsm test nonsense
misuse unknown-target "unknown target 'nonsense'" tools/svsm build nonsense
misuse value-missing "--smp needs a value" tools/svsm run --smp

elsewhere() (
    cd / && "$SVSM_TREE/tools/svsm" test --list
)
expect any-directory 0 "frame " elsewhere
ln -s "$SVSM_TREE/tools/svsm" "$TMPDIR/link"
expect through-a-link 0 "frame " "$TMPDIR/link" test --list

if tools/svsm doctor --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
assert {"machine", "qemu", "source-musl"} <= {row["name"] for row in rows}, rows
'; then
    ok doctor-json
else
    not_ok doctor-json "not JSON, or rows are missing"
fi
