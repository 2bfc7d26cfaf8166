#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bounded model checking of pure functions with CBMC, at the top of the tree:

    python3 tests/proof/proofs.py proofs [PROOF...]     prove what proofs.conf lists
    python3 tests/proof/proofs.py mutants [PROOF...]    each bug of mutants.conf must be found

README.md beside this file says how a proof is written. SVSM_CBMC, SVSM_GOTO_CC and SVSM_KISSAT name
the programs; `tools/svsm test` sets them. Prints one line per check as tests/README.md wants it."""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = "tests/proof"
INCLUDES = ("microkernel", "microkernel/include", "microkernel/abi", "drivers",
            "drivers/serial/include", HERE)
CHECKS = ("--bounds-check --pointer-check --pointer-overflow-check --signed-overflow-check "
          "--conversion-check --undefined-shift-check --div-by-zero-check --unwinding-assertions").split()
# Without a proof's own checks only REACH (proof.h) is left, and each of them has to fail.
REACH_DEFINES = ("-DPROOF_REACH", "-D__CPROVER_assert(c, what)=((void)(c))")
REACH_CHECKS = ("--no-standard-checks", "--no-unwinding-assertions")
CBMC_ALWAYS = ("--no-malloc-may-fail", "--drop-unused-functions", "--slice-formula")
SOLVERS = {"minisat": (), "kissat": ("--external-sat-solver", os.environ.get("SVSM_KISSAT", "kissat"))}
TIMEOUT = 900  # of one run; all of them stay far below
RESULT = re.compile(r"^\[(\S+)\] (?:line \d+ )?(.*): (SUCCESS|FAILURE|UNKNOWN|ERROR)$")


class Broken(Exception):
    """The run gave no verdict at all."""


def table(name, fields):
    """Lines of a table with '|' between the fields; '#' begins a comment line."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith("#"):
                row = [field.strip() for field in line.split("|", fields - 1)]
                if len(row) != fields:
                    sys.exit("%s/%s:%d: expected %d fields" % (HERE, name, number, fields))
                yield row


