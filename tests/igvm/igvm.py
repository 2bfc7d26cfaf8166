#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""svsm-compose, svsm-measure, svsm-inspect and svsm-sign as a user has them: images of the SNP system
with each kind of guest, their digests against tests/emu/digest.py, which shares nothing with them, one
changed byte named by its part, signatures against openssl, and what is wrong refused in words."""
import atexit
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

BUILD = os.environ.get("SVSM_BUILD_DIR", "build")
HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = 4096
LOAD = 0x8010000
TMP = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
atexit.register(shutil.rmtree, TMP, ignore_errors=True)
FAILED = []


def verdict(name, why="", **figures):
    words = "".join(f" {key}={value}" for key, value in figures.items())
    if why:
        FAILED.append(name)
        print(f"not ok {name}{words} - {why}", flush=True)
    else:
        print(f"ok {name}{words}", flush=True)


def path(name):
    return os.path.join(TMP, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def write(name, content):
    with open(path(name), "wb") as file:
        file.write(content)
    return path(name)


def run(*words, status=0):
    """stdout; the test ends in an exception where the status is another."""
    done = subprocess.run(words, capture_output=True, timeout=300, check=False)
    if done.returncode != status:
        raise AssertionError(f"{os.path.basename(words[0])}: status {done.returncode}: "
                             f"{done.stderr.decode()[-300:]}")
    return done.stdout.decode()


def tool(name, *words, status=0):
    return run(f"{BUILD}/tools/{name}/svsm-{name}", *words, status=status)


def compose(output, *words, svsm=None):
    tool("compose", "--svsm", svsm or f"{BUILD}/systems/snp.bin", "--output", path(output), *words)
    return path(output)


def independent(image, *words):
    return run(sys.executable, f"{HERE}/../emu/digest.py", "igvm", image, *words).strip()


def check(name, test):
    """A test returns figures, or raises with the reason."""
    try:
        figures = test() or {}
    except (AssertionError, OSError, ValueError, KeyError, struct.error,
            subprocess.SubprocessError) as error:
        verdict(name, str(error).replace("\n", " ") or type(error).__name__)
        return
    verdict(name, **figures)


def same(got, wanted, what):
    assert got == wanted, f"{what}: {got!r}, not {wanted!r}"


# --------------------------------------------------------------------------------------- inputs

GUESTS = {}


def make_inputs():
    run(sys.executable, f"{HERE}/../emu/files.py", TMP)  # a kernel and an initrd, of nonsense
    payload = f"{BUILD}/tests/snpemu/conform/snpemu-conform.elf"
    GUESTS["none"] = ["--memory", "256M"]
    GUESTS["payload"] = ["--payload", payload, "--memory", "256M", "--vcpus", "2"]
    GUESTS["linux"] = ["--kernel", path("vmlinuz"), "--initrd", path("initrd"), "--append",
                       "console=ttyS0", "--memory", "512M"]


class Blob:
    """The system description of a flat image, by the header file's text."""
    TASK = struct.Struct("<24sQIIIIIIIIQIIIIII192s32sII")

    def __init__(self, image):
        self.image = bytearray(image)
        (self.end,) = struct.unpack_from("<Q", image, 24)
        self.blob = struct.unpack_from("<Q", image, 40)[0] - LOAD
        count, offset = struct.unpack_from("<II", image, self.blob + 16)
        self.tasks = {}
        for i in range(count):
            at = self.blob + offset + i * self.TASK.size
            name = self.TASK.unpack_from(image, at)[0].rstrip(b"\0").decode()
            self.tasks[name] = at

    def regions(self, name):
        fields = self.TASK.unpack_from(self.image, self.tasks[name])
        return [struct.unpack_from("<QIIQQ", fields[17], 32 * i) for i in range(fields[9])]

    def change(self, name):
        """One byte in the middle of the task's code, and the digest that goes with it."""
        regions = self.regions(name)
        self.image[self.blob + regions[0][3] + regions[0][4] // 2] ^= 1
        digest = hashlib.sha256()
        for _, _, _, offset, size in regions:
            digest.update(self.image[self.blob + offset:self.blob + offset + size])
        at = self.tasks[name] + self.TASK.size - 8 - 32
        self.image[at:at + 32] = digest.digest()
        return bytes(self.image)


# -------------------------------------------------------------------------------------- compose

def test_twice():
    for guest, words in GUESTS.items():
        for version in ("1", "2"):
            every = [*words, "--features", "snp", "--igvm-version", version]  # for any host
            compose(f"{guest}-{version}.igvm", *every)
            compose("again.igvm", *every)
            same(read("again.igvm"), read(f"{guest}-{version}.igvm"), "the second file")
        compose(f"{guest}.igvm", *words)
    return {"files": 2 * len(GUESTS), "bytes": len(read("linux.igvm"))}


def test_digests():
    count = 0
    plain = [[], ["--profile", "planes"]]
    upstream = [["--profile", "upstream-6.12"], ["--profile", "upstream-6.12", "--vcpus", "4"]]
    for guest in GUESTS:
        for name, hosts in (("-1", plain + upstream), ("-2", plain + upstream), ("", plain)):
            image = path(f"{guest}{name}.igvm")
            for words in hosts:
                got = tool("measure", image, *words)
                smp = ["--smp" if word == "--vcpus" else word for word in words]
                same(got, independent(image, *smp) + "\n", f"{guest} {words}")
                count += 1
    return {"digests": count}


def test_explain():
    """Each line follows from the one before by the bytes at its offset."""
    image = read("linux.igvm")
    lines = tool("measure", path("linux.igvm"), "--explain").splitlines()
    value = bytes(48)
    kinds = {"normal": 1, "vmsa": 2, "unmeasured": 4, "secrets": 5, "cpuid": 6}
    for line in lines[:-1]:
        offset, gpa, kind, digest = line.split()
        data = bytes(PAGE) if offset == "-" else image[int(offset, 16):int(offset, 16) + PAGE]
        contents = hashlib.sha384(data).digest() if kind in ("normal", "vmsa") else bytes(48)
        value = hashlib.sha384(struct.pack("<48s48sHBBIQ", value, contents, 0x70, kinds[kind], 0, 0,
                                           int(gpa, 16))).digest()
        same(digest, value.hex(), f"the digest at {gpa}")
    same(lines[-1], value.hex(), "the last line")
    same(json.loads(tool("measure", path("linux.igvm"), "--json"))["digest"], value.hex(), "JSON")
    pages = json.loads(tool("measure", path("linux.igvm"), "--json", "--explain"))["pages"]
    same(len(pages), len(lines) - 1, "pages of JSON")
    return {"pages": len(pages)}


def test_options_measured():
    """What a user asks for is in the digest."""
    base = tool("measure", path("none.igvm"))
    for words in (["--console"], ["--vcpus", "3"], ["--memory", "258M"], ["--policy", "0xb0000"],
                  ["--features", "snp,debug-swap"], ["--features", "snp"]):
        image = compose("option.igvm", *GUESTS["none"], *words)
        if words[0] == "--policy":  # firmware checks it; only an ID block signs it
            assert read("option.igvm") != read("none.igvm"), "the policy is not in the file"
        else:
            assert tool("measure", image) != base, f"{words} does not change the digest"
    assert "SEV_FEATURES of VMPL0: snp\n" in tool("inspect", path("option.igvm"))
    compose("option.igvm", *GUESTS["payload"], "--guest-features", "snp,restricted-injection")
    got = json.loads(tool("inspect", path("option.igvm"), "--json"))
    same(got["guest"], {"vmpl": 2, "rip": "0x200000",
                        "sev_features": "snp,restricted-injection"}, "the guest")
    same(got["save_areas"][0]["sev_features"], "snp,restricted-injection,debug-swap", "VMPL0")
    compose("option.igvm", *GUESTS["payload"], "--console")
    got = json.loads(tool("inspect", path("option.igvm"), "--json"))
    same(got["save_areas"][0]["sev_features"], "snp", "VMPL0 of a development image")
    same(got["guest"]["sev_features"], "snp", "the guest's default")
    compose("option.igvm", *GUESTS["payload"])
    headers = got["headers"]
    same([headers[name] for name in ("supported-platform", "guest-policy", "vp-context")],
         [1, 1, 1], "headers")
    pages = sum(run["count"] for run in got["pages"] if run["type"] not in ("required", "vmsa"))
    same(headers["page-data"], pages, "headers of pages")


def test_memory_map():
    """Every page of memory but the SVSM's and VGA's is the guest's, and none twice."""
    for guest, size in (("none", 256), ("payload", 256), ("linux", 512)):
        at = 0
        ranges = json.loads(tool("inspect", path(f"{guest}.igvm"), "--json"))["memory"]
        for ram in ranges:
            start = int(ram["gpa"], 16)
            holes = {0xa0000: 0xc0000, 0x8000000: start}
            assert start == at or (at in holes and start == holes[at]), f"{guest}: gap at {at:#x}"
            at = start + int(ram["size"], 16)
        same(at, size << 20, f"{guest}: the end of memory")


# -------------------------------------------------------------------------------------- inspect

def test_named():
    """One changed byte, and the part is named; nothing else is."""
    with open(f"{BUILD}/systems/snp.bin", "rb") as file:
        image = file.read()
    tasks = list(Blob(image).tasks)
    same(json.loads(tool("inspect", path("linux.igvm"), "--json"))["tasks"], tasks, "tasks")
    for task in tasks:
        changed = write("changed.bin", Blob(image).change(task))
        compose("changed.igvm", *GUESTS["linux"], svsm=changed)
        got = tool("inspect", path("linux.igvm"), path("changed.igvm"), status=1)
        same(got, f"task {task}: changed\n", f"{task} changed")
    kernel = bytearray(image)
    kernel[0x80] ^= 1
    compose("changed.igvm", *GUESTS["linux"], svsm=write("changed.bin", kernel))
    got = tool("inspect", path("linux.igvm"), path("changed.igvm"), status=1)
    same(got, "ring 0: changed\n", "ring 0 changed")
    return {"tasks": len(tasks)}


def test_guest_named():
    words = list(GUESTS["linux"])
    initrd = bytearray(read("initrd"))
    initrd[1000] ^= 1
    write("initrd2", initrd)
    kernel = bytearray(read("vmlinuz"))
    kernel[-100] ^= 1
    write("vmlinuz2", kernel)
    for option, value, part in (("--append", "console=ttyS1", "guest command line"),
                                ("--initrd", path("initrd2"), "guest initrd"),
                                ("--kernel", path("vmlinuz2"), "guest kernel")):
        changed = list(words)
        changed[changed.index(option) + 1] = value
        compose("changed.igvm", *changed)
        got = tool("inspect", path("linux.igvm"), path("changed.igvm"), status=1)
        same(got, f"{part}: changed\n", f"{part} changed")
    got = json.loads(tool("inspect", path("linux.igvm"), path("changed.igvm"), "--json", status=1))
    same(got, {"same_digest": False,
               "differences": [{"name": "guest kernel", "how": "changed"}]}, "JSON")
    same(tool("inspect", path("linux-1.igvm"), path("linux-2.igvm")), "the same launch digest\n",
         "versions 1 and 2")


# ----------------------------------------------------------------------------------------- sign

def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *words], input=stdin, check=True, capture_output=True).stdout


