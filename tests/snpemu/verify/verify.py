#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Suite `verify`: svsm-verify against a second, independent verifier on good and on spoilt reports.
Both have to give the verdict, and to name the failing checks, that the table of cases says. Then
certificates with single bits changed, which both have to refuse; and the command line's own errors.
Runs at the top of the tree after a build."""
import json
import os
import random
import subprocess
import sys
import tempfile

import cases

try:
    import again
except ImportError:
    print("skip verify - python3-cryptography")
    sys.exit(77)

MAKE = "build/tests/snpemu/psp/make-report"
VERIFY = "build/tests/snpemu/verify/verify-sanitized"
NOW = 1760000000
BITS = 120  # changed bits per certificate

TOP = tempfile.mkdtemp()
made = {}
wrong = 0


def say(name, fault, **figures):
    global wrong
    text = "".join(f" {key}={value}" for key, value in figures.items())
    print(f"not ok {name}{text} - {fault}" if fault else f"ok {name}{text}", flush=True)
    wrong += bool(fault)


def make(words):
    """The folder of a report made with these words."""
    key = tuple(words)
    if key not in made:
        made[key] = os.path.join(TOP, str(len(made)))
        os.mkdir(made[key])
        subprocess.run([MAKE, made[key], *words], check=True)
    return made[key]


def read(folder, *names):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, "rb") as file:
                return file.read()
    raise FileNotFoundError(folder, names)


def certificates(folder):
    return (read(folder, "ark.der"), read(folder, "ask.der", "asvk.der"),
            read(folder, "vcek.der", "vlek.der"))


def arguments(options):
    """The same wishes as svsm-verify's command line."""
    words = ["--json", "--at", str(options["now"])]
    if options.get("allow_test_root"):
        words.append("--allow-test-root")
    if options.get("policy"):
        words += ["--policy", ",".join(options["policy"])]
    for key in ("vmpl", "min_svn"):
        if options.get(key) is not None:
            words += ["--" + key.replace("_", "-"), str(options[key])]
    if options.get("min_tcb"):
        words += ["--min-tcb", ",".join(f"{k}={v}" for k, v in options["min_tcb"].items())]
    for key, value in options.get("expected", {}).items():
        words += ["--" + key, value.hex()]
    return words


