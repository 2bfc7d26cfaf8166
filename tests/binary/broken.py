# SPDX-License-Identifier: MIT
"""Shows that each rule fails where it should: small broken programs, made with the assembler."""
import os
import subprocess
import tempfile

import lines
import rules
from disasm import Program, output
from stack import Stack, Unsound

HEAD = """
    .text
    .globl _start
    .type _start, @function
_start:
"""

# name: (rest of the program, rule on its path, what it must say)
PROGRAMS = {
    "indirect-call": ("call *%rax\n ret", lambda p: rules.indirect_branches(Program(p), {}), "call *%rax"),
    "indirect-jump": ("jmp *8(%rdi)", lambda p: rules.indirect_branches(Program(p), {}), "jmp *0x8(%rdi)"),
    "vector-sse": ("movaps %xmm1, %xmm0\n ret", lambda p: rules.vector_instructions(Program(p), {}), "movaps"),
    "vector-avx": ("vpxor %ymm1, %ymm2, %ymm3\n ret", lambda p: rules.vector_instructions(Program(p), {}), "vpxor"),
    "vector-x87": ("fld1\n ret", lambda p: rules.vector_instructions(Program(p), {}), "fld1"),
    "vector-mmx": ("movq %mm0, %rax\n ret", lambda p: rules.vector_instructions(Program(p), {}), "mm0"),
    "extra-syscall": ("syscall\n ret", lambda p: rules.gates(Program(p), "seam.c"), "_start: syscall"),
    "extra-int": ("int $0x80\n ret", lambda p: rules.gates(Program(p), "seam.c"), "int $0x80"),
    "no-gate": ("ret", lambda p: rules.gates(Program(p), "seam.c"), "no way into ring 0"),
    "unprotected": ("ret", lambda p: rules.protected(Program(p), 1)[0], "no __stack_chk_fail"),
}

# name: (program, what the stack rule must say)
STACKS = {
    "recursion": ("call one\n ret\n.type one,@function\none: call two\n ret\n.type two,@function\ntwo: call one\n ret",
                  "recursion: _start one two one"),
    "growth-in-loop": ("1: push %rax\n test %rdi,%rdi\n jne 1b\n hlt\n jmp 1b", "a loop grows the stack"),
    "growth-by-variable": ("sub %rdi,%rsp\n ret", "the stack grows by what is not known"),
    "unbalanced": ("push %rax\n ret", "_start returns at depth 8"),
}

# Depth 8 + 8 (call) + 8 + 0x40, on the deeper of two ways; then back and as deep again, which does not add up.
DEEP = """
    push %rbp
    mov %rsp, %rbp
    test %rdi, %rdi
    je 1f
    call leaf
1:  sub $0x28, %rsp
    leave
    call never
    .type leaf, @function
leaf:
    push %rbx
    sub $0x40, %rsp
    add $0x40, %rsp
    pop %rbx
    ret
    .type never, @function
never:
    ud2
"""

SOURCES = {
    "int a; /* x */\n": 1, "/* only\n comment */\n\n": 0, "// no\nint b; // yes\n": 1, "int c; /*\n*/ int d;\n": 2,
    'char *s = "/* no comment";\nint e;\n': 2, "char q = '\"'; /* \"\n*/\n": 1, "\t \n#define F \\\n    1\n": 2,
    'char *t = "\\"//"; // c\n': 1, "int no_newline;": 1, "a/**/b\n/**/\n/***/ c\n": 2, "": 0,
}

# What ninja says of three objects of ours and one of somebody else's; ours lack one.
DEPS = """k.p/a.o: #deps 5, deps mtime 1 (VALID)
    ../k/a.c
    /usr/include/stdint.h
    ../k/x/../a.h
    generated.h
    ../../elsewhere.h

k.p/b.o: #deps 2, deps mtime 1 (STALE)
    ../k/b.c
    ../k/a.h

m.p/m.o: #deps 1, deps mtime 1 (VALID)
    ../m/m.c
"""


def assemble(folder, name, text, link=()):
    path = os.path.join(folder, name)
    with open(path + ".S", "w", encoding="utf-8") as file:
        file.write(HEAD + text + "\n")
    subprocess.run(["gcc", "-c", "-o", path + ".o", path + ".S"], check=True)
    subprocess.run(["ld", "--no-warn-rwx-segments", "-o", path, path + ".o"] + list(link), check=True)
    return path


