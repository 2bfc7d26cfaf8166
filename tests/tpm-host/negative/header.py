# SPDX-License-Identifier: MIT
"""Malformed commands: what stands before the parameters, and parameters that end too early or too late."""
from wire import *  # noqa: F403

CLOCK = {CC["ReadClock"]}  # its answer is never the same


def samples():
    """Good commands of many shapes."""
    return {
        "GetRandom": command("GetRandom", [], u16(8)),
        "GetCapability": command("GetCapability", [], u32(6) + u32(0x100) + u32(1)),
        "Hash": command("Hash", [], sized(b"abc") + u16(SHA256) + u32(NULL)),
        "HashSequenceStart": command("HashSequenceStart", [], sized(b"") + u16(SHA256)),
        "IncrementalSelfTest": command("IncrementalSelfTest", [], u32(2) + u16(RSA) + u16(SHA256)),
        "PCR_Read": command("PCR_Read", [], pcrs((SHA256, b"\1\0\0"), (SHA1, b"\0\0\1"))),
        "PCR_Extend": command("PCR_Extend", [16], u32(1) + u16(SHA1) + bytes(20), [password()]),
        "PCR_Event": command("PCR_Event", [16], sized(b"event"), [password()]),
        "StartAuthSession": command("StartAuthSession", [NULL, NULL], sized(bytes(16)) + sized(b"") + u8(0) +
                                    symmetric(AES, 128, CFB) + u16(SHA256)),
        "LoadExternal": load_external(ecc_public(SIGN | USER, point=(bytes(32), bytes(32)))),
        "CreatePrimary": create_primary(ecc_public(STORAGE, sym=symmetric(AES)), selection=pcrs((SHA256, b"\1\0\0"))),
        "TestParms": command("TestParms", [], u16(RSA) + symmetric() + scheme(RSASSA, SHA256) + u16(2048) + u32(0)),
        "NV_DefineSpace": command("NV_DefineSpace", [OWNER], sized(b"auth") + sized(
            u32(0x01000001) + u16(SHA256) + u32(0x00040004) + sized(b"") + u16(8)), [password()]),
        "ECC_Parameters": command("ECC_Parameters", [], u16(3)),
        "Clear": command("Clear", [PLATFORM], b"", [password(b"wrong")]),
        "PolicyOR": command("PolicyOR", [0x03000000], u32(2) + sized(bytes(32)) + sized(bytes(32))),
    }


def ends(vectors):
    """Each sample cut off at each byte, with what is left as its stated length, and with more behind it."""
    for name, whole in samples().items():
        for size in range(10, len(whole)):
            vectors.bad(f"{name} cut to {size} of {len(whole)}", restated(whole[:size]))
        for more in (b"\0", bytes(16), b"\xff" * 64):
            vectors.bad(f"{name} with {len(more)} bytes too many", restated(whole + more))


def stated_lengths(vectors):
    """The length in the header is less than the number of bytes. (Where it is more, swtpm waits for the rest.)"""
    for name in ("GetRandom", "PCR_Extend", "CreatePrimary"):
        whole = samples()[name]
        vectors.bad(f"{name} one byte more than stated", whole + b"\0", unframed=True)
        for stated in (0, 1, 9, 10, len(whole) - 1):
            vectors.bad(f"{name} states {stated} of its {len(whole)} bytes", whole[:2] + u32(stated) + whole[6:],
                        unframed=True)


def tags(vectors):
    for name in ("GetRandom", "PCR_Extend"):
        whole = samples()[name]
        good = whole[:2]
        for tag in (0, 1, 0xc1, 0xc2, 0xc4, 0x7fff, 0x8000, 0x8001, 0x8002, 0x8003, 0x8004, 0x8014, 0x8021, 0xffff):
            if u16(tag) != good:
                vectors.bad(f"{name} tag {tag:#06x}", u16(tag) + whole[2:])


def codes(vectors):
    """Every command code and its neighbours, with nothing, with an empty session area, with zeros."""
    unknown = [0, 1, 0x65, 0xff, 0x100, 0x11d, 0x1a0, 0x1ff, 0xffff, 0x10000, 0x20000000, 0x20000001, 0x20010000,
               0x40000144, 0x80000144, 0xffffffff]
    for code_value in [*range(0x11e, 0x1a0), *unknown]:
        if code_value not in CLOCK:
            vectors.send(f"code {code_value:#x} alone", command(code_value))
        vectors.bad(f"code {code_value:#x} no session in the area", command(code_value, sessions=[]))
        vectors.bad(f"code {code_value:#x} zeros", command(code_value, [], bytes(64)))


def run(vectors):
    ends(vectors)
    stated_lengths(vectors)
    tags(vectors)
    codes(vectors)
