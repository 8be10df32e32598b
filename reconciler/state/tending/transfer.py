"""`state pull` and `state push`: a state as one file, out of its place and back into it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reconciler.model.collector import paused
from reconciler.model.desired import EncryptionBlock
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.state import snapshot
from reconciler.state.cipher import Cipher
from reconciler.state.fold import Fold
from reconciler.state.reading import read
from reconciler.state.store import StateStore
from reconciler.state.tending import change_problems as problems
from reconciler.state.tending.rewriting import Rewriting
from reconciler.state.values import Ended, Intent

_Resources: TypeAlias = Mapping[tuple[Kind, str], Applied]
_Notes: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pulled:
    """A state as one file.

    Attributes:
        data: The bytes: JSON, or an age file.
        lineage: Of the state.
        serial: Of its last run.
        resources: How many there are.
        sealed: Whether it is encrypted.
    """

    data: bytes
    lineage: str
    serial: int
    resources: int
    sealed: bool


def pull(store: StateStore, *, plaintext: bool = False) -> Pulled:
    """Return a state as one snapshot that its journal is part of; nothing is written.

    Args:
        store: The state.
        plaintext: Whether it is left in plain text where the state is encrypted.

    Raises:
        Problem: If it can not be read, or what it is to be sealed with can not be had.
    """
    fold = read(store.backend, store.encryption).fold
    data = snapshot.encode(fold)
    sealed = store.encryption is not None and not plaintext
    if store.encryption is not None and sealed:
        from reconciler.state.sealing import seal_document

        data = seal_document(data, store.encryption)
    return Pulled(data, fold.lineage, fold.serial, len(fold.resources), sealed)


def write_copy(path: Path, name: str, data: bytes) -> None:
    """Write a pulled state to a file that its owner alone can read; a state there is replaced, anything else is not.

    Args:
        path: The file.
        name: As the user wrote it.
        data: What to write.

    Raises:
        OSError: If it can not be written.
        Problem: If something else is there.
    """
    if path.exists():
        there = path.read_bytes()
        if not (there.startswith(b'{"format":"reconciler.state/') or _is_age(there)):
            raise problems.file_taken(name)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _is_age(data: bytes) -> bool:
    return data.startswith(b"age-encryption.org/") or data.lstrip().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")


def read_file(path: Path, name: str, encryption: EncryptionBlock | None) -> Fold:
    """Return what a file holds that `pull` wrote, or a copy of a snapshot.

    Raises:
        OSError: If it can not be read.
        Problem: If it is damaged, no state, of a later version, or its key can not be had.
    """
    data = path.read_bytes()
    if _is_age(data):
        data = _opened(data, name, encryption)
    with paused():
        fold, _ = snapshot.decode(data, name, Cipher(encryption, name))
    return fold


def _opened(data: bytes, name: str, encryption: EncryptionBlock | None) -> bytes:
    from reconciler.state.sealing import problems as sealing_problems
    from reconciler.state.sealing.identities import Damaged, unsealed

    if encryption is None or not (encryption.identities or encryption.passphrases):
        raise problems.file_sealed(name)
    file = data if data.startswith(b"age") else data.strip() + b"\n"
    try:
        return unsealed(file, [file], encryption, f"the state {name}")
    except Damaged as error:
        raise sealing_problems.damaged(name, str(error)) from None


@dataclass(frozen=True, slots=True)
class Push:
    """What a file changes in a state.

    Attributes:
        ends: By which the resources become those of the file.
        begun: Writes that were in flight when the file was made.
        acknowledged: Steps for a person that the file knows to be done, with the note.
        lost: Protected resources that state would no longer know.
        lineage: Of the file.
        serial: Of the file.
        given_up: The lineage that ends here; empty where it goes on.
    """

    ends: tuple[Ended, ...]
    begun: tuple[Intent, ...]
    acknowledged: tuple[tuple[str, str], ...]
    lost: tuple[Applied, ...]
    lineage: str
    serial: int
    given_up: str = ""

    @property
    def empty(self) -> bool:
        """Whether the file says what the state says already."""
        return not (self.ends or self.begun or self.acknowledged or self.given_up)

    def count(self, *, gone: bool) -> int:
        """How many resources state no longer knows, or knows as the file has them."""
        return sum(end.gone == gone for end in self.ends if end.action in (Action.ADOPT, Action.FORGET))

    def carry_out(self, session: Rewriting) -> None:
        """Add it to a run, which goes on from the file's serial where that is the higher one."""
        held = session.loaded.applied
        if held.lineage != self.lineage or held.serial < self.serial:
            session.supersede(self.lineage, max(held.serial, self.serial) + 1)
        session.end(self.ends)
        if self.begun:
            session.begin(self.begun)
        for operation, note in self.acknowledged:
            session.acknowledge(operation, note)


