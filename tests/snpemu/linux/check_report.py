#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The report that a Linux guest printed, looked at by both verifiers:
check_report.py CONSOLE VERIFY MEASUREMENT FOLDER [VMPL]. One line per verdict as tests/README.md wants it."""
import os
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "verify"))
import again  # noqa: E402

GUIDS = {"ark": "c0b406a4-a803-4952-9743-3fb6014cd0ae", "ask": "4ab7b379-bbac-4fe4-a02f-05aef327c782",
         "vek": "63da758d-e664-4564-adc5-f4b93be8accd"}
NONCE = bytes((i * 5 + 1) & 0xFF for i in range(64))


def printed(console, what):
    lines = [line.split()[2] for line in console.splitlines() if line.startswith("guest %s " % what)]
    return bytes.fromhex("".join(lines))


def certificates(table):
    """The GUID table: 16 bytes in the order of RFC 4122, offset, length; ended by zeros."""
    found = {}
    for at in range(0, len(table), 24):
        guid = table[at:at + 16]
        offset, size = struct.unpack_from("<II", table, at + 16)
        if not any(guid):
            break
        text = guid.hex()
        text = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        found[text] = table[offset:offset + size]
    return {name: found[guid] for name, guid in GUIDS.items()}


def verdict(name, why):
    print("not ok %s - %s" % (name, why) if why else "ok %s" % name)
    return 1 if why else 0


def main():
    console_path, verify, measurement, folder = sys.argv[1:5]
    vmpl = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    with open(console_path, encoding="utf-8", errors="replace") as file:
        console = file.read().replace("\r", "")
    report, table = printed(console, "report"), printed(console, "certificates")
    paths = {name: os.path.join(folder, name) for name in ("report", "table")}
    for name, data in (("report", report), ("table", table)):
        with open(paths[name], "wb") as file:
            file.write(data)
    run = subprocess.run([verify, paths["report"], "--table", paths["table"], "--allow-test-root",
                          "--measurement", measurement, "--report-data", NONCE.hex(), "--vmpl", str(vmpl)],
                         capture_output=True, text=True, check=False)
    failed = verdict("report-verified", run.returncode and (run.stdout + run.stderr).replace("\n", " | "))
    wrong = subprocess.run([verify, paths["report"], "--table", paths["table"], "--allow-test-root",
                            "--measurement", "00" * 48], capture_output=True, check=False)
    failed |= verdict("report-of-another-image-refused", wrong.returncode != 1 and "status %d" % wrong.returncode)
    try:
        certs = certificates(table)
        bad = again.failures(report, certs["ark"], certs["ask"], certs["vek"],
                             time.time(), allow_test_root=True, vmpl=vmpl,
                             expected={"measurement": bytes.fromhex(measurement), "report-data": NONCE})
        why = ", ".join(sorted(bad))
    except (KeyError, IndexError, ValueError, again.Unreadable) as error:
        why = "unreadable: %r" % error
    failed |= verdict("report-verified-independently", why)
    sys.exit(failed)


main()
