# SPDX-License-Identifier: MIT
"""Elliptic curves: points that are on none, scalars and signatures out of range, on all eight curves."""
from ecc_math import Curve, parameters
from rsa_math import digest
from wire import *  # noqa: F403

CURVES = {"p192": 1, "p224": 2, "p256": 3, "p384": 4, "p521": 5, "bn256": 0x10, "bn638": 0x11, "sm2": 0x20}
SECRET = 0x1234567890abcdef1234567890abcdef1234567
NONCE = 0xfedcba9876543210fedcba98765432

KEY = DECRYPT | SIGN | USER


def load(curve, point, secret=None, attributes=KEY, **more):
    private = b"\0\0" if secret is None else sensitive(ECC, secret)
    return load_external(ecc_public(attributes, curve.id, point, **more), private)


def load_and_flush(vectors, name, command_bytes):
    vectors.send(name, command_bytes)
    vectors.send(name + ", flush", flush(0x80000000))


def wrong_points(curve):
    x, y = curve.multiply(SECRET, curve.g)
    p, full = curve.p, (1 << 8 * curve.size) - 1
    points = {
        "y+1": (x, y + 1), "x+1": (x + 1, y), "swapped": (y, x), "0 0": (0, 0), "x 0": (x, 0), "0 y": (0, y),
        "1 1": (1, 1), "p y": (p, y), "x p": (x, p), "p p": (p, p), "all ones": (full, full), "p-1 p-1": (p - 1, p - 1),
        "x+p": (x + p, y), "y+p": (x, y + p), "-y": (x, p - y),
    }
    return {name: point for name, point in points.items() if max(point) <= full}


def points(vectors, name, curve):
    good = curve.multiply(SECRET, curve.g)
    for what, point in wrong_points(curve).items():
        load_and_flush(vectors, f"{name} load point {what}", load(curve, curve.point(point)))
    x, y = curve.point(good)
    for what, point in {"x empty": (b"", y), "y empty": (x, b""), "both empty": (b"", b""), "x short": (x[1:], y),
                        "x long": (b"\0" + x, y), "y long": (x, b"\0" + y), "x cut": (x[:-1], y)}.items():
        load_and_flush(vectors, f"{name} load point {what}", load(curve, point))


def secrets(vectors, name, curve):
    good = curve.point(curve.multiply(SECRET, curve.g))
    size = curve.size
    full = (1 << 8 * size) - 1
    for what, value in {"0": 0, "1": 1, "other": SECRET + 1, "n": curve.n, "n+d": curve.n + SECRET, "n-1": curve.n - 1,
                        "all ones": full}.items():
        if value <= full:
            load_and_flush(vectors, f"{name} load secret {what}", load(curve, good, number(value, size)))
    for what, value in {"empty": b"", "short": number(SECRET, 21), "long": number(SECRET, size + 1)}.items():
        load_and_flush(vectors, f"{name} load secret {what}", load(curve, good, value))


def exchange(vectors, name, curve, handle):
    """A private key meets points of others."""

    def zgen(what, first, second):
        point = sized(sized(first) + sized(second))
        vectors.send(f"{name} zgen {what}", command("ECDH_ZGen", [handle], point, [password()]))

    for what, point in wrong_points(curve).items():
        zgen(what, *curve.point(point))
    x, y = curve.point(curve.g)
    for what, point in {"generator": (x, y), "y empty": (x, b""), "empty": (b"", b""), "x long": (b"\0" + x, y),
                        "x longer": (bytes(100) + x, y)}.items():
        zgen(what, *point)
    vectors.bad(f"{name} zgen no point", command("ECDH_ZGen", [handle], sized(b""), [password()]))
    vectors.bad(f"{name} zgen point cut", command("ECDH_ZGen", [handle], sized(sized(x) + b"\0"), [password()]))


def verify(handle, hashed, r, s, alg=ECDSA, hash_alg=SHA256):
    return command("VerifySignature", [handle], sized(hashed) + u16(alg) + u16(hash_alg) + sized(r) + sized(s))


