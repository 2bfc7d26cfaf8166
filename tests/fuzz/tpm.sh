#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes TPM commands (fuzz_tpm.c: libtpms, our shim, wolfCrypt) with libFuzzer under ASan and UBSan, from the
# top of a tree that is built:
#   sh tests/fuzz/tpm.sh [SECONDS, default 15]
# Prints one line (tests/README.md). An input that fails is kept in build/fuzz, as are what was learnt and
# wolfCrypt as clang compiles it.
set -eu
seconds=${1:-15}
seed=1 # see tests/fuzz/fuzz.sh
[ "$seconds" -le 60 ] || seed=0
out=${TMPDIR:-/tmp}/svsm-fuzz-$$
keep=build/fuzz
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$out/seeds" "$keep/corpus-tpm"
flags='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
wolfssl='-DWOLFSSL_USER_SETTINGS -DWOLFSSL_X86_64_BUILD -isystem subprojects/wolfssl'

# wolfCrypt takes half a minute, and changes rarely. Its list of files is the build's.
# shellcheck disable=SC2086
wolfcrypt_make() {
    files=$(sed -n 's|.*"file": "\.\./\(subprojects/wolfssl/.*\)".*|\1|p' build/compile_commands.json | sort -u)
    mkdir "$out/wolfcrypt"
    for file in $files; do
        more='-fno-sanitize=shift' # signed numbers to the left, in sp_x86_64.c
        [ "${file##*/}" != aes.c ] || more="$more -maes -mpclmul -msse4.1"
        echo "$more $wolfssl -c $file -o $out/wolfcrypt/$(basename "$file").o"
    done | xargs -P 2 -L 1 clang -w -std=gnu11 $flags
    ar rc "$1.new" "$out"/wolfcrypt/*.o
    mv "$1.new" "$1"
}

key=$(cat subprojects/wolfssl.source subprojects/wolfssl/user_settings.h - <<VERSION | sha256sum | cut -c 1-12
$flags $(clang --version)
VERSION
)
wolfcrypt=$keep/wolfcrypt-$key.a
[ -f "$wolfcrypt" ] || wolfcrypt_make "$wolfcrypt"

# libtpms.a has a TPM12Interface of its own, and is not position-independent.
# shellcheck disable=SC2086
clang -std=gnu2x -D_GNU_SOURCE ${flags%%fuzzer*}fuzzer${flags##*no-link} $wolfssl \
    -Iservices/vtpm/shim -Itests/fuzz -Itests/tpm-host tests/fuzz/fuzz_tpm.c tests/tpm-host/host.c \
    tests/tpm-host/vectors.c $(find services/vtpm/shim -name '*.c' ! -name fortify.c | sort) "$wolfcrypt" \
    -no-pie -Wl,-Bstatic -ltpms -Wl,-Bdynamic -ljansson -o "$out/fuzz-tpm"

python3 tests/fuzz/tpm_seeds.py "$out/seeds" tests/vectors/tpm-golden.jsonl tests/vectors/tpm-negative.jsonl
export SVSM_FUZZ_STATE=tests/vectors/tpm-golden.jsonl
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8
if "$out/fuzz-tpm" -seed="$seed" -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=2048 -timeout=60 \
    -artifact_prefix="$keep/tpm-" -print_final_stats=1 "$keep/corpus-tpm" "$out/seeds" >"$out/log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$out/log" | tail -n 1)
    echo "ok fuzz-tpm runs=$runs edges=$covered"
else
    tail -60 "$out/log" >&2
    echo "not ok fuzz-tpm - see $keep/tpm-*"
    exit 1
fi