def make_keys():
    for name, curve in (("id", "secp384r1"), ("author", "secp384r1"), ("p256", "prime256v1")):
        openssl("ecparam", "-name", curve, "-genkey", "-noout", "-out", path(f"{name}.pem"))
        openssl("ec", "-in", path(f"{name}.pem"), "-pubout", "-out", path(f"{name}.pub"))
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
            path("rsa.pem"))
    openssl("ec", "-in", path("id.pem"), "-aes256", "-passout", "pass:x", "-out",
            path("locked.pem"))


def der(numbers):
    """An ECDSA signature of two little-endian numbers of 72 bytes."""
    body = b""
    for number in (numbers[:72], numbers[72:144]):
        big = number[::-1].lstrip(b"\0")
        big = b"\0" + big if big[0] & 0x80 else big
        body += bytes([2, len(big)]) + big
    return bytes([0x30, len(body)]) + body


def verified(key, message, numbers, what):
    write("message", message)
    write("signature", der(numbers))
    done = subprocess.run(["openssl", "dgst", "-sha384", "-verify", path(f"{key}.pub"), "-signature",
                           path("signature"), path("message")], capture_output=True, check=False)
    same(done.stdout.strip(), b"Verified OK", what)


def id_block(name):
    image = read(name)
    start, size = struct.unpack_from("<II", image, 8)
    at = start
    while at < start + size:
        kind, length = struct.unpack_from("<II", image, at)
        if kind == 0x30b:
            return image[at + 8:at + 8 + length]
        at += 8 + (length + 7) // 8 * 8
    raise AssertionError("no ID block")


