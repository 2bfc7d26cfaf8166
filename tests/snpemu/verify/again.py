#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second verifier of attestation reports, written from the documents and not from svsm-verify: its
own DER reader, the reports' layout as a table, and of `cryptography` only RSA, ECDSA and SHA-384.

failures() returns the names of the checks that fail, in the names of svsm-verify; Unreadable is
raised where there is nothing to check."""
import datetime
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

AMD = "1.3.6.1.4.1.3704.1"
RSA_PSS, MGF1, SHA384 = "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8", "2.16.840.1.101.3.4.2.2"
SPLS = {"bl": AMD + ".3.1", "tee": AMD + ".3.2", "snp": AMD + ".3.3", "ucode": AMD + ".3.8",
        "fmc": AMD + ".3.9"}
PARTS = {"milan": {"bl": 0, "tee": 1, "snp": 6, "ucode": 7},
         "turin": {"fmc": 0, "bl": 1, "tee": 2, "snp": 3, "ucode": 7}}
EXPECTED = {"measurement": (0x090, 48), "report-data": (0x050, 64), "host-data": (0x0C0, 32),
            "id-key-digest": (0x0E0, 48), "author-key-digest": (0x110, 48),
            "family-id": (0x010, 16), "image-id": (0x020, 16), "chip-id": (0x1A0, 64)}
POLICY_BITS = {"smt": 16, "migration": 18, "debug": 19, "single-socket": 20, "cxl": 21,
               "aes-256-xts": 22, "rapl-disabled": 23, "ciphertext-hiding": 24,
               "page-swap-disabled": 25}
TEST_NAME = b"SVSM EMULATOR TEST"


# The emulator's keys are public: two primes each, in its source.
TEST_KEYS = "tools/snpemu/host/psp_test_keys.c"


def test_moduli():
    with open(TEST_KEYS, encoding="ascii") as file:
        text = file.read()
    primes = [int("".join(re.findall(r'"([0-9a-f]+)"', block)), 16)
              for block in re.findall(r'\.[pq] =((?:\s*"[0-9a-f]+")+)', text)]
    return {p * q for p, q in zip(primes[::2], primes[1::2])}


class Unreadable(Exception):
    """Not a certificate."""


def element(data, at=0):
    """One DER element: tag, contents, the whole of it, and where the next one begins."""
    try:
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[start:start + count], "big")
            if count == 0 or count > 4 or size < 0x80 or data[start] == 0:
                raise Unreadable("length")
            start += count
    except IndexError as error:
        raise Unreadable("short") from error
    if start + size > len(data):
        raise Unreadable("short")
    return tag, data[start:start + size], data[at:start + size], start + size


def children(data):
    found, at = [], 0
    while at < len(data):
        tag, body, whole, at = element(data, at)
        found.append((tag, body, whole))
    return found


def oid(body):
    numbers, value = [body[0] // 40, body[0] % 40], 0
    for byte in body[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    return ".".join(map(str, numbers))


def time(tag, body):
    form = "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ"
    try:
        when = datetime.datetime.strptime(body.decode("ascii"), form)
    except ValueError as error:
        raise Unreadable("time") from error
    return when.replace(tzinfo=datetime.timezone.utc).timestamp()


class Certificate:
    def __init__(self, der):
        try:
            self.read(der)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise Unreadable(str(error)) from error

    def read(self, der):
        tag, body, _, end = element(der)
        if tag != 0x30 or end != len(der):
            raise Unreadable("outer")
        (_, tbs, self.signed), (_, _, self.algorithm), (_, bits, _) = children(body)
        if bits[0] != 0:
            raise Unreadable("unused bits")
        self.signature = bits[1:]
        fields = children(tbs)
        if fields[0][0] != 0xA0:
            raise Unreadable("version 1")
        _, _, self.inner_algorithm, self.issuer, validity, self.subject, key = \
            [fields[i] if i in (4,) else fields[i][2] for i in range(7)]
        self.serial = fields[1][1]
        self.not_before, self.not_after = [time(t, b) for t, b, _ in children(validity[1])]
        try:
            self.key = load_der_public_key(key)
        except Exception as error:  # the library has many kinds
            raise Unreadable("key") from error
        self.extensions = []
        for tag, body, _ in fields[7:]:
            if tag == 0xA3:
                for _, one, _ in children(children(body)[0][1]):
                    parts = children(one)
                    self.extensions.append((oid(parts[0][1]), parts[-1][1]))

    def extension(self, number):
        """None: not there. Raises where there are two."""
        values = [value for name, value in self.extensions if name == number]
        if len(values) > 1:
            raise ValueError("twice")
        return values[0] if values else None

    def pss_salt(self):
        """The salt's size if it is signed by RSA-PSS with SHA-384 throughout, else None."""
        if self.algorithm != self.inner_algorithm:
            return None
        parts = children(element(self.algorithm)[1])
        if oid(parts[0][1]) != RSA_PSS:
            return None
        found = {tag: children(body) for tag, body, _ in children(parts[1][1])}
        digest = oid(children(found[0xA0][0][1])[0][1])
        mgf = children(found[0xA1][0][1])
        if digest != SHA384 or oid(mgf[0][1]) != MGF1 or oid(children(mgf[1][1])[0][1]) != SHA384:
            return None
        return int.from_bytes(found[0xA2][0][1], "big")

    def is_issued_by(self, issuer):
        salt = self.pss_salt()
        key = issuer.key
        if self.issuer != issuer.subject or salt is None:
            return False
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 4096:
            return False
        try:
            key.verify(self.signature, self.signed,
                       padding.PSS(padding.MGF1(hashes.SHA384()), salt), hashes.SHA384())
        except InvalidSignature:
            return False
        return True

    def is_authority(self):
        constraints = self.extension("2.5.29.19")
        usage = self.extension("2.5.29.15")
        may_sign = usage is None or element(usage)[1][1] & 0x04
        flags = children(element(constraints)[1]) if constraints is not None else []
        return bool(flags) and flags[0][:2] == (1, b"\xff") and bool(may_sign)


