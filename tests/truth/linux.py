#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The conformance list from inside stock kernels, by the module of drivers/linux/snp-truth: what it answers
is what the bare guest is answered, but for what the list lets vary and for steps that a kernel cannot run, each named
here; the host's profiles and lies show in it as in the bare guest. Output as tests/README.md wants it.

    linux.py [NAME...]      on these of the stock kernels; none: all
    linux.py --more         also the other profiles, a lie, two vCPUs, and a C-bit at 51

Runs at the top of the tree. SVSM_KERNELS: the stock kernels; SVSM_BUILD_DIR: another build folder than build/."""
import os
import re
import subprocess
import sys
import tempfile

from answers import call, compare, run
from suite import BUILD, emulate, exit_status, verdict

KERNELS = os.environ.get("SVSM_KERNELS", "")
INIT = BUILD + "/tests/snpemu/linux/snpemu-linux-init"
SECONDS = 600
# What a kernel cannot run, and what it may be answered otherwise: CPUID and the APIC are of the vCPU's state.
SKIPPED = {"msr-register", "msr-register-high", "msr-register-back", "rmpadjust-not-validated", "rmpquery-not-validated"}
PLATFORM = {("msr-sev-info", "answer"), ("pvalidate-noncanonical", "error"), ("rmpadjust-noncanonical", "error"), ("rmpquery-noncanonical", "error"),
            ("event-rdmsr-apic-base", "rax"), ("event-mmio-apic", "data"), ("event-in", "rax")}
BAD = re.compile(r"snp-truth:|BUG: unable|general protection|Oops")  # nothing that time decides


def build(name, folder):
    """The module for a kernel, or None."""
    source = os.path.join(folder, "module-" + name)
    subprocess.run(["sh", "drivers/linux/snp-truth/pack.sh", source], check=True)
    headers = os.path.realpath(os.path.join(KERNELS, name, "build", "headers"))
    # The kernel's compiler has an option that older ones have not, and nobody here needs its debug information.
    done = subprocess.run(["make", "-C", headers, "M=" + os.path.realpath(source), "modules", "CC=gcc",
                           "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=", "CONFIG_DEBUG_INFO_BTF_MODULES=",
                           "KCFLAGS=-Wno-attributes"], capture_output=True, text=True, check=False)
    module = os.path.join(source, "snp-truth.ko")
    warned = [line for line in done.stderr.splitlines() if re.search(r"(main|core|ghcb|insn|pages|runner|answer)\.[ch]:.*warning", line)]
    good = done.returncode == 0 and os.path.exists(module) and not warned
    if not good:
        print(done.stdout[-2000:], done.stderr[-3000:], file=sys.stderr)
    verdict(f"linux{name}-builds", "" if good else f"status {done.returncode}, {len(warned)} warnings")
    return module if good else None


def boot(tag, name, module, path, options=()):
    """Boots it and writes its answers to path. False: there are none."""
    with tempfile.TemporaryDirectory() as folder:
        initrd = os.path.join(folder, "initrd")
        subprocess.run([sys.executable, "tests/snpemu/linux/initrd.py", initrd, "init=" + INIT, "modules",
                        "modules/snp-truth.ko=" + module], check=True)
        status, lines, errors = emulate(
            ["--kernel", os.path.join(KERNELS, name, "vmlinuz"), "--initrd", initrd, "--append",
             "console=ttyS0 panic=-1 quiet truth=really=1", "--memory", "512M", *options], SECONDS)
    said = [line for line in lines if not line.startswith("{")]
    bad = [line for line in said if BAD.search(line) and "really=1" not in line]
    good = (status == 0 and not bad and "guest module snp-truth unloaded" in said and
            "guest module snp-truth Operation not permitted" in said)  # without really=1
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines if line.startswith("{")))
    return verdict(f"{tag}-runs", "" if good else f"status {status}, {bad[:1]}", "",
                   "\n".join(said[-40:]) + "\n" + errors[-2000:])


def bare(path, *options):
    return run("bare" + re.sub("--|[=,@]", "-", "".join(options)), path, *options)


def large_steps():
    """Those that want 2 MiB in one piece, which a kernel may not find: left out together, or not at all."""
    with open("tools/truth/list.conf", encoding="utf-8") as file:
        lines = [line.split("#")[0].split() for line in file]
    return {words[0] for words in lines for word in words if word.startswith("needs=") and "large" in word.split("=")[1].split(",")}


def as_bare(tag, one, two, skipped=SKIPPED):
    status, result = compare(one, two)
    platform = {(entry["name"], entry["field"]) for entry in result.get("platform", [])
                if not entry["name"].startswith(("event-cpuid-", "msr-cpuid-"))}
    left_out = {entry["name"] for entry in result.get("skipped", [])}
    large = {entry["name"] for entry in result.get("skipped", []) if "no memory that is mapped by 2 MiB" in (entry["a"], entry["b"])}
    if large and large == large_steps():
        print(f"# {tag}: the kernel had no 2 MiB in one piece: {len(large)} steps left out", flush=True)
        skipped = skipped | large
    why = ""
    if status != 0:
        why = f"status {status}: {str(result.get('differences'))[:300]}"
    elif platform - PLATFORM or left_out != skipped:
        why = f"not named: {sorted(platform - PLATFORM)}; skipped: {sorted(left_out ^ skipped)}"
    verdict(tag, why, f" compared={result.get('compared')} platform={len(result.get('platform', []))} skipped={len(left_out)}")


def one_kernel(name, folder, reference, more):
    module = build(name, folder)
    if module is None:
        return
    path = os.path.join(folder, "linux.json")
    if boot(f"linux{name}", name, module, path):
        as_bare(f"linux{name}-as-bare", reference, path)
    if not more:
        return
    lie = ("--lie", "set@msr-hypervisor-features,value=0x1081,count=99")
    other = os.path.join(folder, "bare.json")
    for tag, options in (("upstream", ("--profile", "upstream-6.12")), ("planes", ("--profile", "planes"))):
        if bare(other, *options) and boot(f"linux{name}-{tag}", name, module, path, options):
            as_bare(f"linux{name}-{tag}-as-bare", other, path)
    for tag, options in (("smp2", ("--smp", "2")), ("cbit51", ("--cbit", "51"))):
        if boot(f"linux{name}-{tag}", name, module, path, options):
            as_bare(f"linux{name}-{tag}-as-bare", reference, path)
    if boot(f"linux{name}-lie", name, module, path, lie):
        done = call("compare", reference, path)
        told = [line for line in done.stdout.splitlines() if line[0] not in "~-0123456789"]
        good = done.returncode == 1 and [line.split(":")[0] for line in told] == ["msr-features"]
        verdict(f"linux{name}-lie-is-seen", "" if good else f"{told}")


def main():
    more = "--more" in sys.argv
    names = [word for word in sys.argv[1:] if word != "--more"] or ["6.12", "7"]
    with tempfile.TemporaryDirectory() as folder:
        reference = os.path.join(folder, "reference.json")
        if not bare(reference):
            return 1
        for name in names:
            if os.path.exists(os.path.join(KERNELS, name, "build", "complete")):
                one_kernel(name, folder, reference, more)
            else:
                print(f"skip linux{name} - no kernel {name} with headers (SVSM_KERNELS)")
    return exit_status()


sys.exit(main())