def test_signed():
    for image in ("linux-1.igvm", "linux-2.igvm"):
        digest = tool("measure", path(image)).strip()
        got = tool("sign", path(image), "--id-key", path("id.pem"), "--author-key",
                   path("author.pem"), "--svn", "7", "--family-id", "0102", "--output",
                   path("signed.igvm"))
        same(got, digest + "\n", "what was signed")
        same(tool("measure", path("signed.igvm")), digest + "\n", "the signed file's digest")
        same(independent(path("signed.igvm")), digest, "the same, independently")
        block = id_block("signed.igvm")
        message = struct.pack("<48s16s16sIIQ", bytes.fromhex(digest), b"\1\2", b"", 1, 7, 0x30000)
        verified("id", message, block[104:248], "the ID key's signature")
        key = (block[248:252] + block[256:400]).ljust(0x404, b"\0")
        verified("author", key, block[400:544], "the author key's signature")
        same(struct.unpack_from("<IB", block), (1, 1), "mask and author")
    once = len(read("signed.igvm"))
    tool("sign", path("signed.igvm"), "--id-key", path("id.pem"), "--output", path("signed2.igvm"))
    same(len(read("signed2.igvm")), once, "a block that was replaced")
    same(id_block("signed2.igvm")[4], 0, "no author any more")


