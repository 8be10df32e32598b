"""State as a fold: what a run does to it in memory and what loading reads from the journal are the same steps."""

from dataclasses import replace

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.state.values import Ended, Intent, Place, RunHeader


class Fold:
    """The state so far. Entries are added in the order of the journal."""

    __slots__ = ("acknowledged", "dirty", "fence", "in_flight", "lineage", "moved_to", "resources", "serial")

    def __init__(self) -> None:
        """Start from a state that does not exist."""
        self.lineage = ""
        self.serial = 0
        self.fence = 0
        self.resources: dict[tuple[Kind, str], Applied] = {}
        self.acknowledged: dict[str, str] = {}
        self.in_flight: dict[Place, Intent] = {}
        #: Resources that differ from the snapshot this fold started from.
        self.dirty: set[tuple[Kind, str]] = set()
        #: The place this state was moved to; nothing may be added here any more.
        self.moved_to = ""

    def run(self, header: RunHeader) -> None:
        """A run starts."""
        self.lineage = header.lineage
        self.serial = header.serial
        self.fence = max(self.fence, header.fence)

    def begin(self, intent: Intent) -> None:
        """A write is about to be made."""
        self.in_flight[intent.provider, intent.kind, intent.key] = intent

    def end(self, ended: Ended) -> None:
        """An operation ended; its write is no longer in flight."""
        self.in_flight.pop((ended.provider, ended.kind, ended.key), None)
        place = (ended.kind, ended.key)
        held = self.resources.get(place)
        if ended.applied is not None:
            self.dirty.add(place)
            self.resources[place] = ended.applied
        elif ended.gone and held is not None and held.provider == ended.provider:
            self.dirty.add(place)
            del self.resources[place]
        elif ended.gone and held is not None and ended.provider in held.left:
            # it is held at another provider by now; what went is the copy that was left behind
            self.dirty.add(place)
            self.resources[place] = replace(held, left=tuple(each for each in held.left if each != ended.provider))
        # a person's step is over as well where its effect was seen before it was this step's turn
        seen = ended.action is Action.FORGET or (ended.action is Action.ADOPT and held is not None)
        if ended.done and (ended.action is Action.OPERATOR or seen):
            self.acknowledged.pop(f"{Action.OPERATOR} {ended.kind} {ended.key}", None)

    def acknowledge(self, operation: str, note: str) -> None:
        """A person said that an operator operation is done."""
        self.acknowledged[operation] = note

    def copy(self) -> "Fold":
        """Return a fold that goes on from here by itself."""
        other = Fold()
        other.lineage, other.serial, other.fence = self.lineage, self.serial, self.fence
        other.resources = self.resources.copy()
        other.acknowledged = self.acknowledged.copy()
        other.in_flight = self.in_flight.copy()
        other.dirty = self.dirty.copy()
        other.moved_to = self.moved_to
        return other

    def applied(self) -> AppliedState:
        """Return the state as planning sees it; it shares what this fold holds."""
        return AppliedState(self.lineage, self.serial, self.resources, self.acknowledged)
