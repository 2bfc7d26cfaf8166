#!/bin/sh
# SPDX-License-Identifier: MIT
#
# svsm-emu as a person uses it: without privileges, with copies of what was built that anybody may
# read. A bare guest boots and is traced, counted, refused, stopped in a debugger; stdout has what the
# guest says, stderr all else. Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder.
set -u

build=${SVSM_BUILD_DIR:-build}
guest=$build/tests/snpemu/conform/snpemu-conform.elf
nobody=65534
home=$(TMPDIR=/tmp mktemp -d) # not below TMPDIR, which others may not enter
trap 'rm -rf "$home"' EXIT
chmod 755 "$home"
emu=$home/tools/emu/svsm-emu
failed=0

mkdir -p "$home/tools/emu" "$home/tools/snpemu/hv" "$home/own"
cp "$build/tools/emu/svsm-emu" "$home/tools/emu/"
cp "$build/tools/snpemu/hv/hv.elf" "$build/tools/snpemu/hv/hv64.elf" "$home/tools/snpemu/hv/"
cp "$guest" "$home/guest.elf"
for number in 0 1 13; do
    python3 tests/snpemu/conform/make_igvm.py --forbidden $number "$guest" "$home/$number.igvm"
done
chmod -R a+rX "$home"

verdict() {
    if [ -z "$2" ]; then
        echo "ok $1"
    else
        echo "not ok $1 - $2"
        tail -n 20 "$home/stderr" >&2
        failed=1
    fi
}

# as_person COMMAND...: what is in own/ is theirs.
if [ "$(id -u)" = 0 ]; then
    chown $nobody:$nobody "$home/own"
    as_person() {
        setpriv --reuid=$nobody --regid=$nobody --clear-groups --no-new-privs --inh-caps=-all \
            env HOME="$home/own" TMPDIR="$home/own" PATH="$PATH" "$@"
    }
else
    as_person() {
        env HOME="$home/own" TMPDIR="$home/own" "$@"
    }
fi

# boot NUMBER OPTIONS...: status in $status
boot() {
    number=$1
    shift
    as_person timeout 120 "$emu" --igvm "$home/$number.igvm" --memory 64M --timeout 100 "$@" \
        >"$home/stdout" 2>"$home/stderr" </dev/null
    status=$?
}

# ended NAME STATUS TEXT: with this status, and stderr says this.
ended() {
    why=
    if [ $status -ne "$2" ]; then
        why="status $status instead of $2"
    elif ! grep -qF -- "$3" "$home/stderr"; then
        why="stderr does not say: $3"
    elif grep -qE '^(stats|trace|stop|terminate|exit|svsm-emu:|launch digest)' "$home/stdout"; then
        why="stdout has more than what the guest says"
    fi
    verdict "$1" "$why"
}

# traced NAME CLASS: that class, and no other
traced() {
    if [ -z "$(sed -n "s/^trace $2 //p" "$home/stderr" | head -n 1)" ]; then
        verdict "$1" "nothing of the class $2"
    else
        verdict "$1" "$(sed -n 's/^trace \([a-z]*\) .*/\1/p' "$home/stderr" | sort -u | grep -vx "$2")"
    fi
}

# count NAME: how many exits of that name --stats has
count() {
    sed -n "s/^stats exit=[0-9a-f]* name=$1 count=\([0-9]*\)$/\1/p" "$home/stderr"
}

debugger() {
    as_person timeout 120 "$emu" --igvm "$home/1.igvm" --memory 64M --timeout 100 --gdb "$home/own/gdb" \
        --symbols "$home/guest.elf" >"$home/stdout" 2>"$home/stderr" </dev/null &
    pid=$!
    for _ in $(seq 300); do
        grep -q 'waits for a debugger' "$home/stderr" && [ -S "$home/own/gdb" ] && break
        sleep 0.1
    done
    # As printed, with what a person would type then.
    command=$(sed -n 's/^svsm-emu: QEMU waits for a debugger: gdb //p' "$home/stderr")
    eval "as_person timeout 90 gdb -nx -batch -ex 'set confirm off' $command \
        -ex 'break test_forbidden' -ex continue -ex 'info symbol \$pc' -ex 'info symbol boot_main' \
        -ex delete -ex detach" >"$home/gdb" 2>&1 </dev/null
    wait $pid
    status=$?
}

if ! as_person "$emu" --help >/dev/null 2>&1; then
    echo "skip person - no unprivileged user can be had here, or none may run what lies in /tmp"
    exit 0
fi
verdict unprivileged "$(as_person id -u | grep -x 0)"
boot 0 --stats --trace rmp --json "$home/own/end.json"
ended boots 0 'exit code=0'
why=
grep -q '^# [0-9]* checks, 0 failed' "$home/stdout" || why="the guest did not get to its end"
verdict guest-on-stdout "$why"
traced trace-rmp rmp
why=
for name in CPUID IOIO MSR VMMCALL NPF; do
    [ "$(count $name)" -gt 0 ] || why="no exits $name are counted"
done
verdict stats "$why"
why=$(python3 -c "import json, sys
end = json.load(open(sys.argv[1]))
exits = {e['name']: e['count'] for e in end['stats']['exits']}
if (end['status'], end['end']) != (0, 'exit') or exits.get('NPF') != int(sys.argv[2]):
    print(end)" "$home/own/end.json" "$(count NPF)" 2>&1)
verdict json "$why"
boot 1 --trace vc
ended refused 125 'refused by the rule private-ownership in vCPU 0, VMPL 0, at '
traced trace-vc vc
boot 1 --symbols "$home/guest.elf"
ended refused-symbol 125 '(test_forbidden+0x'
boot 13 --trace msr
ended terminated 126 'the guest terminated itself in vCPU 0, VMPL 0'
boot 1 --gdb "$home/own/idle" --timeout 1
ended time-out 124 'did not end within 1 s'
debugger
ended debugger-end 125 'rule=private-ownership'
why=
grep -q '^Breakpoint 1, test_forbidden (' "$home/gdb" || why="the breakpoint was not hit"
grep -q '^test_forbidden in section .text' "$home/gdb" || why="$why the guest's symbol has no name"
grep -q '^boot_main in section .text' "$home/gdb" || why="$why the hypervisor's symbols are missing"
[ -z "$why" ] || cat "$home/gdb" >&2
verdict debugger "$why"
exit $failed
