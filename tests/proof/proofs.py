#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bounded model checking of pure functions with CBMC, at the top of the tree:

    python3 tests/proof/proofs.py proofs [PROOF...]     prove what proofs.conf lists
    python3 tests/proof/proofs.py mutants [PROOF...]    each bug of mutants.conf must be found

README.md beside this file says how a proof is written. SVSM_CBMC, SVSM_GOTO_CC and SVSM_KISSAT name
the programs; `tools/svsm test` sets them. Prints one line per check as tests/README.md wants it."""
import collections
import concurrent.futures
import os
import re
import resource
import subprocess
import sys
import tempfile

HERE = "tests/proof"
INCLUDES = ("microkernel", "microkernel/include", "microkernel/abi", "abi", "drivers",
            "drivers/serial/include", "igvm", HERE)
CHECKS = ("--bounds-check --pointer-check --pointer-overflow-check --signed-overflow-check "
          "--conversion-check --undefined-shift-check --div-by-zero-check --unwinding-assertions").split()
# Without a proof's own checks only REACH (proof.h) is left, and each of them has to fail.
REACH_DEFINES = ("-DPROOF_REACH", "-D__CPROVER_assert(c, what)=((void)(c))")
REACH_CHECKS = ("--no-standard-checks", "--no-unwinding-assertions")
CBMC_ALWAYS = ("--no-malloc-may-fail", "--drop-unused-functions", "--slice-formula")
SOLVERS = {"minisat": (), "kissat": ("--external-sat-solver", os.environ.get("SVSM_KISSAT", "kissat"))}
TIMEOUT = 900  # of one run; all of them stay far below
RESULT = re.compile(r"^\[(\S+)\] (?:line \d+ )?(.*): (SUCCESS|FAILURE|UNKNOWN|ERROR)$")


Proof = collections.namedtuple("Proof", "name unwind solver further")
Mutant = collections.namedtuple("Mutant", "proof file name expression")


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


def cpu_seconds():
    """Of this process's children: each job runs in one process, so a difference is a job's own. On a
    machine that is busy with other things it says more than the time on the wall."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def further(proof, kind):
    """What follows `kind=` in the proof's last field; of kind "", what has no kind: options of CBMC."""
    words = [] if proof.further == "-" else proof.further.split()
    kinds = ("replace", "change")
    if kind:
        return [word[len(kind) + 1:] for word in words if word.startswith(kind + "=")]
    return [word for word in words if not word.startswith(tuple(name + "=" for name in kinds))]


def options_of(proof):
    return ["--unwind", proof.unwind, *further(proof, "")]


def changed(file, expression, overlay):
    """Puts a copy of `file` below `overlay`, or takes the one there, and changes it by sed. False: it
    is as it was."""
    copy = os.path.join(overlay, file)
    source = copy if os.path.exists(copy) else file
    with open(source, encoding="utf-8") as original:
        before = original.read()
    status, after = run(["sed", expression, source], "sed")
    if status != 0:
        raise Broken("sed: " + after)
    os.makedirs(os.path.dirname(copy), exist_ok=True)
    with open(copy, "w", encoding="utf-8") as target:
        target.write(after)
    return after != before


def compiled(proof, folder, defines=()):
    """A goto binary. CBMC's parser does not know [[attributes]]: they are cut out of what gcc's
    preprocessor leaves, but for the one that changes sizes. Files below `folder` take the place of
    the tree's own: a mutant, and what the proof makes smaller."""
    for change in further(proof, "change"):
        if not changed(*change.split(":", 1), folder):
            raise Broken("this changes nothing: " + change)
    places = [os.path.join(folder, place) for place in INCLUDES]
    command = ["gcc", "-E", "-std=gnu2x", "-D__CPROVER", *defines]
    command += ["-I" + place for place in [*places, *INCLUDES]]
    status, text = run([*command, "%s/%s.c" % (HERE, proof.name)], "gcc")
    if status != 0:
        raise Broken("gcc: " + text)
    stem = os.path.join(folder, proof.name)
    with open(stem + ".i", "w", encoding="utf-8") as file:
        text = re.sub(r"\[\[gnu::packed\]\]", "__attribute__((packed))", text)
        file.write(re.sub(r"\[\[[^]]*\]\]", "", text))
    status, text = run([os.environ.get("SVSM_GOTO_CC", "goto-cc"), "-std=gnu17", "-o", stem + ".goto",
                        stem + ".i"], "goto-cc")
    if status != 0:
        raise Broken("goto-cc: " + text)
    replaced = [word for pair in further(proof, "replace") for word in ("--replace-calls", pair)]
    if replaced:
        instrument = os.environ.get("SVSM_GOTO_INSTRUMENT", "goto-instrument")
        status, text = run([instrument, *replaced, stem + ".goto", stem + ".goto"], "goto-instrument")
        if status != 0:
            raise Broken("goto-instrument: " + text)
    return stem + ".goto"


