# SPDX-License-Identifier: MIT
"""Non-volatile indices: attributes that contradict themselves, what lies outside, what is locked."""
from wire import *  # noqa: F403

OWNER_WRITE, AUTH_WRITE, POLICY_WRITE = 1 << 1, 1 << 2, 1 << 3
COUNTER, BITS, EXTEND = 1 << 4, 2 << 4, 4 << 4
POLICY_DELETE, WRITE_LOCKED, WRITE_ALL, WRITE_DEFINE, WRITE_STCLEAR = 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14
GLOBAL_LOCK, OWNER_READ, AUTH_READ, NV_NO_DA, ORDERLY = 1 << 15, 1 << 17, 1 << 18, 1 << 25, 1 << 26
CLEAR_STCLEAR, READ_LOCKED, WRITTEN, PLATFORM_CREATE, READ_STCLEAR = 1 << 27, 1 << 28, 1 << 29, 1 << 30, 1 << 31
PLAIN = AUTH_WRITE | AUTH_READ | OWNER_WRITE | OWNER_READ | NV_NO_DA
INDEX = 0x01001000


def define(index=INDEX, attributes=PLAIN, size=16, alg=SHA256, policy=b"", auth=b"nv", hierarchy=OWNER, sessions=None):
    area = sized(u32(index) + u16(alg) + u32(attributes) + sized(policy) + u16(size))
    return command("NV_DefineSpace", [hierarchy], sized(auth) + area, sessions or [password()])


def undefine(index=INDEX, hierarchy=OWNER, auth=b""):
    return command("NV_UndefineSpace", [hierarchy, index], b"", [password(auth)])


def write(data, offset=0, index=INDEX, who=None, auth=b"nv"):
    return command("NV_Write", [index if who is None else who, index], sized(data) + u16(offset), [password(auth)])


def read(size, offset=0, index=INDEX, who=None, auth=b"nv"):
    return command("NV_Read", [index if who is None else who, index], u16(size) + u16(offset), [password(auth)])


def on(name, index=INDEX, parameters=b"", auth=b"nv"):
    return command(name, [index, index], parameters, [password(auth)])


def definitions(vectors):
    """One thing wrong each time; what is good after all is undefined again."""
    for bit in range(32):
        vectors.send(f"define bit {bit} turned", define(attributes=PLAIN ^ 1 << bit))
        vectors.send(f"define bit {bit} turned, undefine", undefine())
    for kind in range(16):
        vectors.send(f"define kind {kind}", define(attributes=PLAIN | kind << 4, size=8))
        vectors.send(f"define kind {kind}, undefine", undefine())
    for name, attributes, size in (("counter of 7", COUNTER, 7), ("counter of 9", COUNTER, 9), ("bits of 16", BITS, 16),
                                   ("extend of 31", EXTEND, 31), ("extend of 20", EXTEND, 20), ("orderly extend", EXTEND | ORDERLY, 32),
                                   ("written", WRITTEN, 8), ("locked", WRITE_LOCKED, 8), ("read locked", READ_LOCKED, 8),
                                   ("counter cleared", COUNTER | CLEAR_STCLEAR, 8), ("policy delete", POLICY_DELETE, 8),
                                   ("platform created by owner", PLATFORM_CREATE, 8), ("write all of 2000", WRITE_ALL, 2000)):
        vectors.send("define " + name, define(attributes=PLAIN | attributes, size=size))
        vectors.send(f"define {name}, undefine", undefine())
    for size in (0, 2048, 2049, 4096, 0xffff):
        vectors.send(f"define of {size}", define(size=size))
        vectors.send(f"define of {size}, undefine", undefine())
    for attributes in (0, OWNER_WRITE, AUTH_WRITE, OWNER_READ, AUTH_READ, POLICY_WRITE):
        vectors.bad(f"define with only {attributes:#x}", define(attributes=attributes))
    for index in (0, 0x00ffffff, 0x02000000, 0x40000001, 0x80000000, 0x81000000, 0xffffffff):
        vectors.bad(f"define at {index:#x}", define(index))
    for alg in (0, HMAC, ALG_NULL, 0x12, 0xffff):
        vectors.bad(f"define hash {alg:#x}", define(alg=alg))
    for size in (1, 20, 31, 33, 64):
        vectors.bad(f"define policy of {size}", define(policy=bytes(size)))
    for hierarchy in (NULL, ENDORSEMENT, LOCKOUT, 0, 0x80000000):
        vectors.bad(f"define by {hierarchy:#x}", define(hierarchy=hierarchy))
    vectors.bad("define wrong auth", define(sessions=[password(b"x")]))
    vectors.bad("define auth too long", define(auth=b"a" * 65))
    vectors.bad("define auth longer than its hash", define(auth=b"a" * 33))
    vectors.bad("define nothing", command("NV_DefineSpace", [OWNER], sized(b"") + sized(b""), [password()]))


