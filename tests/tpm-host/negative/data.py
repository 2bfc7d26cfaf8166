# SPDX-License-Identifier: MIT
"""Hashes, HMACs, PCRs, ciphers, capabilities and small commands: algorithms that are none, values out of
range, lists that are too long."""
from rsa_math import digest
from wire import *  # noqa: F403

NO_HASHES = (0, 1, HMAC, AES, 0x10, 0x12, 0x17, 0x27, 0x28, 0x29, 0x44, 0x7fff, 0xffff)
NO_HIERARCHIES = (0, 0x40000000, 0x40000002, 0x40000008, PASSWORD, LOCKOUT, 0x4000000d, 0x80000000, 0xffffffff)
TICKET = u16(0x8024) + u32(NULL) + sized(b"")


def hashes(vectors):
    def hashed(data, alg=SHA256, hierarchy=NULL):
        return command("Hash", [], sized(data) + u16(alg) + u32(hierarchy))

    for alg in NO_HASHES:
        vectors.bad(f"hash alg {alg:#x}", hashed(b"abc", alg))
        vectors.send(f"hash sequence alg {alg:#x}", command("HashSequenceStart", [], sized(b"") + u16(alg)))
        vectors.bad(f"pcr extend alg {alg:#x}", command("PCR_Extend", [16], u32(1) + u16(alg) + bytes(20), [password()]))
        vectors.bad(f"test parms alg {alg:#x}", command("TestParms", [], u16(KEYEDHASH) + scheme(HMAC, alg)))
    for hierarchy in NO_HIERARCHIES:
        vectors.bad(f"hash hierarchy {hierarchy:#x}", hashed(b"abc", hierarchy=hierarchy))
    for size in (1025, 2000, 3000):
        vectors.bad(f"hash {size} bytes", hashed(bytes(size)))
    for stated in (0, 2, 4, 1024, 1025, 0x7fff, 0xffff):
        vectors.bad(f"hash of 3 bytes states {stated}", command("Hash", [], u16(stated) + b"abc" + u16(SHA256) + u32(NULL)))
    vectors.bad("hash sequence auth too long", command("HashSequenceStart", [], sized(bytes(65)) + u16(SHA256)))


def start(vectors, name, code_name, handles, parameters, sessions=None):
    answer = vectors.good(name, command(code_name, handles, parameters, sessions))
    return int.from_bytes(answer[10:14], "big")


def sequences(vectors):
    def update(handle, data, auth=b"key"):
        return command("SequenceUpdate", [handle], sized(data), [password(auth)])

    def complete(handle, data=b"", hierarchy=NULL, auth=b"key"):
        return command("SequenceComplete", [handle], sized(data) + u32(hierarchy), [password(auth)])

    def event_complete(pcr, handle, data=b"", auth=b"key"):
        return command("EventSequenceComplete", [pcr, handle], sized(data), [password(), password(auth)])

    handle = start(vectors, "sequence start", "HashSequenceStart", [], sized(b"key") + u16(SHA384))
    vectors.bad("sequence update wrong auth", update(handle, b"abc", b"kex"))
    vectors.bad("sequence update no auth", update(handle, b"abc", b""))
    vectors.bad("sequence update 1025 bytes", update(handle, bytes(1025)))
    vectors.bad("sequence update wrong handle", update(handle + 1, b"abc"))
    vectors.good("sequence update", update(handle, b"a" * 1024))
    vectors.bad("sequence complete wrong auth", complete(handle, auth=b""))
    vectors.bad("sequence complete as event", event_complete(16, handle))
    for hierarchy in NO_HIERARCHIES:
        vectors.bad(f"sequence complete hierarchy {hierarchy:#x}", complete(handle, hierarchy=hierarchy))
    vectors.bad("sequence evict", command("EvictControl", [OWNER, handle], u32(0x81000000), [password()]))
    vectors.bad("sequence read public", command("ReadPublic", [handle]))
    vectors.good("sequence complete", complete(handle, b"end"))
    vectors.bad("sequence complete again", complete(handle))
    handle = start(vectors, "event sequence start", "HashSequenceStart", [], sized(b"key") + u16(ALG_NULL))
    vectors.bad("event sequence complete as hash", complete(handle))
    vectors.bad("event sequence pcr 24", event_complete(24, handle))
    vectors.bad("event sequence pcr 17", event_complete(17, handle))
    vectors.bad("event sequence wrong auth", event_complete(16, handle, auth=b"kez"))
    vectors.good("event sequence update", update(handle, b"abc"))
    vectors.good("event sequence complete", event_complete(16, handle, b"def"))
    for i in range(4):  # one more than there is room for
        vectors.send(f"sequence start {i}", command("HashSequenceStart", [], sized(b"") + u16(SHA1)))
    for i in range(3):
        vectors.good(f"sequence flush {i}", flush(0x80000000 + i))


