# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# tools/svsm as a command: its usage, help and misuse, from any directory. Part of frame.sh.

expect unknown-subcommand 2 "unknown subcommand nonsense" tools/svsm nonsense
for name in setup build run test bench doctor; do
    tools/svsm nonsense 2>&1 | grep -q "^  $name " && listed=1 || listed=
    if [ -n "$listed" ]; then
        ok "lists-$name"
    else
        not_ok "lists-$name" "the usage does not name it"
    fi
done
expect no-subcommand 2 "usage: tools/svsm SUBCOMMAND" tools/svsm
expect help 0 "usage: tools/svsm SUBCOMMAND" tools/svsm --help
expect version 0 "svsm 0." tools/svsm --version
for name in setup build test bench doctor; do
    expect "help-$name" 0 "usage: tools/svsm $name" tools/svsm "$name" --help
done
expect setup-bad-argument 2 "unknown argument --nonsense" tools/svsm setup --nonsense
expect doctor-bad-argument 2 "unknown argument --nonsense" tools/svsm doctor --nonsense
expect path-as-subcommand 2 "unknown subcommand ../tools" tools/svsm ../tools
expect unknown-suite 2 "no suite 'nonsense'" tools/svsm test nonsense

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
