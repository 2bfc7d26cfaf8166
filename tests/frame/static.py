#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Static analysis of every C file the build compiles, one check per file and tool: gcc's -fanalyzer
with the file's own flags, and clang-tidy with those of them that clang knows. Sources that come from
the distribution are left out. Runs at the top of the tree, after a build."""
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys

CLANG_KEEPS = ("-I", "-D", "-U", "-std", "-isystem", "-include", "-idirafter", "-ffreestanding",
               "-nostdinc", "-mgeneral-regs-only", "-mno-", "-mcmodel", "-fshort")
WITH_VALUE = ("-isystem", "-include", "-idirafter", "-I", "-D", "-U")

# Programs that do the forbidden on purpose.
DELIBERATE = ("tests/isolation/attacker",)
# Findings that cannot hold for one file, with the reason.
EXCUSED = {
    "libsvsmrt/src/malloc.c": ["-Wno-analyzer-malloc-leak"],  # it is malloc itself
    "tests/services/probe/probe.c": ["-Wno-analyzer-double-free"],  # what it is there to do
}


def sources():
    """One compile command per file of ours: (path from the top, directory, words)."""
    seen = {}
    top = os.path.realpath(".")
    with open("build/compile_commands.json", encoding="utf-8") as file:
        for entry in json.load(file):
            path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
            name = os.path.relpath(path, top)
            if name.endswith(".c") and not name.startswith(
                    ("subprojects/", "build/", "..") + DELIBERATE):
                seen.setdefault(name, (name, entry["directory"], shlex.split(entry["command"])))
    return [seen[name] for name in sorted(seen)]


def without_output(words):
    """The command without what it writes and without its sanitizers, which confuse the analysis."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MQ"):
            skip = True
        elif word not in ("-MD", "-c") and not word.startswith("-fsanitize"):
            kept.append(word)
    return kept


def clang_flags(words):
    flags = []
    for i, word in enumerate(words):
        if word.startswith(CLANG_KEEPS):
            flags.append(word)
            if word in WITH_VALUE:
                flags.append(words[i + 1])
    return flags


def analyze(job):
    tool, (name, directory, words) = job
    words = without_output(words)
    path = os.path.realpath(name)
    if tool == "gcc":
        command = words + ["-fanalyzer", "-Werror", "-Wno-analyzer-fd-leak"]
        command += EXCUSED.get(name, []) + ["-c", "-o", "/dev/null"]
    else:
        command = ["clang-tidy", "--quiet", path, "--"] + clang_flags(words[1:])
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False,
                         env=dict(os.environ, LC_ALL="C", GCC_COLORS=""))
    return tool, name, run.returncode, run.stdout + run.stderr


def tidy_known():
    """Each version knows other checks; .clang-tidy was written for 14."""
    if not shutil.which("clang-tidy"):
        return False
    run = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=False)
    return "version 14." in run.stdout


def main():
    wanted = sys.argv[1:]
    files = [entry for entry in sources() if not wanted or entry[0] in wanted]
    jobs = [("gcc", entry) for entry in files]
    if tidy_known():
        jobs += [("clang-tidy", entry) for entry in files]
    else:
        print("skip clang-tidy - clang-tidy 14")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for tool, name, status, text in pool.map(analyze, jobs):
            if status == 0:
                print(f"ok {tool}/{name}", flush=True)
            else:
                first = next((line for line in text.splitlines() if "error:" in line), "failed")
                print(f"not ok {tool}/{name} - {first}", flush=True)
                print(text, file=sys.stderr, flush=True)


main()
