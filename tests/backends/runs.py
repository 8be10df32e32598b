"""Runs on a place with all that stands above it: stores with clocks of their own, and something to record."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, StateStore
from reconciler.state.lease import Timing
from tests.backends.places import Place


class Stores:
    """Opens stores at a place, and closes them."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._clients: list[StateStore] = []

    def open(
        self, timing: Timing | None = None, encryption: EncryptionBlock | None = None, folders: Sequence[Path] = ()
    ) -> StateStore:
        store = StateStore(self._place.open(), timing, encryption, folders)
        self._clients.append(store)
        return store

    def close(self) -> None:
        for store in self._clients:
            store.backend.close()


def created(key: str, owner: str = "Anna") -> Ended:
    """A mailbox that was created."""
    return Ended(Action.CREATE, Kind.MAILBOX, key, "g", applied=Applied(Mailbox(key, owner, 10**9), "g", f"#{key}"))


def record(store: StateStore, *keys: str) -> None:
    """Run, and record mailboxes."""
    with store.acquire("apply") as session:
        session.end([created(key) for key in keys])


def keys(store: StateStore) -> set[str]:
    """The keys of all that a state knows."""
    return {key for _, key in store.load().applied.resources}


def refused(action: Callable[[], object]) -> str:
    """The diagnostic of an action that must be refused, which must say what to do."""
    with pytest.raises(Problem) as caught:
        action()
    first = caught.value.diagnostics[0]
    assert first.help
    return first.id
