#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What svsm-run starts as its QEMU when it is to reach the TPM of an image with the payload in mode
# bridge: the emulated SNP machine, with the socket that would be COM2 as COM3. SVSM_EMULATOR: it, SVSM_IMAGE: the
# IGVM file; SVSM_SMP. Everything else that svsm-run says is for the native platform.
set -u

if [ "${1:-}" = --version ]; then
    exec qemu-system-x86_64 --version
fi
exec 9<&3 3<&-
exec "$SVSM_EMULATOR" --igvm "$SVSM_IMAGE" --memory 256M --smp "${SVSM_SMP:-1}" -- \
    -chardev socket,id=line,fd=9 -serial chardev:line
