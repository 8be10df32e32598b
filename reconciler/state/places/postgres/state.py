"""The backend `postgres`.

Every write is one transaction that first locks the state's row. So fence and write are one step, two writers come one
after the other, and a heartbeat, which changes the same row, waits for neither longer than a commit takes. It has a
connection of its own: what is asked of the first may take longer.

Folding the journal moves nothing: its rows belong to a generation, and the next one begins.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from psycopg import errors
from psycopg.rows import TupleRow

from reconciler.state import problems
from reconciler.state.backend import TAIL, Contents, Fence, Image, Mark, Standing
from reconciler.state.places.postgres import schema as tables
from reconciler.state.places.postgres.line import Line, Question, Talk
from reconciler.state.places.postgres.statements import BEGIN_READING, BEGIN_WRITING, COMMIT, ROLLBACK, in_schema

T = TypeVar("T")

_BATCH = 5_000  # rows of the snapshot that one statement writes or reads
_MISSING = (errors.UndefinedTable, errors.InvalidSchemaName)


class _Held(NamedTuple):
    """The state's row, locked; the columns of `Statements.hold`."""

    id: int
    lock: bytes | None
    identity: bytes | None
    generation: int
    journal: int  # bytes
    rows: int
    bytes: int  # of the rows
    version: int


class _Change(NamedTuple):
    """What a snapshot changes, worked out before anything is locked.

    Attributes:
        put: Rows to write.
        gone: Rows to remove.
        all: Nothing of the snapshot that stands there may stay.
    """

    put: list[tuple[bytes, bytes]]
    gone: list[bytes]
    all: bool


