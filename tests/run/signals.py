#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ctrl-C and its like in each phase of tools/svsm run, from set-up to a command under way: the right
status, and no process, socket or half-made file left."""
import os
import shutil
import signal
import subprocess
import sys
import time

from harness import GET_RANDOM, Run, TMP, children_gone, default_signals, left_over, verdict
import harness

TREE = os.path.join(TMP, "tree")
FAKE = os.path.join(TMP, "fake")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def boot_phases():
    for number in SIGNALS:
        run = Run(mode="slow-version")
        time.sleep(0.5)
        run.signal(number)
        verdict(f"version-{number.name}", run.end(-number))
        run = Run(mode="silent")
        run.await_text("here is a fake")
        run.signal(number)
        verdict(f"boot-{number.name}", run.end(128 + number, "svsm-run: ended before the TPM answered"))
        run = Run("--once", mode="silent")
        run.await_text("here is a fake")
        run.signal(number)
        verdict(f"once-{number.name}", run.end(128 + number, "svsm-run: ended before the TPM answered"))
        run = Run()
        run.reachable()
        run.signal(number)
        verdict(f"reachable-{number.name}", run.end(0, "svsm-run: ended"))
    run = Run(mode="deaf")
    run.reachable()
    run.client().sendall(GET_RANDOM)
    time.sleep(0.2)
    run.signal(signal.SIGINT)
    verdict("command-underway", run.end(0, "svsm-run: ended"))
    run = Run(mode="stubborn")
    run.reachable()
    for _ in range(3):
        run.signal(signal.SIGINT)
        time.sleep(0.1)
    verdict("stubborn-qemu", run.end(0, "svsm-run: ended", 10))
    run = Run()
    run.reachable()
    os.killpg(run.process.pid, signal.SIGINT)
    verdict("keyboard", run.end(0, "svsm-run: ended"))


def fake(name, script):
    os.makedirs(FAKE, exist_ok=True)
    with open(os.path.join(FAKE, name), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + script + "\n")
    os.chmod(os.path.join(FAKE, name), 0o755)


def interrupted(name, words, number=signal.SIGINT, status=130, also=""):
    """tools/svsm run in a tree of the test's own, with the fakes; interrupted once it says `words`."""
    log = os.path.join(TMP, "log")
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [os.path.join(TREE, "tools/svsm"), "run", "--native", "--once"], stdin=subprocess.DEVNULL, stdout=file,
            stderr=file, start_new_session=True, preexec_fn=default_signals,
            env=dict(os.environ, PATH=FAKE + ":" + os.environ["PATH"], XDG_CACHE_HOME=os.path.join(TMP, "cache")))
    until = time.monotonic() + 20
    text = ""
    while words not in text and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
        with open(log, encoding="latin-1") as file:
            text = file.read()
    time.sleep(0.5)  # the step is under way
    os.killpg(process.pid, number)
    try:
        got = process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        got = "none in 20 s"
    with open(log, encoding="latin-1") as file:
        text = file.read()
    sys.stderr.write(text)
    why = children_gone(process.pid)
    if left_over(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    if words not in text or also not in text:
        why = f"it does not say: {also if words in text else words}"
    elif got not in (status, -number):
        why = f"status {got}, not {status}"
    verdict(name, why)


def set_up_phases():
    """Packages, sources, configuring, compiling; each tool is a fake that takes its time."""
    os.makedirs(os.path.join(TREE, "subprojects"))
    shutil.copytree("tools", os.path.join(TREE, "tools"))
    shutil.copy("meson.build", TREE)
    slow = "sleep 60 & sleep 60"
    fake("dpkg-query", "/usr/bin/dpkg-query \"$@\" | grep -v '^libelf-dev '")
    fake("id", "echo 0")
    fake("apt-get", "sleep 2; echo done")
    interrupted("set-up-packages", "reading the package lists", also="waiting for the step to end")
    os.unlink(os.path.join(FAKE, "dpkg-query"))
    os.unlink(os.path.join(FAKE, "id"))
    fake("apt-get", slow)
    interrupted("set-up-sources", "reading the package lists of", also="interrupted")
    left = os.path.join(TREE, "subprojects")
    verdict("set-up-sources-left", ", ".join(os.listdir(left)))
    os.unlink(os.path.join(FAKE, "apt-get"))
    for name in os.listdir("subprojects"):
        os.symlink(os.path.abspath(os.path.join("subprojects", name)), os.path.join(left, name))
    fake("meson", slow)
    for number in SIGNALS:
        interrupted(f"configuring-{number.name}", "configuring", number, 130, "interrupted")
    os.unlink(os.path.join(FAKE, "meson"))
    fake("ninja", slow)
    with open(os.path.join(TREE, "build/build.ninja"), "w", encoding="ascii"):
        pass
    for number in SIGNALS:
        interrupted(f"compiling-{number.name}", "compiling", number, 130, "interrupted")


boot_phases()
set_up_phases()
sys.exit(1 if harness.failed else 0)
