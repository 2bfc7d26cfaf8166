# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# What the suites that boot stock kernels share. The one that reads this has set build, emu,
# folder, console, initrd and TMPDIR.

not_ok() {
    echo "not ok $1 - $2"
    tail -n 30 "$console" >&2
    tail -n 30 "$TMPDIR/stderr" >&2
    failed=1
}

# said NAME TEXT
said() {
    if grep -qaF "$2" "$console"; then
        echo "ok $1"
    else
        not_ok "$1" "the guest did not say: $2"
    fi
}

records_least=50 # of the kernel's log; a boot has several hundred

warnings() {
    records=$(tr -d '\r' <"$console" | sed -n 's/^guest records \([0-9]*\)$/\1/p')
    if [ "${records:-0}" -lt $records_least ]; then
        not_ok "$1" "the guest has read ${records:-no} records of its log, not at least $records_least"
        return
    fi
    sed '/^#/d; /^$/d; s/^/^guest warning [0-9] /; s/$/$/' $folder/expected-warnings.txt >"$TMPDIR/expected"
    count=$(grep -ac '^guest warning' "$console")
    grep -a '^guest warning' "$console" | tr -d '\r' | grep -vE -f "$TMPDIR/expected" >"$TMPDIR/unexpected"
    if [ -s "$TMPDIR/unexpected" ]; then
        not_ok "$1" "$(head -n 1 "$TMPDIR/unexpected")"
    else
        echo "ok $1 records=$records expected=$count unexpected=0"
    fi
}

# make_initrd FOLDER: $initrd, from that kernel's modules
make_initrd() {
    modules=
    for module in "$1"/modules/*.ko; do
        modules="$modules modules/${module##*/}=$module"
    done
    # shellcheck disable=SC2086
    python3 "$folder/initrd.py" "$initrd" init="$build/tests/snpemu/linux/snpemu-linux-init" modules $modules
}

# start KERNEL SECONDS OPTIONS...: in the emulated machine, with $initrd; status in $status, output in $console and
# stderr
start() {
    vmlinuz=$1
    seconds=$2
    shift 2
    timeout $((seconds + 20)) "$emu" --kernel "$vmlinuz" --initrd "$initrd" --memory 512M --timeout "$seconds" "$@" \
        >"$console" 2>"$TMPDIR/stderr" </dev/null
    status=$?
}
