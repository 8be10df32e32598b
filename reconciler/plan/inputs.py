"""What planning is given: values only. The same inputs give the same plan, to the byte."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from reconciler.dns.preview import Held
from reconciler.model.desired import Declaration, Desired
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState, Inventory
from reconciler.model.resources import Record
from reconciler.providers.archive.manifest import Manifest
from reconciler.providers.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """The three sides of the diff, and what judges it.

    Attributes:
        desired: What the files say.
        records: The DNS records each domain needs, already adjusted to what is there (dns.adjust), by record key.
        releases: Shared values that stay after we let go of our part of them, by record key.
        actual: What the providers have.
        applied: What the last run left; operations in flight at a crash are already resolved in it.
        capabilities: By configured provider name.
        today: The operator's day, for tombstones that wait.
        backups: Paths that tombstones name and that exist.
        archives: By the place where a tombstone has a backup made: the archive that is there already, or what is wrong
            with it; nothing where nothing is there.
        warnings: What was found on the way here that stops nothing.
        held: What is desired and waits: the phases of MX switches.
        keeps: By domain that moves: until when copies at the host it leaves stay, in seconds since the epoch; None
            while its MX has not moved.
        verify: By domain, records that every authoritative server has to show before its MX moves, where nobody has
            asked them yet.
        now: Seconds since the epoch.
    """

    desired: Desired
    actual: Inventory
    applied: AppliedState
    capabilities: Mapping[str, Capabilities]
    today: date
    records: Mapping[str, Declaration] = field(default_factory=dict)
    releases: Mapping[str, Record] = field(default_factory=dict)
    backups: frozenset[str] = frozenset()
    archives: Mapping[str, Manifest | str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    held: tuple[Held, ...] = ()
    keeps: Mapping[str, int | None] = field(default_factory=dict)
    verify: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    now: float = 0.0

    def wanted(self, kind: Kind) -> Mapping[str, Declaration]:
        """The declarations of one kind, the derived records among them."""
        return self.records if kind is Kind.RECORD else self.desired.of(kind)

    def without_anything(self) -> "PlanInputs":
        """The same world with nothing desired in it: what `destroy` plans."""
        return replace(self, desired=replace(self.desired, declarations={}), records={}, releases={}, held=(), keeps={})
