"""Outcomes that a place can not take any more are kept in a local file, until a later run brings them home.

Only what happened is kept: ends and acknowledgements. What was promised and not recorded was never begun, as a provider
is called only after its promise is durable.
"""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.state import journal, problems
from reconciler.state.cipher import Cipher
from reconciler.state.codec import Data, read_ended
from reconciler.state.values import Ended, RunHeader

if TYPE_CHECKING:
    from reconciler.state.sealing import Sealer
    from reconciler.state.session import StateSession

FORMAT = "reconciler.kept/1"
_MODE = 0o600


def places(base: Path) -> tuple[Path, ...]:
    """Return the folders that outcomes are kept in, the first that can be written.

    Args:
        base: Folder of the configuration's root file.
    """
    home = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return base / "state", Path(home) / "reconciler", Path(tempfile.gettempdir()) / f"reconciler-{os.getuid()}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of outcomes.

    Attributes:
        path: The file.
        where: The place they could not be written to.
        lineage: Of the state.
        serial: Of the run.
        run: The run's id.
        encryption: Who can open what is sealed of it.
    """

    path: Path
    where: str
    lineage: str
    serial: int
    run: str
    encryption: EncryptionBlock | None = None

    @property
    def ends(self) -> tuple[Ended, ...]:
        """How operations ended."""
        return self.open()[0]

    def open(self) -> tuple[tuple[Ended, ...], tuple[tuple[str, str], ...]]:
        """Return how operations ended, and what a person said is done, with the note.

        Raises:
            Problem: If the file is damaged, or its key can not be had.
        """
        where = str(self.path)
        try:
            bodies, _ = journal.lines(self.path.read_bytes().partition(b"\n")[2], where)
            entries = [entry for _, entry in journal.outcomes(bodies, where, Cipher(self.encryption, where))]
            ends = tuple(read_ended(entry) for entry in entries if "end" in entry)
            return ends, tuple((entry["ack"], entry["note"]) for entry in entries if "ack" in entry)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise problems.kept_damaged(where, repr(error)) from None


class Keeper:
    """Keeps the outcomes of one run.

    Attributes:
        path: The file, once something is kept.
    """

    def __init__(self, folders: Sequence[Path], where: str) -> None:
        """Know where files may go; nothing is made before it is needed."""
        self._folders = folders
        self._where = where
        self._count = 0
        self.path: Path | None = None

    def keep(self, header: RunHeader, outcomes: list[Data], sealer: "Sealer | None") -> None:
        """Add outcomes to the run's file, durably; where no folder takes it, they are left to the providers to tell."""
        data = journal.encode(outcomes, sealer)
        if self.path is not None:
            with contextlib.suppress(OSError):
                _append(self.path, data)
                self._count += len(outcomes)
            return
        first: Data = {"format": FORMAT, "where": self._where}
        first |= {"lineage": header.lineage, "serial": header.serial, "run": header.run}
        keys = b"" if sealer is None else journal.encode_keys(sealer)
        for folder in self._folders:
            path = folder / f"kept-{header.run}.journal"
            with contextlib.suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _append(path, orjson.dumps(first) + b"\n" + keys + data)
                self.path, self._count = path, len(outcomes)
                return

    def explain(self, why: Problem, where: str) -> Problem:
        """Return why the run stopped, with where its outcomes are."""
        if self.path is None:
            return why
        own = [each for each in why.diagnostics if each.id != "state-kept"]
        return Problem([*own, *problems.kept(where, str(self.path), self._count).diagnostics])


def _append(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def find(folders: Sequence[Path], encryption: EncryptionBlock | None) -> list[Kept]:
    """Return the files of outcomes in some folders, of whatever state, the earliest run first; none is opened yet.

    Raises:
        Problem: If one is not such a file.
    """
    found = []
    for folder in folders:
        with contextlib.suppress(OSError):
            for path in sorted(folder.glob("kept-*.journal")):
                found += [_read(path, encryption)] if path.stat().st_uid == os.getuid() else []
    return sorted(found, key=lambda each: (each.lineage, each.serial))


def _read(path: Path, encryption: EncryptionBlock | None) -> Kept:
    with path.open("rb") as file:
        first = file.readline()
    try:
        head: dict[str, Any] = orjson.loads(first)
        if head["format"] != FORMAT:
            raise problems.newer(str(path), str(head["format"]))
        return Kept(path, head["where"], head["lineage"], head["serial"], head["run"], encryption)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise problems.kept_damaged(str(path), repr(error)) from None


@dataclass(frozen=True, slots=True)
class Homecoming:
    """What bringing a file of outcomes home came to.

    Attributes:
        kept: The file; it is gone where it was brought home, or where later runs made it worthless.
        recorded: How many outcomes are in state now because of it.
        late: Whether a later run had found out by itself what became of the writes.
    """

    kept: Kept
    recorded: int
    late: bool

    def __str__(self) -> str:
        if self.late:
            return f"{self.kept.path.name}: a later run has found out what became of its operations"
        outcomes = "1 outcome" if self.recorded == 1 else f"{self.recorded} outcomes"
        return f"{self.kept.path.name}: {outcomes} of run {self.kept.serial} brought home"


def bring_home(session: "StateSession", kept: Sequence[Kept]) -> tuple[Homecoming, ...]:
    """Record kept outcomes of this state durably, and remove their files.

    An outcome counts where no run came in between: a write still in flight ends as it did, and what touched state alone
    is done again. Later runs have read the providers; nothing older is put over what they found.

    Raises:
        Problem: If state can not be written; the files stay.
    """
    loaded = session.loaded.applied
    flying = {intent.place: intent for intent in session.in_flight}
    came = []
    for each in kept:
        if each.lineage != loaded.lineage:
            continue
        late = each.serial != loaded.serial
        ends, acknowledged = ((), ()) if late else each.open()
        missing = [end for end in ends if _missing(end, session, begun=end.place in flying)]
        if missing:
            session.end(missing)
        for operation, note in acknowledged:
            session.acknowledge(operation, note)
        came.append(Homecoming(each, len(missing) + len(acknowledged), late))
    if any(home.recorded for home in came):
        session.commit_now()
        if session.broken is not None:
            raise session.broken
    for home in came:
        home.kept.path.unlink(missing_ok=True)
    return tuple(came)


def _missing(end: Ended, session: "StateSession", *, begun: bool) -> bool:
    """Whether state does not know an outcome yet."""
    if begun:
        return True
    held = session.get(end.kind, end.key)
    if end.applied is not None:
        return held != end.applied
    return end.gone and held is not None and held.provider == end.provider
