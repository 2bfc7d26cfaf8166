# SPDX-License-Identifier: MIT
"""TPM 2.0 commands as bytes, big endian as TCG's "TPM 2.0 Library, part 2: structures" has them. Only what
the vectors need; nothing is checked, since most of what is built here is wrong on purpose."""
import struct

NULL, OWNER, LOCKOUT = 0x40000007, 0x40000001, 0x4000000a
ENDORSEMENT, PLATFORM, PASSWORD = 0x4000000b, 0x4000000c, 0x40000009
NO_SESSIONS, SESSIONS = 0x8001, 0x8002

RSA, ECC, KEYEDHASH, SYMCIPHER = 1, 0x23, 8, 0x25
SHA1, SHA256, SHA384, SHA512, ALG_NULL = 4, 0xb, 0xc, 0xd, 0x10
HMAC, XOR, AES, CAMELLIA, TDES = 5, 0xa, 6, 0x26, 3
RSASSA, RSAES, RSAPSS, OAEP, ECDSA, ECDAA, SM2, ECSCHNORR = 0x14, 0x15, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c
CTR, OFB, CBC, CFB, ECB = 0x40, 0x41, 0x42, 0x43, 0x44
ECDH = 0x19

FIXED_TPM, ST_CLEAR, FIXED_PARENT, ORIGIN, USER_AUTH = 1 << 1, 1 << 2, 1 << 4, 1 << 5, 1 << 6
ADMIN_POLICY, NO_DA, ENCRYPTED, RESTRICTED, DECRYPT, SIGN = 1 << 7, 1 << 10, 1 << 11, 1 << 16, 1 << 17, 1 << 18

CC = {
    "NV_UndefineSpaceSpecial": 0x11f, "EvictControl": 0x120, "HierarchyControl": 0x121, "NV_UndefineSpace": 0x122,
    "ChangeEPS": 0x124, "ChangePPS": 0x125, "Clear": 0x126, "ClearControl": 0x127, "ClockSet": 0x128,
    "HierarchyChangeAuth": 0x129, "NV_DefineSpace": 0x12a, "PCR_Allocate": 0x12b, "PCR_SetAuthPolicy": 0x12c,
    "PP_Commands": 0x12d, "SetPrimaryPolicy": 0x12e, "ClockRateAdjust": 0x130, "CreatePrimary": 0x131,
    "NV_GlobalWriteLock": 0x132, "GetCommandAuditDigest": 0x133, "NV_Increment": 0x134, "NV_SetBits": 0x135,
    "NV_Extend": 0x136, "NV_Write": 0x137, "NV_WriteLock": 0x138, "DictionaryAttackLockReset": 0x139,
    "DictionaryAttackParameters": 0x13a, "NV_ChangeAuth": 0x13b, "PCR_Event": 0x13c, "PCR_Reset": 0x13d,
    "SequenceComplete": 0x13e, "SetAlgorithmSet": 0x13f, "SetCommandCodeAuditStatus": 0x140,
    "IncrementalSelfTest": 0x142, "SelfTest": 0x143, "Startup": 0x144, "Shutdown": 0x145, "StirRandom": 0x146,
    "ActivateCredential": 0x147, "Certify": 0x148, "PolicyNV": 0x149, "CertifyCreation": 0x14a, "Duplicate": 0x14b,
    "GetTime": 0x14c, "GetSessionAuditDigest": 0x14d, "NV_Read": 0x14e, "NV_ReadLock": 0x14f,
    "ObjectChangeAuth": 0x150, "PolicySecret": 0x151, "Rewrap": 0x152, "Create": 0x153, "ECDH_ZGen": 0x154,
    "HMAC": 0x155, "Import": 0x156, "Load": 0x157, "Quote": 0x158, "RSA_Decrypt": 0x159, "HMAC_Start": 0x15b,
    "SequenceUpdate": 0x15c, "Sign": 0x15d, "Unseal": 0x15e, "PolicySigned": 0x160, "ContextLoad": 0x161,
    "ContextSave": 0x162, "ECDH_KeyGen": 0x163, "EncryptDecrypt": 0x164, "FlushContext": 0x165,
    "LoadExternal": 0x167, "MakeCredential": 0x168, "NV_ReadPublic": 0x169, "PolicyAuthorize": 0x16a,
    "PolicyAuthValue": 0x16b, "PolicyCommandCode": 0x16c, "PolicyCounterTimer": 0x16d, "PolicyCpHash": 0x16e,
    "PolicyLocality": 0x16f, "PolicyNameHash": 0x170, "PolicyOR": 0x171, "PolicyTicket": 0x172, "ReadPublic": 0x173,
    "RSA_Encrypt": 0x174, "StartAuthSession": 0x176, "VerifySignature": 0x177, "ECC_Parameters": 0x178,
    "FirmwareRead": 0x179, "GetCapability": 0x17a, "GetRandom": 0x17b, "GetTestResult": 0x17c, "Hash": 0x17d,
    "PCR_Read": 0x17e, "PolicyPCR": 0x17f, "PolicyRestart": 0x180, "ReadClock": 0x181, "PCR_Extend": 0x182,
    "PCR_SetAuthValue": 0x183, "NV_Certify": 0x184, "EventSequenceComplete": 0x185, "HashSequenceStart": 0x186,
    "PolicyPhysicalPresence": 0x187, "PolicyDuplicationSelect": 0x188, "PolicyGetDigest": 0x189, "TestParms": 0x18a,
    "Commit": 0x18b, "PolicyPassword": 0x18c, "ZGen_2Phase": 0x18d, "EC_Ephemeral": 0x18e, "PolicyNvWritten": 0x18f,
    "PolicyTemplate": 0x190, "CreateLoaded": 0x191, "PolicyAuthorizeNV": 0x192, "EncryptDecrypt2": 0x193,
    "AC_GetCapability": 0x194, "AC_Send": 0x195, "Policy_AC_SendSelect": 0x196, "CertifyX509": 0x197,
}


