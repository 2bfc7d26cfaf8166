#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges the footprint that svsm-run prints: ring 0, each task of the system, the whole; and the
lines of ring 0, counted here another way than svsm-lines does.
   footprint.py JSON-OF-SVSM-RUN SYSTEM-FILE FOLDER-OF-RING-0
Prints the figures, or ends with 1 and says on stderr what is wrong."""
import json
import os
import re
import sys

TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.DOTALL)


def without_comment(match):
    text = match.group()
    return "\n" * text.count("\n") if text.startswith("/") else "literal"


def lines_below(top):
    """Lines with something that is neither blank nor comment, without the definitions of abi/."""
    total = 0
    for folder, folders, names in os.walk(top):
        if folder == top and "abi" in folders:
            folders.remove("abi")
        for name in names:
            if name.endswith((".c", ".h", ".S", ".ld")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = TOKEN.sub(without_comment, file.read())
                total += sum(1 for line in text.splitlines() if line.strip())
    return total


def figures(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        sys.exit(f"there is no line like {pattern}")
    return sum(map(int, found.groups()))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        told = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        tasks = re.findall(r'"(\w+)"', re.search(r"tasks = \[(.*?)\]", file.read()).group(1))
    text = "\n".join(told["footprint"])
    ring0 = figures(r"^ring0 text=(\d+) rodata=(\d+) data=(\d+) bss=(\d+) bytes$", text)
    sizes = sum(figures(rf"^task {task} bytes=(\d+)$", text) for task in tasks)
    total = figures(r"^total reserved=(\d+) bytes$", text)
    lines = lines_below(sys.argv[3])
    if len(re.findall(r"^task ", text, re.MULTILINE)) != len(tasks):
        sys.exit("it names other tasks than the system has")
    if total < ring0 + sizes:
        sys.exit(f"the total, {total}, is less than its parts, {ring0} and {sizes}")
    if told["ring0_lines"] != lines:
        sys.exit(f"ring 0 has {lines} lines, not {told['ring0_lines']}")
    print(f"ring0={ring0} tasks={sizes} total={total} lines={lines}")


main()
