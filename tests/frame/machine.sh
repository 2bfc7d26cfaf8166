# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What tools/svsm says on machines that lack something. Part of frame.sh.

python3 tests/frame/timed.py 2 tools/svsm setup >"$TMPDIR/out" 2>&1
status=$?
figures=$(sed -n 's/^timed //p' "$TMPDIR/out")
if [ $status -eq 124 ]; then
    not_ok setup-silent "it took longer than 2 s: $figures"
elif [ $status -ne 0 ] || [ "$(wc -l <"$TMPDIR/out")" -ne 1 ]; then
    cat "$TMPDIR/out" >&2
    not_ok setup-silent "a second set-up ended with $status or said something"
else
    ok setup-silent "$figures"
fi

fake uname 'echo aarch64'
expect wrong-machine 3 "this machine is aarch64; the SVSM and its tools need x86_64" \
    faked tools/svsm setup
expect wrong-machine-mend 3 "mend: use an x86_64 machine" faked tools/svsm build
expect wrong-machine-doctor 3 "mend: use an x86_64 machine" faked tools/svsm doctor
fakes_end

fake qemu-system-x86_64 'echo "QEMU emulator version 5.2.0 (Debian 1:5.2)"'
expect old-qemu 3 "QEMU 5.2 is too old" faked tools/svsm setup
expect old-qemu-mend 3 "7.2 is needed" faked tools/svsm setup
expect old-qemu-doctor 3 "5.2, too old" faked tools/svsm doctor
fakes_end
fake qemu-system-x86_64 'echo "QEMU emulator version 10.0.2"'
expect new-qemu 0 "" faked tools/svsm setup
fakes_end
fake qemu-system-x86_64 'exit 1'
expect broken-qemu 3 "qemu-system-x86_64 does not run" faked tools/svsm setup
fakes_end

# A package is missing. dpkg-query is the only witness that set-up asks.
fake dpkg-query "/usr/bin/dpkg-query \"\$@\" | grep -v '^libelf-dev '; exit 1"
fake id 'case $1 in -u) echo 1000 ;; *) echo somebody ;; esac'
fake sudo 'exit 1'
expect sudo-refused 3 "mend: as root: apt-get install libelf-dev" faked tools/svsm setup
rm "$TMPDIR/fake/sudo"
without_sudo() {
    # A PATH with everything but sudo.
    mkdir -p "$TMPDIR/bin"
    ln -sf /usr/bin/* /bin/* "$TMPDIR/bin/" 2>/dev/null
    rm -f "$TMPDIR/bin/sudo"
    PATH=$TMPDIR/fake:$TMPDIR/bin "$@"
}
expect no-sudo 3 "only root may install them: libelf-dev" without_sudo tools/svsm setup
expect no-sudo-mend 3 "mend: as root: apt-get install libelf-dev" without_sudo tools/svsm setup
fake id 'echo 0'
fake apt-get 'echo "E: the archive is away"; exit 100'
expect apt-fails 3 "apt-get could not install: libelf-dev" faked tools/svsm setup
expect apt-fails-why 3 "E: the archive is away" faked tools/svsm setup
expect apt-fails-mend 3 "mend: check that the machine's package sources work" \
    faked tools/svsm setup
without_apt() {
    mkdir -p "$TMPDIR/bin"
    ln -sf /usr/bin/* /bin/* "$TMPDIR/bin/" 2>/dev/null
    rm -f "$TMPDIR/bin/apt-get" "$TMPDIR/fake/apt-get"
    PATH=$TMPDIR/fake:$TMPDIR/bin "$@"
}
expect no-apt 3 "these packages are missing, and there is no apt-get: libelf-dev" \
    without_apt tools/svsm setup
fake df 'echo head; echo "disk 100 90 7 90% /"'
fake apt-get 'exit 0'
expect no-space-packages 3 "no space: installing packages needs 170 MiB in /var, 7 MiB are free" faked tools/svsm setup
fakes_end
expect mends-itself 0 "" tools/svsm setup

no_dpkg() {
    mkdir -p "$TMPDIR/bin"
    ln -sf /usr/bin/* /bin/* "$TMPDIR/bin/" 2>/dev/null
    rm -f "$TMPDIR/bin/dpkg-query"
    PATH=$TMPDIR/bin "$@"
}
expect not-debian 3 "this is not a Debian-like system" no_dpkg tools/svsm setup
expect not-debian-names 3 "libtpms-dev" no_dpkg tools/svsm setup

mkdir "$TMPDIR/a,b"
cp -r tools meson.build "$TMPDIR/a,b"
expect comma-in-path 3 "the tree's path has a comma in it" "$TMPDIR/a,b/tools/svsm" run
rm -rf "$TMPDIR/a,b"

# A real, full file system where that can be had: a copy of the tree on 8 MiB.
mkdir "$TMPDIR/small"
if mount -t tmpfs -o size=8m svsm-small "$TMPDIR/small" 2>/dev/null; then
    mkdir "$TMPDIR/small/tree"
    cp -r tools meson.build "$TMPDIR/small/tree"
    mkdir -p "$TMPDIR/small/tree/subprojects"
    expect no-space 3 "MiB are free" "$TMPDIR/small/tree/tools/svsm" build
    expect no-space-mend 3 "mend: free some space there" "$TMPDIR/small/tree/tools/svsm" build
    umount "$TMPDIR/small"
else
    echo "skip no-space - the right to mount a small file system (root has it)"
fi