def push(
    session: Rewriting, store: StateStore, fold: Fold, name: str, replaced: str = "", *, undone: int | None = None
) -> Push:
    """Return what a file changes.

    Args:
        session: The state under lock; nothing was added to it.
        store: The same.
        fold: What the file says.
        name: The file, for messages.
        replaced: The lineage that is given up for it.
        undone: The serial of the last run, where what runs did since the file was made is to be given up.

    Raises:
        Problem: If the file is of another lineage or an earlier moment, or a write in flight would be lost.
    """
    held, where = session.loaded.applied, store.where
    if replaced and replaced != held.lineage:
        raise problems.other_given_up(where, replaced, held.lineage)
    if not fold.lineage:
        raise problems.file_of_nothing(name)
    other = bool(held.lineage) and fold.lineage != held.lineage
    if other and not replaced:
        raise problems.other_lineage(where, name, fold.lineage, held.lineage)
    if undone is not None and undone != held.serial:
        raise problems.other_undone(where, undone, held.serial)
    if not other and fold.serial < held.serial and undone is None:
        raise problems.older(where, name, fold.serial, held.serial)
    waiting = [str(each.path) for each in store.kept() if (each.lineage, each.serial) == (held.lineage, held.serial)]
    if waiting and held.lineage:
        raise problems.kept_waits(waiting)
    ends = (*_forgotten(held.resources, fold), *_adopted(held.resources, fold), *_undone(held.acknowledged, fold))
    flying = {each.place: each for each in session.in_flight}
    touched = {(each.kind, each.key) for each in ends}
    lost = [each for each in flying.values() if (each.kind, each.key) in touched or other]
    if lost:
        raise problems.in_flight(lost, "pushing a file")
    gone = tuple(
        held.resources[end.kind, end.key]
        for end in ends
        if end.gone and (end.kind, end.key) not in fold.resources
        if held.resources[end.kind, end.key].remember.protect
    )
    begun = tuple(each for place, each in fold.in_flight.items() if flying.get(place) != each)
    # to adopt or forget a thing ends what a person had to do for it
    ended = {f"{Action.OPERATOR} {each.kind} {each.key}" for each in ends}
    noted = tuple(
        (step, note) for step, note in fold.acknowledged.items() if step in ended or held.acknowledged.get(step) != note
    )
    return Push(ends, begun, noted, gone, fold.lineage, fold.serial, held.lineage if other else "")


def _forgotten(held: _Resources, fold: Fold) -> Iterator[Ended]:
    for (kind, key), applied in held.items():
        wanted = fold.resources.get((kind, key))
        if wanted is None or wanted.provider != applied.provider:
            yield Ended(Action.FORGET, kind, key, applied.provider, gone=True)


def _adopted(held: _Resources, fold: Fold) -> Iterator[Ended]:
    for (kind, key), applied in fold.resources.items():
        if held.get((kind, key)) != applied:
            yield Ended(Action.ADOPT, kind, key, applied.provider, applied=applied)


def _undone(acknowledged: _Notes, fold: Fold) -> Iterator[Ended]:
    """A step for a person that the file does not know to be done ends without an effect, which takes its note away."""
    kinds = {str(kind): kind for kind in Kind}
    for step in acknowledged:
        _, kind, key = step.split(" ", 2)
        if step not in fold.acknowledged:
            yield Ended(Action.OPERATOR, kinds[kind], key, "")