def u8(value):
    return struct.pack(">B", value)


def u16(value):
    return struct.pack(">H", value)


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def sized(data):
    """A TPM2B."""
    return u16(len(data)) + data


def number(value, size):
    return value.to_bytes(size, "big")


def session(handle, auth=b"", nonce=b"", attributes=0):
    """TPMS_AUTH_COMMAND."""
    return u32(handle) + sized(nonce) + u8(attributes) + sized(auth)


def password(auth=b""):
    return session(PASSWORD, auth)


def command(name, handles=(), parameters=b"", sessions=None, tag=None):
    """sessions: None for none, else a list of session()s; [] gives an empty area."""
    body = b"".join(u32(handle) for handle in handles)
    if sessions is not None:
        area = b"".join(sessions)
        body += u32(len(area)) + area
    if tag is None:
        tag = NO_SESSIONS if sessions is None else SESSIONS
    code = CC[name] if isinstance(name, str) else name
    return restated(u16(tag) + u32(0) + u32(code) + body + parameters)


def restated(data):
    """The same command with its length in its header."""
    return data[:2] + u32(len(data)) + data[6:]


def code(response):
    return struct.unpack(">I", response[6:10])[0]


def unsized(data, at=0):
    """A TPM2B's content, and where it ends."""
    size = struct.unpack(">H", data[at:at + 2])[0]
    return data[at + 2:at + 2 + size], at + 2 + size


def public(kind, attributes, parameters, unique, name_alg=SHA256, policy=b""):
    """TPM2B_PUBLIC."""
    return sized(u16(kind) + u16(name_alg) + u32(attributes) + sized(policy) + parameters + unique)


def symmetric(alg=ALG_NULL, bits=128, mode=CFB):
    return u16(alg) + (b"" if alg == ALG_NULL else u16(bits) + u16(mode))


def scheme(alg=ALG_NULL, hash_alg=None, more=b""):
    return u16(alg) + (b"" if hash_alg is None else u16(hash_alg)) + more


def rsa_public(attributes, bits=2048, exponent=0, unique=b"", sym=symmetric(), sch=scheme(), **more):
    return public(RSA, attributes, sym + sch + u16(bits) + u32(exponent), sized(unique), **more)


def ecc_public(attributes, curve=3, point=(b"", b""), sym=symmetric(), sch=scheme(), kdf=scheme(), **more):
    return public(ECC, attributes, sym + sch + u16(curve) + kdf, sized(point[0]) + sized(point[1]), **more)


def keyedhash_public(attributes, sch=scheme(), unique=b"", **more):
    return public(KEYEDHASH, attributes, sch, sized(unique), **more)


def symcipher_public(attributes, sym=symmetric(AES, 128, CFB), unique=b"", **more):
    return public(SYMCIPHER, attributes, sym, sized(unique), **more)


def sensitive(kind, secret, auth=b"", seed=b""):
    """TPM2B_SENSITIVE."""
    return sized(u16(kind) + sized(auth) + sized(seed) + sized(secret))


def pcrs(*selections):
    """TPML_PCR_SELECTION of (hash, bytes of the bit map)."""
    return u32(len(selections)) + b"".join(u16(alg) + u8(len(bits)) + bits for alg, bits in selections)


def create_primary(template, hierarchy=OWNER, auth=b"", data=b"", outside=b"", selection=None, sessions=None):
    parameters = sized(sized(auth) + sized(data)) + template + sized(outside)
    parameters += pcrs() if selection is None else selection
    return command("CreatePrimary", [hierarchy], parameters, sessions or [password()])


def create(parent, template, auth=b"", data=b"", outside=b"", selection=None):
    parameters = sized(sized(auth) + sized(data)) + template + sized(outside)
    parameters += pcrs() if selection is None else selection
    return command("Create", [parent], parameters, [password()])


def load_external(template, secret=b"\0\0", hierarchy=NULL):
    return command("LoadExternal", [], secret + template + u32(hierarchy))


def flush(handle):
    return command("FlushContext", [], u32(handle))


# A storage key, a decryption key and a signing key as most vectors want them: no dictionary attack protection,
# so that wrong passwords have no consequences for what follows.
STORAGE = FIXED_TPM | FIXED_PARENT | ORIGIN | USER_AUTH | NO_DA | RESTRICTED | DECRYPT
USER = USER_AUTH | NO_DA