class PostgresState:
    """State in a schema of a PostgreSQL database."""

    keeps_rows = True

    def __init__(self, dsn: Callable[[], str], *, name: str, schema: str = "reconciler", timeout: float = 10.0) -> None:
        """Name the place; nothing is opened yet.

        Args:
            dsn: Gives libpq's connection string or URI when it is needed, password included.
            name: Of the state; there may be many in a schema.
            schema: Where the tables are.
            timeout: Seconds to wait for each answer.
        """
        self._name = name
        self._schema = schema
        self._where = f"postgres:{schema}/{name}"
        self._say = in_schema(schema)
        self._line = Line(dsn, self._where, schema, timeout)
        self._lease_line = Line(dsn, self._where, schema, timeout)
        self._migrated = False
        self._seen_last: _Held | None = None  # the state's row as our last append left it

    @property
    def where(self) -> str:
        """`postgres:SCHEMA/NAME`; the server is named by messages about the server."""
        return self._where

    def read(self) -> Contents:
        """Return snapshot and journal of one moment; a database without our tables has an empty state.

        Raises:
            BackendError: If it can not be read.
            Problem: If rows are missing, or the schema is of a later version.
        """
        return self._line.run(self._read)

    def mark(self) -> Mark:
        """Return what the state's row says of snapshot and journal."""

        def look(talk: Talk) -> Mark:
            found = self._seen(talk, Question(self._say.mark, (self._name,)))
            return (found[0], found[1]) if found else (None, 0)

        return self._line.run(look)

    def read_lock(self) -> bytes | None:
        """Return the lock, or None where there is none."""

        def look(talk: Talk) -> bytes | None:
            found = self._seen(talk, Question(self._say.lock, (self._name,)))
            return found[0] if found else None

        return self._lease_line.run(look)

    def history(self) -> Iterator[bytes]:
        """Yield every folded journal, oldest first. What is folded does not change, so each is asked for by itself."""
        for generation in self._line.run(self._generations):
            yield self._line.run(partial(self._folded, generation))

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        """Write `data` behind the first `at` bytes of the journal; the answer to COMMIT makes it durable.

        Where nothing but our own appends has happened since the last one, this is one statement and one way to the
        server and back: the fence is shown what stood there, and the statement writes only if that still stands.
        """
        seen, self._seen_last = self._seen_last, None
        if data and seen is not None and seen.journal == at:
            fence(Standing(seen.lock, seen.identity))
            if self._line.run(partial(self._follow, seen, data)):
                self._seen_last = seen._replace(journal=at + len(data))
                return

        def work(talk: Talk) -> _Held:
            held = self._hold(talk, fence)
            cut = self._cut(held, at)
            entry = (held.id, held.generation, at, data, at + len(data), held.id)
            added = [Question(self._say.append, entry)] if data else []
            talk.ask(*cut, *added, Question(COMMIT))
            return held._replace(journal=at + len(data))

        self._seen_last = self._write(work)

    def archive(self, at: int, fence: Fence) -> None:
        """Begin a new generation of the journal, the old one cut at `at`."""

        def work(talk: Talk) -> None:
            held = self._hold(talk, fence)
            talk.ask(*self._cut(held, at), Question(self._say.fold, (held.id,)), Question(COMMIT))

        self._write(work)

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        """Write the rows that changed and begin a new generation of the journal, in one transaction."""
        identity, rest = _parted(image.head)
        changed = _change(image)

        def work(talk: Talk) -> None:
            held = self._hold(talk, fence)
            # without a snapshot there is nothing that changes could be based on
            change = _change(image, whole=True) if held.identity is None and not changed.all else changed
            rows, size = self._put(talk, held, change)
            talk.ask(
                Question(self._say.head, (identity, rest, rows, size, held.id)),
                *self._cut(held, at),
                Question(self._say.fold, (held.id,)),
                Question(COMMIT),
            )

        self._write(work)

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        """Give every folded journal to `change` and keep what it returns, a transaction each."""
        for generation in self._line.run(self._generations):

            def work(talk: Talk, generation: int = generation) -> None:
                held = self._hold(talk, fence)
                changed = change(self._folded(generation, talk))
                kept = [Question(self._say.keep, (held.id, generation, changed))] if changed else []
                talk.ask(Question(self._say.forget, (held.id, generation)), *kept, Question(COMMIT))

            self._write(work)

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        """Compare and swap the lock in one statement."""
        self._migrate()
        if before is None:
            if after is None:
                return self.read_lock() is None
            question = Question(self._say.take, (self._name, after))
        else:
            question = Question(self._say.swap, (after, self._name, before))
        return self._lease_line.run(lambda talk: bool(talk.ask(question)[0]))

    def close(self) -> None:
        """Close both connections; the next use opens them."""
        self._line.close()
        self._lease_line.close()

    def _migrate(self) -> None:
        """Bring the schema to the latest version before the first write."""
        if not self._migrated:
            self._line.run(lambda talk: tables.migrate(talk, self._schema, self._where))
            self._migrated = True

    def _write(self, work: Callable[[Talk], T]) -> T:
        self._seen_last = None
        self._migrate()
        return self._line.run(work)

    def _hold(self, talk: Talk, fence: Fence) -> _Held:
        """Begin a transaction, lock the state's row, and ask the fence."""
        hold = Question(self._say.hold, (self._name,))
        [_, found] = talk.ask(Question(BEGIN_WRITING), hold)
        if not found:
            [_, found] = talk.ask(Question(self._say.ensure, (self._name,)), hold)
        held = _Held(*found[0])
        tables.check(held.version, self._schema, self._where)
        fence(Standing(held.lock, held.identity))
        return held

    def _follow(self, seen: _Held, data: bytes, talk: Talk) -> bool:
        """Append if the state's row is as it was seen; False where it is not."""
        size = seen.journal + len(data)
        guard = (seen.id, seen.generation, seen.journal, seen.lock, seen.identity, seen.version)
        [done] = talk.ask(Question(self._say.follow, (size, *guard, seen.generation, seen.journal, data)))
        return bool(done)

    def _cut(self, held: _Held, at: int) -> list[Question]:
        """What takes away the journal behind `at`."""
        if held.journal < at:
            raise problems.truncated(self._where, f"its journal has {held.journal} bytes where {at} were written")
        if held.journal == at:
            return []
        return [
            Question(self._say.cut_rows, (held.id, held.generation, at)),
            Question(self._say.cut_row, (at, held.id, held.generation, at, at)),
            Question(self._say.journal_size, (at, held.id)),
        ]

    def _put(self, talk: Talk, held: _Held, change: _Change) -> tuple[int, int]:
        """Write rows, and return how many the snapshot then has, and their bytes.

        Both are reckoned from what was there, not counted: a row that somebody else took away is not forgotten so.
        """
        rows, size = held.rows, held.bytes
        if change.all:
            rows = size = 0
            talk.ask(Question(self._say.clear, (held.id,)))
        for names in _batches(change.gone):
            [[(count, removed)]] = talk.ask(Question(self._say.remove, (held.id, names)))
            rows, size = rows - count, size - removed
        for batch in _batches(change.put):
            names, contents = [name for name, _ in batch], [content for _, content in batch]
            [[(count, replaced)]] = talk.ask(Question(self._say.put, (names, contents, held.id, held.id)))
            rows, size = rows + len(batch) - count, size + sum(map(len, contents)) - replaced
        return rows, size

    def _seen(self, talk: Talk, *questions: Question) -> TupleRow | None:
        """The row the last of some questions finds; None without one, or where the schema is not there at all."""
        try:
            found = talk.ask(*questions)[-1]
        except _MISSING:
            talk.ask(Question(ROLLBACK))
            if not tables.version(talk, self._schema):
                return None
            found = talk.ask(*questions)[-1]  # somebody has made the tables in between
        return found[0] if found else None

    def _read(self, talk: Talk) -> Contents:
        found = self._seen(talk, Question(BEGIN_READING), Question(self._say.look, (self._name,)))
        if found is None:
            talk.ask(Question(ROLLBACK))
            return Contents(None, b"")
        id_, identity, head, generation, journal_bytes, row_count, row_bytes, version = found
        tables.check(version, self._schema, self._where)
        [entries] = talk.ask(Question(self._say.journal, (id_, generation)))
        journal = self._joined(entries)
        if len(journal) != journal_bytes:
            raise problems.truncated(
                self._where, f"its journal has {len(journal)} bytes where {journal_bytes} were written"
            )
        snapshot = None if identity is None else identity + head + self._rows(talk, id_, row_count, row_bytes) + TAIL
        talk.ask(Question(COMMIT))
        return Contents(snapshot, journal)

    def _rows(self, talk: Talk, id_: int, count: int, size: int) -> bytes:
        rows: list[bytes] = []
        talk.ask(Question(self._say.rows, (id_,)))
        while True:
            [batch] = talk.ask(Question(b"FETCH %d FROM rows" % _BATCH))
            rows += [content for (content,) in batch]
            if len(batch) < _BATCH:
                break
        found = len(rows), sum(map(len, rows))
        if found != (count, size):
            has = f"its snapshot has {found[0]} rows of {found[1]} bytes"
            raise problems.truncated(self._where, f"{has} where {count} of {size} were written")
        return b",\n".join(rows)

    def _joined(self, entries: Iterable[TupleRow]) -> bytes:
        """A journal from its rows, each of which begins where the one before ended."""
        parts: list[bytes] = []
        size = 0
        for start, content in entries:
            if start != size:
                raise problems.truncated(self._where, f"its journal lacks the bytes {size} to {start}")
            parts.append(content)
            size += len(content)
        return b"".join(parts)

    def _generations(self, talk: Talk) -> list[int]:
        question = Question(self._say.generations, (self._name,))
        try:
            [found] = talk.ask(question)
        except _MISSING:
            if not tables.version(talk, self._schema):
                return []
            [found] = talk.ask(question)  # somebody has made the tables in between
        return [number for (number,) in found]

    def _folded(self, generation: int, talk: Talk) -> bytes:
        return self._joined(talk.ask(Question(self._say.folded, (self._name, generation)))[0])


def _parted(head: bytes) -> tuple[bytes, bytes]:
    end = head.index(b"\n") + 1
    return head[:end], head[end:]


def _change(image: Image, *, whole: bool = False) -> _Change:
    changes = None if whole else image.changes()
    if changes is None:
        return _Change([(name.encode(), content) for name, content in image.rows()], [], all=True)
    put = [(name.encode(), content) for name, content in changes.items() if content is not None]
    return _Change(put, [name.encode() for name, content in changes.items() if content is None], all=False)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
