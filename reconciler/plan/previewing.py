"""What a plan does to the DNS of each domain: its record operations, as the checks before and after see them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.dns.asking import Fetch, find_out
from reconciler.dns.checks.base import Subject
from reconciler.dns.derive import zone_of
from reconciler.dns.overlay import Overlay
from reconciler.dns.patching import Step, changed_rrsets
from reconciler.dns.preview import Held, Moment, Preview
from reconciler.dns.previewing import Case, Judge, Zones, accepting, home, previewer
from reconciler.dns.view import Base, Changes
from reconciler.dns.zonebase import ZoneBase
from reconciler.model.desired import Desired
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Inventory
from reconciler.model.names import local_of
from reconciler.model.resources import Record
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent
from reconciler.plan import flow
from reconciler.plan.document import Operation
from reconciler.plan.gather import Readers, mail_settings
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import MailSettings

#: Zones as read, by provider and zone.
Contents = Mapping[tuple[str, str], ZoneContent]
#: What was found out about the servers of a domain's zone; see `Subject.facts`.
Facts = Mapping[str, Mapping[str, str]]

_CATCH_ALL = "*"
_DOMAINKEY = "._domainkey."


@dataclass(frozen=True)
class Known:
    """What previews are made from, beside the answers of servers.

    Attributes:
        desired: What the files say.
        readers: For what mail hosts publish, and what DNS providers can do.
        actual: What the providers have.
        contents: The zones that were read.
        facts: About the servers of zones, by domain.
        clients: Addresses of clients whose mail SPF is to judge.
    """

    desired: Desired
    readers: Readers
    actual: Inventory
    contents: Contents
    facts: Facts = field(default_factory=dict)
    clients: tuple[str, ...] = ()

    @cached_property
    def hosted(self) -> Mapping[str, frozenset[str]]:
        """The zones that were read, by provider."""
        found: dict[str, set[str]] = {}
        for provider, zone in self.contents:
            found.setdefault(provider, set()).add(zone)
        return {provider: frozenset(zones) for provider, zones in found.items()}

    @cached_property
    def keys(self) -> Mapping[str, frozenset[str]]:
        """Owner names of DKIM keys, by zone."""
        found: dict[str, frozenset[str]] = {}
        for (_, zone), content in self.contents.items():
            names = {name for name, _ in content.rrsets if _DOMAINKEY in name}
            found[zone] = found.get(zone, frozenset()) | names
        return found


def touched(operations: Iterable[Operation], held: Iterable[Held], desired: Desired) -> tuple[str, ...]:
    """Return the domains whose records a plan changes, or holds back, by name."""
    changed = (each.key.partition(" ")[0] for each in operations if each.kind is Kind.RECORD and _writes(each))
    homes = {home(name, desired.dns) for name in changed} | {each.domain for each in held}
    return tuple(sorted(name for name in homes if name))


async def preview_domains(
    domains: Collection[str],
    operations: Sequence[Operation],
    held: Sequence[Held],
    known: Known,
    fetch: Fetch | None,
) -> tuple[Preview, ...]:
    """Return what a plan does to domains, by their name.

    Args:
        domains: Which; their records need not change.
        operations: The plan's.
        held: What it holds back.
        known: What was read.
        fetch: Asks authoritative servers; None where nobody is to be asked.
    """
    after = flow.after(known.actual, operations)
    zones = Zones(_rrsets(known), _changes(operations, known, after))
    cases = [_case(domain, known, after, held) for domain in domains]
    local = local_zones(known, asks=fetch is not None)
    names = {zone for _, zone in known.contents}
    preview = previewer(cases, zones, judges())

    def make(base: Base) -> Callable[[str], Preview]:
        there = ZoneBase(local, base)
        before, after_ = Overlay(there, {}, names), Overlay(there, zones.changes, names)
        return lambda domain: preview(domain, before, after_)

    found = await find_out(list(domains), make, fetch)
    return tuple(found[domain] for domain in sorted(found))


async def check_domains(domains: Collection[str], known: Known, fetch: Fetch | None) -> dict[str, Moment]:
    """Return what the DNS says of domains now, by their name."""
    subjects = {domain: subject_of(domain, known) for domain in domains}
    local = local_zones(known, asks=fetch is not None)
    judge = judges()

    def make(base: Base) -> Callable[[str], Moment]:
        view = Overlay(ZoneBase(local, base), {}, {zone for _, zone in known.contents})
        return lambda domain: judge.moment(subjects[domain], view)

    found = await find_out(list(domains), make, fetch)
    return dict(sorted(found.items()))


def judges() -> Judge:
    """Return the checks; what a domain's block accepts is a note."""
    from reconciler.dns.checks.judging import compare, moment  # they bring libraries that few plans need

    return accepting(Judge(moment, compare))


