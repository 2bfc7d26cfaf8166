#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each bug of mutants.conf in a copy of microkernel/guest/: some unit test has to fail on it. Runs at
the top of the tree:

    python3 tests/unit/guest/mutants.py [NAME...]

First the four vCPUs of test_threads.c under a race detector, where there is one. Prints one line
per check as tests/README.md wants it."""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

HERE = "tests/unit/guest"
GUEST = "microkernel/guest"
TESTS = ("pages", "pvalidate", "vcpu", "threads")
RACES = "build/tests/unit/guest/test-guest-races"
FLAGS = ("gcc -std=gnu2x -O1 -g0 -w -D_GNU_SOURCE -Imicrokernel -Imicrokernel/include -Imicrokernel/abi "
         "-Itests/fake -fsanitize=address,undefined -fno-sanitize-recover=all").split()
TIMEOUT = 120  # of one program that takes a second
ROUNDS = "2000"  # of test_threads.c


def compiled(source, target):
    subprocess.run([*FLAGS, "-c", source, "-o", target], check=True, stdin=subprocess.DEVNULL)
    return target


def linked(objects, test, target):
    subprocess.run([*FLAGS, *objects, *test, "-o", target, "-lcmocka", "-lpthread"], check=True)
    return target


def passes(program, test):
    try:
        done = subprocess.run([program, ROUNDS] if test == "threads" else [program], timeout=TIMEOUT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return False  # it hangs: noticed as well
    return done.returncode == 0


def killer(folder, objects, tests, mutant=None):
    """The test that fails, or None."""
    stem = os.path.join(folder, mutant or "none")
    for test in TESTS:
        program = linked(objects, tests[test], stem + "-" + test)
        good = passes(program, test)
        os.unlink(program)
        if not good:
            return test
    return None


def judge(folder, objects, tests, row):
    file, name, expression = row
    source = os.path.join(GUEST, file)
    done = subprocess.run(["sed", expression, source], check=True, stdout=subprocess.PIPE, text=True)
    stem = file[:-2] + "-" + name
    with open(source, encoding="utf-8") as original:
        if done.stdout == original.read():
            return stem, None, "the sed expression changes nothing"
    copy = os.path.join(folder, stem + ".c")
    with open(copy, "w", encoding="utf-8") as target:
        target.write(done.stdout)
    try:
        changed = compiled(copy, os.path.join(folder, stem + ".o"))
    except subprocess.CalledProcessError:
        return stem, None, "the bug does not compile"
    mine = [changed if path.endswith("/guest-" + file + ".o") else path for path in objects]
    test = killer(folder, mine, tests, stem)
    return stem, test, None if test else "survived: no unit test notices"


def races():
    """Under the race detector, which does not start on every kernel."""
    done = subprocess.run([RACES, ROUNDS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=TIMEOUT * 3, check=False, stdin=subprocess.DEVNULL)
    sys.stderr.write(done.stderr)
    if "unexpected memory mapping" in done.stderr:
        print("skip races - a kernel on which ThreadSanitizer starts")
        return True
    good = done.returncode == 0
    print("ok races" if good else "not ok races - see the log", flush=True)
    return good


def main():
    rows = []
    with open(HERE + "/mutants.conf", encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                rows.append(tuple(field.strip() for field in line.split("|", 2)))
    wanted = sys.argv[1:]
    rows = [row for row in rows if not wanted or row[1] in wanted]
    good = races()
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        names = sorted(name for name in os.listdir(GUEST) if name.endswith(".c"))
        work = [(os.path.join(GUEST, name), "guest-" + name) for name in names]
        work += [("tests/fake/fake_snp.c", "fake.c"), (HERE + "/fixture.c", "fixture.c")]
        work += [("%s/test_%s.c" % (HERE, test), "test-" + test) for test in TESTS]
        made = list(pool.map(lambda job: compiled(job[0], "%s/%s.o" % (folder, job[1])), work))
        objects, tests = made[:-len(TESTS)], {test: [made[i - len(TESTS)]] for i, test in enumerate(TESTS)}
        failing = killer(folder, objects, tests)
        if failing:
            print("not ok without-a-bug - %s fails" % failing)
            return 1
        print("ok without-a-bug", flush=True)
        for stem, test, why in pool.map(lambda row: judge(folder, objects, tests, row), rows):
            print("not ok mutant/%s - %s" % (stem, why) if why else "ok mutant/%s" % stem, flush=True)
            print("# %s: %s" % (stem, test), file=sys.stderr)
            good = good and why is None
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
