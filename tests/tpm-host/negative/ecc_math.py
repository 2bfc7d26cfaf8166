# SPDX-License-Identifier: MIT
"""Curves as TPM2_ECC_Parameters tells them, and ECDSA with a fixed nonce."""
from wire import command, number, u16, unsized


class Curve:
    """y^2 = x^3 + ax + b mod p, generator g of order n; a point is (x, y), None is infinity."""

    def __init__(self, curve_id, answer):
        self.id = curve_id
        at = 10 + 4  # header; curve, key size
        for _ in range(2):  # kdf and signature scheme: an algorithm, and a hash unless it is none
            at += 2 if answer[at:at + 2] == u16(0x10) else 4
        values = []
        for _ in range(7):
            value, at = unsized(answer, at)
            values.append(value)
        self.size = len(values[0])
        self.p, self.a, self.b, gx, gy, self.n, _ = (int.from_bytes(value, "big") for value in values)
        self.g = (gx, gy)

    def add(self, one, other):
        if one is None or other is None:
            return one or other
        if one[0] == other[0]:
            if (one[1] + other[1]) % self.p == 0:
                return None
            slope = (3 * one[0] * one[0] + self.a) * pow(2 * one[1], -1, self.p)
        else:
            slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, self.p)
        x = (slope * slope - one[0] - other[0]) % self.p
        return x, (slope * (one[0] - x) - one[1]) % self.p

    def multiply(self, scalar, point):
        result = None
        for bit in bin(scalar)[2:]:
            result = self.add(result, result)
            if bit == "1":
                result = self.add(result, point)
        return result

    def on_curve(self, x, y):
        return (y * y - x * x * x - self.a * x - self.b) % self.p == 0

    def bytes(self, value):
        return number(value, self.size)

    def point(self, point):
        return self.bytes(point[0]), self.bytes(point[1])

    def sign(self, secret, hashed, nonce):
        """ECDSA."""
        shift = max(8 * len(hashed) - self.n.bit_length(), 0)
        value = int.from_bytes(hashed, "big") >> shift
        r = self.multiply(nonce, self.g)[0] % self.n
        return r, pow(nonce, -1, self.n) * (value + r * secret) % self.n


def parameters(curve_id):
    return command("ECC_Parameters", [], u16(curve_id))
