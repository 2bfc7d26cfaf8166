#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ours and swtpm on what no record can hold, because answers are random: what the one encrypts, signs, wraps or
makes, the other has to decrypt, verify, unwrap or load, from the same state. Output as tests/README.md wants it.

usage: both.py BUILD-FOLDER|SOCKET
With a socket of svsm-run, ours is the service in a booted machine."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "negative"))
# pylint: disable=wrong-import-position
from ecc import CURVES  # noqa: E402
from peers import Booted, Ours, Swtpm  # noqa: E402
from rsa import ALL_HASHES, decrypt, encrypt, sign  # noqa: E402
from rsa_math import digest  # noqa: E402
from wire import *  # noqa: E402,F403

VECTORS = os.path.join(HERE, "../vectors/tpm-golden.jsonl")
KEY = ORIGIN | USER | DECRYPT | SIGN


class Pair:
    """One command to both, with the same answer; or to one."""

    def __init__(self, ours):
        with open(VECTORS, encoding="ascii") as file:
            state = json.loads(file.readline())
        self.ours = Ours(ours, VECTORS) if os.path.isdir(ours) else Booted(ours)
        self.swtpm = Swtpm(state)
        self.sides = {"ours": (self.ours, self.swtpm), "swtpm": (self.swtpm, self.ours)}
        self.checks = 0

    def both(self, command_bytes):
        first, second = self.ours.ask(command_bytes), self.swtpm.ask(command_bytes)
        require(first == second, f"{command_bytes.hex()}: {first.hex()} and {second.hex()}")
        self.checks += 1
        return first

    def key(self, template):
        """The same primary key in both."""
        answer = self.both(create_primary(template))
        require(code(answer) == 0, "a primary key is made")
        return int.from_bytes(answer[10:14], "big")

    def each(self):
        """(name, who does it, who checks it)"""
        return [(name, *sides) for name, sides in self.sides.items()]


