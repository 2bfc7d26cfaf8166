# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Configures and compiles below build/. Assumes common.sh, and that the set-up is complete.

build_failed() {
    printf 'svsm: error: %s\n' "$1" >&2
    log_tail 40
    exit 1
}

# One build at a time in a tree: two meson or ninja runs in one directory spoil each other.
build() {
    SVSM_WHO=build
    SVSM_LOG=$SVSM_BUILD/logs/build.log
    # The same for every build of one commit; nothing should use it, but tools may.
    SOURCE_DATE_EPOCH=$(git -C "$SVSM_TREE" log -1 --format=%ct 2>/dev/null || echo 1)
    export SOURCE_DATE_EPOCH
    mkdir -p "$SVSM_BUILD/logs"
    : >"$SVSM_LOG"
    exec 8>"$SVSM_BUILD/lock"
    flock 8
    if ! [ -f "$SVSM_BUILD/build.ninja" ]; then
        need_space "$SVSM_BUILD" 400 "building"
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
