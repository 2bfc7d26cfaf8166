# SPDX-License-Identifier: MIT
"""RSA keys from a fixed seed and their paddings (RFC 8017), with places to put faults."""
import hashlib
import random

from wire import SHA1, SHA256, SHA384, SHA512

HASHES = {SHA1: "sha1", SHA256: "sha256", SHA384: "sha384", SHA512: "sha512"}
DIGEST_INFO = {
    SHA1: "3021300906052b0e03021a05000414", SHA256: "3031300d060960864801650304020105000420",
    SHA384: "3041300d060960864801650304020205000430", SHA512: "3051300d060960864801650304020305000440",
}


def digest(alg, data=b""):
    return hashlib.new(HASHES[alg], data).digest()


def is_prime(value, rng):
    if any(value % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = value - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        x = pow(rng.randrange(2, value - 1), odd, value)
        if x in (1, value - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % value
            if x == value - 1:
                break
        else:
            return False
    return True


class Key:
    def __init__(self, bits, seed):
        rng = random.Random(seed)
        self.size, self.e = bits // 8, 65537
        self.p, self.q = self.prime(bits // 2, rng), self.prime(bits // 2, rng)
        self.n = self.p * self.q
        self.d = pow(self.e, -1, (self.p - 1) * (self.q - 1))

    def prime(self, bits, rng):
        while True:
            value = rng.getrandbits(bits) | 3 << (bits - 2) | 1
            if value % self.e != 1 and is_prime(value, rng):
                return value

    def modulus(self):
        return self.n.to_bytes(self.size, "big")

    def encrypt(self, block):
        return pow(int.from_bytes(block, "big"), self.e, self.n).to_bytes(self.size, "big")

    def decrypt(self, block):
        value = int.from_bytes(block, "big")
        mp, mq = pow(value, self.d % (self.p - 1), self.p), pow(value, self.d % (self.q - 1), self.q)
        return (mq + self.q * ((mp - mq) * pow(self.q, -1, self.p) % self.p)).to_bytes(self.size, "big")


def xored(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def mgf1(alg, seed, size):
    out = b""
    for i in range(size // len(digest(alg)) + 1):
        out += digest(alg, seed + i.to_bytes(4, "big"))
    return out[:size]


def pkcs1(size, text, kind=2, first=0, pad=None, separator=b"\0"):
    """EME-PKCS1-v1_5, or EMSA with kind 1; `pad`: other bytes than the right ones."""
    if pad is None:
        pad = (b"\xff" if kind == 1 else b"\x5a") * (size - 3 - len(text))
    return bytes([first, kind]) + pad + separator + text


def oaep(size, alg, text, label=b"", first=0, fill=b"\0", separator=b"\1", label_hash=None, mask_alg=None):
    """EME-OAEP with a fixed seed."""
    length = len(digest(alg))
    label_hash = digest(alg, label) if label_hash is None else label_hash
    data = label_hash + fill * (size - 2 * length - 1 - len(separator) - len(text)) + separator + text
    seed = b"\x33" * length
    masked = xored(data, mgf1(mask_alg or alg, seed, len(data)))
    return bytes([first]) + xored(seed, mgf1(mask_alg or alg, masked, length)) + masked


def pss(bits, alg, hashed, salt, trailer=0xbc, fill=b"\0", separator=b"\1", top=0):
    """EMSA-PSS of a digest; `top`: bits to set where zeros must be."""
    size = (bits - 1 + 7) // 8
    inner = digest(alg, bytes(8) + hashed + salt)
    data = fill * (size - len(salt) - len(inner) - 2) + separator + salt
    masked = bytearray(xored(data, mgf1(alg, inner, len(data))))
    masked[0] &= 0xff >> (8 * size - (bits - 1))
    masked[0] |= top
    return bytes(masked) + inner + bytes([trailer])
