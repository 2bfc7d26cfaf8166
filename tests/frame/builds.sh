# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Builds that fail, or that the disk fails. Part of frame.sh.

# Builds that fail say so, with the reason. The tree is one of the test's own.
mkdir -p "$TMPDIR/broken/subprojects"
cp -r tools "$TMPDIR/broken"
ln -s "$SVSM_TREE"/subprojects/*.source "$SVSM_TREE/subprojects/musl" \
    "$SVSM_TREE/subprojects/wolfssl" "$TMPDIR/broken/subprojects/"
ln -s "$SVSM_TREE/subprojects/packagefiles" "$TMPDIR/broken/subprojects/"
echo 'nonsense(' >"$TMPDIR/broken/meson.build"
expect broken-configure 1 "svsm: error: meson could not configure the build" \
    "$TMPDIR/broken/tools/svsm" build
printf "project('x', 'c')\nexecutable('x', 'x.c')\n" >"$TMPDIR/broken/meson.build"
echo 'int main(void) { return nonsense; }' >"$TMPDIR/broken/x.c"
expect broken-build 1 "svsm: error: the build failed" "$TMPDIR/broken/tools/svsm" build
expect broken-build-why 1 "undeclared (first use" "$TMPDIR/broken/tools/svsm" build
echo 'int main(void) { return 0; }' >"$TMPDIR/broken/x.c"
expect mended-build 0 "" "$TMPDIR/broken/tools/svsm" build

# As a configuration leaves it that was interrupted at the end.
rm "$TMPDIR/broken/build/build.ninja"
expect after-interruption 0 "" "$TMPDIR/broken/tools/svsm" build

# Two at once: the second waits, says so, shows how far the other is, whose log it leaves alone, and goes on when the
# first has ended.
echo "line of the other" >"$TMPDIR/broken/build/logs/build.log"
flock "$TMPDIR/broken/build/lock" sleep 15 &
sleep 0.5
expect second-build-waits 0 "waiting for another build of this tree" "$TMPDIR/broken/tools/svsm" build
if grep -qF '  ... line of the other' "$TMPDIR/out"; then
    ok second-build-shows
else
    not_ok second-build-shows "it does not show the other's log"
fi
wait

# A manifest that is wrong: the build says which line, and what is wrong with it.
image=$SVSM_TREE/build/tools/image/svsm-image
cat >"$TMPDIR/broken/meson.build" <<END
project('x', 'c')
custom_target('image', output: 'image', build_by_default: true,
  command: ['$image', 'check', files('hello.manifest')])
END
sed 's/ policy = / polcy = /' services/hello/hello.manifest >"$TMPDIR/broken/hello.manifest"
expect malformed-manifest 1 "hello.manifest:3: error: task: unknown setting 'polcy'; did you mean 'policy'?" \
    "$TMPDIR/broken/tools/svsm" build
printf 'task: {\n    name = \n};\n' >"$TMPDIR/broken/hello.manifest"
expect malformed-syntax 1 "hello.manifest:3: error: syntax error" "$TMPDIR/broken/tools/svsm" build

# The disk becomes full, or cannot be written at all, in the middle. Mounted over the build folder.
printf "project('x', 'c')\nexecutable('x', 'x.c')\n" >"$TMPDIR/broken/meson.build"
rm -rf "$TMPDIR/broken/build"
expect before-full-disk 0 "" "$TMPDIR/broken/tools/svsm" build
mkdir "$TMPDIR/disk"
full_disk() {
    if ! mount -t tmpfs -o size=3m svsm-build "$TMPDIR/disk" 2>/dev/null; then
        echo "skip full-disk - the right to mount a small file system (root has it)"
        return
    fi
    cp -a "$TMPDIR/broken/build/." "$TMPDIR/disk"
    mount --move "$TMPDIR/disk" "$TMPDIR/broken/build" 2>/dev/null ||
        mount --bind "$TMPDIR/disk" "$TMPDIR/broken/build"
    echo 'char big[8 << 20] = {1}; int main(void) { return big[0]; }' >"$TMPDIR/broken/x.c"
    expect full-disk 3 "no space: the build failed" "$TMPDIR/broken/tools/svsm" build
    expect full-disk-mend 3 "mend: free some space there and run the command again" \
        "$TMPDIR/broken/tools/svsm" build
    echo 'int main(void) { return 0; }' >"$TMPDIR/broken/x.c"
    expect full-disk-mended 0 "" "$TMPDIR/broken/tools/svsm" build
    # Not a byte free: nothing may look as if packages were missing.
    dd if=/dev/zero of="$TMPDIR/broken/build/filler" bs=4k 2>/dev/null
    expect no-byte-free 0 "" "$TMPDIR/broken/tools/svsm" setup
    rm "$TMPDIR/broken/build/filler"
    mount -o remount,ro "$TMPDIR/broken/build"
    expect read-only 3 "Read-only file system" "$TMPDIR/broken/tools/svsm" build
    expect read-only-mend 3 "mend: make the" "$TMPDIR/broken/tools/svsm" build
    umount "$TMPDIR/broken/build"
    ! mountpoint -q "$TMPDIR/disk" || umount "$TMPDIR/disk"
}
full_disk
expect cache-unwritable 3 "mend: or choose another place: XDG_CACHE_HOME=/another/place" \
    env XDG_CACHE_HOME=/proc/nonsense "$TMPDIR/broken/tools/svsm" setup --test
rm -rf "$TMPDIR/broken" "$TMPDIR/disk"
