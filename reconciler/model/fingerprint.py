"""Digests: the short names of values in plans."""

import hashlib
from typing import Any

import orjson

from reconciler.model.resources import Resource


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of a value: sorted keys, no blanks, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(data: bytes) -> str:
    """Return `sha256:` and the hexadecimal digest of some bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


#: The precondition of a thing that must not be there.
ABSENT = digest(b"absent")


def fingerprint(resource: Resource | None) -> str:
    """Return the digest an operation's precondition holds a live resource to; facts and ids are not part of it."""
    if resource is None:
        return ABSENT
    return digest(canonical([resource.kind, resource.key, resource.fields()]))