def run(command, what):
    """Exit status and output."""
    environment = dict(os.environ, LC_ALL="C")
    kissat = os.path.dirname(os.environ.get("SVSM_KISSAT", ""))
    if kissat:
        environment["PATH"] = kissat + ":" + environment["PATH"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Broken("%s took more than %d s" % (what, TIMEOUT)) from None
    except FileNotFoundError:
        raise Broken("there is no " + what) from None
    return done.returncode, done.stdout


def compiled(proof, folder, overlay=None, defines=()):
    """A goto binary. CBMC's parser does not know [[attributes]]: they are cut out of what gcc's
    preprocessor leaves. Files below `overlay` take the place of the tree's own."""
    places = [os.path.join(overlay, place) for place in INCLUDES] if overlay else []
    command = ["gcc", "-E", "-std=gnu2x", "-D__CPROVER", *defines]
    command += ["-I" + place for place in [*places, *INCLUDES]]
    status, text = run([*command, "%s/%s.c" % (HERE, proof)], "gcc")
    if status != 0:
        raise Broken("gcc: " + text)
    stem = os.path.join(folder, proof)
    with open(stem + ".i", "w", encoding="utf-8") as file:
        file.write(re.sub(r"\[\[[^]]*\]\]", "", text))
    status, text = run([os.environ.get("SVSM_GOTO_CC", "goto-cc"), "-std=gnu17", "-o", stem + ".goto",
                        stem + ".i"], "goto-cc")
    if status != 0:
        raise Broken("goto-cc: " + text)
    return stem + ".goto"


def checked(binary, options, checks):
    """CBMC's verdicts: properties as (name, text, result), and all that it said."""
    status, text = run([os.environ.get("SVSM_CBMC", "cbmc"), binary, *CBMC_ALWAYS, *checks, *options],
                       "cbmc")
    # 0: all hold, 10: some fail
    if status not in (0, 10):
        raise Broken("cbmc, status %d: %s" % (status, text[-2000:]))
    return [found.groups() for found in map(RESULT.match, text.splitlines()) if found], text


def prove(row):
    """One proof and its run for vacuity."""
    proof, unwind, solver, extra = row
    options = ["--unwind", unwind] + ([] if extra == "-" else extra.split())
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        results, _ = checked(compiled(proof, folder), options + list(SOLVERS[solver]), CHECKS)
        seconds = time.monotonic() - start
        reach, _ = checked(compiled(proof, folder, defines=REACH_DEFINES), options, REACH_CHECKS)
    reach = [row for row in reach if row[1].startswith("reach: ")]
    own = [name for name, _, _ in results if ".assertion." in name]
    figures = "properties=%d stated=%d reached=%d seconds=%.1f" % (len(results), len(own), len(reach), seconds)
    failed = ["%s (%s)" % (text, name) for name, text, result in results if result != "SUCCESS"]
    vacuous = [text for _, text, result in reach if result != "FAILURE"]
    if failed:
        return figures, "does not hold: " + "; ".join(failed[:3])
    if not own or not reach:
        return figures, "the proof states nothing, or has no REACH"
    if vacuous:
        return figures, "vacuous: " + "; ".join(vacuous)
    return figures, None


def mutated(file, expression, overlay):
    """A copy of `file` changed by sed. False: nothing changed."""
    with open(file, encoding="utf-8") as original:
        before = original.read()
    status, after = run(["sed", expression, file], "sed")
    if status != 0:
        raise Broken("sed: " + after)
    copy = os.path.join(overlay, file)
    os.makedirs(os.path.dirname(copy))
    with open(copy, "w", encoding="utf-8") as changed:
        changed.write(after)
    return after != before


def kill(row, proofs):
    """One mutant: the proof has to fail on it."""
    proof, file, _, expression = row
    _, unwind, solver, extra = proofs[proof]
    options = ["--unwind", unwind] + ([] if extra == "-" else extra.split()) + list(SOLVERS[solver])
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        if not mutated(file, expression, folder):
            return "", "the sed expression changes nothing"
        _, text = checked(compiled(proof, folder, overlay=folder), [*options, "--stop-on-fail"], CHECKS)
        seconds = "seconds=%.1f" % (time.monotonic() - start)
    violated = re.search(r"^Violated property:\n.*\n  (.*)$", text, re.M)
    if not violated:
        return seconds, "survived: the proof holds in spite of the bug"
    print("# %s: %s" % (row[2], violated.group(1)), file=sys.stderr)
    return seconds, None


def verdict(name, judge, *arguments):
    try:
        figures, bad = judge(*arguments)
    except Broken as broken:
        print(broken, file=sys.stderr)
        figures, bad = "", str(broken).splitlines()[0]
    print("%s %s %s" % ("not ok" if bad else "ok", name, figures) + (" - " + bad if bad else ""), flush=True)
    return bad is None


def main():
    mode, wanted = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if mode not in ("proofs", "mutants"):
        sys.exit(__doc__)
    proofs = {row[0]: row for row in table("proofs.conf", 4)}
    unknown = [name for name in wanted if name not in proofs]
    if unknown:
        sys.exit("no proof %s in %s/proofs.conf" % (", ".join(unknown), HERE))
    jobs = []
    if mode == "proofs":
        jobs = [("proof/" + row[0], prove, row) for row in proofs.values() if not wanted or row[0] in wanted]
    else:
        rows = [row for row in table("mutants.conf", 4) if not wanted or row[0] in wanted]
        jobs = [("mutant/%s/%s" % (row[0], row[2]), kill, row, proofs) for row in rows]
        for name in proofs:
            count = sum(row[0] == name for row in rows)
            if (not wanted or name in wanted) and count < 2:
                jobs.append(("mutants-of/" + name, lambda: ("", "a proof needs two mutants at least")))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        good = list(pool.map(lambda job: verdict(*job), jobs))
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
