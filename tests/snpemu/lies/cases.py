# SPDX-License-Identifier: MIT
"""The campaign's cases: event x field x lie x point, in a fixed order. Each is (kind, calls, lies): kind is the
row of the table that it counts for; calls is the letter of what the guest does meanwhile (svsm/main.c);
lies is a list of --lie."""
ONES = 0xFFFFFFFFFFFFFFFF
VALUES = (0, 1, 2, 3, 4, 0xFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 0x8000000000000000, ONES)
FIELDS = ("cpl", "xss", "rax", "rcx", "rdx", "rbx", "exitcode", "info1", "info2", "scratch", "xcr0", "buffer")
CALLS = "qpvcmt"
STEPS = (0, 1, 2, 3, 5, 8, 13, 40, 100, 300, 511, 512, 513, 514, 515, 520, 530, 550, 600)
# Of the answer to the run of a lower level: what makes a refusal of it. VMPL0 halts then until the host runs
# that vCPU, and nothing tells that from a hang but that it was to be expected.
REFUSAL = "refusal to run the guest"
NEVER = "never"
WAITS = {REFUSAL, NEVER}
# Points of the calls, in instructions behind the entry to VMPL0: in ring 0, and in the vTPM's task.
KERNEL = (("q", (1, 3, 60, 150)), ("p", (1, 40, 200, 500)), ("c", (7, 120)), ("m", (20, 90)), ("t", (500,)))
TASK = (1, 100, 400, 900, 1300)


def points():
    for calls, counts in KERNEL:
        for after in counts:
            yield "ring 0", calls, f"after={after}"
    for after in TASK:
        yield "a task", "t", f"after={after},cpl=3"


def answers():
    """What comes back when VMPL0 asks the host to run the guest: the only event of a machine at work."""
    at = "@run-vmpl,vmpl=0,vcpu=0"
    for field in FIELDS:
        for value in VALUES:
            yield f"set {field}", f"set{at},field={field},value={value:#x}", field == "info1" and value & 0xFFFFFFFF
        for bit in range(64):
            yield f"flip {field}", f"flip{at},field={field},value={1 << bit:#x}", field == "info1" and bit < 32
        yield f"hide {field}", f"hide{at},field={field}", field == "info1"
        yield f"stale {field}", f"stale{at},field={field}", False
    for offset in (0, 8, 1016, 2024):
        yield "set buffer", f"set{at},field=buffer,offset={offset},value={ONES:#x}", False
    for kind in ("twice", "repeat", "swap", "drop", "skip"):
        yield kind, f"{kind}{at}", kind == "drop"
    for error in range(8):
        yield "refuse", f"refuse{at},value={error}", True
    for level in (0, 4, 0xFF, ONES):
        yield "ask", f"ask{at},field=info1,value={level:#x}", level != 0


def batched():
    for kind, text, ends in answers():
        for calls in ("" if ends else CALLS):
            for nth in (1, 2):
                yield f"answer: {kind}", calls, [f"{text},nth={nth}"]
    for calls, pvalidates, rmpadjusts in (("p", 2, 4), ("v", 1, 4), ("c", 0, 6), ("r", 0, 12), ("l", 2, 4)):
        yield from pages_at_instructions(calls, pvalidates, rmpadjusts)
    for calls, validates, grants in (("p", 2, 3), ("v", 1, 3)):
        yield from pages_clear_to_grant(calls, validates, grants)
    for calls, most, entries in (("q", 400, 1), ("p", 1500, 2), ("v", 1500, 1), ("c", 1500, 2), ("r", 1200, 4),
                                 ("m", 800, 2), ("t", 3000, 1), ("l", 1500, 2)):
        yield from pages_in_windows(calls, most, entries)
    yield from injections()
    yield from shared_memory()
    for calls in CALLS:
        for jump in (1, 1 << 32, 1 << 48, 1 << 63, ONES, ONES - (1 << 40)):
            for nth in (1, 2):
                yield "clock", calls, [f"clock@enter,vmpl=0,vcpu=0,value={jump:#x},nth={nth}"]


