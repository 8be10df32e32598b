"""What the phases look at: the zones, what the last run left, and the time; and where one domain stands in its move."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.dns.preview import Held
from reconciler.model.desired import Declaration, DnsSettings
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState, Inventory
from reconciler.model.resources import Record
from reconciler.model.rrsets import ZoneContent

_CONTRACT_RULE = "flow/F8"
_NULL_MX = ("0 .",)
_NEGATIVE = 3600  # seconds; for a provider that does not show the SOA: what most zones have at most


@dataclass(frozen=True, slots=True)
class Times:
    """What the phases know of time.

    Attributes:
        now: Seconds since the epoch.
        negative: By provider and zone, for how many seconds resolvers remember that a name is not there.
        fixed: Providers that give all records of a zone one TTL, so that no MX can have a lower one.
    """

    now: float
    negative: Mapping[tuple[str, str], int] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """What phases look at.

    Attributes:
        dns: Settings by domain key.
        actual: What the zones have.
        applied: What the last run left.
        times: The time, and how long answers last.
        former_keys: By domain, the keys of DKIM records that the last run left.
    """

    dns: Mapping[str, DnsSettings]
    actual: Inventory
    applied: AppliedState
    times: Times
    former_keys: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Find the DKIM keys of each domain that the last run left; state is walked once."""
        keys = (key for kind, key in self.applied.resources if kind is Kind.RECORD)
        object.__setattr__(self, "former_keys", dkim_keys(keys))

    def live(self, provider: str, key: str) -> Record | None:
        """A record as its zone has it."""
        live = self.actual.get(provider, Kind.RECORD, key)
        return live.resource if live is not None and isinstance(live.resource, Record) else None

    def past(self, provider: str, key: str) -> Applied | None:
        """A record as the last run left it at a provider."""
        past = self.applied.get(Kind.RECORD, key)
        return past if past is not None and past.provider == provider else None

    def stale_until(self, provider: str, key: str) -> int:
        """Until when others may hold an older answer, in seconds since the epoch; 0 where nobody of us changed it."""
        past = self.past(provider, key)
        if past is None or (not past.changed_at and not past.stale_until):
            return 0
        if past.stale_until:
            return past.stale_until
        record = past.resource
        assert isinstance(record, Record), "state has a record under a record's key"
        return past.changed_at + max(self.times.negative.get((provider, record.zone or ""), 0), record.ttl or 0)


class Situation:
    """Where a domain stands in its move.

    Attributes:
        keys: Keys of the DKIM records that are desired.
        mx: Key of its MX.
        leaves: The MX that it leaves; None where it does not move.
        by_hand: Whether somebody else has moved its MX since the last run, to where it is to be.
        kept_until: Until when what the host that it left needs stays, in seconds since the epoch; 0 where it left none,
            or where the time begins with this run.
        settling: Whether it has moved and that time is not over.
    """

    def __init__(
        self, domain: str, settings: DnsSettings, declarations: Mapping[str, Declaration], scene: Scene,
        keys: tuple[str, ...],
    ) -> None:  # fmt: skip
        """Look at one domain; `keys` are those of the DKIM records that are desired."""
        self.domain = domain
        self.keys = keys
        self.settings = settings
        self.declarations = declarations
        self.scene = scene
        self.provider = settings.provider
        self.mx = f"{domain} MX"
        self.leaves = _leaves(domain, declarations, scene)
        past = scene.past(settings.provider, self.mx)
        self.by_hand = self.leaves is None and _moved_by_hand(self.mx, declarations, scene)
        moved = self.leaves is None and past is not None and past.stale_until > 0 and past.changed_at > 0
        keep = max(settings.switch.keep, settings.switch.ttl)  # however short it is: the old MX is not forgotten before
        self.kept_until = past.changed_at + keep if moved and past is not None and not self.by_hand else 0
        self.settling = self.by_hand or (self.leaves is None and scene.times.now < self.kept_until)

    def contract(self, change: str, until: int | None, why: str) -> Held:
        """What goes later: not before a time, or after what goes before it."""
        seconds = self.settings.switch.keep if until is None else None
        return Held(self.domain, "contract", change, until, seconds, why, _CONTRACT_RULE)


def _leaves(domain: str, declarations: Mapping[str, Declaration], scene: Scene) -> Record | None:
    """Return the MX that a domain leaves, or None where it receives no mail yet or keeps all the hosts it has."""
    declaration = declarations.get(f"{domain} MX")
    if declaration is None:
        return None
    wanted, past = declaration.resource, scene.past(declaration.provider, f"{domain} MX")
    live = scene.live(declaration.provider, f"{domain} MX")
    assert isinstance(wanted, Record)
    if past is not None:
        before = past.resource
        assert isinstance(before, Record)
        if before.values == wanted.values:
            return None  # somebody led it elsewhere, where nothing is ready for its mail: it is led back at once
        live = live or before  # somebody removed it: it is put back, and leaves in phases
    if live is None or not live.values or live.values == _NULL_MX:
        return None
    return live if set(hosts(live)) - set(hosts(wanted)) else None


def _moved_by_hand(key: str, declarations: Mapping[str, Declaration], scene: Scene) -> bool:
    """Whether somebody took an MX away from a host to which the last run left it leading, as is declared since."""
    declaration = declarations.get(key)
    if declaration is None:
        return False
    past, live = scene.past(declaration.provider, key), scene.live(declaration.provider, key)
    before = past.resource if past is not None else None
    if (
        not isinstance(before, Record)
        or live is None
        or before.values in (_NULL_MX, declaration.resource.fields()["values"])
    ):
        return False
    return bool(set(hosts(before)) - set(hosts(live)))


def dkim_keys(keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of DKIM records among others, by the domain that signs with them."""
    found: dict[str, list[str]] = {}
    for key in keys:
        if "._domainkey." in key:
            found.setdefault(key.partition("._domainkey.")[2].partition(" ")[0], []).append(key)
    return {domain: tuple(each) for domain, each in found.items()}


def hosts(record: Record) -> list[str]:
    """Return the hosts that an MX names."""
    return [value.rpartition(" ")[2].rstrip(".") for value in record.values]


def negative_ttl(content: ZoneContent) -> int:
    """Return for how many seconds resolvers remember that a name of a zone is not there (RFC 2308 §5)."""
    soa = content.rrsets.get((content.zone, "SOA"))
    minimum = soa.values[0].rpartition(" ")[2] if soa is not None and soa.values else ""
    return min(soa.ttl, int(minimum)) if soa is not None and minimum.isdigit() else _NEGATIVE
