#!/bin/sh
# SPDX-License-Identifier: MIT
#
# svsm-emu without an emulated machine: its command line, the launch digests against an independent
# program's, and how it ends, with a program in the place of QEMU. Output as tests/README.md wants it.
set -u

build=${SVSM_BUILD_DIR:-$PWD/build}
emu=$build/tools/emu/svsm-emu
tests=$PWD/tests/emu
own_tmp=
if [ -z "${TMPDIR:-}" ]; then
    TMPDIR=$(mktemp -d)
    own_tmp=$TMPDIR
fi
trap '[ -z "$own_tmp" ] || rm -rf "$own_tmp"' EXIT
failed=0
out=$TMPDIR/out
python3 "$tests/files.py" "$TMPDIR"
cp "$tests/fake.py" "$TMPDIR/fake"
chmod +x "$TMPDIR/fake"
: >"$TMPDIR/hv"

verdict() {
    if [ -z "$2" ]; then
        echo "ok $1"
    else
        echo "not ok $1 - $2"
        cat "$out" >&2
        failed=1
    fi
}

# expect NAME CODE TEXT COMMAND...: it ends with this code and says this.
expect() {
    name=$1
    code=$2
    text=$3
    shift 3
    timeout 60 "$@" >"$out" 2>&1 </dev/null
    status=$?
    why=
    if [ $status -ne "$code" ]; then
        why="status $status instead of $code"
    elif ! grep -qF -- "$text" "$out"; then
        why="it does not say '$text'"
    elif [ "$code" -eq 3 ] && ! grep -q '^  mend: ' "$out"; then
        why="it does not say what to do"
    fi
    verdict "$name" "$why"
}

igvm=$TMPDIR/strict.igvm
expect help 0 'usage: tools/svsm emu' "$emu" --help
expect no-guest 2 'one of --igvm, --firmware and --kernel is needed' "$emu"
expect two-guests 2 'only one of' "$emu" --igvm a --kernel b
expect unknown-argument 2 'unknown argument --nonsense' "$emu" --nonsense
expect no-value 2 '--smp needs a value' "$emu" --smp
expect stray-initrd 2 'go with --kernel only' "$emu" --igvm "$igvm" --initrd x
for value in 0 17 -1 1x ''; do
    expect "smp-'$value'" 2 'is not a number from 1 to 16' "$emu" --smp "$value"
done
for value in 0 1M 3M 12Q M 256MM 1e3 9999999; do
    expect "memory-$value" 2 'is not a size like' "$emu" --memory "$value"
done
expect timeout-0 2 'is not a number of seconds' "$emu" --timeout 0
expect profile-x 2 'is not one of strict upstream-6.12 planes' "$emu" --profile x
expect sfw-no-x 2 'is not one of off on' "$emu" --coherency-sfw-no maybe
expect cbit-48 2 'is not one of 47 51' "$emu" --cbit 48
expect tlb-x 2 'is not one of flush keep' "$emu" --tlb lose
expect ap-hold-x 2 'is not one of drop finish' "$emu" --ap-hold keep
expect trace-x 2 'is not a list with commas' "$emu" --trace vc,,npf

# Lies: what can be said, and what is wrong with a text.
expect lie-list 0 'set           a field of an answer is value' "$emu" --lie list
tr '\n' ' ' <"$out" >"$TMPDIR/list"
for word in ' launch ' ' cpuid ' ' page-state-change ' ' msr-register ' ' nth ' ' xcr0 '; do
    expect "lie-list-$word" 0 "$word" cat "$TMPDIR/list"
