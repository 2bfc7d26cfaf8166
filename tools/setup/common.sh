# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the set-up scripts share: places, messages with the time gone by, and how a step is run.
# Sourced by POSIX shells; the caller has set SVSM_TREE to the top of the source tree.

SVSM_CACHE=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/svsm
SVSM_BUILD=$SVSM_TREE/build
SVSM_SETUP=$SVSM_TREE/tools/setup
SVSM_LOG=$SVSM_BUILD/logs/setup.log
SVSM_START=$(date +%s)
SVSM_WHO=setup
STEP_FINISH= # not empty: a step goes on when we are interrupted
STEP_AFTER=0 # a step that takes no longer than this many seconds is not mentioned

say() {
    printf '%s: [%4d s] %s\n' "$SVSM_WHO" "$(($(date +%s) - SVSM_START))" "$*" >&2
}

warn() {
    printf '%s: warning: %s\n' "$SVSM_WHO" "$*" >&2
}

# fail_env WHAT MEND...: the machine lacks something; every further argument is one line of the mend.
fail_env() {
    printf 'svsm: error: %s\n' "$1" >&2
    shift
    for line in "$@"; do
        printf '  mend: %s\n' "$line" >&2
    done
    exit 3
}

# step TEXT COMMAND...: runs COMMAND with its output in the log and shows that time goes by.
# Returns COMMAND's status. Closes the locks for COMMAND, so that nothing it leaves holds them.
step() {
    step_text=$1
    shift
    need_writable "$SVSM_LOG" "make it writable and free space there"
    printf '\n== %s\n' "$*" >>"$SVSM_LOG" || true
    "$@" >>"$SVSM_LOG" 2>&1 </dev/null 8>&- 9>&- &
    step_pid=$!
    trap step_stop INT TERM HUP
    step_begin=$(date +%s)
    step_next=$STEP_AFTER
    [ "$step_next" -gt 0 ] || step_mention
    while kill -0 "$step_pid" 2>/dev/null; do
        sleep 0.1
        if [ "$(($(date +%s) - step_begin))" -ge "$step_next" ]; then
            step_mention
        fi
    done
    step_status=0
    wait "$step_pid" || step_status=$?
    trap - INT TERM HUP
    return $step_status
}

# The shell has made COMMAND deaf to the keyboard. A package manager must not be stopped half way.
step_stop() {
    trap '' INT TERM HUP
    if [ -n "$STEP_FINISH" ]; then
        say "waiting for the step to end"
    else
        kill_tree "$step_pid"
    fi
    wait "$step_pid" || true
    say "interrupted"
    exit 130
}

# The process and what it has started: COMMAND may be a function, and its shell passes nothing on.
kill_tree() {
    tr ' ' '\n' 2>/dev/null <"/proc/$1/task/$1/children" | while read -r below; do
        kill_tree "$below"
    done
    kill "$1" 2>/dev/null || true
}

step_mention() {
    if [ -n "$step_text" ]; then
        say "$step_text"
        step_text=
    else
        say "  ... $(tail -n 1 "$SVSM_LOG" | cut -c 1-90)"
    fi
    step_next=$((step_next + 15))
}

log_tail() {
    printf -- '-- the end of %s:\n' "$SVSM_LOG" >&2
    tail -n "${1:-15}" "$SVSM_LOG" | sed 's/^/   /' >&2
}

# need_space DIRECTORY MEBIBYTES WHAT
need_space() {
    space_dir=$1
    while [ ! -d "$space_dir" ]; do
        space_dir=$(dirname "$space_dir")
    done
    space_free=$(df -Pm "$space_dir" | awk 'NR == 2 { print $4 }')
    if [ "${space_free:-0}" -lt "$2" ]; then
        fail_env "no space: $3 needs $2 MiB in $1, $space_free MiB are free" \
            "free some space there" \
            "or put the downloads elsewhere: XDG_CACHE_HOME=/a/larger/disk tools/svsm setup"
    fi
}

# need_writable FILE MEND...: FILE, which is made with its folder, can be written to.
need_writable() {
    writable_file=$1
    shift
    writable_why=$(exec 2>&1 && mkdir -p "$(dirname "$writable_file")" && : >>"$writable_file") ||
        fail_env "cannot write $writable_file: ${writable_why##*: }" "$@"
}

# One set-up at a time: they share the cache. flock is part of util-linux, which Debian always has.
lock_cache() {
    need_writable "$SVSM_CACHE/lock" "make it writable and free space there" \
        "or choose another place: XDG_CACHE_HOME=/another/place tools/svsm setup"
    exec 9>"$SVSM_CACHE/lock"
    if ! flock -n 9; then
        say "waiting for another set-up to finish"
        flock 9
    fi
}
