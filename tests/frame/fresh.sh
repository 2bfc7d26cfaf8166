#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A clean copy of the tree on a freshly made Debian that has git and sudo and nothing else of ours:
# as a user with sudo, then as root without it. The system is made from the machine's own package
# sources, in a directory of its own; its mounts are in a mount name space that ends with this script.
# Needs root.   fresh.sh [RELEASE, default bookworm] [SUITE to run there...]
set -u
release=${1:-bookworm}
[ $# -eq 0 ] || shift
suites=$*

# From the project's acceptance text: a run, and a set-up, that find everything there.
WARM_SECONDS=15
SILENT_SECONDS=2
ANY_SECONDS=86400

if [ "$(id -u)" != 0 ]; then
    echo "skip fresh - the right to make a system in a directory (root has it)"
    exit 0
fi
if [ -z "${SVSM_FRESH_INSIDE:-}" ]; then
    exec env SVSM_FRESH_INSIDE=1 unshare --mount --propagation private sh "$0" "$release" $suites
fi

SVSM_TREE=$(pwd)
. tools/setup/common.sh
. tools/setup/apt.sh
root=$TMPDIR/root

# check NAME SECONDS COMMAND...: COMMAND, run in the fresh system, succeeds within SECONDS (timed.py).
check() {
    check_name=$1
    check_most=$2
    shift 2
    python3 tests/frame/timed.py "$check_most" chroot "$root" "$@" >"$TMPDIR/out" 2>&1
    check_status=$?
    cat "$TMPDIR/out" >&2
    check_figures=$(sed -n 's/^timed //p' "$TMPDIR/out")
    case $check_status in
    0) echo "ok $check_name $check_figures" ;;
    124) echo "not ok $check_name $check_figures - it took longer than $check_most s" ;;
    *) echo "not ok $check_name - $(grep -aE '^not ok|error:' "$TMPDIR/out" | head -n 1)" ;;
    esac
}

apt_prepare "$release"
cp "$APT_ROOT/sources/derived.list" "$TMPDIR/one.list"
cp "$APT_ROOT/sources/derived.sources" "$TMPDIR/two.sources"
set --
for file in "$TMPDIR/one.list" "$TMPDIR/two.sources"; do
    [ ! -s "$file" ] || set -- "$@" "$file"
done
if ! mmdebstrap --variant=minbase --include=git,sudo,ca-certificates "$release" "$root" "$@" >&2; then
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
    seconds=$2
    shift 2
    check "$name" "$seconds" su dev -c "cd /tmp && $*"
}

# As root, in its own home.
as_root_of_it() {
    name=$1
    seconds=$2
    shift 2
    check "$name" "$seconds" sh -c \
        "cd / && HOME=\$(getent passwd 0 | cut -d : -f 6) && export HOME && $*"
}

as_dev user-run $ANY_SECONDS '$HOME/svsm/tools/svsm run --once | grep "^TPM reachable"'
as_dev user-silent $SILENT_SECONDS '! $HOME/svsm/tools/svsm setup 2>&1 | grep .'
as_dev user-warm $WARM_SECONDS '$HOME/svsm/tools/svsm run --once | grep "^TPM reachable"'
as_dev user-doctor $ANY_SECONDS '$HOME/svsm/tools/svsm doctor'
if [ -n "$suites" ]; then
    as_dev user-tests $ANY_SECONDS "\$HOME/svsm/tools/svsm test $suites"
fi
chroot "$root" env SUDO_FORCE_REMOVE=yes dpkg --purge --force-all sudo >&2
check no-sudo-left $ANY_SECONDS sh -c '! command -v sudo'
as_root_of_it root-run $ANY_SECONDS '$HOME/svsm/tools/svsm run --once | grep "^TPM reachable"'
as_root_of_it root-silent $SILENT_SECONDS '! $HOME/svsm/tools/svsm setup 2>&1 | grep .'
umount "$root/proc"
