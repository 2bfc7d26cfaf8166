#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares offsets.conf with the layout that each compiler gives to the structures of the ABI headers,
read from its debug information. One check per compiler and structure.

    python3 tests/unit/abi/layout.py [TABLE]      at the top of the tree; needs TMPDIR
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ABI = ("microkernel/abi", "abi")  # ring 0's headers, and the others
TABLE = sys.argv[1] if len(sys.argv) > 1 else "tests/unit/abi/offsets.conf"
WHOLE = "."


def read_table(path):
    """Headers, and {structure: {member: (offset, bytes)}}."""
    headers, structures = [], {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "header":
                headers.append(words[1])
                continue
            if len(words) != 5:
                sys.exit(f"{path}:{number}: not five words")
            name, member, offset, size, _ = words
            members = structures.setdefault(name, {})
            if member in members:
                sys.exit(f"{path}:{number}: {name} {member} a second time")
            members[member] = (int(offset, 0), int(size, 0))
    return headers, structures


def defined(headers):
    """Names of all structures that the headers define."""
    names = set()
    for header in headers:
        where = next(path for path in (f"{abi}/svsm/abi/{header}" for abi in ABI) if os.path.exists(path))
        with open(where, encoding="utf-8") as file:
            names |= set(re.findall(r"^struct (?:__attribute__\(\(.*?\)\) )?(\w+) \{", file.read(), re.M))
    return names


def compile_all(compiler, headers, names, folder):
    """readelf's text of the debug information of an object with one variable per structure."""
    source, binary = os.path.join(folder, "all.c"), os.path.join(folder, "all.o")
    with open(source, "w", encoding="utf-8") as file:
        file.writelines(f"#include <svsm/abi/{header}>\n" for header in headers)
        file.writelines(f"struct {name} one_{name};\n" for name in sorted(names))
    subprocess.run([compiler, "-std=gnu2x", "-g", "-gdwarf-4", *(f"-I{abi}" for abi in ABI), "-c", source,
                    "-o", binary], check=True, timeout=120)
    return subprocess.run(["readelf", "--debug-dump=info", "-W", binary], check=True, timeout=120,
                          capture_output=True, text=True, env=dict(os.environ, LC_ALL="C")).stdout


def parse_entries(text):
    """{address: entry}; an entry has its tag, its attributes and the addresses of its children."""
    entries, path, entry = {}, [], None
    for line in text.splitlines():
        head = re.match(r" *<(\w+)><(\w+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)", line)
        value = re.match(r" *<\w+> +(DW_AT_\w+) *: (?:\([^)]*\):? )*(.*)", line)
        if head:
            depth, address = int(head[1], 16), int(head[2], 16)
            entry = {"tag": head[3][7:], "children": []}
            entries[address] = entry
            del path[depth:]
            if path:
                entries[path[-1]]["children"].append(address)
            path.append(address)
        elif value and entry is not None:
            entry[value[1][6:]] = value[2].strip()
    return entries


def type_of(entry):
    """The address of the entry's type: `<0x1f>`, and in some versions its name behind it."""
    return int(re.match(r"<0x(\w+)>", entry["type"])[1], 16)


def size_of(entries, address):
    entry = entries[address]
    if "byte_size" in entry:
        return int(entry["byte_size"], 0)
    size = size_of(entries, type_of(entry))
    if entry["tag"] == "array_type":
        for child in entry["children"]:
            bounds = entries[child]
            size *= int(bounds["count"], 0) if "count" in bounds else int(bounds["upper_bound"], 0) + 1
    return size


def layouts(entries):
    """{structure: {member: (offset, bytes)}} as the compiler has it."""
    found = {}
    for entry in entries.values():
        if entry["tag"] != "structure_type" or "name" not in entry:
            continue
        members = {WHOLE: (0, int(entry["byte_size"], 0))}
        for child in map(entries.get, entry["children"]):
            size = size_of(entries, type_of(child))
            members[child["name"]] = (int(child["data_member_location"], 0), size)
        found[entry["name"]] = members
    return found


def differences(want, got):
    if not want or not got:
        yield "not in the table" if got else "not in the debug information"
        return
    for member in sorted(set(want) | set(got)):
        if want.get(member) != got.get(member):
            yield f"{member}: table {want.get(member)}, compiler {got.get(member)}"


def main():
    headers, table = read_table(TABLE)
    names = defined(headers)
    for name in sorted(set(table) - names):
        print(f"not ok table/{name} - no header defines it")
    for compiler in ("gcc", "clang"):
        if not shutil.which(compiler):
            print(f"skip {compiler} - {compiler}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = layouts(parse_entries(compile_all(compiler, headers, names, folder)))
        for name in sorted(names):
            wrong = "; ".join(differences(table.get(name, {}), found.get(name, {})))
            if wrong:
                print(f"not ok {compiler}/{name} - {wrong}")
            else:
                print(f"ok {compiler}/{name} members={len(table[name]) - 1}")


main()
