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