def accesses(vectors):
    vectors.good("define plain", define())
    vectors.bad("define again", define())
    vectors.bad("read before a write", read(1))
    vectors.good("write", write(b"0123456789abcdef"))
    for size, offset in ((17, 0), (16, 1), (1, 16), (0, 17), (2, 15), (1, 0xffff), (0xffff, 0), (0xffff, 0xffff), (1025, 0)):
        vectors.bad(f"read {size} at {offset}", read(size, offset))
    for size, offset in ((17, 0), (16, 1), (1, 16), (0, 17), (2, 15), (1, 0xffff), (1025, 0)):
        vectors.bad(f"write {size} at {offset}", write(bytes(size), offset))
    for size, offset in ((0, 0), (0, 16), (16, 0), (1, 15)):
        vectors.good(f"read {size} at {offset}", read(size, offset))
    vectors.good("write nothing", write(b"", 16))
    for what, command_bytes in (("read", read(1, auth=b"x")), ("write", write(b"a", auth=b"x")), ("read no", read(1, auth=b"")),
                                ("read long", read(1, auth=b"nv" * 9)), ("owner's read", read(1, who=OWNER, auth=b"x")),
                                ("owner's write", write(b"a", who=OWNER, auth=b"x")), ("undefine", undefine(auth=b"x"))):
        vectors.bad(f"{what} wrong auth", command_bytes)
    for who in (PLATFORM, ENDORSEMENT, NULL, LOCKOUT, 0x01001001, 0x80000000):
        vectors.bad(f"read by {who:#x}", read(1, who=who, auth=b""))
        vectors.bad(f"write by {who:#x}", write(b"a", who=who, auth=b""))
    vectors.bad("increment plain", on("NV_Increment"))
    vectors.bad("extend plain", on("NV_Extend", parameters=sized(b"abc")))
    vectors.bad("set bits of plain", on("NV_SetBits", parameters=u64(1)))
    vectors.bad("write lock without the attribute", on("NV_WriteLock"))
    vectors.bad("read lock without the attribute", on("NV_ReadLock"))
    vectors.bad("change auth with a password", command("NV_ChangeAuth", [INDEX], sized(b"x"), [password(b"nv")]))
    vectors.bad("undefine special", command("NV_UndefineSpaceSpecial", [INDEX, PLATFORM], b"", [password(b"nv"), password()]))
    vectors.good("undefine plain by platform", undefine(hierarchy=PLATFORM))
    for name in ("NV_Increment", "NV_WriteLock", "NV_ReadLock"):
        vectors.bad(name + " undefined", on(name))
    vectors.bad("read undefined", read(1))
    vectors.bad("write undefined", write(b"a"))
    vectors.bad("undefine undefined", undefine())
    for index in (INDEX, 0, 0x01ffffff, 0x02000000, 0x80000000, 0xffffffff):
        vectors.bad(f"nv read public {index:#x}", command("NV_ReadPublic", [index]))


def kinds(vectors):
    """Counter, bits and extend take no ordinary writes; locks hold."""
    for name, kind, size in (("counter", COUNTER, 8), ("bits", BITS, 8), ("extend", EXTEND, 32)):
        vectors.good("define " + name, define(attributes=PLAIN | kind, size=size))
        vectors.bad(f"{name} read before", read(size))
        vectors.bad(f"{name} write", write(bytes(size)))
        for what, parameters in (("NV_Increment", b""), ("NV_Extend", sized(b"abc")), ("NV_SetBits", u64(5))):
            vectors.send(f"{name} {what}", on(what, parameters=parameters))
        vectors.good(f"{name} read", read(size))
        vectors.bad(f"{name} read too much", read(size + 1))
        vectors.good(f"{name} undefine", undefine())
    vectors.good("define lockable", define(attributes=PLAIN | WRITE_STCLEAR | READ_STCLEAR | GLOBAL_LOCK, size=8))
    vectors.good("locked write", write(b"12345678"))
    vectors.good("locked read lock", on("NV_ReadLock"))
    vectors.bad("locked read", read(8))
    vectors.good("locked global lock", command("NV_GlobalWriteLock", [OWNER], b"", [password()]))
    vectors.bad("locked write after", write(b"12345678"))
    vectors.good("locked write lock", on("NV_WriteLock"))
    vectors.good("locked undefine", undefine())
    vectors.good("define whole", define(attributes=PLAIN | WRITE_ALL, size=8))
    vectors.bad("whole write of a part", write(b"1234"))
    vectors.bad("whole write elsewhere", write(b"1234", 4))
    vectors.good("whole write", write(b"12345678"))
    vectors.good("whole undefine", undefine())
    vectors.good("define with a policy", define(attributes=POLICY_WRITE | AUTH_READ | NV_NO_DA, policy=bytes(32)))
    vectors.bad("policy write with a password", write(b"a"))
    vectors.bad("policy write by owner", write(b"a", who=OWNER, auth=b""))
    vectors.good("policy undefine", undefine())
    for i in range(70):  # until there is no room
        answer = vectors.send(f"define {i}", define(INDEX + i, size=1500))
        if code(answer) != 0:
            break
    for j in range(i):
        vectors.good(f"undefine {j}", undefine(INDEX + j))


def run(vectors):
    definitions(vectors)
    accesses(vectors)
    kinds(vectors)
