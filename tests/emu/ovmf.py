#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stock OVMF as an SNP guest, and stock Linux behind it: from a virtio disk, to OVMF's shell, whose start-up
script starts the kernel as an EFI program, to userspace, where virtio disk and console are used again, an attestation
report that two verifiers accept, and off. All DMA goes through pages that the guest has made shared. Each figure
stands beside the same boot in a bare QEMU. Output as tests/README.md wants it.

  ovmf.py short   one boot, of the newer OVMF
  ovmf.py long    each OVMF, kernel, 1 and 4 vCPUs, and a bare boot of each
  ovmf.py FIRMWARE KERNEL VCPUS [WORDS]   one of them: ovmf or ovmf-new, 6.12 or 7; words for the kernel

OVMF.fd, OVMF-new.fd and Shell.efi are looked for beside $SVSM_FIRMWARE, kernels in $SVSM_KERNELS."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import console

HERE = os.path.dirname(os.path.abspath(__file__))
LINUX = os.path.join(HERE, "..", "snpemu", "linux")
PROMPT = b"Shell>"
APPEND = "console=ttyS0 panic=-1 quiet"
DISK_SIZE = 4 << 20
WRITTEN = 256 * 4096
BLOCK = bytes((i * 7 + 3) & 0xFF for i in range(4096))
SAYS = "guest speaks by virtio"
# The newer OVMF reads its own image, which is private, through a shared mapping, where it looks for flash. KVM and
# QEMU convert the page; strict refuses.
FIRMWARES = {"ovmf": ("OVMF.fd", "strict"), "ovmf-new": ("OVMF-new.fd", "upstream-6.12")}


def build(path):
    return os.path.join(os.environ.get("SVSM_BUILD_DIR", "build"), path)


