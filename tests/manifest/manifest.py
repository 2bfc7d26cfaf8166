# SPDX-License-Identifier: MIT
"""Tests of svsm-image and svsm-symtab: every error by its text, and a built image taken apart again
by a reader that shares no code with the builder. Prints one line per check (tests/README.md).

    python3 tests/manifest/manifest.py [BUILD]      BUILD: the build directory, default "build"
"""
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cases  # noqa: E402
import elfmaker  # noqa: E402
from elfmaker import BASE, LINK, R, W, X, Elf  # noqa: E402

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
IMAGE = os.path.join(BUILD, "tools/image/svsm-image")
SYMTAB = os.path.join(BUILD, "tools/image/svsm-symtab")
failures = 0


def verdict(name, why):
    global failures
    if why:
        failures += 1
        print("not ok %s - %s" % (name, why.replace("\n", " | ")))
    else:
        print("ok " + name)


def run(*arguments):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def write(name, content):
    with open(name, "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())


def differs(what, got, wanted):
    return "" if got == wanted else "%s is %r, wanted %r" % (what, got, wanted)


def check_cases():
    for name, files, messages, *order in cases.CASES:
        places = {}
        for path, text in files:
            write(path, text)
            for number, line in enumerate(text.splitlines(), 1):
                for mark in re.findall(r"#(\d)", line):
                    places[int(mark)] = "%s:%d: error: " % (path, number)
        arguments = []
        for path, _ in files:
            arguments += ["--system", path] if path.endswith(".system") else [path]
        code, _, errors = run(IMAGE, "check", *arguments)
        marks = order[0] if order else range(1, len(messages) + 1)
        wanted = "".join(places[m] + text + "\n" for m, text in zip(marks, messages))
        verdict(name, differs("stderr", errors, wanted) or differs("exit status", code, 1))
    for name, content, wanted in cases.FILE_CASES:
        write("a.manifest", content)
        code, _, errors = run(IMAGE, "check", "a.manifest")
        verdict(name, differs("stderr", errors, wanted + "\n") or differs("exit status", code, 1))


def write_base():
    """A sound system of two tasks that uses every part of the format."""
    write("k.elf", elfmaker.kernel().bytes())
    write("a.elf", elfmaker.task().bytes())
    write("b.elf", elfmaker.task(text=b"\x90" * 100, data=b"other", bss=0).bytes())
    write("a.manifest", '''task: {
    name = "a"; policy = "rollback"; stateful = true; heap = "20K"; stack = "12K"; stage = "4K"; budget_ms = 1500;
    crashes = { max = 7; within_s = 9; };
    endpoints = ( { name = "front"; protocol = 2; operations = (
        { name = "first"; },
        { name = "third"; number = 2; idempotent = true; buffers = (
            { kind = "window"; rights = "r"; address = 0; length = 1; max = 5000; },
            { kind = "lease"; rights = "rw"; address = 2; max = "1K"; },
            { kind = "window"; rights = "w"; address = 3; max = 100; } ); } ); } );
    calls = [ "back" ];
    events = ( { task = "b"; bits = 0x80000001; } );
    controls = ( { task = "b"; inject = true; } );
    log = true;
};''')
    write("b.manifest", '''task: {
    name = "b"; policy = "clean"; activations = 2; budget_ms = 0;
    endpoints = ( { name = "back"; operations = ( { name = "go"; idempotent = true; } ); } );
    devices = ( { name = "port"; ports = [ 0x2f8, 8 ]; irq = 3; event_bits = 0x100000000L; dma = true; } );
};''')
    write("s.system", '''system: { name = "s"; kind = "test"; tasks = [ "a", "b" ];
    boot = ( { endpoint = "front"; operation = "first"; vcpu = 3; }, { endpoint = "back"; operation = "go"; } ); };''')


def build(*extra, kernel="k.elf", a="a.elf", output="out.bin"):
    return run(IMAGE, "build", "--kernel", kernel, "--system", "s.system", "--task", "b=b.elf:b.manifest", "--task",
               "a=%s:a.manifest" % a, "--output", output, *extra)


def bad_elfs():
    """Programs that must be refused: name, ELF file, message."""
    def with_segment(*arguments, **named):
        e = elfmaker.task()
        e.segment(*arguments, **named)
        return e.bytes()

    def changed(**fields):
        e = elfmaker.task()
        for field, value in fields.items():
            setattr(e, field, value)
        return e.bytes()
    sound = elfmaker.task().bytes()
    many = elfmaker.task()
    for i in range(4):
        many.segment(R, BASE + 0x10000 + i * 0x1000, b"more")
    return [
        ("elf-not", b"#!/bin/sh\n" * 20, "not an ELF file"),
        ("elf-empty", b"", "not an ELF file"),
        ("elf-truncated-header", sound[:50], "truncated ELF file: the header is cut off"),
        ("elf-truncated-programs", sound[:100], "truncated ELF file: program headers are cut off"),
        ("elf-truncated-sections", sound[:-10], "truncated ELF file: section headers are cut off"),
        ("elf-truncated-segment", with_segment(R, BASE + 0x10000, b"x" * 0x4000)[:0x5000],
         "truncated ELF file: section headers are cut off"),
        ("elf-32-bits", changed(elf_class=1), "wrong architecture: a task is ELF for x86-64, 64 bits"),
        ("elf-arm", changed(machine=183), "wrong architecture: a task is ELF for x86-64, 64 bits"),
        ("elf-shared", changed(type=3),
         "wrong type of ELF file (3): a task is a static executable; link with -static and -no-pie"),
        ("elf-object", changed(type=1),
         "wrong type of ELF file (1): a task is a static executable; link with -static and -no-pie"),
        ("elf-write-execute", with_segment(R | W | X, BASE + 0x10000, b"x"),
         "segment at 0x410000 is both writable and executable; separate code from data"),
        ("elf-below", with_segment(R, 0x3ff000, b"x"),
         "segment at 0x3ff000, 1 bytes, is outside the image area 0x400000 to 0xfffffff; use the tasks' linker "
         "script"),
        ("elf-above", with_segment(R | W, 0xffff000, b"", 0x2000),
         "segment at 0xffff000, 8192 bytes, is outside the image area 0x400000 to 0xfffffff; use the tasks' linker "
         "script"),
        ("elf-overlap", with_segment(R, BASE + 0x20, b"x"), "segments at 0x400000 and 0x400020 overlap"),
        ("elf-one-page", with_segment(R | W, BASE + 0x1800, b"x"),
         "two segments on the page at 0x401000; align segments to pages"),
        ("elf-dynamic", with_segment(R, BASE + 0x10000, b"x", kind=2),
         "dynamically linked; link with -static and -no-pie"),
        ("elf-interpreter", with_segment(R, BASE + 0x10000, b"x", kind=3),
         "dynamically linked; link with -static and -no-pie"),
        ("elf-relocations", changed(relocations=bytes(24)),
         "relocations are left; link with -static and -no-pie, without --emit-relocs"),
        ("elf-segments", many.bytes(), "7 loadable segments; a task has at most 6"),
        ("elf-entry", changed(entry=BASE + 0x1000), "the entry point 0x401000 is not in executable memory"),
        ("elf-thread-variables", with_segment(R, BASE + 0x10000, b"x", 5000, kind=7),
         "thread-local variables take 5000 bytes; at most 4096"),
        ("elf-no-segment", changed(segments=[(4, R, 0, 0, b"", 0)]), "no loadable segment"),
        ("elf-huge-segment", with_segment(R | W, BASE + 0x10000, b"x", 1 << 40),
         "segment at 0x410000 has an impossible size"),
    ]


def bad_kernels():
    low = elfmaker.kernel()
    low.segment(R, 0x8000, b"low")
    clash = elfmaker.kernel()
    clash.segment(R, LINK + 0x900000, b"x" * 32, pa=0x100010)
    return [
        ("kernel-without-location", elfmaker.kernel(leave_out=["image_location"]),
         "the kernel has no symbol 'image_location'"),
        ("kernel-without-header", elfmaker.kernel(leave_out=["multiboot_header"]),
         "the kernel has no symbol 'multiboot_header'"),
        ("kernel-without-entry", elfmaker.kernel(leave_out=["boot_entry"]),
         "the kernel has no symbol 'boot_entry' inside its segments"),
        ("kernel-location-in-bss", elfmaker.kernel(location_in_bss=True),
         "'image_location' has no contents in the file; put it into a section that does"),
        ("kernel-header-flags", elfmaker.kernel(header=elfmaker.multiboot(flags=3)),
         "'multiboot_header' is no Multiboot 1 header with address fields (flag bit 16)"),
        ("kernel-header-magic", elfmaker.kernel(header=elfmaker.multiboot(magic=0x1BADB003)),
         "'multiboot_header' is no Multiboot 1 header with address fields (flag bit 16)"),
        ("kernel-symbols-room", elfmaker.kernel(symbols_room=64),
         "'kernel_symbols' has 64 bytes, 72 are needed, 8-byte aligned; enlarge it"),
        ("kernel-too-low", low, "the kernel lies at physical 0x8000 to 0x105000; it must begin at 1 MiB or above and "
         "span at most 32 MiB"),
        ("kernel-overlap", clash, "segments at physical 0x100000 and 0x100010 overlap"),
    ]


def check_programs():
    write_base()
    for name, content, message in bad_elfs():
        write("bad.elf", content)
        code, _, errors = build(a="bad.elf")
        verdict(name, differs("stderr", errors, "bad.elf: error: %s\n" % message) or differs("exit status", code, 1))
    for name, elf, message in bad_kernels():
        write("bad.elf", elf.bytes())
        code, _, errors = build(kernel="bad.elf")
        verdict(name, differs("stderr", errors, "bad.elf: error: %s\n" % message) or differs("exit status", code, 1))
    code, _, errors = run(IMAGE, "build", "--kernel", "k.elf", "--system", "s.system", "--task", "b=b.elf:b.manifest",
                          "--task", "x=a.elf:a.manifest", "--output", "out.bin")
    verdict("task-name-differs", differs("stderr", errors, "a.manifest: error: this is not the manifest of a task "
                                         "'x'\n") or differs("exit status", code, 1))
    text = open("b.manifest").read()
    write("b.manifest", text.replace("budget_ms = 0;", 'budget_ms = 0; heap = "128M";'))
    code, _, errors = build()
    verdict("image-size", ("" if re.fullmatch(r"error: the image needs \d+ KiB \(ring 0 \d+, tasks \d+, memory set "
                                              r"aside \d+\); at most 131072 KiB\n", errors) else errors) or
            differs("exit status", code, 1))
    write("b.manifest", text)


def check_usage():
    for name, arguments, code, start in [
            ("usage-no-command", [], 2, "svsm-image: a command is missing\n"),
            ("usage-unknown-command", ["bild"], 2, "svsm-image: unknown command 'bild'\n"),
            ("usage-check-nothing", ["check"], 2, "svsm-image: check needs at least one manifest\n"),
            ("usage-option", ["build", "--kernal", "x"], 2, "svsm-image: unknown option --kernal\n"),
            ("usage-value", ["build", "--kernel"], 2, "svsm-image: --kernel: a value is missing, or this is no option\n"),
            ("usage-task", ["build", "--task", "x"], 2, "svsm-image: --task x: NAME=ELF:MANIFEST expected\n"),
            ("usage-build-parts", ["build", "--kernel", "x"], 2,
             "svsm-image: build needs --kernel, --system, --output and at least one --task\n"),
            ("file-missing", ["check", "none.manifest"], 3,
             "svsm-image: none.manifest cannot be read: No such file or directory\n"),
            ("report-missing", ["report", "none.bin"], 3,
             "svsm-image: none.bin cannot be read: No such file or directory\n")]:
        got, _, errors = run(IMAGE, *arguments)
        verdict(name, ("" if errors.startswith(start) else errors) or differs("exit status", got, code))
    got, out, _ = run(IMAGE, "--help")
    verdict("help", differs("exit status", got, 0) or ("" if b"svsm image build" in out else "no usage on stdout"))


class Reader:
    """The built image, read from abi/image.h's text: offsets are written down here once more."""

    def __init__(self, path):
        self.file = open(path, "rb").read()
        self.multiboot = struct.unpack_from("<8I", self.file, 0)
        self.base = self.multiboot[4]
        magic, pa, size, self.pool = struct.unpack_from("<4Q", self.file, 0x1000)
        assert magic == 0x314547414D495653, "image_location"
        self.blob = self.file[pa - self.base:]
        self.pa, self.size = pa, size
        head = struct.unpack_from("<QII12IQ", self.blob, 0)
        self.version, self.flags, self.blob_size = head[1], head[2], head[15]
        self.tables = {n: (head[3 + 2 * i], head[4 + 2 * i]) for i, n in enumerate(
            ["tasks", "endpoints", "operations", "handles", "devices", "boots"])}

    def rows(self, table, layout):
        count, at = self.tables[table]
        size = struct.calcsize(layout)
        return [tuple(v.rstrip(b"\0").decode() if i == 0 and isinstance(v, bytes) else v for i, v in enumerate(
            struct.unpack_from(layout, self.blob, at + n * size))) for n in range(count)]


TASK = "<24sQ8IQ6I" + "QIIQQ" * 6 + "32sII"


def check_tables(r):
    tasks = r.rows("tasks", TASK)
    a, b = tasks
    verdict("image-task", differs("task a", a[:18], ("a", BASE, 1, 1, 5, 3, 2, 1, 1, 3, 1500000000, 7, 9000, 0, 4, 0,
                                                     1) + a[17:18]) or
            differs("task b", b[:17], ("b", BASE, 0, 2, 0, 16, 0, 0, 0, 3, 0, 5, 60000, 4, 1, 1, 1)))
    regions = [a[17 + 5 * i:22 + 5 * i] for i in range(3)]
    verdict("image-regions", differs("regions", [(x[0], x[1], x[2], x[4]) for x in regions], [
        (BASE, 1, 2, 64), (BASE + 0x1000, 1, 0, 8), (BASE + 0x2000, 2, 1, 4)]))
    contents = [r.blob[x[3]:x[3] + x[4]] for x in regions]
    verdict("image-contents", differs("contents", contents, [b"\xf4" * 64, b"constant", b"data"]) or
            ("" if all(x[3] % 4096 == 0 for x in regions) else "not on page boundaries"))
    verdict("image-digest", differs("digest", a[47], hashlib.sha256(b"".join(contents)).digest()))
    verdict("image-endpoints", differs("endpoints", r.rows("endpoints", "<24sIIII"), [
        ("front", 0, 2, 0, 3), ("back", 1, 0xFFFFFFFF, 3, 1)]))
    operations = r.rows("operations", "<24sII32s")
    verdict("image-operations", differs("operations", [o[:3] for o in operations], [
        ("first", 1, 0), ("", 0, 0), ("third", 3, 3), ("go", 3, 0)]) or
        differs("buffers", struct.unpack("<" + "BBBBI" * 4, operations[2][3]), (
            1, 1, 0, 1, 5000, 2, 3, 2, 255, 1024, 1, 2, 3, 255, 100, 0, 0, 0, 0, 0)))
    verdict("image-handles", differs("handles", r.rows("handles", "<24sIIQ"), [
        ("back", 1, 1, 0), ("b", 2, 1, 0x80000001), ("b", 5, 1, 1), ("log", 4, 0, 0), ("port", 3, 0, 0)]))
    verdict("image-device", differs("devices", r.rows("devices", "<24sI6HQ"), [
        ("port", 1, 0x2F8, 8, 3, 1, 0, 0, 1 << 32)]))
    verdict("image-boot", differs("boots", r.rows("boots", "<IIII"), [(0, 0, 3, 0), (1, 0, 0xFFFF, 0)]))
    at, size = a[48:50]
    symbols = struct.unpack_from("<IIQII", r.blob, at)
    verdict("image-symbols", differs("header", symbols[:3], (0x534D5953, 3, BASE)) or
            differs("entries", struct.unpack_from("<6I", r.blob, at + 24)[0::2], (0, 16, 48)) or
            ("" if r.blob[at + 48:at + size].startswith(b"task_alias\0task_other\0\0") else "names"))


def check_flat(r):
    magic, flags, checksum, header, load, load_end, bss_end, entry = r.multiboot
    verdict("image-multiboot", differs("fields", (magic, (magic + flags + checksum) % 2**32, header, load, entry), (
        0x1BADB002, 0, 0x100000, 0x100000, 0x100040)) or
        differs("load_end", load_end, load + len(r.file)) or differs("bss_end", bss_end, load_end + r.pool * 4096))
    verdict("image-location", differs("blob", (r.pa, r.size), (0x105000, len(r.file) - 0x5000)) or
            differs("size in header", r.blob_size, r.size) or differs("flags, version", (r.flags, r.version), (1, 1)))
    verdict("image-bss", differs("kernel bss", r.file[0x2004:0x5000], bytes(0x2FFC)) or
            differs("kernel data", r.file[0x2000:0x2004], b"vars"))
    table = struct.unpack_from("<IIQII", r.file, 0x1020)
    verdict("image-kernel-symbols", differs("table", table[:3], (0x534D5953, 3, LINK + 0x100040)))


def check_build():
    write_base()
    code, _, errors = build("--report", "out.report", "--json", "out.json")
    verdict("build", differs("stderr", errors, "") or differs("exit status", code, 0))
    r = Reader("out.bin")
    check_flat(r)
    check_tables(r)
    build(output="again.bin")
    verdict("build-same-bytes", differs("equal", open("again.bin", "rb").read() == r.file, True))
    text = open("out.report").read()
    for name, wanted in [
            ("protocol", "    guest, protocol 2 -> a.front (up to 2 deep)\n"),
            ("call", "    a -> b.back (up to 1 deep)\n"), ("boot", "    boot, vCPU 3 -> a.front.first\n"),
            ("boot-all", "    boot, every vCPU -> b.back.go\n"),
            ("endless", "    b: no budget: an endless loop in it keeps its caller's vCPU\n"),
            ("inject", "    a: may inject faults into b\n"),
            ("test-image", "    test image: weaker entropy and fault injection are allowed\n"),
            ("dma", "    b: device port reads and writes memory by itself, wherever the host lets it\n"),
            ("device", "    handle 0: device port, ports 0x2f8 to 0x2ff, interrupt 3, event bits 0x100000000\n"),
            ("ring0", "ring 0: 20480 bytes (text 320, rodata 544, data 4, bss 9996)\n")]:
        verdict("report-" + name, "" if wanted in text else "missing: " + wanted)
    code, out, _ = run(IMAGE, "report", "out.bin", "--json")
    built, read = json.load(open("out.json")), json.loads(out)
    for part in ["text", "rodata", "data", "bss"]:
        built["ring0"].pop(part)
    verdict("report-json-reads-back", differs("exit status", code, 0) or differs("JSON", read, built))
    memory = built["tasks"][0]["memory"]
    parts = sum(memory[p] for p in ["heap", "stack", "tls", "windows", "stage", "shadow", "tables"])
    # code and constants lie in the blob; variables there and, writable, in the pool
    verdict("report-memory-adds-up", differs("sum", parts + 4096 * (2 + 1 + 2), memory["total"]))
    total = sum(t["memory"]["total"] for t in built["tasks"])
    verdict("report-total", "" if built["total_bytes"] == len(r.file) + r.pool * 4096 and
            total < built["total_bytes"] else "total %d" % built["total_bytes"])
    write("s.system", open("s.system").read().replace('"test"', '"release"'))
    write("a.manifest", open("a.manifest").read().replace("inject = true;", ""))
    code, _, errors = build(output="release.bin")
    release = Reader("release.bin") if code == 0 else None
    verdict("release-has-no-symbols", errors or differs("flags", release.flags, 0) or
            differs("names in the image", b"task_other" in release.file or b"kernel_main" in release.file, False))


def check_damaged():
    write_base()
    build()
    sound = open("out.bin", "rb").read()
    r = Reader("out.bin")
    blob = r.pa - r.base
    task = blob + r.tables["tasks"][1]

    def patched(at, content):
        return sound[:at] + content + sound[at + len(content):]
    for name, content, message in [
            ("damaged-empty", b"", "not an image: no Multiboot header with addresses in its first 8192 bytes"),
            ("damaged-truncated", sound[:-4096], "truncated image: %d bytes of %d" % (len(sound) - 4096, len(sound))),
            ("damaged-location", patched(0x1008, bytes(8)), "no system description in this image, or more than one"),
            ("damaged-version", patched(blob + 8, b"\7"),
             "the system description is damaged: image of another interface version"),
            ("damaged-policy", patched(task + 32, b"\7"), "the system description is damaged: task: policy"),
            ("damaged-contents", patched(len(sound) - 4096, b"\1"),
             "task 'b': its contents do not have the digest that is stored"),
            ("damaged-heap", patched(task + 40, b"\1"), None),
            ("damaged-entry", patched(28, bytes(4)), "the entry address 0x0 is outside the image")]:
        write("bad.bin", content)
        code, out, errors = run(IMAGE, "report", "bad.bin")
        wanted = differs("stderr", errors, "bad.bin: error: %s\n" % message) if message else (
            "" if re.fullmatch(r"bad.bin: error: \d+ pages are set aside; the tasks need \d+\n", errors) else errors)
        verdict(name, wanted or differs("exit status", code, 1) or differs("stdout", out, b""))
    crashed = []
    for at in list(range(0, 64)) + list(range(0x1000, 0x1020)) + list(range(blob, blob + 1600)):
        for bit in (0x01, 0x80):
            write("bad.bin", patched(at, bytes([sound[at] ^ bit])))
            code, _, _ = run(IMAGE, "report", "bad.bin")
            if code not in (0, 1):
                crashed.append("%d at 0x%x" % (code, at))
    verdict("damaged-anywhere", ", ".join(crashed[:4]))


def check_symtab():
    write("a.elf", elfmaker.task().bytes())
    for name, address, wanted in [("first", "400000", "task_alias+0x0"), ("middle", "40002f", "task_other+0x1f")]:
        code, out, _ = run(SYMTAB, "a.elf", "--find", address)
        verdict("symtab-" + name, differs("stdout", out.decode(), wanted + "\n") or differs("exit status", code, 0))
    for name, address in [("below", "3fffff"), ("behind", "400030")]:
        code, _, errors = run(SYMTAB, "a.elf", "--find", address)
        verdict("symtab-" + name, differs("stderr", errors, "svsm-symtab: no function at 0x%s\n" % address) or
                differs("exit status", code, 1))
    run(SYMTAB, "a.elf", "--binary", "table.bin")
    run(SYMTAB, "a.elf", "--c", "table.c", "table")
    words = [int(w, 16) for w in re.findall(r"UINT64_C\((\w+)\)", open("table.c").read())]
    verdict("symtab-c-is-binary", differs("words", struct.pack("<%dQ" % len(words), *words),
                                          open("table.bin", "rb").read()))


def main():
    if not os.access(IMAGE, os.X_OK):
        print("svsm-image is not built: %s" % IMAGE, file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        check_cases()
        check_programs()
        check_usage()
        check_build()
        check_damaged()
        check_symtab()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
