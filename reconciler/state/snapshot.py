"""The snapshot, `reconciler.state/2`: JSON with one row a line, so that two can be compared by eye.

The first line is its identity: format, lineage, serial, fence. In plain text a row is a resource. Encrypted, a row is a
page: the resources whose names hash to it, sealed together, so that a change of one rewrites one page of a hundred and
nothing but the number of pages can be told from outside.
"""

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from reconciler.model.kinds import Kind
from reconciler.model.live import Applied
from reconciler.state import problems
from reconciler.state.backend import TAIL
from reconciler.state.cipher import Cipher
from reconciler.state.codec import Data, applied_data, intent_data, read_applied, read_intent
from reconciler.state.fold import Fold

if TYPE_CHECKING:
    from reconciler.state.sealing import Sealer

FORMAT = "reconciler.state/2"
_FAMILY = "reconciler.state/"
#: Resources of a sealed page, on average at most.
_PAGE = 128
_OPENS = b'"resources":[\n'


class Snapshot:
    """A fold about to be stored: an `Image` in the words of `backend`."""

    def __init__(self, fold: Fold, sealer: "Sealer | None" = None, *, pages: int = 0, anew: bool = False) -> None:
        """Take what is to be stored.

        Args:
            fold: The state; what differs from the snapshot it started from is in its `dirty`.
            sealer: Seals the rows; None leaves them as they are.
            pages: Of the snapshot the fold started from; 0 where it was plain text.
            anew: Whether nothing of that snapshot may stay, as where another key sealed it.
        """
        self._fold = fold
        self._sealer = sealer
        self.pages = _pages(len(fold.resources)) if sealer else 0
        self._anew = anew or pages != self.pages
        self.head = self._head()
        #: Bytes made so far, for the accounts of a run.
        self.produced = len(self.head)

    def whole(self) -> bytes:
        """Return all bytes."""
        if self._sealer is not None:
            return self.head + b",\n".join(row for _, row in self.rows()) + TAIL
        resources = [applied_data(kind, key, applied) for kind, key, applied in _in_order(self._fold)]
        # one call is ten times as fast as one a resource; unescaped, these bytes stand between two resources only
        body = orjson.dumps(resources).replace(b'},{"kind":', b'},\n{"kind":')
        self.produced += len(body)
        return self.head + body[1:-1] + TAIL

    def rows(self) -> Iterable[tuple[str, bytes]]:
        """Return every row by name, in order."""
        if self._sealer is None:
            for kind, key, applied in _in_order(self._fold):
                row = orjson.dumps(applied_data(kind, key, applied))
                self.produced += len(row)
                yield _name(kind, key), row
        else:
            yield from self._sealed_pages(range(self.pages))

    def changes(self) -> Mapping[str, bytes | None] | None:
        """Return the rows that differ from the snapshot that was loaded, or None where every row does."""
        if self._anew:
            return None
        dirty, resources = self._fold.dirty, self._fold.resources
        if self._sealer is not None:
            return dict(self._sealed_pages(sorted({_page(kind, key, self.pages) for kind, key in dirty})))
        return {
            _name(kind, key): orjson.dumps(applied_data(kind, key, applied)) if applied is not None else None
            for kind, key in dirty
            for applied in (resources.get((kind, key)),)
        }

    def _head(self) -> bytes:
        fold = self._fold
        identity = {"format": FORMAT, "lineage": fold.lineage, "serial": fold.serial, "fence": fold.fence}
        inner: Data = {
            "acknowledged": dict(sorted(fold.acknowledged.items())),
            "in_flight": [intent_data(intent) for intent in fold.in_flight.values()],
        }
        outer: Data = {}
        if fold.moved_to:
            outer["moved_to"] = fold.moved_to
        if self._sealer is None:
            outer |= inner
        else:
            from reconciler.state.sealing import keys_data

            sealed = _text(self._sealer.seal(orjson.dumps(inner)))
            outer |= {"keys": keys_data(self._sealer.keys), "pages": self.pages, "sealed": sealed}
        return b"%b,\n%b,%b" % (orjson.dumps(identity)[:-1], orjson.dumps(outer)[1:-1], _OPENS)

    def _sealed_pages(self, numbers: Iterable[int]) -> Iterator[tuple[str, bytes]]:
        assert self._sealer is not None, "only sealed snapshots have pages"
        wanted = set(numbers)
        filled: dict[int, list[Data]] = {number: [] for number in sorted(wanted)}
        for kind, key, applied in _in_order(self._fold):
            page = _page(kind, key, self.pages)
            if page in wanted:
                filled[page].append(applied_data(kind, key, applied))
        for number, resources in filled.items():
            row = orjson.dumps(_text(self._sealer.seal(orjson.dumps(resources))))
            self.produced += len(row)
            yield f"page {number:07}", row


