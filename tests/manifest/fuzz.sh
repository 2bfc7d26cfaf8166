#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes the readers of svsm-image with libFuzzer under ASan and UBSan, from the top of the tree:
#   sh tests/manifest/fuzz.sh [SECONDS per target, default 20]
# Prints one line per target (tests/README.md). An input that fails is kept in build/fuzz.
set -eu
seconds=${1:-20}
seed=1 # see tests/fuzz/fuzz.sh
[ "$seconds" -le 60 ] || seed=0
out=${TMPDIR:-/tmp}/svsm-fuzz-$$
keep=build/fuzz
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$out" "$keep"
lib=$(find tools/image -name "*.c" ! -name main.c ! -name symtab_main.c | sort)
libraries=$(pkg-config --cflags --libs libconfig libelf libcrypto jansson)
# libconfig 1.5 itself loses strings that the grammar then refuses.
echo leak:libconfig.so >"$out/leaks"
export LSAN_OPTIONS="suppressions=$out/leaks:print_suppressions=0"
python3 tests/manifest/fuzz_seeds.py "$out"
failed=0
for target in manifest elf; do
    # shellcheck disable=SC2086
    clang -std=gnu2x -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Imicrokernel/abi -Iabi -Imicrokernel -Imicrokernel/include -Itools/image \
        tests/manifest/fuzz_$target.c $lib microkernel/task/image_check.c $libraries \
        -o "$out/fuzz-$target"
    if "$out/fuzz-$target" -seed="$seed" -max_total_time="$seconds" -max_len=32768 -rss_limit_mb=2048 -timeout=10 \
        -artifact_prefix="$keep/$target-" -print_final_stats=1 "$out/$target" >"$out/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log")
        echo "ok fuzz-$target runs=$runs"
    else
        tail -40 "$out/log" >&2
        echo "not ok fuzz-$target - see $keep/$target-*"
        failed=1
    fi
done
exit $failed
