# SPDX-License-Identifier: MIT
"""Keys that a TPM makes or keeps: templates that contradict themselves, private parts that were changed,
parents that are none, saved contexts, duplication."""
from wire import *  # noqa: F403

CHILD = ORIGIN | USER
GOOD_PARENT = {"sym": symmetric(AES)}


def handle_of(answer):
    return int.from_bytes(answer[10:14], "big")


def primaries(vectors):
    """CreatePrimary with one thing wrong each time. What is good after all is flushed."""
    cases = {
        "rsa bits 512": rsa_public(STORAGE, 512, **GOOD_PARENT), "rsa bits 0": rsa_public(STORAGE, 0, **GOOD_PARENT),
        "rsa bits 4096": rsa_public(STORAGE, 4096, **GOOD_PARENT), "rsa bits 2047": rsa_public(STORAGE, 2047, **GOOD_PARENT),
        "rsa exponent 2": rsa_public(STORAGE, exponent=2, **GOOD_PARENT),
        "rsa exponent 3": rsa_public(STORAGE, exponent=3, **GOOD_PARENT),
        "rsa exponent 65539": rsa_public(STORAGE, exponent=65539, **GOOD_PARENT),
        "rsa parent without cipher": rsa_public(STORAGE), "rsa parent aes-cbc": rsa_public(STORAGE, sym=symmetric(AES, 128, CBC)),
        "rsa parent signs": rsa_public(STORAGE ^ DECRYPT | SIGN, **GOOD_PARENT),
        "rsa parent with scheme": rsa_public(STORAGE, sch=scheme(RSAES), **GOOD_PARENT),
        "rsa both with scheme": rsa_public(CHILD | SIGN | DECRYPT, sch=scheme(RSASSA, SHA256)),
        "rsa signer with oaep": rsa_public(CHILD | SIGN, sch=scheme(OAEP, SHA256)),
        "rsa decryptor with pss": rsa_public(CHILD | DECRYPT, sch=scheme(RSAPSS, SHA256)),
        "rsa restricted signer without scheme": rsa_public(CHILD | SIGN | RESTRICTED),
        "rsa pss with a hash too long": rsa_public(CHILD | SIGN, 1024, sch=scheme(RSAPSS, 0x12)),
        "rsa scheme 0xffff": rsa_public(CHILD | SIGN, sch=scheme(0xffff, SHA256)),
        "rsa unique too long": rsa_public(STORAGE, unique=bytes(600), **GOOD_PARENT),
        "ecc curve 0": ecc_public(STORAGE, 0, **GOOD_PARENT), "ecc curve 0xffff": ecc_public(STORAGE, 0xffff, **GOOD_PARENT),
        "ecc kdf": ecc_public(STORAGE, kdf=scheme(0x22, SHA256), **GOOD_PARENT),
        "ecc parent without cipher": ecc_public(STORAGE), "ecc signer with rsassa": ecc_public(CHILD | SIGN, sch=scheme(RSASSA, SHA256)),
        "ecc signer with ecdh": ecc_public(CHILD | SIGN, sch=scheme(ECDH, SHA256)),
        "ecc ecdaa on p256": ecc_public(CHILD | SIGN, sch=scheme(ECDAA, SHA256, u16(0))),
        "ecc unique too long": ecc_public(STORAGE, point=(bytes(100), bytes(100)), **GOOD_PARENT),
        "keyedhash parent null": keyedhash_public(STORAGE), "keyedhash xor signs": keyedhash_public(
            CHILD | SIGN, scheme(XOR, SHA256, u16(0x22))), "keyedhash hmac decrypts": keyedhash_public(
            CHILD | DECRYPT, scheme(HMAC, SHA256)), "keyedhash aes": keyedhash_public(CHILD | SIGN, scheme(AES)),
        "keyedhash sealed without data": keyedhash_public(USER), "keyedhash sealed with origin": keyedhash_public(CHILD),
        "symcipher null": symcipher_public(CHILD | DECRYPT, symmetric()),
        "symcipher parent ctr": symcipher_public(STORAGE, symmetric(AES, 128, CTR)),
        "symcipher restricted signer": symcipher_public(CHILD | RESTRICTED | SIGN),
        "kind 0": public(0, STORAGE, b"", b""), "kind 0xffff": public(0xffff, STORAGE, b"", b""),
        "kind hash": public(SHA256, STORAGE, b"", b""), "nothing": sized(b""), "size only": u16(0xffff),
    }
    for name, template in cases.items():
        answer = vectors.send("primary " + name, create_primary(template))
        if code(answer) == 0:
            vectors.good(f"primary {name}, flush", flush(handle_of(answer)))