def encode(fold: Fold) -> bytes:
    """Return the plain snapshot of a fold."""
    return Snapshot(fold).whole()


def _name(kind: Kind, key: str) -> str:
    return f"{kind} {key}"


def _page(kind: Kind, key: str, pages: int) -> int:
    return zlib.crc32(_name(kind, key).encode()) % pages


def _pages(resources: int) -> int:
    """How many pages hold so many resources: a power of two, so that growing by one rarely moves any."""
    return 1 << max(0, (resources - 1) // _PAGE).bit_length()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _in_order(fold: Fold) -> Iterator[tuple[Kind, str, Applied]]:
    """Yield resources by kind, then by key; sorting plain keys takes a third of sorting pairs."""
    kinds: dict[Kind, dict[str, Applied]] = {}
    for (kind, key), applied in fold.resources.items():
        kinds.setdefault(kind, {})[key] = applied
    for kind in sorted(kinds):
        group = kinds[kind]
        for key in sorted(group):
            yield kind, key, group[key]


def identity(data: bytes) -> bytes:
    """Return the first line of a snapshot, newline included."""
    return data[: data.find(b"\n") + 1]


def decode(data: bytes, where: str, cipher: Cipher | None = None) -> tuple[Fold, int]:
    """Return the fold a snapshot holds, and its number of sealed pages.

    Args:
        data: The whole.
        where: The place, for messages.
        cipher: Opens sealed pages.

    Raises:
        Problem: If it is truncated, damaged, another program's, of a later version, or its key can not be had.
    """
    root = _parse(data, where)
    fold = Fold()
    try:
        fold.lineage, fold.serial, fold.fence = _identity(root)
        fold.moved_to = root.get("moved_to", "")
        opened, rows, pages = _open(root, cipher or Cipher(None, where))
        fold.acknowledged = dict(opened.get("acknowledged", {}))
        fold.in_flight = {intent.place: intent for intent in map(read_intent, opened.get("in_flight", ()))}
        fold.resources = dict(map(read_applied, rows))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise problems.corrupt(where, f"its content is not that of a state ({error!r})") from None
    if len(fold.resources) != len(rows):
        raise problems.corrupt(where, "it lists a resource twice")
    return fold, pages


def _parse(data: bytes, where: str) -> Data:
    try:
        root = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if data.startswith(b'{"format":"' + _FAMILY.encode()) and not data.endswith(TAIL):
            raise problems.truncated(where, f"it ends after {len(data):,} bytes in the middle of a row") from None
        raise problems.corrupt(where, f"it is not JSON ({error})") from None
    format_ = root.get("format") if isinstance(root, dict) else None
    if not isinstance(format_, str) or not format_.startswith(_FAMILY):
        raise problems.foreign(where)
    forward = _FORWARD.get(format_)
    if forward is None:
        raise problems.newer(where, format_)
    migrated: Data = forward(root)
    return migrated


def _as_it_is(root: Data) -> Data:
    return root


def _from_1(root: Data) -> Data:
    """Version 1 knew neither writes in flight nor pages."""
    return {**root, "in_flight": []}


#: How each format that was ever written becomes the present one.
_FORWARD: Mapping[str, Callable[[Data], Data]] = {"reconciler.state/1": _from_1, FORMAT: _as_it_is}


def _identity(root: Data) -> tuple[str, int, int]:
    lineage, serial, fence = root["lineage"], root["serial"], root.get("fence", 0)
    if not isinstance(lineage, str) or type(serial) is not int or type(fence) is not int:
        raise TypeError("lineage, serial or fence")
    return lineage, serial, fence


def _open(root: Data, cipher: Cipher) -> tuple[Data, list[Any], int]:
    """Return the inner head, the resources, and how many sealed pages they came from."""
    if "keys" not in root:
        cipher.saw_plain()
        return root, root["resources"], 0
    cipher.learn(root["keys"])
    inner: Data = orjson.loads(cipher.open(base64.b64decode(root["sealed"])))
    rows: list[Any] = []
    for page in root["resources"]:
        rows += orjson.loads(cipher.open(base64.b64decode(page)))
    pages: int = root["pages"]
    if len(root["resources"]) != pages:
        raise ValueError(f"{len(root['resources'])} pages of {pages}")
    return inner, rows, pages