def pages_at_instructions(calls, pvalidates, rmpadjusts):
    """The operand of PVALIDATE and RMPADJUST: before the instruction, and some instructions behind it."""
    for insn, most in (("pvalidate", pvalidates), ("rmpadjust", rmpadjusts)):
        for nth in range(1, most + 1):
            for after in STEPS:
                point = f"@{insn},vmpl=0,vcpu=0,nth={nth},after={after}"
                yield "remap at instruction", calls, ["remap" + point]
                for other, count in (("pvalidate", 1), ("rmpadjust", 1), ("rmpadjust", 2)):
                    back = f"back@{other},vmpl=0,vcpu=0,nth={count}"
                    yield "remap and back", calls, ["remap" + point, back]
                    yield "remap and exchange", calls, ["remap" + point, back.replace("back", "exchange") + ",count=2"]


def pages_clear_to_grant(calls, validates, grants):
    """Each instruction, and each word that is cleared, between the PVALIDATE that validates and the call's end: another
    page comes; one that was there at the PVALIDATE goes; it comes back for the RMPADJUST that grants."""
    at = f"vmpl=0,vcpu=0,nth={validates}"
    grant = f"vmpl=0,vcpu=0,nth={grants}"
    for after in range(660):
        yield "window: goes", calls, [f"remap@pvalidate,{at},after={after}"]
        yield "window: came", calls, [f"remap@pvalidate,{at}", f"back@pvalidate,{at},after={after}"]
        yield "window: granted", calls, [f"remap@pvalidate,{at},after={after}", f"exchange@rmpadjust,{grant}"]
        yield "window: replayed", calls, [f"remap@pvalidate,{at}", f"exchange@pvalidate,{at},after={after}",
                                          f"exchange@rmpadjust,{grant}"]