def test_firmware():
    """The emulated firmware takes the block, and refuses it once a bit of it is another."""
    emu = f"{BUILD}/tools/emu/svsm-emu"
    tool("sign", path("none.igvm"), "--id-key", path("id.pem"), "--author-key", path("author.pem"),
         "--output", path("signed.igvm"))
    words = ("--memory", "256M", "--dry-run")
    assert "launch digest" in run(emu, "--igvm", path("signed.igvm"), *words)
    image = bytearray(read("signed.igvm"))
    image[image.index(id_block("signed.igvm")) + 110] ^= 1
    start, size = struct.unpack_from("<II", image, 8)
    image[20:24] = bytes(4)
    image[20:24] = struct.pack("<I", zlib.crc32(image[:start + size]))
    write("forged.igvm", image)
    run(emu, "--igvm", path("forged.igvm"), *words, status=1)


# ------------------------------------------------------------------------------------- refusals

def refused(name, status, words, what, output=None):
    def test():
        done = subprocess.run(words, capture_output=True, timeout=60, check=False)
        same(done.returncode, status, "status")
        text = done.stderr.decode()
        assert what in text, f"it says {text!r}"
        same(done.stdout, b"", "stdout")
        assert output is None or not os.path.exists(output), "it left a file"
    check(f"refused-{name}", test)