def primary_arguments(vectors):
    good = ecc_public(STORAGE, **GOOD_PARENT)
    for bit in [0, 3, 8, 9, 12, 13, 14, 15, *range(19, 32)]:
        vectors.send(f"primary attribute bit {bit}", create_primary(ecc_public(STORAGE | 1 << bit, **GOOD_PARENT)))
        vectors.send(f"primary attribute bit {bit}, flush", flush(0x80000000))
    for missing, bit in (("fixed tpm", FIXED_TPM), ("fixed parent", FIXED_PARENT), ("origin", ORIGIN), ("decrypt", DECRYPT),
                         ("restricted", RESTRICTED), ("user", USER_AUTH)):
        vectors.send(f"primary without {missing}", create_primary(ecc_public(STORAGE & ~bit, **GOOD_PARENT)))
        vectors.send(f"primary without {missing}, flush", flush(0x80000000))
    for alg in (0, HMAC, ALG_NULL, 0x12, 0xffff):
        vectors.bad(f"primary name hash {alg:#x}", create_primary(ecc_public(STORAGE, name_alg=alg, **GOOD_PARENT)))
    for size in (1, 20, 31, 33, 64, 65):
        vectors.bad(f"primary policy of {size}", create_primary(ecc_public(STORAGE, policy=bytes(size), **GOOD_PARENT)))
    for hierarchy in (0, 0x40000000, 0x40000008, PASSWORD, LOCKOUT, 0x4000000d, 0x80000000, 0xffffffff):
        vectors.bad(f"primary hierarchy {hierarchy:#x}", create_primary(good, hierarchy))
    vectors.bad("primary wrong auth", create_primary(good, sessions=[password(b"x")]))
    vectors.bad("primary auth too long", create_primary(good, auth=b"a" * 65))
    vectors.bad("primary auth longer than its hash", create_primary(good, auth=b"a" * 33))
    vectors.good("primary data for a key pair", create_primary(good, data=b"data"))
    vectors.good("primary data for a key pair, flush", flush(0x80000000))
    vectors.bad("primary data too long", create_primary(keyedhash_public(USER), data=bytes(129)))
    vectors.bad("primary outside info too long", create_primary(good, outside=bytes(100)))
    vectors.bad("primary pcr bank", create_primary(good, selection=pcrs((0x12, b"\1\0\0"))))
    vectors.bad("primary pcr select", create_primary(good, selection=pcrs((SHA256, b"\1"))))
    vectors.bad("primary 17 selections", create_primary(good, selection=pcrs(*[(SHA256, b"\1\0\0")] * 17)))


def load(parent, private, template):
    return command("Load", [parent], sized(private) + template, [password()])


def children(vectors, parent):
    """Create, Load, and everything between that can be changed."""
    # No key pair: those come from another generator, which is not part of the state.
    template = keyedhash_public(CHILD | SIGN | FIXED_PARENT | FIXED_TPM, scheme(HMAC, SHA256))
    answer = vectors.good("child", create(parent, template, auth=b"auth"))
    private, at = unsized(answer, 14)
    made, _ = unsized(answer, at)
    for i in range(0, len(private), 9):
        changed = private[:i] + bytes([private[i] ^ 1]) + private[i + 1:]
        vectors.bad(f"child private byte {i} changed", load(parent, changed, sized(made)))
    for i in range(0, len(made), 7):
        changed = made[:i] + bytes([made[i] ^ 1]) + made[i + 1:]
        vectors.bad(f"child public byte {i} changed", load(parent, private, sized(changed)))
    for name, wrong in (("empty", b""), ("cut", private[:-1]), ("longer", private + b"\0"), ("one byte", b"\0"),
                        ("zeros", bytes(len(private))), ("too long", bytes(2000))):
        vectors.bad("child private " + name, load(parent, wrong, sized(made)))
    for wrong in (0, OWNER, 0x80000005, 0x81000000, 0x81ffffff, 0x01000000, 0xffffffff):
        vectors.bad(f"child of {wrong:#x}", load(wrong, private, sized(made)))
        vectors.bad(f"create below {wrong:#x}", create(wrong, template))
    answer = vectors.good("child load", load(parent, private, sized(made)))
    child = handle_of(answer)
    vectors.bad("child as parent", create(child, template))
    vectors.bad("child loads", load(child, private, sized(made)))
    for name, attributes in (("free below fixed", FIXED_TPM), ("encrypted", ENCRYPTED), ("fixed and encrypted", FIXED_PARENT |
                             FIXED_TPM | ENCRYPTED), ("that decrypts", DECRYPT), ("restricted", RESTRICTED)):
        vectors.send("child " + name, create(parent, keyedhash_public(CHILD | SIGN | attributes, scheme(HMAC, SHA256))))
    vectors.bad("child sign ecdsa", command("Sign", [child], sized(bytes(32)) + scheme(ECDSA, SHA256) + u16(0x8024) + u32(NULL) +
                                            sized(b""), [password(b"auth")]))
    vectors.bad("child wrong auth", command("HMAC", [child], sized(b"a") + u16(SHA256), [password(b"autx")]))
    vectors.bad("child unseal", command("Unseal", [child], b"", [password(b"auth")]))
    vectors.bad("child rsa decrypt", command("RSA_Decrypt", [child], sized(bytes(256)) + scheme() + sized(b""), [password(b"auth")]))
    vectors.bad("child hmac sha1", command("HMAC", [child], sized(b"a") + u16(SHA1), [password(b"auth")]))
    vectors.bad("child zgen", command("ECDH_ZGen", [child], sized(sized(bytes(32)) * 2), [password(b"auth")]))
    vectors.bad("child cipher", command("EncryptDecrypt", [child], b"\0" + u16(CFB) + sized(bytes(16)) + sized(b"a"),
                                        [password(b"auth")]))
    vectors.bad("child duplicate", command("Duplicate", [child, NULL], sized(b"") + symmetric(), [password(b"auth")]))
    vectors.good("child change auth", command("ObjectChangeAuth", [child, parent], sized(b"x"), [password(b"auth")]))
    vectors.bad("child change auth too long", command("ObjectChangeAuth", [child, parent], sized(b"a" * 33), [password(b"auth")]))
    vectors.bad("child change auth other parent", command("ObjectChangeAuth", [child, child], sized(b"x"), [password(b"auth")]))
    vectors.good("child flush", flush(child))


