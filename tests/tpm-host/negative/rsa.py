# SPDX-License-Identifier: MIT
"""RSA: padding, ciphertexts and signatures of every wrong kind, and texts that are empty."""
import functools

from rsa_math import DIGEST_INFO, Key, digest, oaep, pkcs1, pss
from wire import *  # noqa: F403

ALL_HASHES = (SHA1, SHA256, SHA384, SHA512)
SIZES = ((1024, 1), (2048, 2))


@functools.cache
def key_of(bits, seed):
    return Key(bits, seed)


def load(vectors, bits, seed):
    """An outside key with its private part: what it can decrypt and sign is known here."""
    key = key_of(bits, seed)
    template = rsa_public(DECRYPT | SIGN | USER, bits, unique=key.modulus())
    secret = sensitive(RSA, key.p.to_bytes(bits // 16, "big"))
    answer = vectors.good(f"rsa {bits} load", load_external(template, secret))
    key.handle = int.from_bytes(answer[10:14], "big")
    return key


def decrypt(handle, cipher, sch=scheme(), label=b""):
    return command("RSA_Decrypt", [handle], sized(cipher) + sch + sized(label), [password()])


def encrypt(handle, text, sch=scheme(), label=b""):
    return command("RSA_Encrypt", [handle], sized(text) + sch + sized(label))


def decrypt_pkcs1(vectors, key, bits):
    size, sch = key.size, scheme(RSAES)
    room = size - 11
    cases = {
        "good": pkcs1(size, b"text"), "empty": pkcs1(size, b""), "longest": pkcs1(size, b"t" * room),
        "pad of 7": pkcs1(size, b"t" * (room + 1)), "no pad": pkcs1(size, b"t" * (size - 3)),
        "first byte 1": pkcs1(size, b"text", first=1), "block type 0": pkcs1(size, b"text", kind=0),
        "block type 1": pkcs1(size, b"text", kind=1), "block type 3": pkcs1(size, b"text", kind=3),
        "no separator": pkcs1(size, b"", separator=b"\x5a"), "all zero but type": bytes([0, 2]) + bytes(size - 2),
        "zero in the pad": pkcs1(size, b"text", pad=b"\x5a" * 3 + b"\0" + b"\x5a" * (size - 11)),
        "zero at pad byte 8": pkcs1(size, b"text", pad=b"\x5a" * 8 + b"\0" + b"\x5a" * (size - 16)),
    }
    for name, block in cases.items():
        vectors.send(f"rsaes {bits} {name}", decrypt(key.handle, key.encrypt(block), sch))


def decrypt_oaep(vectors, key, bits):
    size = key.size
    for alg in ALL_HASHES:
        length = len(digest(alg))
        room = size - 2 * length - 2
        if room < 0:
            vectors.bad(f"oaep {bits} {alg:#x} key too small", decrypt(key.handle, key.encrypt(bytes(size)),
                                                                       scheme(OAEP, alg)))
            continue
        text = b"text"[:room]
        label = b"label\0"
        cases = {
            "good": (oaep(size, alg, text, label), label), "empty": (oaep(size, alg, b""), b""),
            "empty with label": (oaep(size, alg, b"", label), label), "longest": (oaep(size, alg, b"t" * room), b""),
            "other label": (oaep(size, alg, text, label), b"lable\0"), "no label": (oaep(size, alg, text, label), b""),
            "label without end": (oaep(size, alg, text, b"label"), b"label"),
            "label hash changed": (oaep(size, alg, text, label_hash=bytes(length)), b""),
            "first byte 1": (oaep(size, alg, text, first=1), b""), "fill not zero": (oaep(size, alg, text, fill=b"\2"), b""),
            "separator 2": (oaep(size, alg, text, separator=b"\2"), b""),
            "no separator": (oaep(size, alg, b"", separator=b"\0"), b""),
            "other mask hash": (oaep(size, alg, text, mask_alg=SHA1 if alg != SHA1 else SHA256), b""),
            "not encoded": (b"\0" + b"\x5a" * (size - 1), b""), "zeros": (bytes(size), b""),
        }
        for name, (block, given) in cases.items():
            vectors.send(f"oaep {bits} {alg:#x} {name}", decrypt(key.handle, key.encrypt(block), scheme(OAEP, alg), given))


def decrypt_numbers(vectors, key, bits):
    """Ciphertexts as numbers: what is not below the modulus, and what has another length."""
    size = key.size
    numbers = {"0": 0, "1": 1, "2": 2, "n-1": key.n - 1, "n": key.n, "n+1": key.n + 1, "all ones": (1 << bits) - 1,
               "p": key.p, "q": key.q}
    for name, value in numbers.items():
        for kind, sch in (("null", scheme()), ("rsaes", scheme(RSAES)), ("oaep", scheme(OAEP, SHA256))):
            vectors.send(f"decrypt {bits} {kind} {name}", decrypt(key.handle, number(value, size), sch))
    good = key.encrypt(pkcs1(size, b"text"))
    for name, cipher in (("short", good[:-1]), ("shorter", good[:8]), ("one byte", good[:1]), ("empty", b""),
                         ("long", b"\0" + good), ("longer", good + good)):
        for kind, sch in (("null", scheme()), ("rsaes", scheme(RSAES)), ("oaep", scheme(OAEP, SHA256))):
            vectors.send(f"decrypt {bits} {kind} {name} cipher", decrypt(key.handle, cipher, sch))


def encrypt_numbers(vectors, key, bits):
    size = key.size
    for name, text in (("0", bytes(size)), ("1", number(1, size)), ("n-1", number(key.n - 1, size)),
                       ("n", number(key.n, size)), ("n+1", number(key.n + 1, size)), ("all ones", b"\xff" * size),
                       ("empty", b""), ("one byte", b"t"), ("short", b"t" * (size - 1)), ("long zero", bytes(size + 1)),
                       ("long", b"t" * (size + 1))):
        vectors.send(f"encrypt {bits} null {name}", encrypt(key.handle, text))
    vectors.bad(f"encrypt {bits} rsaes too long", encrypt(key.handle, b"t" * (size - 10), scheme(RSAES)))
    vectors.bad(f"encrypt {bits} oaep too long", encrypt(key.handle, b"t" * (size - 41), scheme(OAEP, SHA1)))
    vectors.bad(f"encrypt {bits} oaep label without end", encrypt(key.handle, b"t", scheme(OAEP, SHA1), b"label"))
    for alg in (0, HMAC, ALG_NULL, 0x12, 0x27, 0xffff):
        vectors.bad(f"encrypt {bits} oaep hash {alg:#x}", encrypt(key.handle, b"t", scheme(OAEP, alg)))
    for alg in (0, 1, RSASSA, RSAPSS, ECDSA, 0xffff):
        vectors.bad(f"encrypt {bits} scheme {alg:#x}", encrypt(key.handle, b"t", scheme(alg)))


def verify(handle, hashed, alg, hash_alg, signature):
    return command("VerifySignature", [handle], sized(hashed) + u16(alg) + u16(hash_alg) + sized(signature))


def verify_pkcs1(vectors, key, bits):
    size = key.size
    for alg in ALL_HASHES:
        hashed = digest(alg, b"message")
        info = bytes.fromhex(DIGEST_INFO[alg])
        cases = {
            "good": pkcs1(size, info + hashed, 1), "type 2": pkcs1(size, info + hashed, 2),
            "first byte 1": pkcs1(size, info + hashed, 1, first=1), "no digest info": pkcs1(size, hashed, 1),
            "pad with a hole": pkcs1(size, info + hashed, 1, pad=b"\xff" * 9 + b"\xfe" * (size - 12 - len(info + hashed))),
            "garbage behind": pkcs1(size, info + hashed + bytes(9), 1),
            "short pad, garbage behind": pkcs1(size, info + hashed + b"g" * (size - 11 - len(info + hashed)), 1),
            "digest changed": pkcs1(size, info + hashed[:-1] + bytes([hashed[-1] ^ 1]), 1),
            "digest cut": pkcs1(size, info + hashed[:-1], 1), "zeros": bytes(size),
            "without NULL": pkcs1(size, bytes([0x30, info[1] - 2, 0x30, info[3] - 2]) + info[4:-4] + info[-2:] + hashed, 1),
        }
        for name, block in cases.items():
            vectors.send(f"rsassa {bits} {alg:#x} {name}", verify(key.handle, hashed, RSASSA, alg, key.decrypt(block)))
        signature = key.decrypt(cases["good"])
        others = {
            "n added": number(int.from_bytes(signature, "big") + key.n, size + 1), "cut": signature[:-1],
            "empty": b"", "longer": b"\0" + signature, "0": bytes(size), "1": number(1, size), "n": key.modulus(),
            "flipped": bytes([signature[0], signature[1] ^ 0x10]) + signature[2:],
        }
        for name, wrong in others.items():
            vectors.bad(f"rsassa {bits} {alg:#x} signature {name}", verify(key.handle, hashed, RSASSA, alg, wrong))
        vectors.bad(f"rsassa {bits} {alg:#x} digest short", verify(key.handle, hashed[:-1], RSASSA, alg, signature))
        vectors.bad(f"rsassa {bits} {alg:#x} digest long", verify(key.handle, hashed + b"\0", RSASSA, alg, signature))
        vectors.bad(f"rsassa {bits} {alg:#x} digest empty", verify(key.handle, b"", RSASSA, alg, signature))
        vectors.bad(f"rsassa {bits} {alg:#x} as pss", verify(key.handle, hashed, RSAPSS, alg, signature))


def verify_pss(vectors, key, bits):
    for alg in ALL_HASHES:
        hashed = digest(alg, b"message")
        length = len(hashed)
        longest = key.size - length - 2
        cases = {
            "good": pss(bits, alg, hashed, b"s" * min(length, longest)), "no salt": pss(bits, alg, hashed, b""),
            "salt of 1": pss(bits, alg, hashed, b"s"), "longest salt": pss(bits, alg, hashed, b"s" * longest),
            "salt of 20": pss(bits, alg, hashed, b"s" * 20),
            "trailer 0": pss(bits, alg, hashed, b"s" * 8, trailer=0), "trailer cc": pss(bits, alg, hashed, b"s" * 8, trailer=0xcc),
            "fill not zero": pss(bits, alg, hashed, b"s" * 8, fill=b"\2"),
            "separator 0": pss(bits, alg, hashed, b"s" * 8, separator=b"\0"),
            "separator 2": pss(bits, alg, hashed, b"s" * 8, separator=b"\2"),
            "other digest": pss(bits, alg, bytes(length), b"s" * 8), "zeros": bytes(key.size),
        }
        for name, block in cases.items():
            vectors.send(f"pss {bits} {alg:#x} {name}", verify(key.handle, hashed, RSAPSS, alg, key.decrypt(block)))
        top = pss(bits, alg, hashed, b"s" * 8, top=0x80)
        if int.from_bytes(top, "big") < key.n:
            vectors.send(f"pss {bits} {alg:#x} top bit", verify(key.handle, hashed, RSAPSS, alg, key.decrypt(top)))


def schemes(vectors, key, bits):
    hashed = digest(SHA256, b"message")
    for alg in (0, 1, RSAES, OAEP, ECDSA, ECSCHNORR, SM2, HMAC, ALG_NULL, 0xffff):
        vectors.bad(f"verify {bits} scheme {alg:#x}", verify(key.handle, hashed, alg, SHA256, bytes(key.size)))
    for alg in (0, 1, HMAC, ALG_NULL, 0x12, 0x27, 0x28, 0xffff):
        vectors.bad(f"verify {bits} hash {alg:#x}", verify(key.handle, hashed, RSASSA, alg, bytes(key.size)))
    for name, sch in (("rsaes", scheme(RSAES)), ("ecdsa", scheme(ECDSA, SHA256)), ("null", scheme()),
                      ("rsassa sha1", scheme(RSASSA, SHA1)), ("hash 0", scheme(RSASSA, 0)), ("0xffff", scheme(0xffff))):
        vectors.bad(f"sign {bits} {name}", sign(key.handle, hashed, sch))
    for alg in ALL_HASHES:
        vectors.send(f"sign {bits} rsassa {alg:#x}", sign(key.handle, digest(alg, b"message"), scheme(RSASSA, alg)))
    vectors.bad(f"sign {bits} digest short", sign(key.handle, hashed[:-1], scheme(RSASSA, SHA256)))
    vectors.bad(f"sign {bits} digest empty", sign(key.handle, b"", scheme(RSASSA, SHA256)))
    vectors.bad(f"sign {bits} digest too long", sign(key.handle, hashed * 3, scheme(RSASSA, SHA256)))


def sign(handle, hashed, sch):
    ticket = u16(0x8024) + u32(NULL) + sized(b"")
    return command("Sign", [handle], sized(hashed) + sch + ticket, [password()])


def outside_keys(vectors):
    """LoadExternal of keys that are none."""
    key = key_of(1024, 3)
    half = key.p.to_bytes(64, "big")

    def load_key(name, modulus, secret=b"\0\0", **more):
        vectors.send("rsa load " + name, load_external(rsa_public(DECRYPT | USER, 1024, unique=modulus, **more), secret))

    good = key.modulus()
    for name, modulus in (("even", good[:-1] + bytes([good[-1] & 0xfe])), ("short", good[1:]), ("long", b"\0" + good),
                          ("empty", b""), ("zero", bytes(128)), ("one", number(1, 128)),
                          ("top bit clear", b"\x7f" + good[1:])):
        load_key("modulus " + name, modulus)
        vectors.send("rsa flush " + name, flush(0x80000000))
    for bits in (0, 8, 512, 1000, 1025, 1536, 3072, 4096, 8192, 65535):
        vectors.send(f"rsa load bits {bits}", load_external(rsa_public(DECRYPT | USER, bits, unique=bytes(min(bits, 4096) // 8))))
    for exponent in (1, 2, 3, 4, 15, 17, 257, 65536, 65537, 65539, 0x7fffffff, 0x80000000, 0xffffffff):
        load_key(f"exponent {exponent}", good, exponent=exponent)
        vectors.send(f"rsa flush exponent {exponent}", flush(0x80000000))
    for name, prime in (("zero", bytes(64)), ("one", number(1, 64)), ("other", number(key.p + 2, 64)), ("short", half[1:]),
                        ("long", b"\0" + half), ("empty", b""), ("modulus", good), ("q", number(key.q, 64))):
        load_key("prime " + name, good, sensitive(RSA, prime))
        vectors.send("rsa flush prime " + name, flush(0x80000000))
    load_key("wrong kind of secret", good, sensitive(ECC, half))
    load_key("secret with auth too long", good, sensitive(RSA, half, auth=bytes(33)))
    for hierarchy in (OWNER, 0, 0x40000000, 0xffffffff):
        vectors.bad(f"rsa load secret in hierarchy {hierarchy:#x}", load_external(
            rsa_public(DECRYPT | USER, 1024, unique=good), sensitive(RSA, half), hierarchy))


def run(vectors):
    outside_keys(vectors)
    for bits, seed in SIZES:
        key = load(vectors, bits, seed)
        decrypt_pkcs1(vectors, key, bits)
        decrypt_oaep(vectors, key, bits)
        decrypt_numbers(vectors, key, bits)
        encrypt_numbers(vectors, key, bits)
        verify_pkcs1(vectors, key, bits)
        verify_pss(vectors, key, bits)
        schemes(vectors, key, bits)
        vectors.good(f"rsa {bits} flush", flush(key.handle))
