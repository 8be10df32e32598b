"""The journal, `reconciler.journal/1`: one line a commit, each with its checksum.

A line is eight hexadecimal digits (the CRC-32 of the rest), a blank, a JSON list of entries, and a newline. A commit
being one line makes it the unit of what a crash can tear: a last line that is cut short, or that has holes where the
disk never wrote, was never answered as durable and counts as not written. Any other line whose checksum is wrong is
damage, and damage is never skipped.

Encrypted, the list is sealed and stands there as a JSON string; a line with the wrapped keys stands before each run.
"""

import base64
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from reconciler.state import problems
from reconciler.state.cipher import Cipher
from reconciler.state.codec import Data, read_ended, read_header, read_intent
from reconciler.state.fold import Fold
from reconciler.state.values import RunHeader

if TYPE_CHECKING:
    from reconciler.state.sealing import Sealer

FORMAT = "reconciler.journal/1"
_FAMILY = "reconciler.journal/"
_PREFIX = re.compile(rb"[0-9a-f]{0,8}\Z|[0-9a-f]{8} (?:[\[\"].*)?\Z", re.DOTALL)
_HOLE = re.compile(rb"\0+")
_SECTOR = 512  # bytes a disk writes at once, at least
_SUM = 9  # the checksum and the blank


def encode(entries: list[Data], sealer: "Sealer | None" = None) -> bytes:
    """Return one commit as a line, sealed where it is to be."""
    body = orjson.dumps(entries)
    if sealer is not None:
        body = b'"%b"' % base64.b64encode(sealer.seal(body))
    return b"%08x %b\n" % (zlib.crc32(body), body)


def encode_keys(sealer: "Sealer") -> bytes:
    """Return the line that stands before a sealed run: its keys, wrapped."""
    from reconciler.state.sealing import keys_data

    return encode([{"keys": keys_data(sealer.keys)}])


def _sound(line: bytes) -> bool:
    return len(line) > _SUM and line[:_SUM] == b"%08x " % zlib.crc32(line[_SUM:])


def _torn(tail: bytes, offset: int) -> bool:
    """Whether a last line is one that a crash cut short, rather than one that somebody changed.

    What the disk never wrote reads as zeros from where the line begins, or a sector does, to where a sector or the file
    ends; JSON itself has none.

    Args:
        tail: All that stands from the line's beginning on.
        offset: Where that is in the file.
    """
    holes = [hole.span() for hole in _HOLE.finditer(tail)]
    if holes:
        return all(
            (start == 0 or (offset + start) % _SECTOR == 0) and (stop == len(tail) or (offset + stop) % _SECTOR == 0)
            for start, stop in holes
        )
    return not tail.endswith(b"\n") and _PREFIX.match(tail) is not None


def lines(data: bytes, where: str) -> tuple[list[bytes], int]:
    """Return the bodies of all whole lines, and how many bytes they take; what stands behind those is torn.

    Raises:
        Problem: If a line is damaged.
    """
    bodies: list[bytes] = []
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start)
        line = data[start : stop if stop >= 0 else len(data)]
        if stop < 0 or not _sound(line):
            tail = data[start:]
            if _torn(tail, start) and not any(map(_sound, tail.split(b"\n")[:-1])):
                break
            raise problems.journal_damaged(where, len(bodies) + 1, "its checksum does not match")
        bodies.append(line[_SUM:])
        start = stop + 1
    return bodies, start


def replay(bodies: list[bytes], fold: Fold, where: str, cipher: Cipher | None = None) -> bool:
    """Add to a fold every run of a journal that it does not hold yet.

    A snapshot that was put in place just before a crash holds runs whose entries still stand in the journal; runs up to
    its serial are skipped. Returns whether any was not.

    Raises:
        Problem: If an entry can not be read, or a run does not follow the one before it.
    """
    base = fold.serial
    fresh = False
    for number, entry in entries(bodies, where, cipher or Cipher(None, where)):
        try:
            if "run" in entry:
                header = read_run(entry, where)
                fresh = header.serial > base
                if fresh:
                    _follows(header, fold, where)
            if fresh:
                add(entry, fold)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise problems.journal_damaged(where, number, f"an entry has no meaning ({error!r})") from None
    return fresh


