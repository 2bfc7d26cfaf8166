#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes with libFuzzer under ASan and UBSan, from the top of the tree:
#   sh tests/fuzz/fuzz.sh [SECONDS per target, default 15] [TARGET...]
# Targets: syscalls (the task core), image (image_check), mbinfo, frame (the serial line), bridge (that of
# svsm-run between the line and its clients). Prints one line
# per target (tests/README.md). An input that fails is kept in build/fuzz, as is what was learnt.
set -eu
seconds=${1:-15}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- syscalls image mbinfo frame bridge
out=${TMPDIR:-/tmp}/svsm-fuzz-$$
keep=build/fuzz
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$out" "$keep"
core=$(find microkernel/task -name '*.c' | sort)
fake=$(find tests/fake -name '*.c' | sort)

sources_of() {
    case $1 in
    syscalls) echo "tests/fuzz/model.c $core $fake" ;;
    image) echo "$core $fake" ;;
    mbinfo) echo microkernel/boot/mbinfo.c ;;
    frame) echo drivers/serial/frame.c ;;
    bridge) echo "tools/run/line.c tools/run/clients.c tools/run/command.c drivers/serial/frame.c" ;;
    esac
}

# Little quarantine: each run builds a machine anew.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8
failed=0
for target in "$@"; do
    # shellcheck disable=SC2046
    clang -std=gnu2x -O1 -g -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -fno-omit-frame-pointer -Imicrokernel/abi -Imicrokernel -Imicrokernel/include -Itests/fake \
        -Itests/fuzz -Idrivers/serial/include -Itools/run -Itools/common "tests/fuzz/fuzz_$target.c" $(sources_of "$target") \
        -o "$out/fuzz-$target"
    mkdir -p "$keep/corpus-$target"
    if "$out/fuzz-$target" -max_total_time="$seconds" -max_len=4096 -len_control=20 -rss_limit_mb=2048 \
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
