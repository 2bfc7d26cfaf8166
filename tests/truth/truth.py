#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The conformance list on the emulated machine: what it answers is the same in each run and on each QEMU; the
host's profiles differ in what profiles.conf names and in nothing else; a host that lies is seen. And svsm-truth
itself, with files that are no answers. Output as tests/README.md wants it. Runs at the top of the tree.
SVSM_BUILD_DIR: another build folder than build/."""
import json
import os
import re
import subprocess
import sys
import tempfile

from answers import call, compare, run
from suite import EMULATOR, emulate, exit_status, newer_qemu, verdict

DESIGN = "tools/snpemu/doc/design.md"
SECONDS = 120
# What the host lies about, and where a guest sees it.
LIES = [
    ("set@hypervisor-features,field=info2,value=0x1,count=2", {("event-features", "info2"), ("event-features-valid", "info2")}),
    ("set@msr-hypervisor-features,value=0x1081", {("msr-features", "answer")}),
    ("set@ap-creation,field=info2,value=0x6,count=9", {(name, "info2") for name in (
        "creation-no-such-apic", "creation-area-unaligned", "creation-request-3", "creation-without-rax")}),
]


def differences(one, two):
    status, result = compare(one, two)
    seen = {(entry["name"], entry["field"]) for entry in result["differences"]}
    if status != (1 if seen else 0):
        verdict("compare-status", f"status {status} with {len(seen)} differences")
    return seen


def same(name, one, two):
    status, result = compare(one, two)
    good = status == 0 and not result["differences"] and not result["skipped"]
    verdict(name, "" if good else f"status {status}: {json.dumps(result)[:300]}",
            f" steps={result.get('compared')} platform={len(result.get('platform', []))}")


def expected():
    """By profile: the (step, field) that differ; and the rows that they stand under."""
    wanted, rows = {}, []
    with open("tests/truth/profiles.conf", encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if line.startswith("["):
                rows.append(line.strip()[1:-1])
            elif words:
                for profile in words[0].split(","):
                    wanted.setdefault(profile, set()).update((words[1], field) for field in words[2:])
    return wanted, rows


def profiles(folder, strict):
    wanted, rows = expected()
    with open(DESIGN, encoding="utf-8") as file:
        table = {line.split("|")[1].strip() for line in file if line.startswith("|")}
    missing = [row for row in rows if row not in table]
    verdict("profile-rows", f"no row of the design's table: {missing}" if missing else "", f" rows={len(rows)}")
    for profile in sorted(wanted):
        path = os.path.join(folder, profile + ".json")
        if not run(f"run-{profile}", path, "--profile", profile):
            continue
        seen = differences(strict, path)
        more, less = sorted(seen - wanted[profile]), sorted(wanted[profile] - seen)
        verdict(f"profile-{profile}", f"not named: {more}; named, but alike: {less}" if more or less else "",
                f" differences={len(seen)}")


def lies(folder, strict):
    path = os.path.join(folder, "lie.json")
    for lie, where in LIES:
        name = "lie-" + lie.split("@")[1].split(",")[0]
        done = call("run", "--out", path, "--lie", lie)
        said = re.search(r"lies told of the kind set: [1-9]\d*$", done.stderr, re.M)
        good = done.returncode == 0 and said and "stats " not in done.stderr
        if verdict("run-" + name, "" if good else f"status {done.returncode}", "", done.stderr[-3000:]):
            seen = differences(strict, path)
            verdict(name, "" if seen == where else f"seen: {sorted(seen)}", f" differences={len(seen)}")
    # One that nobody asks for, and the list of them.
    done = call("run", "--out", path, "--lie", "set@RDPMC,field=rax,value=1")
    good = done.returncode == 0 and "lies told of the kind set: 0, so they changed nothing" in done.stderr
    verdict("lie-untold", "" if good else f"status {done.returncode}", "", done.stderr[-1000:])
    refused("lie-unknown", 2, "--lie list shows what there is", "run", "--lie", "nonsense")
    done = call("run", "--lie", "list")
    listed = subprocess.run([EMULATOR, "--lie", "list"], capture_output=True, text=True, check=False).stdout
    verdict("lie-list", "" if done.returncode == 0 and listed and done.stdout == listed else f"status {done.returncode}")


def refused(name, status, text, *arguments):
    done = call(*arguments)
    good = done.returncode == status and text in done.stderr and not done.stdout
    verdict(name, "" if good else f"status {done.returncode}, or it does not say: {text}", "",
            done.stdout[-500:] + done.stderr[-1000:])


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def files(folder, strict):
    with open(strict, encoding="utf-8") as file:
        lines = file.readlines()
    cut = write(folder, "cut", "".join(lines[:40]))
    half = write(folder, "half", "".join(lines)[:-30])
    newer = write(folder, "newer", lines[0].replace('"truth":1', '"truth":2') + "".join(lines[1:]))
    other = write(folder, "other", lines[0].replace(json.loads(lines[0])["list"], "0" * 32) + "".join(lines[1:]))
    noise = write(folder, "noise", "ok nothing\n")
    refused("file-cut", 2, "it is cut: 39 of", "compare", strict, cut)
    refused("file-half", 2, f"line {len(lines) - 1}: it is cut within this line", "compare", half, strict)
    refused("file-newer", 2, "answers of format 2; 1 is known", "compare", strict, newer)
    refused("file-other-list", 2, "answer different lists", "compare", strict, other)
    refused("file-noise", 2, "line 1: no JSON object", "compare", noise, noise)
    refused("file-none", 3, "cannot read", "compare", strict, os.path.join(folder, "none"))
    refused("one-file", 2, "compare needs two files", "compare", strict)
    refused("list-bad", 2, "line 2: no kind of step: 'nonsense'", "run", "--list",
            write(folder, "bad", "format 1\na nonsense value=1\n"))
    refused("list-none", 3, "cannot read", "run", "--list", os.path.join(folder, "none"))
    refused("out-nowhere", 3, "cannot write", "run", "--out", os.path.join(folder, "none", "out"))
    # Before the guest is booted, for which there is no QEMU here.
    for name, out, why in (("folder", folder, "Is a directory"), ("nowhere", os.path.join(folder, "none", "out"), "No such file")):
        refused(f"out-{name}-at-once", 3, f"cannot write {out}: {why}", "run", "--out", out, "--qemu", "/bin/false")
    both = os.path.join(folder, "both")
    for option, value in (("--out", both), ("--lie", LIES[0][0]), ("--profile", "strict"), ("--qemu", "q"), ("--timeout", "9")):
        refused(f"image-and{option[1:]}", 2, f"--image boots nothing: no {option}", "run", "--image", both, option, value)
    refused("replay-and-list", 2, "two lists", "run", "--replay", strict, "--list", "tools/truth/list.conf")
    verdict("refused-writes-nothing", "it wrote" if os.path.exists(both) else "")
    refused("act-unknown", 2, "run, compare or list is expected, not nonsense", "nonsense")
    refused("profile-unknown", 2, "'nonsense'", "run", "--profile", "nonsense")


def strangers(folder, strict):
    """Files that were not written by a run: masks of their own, nothing to compare, and words for a terminal."""
    refused("list-escaped", 2, r"no kind of step: '\x1b[2J\x07'", "list", "--list",
            write(folder, "bell", "format 1\nx \x1b[2J\x07 value=1\n"))
    with open(strict, encoding="utf-8") as file:
        lines = file.readlines()
    at = next(i for i, line in enumerate(lines) if '"vary"' in line)
    answer = json.loads(lines[at])
    answer["vary"] = {field: "0xffffffffffffffff" for field in answer["vary"]}
    masked = write(folder, "masked", "".join(lines[:at]) + json.dumps(answer) + "\n" + "".join(lines[at + 1:]))
    refused("masks-of-its-own", 2, f"which bits of {answer['name']} may vary", "compare", strict, masked)
    skipped = [json.dumps({"name": json.loads(line)["name"], "skipped": "\x1b[2J\x07\x9b\\"}) + "\n" for line in lines[1:-1]]
    none = write(folder, "skipped", lines[0] + "".join(skipped) + lines[-1])
    done = call("compare", strict, none)
    verdict("nothing-compared", "" if done.returncode == 1 and "nothing was compared" in done.stderr else f"status {done.returncode}")
    good = done.stdout.isascii() and done.stdout.replace("\n", "").isprintable() and "\\x1b[2J\\x07\\xc2\\x9b\\x5c" in done.stdout
    verdict("words-escaped", "" if good else f"{done.stdout[:200]!r}")
    done = call("compare", strict, none, "--json")
    verdict("words-escaped-json", "" if done.returncode == 1 and done.stdout.isascii() and "\x1b" not in done.stdout else f"status {done.returncode}")


def pack(folder):
    """The module's folder is made, the folders above it are not."""
    above = os.path.join(folder, "above")
    done = subprocess.run(["sh", "drivers/linux/snp-truth/pack.sh", os.path.join(above, "module")], capture_output=True,
                          text=True, check=False)
    good = done.returncode == 3 and f"there is no folder {above}" in done.stderr and not os.path.exists(above)
    verdict("pack-nowhere", "" if good else f"status {done.returncode}", "", done.stderr)
    os.mkdir(above)
    done = subprocess.run(["sh", "drivers/linux/snp-truth/pack.sh", os.path.join(above, "module")], check=False)
    verdict("pack", "" if done.returncode == 0 and os.path.exists(os.path.join(above, "module", "list.inc")) else "nothing was made")


