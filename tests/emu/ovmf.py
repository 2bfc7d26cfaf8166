#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stock OVMF as an SNP guest without an SVSM, and stock Linux behind it: to OVMF's shell and a command to it, and off;
or from the shell on to a kernel on a virtio disk, started as an EFI program, to userspace, where virtio disk and
console are used, an attestation report that two verifiers accept, and off. All DMA goes through pages that the guest
has made shared. Output as tests/README.md wants it.

  ovmf.py gate      the older OVMF to its shell, the newer one on to Linux
  ovmf.py long      each OVMF to its shell, and on to each kernel, on 1 and 4 vCPUs
  ovmf.py figures   times and exits of OVMF and of Linux, beside those of the same boot in a bare QEMU
  ovmf.py FIRMWARE KERNEL VCPUS [WORDS]   one of them: ovmf2025 or ovmf2026, 6.12 or 7; words for the kernel

OVMF.fd, OVMF-new.fd and Shell.efi are looked for beside $SVSM_FIRMWARE, kernels in $SVSM_KERNELS. What is not there is
skipped; what is there and does not boot is a failure."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import console

HERE = os.path.dirname(os.path.abspath(__file__))
LINUX = os.path.join(HERE, "..", "snpemu", "linux")
FIRMWARE = os.path.dirname(os.environ.get("SVSM_FIRMWARE", ""))
KERNELS = os.environ.get("SVSM_KERNELS", "")
SHELL = os.path.join(FIRMWARE, "Shell.efi")
APPEND = "console=ttyS0 panic=-1 quiet"
DISK_SIZE = 4 << 20
DISK_UNIT = b"svsmdisk" + bytes(range(248))
WRITTEN = 256 * 4096
BLOCK = bytes((i * 7 + 3) & 0xFF for i in range(4096))
SAYS = b"guest speaks by virtio"
# File, host profile, and the shell for its disk where it offers its own to no confidential guest. The newer OVMF reads
# its own image, which is private, through a shared mapping, where it looks for flash: KVM and QEMU convert the page, strict
# refuses. Certificates are what upstream-6.12 has none of.
FIRMWARES = {"ovmf2025": ("OVMF.fd", "strict", None), "ovmf2026": ("OVMF-new.fd", "planes", SHELL)}


def kernel_path(kernel, file=""):
    return os.path.join(KERNELS, kernel, file)


def lacking(firmware, kernel):
    """The first file that is missing; what was not asked for is None."""
    needs = []
    if firmware is not None:
        file, _, disk_shell = FIRMWARES[firmware]
        needs += [os.path.join(FIRMWARE, file)] + ([disk_shell] if disk_shell else [])
    if kernel is not None:
        needs += [kernel_path(kernel, "complete"), kernel_path(kernel, "drivers/complete")]
    return next((path for path in needs if not os.path.isfile(path)), None)


def make_initrd(path, kernel):
    words = [folder + "/" + file for folder in (kernel_path(kernel, "modules"), kernel_path(kernel, "drivers"))
             for file in sorted(os.listdir(folder)) if file.endswith(".ko")]
    subprocess.run([sys.executable, LINUX + "/initrd.py", path,
                    "init=" + console.build("tests/snpemu/linux/snpemu-linux-init"), "modules",
                    *("modules/" + os.path.basename(word) + "=" + word for word in words)], check=True)