def pcr_lists(vectors):
    vectors.bad("pcr read 17 selections", command("PCR_Read", [], pcrs(*[(SHA256, b"\1\0\0")] * 17)))
    for count in (2, 16, 17, 0x10000, 0xffffffff):
        vectors.bad(f"pcr read states {count}", command("PCR_Read", [], u32(count) + pcrs((SHA1, b"\1\0\0"))[4:]))
    for bits in (b"", b"\1", b"\1\0", b"\1\0\0\0", bytes(255)):
        vectors.bad(f"pcr read select of {len(bits)}", command("PCR_Read", [], pcrs((SHA256, bits))))
    for alg in NO_HASHES:
        vectors.bad(f"pcr read bank {alg:#x}", command("PCR_Read", [], pcrs((alg, b"\1\0\0"))))
    vectors.good("pcr read nothing", command("PCR_Read", [], pcrs()))
    vectors.good("pcr read the same bank twice", command("PCR_Read", [], pcrs((SHA1, b"\1\0\0"), (SHA1, b"\2\0\0"))))


def pcr_writes(vectors):
    digests = u32(1) + u16(SHA256) + bytes(32)
    for pcr in (24, 25, 0xff, 0x100, 0xffff, 0x01000000, 0x02000000, 0x40000001, 0x80000000, 0xffffffff):
        vectors.bad(f"pcr extend handle {pcr:#x}", command("PCR_Extend", [pcr], digests, [password()]))
        vectors.bad(f"pcr reset handle {pcr:#x}", command("PCR_Reset", [pcr], b"", [password()]))
        vectors.bad(f"pcr event handle {pcr:#x}", command("PCR_Event", [pcr], sized(b"abc"), [password()]))
    for pcr in (0, 1, 15, 17, 18, 22):
        vectors.bad(f"pcr reset {pcr}", command("PCR_Reset", [pcr], b"", [password()]))
    for pcr in (17, 18, 19, 20):
        vectors.send(f"pcr extend {pcr}", command("PCR_Extend", [pcr], digests, [password()]))
    vectors.good("pcr reset 16", command("PCR_Reset", [16], b"", [password()]))
    vectors.good("pcr reset 23", command("PCR_Reset", [23], b"", [password()]))
    vectors.bad("pcr extend wrong auth", command("PCR_Extend", [16], digests, [password(b"x")]))
    vectors.good("pcr extend nothing", command("PCR_Extend", [16], u32(0), [password()]))
    vectors.good("pcr extend null", command("PCR_Extend", [NULL], digests, [password()]))
    for count in (2, 5, 6, 0xffffffff):
        vectors.bad(f"pcr extend states {count} digests", command("PCR_Extend", [16], u32(count) + digests[4:], [password()]))
    vectors.bad("pcr event too long", command("PCR_Event", [16], sized(bytes(1025)), [password()]))
    vectors.good("pcr auth value", command("PCR_SetAuthValue", [20], sized(b"abc"), [password()]))
    vectors.good("pcr auth policy", command("PCR_SetAuthPolicy", [PLATFORM], sized(bytes(32)) + u16(SHA256) + u32(20),
                                           [password()]))
    vectors.bad("pcr allocate as owner", command("PCR_Allocate", [OWNER], pcrs((SHA1, b"\1\0\0")), [password()]))
    vectors.bad("pcr allocate wrong auth", command("PCR_Allocate", [PLATFORM], pcrs((SHA1, b"\1\0\0")), [password(b"x")]))


