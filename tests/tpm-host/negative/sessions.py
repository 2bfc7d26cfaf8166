# SPDX-License-Identifier: MIT
"""Authorization: session areas that are none, wrong passwords and HMACs, policies that do not hold."""
import hashlib
import hmac

from rsa_math import digest
from wire import *  # noqa: F403

CONTINUE, AUDIT_EXCLUSIVE, AUDIT_RESET, DECRYPT_SESSION, ENCRYPT_SESSION, AUDIT = 1, 2, 4, 0x20, 0x40, 0x80
HMAC_TYPE, POLICY_TYPE, TRIAL_TYPE = 0, 1, 3
EXTEND = u32(1) + u16(SHA1) + bytes(20)
RANDOM = u16(8)


def start_session(kind, auth_hash=SHA256, nonce=b"n" * 16, key=NULL, bind=NULL, salt=b"", sym=symmetric()):
    return command("StartAuthSession", [key, bind], sized(nonce) + sized(salt) + u8(kind) + sym + u16(auth_hash))


def areas(vectors):
    """What stands between handles and parameters."""
    good = password()
    for name, area in {
            "empty": b"", "size 0": u32(0), "size 8": u32(8) + good, "size 10": u32(10) + good, "size too big": u32(0xffff) + good,
            "size negative": u32(0xffffffff) + good, "session cut": u32(5) + good[:5], "two passwords": u32(18) + good + good,
            "four": u32(36) + good * 4, "nonce too long": u32(9 + 65) + session(PASSWORD, nonce=bytes(65)),
            "nonce of a password": u32(9 + 4) + session(PASSWORD, nonce=bytes(4)),
            "auth too long": u32(9 + 65) + password(bytes(65)), "reserved attributes": u32(9) + session(PASSWORD, attributes=0x18),
            "audit of a password": u32(9) + session(PASSWORD, attributes=AUDIT),
            "encrypt of a password": u32(9) + session(PASSWORD, attributes=ENCRYPT_SESSION),
            "continue of a password": u32(9) + session(PASSWORD, attributes=CONTINUE)}.items():
        vectors.send("area " + name, restated(u16(SESSIONS) + bytes(4) + u32(CC["PCR_Extend"]) + u32(16) + area + EXTEND))
    for handle in (0, 1, 16, 0x01000000, 0x02000000, 0x02000001, 0x0200003f, 0x02000040, 0x03000000, 0x03000001, 0x03ffffff,
                   0x40000000, OWNER, NULL, 0x4000000f, 0x40000010, 0x80000000, 0x81000000, 0xffffffff):
        vectors.bad(f"session handle {handle:#x}", command("PCR_Extend", [16], EXTEND, [session(handle)]))
    vectors.bad("no session where one is needed", command("PCR_Extend", [16], EXTEND))
    vectors.bad("session of a command that takes none", command("Startup", [], u16(0), [password()]))
    vectors.bad("password without a handle", command("GetRandom", [], RANDOM, [password()]))


def starts(vectors):
    for kind in (2, 4, 0x7f, 0xff):
        vectors.bad(f"start kind {kind}", start_session(kind))
    for alg in (0, 1, HMAC, ALG_NULL, 0x12, 0xffff):
        vectors.bad(f"start hash {alg:#x}", start_session(HMAC_TYPE, alg))
    for size in (0, 1, 15, 33, 64, 65):
        vectors.send(f"start nonce of {size}", start_session(HMAC_TYPE, nonce=bytes(size)))
    for handle in (0x02000000, 0x02000001):
        vectors.send(f"start flush {handle:#x}", flush(handle))
    for name, sym in {"aes 0": symmetric(AES, 0), "aes 192": symmetric(AES, 192), "aes cbc": symmetric(AES, 128, CBC),
                      "aes mode 0": symmetric(AES, 128, 0), "rsa": symmetric(RSA), "0": symmetric(0), "0xffff": symmetric(0xffff),
                      "xor null": u16(XOR) + u16(ALG_NULL), "xor 0": u16(XOR) + u16(0)}.items():
        vectors.bad("start cipher " + name, start_session(HMAC_TYPE, sym=sym))
    for handle in (0, OWNER, 0x80000000, 0x81000000, 0xffffffff):
        vectors.bad(f"start key {handle:#x}", start_session(HMAC_TYPE, key=handle, salt=bytes(256)))
    for handle in (0x0200003f, 0x80000000, 0x81000000, 0x01000000, 0xffffffff):
        vectors.bad(f"start bind {handle:#x}", start_session(HMAC_TYPE, bind=handle))
    vectors.bad("start salt without a key", start_session(HMAC_TYPE, salt=b"salt"))
    handles = [int.from_bytes(vectors.send(f"start {i}", start_session(TRIAL_TYPE))[10:14], "big") for i in range(4)]
    for handle in handles[:3]:
        vectors.good(f"flush {handle:#x}", flush(handle))
    vectors.bad("flush again", flush(handles[0]))