def is_test(cert):
    key = cert.key
    return TEST_NAME in cert.subject or \
        (isinstance(key, rsa.RSAPublicKey) and key.public_numbers().n in test_moduli())


def crl_fails(der, ark, ask, now):
    """The list is not the ARK's, not of this time, or names the ASK."""
    try:
        crl = Certificate.__new__(Certificate)
        (_, tbs, crl.signed), (_, _, crl.algorithm), (_, bits, _) = children(element(der)[1])
        fields = children(tbs)
        fields = fields[1:] if fields[0][0] == 2 else fields
        crl.signature, crl.inner_algorithm, crl.issuer = bits[1:], fields[0][2], fields[1][2]
        this, following = time(*fields[2][:2]), time(*fields[3][:2])
        revoked = fields[4] if len(fields) > 4 and fields[4][0] == 0x30 else (0, b"", b"")
        serials = [children(one)[0][1] for _, one, _ in children(revoked[1])]
    except (IndexError, ValueError, Unreadable):
        return True
    return not crl.is_issued_by(ark) or not this < now < following or ask.serial in serials


def number(value):
    """A DER INTEGER from 0 to 255."""
    tag, body, _, end = element(value)
    if tag != 2 or end != len(value) or len(body) not in (1, 2):
        raise ValueError
    if body[0] >= 0x80 or (len(body) == 2 and (body[0] != 0 or body[1] < 0x80)):
        raise ValueError
    return body[-1]


def text(value):
    tag, body, _, end = element(value)
    if tag not in (0x16, 0x0C) or end != len(value) or not 0 < len(body) < 32 \
            or any(not 0x20 <= byte < 0x7F for byte in body):
        raise ValueError
    return body.decode("ascii")


def amd_extensions(cert):
    """(patch levels, chip, product, provider); empty and False when one of them is malformed."""
    try:
        spls = {name: number(cert.extension(at)) for name, at in SPLS.items()
                if cert.extension(at) is not None}
        product, provider, chip = [cert.extension(AMD + end) for end in (".2", ".5", ".4")]
        if chip is not None and len(chip) in (66, 10) and chip[0] == 4:
            chip = element(chip)[1]
        if chip is not None and len(chip) not in (64, 8):
            raise ValueError
        return True, spls, chip, product and text(product), provider and text(provider)
    except (ValueError, Unreadable):
        return False, {}, None, None, None


def policy_fails(policy, words):
    if any(word[0].isdigit() for word in words):
        return any(word[0].isdigit() and int(word, 0) != policy for word in words)
    wanted = {"debug": 0, "migration": 0}
    abi = 0
    for word in words:
        if word.startswith("abi="):
            major, minor = word[4:].split(".")
            abi = int(major) << 8 | int(minor)
        else:
            wanted[word[3:] if word.startswith("no-") else word] = int(not word.startswith("no-"))
    return policy >> 26 != 0 or not policy >> 17 & 1 or policy & 0xFFFF < abi or \
        any(policy >> POLICY_BITS[name] & 1 != value for name, value in wanted.items())


class Report:
    def __init__(self, data):
        self.data = data

    def number(self, at, size):
        return int.from_bytes(self.data[at:at + size], "little")

    def bytes(self, at, size):
        return self.data[at:at + size]

    def zero(self, at, size):
        return not any(self.data[at:at + size])


