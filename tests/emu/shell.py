#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stock OVMF as an SNP guest without an SVSM: up to its EFI shell, a command to it, and off. Output as
tests/README.md wants it.

  shell.py [FIRMWARE, default $SVSM_FIRMWARE]"""
import os
import re
import sys

import console

PROMPT = b"Shell>"


def main():
    firmware = (sys.argv[1:] or [os.environ.get("SVSM_FIRMWARE", "")])[0]
    if not os.path.exists(firmware):
        print(f"skip shell - no firmware {firmware} (SVSM_FIRMWARE)")
        return
    guest = console.emulated("--firmware", firmware)
    up = guest.wait_for(PROMPT)
    console.judge("shell", up, "the EFI shell does not come up", guest)
    if not up:
        return
    guest.type(b"memmap\r")
    guest.wait_for(PROMPT)
    screen = guest.console()
    total = re.search(r"Total Memory: *([0-9]+) MB", screen)
    console.judge("memory", total is not None and 400 <= int(total.group(1)) <= 512,
          f"the shell does not see the guest's 512 MiB: {total and total.group(0)}", guest)
    guest.type(b"reset -s\r")
    status = guest.end()
    console.judge("off", status == 0 and "\noff" in guest.complaints(),
          f"status {status}: it did not switch itself off", guest)


main()
