"""Plans for octoDNS, made by hand.

octoDNS's own `provider.plan()` makes the zone what it is told, so it deletes what it was not told of. Ours hold the
changes that are wanted and nothing else, and say that the zone exists, without which some providers would make it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from octodns.provider.plan import Plan  # type: ignore[import-untyped]
from octodns.record import Create, Delete, Update  # type: ignore[import-untyped]
from octodns.zone import Zone  # type: ignore[import-untyped]

from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.octodns.library import OctoPlan, OctoProvider, OctoRecord, OctoZone
from reconciler.providers.octodns.rrsets import CanNotCarry, record_of, rrset_of


class RewritesZone(Exception):
    """A provider asked for all records that the zone is to have: what octoDNS does not know of would be lost."""


class Unlisted(Zone):  # type: ignore[misc]
    """A zone whose records can be looked up by name, and not as a whole."""

    @property
    def records(self) -> set[OctoRecord]:
        """Refuse."""
        raise RewritesZone


@dataclass(frozen=True, slots=True)
class Seen:
    """A zone as a provider of octoDNS reads it.

    Attributes:
        zone: octoDNS's own value.
        content: The same as rrsets, less records of kinds that are no types of the DNS.
        records: octoDNS's records of these.
    """

    zone: OctoZone
    content: ZoneContent
    records: Mapping[RRsetKey, OctoRecord]


def populate(provider: OctoProvider, name: str) -> Seen | None:
    """Read a zone.

    Returns:
        None where the provider has no such zone.
    """
    zone: OctoZone = Zone(f"{name}.", [])
    exists = provider.populate(zone, target=True, lenient=True)
    if not exists and not (exists is None and zone.records):
        return None
    rrsets: dict[RRsetKey, RRset] = {}
    records: dict[RRsetKey, OctoRecord] = {}
    for record in zone.records:
        rrset = rrset_of(record)
        if rrset is not None:
            rrsets[rrset.id], records[rrset.id] = rrset, record
    ordered = {key: rrsets[key] for key in sorted(rrsets)}  # octoDNS has them in a set
    return Seen(zone, ZoneContent(name, ordered), records)


def plan(provider: OctoProvider, seen: Seen, changes: Sequence[RRsetChange]) -> OctoPlan:
    """Return octoDNS's plan of some changes.

    Raises:
        CanNotCarry: If one of them can not be made through this provider without harm.
    """
    desired = Unlisted(seen.zone.name, [])
    made = []
    for change in changes:
        existing = seen.records.get(change.id)
        if existing is not None and (getattr(existing, "dynamic", None) or getattr(existing, "geo", None)):
            raise CanNotCarry(f"{' '.join(change.id)} is answered by rules of the host, which would be lost")
        if change.after is None:
            made.append(Delete(existing))
            continue
        new = record_of(change.after, desired, existing)
        if not provider.supports(new) or (
            change.after.type == "PTR" and len(change.after.values) > 1 and not provider.SUPPORTS_MULTIVALUE_PTR
        ):
            raise CanNotCarry(f"{' '.join(change.id)} is nothing that {type(provider).__name__} supports")
        made.append(Create(new) if existing is None else Update(existing, new))
    gone = {change.id for change in changes}
    for record in (*(each for key, each in seen.records.items() if key not in gone), *(each.new for each in made)):
        if record is not None:
            desired.add_record(record, lenient=True)
    made_by_hand: OctoPlan = Plan(seen.zone, desired, made, True)  # the last one: the zone exists
    return made_by_hand