def pages_in_windows(calls, most, entries):
    """Each page that the SVSM reads or gives away, after so many of its instructions: each of them for the page itself."""
    for page in ("page", "area", "list", "vtpm"):
        if (page == "list" and calls not in "pvl") or (page == "vtpm") != (calls == "t" and page != "area"):
            continue
        step = 1 if page in ("page", "vtpm") and calls in "pvct" else max(1, most // 150)
        for nth in range(1, (entries if step == 1 or calls == "r" else 1) + 1):
            for after in range(1, most, step):
                yield f"remap {page} in call", calls, [f"remap@enter,vmpl=0,vcpu=0,gpa=@{page}@,after={after},nth={nth}"]


def injections():
    """With restricted injection: #HV comes, at once and anywhere, and nothing else does."""
    for where, calls, after in points():
        at = f"@enter,vmpl=0,vcpu=0,{after}"
        for vector in (28, 28 | 1 << 8, 28 | 0xffffffff << 8):
            yield f"#HV in {where}", calls, [f"exception{at},value={vector:#x}"]
        yield f"forbidden in {where}", calls, ["nmi" + at]
        for vector in (0, 1, 3, 8, 13, 14, 18, 29):
            yield f"forbidden in {where}", calls, [f"exception{at},value={vector}"]
        for vector in (2, 32, 80, 128, 239, 255):
            yield f"forbidden in {where}", calls, [f"interrupt{at},value={vector}"]
        for value in DOORBELL:
            yield f"doorbell in {where}", calls, [f"doorbell{at},value={value:#x}", f"exception{at},value=28"]
    for value in DOORBELL:  # and no #HV: VMPL0 finds it on its way out
        for offset in (0, 8, 64, 4088):
            yield "doorbell", "q", [f"doorbell@enter,vmpl=0,vcpu=0,value={value:#x},offset={offset}"]


# First words of a doorbell page: vectors, flags, those of alternate injection's levels (bytes 4 and on), noise.
DOORBELL = (0, 0x20, 0x50, 0xff, 0x1, 0xe, 0x12, 0x1d, 0x100, 0x200, 0x8000, 0x7f00, 0x80ff, 0xffff, 0x10000, 0xff000000,
            0x50 << 32, 0x1ff << 32, 0x80000000 << 32, 0x4000 << 32, ONES, 0x5a5a5a5a5a5a5a5a)


# EXITINFO1, whose lower half would be a refusal, and its valid bit.
SAFE = {0x398: (0, 1 << 32), 0x3F8: (1 << 51, ONES, 0x5a5a5a5a5a5a5a5a)}


def shared_memory():
    """The GHCB while VMPL0 uses it: each word that it writes or reads, at once and later in the call."""
    for offset in (0x90, 0xB8, 0xD8, 0x1F8, 0x308, 0x310, 0x318, 0x390, 0x398, 0x3A0, 0x3A8, 0x3E8, 0x3F0, 0x3F8, 0x800, 0xFF8):
        for value in SAFE.get(offset, (0, 1, ONES, 0x5a5a5a5a5a5a5a5a)):
            for after in (0, 10, 40, 80, 120, 200, 300):
                yield "written GHCB", "q", [f"write@enter,vmpl=0,vcpu=0,offset={offset},value={value:#x},after={after}"]


def vectors():
    """Without restricted injection: what is to leave no trace, in ring 0 and in the vTPM's task."""
    for where, calls, after in points():
        at = f"@enter,vmpl=0,vcpu=0,{after}"
        for vector in range(32, 256):
            yield f"vector in {where}", calls, [f"interrupt{at},value={vector}"]
        yield f"NMI in {where}", calls, ["nmi" + at]
        yield f"plain #HV in {where}", calls, [f"exception{at},value=28"]


def exceptions():
    """The same host: what ring 0 does not survive, and a task's call does."""
    for where, calls, after in points():
        at = f"@enter,vmpl=0,vcpu=0,{after}"
        for vector in range(32):
            yield f"interrupt below 32 in {where}", calls, [f"interrupt{at},value={vector}"]
            if vector not in (2, 28, 29, 31):
                yield f"exception in {where}", calls, [f"exception{at},value={vector}"]
        for code in (0x72, 0x7B, 0x7C, 0x400, 0x404, 0x6E, 0xFFFFFFFF):
            yield f"#VC in {where}", calls, [f"exception{at},value={code << 8 | 29:#x}"]


def cpuid_page():
    """The page at launch: each feature that the SVSM or its tasks look at missing or added, each register with any
    bit turned over. The firmware takes what is less, and refuses the launch else."""
    for leaf, subleaf in ((0, 0), (1, 0), (7, 0), (0xb, 0), (0xd, 0), (0xd, 1), (0xd, 2), (0xd, 9), (0x15, 0), (0x80000000, 0),
                          (0x80000001, 0), (0x80000007, 0), (0x80000008, 0), (0x8000001e, 0), (0x8000001f, 0)):
        for field in ("rax", "rbx", "rcx", "rdx"):
            for value in [1 << bit for bit in range(32)] + [0xffffffff]:
                yield "boot: CPUID page", "snp", [f"cpuid@launch,leaf={leaf:#x},subleaf={subleaf},field={field},value={value:#x}"]


def ending():
    """What is likely to end the machine: one boot each."""
    for kind, text, ends in answers():
        if ends:
            yield REFUSAL, "q", [text]
    for offset, value in ((0x398, 1), (0x398, ONES), (0x3F8, 0)):
        yield REFUSAL, "q", [f"write@enter,vmpl=0,vcpu=0,offset={offset},value={value:#x}"]
    for number in range(0, 2048, 16):
        gpa = 0x8000000 + number * 4096
        yield "remap of the SVSM", "t", [f"remap@enter,vmpl=0,vcpu=0,gpa={gpa:#x}", f"back@ioio,vmpl=2,gpa={gpa:#x}"]
        yield "unmap of the SVSM", "t", [f"unmap@enter,vmpl=0,vcpu=0,gpa={gpa:#x}"]
    for calls in CALLS:
        if calls != "c":  # where there is a second vCPU that halts, the emulator waits for ever
            yield NEVER, calls, ["never@run-vmpl,vmpl=0,vcpu=0"]
        for page in ("page", "area", "list"):
            yield "unmap", calls, [f"unmap@enter,vmpl=0,vcpu=0,gpa=@{page}@,after=100"]


def boots():
    """Lies from the start on, for the command line: kind, what the machine is like, lies."""
    codes = ("sev-info", "page-state-change", "register", "hypervisor-features")
    for code in codes:
        for nth in range(1, 4 if code == "page-state-change" else 2):
            at = f"@msr-{code},vmpl=0,vcpu=0,nth={nth}"
            for value in VALUES:
                yield f"boot: {code}", "snp", [f"set{at},value={value:#x}"]
            for bit in range(64):
                yield f"boot: {code}", "snp", [f"flip{at},value={1 << bit:#x}"]
            for kind in ("drop", "refuse", "skip", "repeat", "swap"):
                yield f"boot: {code}", "snp", [kind + at]
    for field in FIELDS:
        for value in VALUES:
            yield "boot: ap-creation", "snp", [f"set@ap-creation,vmpl=0,vcpu=0,field={field},value={value:#x}"]
        yield "boot: ap-creation", "snp", [f"hide@ap-creation,vmpl=0,vcpu=0,field={field}"]
    for kind in ("drop", "skip", "twice", "repeat", "swap"):
        yield "boot: ap-creation", "snp", [f"{kind}@ap-creation,vmpl=0,vcpu=0"]
    for error in range(8):
        yield "boot: ap-creation", "snp", [f"refuse@ap-creation,vmpl=0,vcpu=0,value={error}"]
    for nth in (1, 2, 5, 20, 100):
        for field in ("rax", "info1", "info2"):
            for value in (0, 1, 2, 0xFF, ONES):
                yield "boot: port", "snp", [f"set@ioio,vmpl=0,vcpu=0,field={field},value={value:#x},nth={nth},count=0"]
        for kind in ("drop", "skip", "repeat", "swap"):
            yield "boot: port", "snp", [f"{kind}@ioio,vmpl=0,vcpu=0,nth={nth},count=0"]
    for value in (0, 0x7f, 0xff):  # what the clock is measured by
        yield "boot: PIT that stands still", "snp", [f"set@ioio,vmpl=0,vcpu=0,field=rax,value={value:#x},count=0"]
    for kind in ("psp-busy", "psp-drop", "psp-replay", "psp-twice"):
        for count in (1, 2, 0):
            yield "boot: firmware", "tsc", [f"{kind}@guest-request,vmpl=0,vcpu=0,count={count}"]
    for bit in list(range(0, 0x60 * 8, 5)) + list(range(0x60 * 8, 0xE0 * 8, 11)):
        yield "boot: firmware", "tsc", [f"psp-flip@guest-request,vmpl=0,vcpu=0,value={bit}"]
        yield "boot: firmware", "tsc", [f"psp-request@guest-request,vmpl=0,vcpu=0,value={bit}"]
    for field in ("info1", "info2"):
        for value in VALUES:
            yield "boot: firmware", "tsc", [f"set@guest-request,vmpl=0,vcpu=0,field={field},value={value:#x}"]
    for nth in range(1, 40):
        for insn in ("pvalidate", "rmpadjust"):
            for kind in ("remap", "unmap"):
                yield "boot: pages", "snp", [f"{kind}@{insn},vmpl=0,vcpu=0,nth={nth * nth}"]


GROUPS = {"batched": batched, "vectors": vectors, "exceptions": exceptions, "ending": ending, "cpuid": cpuid_page, "boots": boots}
# Of the time that there is.
SHARES = {"batched": 0.5, "vectors": 0.15, "exceptions": 0.3, "ending": 0.2, "cpuid": 0.1, "boots": 1}
# What the sample cannot have: these take until a time-out.
LONG = {REFUSAL}
# What this SVSM cannot be told: it sends the firmware one message in its life, so there is no older answer.
UNTOLD = {"psp-replay"}


def kinds_of(lies):
    """The row of the table by lies: "remap", "remap+back"."""
    return "+".join(dict.fromkeys(text.split("@")[0] for text in lies))


def sample(groups):
    """Of each group the first of each family, and of each kind of lie that was not told by one before."""
    families, kinds = set(), set()
    for name, chosen in groups.items():
        few = []
        for case in sorted(chosen, key=lambda case: "nth=2" in case[2][0]):  # not all calls have a second
            kind = kinds_of(case[2])
            if case[0] not in LONG and (case[0] not in families or kind not in kinds):
                families.add(case[0])
                kinds.add(kind)
                few.append(case)
        groups[name] = few