class Boot:
    """A folder with what one boot needs, and its name."""

    def __init__(self, folder, name, firmware, kernel, append=APPEND):
        self.folder, self.name = folder, name
        beside = os.path.dirname(os.environ.get("SVSM_FIRMWARE", ""))
        file, self.profile = FIRMWARES[firmware]
        self.firmware = os.path.join(beside, file)
        self.shell = os.path.join(beside, "Shell.efi")
        self.kernel = os.path.join(os.environ.get("SVSM_KERNELS", ""), kernel)
        self.append = append
        self.times = {}

    def lacks(self):
        needs = (self.firmware, self.shell, self.kernel + "/complete", self.kernel + "/drivers/complete")
        return next((path for path in needs if not os.path.exists(path)), None)

    def make(self):
        """The disk that OVMF starts from, as a folder that QEMU shows as FAT, and the one that Linux reads."""
        root = self.folder + "/root"
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root + "/EFI/BOOT")
        shutil.copy(self.shell, root + "/EFI/BOOT/BOOTX64.EFI")
        shutil.copy(self.kernel + "/vmlinuz", root + "/vmlinuz.efi")
        words = [self.kernel + "/" + kind + "/" + file for kind in ("modules", "drivers")
                 for file in os.listdir(self.kernel + "/" + kind) if file.endswith(".ko")]
        subprocess.run([sys.executable, LINUX + "/initrd.py", root + "/initrd",
                        "init=" + build("tests/snpemu/linux/snpemu-linux-init"), "modules",
                        *("modules/" + os.path.basename(word) + "=" + word for word in words)], check=True)
        with open(root + "/startup.nsh", "w", encoding="ascii") as file:
            file.write("fs0:\r\nvmlinuz.efi initrd=\\initrd " + self.append + "\r\n")
        with open(self.folder + "/disk", "wb") as file:
            file.write((b"svsmdisk" + bytes(range(248))) * (DISK_SIZE // 256))

    def devices(self):
        """Devices that a confidential guest can use: their DMA is translated, to shared pages."""
        virtio = ",disable-legacy=on,iommu_platform=on"
        return ["-drive", f"file=fat:{self.folder}/root,format=raw,if=none,id=boot,readonly=on",
                "-device", "virtio-blk-pci,drive=boot" + virtio,
                "-drive", f"file={self.folder}/disk,format=raw,if=none,id=data",
                "-device", "virtio-blk-pci,drive=data" + virtio,
                "-chardev", f"file,id=said,path={self.folder}/said",
                "-device", "virtio-serial-pci" + virtio, "-device", "virtconsole,chardev=said"]

    def watch(self, guest):
        """Until it is off; when it got how far."""
        for what, text in (("shell", PROMPT), ("userspace", b"guest userspace")):
            if not guest.wait_for(text):
                break
            self.times[what] = time.monotonic() - guest.begun
        return guest.end()

    def check(self, what, good, why, guest):
        console.judge(f"{self.name}-{what}", good, why, guest)

    def disk_is_right(self, text):
        with open(self.folder + "/disk", "rb") as file:
            data = file.read()
        total = sum(b"svsmdisk" + bytes(range(248))) * (DISK_SIZE // 256)
        return (f"bytes={DISK_SIZE} sum={total} written=1" in text and
                data[WRITTEN:WRITTEN + len(BLOCK)] == BLOCK)

    def console_is_right(self):
        with open(self.folder + "/said", "rb") as file:
            return SAYS in file.read().decode("latin-1")

    def emulated(self, vcpus):
        guest = console.emulated("--firmware", self.firmware, "--profile", self.profile, "--smp", str(vcpus),
                                 "--stats", "--", *self.devices())
        status = self.watch(guest)
        text = guest.console()
        self.check("shell", "shell" in self.times, "OVMF's shell does not come up", guest)
        self.check("userspace", "userspace" in self.times, "Linux does not reach userspace", guest)
        self.check("off", status == 0 and "\noff" in guest.complaints(), f"status {status}: it is not off", guest)
        self.check("features", "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP" in text,
                   "Linux does not say that it is an SNP guest", guest)
        self.check("cpus", f"guest cpus {vcpus}\n" in text, f"not {vcpus} CPUs came up", guest)
        self.check("virtio-disk", self.disk_is_right(text), "the disk was not read or written as it is", guest)
        self.check("virtio-console", self.console_is_right(), "the virtio console got nothing", guest)
        self.report(guest)
        return guest

    def report(self, guest):
        digest = re.search(r"launch digest ([0-9a-f]{96})", guest.complaints())
        with open(self.folder + "/console", "w", encoding="latin-1") as file:
            file.write(guest.console())
        answer = subprocess.run(
            [sys.executable, LINUX + "/check_report.py", self.folder + "/console",
             build("tools/verify/svsm-verify"), digest.group(1) if digest else "-", self.folder],
            stdout=subprocess.PIPE, text=True, check=False)
        print(re.sub(r"(?m)^(ok|not ok) ", rf"\1 {self.name}-", answer.stdout), end="", flush=True)

    def figures(self, guest):
        """Exits: none of them is gated, since a busy machine has more of some."""
        counts = dict(re.findall(r"^stats exit=\S+ name=(\S+) count=(\d+)$", guest.complaints(), re.M))
        parts = {"exits": sum(map(int, counts.values())), "port_io": counts.get("IOIO", 0), "npf": counts.get("NPF", 0),
                 "msr": counts.get("MSR", 0), "warnings": guest.console().count("\nguest warning")}
        left = re.search(r"^guest unaccepted kb=(\d+)$", guest.console(), re.M)
        parts["unaccepted_kb"] = left.group(1) if left else "unknown"
        vc = re.search(r"^stats .* vc=(\d+)$", guest.complaints(), re.M)
        parts["vc"] = vc.group(1) if vc else 0
        return " ".join(f"{key}={value}" for key, value in parts.items())

    def bare(self, vcpus):
        """The same firmware, disk and kernel in the same QEMU, without SNP: the seconds, or None."""
        guest = console.Guest(
            "timeout", "600", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-M", "q35", "-cpu",
            "EPYC-Milan,phys-bits=48", "-m", "512", "-smp", str(vcpus), "-display", "none", "-vga", "none", "-nic",
            "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-bios", self.firmware, *self.devices())
        times, self.times = self.times, {}
        self.watch(guest)
        times, self.times = self.times, times
        return times


def seconds(times, what):
    return f"{times[what]:.0f}" if what in times else "none"


def run(folder, firmware, kernel, vcpus, bare, more=""):
    name = f"{firmware}-linux{kernel}-smp{vcpus}" + (more and "-" + re.sub(r"\W+", "-", more))
    boot = Boot(folder, name, firmware, kernel, APPEND + (more and " " + more))
    lack = boot.lacks()
    if lack is not None:
        print(f"skip {name} - no {lack}", flush=True)
        return
    boot.make()
    guest = boot.emulated(vcpus)
    figures = (f"shell_s={seconds(boot.times, 'shell')} userspace_s={seconds(boot.times, 'userspace')} " +
               boot.figures(guest))
    if bare:
        times = boot.bare(vcpus)
        figures += f" bare_shell_s={seconds(times, 'shell')} bare_userspace_s={seconds(times, 'userspace')}"
    print(f"ok {name}-figures {figures}", flush=True)


def main():
    how = (sys.argv[1:] or ["short"])[0]
    with tempfile.TemporaryDirectory() as folder:
        if how == "short":
            run(folder, "ovmf-new", "6.12", 1, False)
            return
        if how != "long":
            firmware, kernel, vcpus = sys.argv[1:4]
            run(folder, firmware, kernel, int(vcpus), True, " ".join(sys.argv[4:]))
            return
        for firmware in FIRMWARES:
            for kernel in ("6.12", "7"):
                for vcpus in (1, 4):
                    run(folder, firmware, kernel, vcpus, vcpus == 1)


main()
