"""DANE for SMTP (RFC 7672): the TLSA records of mail exchangers."""

from typing import NamedTuple

_HEX_DIGITS = {1: 64, 2: 128}  # by matching type: SHA-256, SHA-512 (RFC 6698 §2.1.3)
_FIELDS = 4


class Tlsa(NamedTuple):
    """A TLSA record: usage, selector, matching type, and the data as hexadecimal digits."""

    usage: int
    selector: int
    matching: int
    data: str


def owner(host: str) -> str:
    """Return the name at which a mail exchanger's TLSA records stand."""
    return f"_25._tcp.{host.rstrip('.')}"


def parse(value: str) -> Tlsa | None:
    """Read a record in presentation form; None where it is not one."""
    parts = value.split(None, _FIELDS - 1)
    if len(parts) != _FIELDS or not all(part.isascii() and part.isdigit() for part in parts[:3]):
        return None
    return Tlsa(int(parts[0]), int(parts[1]), int(parts[2]), "".join(parts[3].split()).lower())


def fault(record: Tlsa) -> str:
    """Return why senders can not use a record, as one lower-case sentence; empty where they can."""
    if record.usage in {0, 1}:
        return f"usage {record.usage} is not for mail: senders know 2 and 3 (RFC 7672 §3.1.3)"
    if record.usage not in {2, 3} or record.selector not in {0, 1} or record.matching not in {0, 1, 2}:
        return f"nobody knows {record.usage} {record.selector} {record.matching}"
    wanted = _HEX_DIGITS.get(record.matching)
    if wanted is not None and len(record.data) != wanted:
        return f"a digest of matching type {record.matching} has {wanted} digits, this has {len(record.data)}"
    return ""
