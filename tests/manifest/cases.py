# SPDX-License-Identifier: MIT
"""Bad manifests. Each case: name, files, and the messages expected, in order.

A file is its name and its text; a line that holds "#1" is the one that message 1 names, "#2" the
second, and so on. Messages are compared as a whole.
"""

HEAD = 'task: {\n name = "%s"; policy = "%s"; budget_ms = 10;\n'


def task(name, body="", policy="clean"):
    return name + ".manifest", HEAD % (name, policy) + body + "\n};\n"


def endpoint(name, operations='{ name = "run"; idempotent = true; }', extra=""):
    return 'endpoints = ( { name = "%s"; %s operations = ( %s ); } );\n' % (name, extra, operations)


def system(body="", kind="test", tasks='"a"'):
    return "s.system", ('system: {\n name = "s"; kind = "%s"; tasks = [ %s ];\n' % (kind, tasks) +
                        body + "\n};\n")


def buffers(*lines):
    return endpoint("a", '{ name = "run"; buffers = (\n%s ); }' % ",\n".join(lines))


def rename(case, name):
    return name, case[1]


WINDOW = '{ kind = "window"; rights = "%s"; address = %d; max = 64; }'
LEASE = '{ kind = "lease"; rights = "%s"; address = %d; max = 64; }'
CHAIN = [task(n, 'calls = [\n "%s" ];%s\n' % (m, " #1" if n == "a" else "") + endpoint(n))
         for n, m in zip("abcd", "bcde")] + [task("e", endpoint("e"))]
CHAIN[0] = ("a.manifest", CHAIN[0][1].replace('"b" ]; #1', '"b" #1\n ];'))
OPERATIONS17 = ", ".join('{ name = "o%d"; }' % i for i in range(17))
MANY = ", ".join('"e%d"' % i for i in range(33))

