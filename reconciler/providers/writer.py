"""What apply alone is given of a provider: writing.

A writer answers every write with an outcome and never raises for one: a batch is as many separate truths as it has
writes. It does not retry, does not read back and does not journal; the executor does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Resource
from reconciler.model.rrsets import RRsetChange
from reconciler.model.secrets import Secret


@dataclass(frozen=True, slots=True)
class Write:
    """One write.

    Attributes:
        action: create, update or delete.
        kind: Of what.
        key: Which.
        before: What was read just before, for update and delete.
        after: What it is to be, for create and update: every field filled.
        changed: Names of the fields an update changes; `password` among them where it is set.
        password: For a create of a user, and for an update that sets it.
        backup: For a delete: the archive that is made of it first (`archive.making`); where that fails, nothing is
            deleted.
    """

    action: Action
    kind: Kind
    key: str
    before: Live | None = None
    after: Resource | None = None
    changed: frozenset[str] = frozenset()
    password: Secret | None = field(default=None, repr=False)
    backup: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The write took effect, or its background work began (`look_up` then says when it is ready)."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The write did not take effect, or no one knows.

    Attributes:
        message: The provider's own words, or ours, without secrets.
        code: The provider's code, where it has one.
        retryable: Trying the same again may work (a rate limit, a busy server).
        certain: True if it surely had no effect; False after a time-out or a lost connection, when only a look-up can
            tell.
        retry_after: Seconds to wait first, where the provider says.
        rule: Rule id, where the refusal is one of a known rule.
    """

    message: str
    code: str = ""
    retryable: bool = False
    certain: bool = True
    retry_after: float | None = None
    rule: str | None = None


Outcome: TypeAlias = Done | Failed


class Writer(Protocol):
    """A provider, for writing."""

    async def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """Carry out writes in order, one outcome each; a failed one does not stop the next."""
        ...


@runtime_checkable
class CatchesUp(Protocol):
    """A provider whose changes have to be followed by something that no reader sees, such as a cache that is emptied.

    A run that dies between the two leaves a change that the next run finds done. So every apply begins with this, also
    where nothing is left to do.
    """

    async def catch_up(self) -> None:
        """Do what has to follow changes that were made before, and has not followed yet.

        Raises:
            ProviderError: If it can not be done now.
        """
        ...


@runtime_checkable
class Prepares(Writer, Protocol):
    """A writer that finds out before a run whether it can write at all, so that nothing is begun that can not be."""

    async def prepare(self, ends: frozenset[Kind]) -> None:
        """Look, and make what every write needs.

        Args:
            ends: Kinds of which something is to be deleted.

        Raises:
            ProviderError: If nothing could be written.
        """
        ...


class ZoneWriter(Protocol):
    """A DNS provider, for writing."""

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes to a zone or none.

        Each change's `before` must still be what stands there; if one is not, the answer is a certain, not retryable
        Failed with code `conflict`.
        """
        ...
