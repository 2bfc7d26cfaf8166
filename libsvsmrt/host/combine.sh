#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A service for the host as one object:
#   combine.sh NAME MANIFEST SCRIPT ARCHIVE OUTPUT.o
# Its symbols become local, all but svsm_host_NAME, so that several services, each with a libsvsmrt of
# its own, fit into one program. Refuses what would keep state that a rollback does not reach.
set -eu
name=$(echo "$1" | tr - _)
manifest=$2
script=$3
archive=$4
output=$5
# Hidden state of glibc: a service keeps such things in its own memory.
refused='rand|srand|random|srandom|drand48|lrand48|mrand48|strtok|setlocale|localtime|gmtime|asctime|ctime|tmpnam|strerror|fopen|getline'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$manifest" "$work/manifest"
(cd "$work" && ld -r -b binary -z noexecstack -o manifest.o manifest)
# Its data section must not become a part of the service's state.
objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents "$work/manifest.o"
ld -r -z noexecstack -T "$script" --whole-archive "$archive" --no-whole-archive "$work/manifest.o" \
    -o "$work/all.o"
if objdump -h "$work/all.o" | grep -qE '\.(tdata|tbss)'; then
    echo "$1: thread-local variables are not rolled back in the host build" >&2
    exit 1
fi
bad=$(nm -u "$work/all.o" | sed 's/^ *U *//' | grep -xE "$refused" || true)
if [ -n "$bad" ]; then
    echo "$1: the host's libc keeps state in: $bad" >&2
    exit 1
fi
objcopy --redefine-sym "svsm_host_task=svsm_host_$name" "$work/all.o"
objcopy --keep-global-symbol="svsm_host_$name" "$work/all.o" "$output"