def compose_refusals():
    program = f"{BUILD}/tools/compose/svsm-compose"
    svsm = f"{BUILD}/systems/snp.bin"
    out = path("refused.igvm")
    with open(svsm, "rb") as file:
        image = file.read()
    files = {
        "cut": image[:-PAGE], "magic": b"x" + image[1:], "empty": b"",
        "version": image[:8] + b"\2" + image[9:],
        "entry": image[:12] + struct.pack("<I", 0x1000) + image[16:],
        "load": image[:16] + struct.pack("<Q", 0x100000) + image[24:],
        "pool": image[:32] + struct.pack("<Q", 0x8000000) + image[40:],
    }
    says = {"cut": "says that it ends at", "magic": "is no image for SNP",
            "empty": "is no image for SNP", "version": "has version 2",
            "entry": "which is not in it", "load": "wants to lie at 0x100000",
            "pool": "and its pool at 0x8000000"}
    for name, content in files.items():
        refused(f"svsm-{name}", 1, [program, "--svsm", write("bad.bin", content), "--output", out],
                says[name], out)
    base = [program, "--svsm", svsm, "--output", out]
    text = write("text", b"no program at all")
    for name, status, words, what in (
            ("memory", 1, ["--memory", "128M"], "needs memory up to"),
            ("memory-large", 1, ["--memory", "4G"], "are not made yet"),
            ("payload", 1, ["--payload", text], "is no ELF file"),
            ("kernel", 1, ["--kernel", text], "is no bzImage"),
            ("svsm-missing", 3, ["--payload", path("nowhere")], "cannot read"),
            ("feature", 2, ["--features", "snp,fast"], "is not a list with commas"),
            ("no-snp", 2, ["--features", "secure-tsc"], "is not a list with snp in it"),
            ("vcpus", 2, ["--vcpus", "17"], "is not a number from 1 to 16"),
            ("two-guests", 2, ["--payload", text, "--kernel", text], "only one of"),
            ("initrd-alone", 2, ["--initrd", text], "go with --kernel only"),
            ("argument", 2, ["--nonsense"], "unknown argument --nonsense")):
        refused(name, status, base + words, what, out)
    refused("output", 3, [program, "--svsm", svsm, "--output", path("no/where")], "cannot write")


def other_refusals():
    image = path("none.igvm")
    sign = [f"{BUILD}/tools/sign/svsm-sign", image, "--output", path("refused.igvm"), "--id-key"]
    for name, status, key, what in (("p256", 1, "p256.pem", "on the curve prime256v1"),
                                    ("rsa", 1, "rsa.pem", "of the kind RSA"),
                                    ("public", 1, "id.pub", "no private key in PEM form"),
                                    ("locked", 1, "locked.pem", "protected by a passphrase"),
                                    ("missing", 3, "nokey.pem", "cannot read")):
        refused(f"key-{name}", status, sign + [path(key)], what, path("refused.igvm"))
    refused("author-key", 1, sign + [path("id.pem"), "--author-key", path("rsa.pem")],
            "of the kind RSA", path("refused.igvm"))
    whole = read("none.igvm")
    for name, content, what in (("cut", whole[:-1], "says that it has"),
                                ("damaged", whole[:30] + b"\xff" + whole[31:], "damaged"),
                                ("other", b"MZ" + whole[2:], "no IGVM file")):
        bad = write("bad.igvm", content)
        for program in ("measure", "inspect"):
            refused(f"{program}-{name}", 1, [f"{BUILD}/tools/{program}/svsm-{program}", bad], what)
    compose("tsc.igvm", *GUESTS["none"], "--features", "snp,secure-tsc")
    tool("measure", path("tsc.igvm"))
    refused("release-and-upstream", 1, [f"{BUILD}/tools/measure/svsm-measure", path("none.igvm"),
                                        "--profile", "upstream-6.12"], "wants SEV_FEATURES 0x29")
    refused("feature-of-host", 1, [f"{BUILD}/tools/measure/svsm-measure", path("tsc.igvm"),
                                   "--profile", "upstream-6.12"], "the host offers")


def main():
    make_inputs()
    check("compose-twice", test_twice)
    check("digests", test_digests)
    check("explain", test_explain)
    check("options-measured", test_options_measured)
    check("memory-map", test_memory_map)
    check("task-named", test_named)
    check("guest-named", test_guest_named)
    make_keys()
    check("signed", test_signed)
    check("firmware", test_firmware)
    compose_refusals()
    other_refusals()
    return 1 if FAILED else 0


sys.exit(main())