def tickets(vectors, signer):
    """A signature may need a proof that the TPM made the hash; certificates need the right key."""
    for tag, hierarchy, data in ((0x8024, OWNER, bytes(32)), (0x8024, 0, b""), (0x8021, NULL, b""), (0, NULL, b"")):
        vectors.send(f"ticket {tag:#x} {hierarchy:#x}", command("Sign", [signer], sized(bytes(32)) + scheme(ECDSA, SHA1) + u16(tag) +
                                                               u32(hierarchy) + sized(data), [password(b"auth")]))
    pcr = pcrs((SHA256, b"\1\0\0"))
    for name, sch in (("rsassa", scheme(RSASSA, SHA256)), ("hash 0", scheme(ECDSA, 0)), ("none", scheme())):
        vectors.bad("quote " + name, command("Quote", [signer], sized(b"") + sch + pcr, [password(b"auth")]))
    vectors.bad("quote data too long", command("Quote", [signer], sized(bytes(100)) + scheme(ECDSA, SHA256) + pcr, [password(b"auth")]))
    vectors.bad("quote bank", command("Quote", [signer], sized(b"") + scheme(ECDSA, SHA256) + pcrs((0x12, b"\1\0\0")),
                                      [password(b"auth")]))
    vectors.bad("quote wrong auth", command("Quote", [signer], sized(b"") + scheme(ECDSA, SHA256) + pcr, [password(b"x")]))
    vectors.bad("certify wrong auth", command("Certify", [signer, signer], sized(b"") + scheme(ECDSA, SHA256),
                                              [password(b"auth"), password(b"x")]))
    vectors.bad("certify one session", command("Certify", [signer, signer], sized(b"") + scheme(ECDSA, SHA256), [password(b"auth")]))
    vectors.bad("certify creation", command("CertifyCreation", [signer, signer], sized(b"") + sized(bytes(32)) + scheme(ECDSA, SHA256) +
                                            u16(0x8021) + u32(OWNER) + sized(bytes(32)), [password(b"auth")]))
    vectors.bad("get time wrong hierarchy", command("GetTime", [OWNER, signer], sized(b"") + scheme(ECDSA, SHA256),
                                                    [password(), password(b"auth")]))
    vectors.bad("session audit no session", command("GetSessionAuditDigest", [ENDORSEMENT, signer, 0x02000000], sized(b"") +
                                                    scheme(ECDSA, SHA256), [password(), password(b"auth")]))


