#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The models of this folder, with Spin, at the top of the tree:
#   sh tests/model/models.sh [MODEL...]
# Each has to hold in all states, and to fail with each of its own bugs: a model that finds no bug
# shows nothing. One line per run (tests/README.md).
set -eu
[ $# -gt 0 ] || set -- page vcpu psp
top=$(pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
failed=0

# check NAME MODEL [BUG]: prints the number of errors and of states.
check() {
    mkdir -p "$out/$1"
    cd "$out/$1"
    spin ${3:+"-D$3"} -a "$top/tests/model/$2.pml" >spin.log 2>&1
    gcc -O2 -w -DSAFETY -DVECTORSZ=2048 -DCOLLAPSE -o pan pan.c
    ./pan -m200000 >pan.log 2>&1 || true
    cd "$top"
    sed -n 's/.*errors: \([0-9]*\).*/errors=\1/p; s/^ *\([0-9.e+]*\) states, stored.*/states=\1/p' "$out/$1/pan.log"
    grep -q 'max search depth too small\|out of memory' "$out/$1/pan.log" && echo incomplete=1
    return 0
}

for model in "$@"; do
    figures=$(check "$model" "$model" | tr '\n' ' ')
    case $figures in
    *errors=0*incomplete* | *incomplete*errors=0*) bad="not all states were looked at" ;;
    *errors=0*) bad= ;;
    *) bad="see the log" ;;
    esac
    [ -z "$bad" ] || { failed=1; tail -n 40 "$out/$model/pan.log" "$out/$model/spin.log" >&2; }
    echo "${bad:+not }ok model/$model $figures${bad:+- $bad}"
    grep -o 'BUG_[A-Z_]*' "tests/model/$model.pml" | sort -u >"$out/bugs"
    while read -r bug; do
        figures=$(check "$model-$bug" "$model" "$bug" | tr '\n' ' ')
        name=$(echo "$bug" | tr 'A-Z_' 'a-z-')
        case $figures in
        *errors=[1-9]*) echo "ok mutant/$model/${name#bug-}" ;;
        *) failed=1 && echo "not ok mutant/$model/${name#bug-} $figures- survived" ;;
        esac
    done <"$out/bugs"
done
exit $failed