done
# wrong_lie NAME TEXT LIE
wrong_lie() {
    expect "lie-$1" 2 "$2" "$emu" --igvm "$igvm" --lie "$3"
}
wrong_lie exception-31 'an exception is 0 to 30' exception@enter,value=31
wrong_lie exception-2 'an exception is 0 to 30' exception@cpuid,value=2
wrong_lie interrupt-300 'an interrupt is 0 to 255' interrupt@enter,value=300
wrong_lie vcpu 'the guest has no such vCPU' set@cpuid,field=rax,value=1,vcpu=15
wrong_lie no-value 'this kind needs a value=' set@cpuid
wrong_lie point 'no such event behind @' set@ghcb-missing-input,value=1
expect stray-invlpgb 2 '--invlpgb goes with --igvm only' "$emu" --kernel x --invlpgb off
expect no-file 1 'cannot read' "$emu" --measure --igvm "$TMPDIR/missing"
expect folder 1 'is no file' "$emu" --measure --igvm "$TMPDIR"
expect no-igvm 1 'this is no IGVM file' "$emu" --measure --igvm "$TMPDIR/initrd"
head -c 20 "$igvm" >"$TMPDIR/cut.igvm"
expect cut-igvm 1 'the IGVM file is cut: it has 20 bytes' "$emu" --measure --igvm "$TMPDIR/cut.igvm"
expect no-firmware 1 'multiple of 64 KiB' "$emu" --measure --firmware "$TMPDIR/initrd"
expect no-kernel 1 'no setup header' "$emu" --measure --kernel "$TMPDIR/initrd"
expect no-initrd 1 'cannot read' "$emu" --measure --kernel "$TMPDIR/vmlinuz" --initrd "$TMPDIR/missing"
expect small 1 'need memory up to' "$emu" --measure --kernel "$TMPDIR/vmlinuz" --memory 18M
expect no-qemu 3 'there is no QEMU' "$emu" --igvm "$igvm" --hv "$TMPDIR/hv" --qemu "$TMPDIR/missing"
expect no-hv 3 'there is no hypervisor' "$emu" --igvm "$igvm" --hv "$TMPDIR/missing"
expect no-symbols 1 'is no ELF file' "$emu" --igvm "$igvm" --symbols "$TMPDIR/initrd"
expect too-large 2 'do not fit below 2816M' "$emu" --igvm "$igvm" --hv "$TMPDIR/hv" \
    --qemu "$TMPDIR/fake" --memory 2800M
for memory in 3G 3500M 4G; do
    expect "too-large-linux-$memory" 2 'for the guest do not fit below 2816M' "$emu" --kernel "$TMPDIR/vmlinuz" \
        --hv "$TMPDIR/hv" --qemu "$TMPDIR/fake" --memory $memory
done
# Firmware has more in two pieces, of which QEMU makes the upper one behind 2 GiB.
expect too-large-split 2 'do not fit below 2048M' "$emu" --firmware "$TMPDIR/ovmf.fd" --hv "$TMPDIR/hv" \
    --qemu "$TMPDIR/fake" --memory 64G
expect too-large-given 2 '102400M are too much' "$emu" --firmware "$TMPDIR/ovmf.fd" --hv "$TMPDIR/hv" \
    --qemu "$TMPDIR/fake" --memory 100G
# The most that is named there is enough for the plan, and 64M more are not.
most=$(sed -n 's/^  mend: --memory \([0-9]*\)M is the most$/\1/p' "$out")
expect split-most 0 '-m ' "$emu" --dry-run --firmware "$TMPDIR/ovmf.fd" --hv "$TMPDIR/hv" --qemu "$TMPDIR/fake" \
    --memory "${most}M"
expect split-more 2 "--memory ${most}M is the most" "$emu" --dry-run --firmware "$TMPDIR/ovmf.fd" --hv "$TMPDIR/hv" \
    --qemu "$TMPDIR/fake" --memory "$((most + 64))M"
expect split 0 '-m 4096 ' "$emu" --dry-run --firmware "$TMPDIR/ovmf.fd" --hv "$TMPDIR/hv" --qemu "$TMPDIR/fake" --memory 3G
expect too-small 2 'too small' "$emu" --firmware "$TMPDIR/ovmf.fd" --hv "$TMPDIR/hv" \
    --qemu "$TMPDIR/fake" --memory 14M

# same NAME DIGEST-ARGUMENTS -- EMU-ARGUMENTS: both programs find the same digest.
same() {
    name=$1
    shift
    judge=
    while [ "$1" != -- ]; do
        judge="$judge $1"
        shift
    done
    shift
    # shellcheck disable=SC2086 # words
    python3 "$tests/digest.py" $judge >"$TMPDIR/judged" 2>"$out"
    "$emu" --measure "$@" >"$TMPDIR/measured" 2>>"$out"
    cat "$TMPDIR/judged" "$TMPDIR/measured" >>"$out"
    why=
    if ! grep -qxE '[0-9a-f]{96}' "$TMPDIR/judged"; then
        why="no digest to compare with"
    elif ! cmp -s "$TMPDIR/judged" "$TMPDIR/measured"; then
        why="the digests differ"
    fi
    verdict "digest-$name" "$why"
}