CASES = [
    # names that lead nowhere
    ("unbound-call", [task("a", 'calls = [\n"hallo" #1\n];'), task("hello", endpoint("hello"))],
     ["calls: no task provides endpoint 'hallo'; did you mean 'hello'?"]),
    ("unbound-call-far", [task("a", 'calls = [\n"nowhere" #1\n];')],
     ["calls: no task provides endpoint 'nowhere'"]),
    ("unbound-event", [task("a", 'events = (\n{ task = "vtmp"; bits = 1; } #1\n);'), task("vtpm")],
     ["events: there is no task 'vtmp'; did you mean 'vtpm'?"]),
    ("unbound-control", [task("a", 'controls = (\n{ task = "x"; } #1\n);')],
     ["controls: there is no task 'x'"]),
    ("boot-endpoint", [system('boot = (\n{ endpoint = "b"; operation = "run"; } #1\n);'),
                       task("a", endpoint("alpha"))],
     ["boot: no task provides endpoint 'b'"]),
    ("boot-operation", [system('boot = (\n{ endpoint = "a"; operation = "runn"; } #1\n);'),
                        task("a", endpoint("a"))],
     ["boot: endpoint 'a' has no operation 'runn'; did you mean 'run'?"]),
    ("boot-buffers", [system('boot = (\n{ endpoint = "a"; operation = "run"; } #1\n);'),
                      task("a", buffers(WINDOW % ("r", 0)))],
     ["boot: operation 'run' of endpoint 'a' has buffers, and nobody is there to lend them"]),
    ("boot-vcpu", [system('boot = ( { endpoint = "a"; operation = "run";\nvcpu = 16; #1\n } );'),
                   task("a", endpoint("a"))],
     ["vcpu: 16 is out of range; 0 to 15"]),
    ("boot-vcpu-word", [system('boot = ( { endpoint = "a"; operation = "run";\nvcpu = "some"; #1\n} );'),
                        task("a", endpoint("a"))],
     ["vcpu: a number or \"all\" expected"]),
    ("system-task-without-manifest", [("s.system", 'system: {\n name = "s"; kind = "test"; tasks = [\n"a",\n'
                                       '"b" #1\n ];\n};\n'), task("a")],
     ["tasks: no manifest was given for task 'b'"]),
    ("task-not-in-system", [system(), task("a"), ("b.manifest", 'task: #1\n{ name = "b"; policy = "clean"; '
                                                  'budget_ms = 1; };')],
     ["task 'b' is not among the tasks of system 's'"]),
    ("system-task-twice", [("s.system", 'system: {\n name = "s"; kind = "test"; tasks = [\n"a",\n"a" #1\n ];\n};'),
                           task("a")],
     ["tasks: 'a' is named twice"]),
    ("system-empty", [("s.system", 'system: {\n name = "s"; kind = "test";\ntasks = [ ]; #1\n};'), task("a")],
     ["tasks: a system has at least one task"]),
    # two of a kind
    ("duplicate-task", [task("a"), rename(("", 'task: #1\n{ name = "a"; policy = "clean"; budget_ms = 1; };'),
                                          "b.manifest")],
     ["task 'a' exists already, in a.manifest:1"]),
    ("duplicate-endpoint", [task("a", endpoint("x")), task("b", 'endpoints = (\n{ name = "x"; #1\n'
                            'operations = ( { name = "r"; } ); } );')],
     ["endpoint 'x' exists already, in a.manifest:3"]),
    ("duplicate-protocol", [task("a", endpoint("x", extra="protocol = 2;")),
                            task("b", 'endpoints = (\n{ name = "y"; protocol = 2; #1\n'
                                 'operations = ( { name = "r"; } ); } );')],
     ["protocol 2 leads to endpoint 'x' already, in a.manifest:3"]),
    ("protocol-0", [task("a", 'endpoints = (\n{ name = "y"; protocol = 0; #1\n operations = ( { name = "r"; } ); } );')],
     ["protocol 0 is ring 0's own; choose another"]),
    ("duplicate-operation", [task("a", 'endpoints = ( { name = "x"; operations = ( { name = "r"; },\n'
                                  '{ name = "r"; } #1\n ); } );')],
     ["endpoint 'x' has two operations 'r'"]),
    ("duplicate-call", [task("a", 'calls = [ "b",\n"b" #1\n ];'), task("b", endpoint("b"))],
     ["calls: 'b' is named twice"]),
    ("duplicate-setting", [task("a", 'policy = "never"; #1')], ["duplicate setting name"]),
    ("device-name", [task("a", 'devices = ( { name = "d"; ports = [ 1, 1 ]; },\n'
                          '{ name = "d"; ports = [ 2, 1 ]; } #1\n);')],
     ["device 'd' exists already, in a.manifest:3"]),
    ("device-ports", [task("a", 'devices = ( { name = "d"; ports = [ 0x2f8, 8 ]; } );'),
                      task("b", 'devices = (\n{ name = "e"; ports = [ 0x2ff, 1 ]; } #1\n);')],
     ["device 'e': its ports belong to device 'd' too, in a.manifest:3"]),
    ("device-irq", [task("a", 'devices = ( { name = "d"; ports = [ 1, 1 ]; irq = 3; event_bits = 1; } );'),
                    task("b", 'devices = (\n{ name = "e"; ports = [ 2, 1 ]; irq = 3; event_bits = 1; } #1\n);')],
     ["device 'e': interrupt 3 belongs to device 'd' too, in a.manifest:3"]),
    ("device-of-ring0", [task("a", 'devices = (\n{ name = "d"; ports = [ 0x3f0, 16 ]; } #1\n);')],
     ["device 'd': ports 0x3f8 to 0x3ff are ring 0's, for its console"]),
    ("device-port-space", [task("a", 'devices = ( { name = "d";\nports = [ 0xffff, 2 ]; #1\n } );')],
     ["ports: 2 from 0xffff on is outside the port space"]),
    ("device-ports-form", [task("a", 'devices = ( { name = "d";\nports = [ 1 ]; #1\n } );')],
     ["ports: two numbers expected: [ first, count ]"]),
    ("device-irq-without-bits", [task("a", 'devices = (\n{ name = "d"; ports = [ 1, 1 ]; irq = 3; } #1\n);')],
     ["missing setting 'event_bits'"]),
    # who may call whom
    ("cycle", [task("a", 'calls = [\n"b" #1\n];' + endpoint("a")), task("b", 'calls = [ "c" ];' + endpoint("b")),
               task("c", 'calls = [ "a" ];' + endpoint("c"))],
     ["call cycle: a -> b -> c -> a"]),
    ("cycle-of-one", [task("a", 'calls = [\n"a" #1\n];' + endpoint("a"))], ["call cycle: a -> a"]),
    ("too-deep", CHAIN, ["calls are more than 4 tasks deep: a -> b -> c -> d -> e"]),
    # what a crash would break
    ("platform-clean", [("a.manifest", 'task: #1\n{ name = "a"; policy = "clean"; platform = true; budget_ms = 1; };')],
     ["task 'a' has the platform: it keeps a key that is given once, so it has one activation and policy "
      "\"rollback\" or \"never\""]),
    ("platform-twice", [("a.manifest", 'task: { name = "a"; policy = "never"; platform = true; budget_ms = 1; };'),
                        ("b.manifest", 'task: #1\n{ name = "b"; policy = "never"; platform = true; budget_ms = 1; };')],
     ["task 'b' has the platform, and so has 'a', in a.manifest:1: its key is given once"]),
    ("stateful-clean", [("a.manifest", 'task: #1\n{ name = "a"; policy = "clean"; stateful = true; budget_ms = 1; };')],
     ["task 'a' is stateful and has policy \"clean\": a crash would lose its state under a running guest; "
      "use \"rollback\" or \"never\""]),
    ("rollback-activations", [("a.manifest", 'task: #1\n{ name = "a"; policy = "rollback"; activations = 2; '
                               'budget_ms = 1; };')],
     ["task 'a' has 2 activations and policy \"rollback\": state is only put back soundly under one "
      "activation; use activations = 1 or policy \"clean\""]),
    ("rollback-device", [("a.manifest", 'task: #1\n{ name = "a"; policy = "rollback"; budget_ms = 1;\n'
                          'devices = ( { name = "d"; ports = [ 1, 1 ]; } ); };')],
     ["task 'a' has policy \"rollback\" and device 'd': input and output cannot be taken back; move the "
      "device to a driver task"]),
    ("rollback-not-idempotent", [task("a", 'calls = [\n"b" #1\n];', policy="rollback"),
                                 task("b", endpoint("b", '{ name = "look"; idempotent = true; }, { name = "add"; }'))],
     ["task 'a' has policy \"rollback\" and may call 'b', whose operation 'add' is not idempotent: a replayed "
      "call would repeat it"]),
    ("writable-alias", [task("a", 'stage = "4K";' + endpoint("a", '{ name = "run";\nbuffers = ( #1\n%s,\n%s ); }' % (
        LEASE % ("rw", 0), LEASE % ("w", 0))))],
     ["operation 'run': writable alias: two buffers at argument 0; declare one with rights \"rw\""]),
    ("inject-release", [system(kind="release"), task("a", 'controls = (\n{ task = "a"; inject = true; } #1\n);')],
     ["task 'a' may inject faults into 'a', but system 's' is of kind \"release\"; only kind \"test\" allows it"]),
    ("inject-development", [system(kind="development"),
                            task("a", 'controls = (\n{ task = "a"; inject = true; } #1\n);')],
     ["task 'a' may inject faults into 'a', but system 's' is of kind \"development\"; only kind \"test\" "
      "allows it"]),
    # too much
    ("heap-size", [task("a", 'heap = "129M"; #1')], ["heap: 135266304 bytes is too much; at most 134217728"]),
    ("stack-size", [task("a", 'stack = "2M"; #1')], ["stack: 2097152 bytes is too much; at most 1048576"]),
    ("stage-size", [task("a", 'stage = 1048577; #1')], ["stage: 1048577 bytes is too much; at most 1048576"]),
    ("window-size", [task("a", buffers('{ kind = "window"; rights = "r"; address = 0; max = "2M"; } #1\n'))],
     ["max: 2097152 bytes is too much; at most 1048576"]),
    ("buffer-partial-length", [task("a", buffers('{ kind = "partial"; rights = "rw"; address = 0; max = 4; } #1\n'))],
     ["buffer: kind \"partial\" needs length: the argument that is to tell the service how many bytes are there"]),
    ("buffer-empty", [task("a", buffers('{ kind = "window"; rights = "r"; address = 0; max = 0; } #1\n'))],
     ["buffer: max is 0; a buffer holds at least one byte"]),
    ("activations", [task("a", 'activations = 5; #1')], ["activations: 5 is out of range; 1 to 4"]),
    ("too-many-operations", [task("a", 'endpoints = ( { name = "a";\noperations = ( #1\n' + OPERATIONS17 + '); } );')],
     ["operations: too many: 17, at most 16"]),
    ("operation-number", [task("a", endpoint("a", '{ name = "x";\nnumber = 16; #1\n }'))],
     ["number: 16 is out of range; 0 to 15"]),
    ("operation-after-last", [task("a", endpoint("a", '{ name = "x"; number = 15; },\n{ name = "y"; } #1\n'))],
     ["endpoint 'a': operation 16 is one too many; at most 16"]),
    ("too-many-endpoints", [task("a", "endpoints = ( #1\n" + ", ".join(["{ }"] * 9) + " );")],
     ["endpoints: too many: 9, at most 8"]),
    ("too-many-devices", [task("a", "devices = ( #1\n" + ", ".join(["{ }"] * 9) + " );")],
     ["devices: too many: 9, at most 8"]),
    ("too-many-tasks", [("s.system", 'system: {\n name = "s"; kind = "test";\ntasks = [ #1\n' + MANY + ' ];\n};'), task("a")],
     ["tasks: too many: 33, at most 32"]),
    ("too-many-buffers", [task("a", endpoint("a", '{ name = "x";\nbuffers = ( #1\n%s ); }' % ", ".join(
        ["{ }"] * 5)))], ["buffers: too many: 5, at most 4"]),
    ("too-many-calls", [task("a", "calls = [ #1\n" + MANY + " ];")], ["calls: too many: 33, at most 32"]),
    ("too-many-handles", [("a.manifest", 'task: #1\n{ name = "a"; policy = "clean"; budget_ms = 1; log = true;\n'
                           'calls = [ ' + ", ".join('"e%d"' % i for i in range(32)) + ' ]; };')],
     ["task 'a' has too many handles: 33, at most 32"]),
    ("name-too-long", [("a.manifest", 'task: {\n name = "a2345678901234567890123x"; #1\npolicy = "clean"; budget_ms = 1; };')],
     ["name: name 'a2345678901234567890123x' is too long: 24 bytes, at most 23"]),
    ("name-characters", [task("a", 'calls = [\n"Big One" #1\n];')],
     ["calls: 'Big One' is no name; use a-z, 0-9, '-' and '_'"]),
    ("two-read-windows", [task("a", endpoint("a", '{ name = "run";\nbuffers = ( #1\n%s, %s ); }' % (
        WINDOW % ("r", 0), WINDOW % ("r", 1))))],
     ["operation 'run': two windows to read; make one of them a lease"]),
    ("two-write-windows", [task("a", endpoint("a", '{ name = "run";\nbuffers = ( #1\n%s, %s ); }' % (
        WINDOW % ("rw", 0), WINDOW % ("w", 1))))],
     ["operation 'run': two windows to write; make one of them a lease"]),
    ("lease-without-stage", [task("a", endpoint("a", '\n{ name = "run"; #1\nbuffers = ( %s ); }' % (LEASE % ("w", 0))))],
     ["operation 'run' lends memory to write, but the task has no stage; set stage, for instance \"16K\""]),
    ("address-is-length", [task("a", buffers('{ kind = "lease"; rights = "r"; address = 1; length = 1; max = 4; } #1\n'))],
     ["buffer: argument 1 is both address and length"]),
    # words
    ("policy-misspelt", [("a.manifest", 'task: {\n name = "a"; budget_ms = 1;\npolicy = "rolback"; #1\n};')],
     ["policy: unknown word 'rolback'; did you mean 'rollback'?"]),
    ("policy-other", [("a.manifest", 'task: {\n name = "a"; budget_ms = 1;\npolicy = "restart"; #1\n};')],
     ["policy: unknown word 'restart'; known are: clean, rollback, never"]),
    ("buffer-kind-misspelt", [task("a", buffers('{ kind = "windov"; rights = "r"; address = 0; max = 4; } #1\n'))],
     ["kind: unknown word 'windov'; did you mean 'window'?"]),
    ("rights-misspelt", [task("a", buffers('{ kind = "lease"; rights = "wr"; address = 0; max = 4; } #1\n'))],
     ["rights: unknown word 'wr'; known are: r, w, rw"]),
    ("system-kind-misspelt", [("s.system", 'system: {\n name = "s"; tasks = [ "a" ];\nkind = "relase"; #1\n};'), task("a")],
     ["kind: unknown word 'relase'; did you mean 'release'?"]),
    ("unknown-setting", [task("a", 'budgetms = 3; #1')],
     ["task: unknown setting 'budgetms'; did you mean 'budget_ms'?"]),
    ("unknown-setting-far", [task("a", buffers('{ colour = 1; } #1\n'))],
     ["buffer: unknown setting 'colour'; known are: kind, rights, address, length, max"]),
    ("missing-policy", [("a.manifest", 'task: #1\n{ name = "a"; budget_ms = 1; };')], ["missing setting 'policy'"]),
    ("missing-budget", [("a.manifest", 'task: #1\n{ name = "a"; policy = "clean"; };')],
     ["missing setting 'budget_ms'"]),
    ("missing-name", [("a.manifest", 'task: #1\n{ policy = "clean"; budget_ms = 1; };')], ["missing setting 'name'"]),
    ("missing-buffer-max", [task("a", buffers('{ kind = "lease"; rights = "r"; address = 0; } #1\n'))],
     ["missing setting 'max'"]),
    ("two-mistakes", [task("a", 'heap = "big"; #1\nlog = 1; #2')],
     ["log: true or false expected", "heap: a size expected: bytes, or text such as \"128K\" or \"1M\""], (2, 1)),
    ("negative", [task("a", 'activations = -1; #1')], ["activations: a whole number, not negative, expected"]),
    ("not-a-list", [task("a", 'calls = "b"; #1')], ["calls: a list expected, in ( ) or [ ]"]),
    ("not-a-group", [task("a", 'crashes = 5; #1')], ["crashes: a group { ... } expected"]),
    ("syntax", [task("a", 'heap = ; #1')], ["syntax error"]),
    ("include", [task("a", '@include "b.manifest" #1')], ["@include is refused: write the settings out here"]),
]

# Whole-file mistakes: no line is named.
FILE_CASES = [
    ("empty-file", b"", "a.manifest: error: nothing here: 'task: { ... };' expected"),
    ("zero-byte", b"task: {\0};", "a.manifest: error: this is not text: it holds a zero byte"),
    ("system-as-task", b'system: { name = "s"; };',
     "a.manifest:1: error: file: unknown setting 'system'; known are: task"),
]
