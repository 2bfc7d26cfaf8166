#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes with libFuzzer under ASan and UBSan, from the top of the tree:
#   sh tests/fuzz/fuzz.sh [SECONDS per target, default 15] [TARGET...]
#   sh tests/fuzz/fuzz.sh --corpus [TARGET...]    # what was learnt, minimised, becomes tests/fuzz/corpus
# README.md says which target is for which parser. Two run at a time. Prints one line per target
# (tests/README.md). An input that fails is kept in build/fuzz, as is what was learnt; each target begins
# with that and with its file in tests/fuzz/corpus.
set -eu
seconds=${1:-15}
[ $# -eq 0 ] || shift
# Short runs are a gate: they go the same way each time. Long ones search, and go another one each time (0).
seed=1
[ "$seconds" = --corpus ] || [ "$seconds" -le 60 ] || seed=0
[ $# -gt 0 ] || set -- syscalls channel image inspect igvm compose ovmf linux psp verify rmp ghcb lie pvalidate guest \
    vmsa host launch cpuid log frame bridge mbinfo truth
out=${TMPDIR:-/tmp}/svsm-fuzz-$$
keep=build/fuzz
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$out" "$keep"
core="microkernel/snp/psp_channel.c $(find microkernel/task -name '*.c' | sort)"
launch="$(find igvm -name '*.c' | sort) tools/snpemu/host/ovmf.c"
parts="$(printf 'tools/inspect/%s.c ' parts hash) microkernel/task/image_check.c tools/image/check_failed.c"
psp="$(find tools/snpemu/host -name 'psp*.c' | sort) tools/snpemu/core/cpuid_check.c"
verify=$(find tools/verify -name "*.c" ! -name main.c ! -name options.c ! -name files.c ! -name show.c)
fake=$(find tests/fake -name '*.c' ! -name 'fake_snp*' | sort)

sources_of() {
    case $1 in
    syscalls) echo "tests/fuzz/model.c tests/fuzz/guest_calls.c $core $fake" ;;
    channel) echo "$core $fake" ;;
    image) echo "$core $fake" ;;
    mbinfo) echo microkernel/boot/mbinfo.c ;;
    frame) echo drivers/serial/frame.c ;;
    guest | pvalidate | vmsa) echo microkernel/guest/*.c tests/fake/fake_snp.c tests/unit/guest/fixture.c ;;
    launch) echo microkernel/guest/ram.c ;;
    log) echo tools/log/records.c ;;
    igvm | ovmf | linux) echo "tests/fuzz/launch.c $launch" ;;
    inspect) echo "tests/fuzz/launch.c $launch $parts $(printf 'tools/inspect/%s.c ' show show_json headers)" ;;
    compose) echo "$launch $parts" ;;
    bridge) echo "tools/run/line.c tools/run/clients.c tools/run/command.c drivers/serial/frame.c" ;;
    psp) echo "tests/snpemu/psp/psp_guest.c $psp" ;;
    rmp) printf 'tools/snpemu/core/%s.c ' insn rmp rules ;;
    ghcb | lie)
        echo tools/snpemu/core/ghcb*.c tools/snpemu/core/lie*.c tools/snpemu/core/apic.c tools/snpemu/core/exit.c \
            tools/snpemu/core/rules.c
        ;;
    truth) echo tools/truth/host/answers.c tools/truth/host/compare.c tools/truth/host/list.c tools/truth/host/replay.c tools/truth/core/*.c igvm/fail.c ;;
    verify) echo "tests/snpemu/psp/psp_guest.c $psp $verify" ;;
    esac
}

includes_of() {
    case $1 in
    igvm | ovmf | linux) echo -Itools/snpemu -Itools/snpemu/host -Iigvm -Iigvm/linux ;;
    compose | inspect) echo -Itools/snpemu -Itools/snpemu/host -Iigvm -Iigvm/linux -Itools/inspect -Itools/common ;;
    rmp | ghcb | lie) echo -Itools/snpemu -Itools/snpemu/core ;;
    guest | pvalidate | vmsa) echo -Itests/unit/guest ;;
    psp | verify) echo -Itools/snpemu/host -Itests/snpemu/psp -Itools/verify ;;
    log) echo -Itools/log ;;
    truth) echo -Itools/truth/host -Itools/truth/core -Iigvm ;;
    *) echo -Itools/run -Itools/common ;;
    esac
}

libraries_of() {
    case $1 in
    igvm | ovmf | linux | psp | verify | compose) pkg-config --libs libcrypto ;;
    inspect | truth) pkg-config --libs libcrypto jansson ;;
    esac
}

# Files that nobody guesses.
seeds_make() {
    case $1 in
    igvm | ovmf | linux | compose) python3 tests/emu/files.py "$keep/corpus-$1" "$1" ;;
    inspect) python3 tests/emu/files.py "$keep/corpus-$1" igvm ;;
    esac
    python3 tests/fuzz/corpus.py unpack "tests/fuzz/corpus/$1" "$keep/corpus-$1"
}

length_of() {
    if [ -e "$keep/corpus-$1/seed" ]; then echo 16384; else echo 4096; fi
}

build() {
    # shellcheck disable=SC2046
    clang -std=gnu2x -O1 -g -D_GNU_SOURCE -Wno-unknown-attributes -fsanitize=fuzzer,address,undefined \
        -fno-sanitize-recover=all -fno-omit-frame-pointer -Imicrokernel/abi -Iabi -Imicrokernel -Imicrokernel/include \
        -Itests/fake -Itests/fuzz -Idrivers/serial/include $(includes_of "$1") "tests/fuzz/fuzz_$1.c" \
        $(sources_of "$1") -o "$out/fuzz-$1" $(libraries_of "$1") || return 1
    mkdir -p "$keep/corpus-$1"
    seeds_make "$1"
}

# fuzz TARGET: its line.
fuzz() {
    if ! build "$1" >&2; then
        echo "not ok fuzz-$1 - it cannot be built"
    elif "$out/fuzz-$1" -seed="$seed" -max_total_time="$seconds" -max_len="$(length_of "$1")" -len_control=20 \
        -rss_limit_mb=2048 -timeout=20 -artifact_prefix="$keep/$1-" -print_final_stats=1 \
        "$keep/corpus-$1" >"$out/log-$1" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log-$1")
        covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$out/log-$1" | tail -n 1)
        echo "ok fuzz-$1 runs=$runs edges=$covered corpus=$(grep -c . "tests/fuzz/corpus/$1" 2>/dev/null)"
    else
        tail -60 "$out/log-$1" >&2
        echo "not ok fuzz-$1 - see $keep/$1-*"
    fi
}

# A corpus of the tree: inputs that reach all that is reached by those that were learnt.
minimise() {
    build "$1" || return 1
    mkdir -p "$out/least-$1"
    "$out/fuzz-$1" -set_cover_merge=1 -max_len="$(length_of "$1")" "$out/least-$1" "$keep/corpus-$1" >"$out/log-$1" 2>&1
    python3 tests/fuzz/corpus.py pack "$out/least-$1" "tests/fuzz/corpus/$1"
}

# Little quarantine: each run builds a machine anew.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8
one() {
    if [ "$seconds" = --corpus ]; then minimise "$1"; else fuzz "$1"; fi
}

failed=0
while [ $# -gt 0 ]; do
    for target in "$1" ${2:+"$2"}; do
        one "$target" >"$out/line-$target" &
    done
    wait
    for target in "$1" ${2:+"$2"}; do
        cat "$out/line-$target"
        ! grep -q '^not ok' "$out/line-$target" || failed=1
    done
    shift $(($# > 1 ? 2 : 1))
done
exit $failed