same ovmf ovmf "$TMPDIR/ovmf.fd" -- --firmware "$TMPDIR/ovmf.fd"
same ovmf-smp ovmf "$TMPDIR/ovmf.fd" --smp 5 -- --firmware "$TMPDIR/ovmf.fd" --smp 5
same linux linux "$TMPDIR/vmlinuz" --memory 64 -- --kernel "$TMPDIR/vmlinuz" --memory 64M
same linux-more linux "$TMPDIR/vmlinuz" --memory 66 --initrd "$TMPDIR/initrd" --append quiet --smp 7 \
    --cbit 51 -- --kernel "$TMPDIR/vmlinuz" --memory 66 --initrd "$TMPDIR/initrd" --append quiet \
    --smp 7 --cbit 51
same igvm igvm "$igvm" -- --igvm "$igvm"
same igvm-planes igvm "$igvm" --smp 3 -- --igvm "$igvm" --smp 3 --profile planes
same igvm-upstream igvm "$igvm" --smp 3 --profile upstream-6.12 -- --igvm "$igvm" --smp 3 \
    --profile upstream-6.12
# Two orders in the file, one in QEMU.
same igvm-order igvm "$igvm" -- --igvm "$TMPDIR/qemu.igvm" --profile planes
expect igvm-order-strict 1 'QEMU measures it before them' "$emu" --measure --igvm "$TMPDIR/qemu.igvm"
stock=/usr/share/ovmf/OVMF.fd
if [ -f $stock ]; then
    same stock-ovmf ovmf $stock --smp 2 -- --firmware $stock --smp 2
else
    echo "skip digest-stock-ovmf - $stock"
fi

# ends NAME CODE TEXT FAKE [ARGUMENTS]: with fake.py in QEMU's place.
ends() {
    name=$1
    code=$2
    text=$3
    FAKE=$4
    export FAKE
    shift 4
    expect "$name" "$code" "$text" "$emu" --igvm "$igvm" --qemu "$TMPDIR/fake" --hv "$TMPDIR/hv" \
        --memory 128M "$@"
}

ends exit-0 0 'hello from the guest' 'lines exit code=0'
ends complaint 0 'fake: a complaint' 'lines exit code=0'
if grep -q 'requested feature' "$out"; then
    verdict noise "QEMU's warnings about features are shown"
else
    verdict noise ""
fi
# A lie of the command line that was told, and one that was not.
ends lie-untold 0 'warning: --lie drop@cpuid,nth=2 was never told' 'lines told lie=0|exit code=0' \
    --lie nmi@enter --lie drop@cpuid,nth=2
verdict lie-told "$(grep -E 'nmi@enter was|^told' "$out")"
ends lie-untold-timeout 124 'warning: --lie nmi@enter was never told' "sleep $TMPDIR/slept" --timeout 1 --lie nmi@enter
ends exit-42 42 'exit code=42' 'lines # state|exit code=42'
ends exit-255 255 'exit code=255' 'lines exit code=255'
ends exit-low-8 1 'exit code=257' 'lines exit code=257'
ends off 0 'off' 'lines off'
ends reset 1 'the guest reset the machine' 'lines reset'
FAKE='lines stop guest rule=private-no-memory vcpu=0 vmpl=0 rip=0 gpa=7000'
export FAKE
expect old-firmware 125 \
    'setup --print-env` says where (SVSM_FIRMWARE)' "$emu" --firmware "$TMPDIR/ovmf.fd" --qemu "$TMPDIR/fake" \
    --hv "$TMPDIR/hv" --memory 128M
ends refused-other 125 'refused by the rule private-no-memory' \
    'lines stop guest rule=private-no-memory vcpu=0 vmpl=0 rip=0 gpa=7000'
verdict refused-no-mend "$(grep 'mend: if it is' "$out")"
ends refused 125 'refused by the rule nested-unvalidated in vCPU 1, VMPL 2, at ffff800, guest address 7000' \
    'lines stop guest rule=nested-unvalidated vcpu=1 vmpl=2 rip=ffff800 gpa=7000'
ends terminated 126 'the guest terminated itself in vCPU 0, VMPL 0, at 10: set 1, reason 4, no CPUID table' \
    'lines terminate set=1 reason=4 detail=0 vcpu=0 vmpl=0 rip=10 name=no CPUID table'
ends emulator 1 'the emulator cannot go on: a page is lost' 'lines stop emulator why=a page is lost'
ends first-word 125 'by the rule a' 'lines stop guest rule=a vcpu=0 vmpl=0 rip=0|exit code=0'
ends not-a-word 1 'nobody said why' 'lines stopwatch|exiting code=0|# exit code=0'
ends no-word 1 'QEMU ended with status 5' 'status 5'
ends killed 1 'QEMU was ended by signal 9' 'signal x'
ends flood 4 'trace npf 20479' 'flood'
ends image 0 'exit code=0' 'image' --smp 2 --cbit 51 --profile planes --tlb keep --trace vc,vcpu --stats \
    --coherency-sfw-no off