def signature_holds(report, cert):
    r, s = report.number(0x2A0, 72), report.number(0x2E8, 72)
    if r >> 384 or s >> 384 or not report.zero(0x330, 368) or not r or not s:
        return False
    if not isinstance(cert.key, ec.EllipticCurvePublicKey):
        return False
    try:
        cert.key.verify(utils.encode_dss_signature(r, s), report.data[:0x2A0],
                        ec.ECDSA(hashes.SHA384()))
    except InvalidSignature:
        return False
    return True


def product_of_cpu(family, model):
    if family == 0x19:
        if model < 0x10:
            return "Milan"
        return "Genoa" if model < 0x20 or 0xA0 <= model < 0xB0 else None
    return "Turin" if family == 0x1A and model < 0x20 else None


def product_of_name(name):
    for prefix, product in (("Milan", "Milan"), ("Genoa", "Genoa"), ("Bergamo", "Genoa"),
                            ("Siena", "Genoa"), ("Turin", "Turin")):
        if name and name.startswith(prefix):
            return product
    return None


def layout(report, spls):
    if report.number(0, 4) >= 3:
        return "milan" if report.number(0x188, 1) <= 0x19 else "turin"
    if report.zero(0x1A0, 64):
        return "turin" if "fmc" in spls else "milan"
    return "turin" if report.zero(0x1A8, 56) else "milan"


def reserved_fails(report):
    version = report.number(0, 4)
    spans = [(0x4C, 4), (0x18B, 21), (0x1EB, 1), (0x1EF, 1), (0x208, 152)]
    spans += [(0x188, 3)] if version < 3 else []
    spans += [(0x1F8, 16)] if version < 5 else []
    return version <= 5 and not all(report.zero(*span) for span in spans)


def failures(data, ark, ask, vek, now, allow_test_root=False, policy=(), vmpl=None, min_svn=None,
             min_tcb=None, expected=None, crl=None):
    """data: the report. ark, ask, vek, crl: DER."""
    if len(data) != 0x4A0:
        return {"size"}
    report = Report(data)
    certs = [Certificate(der) for der in (ark, ask, vek)]
    ark, ask, vek = certs
    readable, spls, chip, product, provider = amd_extensions(vek)
    signing = report.number(0x48, 4) >> 2 & 7
    current, committed, reported = [report.bytes(at, 8) for at in (0x38, 0x1E0, 0x180)]
    parts = PARTS[layout(report, spls)]
    author = report.number(0x48, 4) & 1
    cpu = product_of_cpu(report.number(0x188, 1), report.number(0x189, 1))
    checks = {
        "version": report.number(0, 4) < 2,
        "reserved": reserved_fails(report),
        "sense": report.number(0x30, 4) > 3 or author == report.zero(0x110, 48),
        "ark": not (ark.is_issued_by(ark) and ark.is_authority()),
        "ask": not (ask.is_issued_by(ark) and ask.is_authority()),
        "vek": not (vek.is_issued_by(ask) and isinstance(vek.key, ec.EllipticCurvePublicKey)
                    and vek.key.curve.name == "secp384r1"),
        "root": not allow_test_root and any(is_test(cert) for cert in certs),
        "validity": any(not cert.not_before < now < cert.not_after for cert in certs),
        "crl": crl is not None and crl_fails(crl, ark, ask, now),
        "extensions": not readable,
        "algorithm": report.number(0x34, 4) != 1,
        "signing-key": report.number(0x48, 4) >> 5 != 0 or signing not in (0, 1)
        or (signing == 0 and provider is not None) or (signing == 1 and chip is not None),
        "signature": not signature_holds(report, vek),
        "chip": signing == 0 and (chip is None or not (
            report.zero(0x1A0, 64) or report.bytes(0x1A0, 64) == chip.ljust(64, b"\0"))),
        "product": report.number(0, 4) >= 3 and None not in (cpu, product_of_name(product))
        and cpu != product_of_name(product),
        "tcb": any(spls.get(name) != reported[at] for name, at in parts.items()),
        "tcb-order": any(low > high for tcb in (committed, reported)
                         for low, high in zip(tcb, current)),
        "policy": policy_fails(report.number(8, 8), policy),
        "vmpl": vmpl is not None and report.number(0x30, 4) != vmpl,
        "min-svn": min_svn is not None and report.number(4, 4) < min_svn,
        "min-tcb": any(name not in parts or reported[parts[name]] < least
                       for name, least in (min_tcb or {}).items()),
    }
    for name, value in (expected or {}).items():
        at, size = EXPECTED[name]
        checks[name] = report.bytes(at, size) != value.ljust(size, b"\0")
    return {name for name, failed in checks.items() if failed}