def cipher(vectors):
    key = symcipher_public(DECRYPT | SIGN | USER, symmetric(AES, 128, ALG_NULL), unique=digest(SHA256, bytes(32) + b"k" * 16))
    answer = vectors.good("cipher load", load_external(key, sensitive(SYMCIPHER, b"k" * 16, seed=bytes(32))))
    handle = int.from_bytes(answer[10:14], "big")

    def run(name, data, iv=bytes(16), mode=CFB, decrypt=b"\0"):
        vectors.send("cipher " + name, command("EncryptDecrypt", [handle], decrypt + u16(mode) + sized(iv) + sized(data),
                                               [password()]))
        vectors.send("cipher 2 " + name, command("EncryptDecrypt2", [handle], sized(data) + decrypt + u16(mode) + sized(iv),
                                                 [password()]))

    for size in (0, 1, 8, 12, 15, 17, 32):
        run(f"iv of {size}", bytes(16), bytes(size))
    for mode in (0, AES, 0x3f, 0x45, 0x46, ALG_NULL, 0xffff):
        run(f"mode {mode:#x}", bytes(16), mode=mode)
    for size in (1, 15, 17, 31, 33, 1023):
        run(f"cbc {size} bytes", bytes(size), mode=CBC)
        run(f"ecb {size} bytes", bytes(size), b"", mode=ECB)
    run("ecb with iv", bytes(16), mode=ECB)
    run("cfb nothing", b"")
    run("cbc nothing", b"", mode=CBC)
    run("cfb 1025 bytes", bytes(1025))
    for flag in (2, 0x80, 0xff):
        run(f"flag {flag}", bytes(16), decrypt=u8(flag))
    vectors.good("cipher flush", flush(handle))