ends mailbox 0 'exit code=0' 'mailbox'
ends mailbox-garbage 1 'is no frame' 'garbage'
ends mailbox-type 1 'asks for type 9' 'type'
ends mailbox-size 1 'is no frame' 'size'
ends dry-run 0 '-initrd /proc/self/fd/5' 'lines exit code=9' --dry-run -- -name 'a guest'
ends dry-run-quotes 0 "-name 'a guest'" 'lines exit code=9' --dry-run -- -name 'a guest'
ends gdb 0 'tcp:127.0.0.1:1234' 'lines exit code=9' --dry-run --gdb
ends gdb-port 0 'tcp:127.0.0.1:65535' 'lines exit code=9' --gdb 65535 --dry-run
ends gdb-socket 0 'unix:/tmp/a,,b,server=on,wait=off' 'lines exit code=9' --gdb /tmp/a,b --dry-run
for value in 0 65536 12x x ''; do
    expect "gdb-'$value'" 2 'is not a port from 1 to 65535 or the path' "$emu" --gdb "$value"
done
expect gdb-long-path 2 'is not a port' "$emu" --gdb "/$(printf '%107s' x | tr ' ' x)"
ends gdb-command 0 "-ex 'target remote ./a b'" 'lines exit code=0' --gdb './a b'

# json NAME EXPECTED FAKE [ARGUMENTS]: the object has these members, whatever else it has.
json() {
    name=$1
    expected=$2
    shift 2
    FAKE=$1
    export FAKE
    shift
    "$emu" --igvm "$igvm" --qemu "$TMPDIR/fake" --hv "$TMPDIR/hv" --memory 128M --json "$TMPDIR/json" \
        "$@" >"$out" 2>&1 </dev/null
    status=$?
    verdict "json-$name" "$(python3 -c "import json, sys
got = json.load(open(sys.argv[1]))
want = json.loads(sys.argv[2])
want['status'] = int(sys.argv[3])
wrong = [key for key in want if got.get(key) != want[key]]
if wrong or len(got['launch_digest']) != 96:
    print('wrong members', wrong, 'of', got)" "$TMPDIR/json" "$expected" $status 2>&1)"
}

json exit '{"end": "exit", "code": 42}' 'lines exit code=42'
json off '{"end": "off"}' 'lines off'
json reset '{"end": "reset", "message": "the guest reset the machine"}' 'lines reset'
json refused '{"end": "refused", "rule": "a", "vcpu": 1, "vmpl": 2, "rip": "ffff800", "gpa": "7000"}' \
    'lines stop guest rule=a vcpu=1 vmpl=2 rip=ffff800 gpa=7000'
json terminated '{"end": "terminated", "set": 1, "reason": 4, "name": "no CPUID \"table\""}' \
    'lines terminate set=1 reason=4 detail=0 vcpu=0 vmpl=0 rip=10 name=no CPUID "table"'
json emulator '{"end": "emulator", "why": "a page is lost"}' 'lines stop emulator why=a page is lost'
json lost '{"end": "lost"}' 'status 5'
json timeout '{"end": "timeout"}' "sleep $TMPDIR/slept" --timeout 1
json stats '{"stats": {"lies": {}, "vc": 7, "merged": 3, "stale": 2, "other": 1, "exits": [{"code": "7b", "name": "IOIO", "count": 5}]}}' \
    'lines stats exit=7b name=IOIO count=5|stats other=1 merged=3 stale=2 vc=7|exit code=0'
json symbol '{"symbol": "main+0x0"}' \
    "lines stop guest rule=a vcpu=0 vmpl=0 rip=$(nm "$emu" | awk '$3 == "main" { print $1 }')" --symbols "$emu"
ends json-nowhere 1 'cannot write' 'lines exit code=0' --json "$TMPDIR/missing/file"
if [ -w /dev/full ]; then
    ends json-full 3 'cannot write /dev/full' 'lines exit code=0' --json /dev/full
fi
ends symbols 125 "at $(nm "$emu" | awk '$3 == "main" { print $1 }') (main+0x0)" \
    "lines stop guest rule=a vcpu=0 vmpl=0 rip=$(nm "$emu" | awk '$3 == "main" { print $1 }')" --symbols "$emu"

