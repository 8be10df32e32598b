"""A session that may do more than add to a state: replace it, seal it with another key, or mark it as moved."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from reconciler.state import journal, kept, lease, problems
from reconciler.state.backend import Fence
from reconciler.state.fold import Fold
from reconciler.state.reading import read
from reconciler.state.session import StateSession
from reconciler.state.store import StateStore, closed, released, silent
from reconciler.state.values import LockInfo

if TYPE_CHECKING:
    from reconciler.state.cipher import Cipher
    from reconciler.state.reading import Read
    from reconciler.state.sealing import Sealer


@runtime_checkable
class Sweeps(Protocol):
    """A place that a crash can leave something useless in, and that can tell."""

    def orphans(self) -> frozenset[str] | None:
        """Return the names of what nothing needs; None where the place can not list."""
        ...

    def sweep(self, fence: Fence) -> frozenset[str]:
        """Remove it, under the lock; return the names."""
        ...


class Rewriting(StateSession):
    """State under lock, for commands that change it as a whole.

    Attributes:
        homecomings: What became of outcomes that an earlier run could not record.
    """

    homecomings: tuple[kept.Homecoming, ...] = ()
    _onto: tuple[str, int] | None = None
    _instead: tuple[str, int] = ("", 0)

    @property
    def fence(self) -> int:
        """The fencing serial of this run's lock."""
        return self._lease.info.fence

    def copy(self) -> Fold:
        """Return the state with every entry added so far."""
        return self._fold.copy()

    def open_run(self) -> None:
        """Open the run, so that history tells of it whatever it adds."""
        self._start()

    def supersede(self, lineage: str, serial: int) -> None:
        """Let this run begin another lineage, or a later serial, in the place of what is there.

        It is called before anything is added.

        Args:
            lineage: From now on.
            serial: Of this run; above that of the run before it.
        """
        before = self.loaded.applied
        self._onto, self._instead = (before.lineage, before.serial), (lineage, serial)
        if self._header is not None:  # a take-over has opened the run already, as the next one
            self._entries.clear()
            self._header = None
            self._fold.lineage, self._fold.serial = self._onto
        self._start()

    def reseal(self, sealer: "Sealer | None", cipher: "Cipher") -> None:
        """Seal everything with another key, or with none. A crash on the way leaves a state that is to be sealed again.

        The journal becomes history under the old key first, and the snapshot gets the new key last: as long as that
        does not agree with the configuration, no run goes on from what is half done.

        Raises:
            Problem: If something can not be read or written.
        """
        self.fold_up()
        name = self._backend.where + ".journal"
        change = partial(_resealed, where=name, cipher=cipher, sealer=sealer)
        self._backend.rewrite_history(change, self._fence)
        self._sealer = sealer
        self.fold_up()
        self.sweep()

    def move_to(self, place: str) -> None:
        """Mark the state as moved to another place: from now on it is refused here.

        Raises:
            Problem: If it can not be written.
        """
        self._fold.moved_to = place
        self.fold_up()

    def _next(self) -> tuple[str, int, tuple[str, int] | None]:
        return super()._next() if self._onto is None else (*self._instead, self._onto)

    def sweep(self) -> frozenset[str]:
        """Remove what crashes left, where the place can tell; return the names."""
        return self._backend.sweep(self._fence) if isinstance(self._backend, Sweeps) else frozenset()


def _resealed(part: bytes, where: str, cipher: "Cipher", sealer: "Sealer | None") -> bytes:
    return journal.resealed(part, where, cipher, sealer)


@contextlib.contextmanager
def rewriting(
    store: StateStore, operation: str, *, wait: float = 0.0, on_wait: Callable[[LockInfo], None] = silent,
    strict: bool = True, home: bool = True,
) -> Iterator[Rewriting]:  # fmt: skip
    """Hold the lock for the block, as `StateStore.acquire` does.

    Args:
        store: The state.
        operation: The command, for others to see.
        wait: Seconds to wait for a living owner.
        on_wait: Told once who is waited for.
        strict: Whether the state must be sealed as the configuration says; without it is written as it was read.
        home: Whether outcomes that an earlier run could not record are brought home first.

    Raises:
        Problem: If it is held by somebody alive, was moved away, or can not be read or written.
    """
    held, took_over = lease.acquire(store.backend, operation, wait, store.timing, on_wait)
    with released(held, store.backend):
        found = read(store.backend, store.encryption, strict=strict)
        if found.fold.moved_to:
            raise problems.moved_away(store.where, found.fold.moved_to)
        sealer = found.cipher.for_writing() if strict else found.cipher.current
        session = _session(store, held, found, took_over, sealer)
    with closed(session):
        if home:
            session.homecomings = kept.bring_home(session, store.kept())
        yield session


def _session(
    store: StateStore, held: lease.Lease, found: "Read", took_over: LockInfo | None, sealer: "Sealer | None"
) -> Rewriting:
    held.raise_fence(max(found.fold.fence, held.info.fence) + 1)
    keeper = kept.Keeper(store.folders, store.where)
    return Rewriting(store.backend, held, found, took_over=took_over, timing=store.timing, keeper=keeper, sealer=sealer)
