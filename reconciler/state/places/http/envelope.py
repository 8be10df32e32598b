"""How head and parts look at the server: JSON with a `serial`, which GitLab makes the number of a version.

A head is put into its envelope and taken out of it byte by byte, as its bytes are what writes are known by.
"""

import hashlib
import re
from dataclasses import dataclass

import orjson

from reconciler.state.places.http import problems
from reconciler.state.places.register import problems as register_problems
from reconciler.state.places.register.head import pack, unpack

_FORMAT = "reconciler.http/1"
_FAMILY = b'{"format":"reconciler.http/'
_PART = "reconciler.part/1"
_FIRST_LINE = re.compile(rb'\{"format":"reconciler\.http/1","serial":\d+,"lock_id":(null|"[^"\\]*"),"head":\n')
_TAIL = b"}\n"
#: Names the absence of a head.
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at the address.

    Attributes:
        head: The head, None where there is none.
        lock_id: The id its writer had locked the server with; None where it left no lock in the head.
        digest: Names exactly these bytes.
    """

    head: bytes | None = None
    lock_id: str | None = None
    digest: str = NOTHING


def digest(data: bytes) -> str:
    """Return what names some bytes."""
    return hashlib.sha256(data).hexdigest()


def wrap(head: bytes, lock_id: str | None) -> bytes:
    """Return a head as it is sent.

    Args:
        head: A JSON document with a `serial`.
        lock_id: The id the server is locked with and stays so after this write.
    """
    serial = int(orjson.loads(head)["serial"])
    first = orjson.dumps({"format": _FORMAT, "serial": serial, "lock_id": lock_id})
    return first[:-1] + b',"head":\n' + head + _TAIL


def unwrap(data: bytes | None, where: str) -> Standing:
    """Return what some bytes from the server hold.

    Raises:
        Problem: If they are not a state of ours, or cut short.
    """
    if data is None:
        return Standing()
    first = _FIRST_LINE.match(data)
    if first is None:
        raise problems.foreign(where, _whose(data))
    if not data.endswith(_TAIL):
        raise register_problems.head_damaged(where, "its end is missing")
    lock_id = orjson.loads(first[1])
    return Standing(data[first.end() : -len(_TAIL)], lock_id, digest(data))


def _whose(data: bytes) -> str:
    if data.startswith(_FAMILY):
        return "a state that a later version of reconciler wrote"
    try:
        root = orjson.loads(data)
    except orjson.JSONDecodeError:
        return "no JSON"
    if isinstance(root, dict) and "terraform_version" in root:
        return f"a state of Terraform {root['terraform_version']} or a tool like it"
    return "the JSON of another program"


def wrap_part(data: bytes) -> bytes:
    """Return a part as it is sent; every part is the first and only version of its name."""
    return orjson.dumps({"format": _PART, "serial": 1, "data": pack(data)}) + b"\n"


def unwrap_part(data: bytes) -> bytes:
    """Return a part's content; of anything else the bytes as they are, which no checksum will fit."""
    try:
        return unpack(orjson.loads(data)["data"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return data
