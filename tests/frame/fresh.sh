#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A clean copy of the tree on a freshly made Debian that has git and sudo and nothing else of ours:
# as a user with sudo, then as root. The system is made from the machine's own package sources, in a
# directory of its own; its mounts are in a mount name space that ends with this script. Needs root.
set -u

if [ "$(id -u)" != 0 ]; then
    echo "skip fresh - the right to make a system in a directory (root has it)"
    exit 0
fi
if [ "${1:-}" != inside ]; then
    exec unshare --mount --propagation private sh "$0" inside
fi

SVSM_TREE=$(pwd)
. tools/setup/common.sh
. tools/setup/apt.sh
root=$TMPDIR/root

# check NAME COMMAND...: COMMAND, run in the fresh system, succeeds.
check() {
    check_name=$1
    shift
    check_begin=$(date +%s)
    if chroot "$root" "$@" >"$TMPDIR/out" 2>&1; then
        echo "ok $check_name seconds=$(($(date +%s) - check_begin))"
    else
        echo "not ok $check_name - $(grep -aE '^not ok|error:' "$TMPDIR/out" | head -n 1)"
    fi
    cat "$TMPDIR/out" >&2
}

apt_prepare bookworm
cp "$APT_ROOT/sources/derived.list" "$TMPDIR/one.list"
cp "$APT_ROOT/sources/derived.sources" "$TMPDIR/two.sources"
set --
for file in "$TMPDIR/one.list" "$TMPDIR/two.sources"; do
    [ ! -s "$file" ] || set -- "$@" "$file"
done
if ! mmdebstrap --variant=minbase --include=git,sudo,ca-certificates bookworm "$root" "$@" >&2; then
    echo "not ok fresh-system - mmdebstrap failed, see the log"
    exit 0
fi
cp /etc/resolv.conf "$root/etc/" 2>/dev/null
mount -t proc proc "$root/proc"
chroot "$root" useradd -m -s /bin/sh dev
echo 'dev ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/dev"
for place in home/dev root; do
    mkdir "$root/$place/svsm"
    git ls-files -co --exclude-standard | while read -r file; do
        [ ! -f "$file" ] || echo "$file"
    done | tar -cf - -T - | tar --no-same-owner -xf - -C "$root/$place/svsm"
done
chroot "$root" sh -c 'chown -R dev:dev ~dev/svsm'
chroot "$root" su dev -c 'cd $HOME/svsm && git init -q && git add -A' >&2

as_dev() {
    name=$1
    shift
    check "$name" su dev -c "cd /tmp && $*"
}

as_dev user-build '$HOME/svsm/tools/svsm build'
as_dev user-silent '! $HOME/svsm/tools/svsm setup 2>&1 | grep .'
as_dev user-doctor '$HOME/svsm/tools/svsm doctor'
if [ -d tools/run ]; then
    as_dev user-run '$HOME/svsm/tools/svsm run --once'
fi
as_dev user-tests '$HOME/svsm/tools/svsm test frame unit reproducible'
check root-build sh -c 'cd / && HOME=$(getent passwd 0 | cut -d : -f 6) && export HOME && $HOME/svsm/tools/svsm build'
umount "$root/proc"