def entries(bodies: list[bytes], where: str, cipher: Cipher) -> Iterator[tuple[int, Data]]:
    """Yield each entry with the number of its line, opened where it is sealed.

    Raises:
        Problem: If a line is not what a run wrote, or its key can not be had.
    """
    first = True
    for number, body in enumerate(bodies, start=1):
        for entry in _opened(body, where, number, cipher):
            if not isinstance(entry, dict):
                raise problems.journal_damaged(where, number, "an entry is not an object")
            if "keys" in entry:
                _learn(entry["keys"], cipher, where, number)
                continue
            if first and "run" not in entry:
                raise problems.journal_damaged(where, number, "no run begins there")
            first = False
            yield number, entry


def outcomes(bodies: list[bytes], where: str, cipher: Cipher) -> Iterator[tuple[int, Data]]:
    """Yield the entries of lines that no run header stands before, each with its line's number.

    Raises:
        Problem: If a line is not what a run wrote, or its key can not be had.
    """
    for number, body in enumerate(bodies, start=1):
        for entry in _opened(body, where, number, cipher):
            if "keys" in entry:
                _learn(entry["keys"], cipher, where, number)
            else:
                yield number, entry


def resealed(data: bytes, where: str, cipher: Cipher, sealer: "Sealer | None") -> bytes:
    """Return a folded journal sealed with another key, or with none.

    Raises:
        Problem: If it is damaged, or its key can not be had.
    """
    bodies, _ = lines(data, where)
    written = [] if sealer is None else [encode_keys(sealer)]
    for number, body in enumerate(bodies, start=1):
        content = _opened(body, where, number, cipher)
        if len(content) == 1 and "keys" in content[0]:
            _learn(content[0]["keys"], cipher, where, number)
        else:
            written.append(encode(content, sealer))
    return b"".join(written)


def _opened(body: bytes, where: str, number: int, cipher: Cipher) -> list[Any]:
    try:
        content: Any = orjson.loads(body)
        if not isinstance(content, str):
            if not (len(content) == 1 and "keys" in content[0]):
                cipher.saw_plain()
            return list(content)
        opened: list[Any] = orjson.loads(cipher.open(base64.b64decode(content)))
    except orjson.JSONDecodeError:
        raise problems.journal_damaged(where, number, "it is not JSON") from None
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise problems.journal_damaged(where, number, str(error)) from None
    return opened


def _learn(keys: Data, cipher: Cipher, where: str, number: int) -> None:
    try:
        cipher.learn(keys)
    except (KeyError, TypeError, ValueError) as error:
        raise problems.journal_damaged(where, number, f"its keys can not be read ({error!r})") from None


def read_run(entry: Data, where: str) -> RunHeader:
    """Return the header an entry holds.

    Raises:
        Problem: If a later version wrote it.
        KeyError, TypeError, ValueError: If it is not one.
    """
    format_ = entry.get("format")
    if format_ == FORMAT:
        return read_header(entry)
    if isinstance(format_, str) and format_.startswith(_FAMILY):
        raise problems.newer(where, format_)
    raise ValueError("no format")


def _follows(header: RunHeader, fold: Fold, where: str) -> None:
    if header.onto is not None:
        if header.onto != (fold.lineage, fold.serial) or header.serial <= fold.serial:
            raise problems.journal_foreign(where, f"its run {header.serial} was pushed onto another state")
        return
    if fold.lineage and header.lineage != fold.lineage:
        raise problems.journal_foreign(where, f"its lineage is {header.lineage}, the state's is {fold.lineage}")
    if header.serial != fold.serial + 1:
        raise problems.journal_foreign(where, f"its run {header.serial} does not follow run {fold.serial}")


def add(entry: Data, fold: Fold) -> None:
    """Add an entry to a fold.

    Raises:
        KeyError, TypeError, ValueError: If it is none.
    """
    if "end" in entry:
        fold.end(read_ended(entry))
    elif "begin" in entry:
        fold.begin(read_intent(entry))
    elif "run" in entry:
        fold.run(read_header(entry))
    elif "ack" in entry:
        fold.acknowledge(entry["ack"], entry["note"])
    elif "plan" not in entry and "t" not in entry:
        raise ValueError(f"unknown entry {sorted(entry)}")