class Boot:
    """A folder with what one boot needs: the disk that OVMF starts from, which QEMU makes a FAT of, and the disk and
    the console that Linux uses. Devices that a confidential guest can use: their DMA is translated, to shared pages."""

    def __init__(self, folder, firmware, kernel=None, vcpus=1, append=APPEND):
        self.folder, self.kernel, self.vcpus = folder, kernel, vcpus
        file, self.profile, disk_shell = FIRMWARES[firmware]
        self.firmware = os.path.join(FIRMWARE, file)
        self.command = b"vmlinuz.efi initrd=\\initrd " + append.encode() + b"\r"
        self.size = "512M"
        self.times = {}
        root = folder + "/root"
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root + "/EFI/BOOT")
        if disk_shell is not None:
            shutil.copy(disk_shell, root + "/EFI/BOOT/BOOTX64.EFI")
        if kernel is not None:
            shutil.copy(kernel_path(kernel, "vmlinuz"), root + "/vmlinuz.efi")
            make_initrd(root + "/initrd", kernel)
        with open(folder + "/disk", "wb") as disk:
            disk.write(DISK_UNIT * (DISK_SIZE // len(DISK_UNIT)))

    def devices(self):
        virtio = ",disable-legacy=on,iommu_platform=on"
        words = ["-drive", f"file=fat:{self.folder}/root,format=raw,if=none,id=boot,readonly=on",
                 "-device", "virtio-blk-pci,drive=boot" + virtio]
        if self.kernel is not None:
            words += ["-drive", f"file={self.folder}/disk,format=raw,if=none,id=data",
                      "-device", "virtio-blk-pci,drive=data" + virtio,
                      "-chardev", f"file,id=said,path={self.folder}/said",
                      "-device", "virtio-serial-pci" + virtio, "-device", "virtconsole,chardev=said"]
        return words

    def emulated(self):
        return console.emulated("--firmware", self.firmware, "--profile", self.profile, "--smp", str(self.vcpus),
                                "--memory", self.size, "--stats", "--", *self.devices())

    def bare(self):
        return console.bare("-smp", str(self.vcpus), "-bios", self.firmware, *self.devices())

    def to_shell(self, guest):
        """The shell counts down, for a key, before it prompts."""
        if guest.wait_for(b"startup.nsh"):
            guest.type(b"\r")
        if not guest.wait_for(b"Shell> "):
            return False
        self.times["shell"] = guest.seconds()
        return True

    def memory(self, guest):
        """What the shell says that there is, in MB; 0: nothing."""
        guest.type(b"memmap\r")
        guest.wait_for(b"Total Memory:")
        guest.wait_for(b"Shell> ")
        found = re.search(r"Total Memory: *([0-9]+) MB", guest.console())
        return int(found.group(1)) if found else 0

    def to_linux(self, guest):
        guest.type(b"fs0:\r")
        guest.wait_for(b"FS0:\\> ")
        guest.type(self.command)
        if not guest.wait_for(b"guest userspace"):
            return False
        self.times["userspace"] = guest.seconds()
        return True

    def disk_is_right(self, text):
        with open(self.folder + "/disk", "rb") as file:
            data = file.read()
        total = sum(DISK_UNIT) * (DISK_SIZE // len(DISK_UNIT))
        return (f"bytes={DISK_SIZE} sum={total} written=1" in text and
                data[WRITTEN:WRITTEN + len(BLOCK)] == BLOCK)

    def console_is_right(self):
        with open(self.folder + "/said", "rb") as file:
            return SAYS in file.read()

    def report(self, name, guest):
        """Its digest must be that of the firmware's launch."""
        digest = re.search(r"launch digest ([0-9a-f]{96})", guest.complaints())
        with open(self.folder + "/console", "w", encoding="latin-1") as file:
            file.write(guest.console())
        answer = subprocess.run(
            [sys.executable, LINUX + "/check_report.py", self.folder + "/console",
             console.build("tools/verify/svsm-verify"), digest.group(1) if digest else "-", self.folder],
            stdout=subprocess.PIPE, text=True, check=False)
        print(re.sub(r"(?m)^(ok|not ok) ", rf"\1 {name}-", answer.stdout), end="", flush=True)


def said_off(name, guest):
    status = guest.end()
    guest.judge(name + "-off", status == 0 and "\noff" in guest.complaints(),
                f"status {status}: it did not switch itself off")


def shell(name, boot, guest):
    """Up to the prompt and an answer. False: there is nobody to type at."""
    up = boot.to_shell(guest)
    guest.judge(name + "-shell", up, "the EFI shell does not come up")
    if up:
        memory = boot.memory(guest)
        guest.judge(name + "-memory", 400 <= memory <= 512, f"the shell sees {memory} MB of the guest's 512 MiB")
    return up


def exit_figures(guest):
    """None of them is gated: a busy machine has more of some."""
    counts = guest.exits()
    most = sorted(counts, key=counts.get, reverse=True)[:8]
    return " ".join([f"exits={sum(counts.values())}"] + [f"{kind.lower()}={counts[kind]}" for kind in most])


def linux_is_right(name, boot, guest):
    text = guest.console()
    guest.judge(name + "-features", "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP" in text,
                "Linux does not say that it is an SNP guest")
    guest.judge(name + "-cpus", f"guest cpus {boot.vcpus}\n" in text, f"not {boot.vcpus} CPUs came up")
    guest.judge(name + "-virtio-disk", boot.disk_is_right(text), "the disk was not read or written as it is")
    guest.judge(name + "-virtio-console", boot.console_is_right(), "the virtio console got nothing")
    boot.report(name, guest)
    left = re.search(r"^guest unaccepted kb=(\d+)$", text, re.M)
    times = " ".join(f"{what}_s={seconds:.0f}" for what, seconds in boot.times.items())
    print(f"ok {name}-figures {times} unaccepted_kb={left.group(1) if left else 'unknown'} "
          f"warnings={text.count(chr(10) + 'guest warning')} {exit_figures(guest)}", flush=True)


def skipped(name, lack):
    if lack is not None:
        print(f"skip {name} - no {lack}", flush=True)
    return lack is not None


@console.again
def run_shell(folder, firmware, vcpus=1):
    name = f"{firmware}-smp{vcpus}"
    if skipped(name, lacking(firmware, None)):
        return
    boot = Boot(folder, firmware, None, vcpus)
    guest = boot.emulated()
    if shell(name, boot, guest):
        guest.type(b"reset -s\r")
        said_off(name, guest)


@console.again
def run_linux(folder, firmware, kernel, vcpus=1, more=""):
    name = f"{firmware}-linux{kernel}-smp{vcpus}" + (more and "-" + re.sub(r"\W+", "-", more))
    if skipped(name, lacking(firmware, kernel)):
        return
    boot = Boot(folder, firmware, kernel, vcpus, APPEND + (more and " " + more))
    guest = boot.emulated()
    if not shell(name, boot, guest):
        return
    up = boot.to_linux(guest)
    guest.judge(name + "-userspace", up, "Linux does not reach userspace")
    if up:
        said_off(name, guest)
        linux_is_right(name, boot, guest)


def run_acceptance(folder, firmware, kernel, how):
    """OVMF leaves memory above 4 GiB to the kernel, which accepts it at once or as it needs it."""
    name = f"{firmware}-linux{kernel}-{how}"
    if skipped(name, lacking(firmware, kernel)):
        return
    boot = Boot(folder, firmware, kernel, 1, APPEND + " accept_memory=" + how)
    boot.size = "3G"
    guest = boot.emulated()
    if boot.to_shell(guest):
        boot.to_linux(guest)
    guest.end()
    found = re.search(r"^guest unaccepted kb=(\d+)$", guest.console(), re.M)
    left = int(found.group(1)) if found else -1
    guest.judge(f"{name}-unaccepted", left > 1 << 20 if how == "lazy" else left == 0,
                f"{left} kB are left to accept at userspace")
    print(f"ok {name}-figures unaccepted_kb={left} {exit_figures(guest)}", flush=True)


def row(what, guest, bare, emulated):
    """One of the table, which is also a check: that both got there."""
    if bare is None or emulated is None:
        print(f"not ok {what} - bare {bare} s, emulated {emulated} s: it did not get there", flush=True)
        return
    figures = f"bare_s={bare:.1f} snp_s={emulated:.1f} ratio={emulated / bare:.2f} {exit_figures(guest)}"
    print(f"# {what:22} {bare:7.1f} {emulated:7.1f} {emulated / bare:6.2f}  {exit_figures(guest)}", flush=True)
    print(f"ok {what} {figures}", flush=True)


def linux_figures(folder, kernel):
    """A kernel that is started directly."""
    name = "linux" + kernel
    if skipped(name, lacking(None, kernel)):
        return
    make_initrd(folder + "/initrd", kernel)
    words = {"kernel": kernel_path(kernel, "vmlinuz"), "initrd": folder + "/initrd", "append": APPEND}
    times = []
    for dashes, start in (("-", console.bare), ("--", console.emulated)):
        guest = start(*(part for word, value in words.items() for part in (dashes + word, value)),
                      *(["--stats"] if start is console.emulated else []))
        times.append(guest.seconds() if guest.wait_for(b"guest userspace") else None)
        guest.end()
    row(name, guest, *times)


def firmware_figures(folder, firmware, kernel):
    """To the shell and off, or on to a kernel."""
    name = firmware + ("-linux" + kernel if kernel is not None else "-shell")
    if skipped(name, lacking(firmware, kernel)):
        return
    times = []
    for emulates in (False, True):
        boot = Boot(folder, firmware, kernel)
        guest = boot.emulated() if emulates else boot.bare()
        good = boot.to_shell(guest)
        if good and kernel is not None:
            boot.to_linux(guest)
        elif good:
            guest.type(b"reset -s\r")
        guest.end()
        times.append(boot.times.get("shell" if kernel is None else "userspace"))
    row(name, guest, *times)


def run_figures(folder):
    print(f"# {'what':22} {'bare s':>7} {'SNP s':>7} {'ratio':>6}  exits of the whole run", flush=True)
    for kernel in ("6.12", "7"):
        linux_figures(folder, kernel)
    for firmware in FIRMWARES:
        for kernel in (None, "6.12", "7"):
            firmware_figures(folder, firmware, kernel)


def main():
    how = (sys.argv[1:] or ["gate"])[0]
    with tempfile.TemporaryDirectory() as folder:
        if how == "gate":
            run_shell(folder, "ovmf2025")
            run_linux(folder, "ovmf2026", "6.12")
        elif how == "figures":
            run_figures(folder)
        elif how == "long":
            for firmware in FIRMWARES:
                for vcpus in (1, 4):
                    run_shell(folder, firmware, vcpus)
                    for kernel in ("6.12", "7"):
                        run_linux(folder, firmware, kernel, vcpus)
                for kernel in ("6.12", "7"):
                    run_acceptance(folder, firmware, kernel, "lazy")
                    run_acceptance(folder, firmware, kernel, "eager")
        else:
            run_linux(folder, sys.argv[1], sys.argv[2], int(sys.argv[3]), " ".join(sys.argv[4:]))


main()