def first(report, words):
    """Failing checks according to svsm-verify, or a text that says how it misbehaved."""
    run = subprocess.run([VERIFY, report, *words], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        return f"exit status {run.returncode}: {run.stderr.strip()}"
    found = json.loads(run.stdout)
    failed = {check["name"] for check in found["checks"] if check["result"] == "failed"}
    if found["good"] != (not failed) or run.returncode != bool(failed):
        return "verdict, checks and exit status contradict each other"
    return failed


def judge(name, words, options, want):
    options = {**cases.ALLOW, "now": NOW, **options}
    folder = make(words)
    certs = make(options.pop("certs")) if "certs" in options else folder
    words = ["--certs", certs] + arguments(options)
    if "list" in options:
        revoked = make(options.pop("list"))
        options["crl"] = read(revoked, "crl.der")
        words += ["--crl", os.path.join(revoked, "crl.der")]
    c = first(os.path.join(folder, "report.bin"), words)
    python = again.failures(read(folder, "report.bin"), *certificates(certs), **options)
    fault = None
    if c != want:
        fault = f"svsm-verify: {sorted(c) if isinstance(c, set) else c}, should be {sorted(want)}"
    elif python != want:
        fault = f"the second verifier: {sorted(python)}, should be {sorted(want)}"
    say(name, fault)


def changed_certificates():
    """Any bit of a certificate, by chance but the same chance each time."""
    chance = random.Random(2024)
    folder = make(["genoa"])
    report = os.path.join(folder, "report.bin")
    names = ["ark", "ask", "vcek"]
    whole = dict(zip(names, certificates(folder)))
    for name in names:
        faults = []
        for _ in range(BITS):
            spoilt = bytearray(whole[name])
            bit = chance.randrange(8 * len(spoilt))
            spoilt[bit // 8] ^= 1 << bit % 8
            path = os.path.join(TOP, "spoilt.der")
            with open(path, "wb") as file:
                file.write(spoilt)
            words = []
            for other in names:
                words += ["--" + other,
                          path if other == name else os.path.join(folder, other + ".der")]
            run = subprocess.run([VERIFY, report, "--allow-test-root", "--at", str(NOW), *words],
                                 capture_output=True, text=True, check=False)
            if run.returncode not in (1, 2):
                faults.append(f"bit {bit}: svsm-verify gives {run.returncode}")
            try:
                certs = [bytes(spoilt) if other == name else whole[other] for other in names]
                if not again.failures(read(folder, "report.bin"), *certs, NOW, True):
                    faults.append(f"bit {bit}: the second verifier takes it")
            except again.Unreadable:
                pass
        say(f"bits-{name}", "; ".join(faults[:3]), bits=BITS)


def command_line():
    folder = make(["milan"])
    report = os.path.join(folder, "report.bin")
    certs = ["--certs", folder, "--allow-test-root"]
    with open(os.path.join(TOP, "short"), "wb") as file:
        file.write(read(folder, "report.bin")[:-1])
    with open(os.path.join(TOP, "junk"), "wb") as file:
        file.write(b"\x30\x82" + bytes(200))
    with open(os.path.join(TOP, "table"), "wb") as file:
        file.write(read(folder, "table.bin")[:24])
    table = os.path.join(folder, "table.bin")
    vcek = os.path.join(folder, "vcek.der")
    runs = [
        ("good", [report, *certs], 0, "the report is good"),
        ("by-table", [report, "--table", table, "--allow-test-root"], 0, "the report is good"),
        ("refuses-test-root", [report, "--certs", folder], 1, "SVSM EMULATOR TEST"),
        ("short", [os.path.join(TOP, "short"), *certs], 1, "this has 1183"),
        ("no-file", [os.path.join(TOP, "none"), *certs], 2, "No such file"),
        ("no-report", certs, 2, "no report is named"),
        ("no-certificates", [report], 2, "no ARK is given"),
        ("no-ark", [report, "--vcek", vcek], 2, "no ARK is given"),
        ("junk", [report, *certs, "--vcek", os.path.join(TOP, "junk")], 2, "not one certificate"),
        ("cut-table", [report, "--table", os.path.join(TOP, "table")], 2, "points beyond"),
        ("no-folder", [report, "--certs", vcek], 2, "not a folder"),
        ("unknown-option", [report, *certs, "--frob"], 2, "unknown option --frob"),
        ("lacks-value", [report, *certs, "--vmpl"], 2, "needs a value"),
        ("vmpl-4", [report, *certs, "--vmpl", "4"], 2, "from 0 to 3"),
        ("short-hex", [report, *certs, "--measurement", "d1"], 2, "48 bytes in hex"),
        ("not-hex", [report, *certs, "--host-data", "xy" * 32], 2, "32 bytes in hex"),
        ("policy-word", [report, *certs, "--policy", "smt,frob"], 2, "words that it knows"),
        ("tcb-word", [report, *certs, "--min-tcb", "bl=256"], 2, "a list like"),
        ("two-reports", [report, report, *certs], 2, "one report at a time"),
        ("help", ["--help"], 0, "kdsintf.amd.com"),
    ]
    for name, words, status, text in runs:
        run = subprocess.run([VERIFY, *words], capture_output=True, text=True, check=False)
        output = run.stdout + run.stderr
        good = run.returncode == status and text in output
        say("command-" + name, "" if good else f"status {run.returncode}: {output.strip()[:120]}")


def pem_chain():
    """As AMD's server gives them: PEM, ASK before ARK, one file."""
    folder = make(["milan"])
    pem = b""
    for name in ("ask.der", "ark.der"):
        run = subprocess.run(["openssl", "x509", "-inform", "DER", "-in",
                              os.path.join(folder, name)], capture_output=True, check=True)
        pem += run.stdout
    path = os.path.join(TOP, "cert_chain.pem")
    with open(path, "wb") as file:
        file.write(pem)
    run = subprocess.run([VERIFY, os.path.join(folder, "report.bin"), "--allow-test-root",
                          "--cert-chain", path, "--vcek", os.path.join(folder, "vcek.der")],
                         capture_output=True, text=True, check=False)
    say("pem-chain", "" if run.returncode == 0 else run.stdout + run.stderr)


def main():
    for name, words, options in cases.GOOD:
        judge("good-" + name, words, options, set())
    for name, words, options, want in cases.CHANGED:
        judge(name, words, options, want)
    for name, words, options, want in cases.WRONG:
        judge("wrong-" + name, words, options, want)
    say("cases", "" if len(cases.CHANGED) + len(cases.WRONG) >= 40 else "too few",
        good=len(cases.GOOD), spoilt=len(cases.CHANGED) + len(cases.WRONG))
    changed_certificates()
    command_line()
    pem_chain()
    return wrong != 0


raise SystemExit(main())