def image(folder, strict):
    """The guest with its list, as another machine would load it: what it prints are answers and nothing else."""
    path, out = os.path.join(folder, "truth.igvm"), os.path.join(folder, "console.json")
    if call("run", "--image", path).returncode != 0:
        verdict("image", "it cannot be written")
        return
    with open(out, "wb") as file:
        done = subprocess.run([EMULATOR, "--igvm", path, "--timeout", str(SECONDS), "--cbit", "51"], stdin=subprocess.DEVNULL,
                              stdout=file, stderr=subprocess.PIPE, timeout=SECONDS + 60, check=False)
    status, result = compare(strict, out)
    platform = {entry["name"] for entry in result.get("platform", [])}
    good = done.returncode == 0 and status == 0 and {"msr-sev-info", "event-cpuid-8000001f"} <= platform
    verdict("image-cbit51", "" if good else f"status {done.returncode}, {status}: {json.dumps(result)[:300]}",
            f" platform={len(result.get('platform', []))}")


def replay(folder):
    """What the guest itself asked, recorded, and repeated: the same where it can be, otherwise where hosts differ."""
    image_path, record, path = (os.path.join(folder, name) for name in ("record.igvm", "record.json", "replay.json"))
    call("run", "--image", image_path)
    status, _, errors = emulate(["--igvm", image_path, "--record", record], SECONDS)
    if not verdict("record", "" if status == 0 and "record" not in errors else f"status {status}"):
        return
    with open(record, encoding="utf-8") as file:
        lines = file.readlines()
    objects = [json.loads(line) for line in lines]
    kinds = {entry.get("kind") for entry in objects[1:-1]}
    good = kinds == {"msr", "event", "answer", "insn"} and objects[-1] == {"end": len(objects) - 2}
    verdict("record-whole", "" if good else f"{kinds}, {objects[-1]}", f" lines={len(objects)}")
    if run("replay", path, "--replay", record):
        status, result = compare(record, path)
        good = status == 0 and not result["platform"] and result["compared"] > 100
        verdict("replay-same", "" if good else f"status {status}: {json.dumps(result)[:300]}", f" steps={result.get('compared')}")
    if run("replay-upstream", path, "--replay", record, "--profile", "upstream-6.12"):
        seen = {field for _, field in differences(record, path)}
        verdict("replay-upstream-differs", "" if {"answer", "info2", "valid"} <= seen else f"{seen}")
    done = call("compare", record, path)
    lines_left = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    skipped = int(re.search(r"(\d+) skipped$", done.stdout).group(1))
    good = skipped > 3 and len(lines_left) == 1 and f" and {skipped - 1} more: makes a page what the guest's was | ." in lines_left[0]
    verdict("skipped-in-one-line", "" if good else f"{skipped} skipped, {lines_left[:3]}", f" skipped={skipped}")
    refused("record-nothing", 2, "there is no recording in it", "run", "--replay", write(folder, "r0", ""))
    refused("record-half", 2, "line 50: it is cut within this line", "run", "--replay",
            write(folder, "r5", "".join(lines[:50])[:-5]))
    refused("record-cut", 2, "it is cut: there is no end", "run", "--replay", write(folder, "r1", "".join(lines[:50])))
    refused("record-short", 2, "it is cut", "run", "--replay", write(folder, "r2", "".join(lines[:50] + lines[-1:])))
    refused("record-noise", 2, "form that is not known", "run", "--replay", write(folder, "r3", "noise\n"))
    refused("record-empty", 2, "nothing in it can be repeated", "run", "--replay",
            write(folder, "r4", '{"record":1}\n{"end":0}\n'))
    status, _, errors = emulate(["--igvm", image_path, "--record", os.path.join(folder, "none", "x")], SECONDS)
    verdict("record-nowhere", "" if status == 1 and "cannot write" in errors else f"status {status}")


def own_list(folder):
    """A list of one's own, and a guest that ends before its end."""
    path = os.path.join(folder, "own.json")
    own = write(folder, "own", "format 1\nmine msr value=2\n")
    if run("run-own-list", path, "--list", own):
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        good = len(lines) == 3 and lines[1]["name"] == "mine" and lines[1]["answer"].endswith("001")
        verdict("own-list", "" if good else f"it answered {lines}")
    # Bits that are reserved: the strict host stops the guest.
    refused("guest-stopped", 1, "the guest did not come to its end", "run", "--list",
            write(folder, "fatal", "format 1\nfatal msr value=0x1002\n"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        strict, again = os.path.join(folder, "strict.json"), os.path.join(folder, "again.json")
        if not run("run-strict", strict):
            return 1
        newer = newer_qemu()
        if newer:
            run("run-qemu10", again, "--qemu", newer)
            same("same-on-qemu10", strict, again)
        run("run-again", again)
        same("same-again", strict, again)
        profiles(folder, strict)
        lies(folder, strict)
        image(folder, strict)
        own_list(folder)
        replay(folder)
        files(folder, strict)
        strangers(folder, strict)
        pack(folder)
    return exit_status()


sys.exit(main())
