#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The emulator's rules as a table, and what their code may not do. From the top of the tree, after a
# build: sh tests/unit/snpemu/snpemu.sh
set -u
core=tools/snpemu/core
here=build/tests/unit/snpemu
failed=0

"$here/snpemu-rules" || failed=1

# A rule that no code names cannot refuse anything.
unused=$(sed -n 's/^RULE(\([A-Z0-9_]*\),.*/\1/p' $core/rules.def | while read -r rule; do
    grep -qw "RULE_$rule" $core/*.c || printf ' %s' "$rule"
done)
if [ -z "$unused" ]; then
    echo "ok rules-used"
else
    echo "not ok rules-used - nothing names$unused"
    failed=1
fi

# Each rule that can end a guest has a boot that it ends (by name in these scripts), or a reason why it
# has none in endings.txt.
boots='tests/snpemu/snpemu.sh tests/snpemu/smp.sh tests/snpemu/hv/hv.py tests/protocol/protocol.py'
ending=$({
    grep -o 'RULE_VMSA_[A-Z0-9_]*' $core/vmsa_check.c
    sed -n 's/.*refuse(\(RMP_[A-Z_]*\), \(RULE_[A-Z0-9_]*\), .*/\1 \2/p' $core/rmp.c |
        sed -n '/^RMP_NOT_VALIDATED /d; /^RMP_MMIO /d; s/^RMP_[A-Z_]* //p'
    sed -n 's/.*ghcb_call_stop(call, \(RULE_[A-Z0-9_]*\)).*/\1/p' $core/*.c
    grep -hA 2 'GHCB_STOPPED\|GHCB_RUN_VMPL' $core/ghcb*.c | grep -o 'RULE_[A-Z0-9_]*'
} | sort -u)
with=0
without=0
wrong=
for rule in $ending; do
    name=$(echo "${rule#RULE_}" | tr 'A-Z_' 'a-z-')
    # shellcheck disable=SC2086
    if grep -qE "(^| |\"|rule=)$name( |\"|$)" $boots; then
        with=$((with + 1))
        grep -q "^$name " tests/unit/snpemu/endings.txt && wrong="$wrong $name(boot and reason)"
    elif grep -q "^$name ..........*" tests/unit/snpemu/endings.txt; then
        without=$((without + 1))
        echo "# no boot ends by $(grep "^$name " tests/unit/snpemu/endings.txt)"
    else
        wrong="$wrong $name"
    fi
done
if [ -z "$wrong" ] && [ $with -ge 29 ]; then
    echo "ok rules-that-end-a-guest with_boot=$with with_reason=$without"
else
    echo "not ok rules-that-end-a-guest - $with with a boot; wrong:$wrong"
    failed=1
fi

# hv links no C library: what gcc itself may call is all that the bare library may ask for.
wanted=$(nm -u --quiet build/tools/snpemu/core/libsnpemu-core-bare.a |
    sed -n 's/^ *U //p' | sort -u)
own=$(nm --defined-only --quiet build/tools/snpemu/core/libsnpemu-core-bare.a |
    sed -n 's/^[0-9a-f]* T //p' | sort -u)
foreign=
for name in $wanted; do
    case $name in
    memcpy | memset | memmove | memcmp) ;;
    *) echo "$own" | grep -qx "$name" || foreign="$foreign $name" ;;
    esac
done
writable=$(nm --quiet build/tools/snpemu/core/libsnpemu-core-bare.a | grep -c ' [bBdDC] ')
if [ -n "$own" ] && [ -z "$foreign" ] && [ "$writable" -eq 0 ]; then
    echo "ok freestanding functions=$(echo "$own" | wc -l)"
else
    echo "not ok freestanding - asks for:$foreign; writable objects: $writable"
    failed=1
fi
exit $failed