def cipher_keys(vectors):
    for alg, bits, mode in ((AES, 0, CFB), (AES, 64, CFB), (AES, 129, CFB), (AES, 192, CFB), (AES, 512, CFB),
                            (AES, 128, 0), (AES, 128, 0xffff), (CAMELLIA, 64, CFB), (CAMELLIA, 192, CFB), (TDES, 56, CFB),
                            (TDES, 64, CFB), (0x13, 128, CFB), (0, 128, CFB), (0xffff, 128, CFB)):
        vectors.bad(f"cipher load {alg:#x} {bits} {mode:#x}", load_external(symcipher_public(
            DECRYPT | USER, symmetric(alg, bits, mode), unique=bytes(32)), sensitive(SYMCIPHER, bytes(bits // 8), seed=bytes(32))))
    for size in (0, 1, 15, 17, 32):
        secret = b"k" * size
        template = symcipher_public(DECRYPT | USER, unique=digest(SHA256, bytes(32) + secret))
        vectors.bad(f"cipher load aes-128 with {size} bytes", load_external(template, sensitive(SYMCIPHER, secret, seed=bytes(32))))
    template = symcipher_public(DECRYPT | USER, unique=bytes(32))
    vectors.bad("cipher load unbound", load_external(template, sensitive(SYMCIPHER, bytes(16), seed=bytes(32))))
    for name, key in (("weak", bytes(24)), ("two equal", b"\1" * 16 + b"\2" * 8), ("parity", bytes(range(24)))):
        template = symcipher_public(DECRYPT | USER, symmetric(TDES, 192, CFB), unique=digest(SHA256, bytes(32) + key))
        vectors.send(f"cipher load tdes {name}", load_external(template, sensitive(SYMCIPHER, key, seed=bytes(32))))
        vectors.send(f"cipher flush tdes {name}", flush(0x80000000))


def hmac(vectors):
    unique = digest(SHA256, bytes(32) + b"secret")
    template = keyedhash_public(SIGN | USER, scheme(HMAC, SHA256), unique)
    answer = vectors.good("hmac load", load_external(template, sensitive(KEYEDHASH, b"secret", seed=bytes(32))))
    handle = int.from_bytes(answer[10:14], "big")
    for alg in (SHA1, SHA384, *NO_HASHES):
        vectors.send(f"hmac alg {alg:#x}", command("HMAC", [handle], sized(b"abc") + u16(alg), [password()]))
        if alg != ALG_NULL:
            vectors.bad(f"hmac start alg {alg:#x}", command("HMAC_Start", [handle], sized(b"") + u16(alg), [password()]))
    vectors.good("hmac", command("HMAC", [handle], sized(b"abc") + u16(SHA256), [password()]))
    vectors.bad("hmac wrong auth", command("HMAC", [handle], sized(b"abc") + u16(SHA256), [password(b"x")]))
    vectors.bad("hmac too long", command("HMAC", [handle], sized(bytes(1025)) + u16(SHA256), [password()]))
    signed = sized(digest(SHA256, b"abc"))
    answer = vectors.good("hmac sign", command("Sign", [handle], signed + scheme() + TICKET, [password()]))
    tag = answer[-37:-5]
    for name, wrong in (("good", tag), ("flipped", bytes([tag[0] ^ 1]) + tag[1:]), ("zeros", bytes(32))):
        vectors.send("hmac verify " + name, command("VerifySignature", [handle], signed + scheme(HMAC, SHA256) + wrong))
    vectors.bad("hmac verify sha1", command("VerifySignature", [handle], signed + scheme(HMAC, SHA1) + bytes(20)))
    vectors.bad("hmac verify cut", command("VerifySignature", [handle], signed + scheme(HMAC, SHA256) + tag[:-1]))
    vectors.good("hmac flush", flush(handle))


def small(vectors):
    for capability, what in ((10, 0), (0x7fffffff, 0), (0xffffffff, 0), (0, 0x20000), (1, 0x02000000), (1, 0x05000000),
                             (1, 0xff000000), (6, 0xffffffff), (5, 1)):
        vectors.send(f"capability {capability:#x} {what:#x}", command("GetCapability", [], u32(capability) + u32(what) + u32(8)))
    for size in (65, 1000, 0xffff):
        vectors.send(f"random {size}", command("GetRandom", [], u16(size)))
    vectors.bad("stir too much", command("StirRandom", [], sized(bytes(129))))
    vectors.good("random 0", command("GetRandom", [], u16(0)))
    for value in (0, 1, 2, 0xffff):
        vectors.bad(f"startup {value}", command("Startup", [], u16(value)))
    for value in (2, 3, 0xffff):
        vectors.bad(f"shutdown {value}", command("Shutdown", [], u16(value)))
    for value in (2, 0x7f, 0xff):
        vectors.bad(f"self test {value}", command("SelfTest", [], u8(value)))
    for alg in (0, 2, 0x7f, 0xffff):
        vectors.send(f"incremental self test {alg:#x}", command("IncrementalSelfTest", [], u32(1) + u16(alg)))
    vectors.bad("incremental self test too many", command("IncrementalSelfTest", [], u32(129) + u16(1) * 129))
    for kind in (0, 2, 7, 0x24, 0x26, 0xffff):
        vectors.bad(f"test parms kind {kind:#x}", command("TestParms", [], u16(kind) + symmetric() + scheme() + u16(2048) + u32(0)))


def run(vectors):
    hashes(vectors)
    sequences(vectors)
    pcr_lists(vectors)
    pcr_writes(vectors)
    cipher(vectors)
    cipher_keys(vectors)
    hmac(vectors)
    small(vectors)