class Broken(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Broken(what)


def good(tpm, command_bytes, what):
    answer = tpm.ask(command_bytes)
    require(code(answer) == 0, f"{what}: code {code(answer):#x}")
    return answer


def parameters(answer):
    """Behind header and parameter size of an answer with sessions and without handles."""
    return answer[14:14 + int.from_bytes(answer[10:14], "big")]


def texts(room):
    return [b"", b"t", b"t" * room] if room > 0 else [b""] if room == 0 else []


def encryption(pair, bits):
    handle = pair.key(rsa_public(KEY, bits))
    size = bits // 8
    schemes = [(scheme(RSAES), size - 11)]
    schemes += [(scheme(OAEP, alg), size - 2 - 2 * len(digest(alg))) for alg in ALL_HASHES]
    for name, one, other in pair.each():
        for sch, room in schemes:
            for text in texts(room):
                for label in (b"", b"label\0") if sch[:2] == u16(OAEP) else (b"",):
                    what = f"{bits} {sch.hex()} {len(text)} bytes by {name}"
                    ciphers = [unsized(good(one, encrypt(handle, text, sch, label), what), 10)[0] for _ in range(2)]
                    require(ciphers[0] != ciphers[1], what + ": twice the same")
                    for tpm in (one, other):
                        answer = good(tpm, decrypt(handle, ciphers[0], sch, label), what)
                        require(unsized(parameters(answer))[0] == text, what + ": another text")
                    pair.checks += 3
    pair.both(flush(handle))


def block_form(pair):
    """What ours puts around a text in the manner of PKCS#1 v1.5 is what the standard says."""
    handle = pair.key(rsa_public(KEY, 1024))
    for text in (b"", b"t", b"text" * 20):
        for _ in range(20):
            cipher = unsized(good(pair.ours, encrypt(handle, text, scheme(RSAES)), "encrypt"), 10)[0]
            block = unsized(parameters(pair.both(decrypt(handle, cipher))))[0]
            pad = block[2:len(block) - len(text) - 1]
            require(block[:2] == b"\0\2" and 0 not in pad and block[len(block) - len(text) - 1:] == b"\0" + text, block.hex())
    pair.both(flush(handle))


def signed(answer):
    """TPMT_SIGNATURE of an answer."""
    return parameters(answer)


def signatures(pair, handle, what, schemes):
    for name, one, other in pair.each():
        for sch, alg in schemes:
            hashed = digest(alg, b"message")
            found = [signed(good(one, sign(handle, hashed, sch), f"{what} {sch.hex()} by {name}")) for _ in range(2)]
            if sch[:2] != u16(RSASSA):
                require(found[0] != found[1], f"{what} {sch.hex()} by {name}: twice the same")
            changed = found[1][:-1] + bytes([found[1][-1] ^ 1])
            for tpm in (one, other):
                good(tpm, command("VerifySignature", [handle], sized(hashed) + found[0]), f"{what} {sch.hex()} of {name}")
                answer = tpm.ask(command("VerifySignature", [handle], sized(hashed) + changed))
                require(code(answer) != 0, f"{what} {sch.hex()} of {name}: a changed one is verified")
            pair.checks += 4


def signing(pair):
    for bits in (1024, 2048):
        handle = pair.key(rsa_public(KEY, bits))
        room = {alg for alg in ALL_HASHES if bits // 8 >= 2 * len(digest(alg)) + 2}
        signatures(pair, handle, f"rsa {bits}", [(scheme(RSASSA, alg), alg) for alg in ALL_HASHES] +
                   [(scheme(RSAPSS, alg), alg) for alg in ALL_HASHES if alg in room])
        pair.both(flush(handle))
    for name, curve in CURVES.items():
        handle = pair.key(ecc_public(KEY, curve))
        schemes = [(scheme(kind, alg), alg) for kind in (ECDSA, ECSCHNORR) for alg in ALL_HASHES]
        if name == "sm2":
            schemes += [(scheme(SM2, SHA256), SHA256)]
        signatures(pair, handle, name, schemes)
        pair.both(flush(handle))


def exchange(pair):
    """A point for which the one makes a secret gives the same secret to the owner of the key."""
    for name, curve in CURVES.items():
        handle = pair.key(ecc_public(KEY, curve))
        for who, one, other in pair.each():
            answer = good(one, command("ECDH_KeyGen", [handle]), f"{name} by {who}")
            secret, at = unsized(answer, 10)
            point = answer[at:]
            for tpm in (one, other):
                found = good(tpm, command("ECDH_ZGen", [handle], point, [password()]), f"{name} of {who}")
                require(unsized(parameters(found))[0] == secret, f"{name} of {who}: another secret")
            pair.checks += 2
        pair.both(flush(handle))


def children(pair):
    """Keys that the one makes are loaded by the other, and no two are the same."""
    parent = pair.key(ecc_public(STORAGE, sym=symmetric(AES)))
    templates = [rsa_public(KEY, 1024), rsa_public(KEY, 2048)] + [ecc_public(KEY, curve) for curve in CURVES.values()]
    for template in templates:
        for name, one, other in pair.each():
            made = []
            for _ in range(2):
                answer = parameters(good(one, create(parent, template), "create by " + name))
                private, at = unsized(answer)
                public_area, _ = unsized(answer, at)
                made.append((private, public_area))
            require(made[0][1] != made[1][1], f"{name} makes the same key twice")
            load = command("Load", [parent], sized(made[0][0]) + sized(made[0][1]), [password()])
            handle = int.from_bytes(good(other, load, f"load what {name} made")[10:14], "big")
            good(other, flush(handle), "flush")
            pair.checks += 1
    pair.both(flush(parent))


def credentials(pair):
    name_of = pair.key(ecc_public(ORIGIN | USER | SIGN))
    object_name = unsized(pair.both(command("ReadPublic", [name_of])), 10)
    name = unsized(pair.both(command("ReadPublic", [name_of])), object_name[1])[0]
    for template in (rsa_public(STORAGE, sym=symmetric(AES)), ecc_public(STORAGE, sym=symmetric(AES))):
        parent = pair.key(template)
        for who, one, other in pair.each():
            blob = good(one, command("MakeCredential", [parent], sized(b"secret") + sized(name)), "make by " + who)[10:]
            answer = good(other, command("ActivateCredential", [name_of, parent], blob, [password(), password()]), "of " + who)
            require(unsized(parameters(answer))[0] == b"secret", f"{who}: another secret")
            pair.checks += 1
        pair.both(flush(parent))
    pair.both(flush(name_of))


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    pair = Pair(sys.argv[1])
    prefix = "both" if isinstance(pair.ours, Ours) else "booted-both"
    failed = 0
    parts = {"encryption-1024": lambda: encryption(pair, 1024), "encryption-2048": lambda: encryption(pair, 2048),
             "padding": lambda: block_form(pair), "signing": lambda: signing(pair), "exchange": lambda: exchange(pair),
             "children": lambda: children(pair), "credentials": lambda: credentials(pair)}
    for name, part in parts.items():
        pair.checks = 0
        try:
            part()
            print(f"ok {prefix}-{name} checks={pair.checks}", flush=True)
        except (Broken, EOFError) as why:
            print(f"not ok {prefix}-{name} - {str(why)[:200]}", flush=True)
            failed = 1
            break  # what is loaded where is not known any more
    pair.swtpm.close()
    if pair.ours.close() != 0:
        print(f"not ok {prefix}-clean-end - ours did not end well")
        failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
