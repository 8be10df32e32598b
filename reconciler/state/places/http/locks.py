"""What the server's lock says: the id, the info sent with it, and who holds it when it is refused.

The id looks like those of Terraform, but is a UUID of version 8 (RFC 9562 §5.8) with a meaning: since when, which
lease, and a number that is new each time the server is locked. It has to carry that much, because GitLab keeps of the
info no more than id, user and time, and gives back to who is refused the rest as he sent it himself.
"""

import hashlib
import re
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson

from reconciler import __version__
from reconciler.model.diagnostic import Problem
from reconciler.state import lease
from reconciler.state.values import LockInfo

#: Version 8 and variant of the UUID, and what marks it as ours: a random one has these with a chance of 2⁻³².
_MARK = "8ec0-9c11"
_OURS = re.compile(rf"([0-9a-f]{{8}})-[0-9a-f]{{4}}-{_MARK}-([0-9a-f]{{12}})")
_LEASE = re.compile(r"[0-9a-f]{12}")
#: JSON as orjson gives it.
_Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the server's lock.

    Attributes:
        id: What to unlock it by; empty where the server does not tell.
        lock: The same as a lock of ours, for everybody above to read.
    """

    id: str
    lock: bytes

    @property
    def lease(self) -> str | None:
        """The lease it belongs to, None where another program holds it."""
        return lease_of(self.id)


def _read(lock: bytes) -> LockInfo | None:
    try:
        return lease.decode(lock, "")
    except Problem:
        return None


def key(lock: bytes) -> str:
    """Return the twelve hexadecimal digits a lease is known by at the server; its heartbeats change none of them."""
    info = _read(lock)
    if info is not None and _LEASE.fullmatch(info.id):
        return info.id
    return hashlib.sha256(lock if info is None else info.id.encode()).hexdigest()[:12]


def fresh_id(lock: bytes) -> str:
    """Return an id to lock the server with, another one each time."""
    info = _read(lock)
    since = int(time.time() if info is None else info.since) & 0xFFFFFFFF
    return f"{since:08x}-{secrets.token_hex(2)}-{_MARK}-{key(lock)}"


def lease_of(lock_id: str) -> str | None:
    """Return the lease an id belongs to, None where it is not one of ours."""
    ours = _OURS.fullmatch(lock_id)
    return None if ours is None else ours[2]


def lock_info(lock_id: str, lock: bytes, address: str) -> bytes:
    """Return what LOCK and UNLOCK send: the fields of Terraform's LockInfo, each of which GitLab insists on."""
    info = _read(lock)
    since = time.time() if info is None else info.since
    return orjson.dumps(
        {
            "ID": lock_id,
            "Operation": "reconciler" if info is None else f"reconciler {info.operation}",
            "Info": lock.decode(errors="replace").rstrip("\n"),
            "Who": "" if info is None else f"{info.owner}@{info.host}",
            "Version": __version__,
            "Created": datetime.fromtimestamp(since, UTC).isoformat().replace("+00:00", "Z"),
            "Path": address,
        }
    )


def holder(answer: bytes, sent: bytes) -> Holder:
    """Read the answer to a LOCK that was refused.

    Args:
        answer: The holder's info, or what a server makes of it; it may be anything.
        sent: The info that was sent.
    """
    try:
        root: _Json = orjson.loads(answer)
    except orjson.JSONDecodeError:
        root = None
    fields = root if isinstance(root, dict) else {}
    lock_id, who, info, operation = (_text(fields.get(name)) for name in ("ID", "Who", "Info", "Operation"))
    ours = _OURS.fullmatch(lock_id)
    lock = info.encode() + b"\n"
    if ours is not None and _read(lock) is not None and key(lock) == ours[2]:
        return Holder(lock_id, lock)
    if info == orjson.loads(sent)["Info"]:
        operation = ""  # a server that gives back what it was sent has not kept the holder's either
    if ours is not None:
        since = float(int(ours[1], 16))
        return Holder(lock_id, _lock(ours[2], who, operation or "reconciler", since, lease.TERM))
    since = _time(_text(fields.get("Created")))
    return Holder(lock_id, _lock(lock_id or "unknown", who, operation or "another program", since, 0.0))


def _text(value: _Json) -> str:
    return value if isinstance(value, str) else ""


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def _lock(lock_id: str, who: str, operation: str, since: float, term: float) -> bytes:
    return lease.encode(
        LockInfo(
            id=lock_id,
            owner=who or "somebody",
            host="",
            pid=0,
            operation=operation,
            since=since,
            expires=since + term,
            fence=0,
            term=term,
        )
    )


def above(lock: bytes, other: bytes | None) -> bytes:
    """Return a lock whose fence is not below that of another: who takes over raises the highest there was."""
    mine, theirs = _read(lock), None if other is None else _read(other)
    if mine is None or theirs is None or mine.fence >= theirs.fence:
        return lock
    return lease.encode(replace(mine, fence=theirs.fence))
