#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The campaign of lies against the SVSM: every case is a host that lies, calls of a guest at VMPL2, and what came
of them. Prints a row for each family of cases and one for each kind of lie. Runs at the top of the tree.

    campaign.py [--seed N] [--only GROUP]... [--budget SECONDS] [--seconds N] [--resume FILE] [--list] [--sample]

Cases are drawn by the seed, in an order that it alone determines. --budget ends the run early, each group of cases
by its share; --seconds is the most that one boot may take; --resume keeps in FILE what has been done, and goes on
there; --sample runs the same few of each family, instead of all.
Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/.

A case ends well with: no-effect (every answer is as without lies), error (an error of the protocol to the
caller), lost (the host itself keeps the call from VMPL0), fault (a page of the guest is gone), stop N (VMPL0
terminated the machine for a documented reason), host (the host does not run the guest any more, or took a
page that was touched), launch (the firmware refused it), halt (VMPL0 waits for the host to run its vCPU). Everything else is a finding, and so is
in any boot an IV that was used for two messages to the firmware. KNOWN lists those that wait for their mend."""
import argparse
import collections
import os
import random
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "../../protocol"))
import cases  # noqa: E402
import payload  # noqa: E402
import suite  # noqa: E402

ELF = os.path.join(payload.BUILD, "tests/snpemu/lies/svsm/svsm-lies.elf")
SECONDS = 600  # of a boot, on a busy machine
VCPUS = 2  # the calls about vCPUs are about the second, which never runs
TABLE = 65536 - 1
LINES = 400  # cases of one boot at most
PLAIN = ("--features", "snp")  # a host that may inject; what a release image demands is that it may not
DONE = re.compile(r"done (\d+) (\S+) told=(\d+) answer=(\w+)( DAMAGED)?")
BEGUN = re.compile(r"case (\d+)")
INJECTED = re.compile(r"^trace lie vcpu=\d+ vmpl=0 name=(?:interrupt|exception|nmi) .*rip=(\w+)", re.M)
STOP_SET = 5
DOCUMENT = "microkernel/doc/snp.md"
GOOD = {"launch", "no-effect", "error", "lost", "fault", "host", "halt", "not-told"}

# What is known and not mended: a pattern of "kind|lies|outcome", and why.
KNOWN = [(r"^remap of the SVSM\|.*\|timeout", "the page by which VMPL0 ends the machine is gone: #VC for ever (snp.md)")]


def reasons():
    """The reasons for which VMPL0 may end the machine under a hostile host: those documented, but 0, the good one."""
    with open(DOCUMENT, encoding="utf-8") as file:
        rows = file.read().partition("| reason | meaning |")[2].partition("\n\n")[0]
    return {int(number) for number in re.findall(r"^\| (\d+) \|", rows, re.M)} - {0}


REASONS = reasons()


class Runner:
    def __init__(self, folder, seconds):
        self.folder, self.seconds = folder, seconds
        self.end = 0  # when no boot begins any more
        self.injected = collections.Counter()  # into ring 0, into tasks
        self.reused = 0
        with open(ELF, "rb") as file:
            self.elf = bytearray(file.read())
        names = payload.symbols(ELF)
        self.table = payload.offset_of(self.elf, names["option_table"])
        self.boots = 0

    def image(self, lines, vcpus=VCPUS, more=()):
        data = bytearray(self.elf)
        text = "".join(line + "\n" for line in lines).encode()
        data[self.table:self.table + len(text) + 1] = text + b"\0"
        path = os.path.join(self.folder, "table.elf")
        with open(path, "wb") as file:
            file.write(data)
        return payload.compose(self.folder, vcpus, seed=0, elf=path, tag="lies", more=more)

    def boot(self, image, lies, seconds=None, vcpus=VCPUS):
        """Lines of the guest, and what --json says of the end."""
        self.boots += 1
        options = [part for text in lies for part in ("--lie", text)]
        status, out, errors, end = suite.emulate_json(
            payload.words(image, vcpus, ["--stats", "--trace", "lie", *options]), seconds or self.seconds)
        for rip in INJECTED.findall(errors):
            self.injected["ring 0" if int(rip, 16) >> 63 else "tasks"] += 1
        end = end or {"end": "none", "status": status}
        end["stderr"] = errors
        self.reused += end.get("firmware", {}).get("ivs_reused", 0)
        return out, end


def ended(kind, end, lies):
    """The outcome of a case in which the machine ended."""
    how = end.get("end")
    text = " ".join(lies)
    if how == "terminated" and end.get("set") == STOP_SET and end.get("reason") in REASONS:
        return f"stop {end['reason']}"
    if how == "refused" and end.get("rule") == "private-ownership" and "unmap" in text:
        return "host"
    if how == "refused" and end.get("rule") == "launch-cpuid":
        return "launch"
    if how == "timeout" and kind in cases.WAITS:
        return "halt"
    if how == "refused" and "stop halt" in end.get("stderr", ""):
        return "host" if "never" in text else "halt"
    return f"{how} {end.get('rule', '')} {end.get('set', '')} {end.get('reason', '')}".strip()


def run_batch(runner, batch, record, vcpus=VCPUS, more=()):
    """Each case of the list; a boot for as many as it can do, and another one behind each that ends it."""
    at = 0
    while at < len(batch) and time.monotonic() < runner.end:
        lines, size = [], 0
        alone = batch[at][0] in cases.WAITS
        for kind, calls, lies in batch[at:at + (1 if alone else LINES)]:
            if kind in cases.WAITS and not alone:
                break
            line = f"{calls} {';'.join(lies)}"
            size += len(line) + 1
            if size > TABLE:
                break
            lines.append(line)
            if "unmap" in lies[0]:
                break  # for good
        out, end = runner.boot(runner.image(lines, vcpus, more), ("guest",), 20 if alone else None, vcpus)
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


def run_boot(runner, case, images, record, vcpus=VCPUS):
    kind, which, lies = case
    out, end = runner.boot(images[which], lies, vcpus=vcpus)
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


def draw(make, seed):
    chosen = list(make())
    random.Random(seed).shuffle(chosen)
    return chosen


class Table:
    """What came of all cases: by family and by lie."""

    def __init__(self):
        self.families = collections.defaultdict(collections.Counter)
        self.lies = collections.defaultdict(collections.Counter)
        self.findings, self.known = [], collections.Counter()

    def add(self, kind, lies, outcome, detail):
        self.families[kind][outcome] += 1
        wrong = not is_good(outcome)
        self.lies[cases.kinds_of(lies)]["wrong" if wrong else CLASSES.get(outcome, "stop")] += 1
        why = known(kind, lies, outcome) if wrong else None
        if why:
            self.known[why] += 1
        elif wrong:
            self.findings.append((kind, f"{';'.join(lies)}: {outcome} {detail}"))
            print(kind, *self.findings[-1], file=sys.stderr, flush=True)

    def show(self):
        """The rows, and a check for each family; how many cases, and how many were told."""
        for kind, row in sorted(self.families.items()):
            name = re.sub(r"[: ]+", "-", kind)
            count = sum(row.values())
            print("# %-30s %6d  %s" % (kind, count, ", ".join(f"{n} {o}" for o, n in sorted(row.items()))))
            wrong = [text for family, text in self.findings if family == kind]
            print(f"not ok lies/{name} cases={count} - {wrong[0]}" if wrong else f"ok lies/{name} cases={count}")
        print("# %-22s %6s %6s %9s %6s %6s %6s %6s" % ("lie", "cases", "told", *COLUMNS))
        for lie, row in sorted(self.lies.items()):
            self.line(lie, row)
        total = sum(self.lies.values(), collections.Counter())
        self.line("all", total)
        return sum(total.values()), sum(total.values()) - total["not-told"]

    @staticmethod
    def line(name, row):
        count = sum(row.values())
        print("# %-22s %6d %6d %9d %6d %6d %6d %6d" % (name, count, count - row["not-told"], *(row[c] for c in COLUMNS)))


# Outcomes as the table by lies has them; those of "stop" have the reason behind it.
CLASSES = {"not-told": "not-told", "no-effect": "no-effect", "error": "error", "lost": "error", "fault": "error",
           "launch": "host", "host": "host", "halt": "host"}
COLUMNS = ("no-effect", "error", "stop", "host", "wrong")


def boot_images(runner, vcpus):
    """Of machines that are lied to from the start on: as released, and with Secure TSC, which needs the firmware."""
    plain = os.path.join(runner.folder, "snp.igvm")
    os.rename(runner.image(["q set@mwait"], vcpus), plain)
    secure = os.path.join(runner.folder, "tsc.igvm")
    subprocess.run([payload.COMPOSE, "--svsm", payload.SYSTEM, "--memory", payload.MEMORY, "--vcpus", str(vcpus),
                    "--features", "snp,secure-tsc", "--payload", os.path.join(runner.folder, "lies.elf"), "--output",
                    secure], check=True)
    return {"snp": plain, "tsc": secure}


def run_group(runner, name, group, record, sample):
    """In the sample one vCPU, but for calls that are about the second."""
    if name in ("boots", "cpuid"):
        vcpus = 1 if sample else VCPUS
        images = boot_images(runner, vcpus)
        for case in group:
            if time.monotonic() < runner.end:
                run_boot(runner, case, images, record, vcpus)
        return
    more = PLAIN if name in ("vectors", "exceptions") else ()
    several = [case for case in group if not sample or case[1] in "cr"]
    one = [case for case in group if case not in several] if sample else []
    run_batch(runner, one, record, 1, more)
    run_batch(runner, several, record, VCPUS, more)


def resume(path, table):
    """What a run before has done: how many cases of each group."""
    done = collections.Counter()
    log = open(path, "a+", encoding="utf-8")
    log.seek(0)
    for line in log:
        group, kind, outcome, lies = line.rstrip("\n").split("\t")[:4]
        table.add(kind, lies.split(";"), outcome, "")
        done[group] += 1
    return log, done


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=list(cases.GROUPS))
    parser.add_argument("--budget", type=int, default=10 ** 9)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--resume")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--sample", action="store_true")
    return parser.parse_args()


def main():
    a = arguments()
    groups = {name: draw(make, a.seed) for name, make in cases.GROUPS.items() if name in (a.only or cases.GROUPS)}
    if a.sample:
        cases.sample(groups)
    if a.list:
        for name, group in groups.items():
            print(f"{name}: {len(group)}, of {len({case[0] for case in group})} families")
        return 0
    table = Table()
    log, done = resume(a.resume, table) if a.resume else (None, collections.Counter())
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(folder, a.seconds)
        for name, group in groups.items():
            runner.end = min(started + a.budget, time.monotonic() + a.budget * cases.SHARES[name])

            def record(kind, lies, outcome, detail, name=name):
                table.add(kind, lies, outcome, detail)
                if log:
                    print(name, kind, outcome, ";".join(lies), sep="\t", file=log, flush=True)

            run_group(runner, name, group[done[name]:], record, a.sample)
    total, told = table.show()
    for why, count in table.known.items():
        print(f"# known: {count} x {why}")
    for kind, finding in table.findings:
        print(f"# finding: {kind}: {finding}")
    print(f"# injected: {runner.injected['ring 0']} into ring 0, {runner.injected['tasks']} into tasks")
    print(f"# {total} cases, {told} told, {runner.boots} boots, {time.monotonic() - started:.0f} s, "
          f"{len(table.findings)} findings")
    never = [lie for lie, row in table.lies.items() if sum(row.values()) == row["not-told"] and lie not in cases.UNTOLD]
    if a.sample:
        print(f"{'not ok' if never else 'ok'} lies-told kinds={len(table.lies)}" + (f" - never: {never}" if never else ""))
    ok = not table.findings and told > 0 and runner.reused == 0 and not (a.sample and never)
    print(f"{'ok' if ok else 'not ok'} lies cases={total} told={told} boots={runner.boots} ivs_reused={runner.reused}"
          + ("" if ok else f" - {len(table.findings)} findings"))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
