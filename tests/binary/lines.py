# SPDX-License-Identifier: MIT
"""Lines of source by the rule of svsm-lines, counted in another way: comments are cut out of the
whole text first, then the lines that are not blank are counted. And the lines of all that a program
was compiled from, by ninja's list of what the compiler has read."""
import os
import re

# Literals are matched first, so that what looks like a comment inside one stays.
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?(?:\*/|\Z)|//[^\n]*', re.S)
ENDS = (".c", ".h", ".S", ".ld")


def keep(found):
    text = found.group(0)
    if text.startswith("/*"):
        return "\n" * text.count("\n")
    return "" if text.startswith("//") else text


def count_text(text):
    return sum(1 for line in TOKEN.sub(keep, text).split("\n") if line.strip(" \t\r"))


def count_folder(folder, without=None):
    lines = 0
    for where, folders, names in os.walk(folder):
        if where == folder and without in folders:
            folders.remove(without)
        for name in names:
            if name.endswith(ENDS):
                with open(os.path.join(where, name), encoding="utf-8") as file:
                    lines += count_text(file.read())
    return lines


def count_files(paths):
    lines = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines += count_text(file.read())
    return lines


def read_files(deps, objects, build="build"):
    """What the compiler read of the tree's own for these objects, each file once, from the text of
    `ninja -t deps` in BUILD; and what is wrong with the list. Paths from the top of the tree."""
    wanted, found, findings, current = set(objects), set(), [], None
    for line in deps.splitlines():
        if line and not line.startswith(" "):
            current, state = line.split(": ", 1)
            if current in wanted:
                wanted.remove(current)
                findings += [] if state.endswith("(VALID)") else ["%s: an old list" % current]
        elif line.strip() and current in objects:
            path = os.path.normpath(os.path.join(build, line.strip()))
            if not os.path.isabs(path) and not path.startswith(("..", build + "/")):
                found.add(path)
    return found, findings + ["%s: no list" % name for name in sorted(wanted)]


def too_many(lines, most):
    return ["%d lines, at most %d" % (lines, most)] if lines > most else []