def signatures(vectors, name, curve, handle):
    hashed = digest(SHA256, b"message")
    r, s = curve.sign(SECRET, hashed, NONCE)
    size, n = curve.size, curve.n
    full = (1 << 8 * size) - 1
    cases = {
        "good": (r, s), "-s": (r, n - s), "r+1": (r + 1, s), "s+1": (r, s + 1), "swapped": (s, r), "r 0": (0, s),
        "s 0": (r, 0), "0 0": (0, 0), "1 1": (1, 1), "r n": (n, s), "s n": (r, n), "r+n": (r + n, s), "s+n": (r, s + n),
        "n-1 n-1": (n - 1, n - 1), "r p": (curve.p, s), "all ones": (full, full),
    }
    for what, (one, other) in cases.items():
        if max(one, other) <= full:
            vectors.send(f"{name} ecdsa {what}", verify(handle, hashed, curve.bytes(one), curve.bytes(other)))
    r, s = curve.bytes(r), curve.bytes(s)
    for what, (one, other) in {"r empty": (b"", s), "s empty": (r, b""), "both empty": (b"", b""), "r cut": (r[:-1], s),
                               "r with a zero more": (b"\0" + r, s), "r too long": (bytes(80) + r, s)}.items():
        vectors.send(f"{name} ecdsa {what}", verify(handle, hashed, one, other))
    for what, wrong in {"flipped": bytes([hashed[0] ^ 1]) + hashed[1:], "short": hashed[:-1], "long": hashed + b"\0",
                        "empty": b"", "zeros": bytes(32)}.items():
        vectors.send(f"{name} ecdsa digest {what}", verify(handle, wrong, r, s))
    for alg in (SHA1, SHA384, SHA512):
        hashed = digest(alg, b"message")
        r, s = (curve.bytes(value) for value in curve.sign(SECRET, hashed, NONCE))
        vectors.send(f"{name} ecdsa {alg:#x} good", verify(handle, hashed, r, s, hash_alg=alg))
        vectors.bad(f"{name} ecdsa {alg:#x} flipped", verify(handle, hashed, r, s[:-1] + bytes([s[-1] ^ 1]), hash_alg=alg))
    for alg in (ECSCHNORR, SM2, ECDAA, RSASSA, RSAPSS, HMAC, ALG_NULL, 0, 0xffff):
        vectors.send(f"{name} as scheme {alg:#x}", verify(handle, digest(SHA256, b"message"), r, s, alg))


def schemes(vectors, name, curve, handle):
    hashed = digest(SHA256, b"message")
    ticket = u16(0x8024) + u32(NULL) + sized(b"")
    for what, sch in {"rsassa": scheme(RSASSA, SHA256), "null": scheme(), "hash 0": scheme(ECDSA, 0),
                      "sha1": scheme(ECDSA, SHA1), "no such": scheme(0xffff), "ecdaa": scheme(ECDAA, SHA256, u16(7))}.items():
        vectors.bad(f"{name} sign {what}", command("Sign", [handle], sized(hashed) + sch + ticket, [password()]))
    vectors.bad(f"{name} sign digest empty", command("Sign", [handle], sized(b"") + scheme(ECDSA, SHA256) + ticket,
                                                     [password()]))
    point = sized(sized(curve.bytes(1)) + sized(curve.bytes(1)))
    vectors.send(f"{name} two phase", command("ZGen_2Phase", [handle], point + point + u16(ECDH) + u16(0), [password()]))
    vectors.send(f"{name} commit", command("Commit", [handle], point + sized(b"") + sized(b""), [password()]))


def templates(vectors, curve):
    """Fields of a public area that do not go together."""
    good = curve.point(curve.multiply(SECRET, curve.g))
    for curve_id in (0, 6, 0xf, 0x12, 0x21, 0x30, 0xffff):
        vectors.bad(f"ecc load curve {curve_id:#x}", load_external(ecc_public(KEY, curve_id, good)))
    for curve_id in (0, 6, 0x12, 0x21, 0xffff):
        vectors.bad(f"ecc parameters {curve_id:#x}", parameters(curve_id))
    for what, more in {
            "rsa scheme": {"sch": scheme(RSASSA, SHA256)}, "scheme without hash": {"sch": scheme(ECDSA, ALG_NULL)},
            "kdf of no key": {"kdf": scheme(0x20, SHA256)}, "kdf unknown": {"kdf": scheme(0xffff)},
            "symmetric for no parent": {"sym": symmetric(AES)}, "restricted both": {"attributes": KEY | RESTRICTED},
            "name hash 0": {"name_alg": 0}, "name hash null": {"name_alg": ALG_NULL}, "policy short": {"policy": bytes(31)},
            "fixed parent": {"attributes": KEY | FIXED_PARENT}, "fixed tpm": {"attributes": KEY | FIXED_TPM},
            "no use": {"attributes": USER}, "reserved bit": {"attributes": KEY | 1}, "bit 31": {"attributes": KEY | 1 << 31},
    }.items():
        load_and_flush(vectors, "ecc load " + what, load(curve, good, **more))


def run(vectors):
    curves = {}
    for name, curve_id in CURVES.items():
        curves[name] = Curve(curve_id, vectors.good(f"{name} parameters", parameters(curve_id)))
    templates(vectors, curves["p256"])
    for name, curve in curves.items():
        points(vectors, name, curve)
        secrets(vectors, name, curve)
        public_point = curve.point(curve.multiply(SECRET, curve.g))
        answer = vectors.good(f"{name} load", load(curve, public_point, curve.bytes(SECRET)))
        handle = int.from_bytes(answer[10:14], "big")
        exchange(vectors, name, curve, handle)
        signatures(vectors, name, curve, handle)
        schemes(vectors, name, curve, handle)
        vectors.good(f"{name} flush", flush(handle))
