"""The head, `reconciler.head/1`: the lock, the journal's tail, and the names of everything too large to stand in it.

It is what every commit writes, so it stays small: a snapshot of up to 16 KB and a tail of up to 64 KB stand in it,
everything larger is a part.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from reconciler.state import problems as state_problems
from reconciler.state.places.register import problems

FORMAT = "reconciler.head/1"
_FAMILY = "reconciler.head/"
#: JSON as orjson gives it.
_Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Part:
    """Names a part and what it must hold.

    Attributes:
        name: Fresh for each part ever written.
        size: Bytes.
        sha256: Of its content, in hexadecimal.
    """

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> "Part":
        """Describe content that is about to be stored."""
        return cls(name, len(data), hashlib.sha256(data).hexdigest())

    def holds(self, data: bytes) -> bool:
        """Whether some bytes are this part's."""
        return len(data) == self.size and hashlib.sha256(data).hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The snapshot: whole where it is small, else the part that holds it.

    Attributes:
        identity: Its first line, newline included.
        content: The bytes, or where they are.
    """

    identity: bytes
    content: bytes | Part


@dataclass(frozen=True, slots=True)
class Head:
    """All that the place holds, by value or by name.

    Attributes:
        serial: Raised at every write of the head.
        write: Random, and of this write alone: who got no answer to a write finds it again by this.
        lock: The lock, None where there is none.
        snapshot: The snapshot, None before the first.
        journal: Parts of the journal, in order.
        tail: The journal's bytes behind the last of these.
        history: The last link in the chain of folded journals.
    """

    serial: int = 0
    write: str = ""
    lock: bytes | None = None
    snapshot: Snapshot | None = None
    journal: tuple[Part, ...] = ()
    tail: bytes = b""
    history: Part | None = None

    @property
    def length(self) -> int:
        """Bytes of the journal."""
        return sum(part.size for part in self.journal) + len(self.tail)

    @property
    def named(self) -> frozenset[str]:
        """The parts this head names itself, without those that links of the history name."""
        parts = [*self.journal, self.history, None if self.snapshot is None else self.snapshot.content]
        return frozenset(part.name for part in parts if isinstance(part, Part))


def fresh_write() -> str:
    """Return what marks a write of the head as this one."""
    return secrets.token_hex(8)


def fresh_name(serial: int, what: str) -> str:
    """Return the name of a new part: by age, what it is, and random, as two may write at once."""
    return f"{serial:08d}-{what}-{secrets.token_hex(8)}"


def encode(head: Head) -> bytes:
    """Return a head as JSON, one member a line."""
    members: dict[str, _Json] = {
        "format": FORMAT,
        "serial": head.serial,
        "write": head.write,
        "lock": None if head.lock is None else pack(head.lock),
        "snapshot": None if head.snapshot is None else _pack_snapshot(head.snapshot),
        "journal": [pack_part(part) for part in head.journal],
        "tail": pack(head.tail),
        "history": None if head.history is None else pack_part(head.history),
    }
    lines = (b'"%b": %b' % (name.encode(), orjson.dumps(value)) for name, value in members.items())
    return b"{" + b",\n".join(lines) + b"}\n"


def decode(data: bytes, where: str) -> Head:
    """Return the head some bytes hold.

    Raises:
        Problem: If they are damaged, another program's, or of a later version.
    """
    try:
        root: _Json = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise problems.head_damaged(where, f"it is not JSON ({error})") from None
    format_ = root.get("format") if isinstance(root, dict) else None
    if not isinstance(format_, str) or not format_.startswith(_FAMILY):
        raise problems.head_foreign(where)
    if format_ != FORMAT:
        raise state_problems.newer(where, format_)
    try:
        return _head(root)
    except (KeyError, TypeError, ValueError) as error:
        raise problems.head_damaged(where, f"its content is not that of a head ({error!r})") from None


def _head(root: _Json) -> Head:
    serial, write = root["serial"], root["write"]
    if type(serial) is not int or not isinstance(write, str):
        raise TypeError("serial or write")
    return Head(
        serial=serial,
        write=write,
        lock=None if root["lock"] is None else unpack(root["lock"]),
        snapshot=None if root["snapshot"] is None else _unpack_snapshot(root["snapshot"]),
        journal=tuple(map(unpack_part, root["journal"])),
        tail=unpack(root["tail"]),
        history=None if root["history"] is None else unpack_part(root["history"]),
    )


def pack(data: bytes) -> _Json:
    """Return bytes as a JSON text, or in base64 where they are no text or would be longer as one."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and len(orjson.dumps(text)) * 3 <= len(data) * 4 + 6:
        return text
    return {"base64": base64.b64encode(data).decode()}


def unpack(value: _Json) -> bytes:
    """Undo `pack`."""
    if isinstance(value, str):
        return value.encode()
    return base64.b64decode(value["base64"], validate=True)


def pack_part(part: Part) -> _Json:
    """Return a part's description as JSON data."""
    return {"name": part.name, "size": part.size, "sha256": part.sha256}


def unpack_part(value: _Json) -> Part:
    """Undo `pack_part`."""
    name, size, sha256 = value["name"], value["size"], value["sha256"]
    if not isinstance(name, str) or type(size) is not int or not isinstance(sha256, str):
        raise TypeError("a part")
    return Part(name, size, sha256)


def _pack_snapshot(snapshot: Snapshot) -> _Json:
    identity = {"identity": pack(snapshot.identity)}
    if isinstance(snapshot.content, Part):
        return identity | {"part": pack_part(snapshot.content)}
    return identity | {"whole": pack(snapshot.content)}


def _unpack_snapshot(value: _Json) -> Snapshot:
    content = unpack_part(value["part"]) if "part" in value else unpack(value["whole"])
    return Snapshot(unpack(value["identity"]), content)
