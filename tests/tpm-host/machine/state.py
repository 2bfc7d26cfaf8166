# SPDX-License-Identifier: MIT
"""The recorded state that the vectors start from, as C. usage: state.py VECTORS OUTPUT"""
import json
import sys

with open(sys.argv[1], encoding="ascii") as file:
    state = json.loads(file.readline())
with open(sys.argv[2], "w", encoding="ascii") as file:
    for name in ("permanent", "volatile"):
        data = ", ".join(str(byte) for byte in bytes.fromhex(state[name]))
        print(f"static const unsigned char recorded_{name}[] = {{{data}}};", file=file)
