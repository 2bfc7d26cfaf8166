#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes with libFuzzer under ASan and UBSan, from the top of the tree:
#   sh tests/fuzz/fuzz.sh [SECONDS per target, default 15] [TARGET...]
# Targets: syscalls (the task core), image (image_check), mbinfo, frame (the serial line), bridge (that of
# svsm-run between the line and its clients), igvm, ovmf and linux (the guests of svsm-emu),
# psp (the emulated firmware's messages), verify (reports and certificates), rmp and ghcb (the rules of
# the emulated machine), lie (its host's lies), compose (an SVSM's image and a guest's file), guest and pvalidate (calls of a
# guest to the SVSM over the fake SNP machine). Prints one line per target (tests/README.md). An input
# that fails is kept in build/fuzz, as is what was learnt.
set -eu
seconds=${1:-15}
[ $# -eq 0 ] || shift
# Not `guest`: its model has been without a finding for a few ten thousand runs only; it is a campaign's.
[ $# -gt 0 ] || set -- syscalls image mbinfo frame bridge igvm ovmf linux psp verify rmp ghcb lie compose pvalidate
out=${TMPDIR:-/tmp}/svsm-fuzz-$$
keep=build/fuzz
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$out" "$keep"
core="microkernel/snp/psp_channel.c $(find microkernel/task -name '*.c' | sort)"
launch="$(find igvm -name '*.c' | sort) tools/snpemu/host/ovmf.c"
parts="$(printf 'tools/inspect/%s.c ' parts hash) microkernel/task/image_check.c tools/image/check_failed.c"
psp=$(find tools/snpemu/host -name 'psp*.c' | sort)
verify=$(find tools/verify -name "*.c" ! -name main.c ! -name options.c ! -name files.c ! -name show.c)
fake=$(find tests/fake -name '*.c' ! -name 'fake_snp*' | sort)

sources_of() {
    case $1 in
    syscalls) echo "tests/fuzz/model.c $core $fake" ;;
    image) echo "$core $fake" ;;
    mbinfo) echo microkernel/boot/mbinfo.c ;;
    frame) echo drivers/serial/frame.c ;;
    guest | pvalidate) echo microkernel/guest/*.c tests/fake/fake_snp.c tests/unit/guest/fixture.c ;;
    igvm | ovmf | linux) echo "tests/fuzz/launch.c $launch" ;;
    compose) echo "$launch $parts" ;;
    bridge) echo "tools/run/line.c tools/run/clients.c tools/run/command.c drivers/serial/frame.c" ;;
    psp) echo "tests/snpemu/psp/psp_guest.c $psp" ;;
    rmp) printf 'tools/snpemu/core/%s.c ' insn rmp rules ;;
    ghcb | lie)
        echo tools/snpemu/core/ghcb*.c tools/snpemu/core/lie*.c tools/snpemu/core/apic.c tools/snpemu/core/exit.c \
            tools/snpemu/core/rules.c
        ;;
    verify) echo "tests/snpemu/psp/psp_guest.c $psp $verify" ;;
    esac
}

includes_of() {
    case $1 in
    igvm | ovmf | linux) echo -Itools/snpemu -Itools/snpemu/host -Iigvm -Iigvm/linux ;;
    compose) echo -Itools/snpemu -Itools/snpemu/host -Iigvm -Iigvm/linux -Itools/inspect ;;
    rmp | ghcb | lie) echo -Itools/snpemu -Itools/snpemu/core ;;
    guest | pvalidate) echo -Itests/unit/guest ;;
    psp | verify) echo -Itools/snpemu/host -Itests/snpemu/psp -Itools/verify ;;
    *) echo -Itools/run -Itools/common ;;
    esac
}

libraries_of() {
    case $1 in
    igvm | ovmf | linux | psp | verify | compose) pkg-config --libs libcrypto ;;
    esac
}

# Files that nobody guesses.
seeds_make() {
    case $1 in
    igvm | ovmf | linux | compose) python3 tests/emu/files.py "$keep/corpus-$1" "$1" ;;
    esac
}

# Little quarantine: each run builds a machine anew.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8
failed=0
for target in "$@"; do
    # shellcheck disable=SC2046
    clang -std=gnu2x -O1 -g -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -fno-omit-frame-pointer -Imicrokernel/abi -Imicrokernel -Imicrokernel/include -Itests/fake \
        -Itests/fuzz -Idrivers/serial/include $(includes_of "$target") "tests/fuzz/fuzz_$target.c" $(sources_of "$target") \
        -o "$out/fuzz-$target" $(libraries_of "$target")
    mkdir -p "$keep/corpus-$target"
    seeds_make "$target"
    len=4096
    [ ! -e "$keep/corpus-$target/seed" ] || len=16384
    if "$out/fuzz-$target" -max_total_time="$seconds" -max_len=$len -len_control=20 -rss_limit_mb=2048 \
        -timeout=20 -artifact_prefix="$keep/$target-" -print_final_stats=1 \
        "$keep/corpus-$target" >"$out/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log")
        covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$out/log" | tail -n 1)
        echo "ok fuzz-$target runs=$runs edges=$covered"
    else
        tail -60 "$out/log" >&2
        echo "not ok fuzz-$target - see $keep/$target-*"
        failed=1
    fi
done
exit $failed
