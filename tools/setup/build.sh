# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Configures and compiles below build/. Assumes common.sh, and that the set-up is complete.

# A full disk leaves no reason in a log that lies on it.
build_failed() {
    log_tail 40
    build_free=$(df -Pm "$SVSM_BUILD" | awk 'NR == 2 { print $4 }')
    if grep -qs 'No space left on device' "$SVSM_LOG" || [ "${build_free:-1}" -eq 0 ]; then
        fail_env "no space: $1, with $build_free MiB free in $SVSM_BUILD and ${TMPDIR:-/tmp} in use" \
            "free some space there and run the command again: it goes on where it stopped"
    fi
    if grep -qs "^ninja: error: unknown target" "$SVSM_LOG"; then
        printf 'svsm: error: build: %s\n' "$(sed -n 's/^ninja: error: //p' "$SVSM_LOG")" >&2
        exit 2
    fi
    printf 'svsm: error: %s\n' "$1" >&2
    exit 1
}

# One build at a time in a tree: two meson or ninja runs in one directory spoil each other.
build() {
    SVSM_WHO=build
    SVSM_LOG=$SVSM_BUILD/logs/build.log
    # The same for every build of one commit; nothing should use it, but tools may.
    SOURCE_DATE_EPOCH=$(git -C "$SVSM_TREE" log -1 --format=%ct 2>/dev/null || echo 1)
    export SOURCE_DATE_EPOCH
    for file in "$SVSM_LOG" "$SVSM_BUILD/lock"; do
        need_writable "$file" "make the build folder writable for $(id -un) and free space there"
    done
    # Messages that are recognised below; the compiler's quotes stay as they are.
    LC_ALL=C.UTF-8
    export LC_ALL
    exec 8>"$SVSM_BUILD/lock"
    if ! flock -n 8; then
        say "waiting for another build of this tree to finish"
        # The log is the other's until then.
        until flock -w 5 -E 75 8; do
            [ $? -eq 75 ] || fail_env "$SVSM_BUILD/lock cannot be locked" "build in a folder of this machine"
            say "  ... $(tail -n 1 "$SVSM_LOG" | cut -c 1-90)"
        done
    fi
    : >"$SVSM_LOG"
    if ! [ -f "$SVSM_BUILD/build.ninja" ]; then
        need_space "$SVSM_BUILD" 400 "building"
        # What an interrupted configuration leaves looks complete to meson, which then does nothing.
        rm -rf "$SVSM_BUILD/meson-private"
        step "configuring" meson setup "$SVSM_BUILD" "$SVSM_TREE" ||
            build_failed "meson could not configure the build"
        rm -f "$SVSM_BUILD/reconfigure"
    fi
    if [ -f "$SVSM_BUILD/reconfigure" ]; then
        step "configuring again, as packages were installed" \
            meson setup --reconfigure "$SVSM_BUILD" "$SVSM_TREE" ||
            build_failed "meson could not configure the build"
        rm -f "$SVSM_BUILD/reconfigure"
    fi
    STEP_AFTER=2
    step "compiling" ninja -C "$SVSM_BUILD" "$@" || build_failed "the build failed"
    STEP_AFTER=0
    exec 8>&-
}