printf 'a word\n%5000s' x >"$TMPDIR/typed"
FAKE=input "$emu" --igvm "$igvm" --qemu "$TMPDIR/fake" --hv "$TMPDIR/hv" --memory 128M \
    <"$TMPDIR/typed" >"$out" 2>&1
status=$?
why=
if [ $status -ne $((5000 % 256)) ]; then
    why="status $status: not all of the input arrived"
elif ! grep -q '^got a word$' "$out"; then
    why="the first line did not arrive"
fi
verdict input "$why"

# An ID block: signed for this digest, with an author or without; for another; not by its key.
digest=$("$emu" --measure --igvm "$igvm")
other=$(echo "$digest" | tr '0-9a-f' '1-9a-f0')
if command -v openssl >/dev/null 2>&1; then
    python3 "$tests/sign.py" "$igvm" "$TMPDIR/signed.igvm" "$digest" "$TMPDIR"
    python3 "$tests/sign.py" "$igvm" "$TMPDIR/author.igvm" "$digest" "$TMPDIR" author
    python3 "$tests/sign.py" "$igvm" "$TMPDIR/other.igvm" "$other" "$TMPDIR"
    python3 -c "import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[data.index(b'family')] ^= 1 # the checksum is put right
import struct, zlib
start, size = struct.unpack_from('<II', data, 8)
data[20:24] = bytes(4)
data[20:24] = struct.pack('<I', zlib.crc32(data[:start + size]))
open(sys.argv[2], 'wb').write(data)" "$TMPDIR/signed.igvm" "$TMPDIR/forged.igvm"
    igvm=$TMPDIR/signed.igvm
    ends id-block 0 "launch digest $digest" 'lines exit code=0'
    igvm=$TMPDIR/author.igvm
    ends id-block-author 0 "launch digest $digest" 'lines exit code=0'
    igvm=$TMPDIR/other.igvm
    ends id-block-other 1 'it is for another launch digest' 'lines exit code=0'
    igvm=$TMPDIR/forged.igvm
    ends id-block-forged 1 'the ID key did not sign it' 'lines exit code=0' --dry-run
    igvm=$TMPDIR/strict.igvm
else
    echo "skip id-block - openssl"
fi

# Is the fake QEMU whose process id is in a file gone within two seconds? One that only waits to be
# reaped by whoever has inherited it is.
gone() {
    tries=0
    while grep -q '^State:[^Z]*$' "/proc/$(cat "$1")/status" 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 20 ]; then
            return 1
        fi
        sleep 0.1
    done
}

ends timeout 124 'did not end within 1 s' "sleep $TMPDIR/pid" --timeout 1
if gone "$TMPDIR/pid"; then verdict timeout-qemu ""; else verdict timeout-qemu "QEMU still runs"; fi

# unread NAME STATUS COMMAND...: a pipe that is open and that nobody reads, for as long as it takes.
unread() {
    name=$1
    code=$2
    shift 2
    rm -f "$TMPDIR/pid" "$TMPDIR/pipe"
    mkfifo "$TMPDIR/pipe"
    exec 9<>"$TMPDIR/pipe"
    FAKE="endless $TMPDIR/pid" timeout 60 "$@" >"$TMPDIR/pipe" 2>"$out" </dev/null 9>&-
    status=$?
    exec 9>&-
    if [ $status -ne "$code" ]; then
        verdict "$name" "status $status instead of $code"
    elif ! gone "$TMPDIR/pid"; then
        verdict "$name" "QEMU still runs"
    else
        verdict "$name" ""
    fi
}

set -- "$emu" --igvm "$igvm" --qemu "$TMPDIR/fake" --hv "$TMPDIR/hv" --memory 128M
unread timeout-unread 124 "$@" --timeout 2
unread signal-unread 130 timeout --preserve-status -s INT 3 "$@"
for signal in TERM INT KILL; do
    rm -f "$TMPDIR/pid"
    FAKE="sleep $TMPDIR/pid" "$emu" --igvm "$igvm" --qemu "$TMPDIR/fake" --hv "$TMPDIR/hv" \
        --memory 128M >"$out" 2>&1 &
    pid=$!
    tries=0
    while ! [ -s "$TMPDIR/pid" ] && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill -s $signal $pid
    wait $pid 2>/dev/null
    status=$?
    why=
    case $signal in TERM) code=143 ;; INT) code=130 ;; *) code=137 ;; esac
    if [ $status -ne $code ]; then
        why="status $status instead of $code"
    elif ! gone "$TMPDIR/pid"; then
        why="QEMU still runs"
    fi
    verdict "signal-$signal" "$why"
done
exit $failed