def said(findings, text):
    found = any(text in finding for finding in findings)
    return [] if found else ["not found: %s" % text]


def stack_says(path):
    try:
        program = Program(path)
        Stack(program).need(program.symbols["_start"])
        return []
    except Unsound as why:
        return [str(why)]


def show_loading(verdict, folder):
    writable = assemble(folder, "writable", "ret\n.data\n.quad 0", ["-N"])
    verdict("fails-writable-code", said(rules.loading(writable), "is writable and executable"))
    shared = assemble(folder, "shared", "ret\n.data\n.quad 0", ["-z", "noseparate-code", "-z", "max-page-size=16",
                                                               "-z", "common-page-size=16", "-Tdata=0x401800", "-Ttext=0x401000"])
    verdict("fails-shared-page", said(rules.loading(shared), "two rights"))
    moving = assemble(folder, "moving", ".globl x\nx: ret\n.data\n.quad x", ["-pie", "--no-dynamic-linker"])
    verdict("fails-dynamic", said(rules.loading(moving), "it has DYNAMIC") + said(rules.loading(moving), "fixed address"))
    marked = os.path.join(folder, "marked")
    with open(marked + ".S", "w", encoding="utf-8") as file:
        file.write('ret\n.section .note.GNU-stack,"x",@progbits\n')
    subprocess.run(["gcc", "-c", "-o", marked + ".o", marked + ".S"], check=True)
    unmarked = os.path.join(folder, "no-gate.o")
    verdict("fails-executable-stack", [] if rules.executable_stack_objects([marked + ".o", unmarked]) ==
            [marked + ".o", unmarked] else ["not found"])


def show_flags(verdict):
    good = ("good.c", ["cc", "-fstack-protector-strong", "-O2", "-c"])
    cases = [("bad.c", ["cc", "-O2", "-c"]), ("off.c", good[1] + ["-fno-stack-protector"]),
             ("undone.c", ["cc", "-fstack-protector-strong", "-O2", "-fno-stack-protector-strong"])]
    findings = [case[0] for case in [good] + cases if rules.flags([case], ("-fstack-protector-strong", "-O2"), {})]
    verdict("fails-flags", [] if findings == ["bad.c", "off.c", "undone.c"] else findings)


def show_lines(verdict, build, folder):
    source = os.path.join(folder, "source")
    os.mkdir(source)
    wrong = []
    for text, wanted in SOURCES.items():
        # One line more, because a folder without any is an error of the tool.
        with open(os.path.join(source, "one.c"), "w", encoding="utf-8") as file:
            file.write("x\n" + text)
        got = int(output(build + "/tools/run/svsm-lines", source)) - 1, lines.count_text(text)
        if got != (wanted, wanted):
            wrong.append("%r: %d and %d, not %d" % ((text,) + got + (wanted,)))
    verdict("lines-rule", wrong, " cases=%d" % len(SOURCES))
    files, findings = lines.read_files(DEPS, ["k.p/a.o", "k.p/b.o", "k.p/c.o"])
    wrong = [] if files == {"k/a.c", "k/a.h", "k/b.c"} else sorted(files)
    verdict("lines-built-rule", wrong + said(findings, "k.p/b.o: an old list") + said(findings, "k.p/c.o: no list"))
    counted = lines.count_files([os.path.join(source, "one.c")])
    verdict("fails-lines", said(lines.too_many(counted, counted - 1), "at most") + lines.too_many(counted, counted))


def show(verdict, build, kernel):
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, rule, wanted) in PROGRAMS.items():
            verdict("fails-" + name, said(rule(assemble(folder, name, text)), wanted))
        for name, (text, wanted) in STACKS.items():
            verdict("fails-" + name, said(stack_says(assemble(folder, name, text)), wanted))
        program = Program(assemble(folder, "deep", DEEP))
        depth = Stack(program).need(program.symbols["_start"])
        verdict("stack-arithmetic", [] if depth == (0x58, ["_start", "leaf"]) else [str(depth)])
        show_loading(verdict, folder)
        show_flags(verdict)
        show_lines(verdict, build, folder)
    # The real kernel is not clean as such: what is allowed is there, so the lists are needed.
    whole = Program(kernel)
    verdict("fails-without-lists", [] if rules.indirect_branches(whole, {}) and rules.vector_instructions(whole, {})
            else ["the lists of what is allowed are not needed"])
