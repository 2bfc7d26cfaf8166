# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Every header compiles alone, with gcc and clang. The include directories are those that the build
# gives to any file below the header's own folder; the ABI's and, inside the microkernel, its own are
# there always. Part of frame.sh.

python3 - build/compile_commands.json >"$TMPDIR/includes" <<'END'
import json, os, shlex, sys
seen = {}
top = os.path.realpath(".")
for entry in json.load(open(sys.argv[1])):
    words = shlex.split(entry["command"])
    file = os.path.relpath(os.path.realpath(os.path.join(entry["directory"], entry["file"])), top)
    flags = []
    for i, word in enumerate(words):
        if word.startswith("-I"):
            flags.append("-I" + os.path.realpath(os.path.join(entry["directory"], word[2:])))
        elif word in ("-isystem", "-idirafter"):
            flags += [word, os.path.realpath(os.path.join(entry["directory"], words[i + 1]))]
        elif word.startswith("-D"):
            flags.append(word)
    folder = os.path.dirname(file)
    while folder:
        known = seen.setdefault(folder, [])
        for flag in flags:
            if flag not in known or flag.startswith("-i"):
                known.append(flag)
        folder = os.path.dirname(folder)
for folder, flags in seen.items():
    print(folder, *flags)
END

# The flags of the nearest folder that the build knows.
header_flags() {
    case $1 in
    microkernel/*) echo "-Imicrokernel/abi -Imicrokernel/include -Imicrokernel" ;;
    *) echo "-Imicrokernel/abi -Iabi" ;;
    esac
    folder=$(dirname "$1")
    while [ "$folder" != . ] && ! grep -q "^$folder " "$TMPDIR/includes"; do
        folder=$(dirname "$folder")
    done
    grep "^$folder " "$TMPDIR/includes" | head -n 1 | cut -d ' ' -f 2-
}

grep -E '\.h$' "$TMPDIR/c" | grep -v '^subprojects/' >"$TMPDIR/headers"
for compiler in gcc clang; do
    if ! command -v $compiler >/dev/null 2>&1; then
        echo "skip headers-$compiler - $compiler"
        continue
    fi
    while read -r header; do
        printf '#include "%s"\n' "$header" |
            $compiler -std=gnu2x -Wall -Wextra -Wno-unused -Werror -fsyntax-only -x c \
                $(header_flags "$header") -I. - >"$TMPDIR/out" 2>&1 || {
            cat "$TMPDIR/out" >&2
            echo "$header"
        }
    done <"$TMPDIR/headers" >"$TMPDIR/bad"
    judge headers-$compiler "does not compile alone" "$(wc -l <"$TMPDIR/headers")"
done
