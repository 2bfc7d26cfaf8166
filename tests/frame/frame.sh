#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests of the frame itself: the texts and exit statuses of tools/svsm on machines that lack
# something (played by programs put in front of PATH and by a small file system), and the rules
# that every file of the tree keeps. Runs at the top of the tree; needs TMPDIR.
set -u

SVSM_TREE=$(pwd)
export SVSM_TREE

ok() {
    echo "ok $*"
}

not_ok() {
    not_ok_name=$1
    shift
    echo "not ok $not_ok_name - $*"
}

# expect NAME STATUS TEXT COMMAND...: COMMAND must end with STATUS and say TEXT (a fixed string).
expect() {
    expect_name=$1
    expect_status=$2
    expect_text=$3
    shift 3
    "$@" >"$TMPDIR/out" 2>&1
    got=$?
    if [ $got -ne "$expect_status" ]; then
        cat "$TMPDIR/out" >&2
        not_ok "$expect_name" "exit status $got, not $expect_status"
    elif [ -n "$expect_text" ] && ! grep -qF -e "$expect_text" "$TMPDIR/out"; then
        cat "$TMPDIR/out" >&2
        not_ok "$expect_name" "it does not say: $expect_text"
    else
        ok "$expect_name"
    fi
}

# fake PROGRAM TEXT...: a program in front of PATH that prints TEXT, until fakes_end.
fake() {
    mkdir -p "$TMPDIR/fake"
    fake_name=$1
    shift
    printf '#!/bin/sh\n%s\n' "$*" >"$TMPDIR/fake/$fake_name"
    chmod +x "$TMPDIR/fake/$fake_name"
}

faked() {
    PATH=$TMPDIR/fake:$PATH "$@"
}

fakes_end() {
    rm -rf "$TMPDIR/fake"
}

. tests/frame/command.sh
. tests/frame/machine.sh
. tests/frame/builds.sh
. tests/frame/runner.sh
. tests/frame/sources.sh
. tests/frame/rules.sh
. tests/frame/docs.sh

if python3 tests/frame/sbom.py build/tools/sbom/svsm.spdx.json >&2; then
    ok sbom
else
    not_ok sbom "it is not valid SPDX 2.3, or leaves out a part"
fi
