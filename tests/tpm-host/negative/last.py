# SPDX-License-Identifier: MIT
"""Hierarchies, and what changes the TPM for good: the last vectors, in this order."""
from wire import *  # noqa: F403


def hierarchies(vectors):
    for handle in (NULL, ENDORSEMENT, OWNER, 0, 16, 0x80000000, 0xffffffff):
        vectors.bad(f"clear by {handle:#x}", command("Clear", [handle], b"", [password()]))
        vectors.bad(f"clear control by {handle:#x}", command("ClearControl", [handle], b"\1", [password()]))
        vectors.bad(f"lockout reset by {handle:#x}", command("DictionaryAttackLockReset", [handle], b"", [password()]))
    for enable in (2, 0xff):
        vectors.bad(f"clear control {enable}", command("ClearControl", [LOCKOUT], u8(enable), [password()]))
        vectors.bad(f"hierarchy control {enable}", command("HierarchyControl", [PLATFORM], u32(OWNER) + u8(enable), [password()]))
    for which in (0, 0x4000000e, LOCKOUT, NULL, 0x80000000):
        vectors.bad(f"hierarchy control of {which:#x}", command("HierarchyControl", [PLATFORM], u32(which) + b"\0", [password()]))
    vectors.good("hierarchy control owner enables itself", command("HierarchyControl", [OWNER], u32(OWNER) + b"\1", [password()]))
    vectors.bad("hierarchy control others", command("HierarchyControl", [OWNER], u32(ENDORSEMENT) + b"\0", [password()]))
    for handle in (NULL, 0, 16, 0x81000000):
        vectors.bad(f"hierarchy auth of {handle:#x}", command("HierarchyChangeAuth", [handle], sized(b"x"), [password()]))
        vectors.bad(f"primary policy of {handle:#x}", command("SetPrimaryPolicy", [handle], sized(b"") + u16(ALG_NULL), [password()]))
    vectors.bad("hierarchy auth too long", command("HierarchyChangeAuth", [OWNER], sized(b"a" * 65), [password()]))
    for size, alg in ((31, SHA256), (33, SHA256), (32, ALG_NULL), (32, 0), (20, 0x12), (0, SHA256), (65, SHA512)):
        vectors.send(f"primary policy {size} {alg:#x}", command("SetPrimaryPolicy", [OWNER], sized(bytes(size)) + u16(alg), [password()]))
    for name in ("ChangeEPS", "ChangePPS"):
        vectors.bad(name + " by owner", command(name, [OWNER], b"", [password()]))
        vectors.bad(name + " wrong auth", command(name, [PLATFORM], b"", [password(b"x")]))
    vectors.bad("clock back", command("ClockSet", [OWNER], u64(0), [password()]))
    vectors.bad("clock too far", command("ClockSet", [OWNER], u64(0xffffffffffffffff), [password()]))
    for rate in (4, 0x7f, 0xfc):
        vectors.bad(f"clock rate {rate}", command("ClockRateAdjust", [OWNER], u8(rate), [password()]))
    vectors.bad("audit by owner of nothing", command("SetCommandCodeAuditStatus", [OWNER], u16(0x99) + u32(0) + u32(0), [password()]))
    vectors.bad("audit wrong code", command("SetCommandCodeAuditStatus", [OWNER], u16(SHA256) + u32(1) + u32(0x11e) + u32(0), [password()]))
    vectors.bad("physical presence", command("PP_Commands", [PLATFORM], u32(0) + u32(0), [password()]))
    vectors.good("owner auth", command("HierarchyChangeAuth", [OWNER], sized(b"owner"), [password()]))
    vectors.bad("owner without auth", command("ClockRateAdjust", [OWNER], u8(0), [password()]))
    for auth in (b"ownes", b"owne", b"owner1", b"OWNER", b"\0owner"):
        vectors.bad(f"owner auth {auth}", command("ClockRateAdjust", [OWNER], u8(0), [password(auth)]))
    vectors.good("owner auth with zeros", command("ClockRateAdjust", [OWNER], u8(0), [password(b"owner\0\0")]))
    vectors.good("owner auth gone", command("HierarchyChangeAuth", [OWNER], sized(b""), [password(b"owner")]))


def dictionary_attack(vectors):
    """Wrong guesses of a protected object lock it, for everyone, until the lockout hierarchy says otherwise."""
    vectors.good("three tries", command("DictionaryAttackParameters", [LOCKOUT], u32(3) + u32(1000) + u32(1000), [password()]))
    template = keyedhash_public(SIGN | USER_AUTH | ORIGIN, scheme(HMAC, SHA256))
    handle = int.from_bytes(vectors.good("protected key", create_primary(template, auth=b"key"))[10:14], "big")

    def use(auth):
        return command("HMAC", [handle], sized(b"abc") + u16(SHA256), [password(auth)])

    for i in range(5):
        vectors.bad(f"wrong guess {i}", use(b"kex"), step=True)
        vectors.bad(f"wrong guess {i}, again", use(b"kex"), step=True)
    vectors.bad("right, but locked", use(b"key"))
    vectors.bad("lockout reset wrong auth", command("DictionaryAttackLockReset", [LOCKOUT], b"", [password(b"x")]),
                step=True)
    vectors.bad("lockout locked", command("DictionaryAttackLockReset", [LOCKOUT], b"", [password()]))
    vectors.bad("clear by lockout locked", command("Clear", [LOCKOUT], b"", [password()]))
    vectors.good("protected key, flush", flush(handle))


def end(vectors):
    vectors.good("clear forbidden", command("ClearControl", [PLATFORM], b"\1", [password()]))
    vectors.bad("clear, but forbidden", command("Clear", [PLATFORM], b"", [password()]))
    vectors.good("clear allowed", command("ClearControl", [PLATFORM], b"\0", [password()]))
    vectors.good("owner disabled", command("HierarchyControl", [PLATFORM], u32(OWNER) + b"\0", [password()]))
    vectors.bad("primary of a disabled hierarchy", create_primary(ecc_public(STORAGE, sym=symmetric(AES))))
    vectors.good("hash ticket of a disabled hierarchy", command("Hash", [], sized(b"abc") + u16(SHA256) + u32(OWNER)))
    vectors.good("stir", command("StirRandom", [], sized(bytes(128))))


def run(vectors):
    hierarchies(vectors)
    dictionary_attack(vectors)
    end(vectors)