def contexts(vectors, signer):
    answer = vectors.good("context save", command("ContextSave", [signer]))
    context = answer[10:]
    vectors.send("context load", command("ContextLoad", [], context))
    vectors.send("context flush", flush(0x80000002))
    step = max(len(context) // 25, 1)
    for i in range(0, len(context), step):
        changed = context[:i] + bytes([context[i] ^ 0x40]) + context[i + 1:]
        vectors.bad(f"context byte {i} changed", command("ContextLoad", [], changed))
    for size in (0, 7, 8, 12, 16, 18, 40, len(context) - 1):
        vectors.bad(f"context cut to {size}", command("ContextLoad", [], context[:size]))
    for handle in (0, 16, OWNER, NULL, 0x02000000, 0x03000000, 0x80000002, 0x81000000, 0xffffffff):
        vectors.bad(f"context save {handle:#x}", command("ContextSave", [handle]))
        vectors.bad(f"flush {handle:#x}, not there", flush(handle))
        vectors.bad(f"read public {handle:#x}", command("ReadPublic", [handle]))
    for persistent in (0, 0x80ffffff, 0x81800000, 0x82000000, 0xffffffff):
        vectors.bad(f"evict to {persistent:#x}", command("EvictControl", [OWNER, signer], u32(persistent), [password()]))
    vectors.bad("evict wrong auth", command("EvictControl", [OWNER, signer], u32(0x81000001), [password(b"x")]))
    vectors.bad("evict other hierarchy", command("EvictControl", [PLATFORM, signer], u32(0x81800001), [password()]))
    vectors.bad("evict nothing", command("EvictControl", [OWNER, 0x81000001], u32(0x81000001), [password()]))
    vectors.good("evict", command("EvictControl", [OWNER, signer], u32(0x81000001), [password()]))
    vectors.bad("evict there already", command("EvictControl", [OWNER, signer], u32(0x81000001), [password()]))
    vectors.bad("evict another handle", command("EvictControl", [OWNER, 0x81000001], u32(0x81000002), [password()]))
    vectors.bad("flush persistent", flush(0x81000001))
    vectors.bad("context save persistent", command("ContextSave", [0x81000001]))
    vectors.good("evict back", command("EvictControl", [OWNER, 0x81000001], u32(0x81000001), [password()]))


def imports(vectors, parent):
    template = keyedhash_public(USER | SIGN, scheme(HMAC, SHA256), bytes(32))
    private = sized(b"\0" * 40)

    def import_(name, key=b"", duplicate=private, seed=b"", sym=symmetric(), public_area=template):
        vectors.bad("import " + name, command("Import", [parent], sized(key) + public_area + duplicate + sized(seed) + sym, [password()]))

    import_("zeros")
    import_("empty", duplicate=sized(b""))
    import_("key without cipher", key=bytes(16))
    import_("cipher without key", sym=symmetric(AES))
    import_("cipher with short key", key=bytes(15), sym=symmetric(AES))
    import_("cipher unknown", key=bytes(16), sym=symmetric(0x99))
    import_("cipher cbc", key=bytes(16), sym=symmetric(AES, 128, CBC))
    for size in (1, 32, 66, 68, 256):
        import_(f"seed of {size}", seed=bytes(size))
    import_("fixed parent", public_area=keyedhash_public(USER | SIGN | FIXED_PARENT, scheme(HMAC, SHA256), bytes(32)))
    import_("fixed tpm", public_area=keyedhash_public(USER | SIGN | FIXED_TPM, scheme(HMAC, SHA256), bytes(32)))
    plain = sized(sensitive(KEYEDHASH, b"secret", seed=bytes(32)))
    import_("not bound", duplicate=plain)
    vectors.send("rewrap no parent", command("Rewrap", [NULL, NULL], private + sized(bytes(34)) + sized(b""), [password()]))
    vectors.bad("rewrap zeros", command("Rewrap", [parent, NULL], private + sized(u16(SHA256) + bytes(32)) + sized(bytes(68)), [password()]))
    credential = sized(sized(bytes(32)) + bytes(18))
    for size in (0, 1, 68, 256):
        vectors.bad(f"activate credential secret of {size}", command("ActivateCredential", [parent, parent], credential +
                                                                     sized(bytes(size)), [password(), password()]))
    vectors.bad("make credential too long", command("MakeCredential", [parent], sized(bytes(33)) + sized(u16(SHA256) + bytes(32))))
    vectors.bad("create loaded sealed", command("CreateLoaded", [parent], sized(sized(b"") + sized(b"")) + keyedhash_public(USER),
                                                [password()]))


def run(vectors):
    primaries(vectors)
    primary_arguments(vectors)
    parent = handle_of(vectors.good("parent", create_primary(ecc_public(STORAGE, **GOOD_PARENT))))
    children(vectors, parent)
    imports(vectors, parent)
    signer = handle_of(vectors.good("signer", create_primary(ecc_public(CHILD | SIGN), auth=b"auth")))
    tickets(vectors, signer)
    contexts(vectors, signer)
    vectors.good("signer flush", flush(signer))
    vectors.good("parent flush", flush(parent))