def salted(vectors):
    """A storage key of each kind, and salts that do not decrypt."""
    for name, template in (("rsa", rsa_public(STORAGE, sym=symmetric(AES))), ("ecc", ecc_public(STORAGE, sym=symmetric(AES)))):
        answer = vectors.good(f"salt {name} key", create_primary(template))
        handle = int.from_bytes(answer[10:14], "big")
        size = 256 if name == "rsa" else 68
        for what, salt in {"empty": b"", "zeros": bytes(size), "ones": b"\xff" * size, "short": bytes(size - 1),
                           "long": bytes(size + 1), "too long": bytes(600), "one": number(1, size),
                           "point": sized(b"\1" * 32) + sized(b"\2" * 32)}.items():
            vectors.bad(f"salt {name} {what}", start_session(HMAC_TYPE, key=handle, salt=salt))
        vectors.good(f"salt {name} flush", flush(handle))


class Hmac:
    """An unbound HMAC session: only the authorization value of the entity is its key."""

    def __init__(self, vectors, name, alg=SHA256):
        self.alg = alg
        answer = vectors.good(name, start_session(HMAC_TYPE, alg))
        self.handle = int.from_bytes(answer[10:14], "big")
        self.theirs, _ = unsized(answer, 14)
        self.ours = b"o" * 16

    def area(self, code_name, names, parameters, auth=b"", attributes=CONTINUE, theirs=None, flip=False, cut=0):
        name = {SHA1: "sha1", SHA256: "sha256"}[self.alg]
        command_hash = digest(self.alg, u32(CC[code_name]) + b"".join(names) + parameters)
        text = command_hash + self.ours + (self.theirs if theirs is None else theirs) + u8(attributes)
        value = hmac.new(auth, text, getattr(hashlib, name)).digest()
        if flip:
            value = bytes([value[0] ^ 1]) + value[1:]
        return session(self.handle, value[:len(value) - cut], self.ours, attributes)

    def next(self, answer):
        """The TPM's nonce of a response without handles."""
        at = 14 + int.from_bytes(answer[10:14], "big")
        self.theirs, _ = unsized(answer, at)


def hmacs(vectors):
    for alg in (SHA1, SHA256):
        one = Hmac(vectors, f"hmac session {alg:#x} start", alg)
        pcr = u32(16)

        def extend(what, good=False, session_=one, label=alg, **how):
            area = session_.area("PCR_Extend", [u32(16)], EXTEND, **how)
            send = vectors.good if good else vectors.bad
            answer = send(f"hmac session {label:#x} {what}", command("PCR_Extend", [16], EXTEND, [area]))
            if good:
                session_.next(answer)

        extend("good", True)
        area = one.area("PCR_Extend", [pcr], EXTEND)
        extend("good again", True)
        vectors.bad(f"hmac session {alg:#x} replayed", command("PCR_Extend", [16], EXTEND, [area]))
        extend("flipped", flip=True)
        extend("cut", cut=1)
        extend("empty where the key is", True, cut=len(digest(alg)))
        extend("old nonce", theirs=bytes(16))
        extend("other auth", auth=b"x")
        area = one.area("PCR_Extend", [pcr], EXTEND)
        vectors.bad(f"hmac session {alg:#x} other parameters", command("PCR_Extend", [16], EXTEND[:-1] + b"\1", [area]))
        vectors.bad(f"hmac session {alg:#x} other handle", command("PCR_Extend", [23], EXTEND, [area]))
        vectors.bad(f"hmac session {alg:#x} other command", command("PCR_Reset", [16], b"", [area]))
        vectors.bad(f"hmac session {alg:#x} twice", command("PCR_Extend", [16], EXTEND, [area, area]))
        extend("decrypts without a cipher", attributes=CONTINUE | DECRYPT_SESSION)
        extend("good still", True)
        extend("good and over", True, attributes=0)
        extend("over")


