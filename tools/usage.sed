# SPDX-License-Identifier: MIT
# Makes C string literals of a text: usage.inc of a tool's usage.txt.
s/[\\"]/\\&/g
s/.*/"&\\n"/