def local_zones(known: Known, *, asks: bool) -> dict[str, ZoneContent]:
    """Return the zones that are answered for as they were read, by zone.

    Those are the ones that no server in the world answers for; and where nobody is to be asked, all that were read.
    """
    able = known.readers.capabilities
    found: dict[str, ZoneContent] = {}
    for (provider, zone), content in sorted(known.contents.items()):
        if asks and able.get(provider, Capabilities()).public:
            continue
        if zone not in found or _hosts(provider, zone, known.desired):
            found[zone] = content
    return found


def subject_of(domain: str, known: Known, after: Inventory | None = None) -> Subject:
    """Return a domain as the checks look at it.

    Args:
        domain: Its key.
        known: What was read.
        after: What the providers will have once the plan ran; without it no address can be missing there.
    """
    former, missing = _left(domain, known, after)
    published = mail_settings(known.desired, known.readers, domain)
    zone = _zone(domain, known)
    return Subject(
        domain,
        settings=known.desired.dns.get(domain),
        published=published,
        zone=zone,
        selectors=_selectors(domain, zone, known, published),
        former=former,
        missing=missing,
        facts=known.facts.get(domain, {}),
        clients=known.clients,
    )


def _case(domain: str, known: Known, after: Inventory, held: Iterable[Held]) -> Case:
    subject = subject_of(domain, known, after)
    settings = known.desired.dns.get(domain)
    provider = settings.provider if settings is not None else ""
    content = known.contents.get((provider, subject.zone or ""))
    mine = tuple(each for each in held if each.domain == domain)
    return Case(subject, provider, None if content is None else content.serial, mine)


def _zone(domain: str, known: Known) -> str | None:
    settings = known.desired.dns.get(domain)
    own = known.hosted.get(settings.provider) if settings is not None else None
    return zone_of(domain, own or ()) or zone_of(domain, known.keys)


def _hosts(provider: str, zone: str, desired: Desired) -> bool:
    """Whether a provider is the one that the files name for a zone; two may have a zone of one name."""
    settings = desired.dns.get(zone)
    return settings is not None and settings.provider == provider


def _rrsets(known: Known) -> dict[RRsetKey, RRset]:
    """All rrsets that were read; of a zone that two providers have, those of the one that the files name."""
    ordered = sorted(known.contents, key=lambda place: (_hosts(place[0], place[1], known.desired), place))
    return {key: rrset for place in ordered for key, rrset in known.contents[place].rrsets.items()}


def _writes(operation: Operation) -> bool:
    """Whether records will be others once it is done, by us or by a person."""
    return operation.action in (Action.CREATE, Action.UPDATE, Action.DELETE, Action.OPERATOR)


def _changes(operations: Iterable[Operation], known: Known, after: Inventory) -> Changes:
    """The rrsets that record operations change, in the zones that the files name last."""
    steps: dict[str, dict[str, Step]] = {}
    for each in operations:
        if each.kind is Kind.RECORD and _writes(each):
            sides = [side.get(each.provider, Kind.RECORD, each.key) for side in (known.actual, after)]
            was, will = (side.resource if side is not None else None for side in sides)
            if isinstance(was, Record) or isinstance(will, Record):
                step = Step(was if isinstance(was, Record) else None, will if isinstance(will, Record) else None)
                steps.setdefault(each.provider, {})[each.key] = step
    changes: dict[RRsetKey, RRset | None] = {}
    named: dict[RRsetKey, RRset | None] = {}
    for provider, group in steps.items():
        rrsets = {
            key: rrset
            for (owner, _), content in known.contents.items()
            if owner == provider
            for key, rrset in content.rrsets.items()
        }
        for key, rrset in changed_rrsets(rrsets, group.values()).items():
            domain = home(key[0], known.desired.dns)
            ours = domain is not None and known.desired.dns[domain].provider == provider
            (named if ours else changes)[key] = rrset
    return changes | named


def _selectors(domain: str, zone: str | None, known: Known, published: MailSettings | None) -> tuple[str, ...]:
    """DKIM selectors that the zone has, or the mail host publishes: owner names."""
    suffix = f"{_DOMAINKEY}{domain}"
    there = {name for name in known.keys.get(zone or "", ()) if name.endswith(suffix)}
    ours = {f"{each.name}.{domain}".lower() for each in (published.dkim if published else ()) if each.name != "@"}
    return tuple(sorted(there | {name for name in ours if name.endswith(suffix)}))


def _left(domain: str, known: Known, after: Inventory | None) -> tuple[MailSettings | None, tuple[str, ...]]:
    """What the mail host that a domain leaves publishes, and the addresses that only it will have."""
    declaration = known.desired.of(Kind.DOMAIN).get(domain)
    if declaration is None:
        return None, ()
    others = (name for name in known.readers.mail if name != declaration.provider)
    former = next((name for name in others if known.actual.get(name, Kind.DOMAIN, domain) is not None), None)
    if former is None:
        return None, ()
    settings = known.readers.mail[former].mail_settings(domain)
    if after is None:
        return settings, ()
    there, next_ = known.actual.addresses(former, domain), after.addresses(declaration.provider, domain)
    catches = any(local_of(each) == _CATCH_ALL for each in next_)
    return settings, () if catches else tuple(sorted(there - next_))
