#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The campaign of lies against the SVSM: every case is a host that lies, calls of a guest at VMPL2, and what came
of them. Prints a row for each kind of lie: cases, outcomes. Runs at the top of the tree.

    campaign.py [--seed N] [--batched N] [--ending N] [--boots N] [--budget SECONDS] [--resume FILE] [--list]

Without numbers all cases are run. Cases are drawn by the seed, in an order that it alone determines.
--budget ends the run early; --resume keeps in FILE what has been done, and goes on there.
Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.

A case ends well with: no-effect (every answer is as without lies), error (an error of the protocol to the
caller), lost (the host itself keeps the call from VMPL0), fault (a page of the guest is gone), stop N (VMPL0
terminated the machine for a documented reason), host (the host does not run the guest any more, or took a
page that was touched), halt (VMPL0 waits for the host to run its vCPU). Everything else is a finding. KNOWN
lists those that wait for their mend."""
import argparse
import collections
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "../../protocol"))
import cases  # noqa: E402
import payload  # noqa: E402

ELF = os.path.join(payload.BUILD, "tests/snpemu/lies/svsm/svsm-lies.elf")
SECONDS = 600  # of a boot, on a busy machine
VCPUS = 2  # the calls about vCPUs are about the second, which never runs
TABLE = 65536 - 1
LINES = 400  # cases of one boot at most
DONE = re.compile(r"done (\d+) (\S+) told=(\d+) answer=(\w+)( DAMAGED)?")
BEGUN = re.compile(r"case (\d+)")
STOP_SET = 5
DOCUMENT = "microkernel/doc/snp.md"
GOOD = {"no-effect", "error", "lost", "fault", "host", "halt", "not-told"}

# What is known and not mended: a pattern of "kind|lies|outcome", and why.
KNOWN = []


def reasons():
    """The reasons for which VMPL0 may end the machine under a hostile host: those documented, but 0, the good one."""
    with open(DOCUMENT, encoding="utf-8") as file:
        rows = file.read().partition("| reason | meaning |")[2].partition("\n\n")[0]
    return {int(number) for number in re.findall(r"^\| (\d+) \|", rows, re.M)} - {0}


REASONS = reasons()


class Runner:
    def __init__(self, folder, end):
        self.folder, self.end = folder, end
        with open(ELF, "rb") as file:
            self.elf = bytearray(file.read())
        names = payload.symbols(ELF)
        self.table = payload.offset_of(self.elf, names["option_table"])
        self.boots = 0

    def image(self, lines):
        data = bytearray(self.elf)
        text = "".join(line + "\n" for line in lines).encode()
        data[self.table:self.table + len(text) + 1] = text + b"\0"
        path = os.path.join(self.folder, "table.elf")
        with open(path, "wb") as file:
            file.write(data)
        return payload.compose(self.folder, VCPUS, seed=0, elf=path, tag="lies")

    def boot(self, image, lies, seconds=SECONDS):
        """Lines of the guest, and what --json says of the end."""
        self.boots += 1
        report = os.path.join(self.folder, "end.json")
        if os.path.exists(report):
            os.remove(report)
        options = [part for text in lies for part in ("--lie", text)]
        status, out, errors = payload.run(image, VCPUS, seconds, ["--stats", "--json", report, *options])
        end = {"end": "none", "status": status}
        if os.path.exists(report):
            with open(report, encoding="utf-8") as file:
                end = json.load(file)
        end["stderr"] = errors
        return out, end


def ended(kind, end, lies):
    """The outcome of a case in which the machine ended."""
    how = end.get("end")
    text = " ".join(lies)
    if how == "terminated" and end.get("set") == STOP_SET and end.get("reason") in REASONS:
        return f"stop {end['reason']}"
    if how == "refused" and end.get("rule") == "private-ownership" and "unmap" in text:
        return "host"
    if how == "timeout" and kind == cases.REFUSAL:
        return "halt"
    if how == "refused" and "stop halt" in end.get("stderr", ""):
        return "host" if "never" in text else "halt"
    return f"{how} {end.get('rule', '')} {end.get('set', '')} {end.get('reason', '')}".strip()


def run_batch(runner, batch, record):
    """Each case of the list; a boot for as many as it can do, and another one behind each that ends it."""
    at = 0
    while at < len(batch) and time.monotonic() < runner.end:
        lines, size = [], 0
        alone = batch[at][0] == cases.REFUSAL
        for kind, calls, lies in batch[at:at + (1 if alone else LINES)]:
            if kind == cases.REFUSAL and not alone:
                break
            line = f"{calls} {';'.join(lies)}"
            size += len(line) + 1
            if size > TABLE:
                break
            lines.append(line)
        out, end = runner.boot(runner.image(lines), ("guest",), 20 if alone else SECONDS)
        begun, damaged = 0, False
        for line in out:
            match = DONE.match(line.strip())
            if match and int(match.group(1)) < len(lines):
                kind, _, lies = batch[at + int(match.group(1))]
                outcome = match.group(2) + (match.group(5) or "")
                told = int(match.group(3))
                record(kind, lies, "not-told" if told == 0 and outcome == "no-effect" else outcome, match.group(4))
                begun, damaged = int(match.group(1)) + 1, match.group(5) is not None
        if begun < len(lines) and not damaged:
            kind, _, lies = batch[at + begun]
            started = any(BEGUN.match(line.strip()) and int(BEGUN.match(line.strip()).group(1)) == begun for line in out)
            record(kind, lies, ended(kind, end, lies) if started or begun else "no boot: " + ended(kind, end, lies),
                   end["stderr"][-400:].splitlines()[-1:] if end["stderr"] else "")
            begun += 1
        at += begun


def run_boot(runner, case, images, record):
    kind, which, lies = case
    out, end = runner.boot(images[which], lies)
    told = sum(end.get("stats", {}).get("lies", {}).values())
    finished = [m for m in (DONE.match(line.strip()) for line in out) if m]
    if end["end"] == "exit" and end["status"] == 0 and len(finished) == 1 and finished[0].group(2) == "no-effect" and \
            not finished[0].group(5):
        outcome = "no-effect" if told else "not-told"
    elif end["end"] == "exit":
        outcome = finished[0].group(2) if finished else "exit"
    else:
        outcome = ended(kind, end, lies)
    record(kind, lies, outcome, "")


def known(kind, lies, outcome):
    text = f"{kind}|{';'.join(lies)}|{outcome}"
    return next((why for pattern, why in KNOWN if re.search(pattern, text)), None)


def is_good(outcome):
    return outcome in GOOD or outcome.startswith("stop ")


def draw(all_cases, count, seed):
    chosen = list(all_cases)
    random.Random(seed).shuffle(chosen)
    return chosen if count is None else chosen[:count]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batched", type=int)
    parser.add_argument("--ending", type=int)
    parser.add_argument("--boots", type=int)
    parser.add_argument("--budget", type=int)
    parser.add_argument("--resume")
    parser.add_argument("--list", action="store_true")
    a = parser.parse_args()
    groups = {"batched": draw(cases.batched(), a.batched, a.seed), "ending": draw(cases.ending(), a.ending, a.seed),
              "boots": draw(cases.boots(), a.boots, a.seed)}
    if a.list:
        for name, group in groups.items():
            print(f"{name}: {len(group)}")
        return 0
    rows = collections.defaultdict(collections.Counter)
    findings, expected = [], collections.Counter()
    done = collections.Counter()
    log = open(a.resume, "a+", encoding="utf-8") if a.resume else None
    if log:
        log.seek(0)
        for line in log:
            group, kind, outcome = line.rstrip("\n").split("\t")[:3]
            rows[kind][outcome] += 1
            done[group] += 1
    current = ["batched"]

    def record(kind, lies, outcome, detail):
        rows[kind][outcome] += 1
        if log:
            print(current[0], kind, outcome, ";".join(lies), sep="\t", file=log, flush=True)
        if not is_good(outcome):
            why = known(kind, lies, outcome)
            if why:
                expected[why] += 1
            else:
                findings.append(f"{kind}: {';'.join(lies)}: {outcome} {detail}")

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(folder, started + (a.budget or 10 ** 9))
        images = {"snp": runner.image(["q set@mwait"])}
        os.rename(images["snp"], os.path.join(folder, "snp.igvm"))
        images["snp"] = os.path.join(folder, "snp.igvm")
        images["tsc"] = os.path.join(folder, "tsc.igvm")
        subprocess.run([payload.COMPOSE, "--svsm", payload.SYSTEM, "--memory", payload.MEMORY, "--vcpus", str(VCPUS),
                        "--features", "snp,secure-tsc", "--payload", os.path.join(folder, "lies.elf"), "--output",
                        images["tsc"]], check=True)
        for name in ("batched", "ending"):
            current[0] = name
            run_batch(runner, groups[name][done[name]:], record)
        current[0] = "boots"
        for case in groups["boots"][done["boots"]:]:
            if time.monotonic() >= runner.end:
                break
            run_boot(runner, case, images, record)
    total = 0
    for kind in sorted(rows):
        count = sum(rows[kind].values())
        total += count
        name = kind.replace(": ", "-").replace(" ", "-")
        bad = [outcome for outcome in rows[kind] if not is_good(outcome)]
        print("# %-28s %6d  %s" % (kind, count, ", ".join(f"{n} {o}" for o, n in sorted(rows[kind].items()))))
        wrong = [f for f in findings if f.startswith(kind + ": ")]
        if wrong:
            print(f"not ok lies/{name} cases={count} - {wrong[0]}")
        else:
            print(f"ok lies/{name} cases={count} known={sum(rows[kind][o] for o in bad)}")
    for why, count in expected.items():
        print(f"# known: {count} x {why}")
    for finding in findings:
        print(f"# finding: {finding}")
    told = total - sum(row["not-told"] for row in rows.values())
    print(f"# {total} cases, {told} told, {runner.boots} boots, {time.monotonic() - started:.0f} s, {len(findings)} findings")
    ok = not findings and told > 0
    print(f"{'ok' if ok else 'not ok'} lies cases={total} told={told} boots={runner.boots}"
          + ("" if ok else f" - {len(findings)} findings"))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
