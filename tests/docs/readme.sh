#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Does what README.md says, word for word: its blocks of kind `sh`, in order. The first is two commands
# of which the first goes on until it is ended and the second is this test's own caller; the second
# belongs into another terminal. The export line is taken from what `run` prints. Output as
# tests/README.md wants it.
set -u

if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    trap 'rm -rf "$TMPDIR"' EXIT
fi
XDG_RUNTIME_DIR=$TMPDIR # where the socket goes, so that another run on this machine is not in the way
export XDG_RUNTIME_DIR

awk -v dir="$TMPDIR" '
    /^```sh$/ { n++; inside = 1; next }
    /^```$/ { inside = 0 }
    inside { print > (dir "/block-" n) }' README.md

# each NAME FILE: every line of FILE succeeds.
each() {
    count=0
    while read -r line; do
        count=$((count + 1))
        if ! command -v "${line%% *}" >/dev/null 2>&1; then
            echo "skip $1-$count - ${line%% *}"
        elif timeout 120 bash -c "$line" </dev/null >"$TMPDIR/out" 2>&1; then
            echo "ok $1-$count"
        else
            cat "$TMPDIR/out" >&2
            echo "not ok $1-$count - $line: $(tail -n 1 "$TMPDIR/out")"
        fi
    done <"$2"
    [ "$count" -gt 0 ] || echo "not ok $1 - there is no such block"
}

first=$(sed -n 1p "$TMPDIR/block-1")
second=$(sed -n '2s/ *#.*//p' "$TMPDIR/block-1")
[ "$second" = "tools/svsm test" ] && echo "ok names-the-tests" || echo "not ok names-the-tests - $second"

# Of its own process group, and not deaf to Ctrl-C.
python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
os.execvp("sh", ["sh", "-c", "exec " + sys.argv[1]])' "$first" >"$TMPDIR/run" 2>&1 &
pid=$!
tenths=900
while ! grep -q '^Ctrl-C ends it' "$TMPDIR/run" && kill -0 $pid 2>/dev/null && [ $tenths -gt 0 ]; do
    sleep 0.1
    tenths=$((tenths - 1))
done
export_line=$(grep '^export TPM2TOOLS_TCTI=' "$TMPDIR/run")
if [ -n "$export_line" ]; then
    echo "ok run-prints-the-line"
else
    cat "$TMPDIR/run" >&2
    echo "not ok run-prints-the-line - there is none"
fi
if command -v tpm2_getrandom >/dev/null 2>&1; then
    eval "$export_line"
    each tpm "$TMPDIR/block-2"
else
    echo "skip tpm - tpm2-tools"
fi
kill -INT $pid
wait $pid
status=$?
[ $status -eq 0 ] && echo "ok ctrl-c" || echo "not ok ctrl-c - status $status"
each command "$TMPDIR/block-3"
each measured "$TMPDIR/block-5"