def checked(binary, options, checks):
    """CBMC's verdicts: properties as (name, text, result), and all that it said."""
    status, text = run([os.environ.get("SVSM_CBMC", "cbmc"), binary, *CBMC_ALWAYS, *checks, *options],
                       "cbmc")
    # 0: all hold, 10: some fail
    if status not in (0, 10):
        raise Broken("cbmc, status %d: %s" % (status, text[-2000:]))
    return [found.groups() for found in map(RESULT.match, text.splitlines()) if found], text


def prove(proof):
    """One proof and its run for vacuity."""
    options = options_of(proof)
    with tempfile.TemporaryDirectory() as folder:
        start = cpu_seconds()
        results, _ = checked(compiled(proof, folder), options + list(SOLVERS[proof.solver]), CHECKS)
        seconds = cpu_seconds() - start
    with tempfile.TemporaryDirectory() as folder:
        reach, _ = checked(compiled(proof, folder, REACH_DEFINES), options, REACH_CHECKS)
    reach = [row for row in reach if row[1].startswith("reach: ")]
    own = [name for name, _, _ in results if ".assertion." in name]
    figures = "properties=%d stated=%d reached=%d cpu_seconds=%.1f" % (len(results), len(own), len(reach), seconds)
    failed = ["%s (%s)" % (text, name) for name, text, result in results if result != "SUCCESS"]
    vacuous = [text for _, text, result in reach if result != "FAILURE"]
    if failed:
        return figures, "does not hold: " + "; ".join(failed[:3])
    if not own or not reach:
        return figures, "the proof states nothing, or has no REACH"
    if vacuous:
        return figures, "vacuous: " + "; ".join(vacuous)
    return figures, None


def kill(mutant, proof):
    """One mutant: the proof has to fail on it."""
    options = options_of(proof) + list(SOLVERS[proof.solver])
    with tempfile.TemporaryDirectory() as folder:
        start = cpu_seconds()
        if not changed(mutant.file, mutant.expression, folder):
            return "", "the sed expression changes nothing"
        _, text = checked(compiled(proof, folder), [*options, "--stop-on-fail"], CHECKS)
        seconds = "cpu_seconds=%.1f" % (cpu_seconds() - start)
    violated = re.search(r"^Violated property:\n.*\n  (.*)$", text, re.M)
    if not violated:
        return seconds, "survived: the proof holds in spite of the bug"
    print("# %s: %s" % (mutant.name, violated.group(1)), file=sys.stderr)
    return seconds, None


def few():
    return "", "a proof needs two mutants at least"


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
    proofs = {proof.name: proof for proof in map(Proof._make, table("proofs.conf", 4))}
    mutants = [Mutant(*row) for row in table("mutants.conf", 4)]
    unknown = [name for name in [*wanted, *[mutant.proof for mutant in mutants]] if name not in proofs]
    if unknown:
        sys.exit("no proof %s in %s/proofs.conf" % (", ".join(unknown), HERE))
    proofs = {name: proof for name, proof in proofs.items() if not wanted or name in wanted}
    if mode == "proofs":
        jobs = [("proof/" + name, prove, proof) for name, proof in proofs.items()]
    else:
        mutants = [mutant for mutant in mutants if mutant.proof in proofs]
        jobs = [("mutant/%s/%s" % (mutant.proof, mutant.name), kill, mutant, proofs[mutant.proof])
                for mutant in mutants]
        jobs += [("mutants-of/" + name, few)
                 for name in proofs if sum(mutant.proof == name for mutant in mutants) < 2]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        good = [done.result() for done in [pool.submit(verdict, *job) for job in jobs]]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
