"""DKIM key records (RFC 6376 §3.6.1, RFC 8463): what a key is worth to those who verify with it (RFC 8301)."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from reconciler.dns.tags import first, tags
from reconciler.dns.view import View
from reconciler.model.answers import Answer, Status
from reconciler.model.presentation import text_of

MIN_BITS = 1024  # less is not verified, RFC 8301 §3.2
GOOD_BITS = 2048  # what signers should have, RFC 8301 §3.2

_ED25519_OCTETS = 32  # RFC 8463 §4
_INTEGER, _BIT_STRING, _SEQUENCE = 0x02, 0x03, 0x30  # DER, X.690
_LONG_FORM = 0x80


@dataclass(frozen=True, slots=True)
class Key:
    """A DKIM key record.

    Attributes:
        kind: rsa, ed25519, or what else `k=` says.
        bits: Of an RSA modulus; 256 for Ed25519; 0 where it can not be told.
        data: The key as it stands in `p=`, without blanks; empty: revoked.
        testing: Whether it is only tried out (`t=y`).
        exact: Whether it signs for its own domain alone and not for subdomains (`t=s`).
        hashes: Algorithms that are accepted with it; empty: all.
        fault: Why nobody can verify with it, as one lower-case sentence; empty where they can.
    """

    kind: str = "rsa"
    bits: int = 0
    data: str = ""
    testing: bool = False
    exact: bool = False
    hashes: tuple[str, ...] = ()
    fault: str = ""

    @property
    def revoked(self) -> bool:
        """Whether the key was withdrawn: `p=` is empty (RFC 6376 §3.6.1)."""
        return not self.data and not self.fault

    @property
    def short(self) -> bool:
        """Whether it is an RSA key that is too short to be verified."""
        return self.kind == "rsa" and 0 < self.bits < MIN_BITS

    @property
    def usable(self) -> bool:
        """Whether a signature with it can be verified."""
        return bool(self.data) and not self.fault


@lru_cache(maxsize=4096)
def parse(text: str) -> Key:
    """Read a key record; what is wrong with it is in `fault`."""
    found, odd = tags(text)
    values = first(found)
    if "v" in values and (found[0].name != "v" or values["v"] != "DKIM1"):
        return Key(fault="v= must be DKIM1 and stand first")
    if "p" not in values:
        return Key(fault="it has no key: the tag p is missing")
    kind = values.get("k", "rsa").lower()
    data = "".join(values["p"].split())
    flags = _list(values.get("t", ""))
    hashes = _list(values.get("h", ""))
    bits, fault = (0, "") if not data else _strength(kind, data)
    services = _list(values.get("s", ""))
    if odd:
        fault = fault or f"'{odd[0]}' is not a tag"
    elif hashes and "sha256" not in hashes:
        fault = fault or f"it allows only {', '.join(hashes)}, which nobody may verify any more (RFC 8301)"
    elif services and not {"*", "email"} & set(services):
        fault = fault or f"it is for {', '.join(services)} and not for mail"
    return Key(kind, bits, data, "y" in flags, "s" in flags, hashes, fault)


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip().lower() for each in text.split(":") if each.strip())


def _strength(kind: str, data: str) -> tuple[int, str]:
    """Bits of a key, and what is wrong with it."""
    try:
        octets = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return 0, "its key is not base64"
    if kind == "ed25519":
        good = len(octets) == _ED25519_OCTETS
        return (256, "") if good else (0, f"an Ed25519 key has {_ED25519_OCTETS} octets, this has {len(octets)}")
    if kind != "rsa":
        return 0, f"nobody knows keys of the kind {kind}"
    bits = rsa_bits(octets)
    if not bits:
        return 0, "its key is cut short or is no RSA key"
    if bits < MIN_BITS:
        return bits, f"an RSA key of {bits} bits is not verified any more; {MIN_BITS} is the least (RFC 8301)"
    return bits, ""


def rsa_bits(der: bytes) -> int:
    """Return the bits of an RSA modulus; 0 where the data is no RSA key.

    Args:
        der: A SubjectPublicKeyInfo (RFC 5280 §4.1), as nearly everyone publishes, or a bare RSAPublicKey (RFC 8017
            §A.1.1), which RFC 6376 names.
    """
    try:
        inside, rest = _element(der, _SEQUENCE)
        if rest:
            return 0
        if inside[0] == _SEQUENCE:
            _, after = _element(inside, _SEQUENCE)
            string, _ = _element(after, _BIT_STRING)
            inside, _ = _element(string[1:], _SEQUENCE)
        modulus, after = _element(inside, _INTEGER)
        _element(after, _INTEGER)
    except (IndexError, ValueError):
        return 0
    return int.from_bytes(modulus, "big").bit_length()


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the DER element that data begins with, and what follows."""
    if der[0] != tag:
        raise ValueError("another element")
    length, start = der[1], 2
    if length & _LONG_FORM:
        start += length & ~_LONG_FORM
        length = int.from_bytes(der[2:start], "big")
    if len(der) < start + length:
        raise ValueError("cut short")
    return der[start : start + length], der[start + length :]


def keys_in(answer: Answer) -> tuple[Key, ...]:
    """Return the key records of a TXT answer; empty where there are none or nobody knows."""
    return tuple(parse(text_of(value)) for value in answer.values) if answer.status is Status.FOUND else ()


def keys_at(name: str, view: View) -> tuple[Key, ...]:
    """Return the key records at a selector's owner name, CNAMEs followed; verifiers may take any one of several."""
    return keys_in(view.ask(name, "TXT"))


def signing_domain(name: str) -> str:
    """Return the domain (`d=`) that a selector's owner name, `SELECTOR._domainkey.DOMAIN`, signs for."""
    return name.rpartition("._domainkey.")[2]
