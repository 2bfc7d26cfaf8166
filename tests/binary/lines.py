# SPDX-License-Identifier: MIT
"""Lines of source by the rule of svsm-lines, counted in another way: comments are cut out of the
whole text first, then the lines that are not blank are counted."""
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
