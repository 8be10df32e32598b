"""Domain names and mail addresses in the one form in which they are compared.

The key of a domain is its lower-case A-label (IDNA 2008, RFC 5890); the key of an address is its local part, NFC
normalised and case-folded, then `@`, then the domain's key. RFC 5321 §2.4 lets a host tell local parts apart by case;
no platform here does, and treating `Anna@` and `anna@` as two people is how mail is lost.
"""

import re
import unicodedata
from functools import lru_cache

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_PLAIN_ADDRESS = re.compile(r"[a-z0-9_](?:[a-z0-9_.+-]{0,62}[a-z0-9_+-])?\Z")
_ATEXT = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_ATEXT_UTF8 = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*\Z"
)

MAX_DOMAIN = 253  # octets, RFC 1035 §2.3.4 less the root label
MAX_LOCAL = 64  # octets, RFC 5321 §4.5.3.1.1


class BadName(ValueError):
    """A name that can not be one; the message is one lower-case sentence for the user."""


@lru_cache(maxsize=65536)
def domain_key(text: str) -> str:
    """Return the lower-case A-label form of a domain name.

    Args:
        text: A domain name in U-label or A-label form, with or without the closing dot.

    Raises:
        BadName: If it is not a host name of at least two labels (RFC 1123 §2.1, RFC 5891).
    """
    name = text.strip().rstrip(".").lower()
    if not name.isascii():
        name = _to_ascii(name)
    if len(name) > MAX_DOMAIN:
        raise BadName(f"domain name is longer than {MAX_DOMAIN} octets")
    labels = name.split(".")
    if len(labels) < 2:  # noqa: PLR2004
        raise BadName(f"'{text}' is not a full domain name, such as example.org")
    for label in labels:
        if not _LABEL.match(label):
            raise BadName(f"'{label}' can not be a label of a domain name" if label else f"'{text}' has an empty label")
        if label.startswith("xn--"):
            _check_a_label(label)
    return name


def _to_ascii(name: str) -> str:
    import idna  # only a name with non-ASCII letters pays for it

    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadName(f"'{name}' is not an internationalised domain name: {str(error).lower()}") from None


def _check_a_label(label: str) -> None:
    import idna

    try:
        idna.ulabel(label)
    except idna.IDNAError as error:
        raise BadName(f"'{label}' is not a valid A-label: {str(error).lower()}") from None


@lru_cache(maxsize=65536)
def domain_label(key: str) -> str:
    """Return the form a person reads: U-labels where the key has A-labels."""
    if "xn--" not in key:
        return key
    import idna

    try:
        return idna.decode(key)
    except idna.IDNAError:
        return key


def address_key(text: str) -> str:
    """Return the form in which an address is compared: folded local part, `@`, A-label domain.

    Args:
        text: An address such as `Anna@Example.org`, without angle brackets or a display name.

    Raises:
        BadName: If it is not an address (RFC 5321 §4.1.2, RFC 6531 for non-ASCII; quoted local parts are refused).
    """
    local, at, domain = text.rpartition("@")
    if not at:
        raise BadName(f"'{text}' is not an address: it has no @")
    local = local.lower()
    if not _PLAIN_ADDRESS.match(local) or ".." in local:
        local = _checked_local(local, text)
    return f"{local}@{domain_key(domain)}"


def _checked_local(local: str, text: str) -> str:
    if not local:
        raise BadName(f"'{text}' is not an address: nothing stands before the @")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())
    if len(folded.encode()) > MAX_LOCAL:
        raise BadName(f"the local part of '{text}' is longer than {MAX_LOCAL} octets")
    if not (_ATEXT if folded.isascii() else _ATEXT_UTF8).match(folded):
        raise BadName(f"'{local}' can not be the local part of an address")
    return folded


def local_of(address: str) -> str:
    """The part of an address key before the `@`."""
    return address.rpartition("@")[0]


def domain_of(address: str) -> str:
    """The domain's key inside an address key."""
    return address.rpartition("@")[2]


def is_catch_all(address: str) -> bool:
    """Whether an address key stands for all addresses of its domain that nobody else has: `*@example.org`."""
    return address.startswith("*@")


def address_label(key: str) -> str:
    """The form of an address that a person reads."""
    local, at, domain = key.rpartition("@")
    return f"{local}{at}{domain_label(domain)}"
