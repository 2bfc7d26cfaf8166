# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The test runner's verdicts over suites made for it. Part of frame.sh.

runner=$SVSM_TREE/build/tools/testrun/svsm-test
mkdir -p "$TMPDIR/run"

# runs NAME STATUS LAST-LINE TEXT SECONDS SCRIPT: a table with one suite that runs SCRIPT.
runs() {
    printf '%s\n' "$6" >"$TMPDIR/run/script"
    echo "case quick $5 - sh $TMPDIR/run/script" >"$TMPDIR/run/table"
    (cd "$TMPDIR/run" && SVSM_TREE=$TMPDIR/run "$runner" --table table --json json --html html) \
        >"$TMPDIR/out" 2>&1
    got=$?
    cat "$TMPDIR/out" >&2
    if [ $got -ne "$2" ]; then
        not_ok "$1" "exit status $got, not $2"
    elif [ "$(tail -n 1 "$TMPDIR/out")" != "$3" ] && ! grep -qxF -e "$3" "$TMPDIR/out"; then
        not_ok "$1" "it does not end with: $3"
    elif ! grep -qF -e "$4" "$TMPDIR/out"; then
        not_ok "$1" "it does not say: $4"
    else
        ok "$1"
    fi
}

runs runner-passes 0 "2 passed, 0 failed" "case/b" 10 'echo ok a; echo "ok b n=1"; echo noise'
runs runner-fails 1 "1 passed, 1 failed" "not ok case/b" 10 'echo ok a; echo "not ok b - broken"'
runs runner-skips 0 "1 passed, 0 failed, 1 skipped" "no disk" 10 'echo ok a; echo "skip b - no disk"'
runs runner-no-check 1 "0 passed, 1 failed" "without a single check" 10 'echo okay'
runs runner-status 1 "1 passed, 1 failed" "exit status 5" 10 'echo ok a; exit 5'
runs runner-signal 1 "1 passed, 1 failed" "ended by signal 9" 10 'echo ok a; kill -9 $$'
runs runner-77 0 "0 passed, 0 failed, 1 skipped" "skipped itself" 10 'exit 77'
runs runner-77-late 1 "1 passed, 1 failed" "exit status 77" 10 'echo ok a; exit 77'
runs runner-time-out 1 "1 passed, 1 failed" "timed out after 1 s" 1 'echo ok a; sleep 60'
runs runner-log 1 "0 passed, 1 failed" "the reason" 10 'echo the reason >&2; echo "not ok a - x"'
runs runner-temp 0 "1 passed, 0 failed" "" 10 '[ -d "$TMPDIR" ] && echo ok a'
runs runner-no-stdin 0 "1 passed, 0 failed" "" 10 'cat; echo ok a'

# A process that the suite left behind, in its group and holding its stdout, is ended.
runs runner-left-behind 0 "1 passed, 0 failed" "" 10 "sleep 4321 & echo \$! >$TMPDIR/left; echo ok a"
if kill -0 "$(cat "$TMPDIR/left")" 2>/dev/null; then
    not_ok runner-ends-group "a process of an ended suite still runs"
    kill "$(cat "$TMPDIR/left")"
else
    ok runner-ends-group
fi

runs runner-json 1 "1 passed, 1 failed" "" 10 'echo "ok a n=12 f=1.5 s=x"; echo "not ok b q=1 - two words"'
if python3 - "$TMPDIR/run/json" <<'END'; then
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert [(r["suite"], r["name"], r["result"]) for r in rows] == [
    ("case", "a", "passed"), ("case", "b", "failed")], rows
assert rows[0]["figures"] == {"n": 12, "f": 1.5, "s": "x"}, rows
assert rows[1]["figures"] == {"q": 1} and rows[1]["why"] == "two words", rows
assert all(isinstance(r["seconds"], float) for r in rows), rows
END
    ok runner-json-lines
else
    not_ok runner-json-lines "the JSON lines differ"
fi

# The page parses, has a column per figure, and a suite cannot put markup into it.
runs runner-html 1 "1 passed, 1 failed" "" 10 \
    'echo "ok a n=12 s=<i>x</i>"; echo "not ok b f=0.5 - <script>&"'
if python3 - "$TMPDIR/run/html" <<'END'; then
import html.parser, sys
class Page(html.parser.HTMLParser):
    tags, rows = set(), []
    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
    def handle_data(self, data):
        if self.rows and data.strip():
            self.rows[-1][-1] += data.strip()
page = Page()
page.feed(open(sys.argv[1]).read())
assert not page.tags & {"i", "script"}, page.tags
assert page.rows == [["name", "result", "n", "s", "f", ""], ["a", "passed", "12", "<i>x</i>", "", ""],
                     ["b", "failed", "", "", "0.5", "<script>&"]], page.rows
END
    ok runner-html-page
else
    not_ok runner-html-page "the page differs"
fi

# table NAME TEXT LINE: a table that must be refused.
table() {
    printf '%s\n' "$3" >"$TMPDIR/run/table"
    expect "$1" 2 "$2" env SVSM_TREE="$TMPDIR/run" "$runner" --table table
}
table table-fields "table:1: expected: name class seconds needs command" "name quick"
table table-class "table:1: the class is not one of" "name slow 5 - true"
table table-seconds "table:1: the time-out is not a number" "name quick 5s - true"
table table-zero "table:1: the time-out is not a number" "name quick 0 - true"
table table-twice "table:2: the name is taken already" "name quick 5 - true
name quick 5 - true"

echo "case quick 5 cmd:nonsense-program true" >"$TMPDIR/run/table"
expect runner-needs 0 "lacks cmd:nonsense-program" \
    env SVSM_TREE="$TMPDIR/run" "$runner" --table table
printf 'a quick 5 - echo ok x\nb campaign 5 - echo ok x\n' >"$TMPDIR/run/table"
expect runner-no-campaign 0 "1 passed, 0 failed" env SVSM_TREE="$TMPDIR/run" "$runner" --table table
expect runner-campaign 0 "2 passed, 0 failed" \
    env SVSM_TREE="$TMPDIR/run" "$runner" --table table --campaign
expect runner-by-option 0 "ok     b/x" env SVSM_TREE="$TMPDIR/run" "$runner" --table table --b
printf 'a quick 5 - echo ok x\nb proofs 5 - echo ok x\n' >"$TMPDIR/run/table"
expect runner-by-class 0 "1 passed, 0 failed" \
    env SVSM_TREE="$TMPDIR/run" "$runner" --table table --proofs

echo "# nothing" >"$TMPDIR/run/table"
expect table-empty 3 "table lists nothing to run" \
    env SVSM_TREE="$TMPDIR/run" "$runner" --table table
expect table-missing 2 "cannot read the table nonsense" \
    env SVSM_TREE="$TMPDIR/run" "$runner" --table nonsense
expect option-value 2 "--json needs a file name" "$runner" --table table --json
expect json-unwritable 2 "cannot write /nonsense/file" \
    "$runner" --table table --json /nonsense/file
expect html-unwritable 2 "cannot write /nonsense/file" \
    "$runner" --table table --html /nonsense/file
expect no-tree 3 "SVSM_TREE does not name the source tree" \
    env SVSM_TREE=/nonsense "$runner" --table table