def policies(vectors):
    def start(name, kind=POLICY_TYPE):
        return int.from_bytes(vectors.good(name, start_session(kind))[10:14], "big")

    handle = start("policy start")
    values = {0: digest(SHA256, b""), 1: b"", 2: bytes(31), 3: bytes(32)}
    for what, wrong in values.items():
        vectors.send(f"policy pcr digest {what}", command("PolicyPCR", [handle], sized(wrong) + pcrs((SHA256, b"\1\0\0"))))
    vectors.bad("policy pcr bank", command("PolicyPCR", [handle], sized(b"") + pcrs((0x12, b"\1\0\0"))))
    vectors.send("policy restart", command("PolicyRestart", [handle]))
    for count in (0, 1, 9, 0xffffffff):
        vectors.bad(f"policy or {count}", command("PolicyOR", [handle], u32(count) + sized(bytes(32)) * min(count, 9)))
    vectors.bad("policy or without a match", command("PolicyOR", [handle], u32(2) + sized(b"\1" * 32) + sized(b"\2" * 32)))
    for locality in (0, 1, 31, 32, 255):
        vectors.send(f"policy locality {locality}", command("PolicyLocality", [handle], u8(locality)))
    vectors.good("policy restart 2", command("PolicyRestart", [handle]))
    for code_value in (0, 0x11e, 0x1a0, 0xffffffff):
        vectors.bad(f"policy command code {code_value:#x}", command("PolicyCommandCode", [handle], u32(code_value)))
    vectors.good("policy command code", command("PolicyCommandCode", [handle], u32(CC["PCR_Reset"])))
    vectors.bad("policy command code, another", command("PolicyCommandCode", [handle], u32(CC["PCR_Extend"])))
    for name in ("PolicyCpHash", "PolicyNameHash", "PolicyTemplate"):
        for size in (0, 1, 31, 33):
            vectors.send(f"{name} of {size}", command(name, [handle], sized(bytes(size))))
    vectors.good("PolicyCpHash", command("PolicyCpHash", [handle], sized(bytes(32))))
    vectors.bad("PolicyCpHash another", command("PolicyCpHash", [handle], sized(b"\1" * 32)))
    vectors.bad("PolicyNameHash with PolicyCpHash", command("PolicyNameHash", [handle], sized(bytes(32))))
    vectors.bad("PolicyDuplicationSelect sizes", command("PolicyDuplicationSelect", [handle], sized(bytes(9)) + sized(b"") + u8(1)))
    for value in (2, 255):
        vectors.bad(f"PolicyNvWritten {value}", command("PolicyNvWritten", [handle], u8(value)))
    vectors.bad("policy for a command it is not for", command("PCR_Reset", [16], b"", [session(handle)]))
    policy_secrets(vectors, handle)
    vectors.good("policy flush", flush(handle))
    other = start("hmac session for policies", HMAC_TYPE)
    for name in ("PolicyAuthValue", "PolicyPassword", "PolicyRestart", "PolicyGetDigest", "PolicyPhysicalPresence"):
        vectors.bad(f"{name} of an hmac session", command(name, [other]))
        for wrong in (0x03000030, 0x02000030, PASSWORD, 0x80000000, NULL):
            vectors.bad(f"{name} of {wrong:#x}", command(name, [wrong]))
    vectors.good("hmac session for policies, flush", flush(other))


def policy_secrets(vectors, handle):
    empty = sized(b"")
    nothing = empty + empty + empty + u32(0)
    vectors.bad("policy secret wrong auth", command("PolicySecret", [OWNER, handle], nothing, [password(b"x")]))
    vectors.bad("policy secret null session", command("PolicySecret", [OWNER, NULL], nothing, [password()]))
    vectors.bad("policy secret other nonce", command("PolicySecret", [OWNER, handle], sized(bytes(32)) + empty + empty + u32(0),
                                                     [password()]))
    vectors.bad("policy secret hash short", command("PolicySecret", [OWNER, handle], empty + sized(bytes(31)) + empty + u32(0),
                                                    [password()]))
    signature = u16(RSASSA) + u16(SHA256) + sized(bytes(256))
    vectors.bad("policy signed no key", command("PolicySigned", [0x80000000, handle], nothing + signature))
    ticket = u16(0x8025) + u32(OWNER) + sized(bytes(32))
    for what, tag in (("signed", 0x8025), ("secret", 0x8023), ("hash", 0x8024), ("no", 0)):
        vectors.bad(f"policy ticket {what}", command("PolicyTicket", [handle], empty * 4 + u16(tag) + ticket[2:]))
    vectors.bad("policy authorize bad ticket", command("PolicyAuthorize", [handle], empty + empty + sized(u16(SHA256) + bytes(32)) +
                                                       u16(0x8022) + u32(OWNER) + sized(bytes(32))))
    for operation in (0, 9, 10, 0xffff):
        vectors.send(f"policy counter timer {operation}", command("PolicyCounterTimer", [handle], sized(bytes(8)) + u16(0) +
                                                                  u16(operation)))
    vectors.bad("policy counter timer too far", command("PolicyCounterTimer", [handle], sized(bytes(8)) + u16(25) + u16(0)))
    vectors.bad("policy nv no index", command("PolicyNV", [OWNER, 0x01000000, handle], empty + u16(0) + u16(0), [password()]))


def run(vectors):
    areas(vectors)
    starts(vectors)
    salted(vectors)
    hmacs(vectors)
    policies(vectors)
