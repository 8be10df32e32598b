"""The MX of a domain that receives mail moves in phases: each waits until nobody can hold an older answer.

    lower     the TTL of the MX goes down, so that the switch itself is short
    publish   SPF permits the old host and the new one, DKIM keys of both stand, the MTA-STS policy names both
    switch    the MX moves, once all that was published can be seen by everybody
    contract  what only the old host needs goes, and the TTL goes up again

Nothing here is a step of its own: a phase is what is desired for now. What is held back is desired as it stands, so the
diff finds nothing to do there; a later run finds it ready. What a phase has to know of the past, state remembers
(`model.live.Applied`): when we changed the values of a record, and until when others may hold the former ones.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.dns import spf
from reconciler.dns.clients import client_names
from reconciler.dns.policies import mta_sts_policy, mta_sts_record
from reconciler.dns.preview import Held
from reconciler.model.desired import Declaration, DnsSettings
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState, Inventory
from reconciler.model.presentation import quote
from reconciler.model.resources import Record
from reconciler.model.rrsets import ZoneContent

SWITCH_RULE = "flow/F7"
CONTRACT_RULE = "flow/F8"
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
class Staged:
    """What is desired for now.

    Attributes:
        declarations: By record key.
        held: What is desired and has to wait.
        verify: Records that every authoritative server has to show before an MX may move, by domain.
        keeps: By domain: until when copies at a mail host that it leaves stay, in seconds since the epoch; None while
            its MX has not moved.
    """

    declarations: Mapping[str, Declaration]
    held: tuple[Held, ...]
    verify: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    keeps: Mapping[str, int | None] = field(default_factory=dict)


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
        object.__setattr__(self, "former_keys", _dkim_keys(keys))

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


def moves(domain: str, declarations: Mapping[str, Declaration], scene: Scene) -> Record | None:
    """Return the MX that a domain leaves, or None where it receives no mail yet or keeps all the hosts it has."""
    declaration = declarations.get(f"{domain} MX")
    if declaration is None:
        return None
    live = scene.live(declaration.provider, f"{domain} MX")
    if live is None or not live.values or live.values == _NULL_MX:
        return None
    wanted, past = declaration.resource, scene.past(declaration.provider, f"{domain} MX")
    assert isinstance(wanted, Record)
    if past is not None and past.resource.fields()["values"] == wanted.values:
        return None  # somebody led it elsewhere, where nothing is ready for its mail: it is led back at once
    return live if set(_hosts(live)) - set(_hosts(wanted)) else None


def widen(declarations: Mapping[str, Declaration], scene: Scene) -> tuple[dict[str, Declaration], list[Held]]:
    """Let a domain that moves, or has just moved, publish what its old host needs beside what the new one needs.

    Returns:
        What is to be published, and what of it goes later. To be called before the records are adjusted to the zones.
    """
    widened = dict(declarations)
    held: list[Held] = []
    keys = _dkim_keys(declarations)
    for domain, settings in scene.dns.items():
        if settings.mail and settings.switch.phased:
            _Domain(domain, settings, declarations, scene, keys.get(domain, ())).widen(widened, held)
    return widened, held


def hold(declarations: Mapping[str, Declaration], scene: Scene, unseen: Mapping[str, str] | None = None) -> Staged:
    """Hold the MX of each domain that moves until its time has come.

    Args:
        declarations: As adjusted to the zones.
        scene: What to look at.
        unseen: By domain, why not every authoritative server shows what is to be published; None while nobody has asked
            them: then `verify` of the answer says what to ask for.
    """
    staged = dict(declarations)
    held: list[Held] = []
    verify: dict[str, tuple[Record, ...]] = {}
    keeps: dict[str, int | None] = {}
    keys = _dkim_keys(declarations)
    for domain, settings in scene.dns.items():
        if settings.mail and settings.switch.phased:
            one = _Domain(domain, settings, declarations, scene, keys.get(domain, ()))
            records = one.hold(staged, held, unseen or {})
            if records and unseen is None:
                verify[domain] = records
            if one.leaves is not None or one.settling:
                keeps[domain] = None if one.leaves is not None else one.kept_until
    return Staged(staged, tuple(held), verify, keeps)


def union(former: str | None, ours: str) -> str:
    """Return an SPF record that permits whom a former one of ours permitted and whom the present one does."""
    if former is None:
        return ours
    terms = [term for term in spf.parse(former) or () if term.name != "replaced"]
    return spf.folded([spf.format(terms), ours]) if terms else ours


def _dkim_keys(keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key in keys:
        if "._domainkey." in key:
            found.setdefault(key.partition("._domainkey.")[2].partition(" ")[0], []).append(key)
    return {domain: tuple(each) for domain, each in found.items()}


def _hosts(record: Record) -> list[str]:
    return [value.rpartition(" ")[2].rstrip(".") for value in record.values]


def _words(record: Record) -> str:
    return ", ".join(record.values)


class _Domain:
    """One domain on its way."""

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
        self.leaves = moves(domain, declarations, scene)
        past = scene.past(settings.provider, self.mx)
        moved = self.leaves is None and past is not None and past.stale_until > 0 and past.changed_at > 0
        self.kept_until = past.changed_at + settings.switch.keep if moved and past is not None else 0
        self.settling = self.leaves is None and scene.times.now < self.kept_until

    # -- before the records are adjusted

    def widen(self, widened: dict[str, Declaration], held: list[Held]) -> None:
        if self.leaves is not None or self.settling:
            self._widen_spf(widened, held)
            self._widen_policy(widened, held)
        self._keep_keys(widened, held)

    def _contract(self, change: str, until: int | None, why: str) -> Held:
        seconds = self.settings.switch.keep if until is None else None
        return Held(self.domain, "contract", change, until, seconds, why, CONTRACT_RULE)

    def _widen_spf(self, widened: dict[str, Declaration], held: list[Held]) -> None:
        key = f"{self.domain} TXT spf"
        declaration, past = widened.get(key), self.scene.past(self.provider, key)
        if declaration is None or past is None or declaration.remember.contribution is None:
            return
        ours = declaration.remember.contribution
        both = union(past.remember.contribution, ours)
        gone = {term.norm for term in spf.parse(both) or ()} - {term.norm for term in spf.parse(ours) or ()}
        if not gone:
            return
        record = declaration.resource
        assert isinstance(record, Record)
        widened[key] = declaration._replace(
            resource=replace(record, values=(quote(both),)), remember=replace(declaration.remember, contribution=both)
        )
        until = self.kept_until or None
        held.append(
            self._contract(f"SPF: without {' '.join(sorted(gone))}", until, "mail of the old host may be on its way")
        )

    def _widen_policy(self, widened: dict[str, Declaration], held: list[Held]) -> None:
        """The MTA-STS policy names the hosts of both, as long as anybody may go by either (RFC 8461 §5.1)."""
        key = f"_mta-sts.{self.domain} TXT mta-sts"
        declaration = widened.get(key)
        if declaration is None or self.settings.mta_sts_mode is None:
            return
        record = declaration.resource
        assert isinstance(record, Record)
        if self.leaves is not None:
            mx = self.declarations[self.mx].resource
            assert isinstance(mx, Record)
            hosts = [*_hosts(mx), *_hosts(self.leaves)]
            policy = mta_sts_policy(self.settings.mta_sts_mode, hosts, self.settings.mta_sts_max_age)
            widened[key] = declaration._replace(resource=replace(record, values=(quote(mta_sts_record(policy)),)))
            return
        until = self.scene.stale_until(self.provider, self.mx)
        live = self.scene.live(self.provider, key)
        if live is not None and live.values != record.values and self.scene.times.now < until:
            widened[key] = declaration._replace(resource=live)
            held.append(self._contract("MTA-STS policy: the new hosts alone", until, "others may hold the old MX"))

    def _keep_keys(self, widened: dict[str, Declaration], held: list[Held]) -> None:
        """DKIM keys that are not wanted any more stay while mail that was signed with them may be on its way."""
        old = [
            key
            for key in self.scene.former_keys.get(self.domain, ())
            if key not in widened and self.scene.past(self.provider, key) and self.scene.live(self.provider, key)
        ]
        if not old:
            return
        until = self._keys_until()
        if until is not None and until <= self.scene.times.now:
            return
        declaration = next((widened[key] for key in (self.mx, f"{self.domain} TXT spf") if key in widened), None)
        origin = declaration.origin if declaration is not None else self.settings.origin
        for key in old:
            live, past = self.scene.live(self.provider, key), self.scene.past(self.provider, key)
            assert live is not None
            assert past is not None
            widened[key] = Declaration(live, self.provider, origin, past.remember)
            why = "mail that was signed with it may be on its way"
            held.append(self._contract(f"DKIM: without {key.partition(' ')[0]}", until, why))

    def _keys_until(self) -> int | None:
        """When old keys may go; None where the new ones are not published yet, or the MX has not moved."""
        if self.leaves is not None:
            return None
        until = self.kept_until
        for key in self.keys:
            past = self.scene.past(self.provider, key)
            if past is None and self.scene.live(self.provider, key) is None:
                return None
            if past is not None and past.changed_at:
                until = max(until, past.changed_at + self.settings.switch.keep)
        return until

    # -- after the records were adjusted

    def hold(self, staged: dict[str, Declaration], held: list[Held], unseen: Mapping[str, str]) -> tuple[Record, ...]:
        """Hold what is not ready; return what has to be seen first, where only that is missing."""
        if self.leaves is None:
            self._hold_ttl(staged, held)
            return ()
        declaration = self.declarations[self.mx]
        wanted = declaration.resource
        assert isinstance(wanted, Record)
        published = list(self._published())
        why, not_before, seconds = self._waits(self.leaves, published, unseen)
        if not why:
            # the TTL stays low until the switch is over
            staged[self.mx] = declaration._replace(resource=replace(wanted, ttl=self.leaves.ttl))
            return tuple(record for record, _ in published)
        low = self.settings.switch.ttl
        ttl = self.leaves.ttl if self.provider in self.scene.times.fixed else min(self.leaves.ttl or low, low)
        staged[self.mx] = declaration._replace(resource=replace(self.leaves, ttl=ttl))
        self._hold_clients(staged)
        change = f"MX: {_words(self.leaves)} → {_words(wanted)}"
        held.append(Held(self.domain, "switch", change, not_before, seconds, why, SWITCH_RULE))
        return ()

    def _waits(
        self, leaves: Record, published: Collection[tuple[Record, Record | None]], unseen: Mapping[str, str]
    ) -> tuple[str, int | None, int | None]:
        """Why the MX can not move now: the reason, and when it can, or how long after what goes first."""
        now = self.scene.times.now
        low = leaves.ttl or 0 if self.provider in self.scene.times.fixed else self.settings.switch.ttl
        late = [self._lasts(wanted, live) for wanted, live in published if live is None or live.values != wanted.values]
        if leaves.ttl is not None and leaves.ttl > low:
            said = f"others hold the present MX for up to its TTL of {leaves.ttl} s, which is lowered to {low} s first"
            return said, None, max(leaves.ttl, *late, 0)
        if late:
            return "SPF and DKIM are published for both hosts first", None, max(late)
        until = max(self.scene.stale_until(self.provider, key) for key in (self.mx, *(r.key for r, _ in published)))
        if now < until:
            return "until then others may hold what stood there before", until, None
        if self.domain in unseen:
            return unseen[self.domain], None, None
        return "", None, None

    def _lasts(self, wanted: Record, live: Record | None) -> int:
        """For how long others may hold what stands in the place of a record, in seconds."""
        negative = self.scene.times.negative.get((self.provider, wanted.zone or ""), 0)
        return max(negative, wanted.ttl or 0) if live is None else live.ttl or 0

    def _published(self) -> Iterator[tuple[Record, Record | None]]:
        """What a receiver must be able to see before mail comes from the new host: wanted, and as it is."""
        for key in (f"{self.domain} TXT spf", f"_mta-sts.{self.domain} TXT mta-sts", *self.keys):
            declaration = self.declarations.get(key)
            if declaration is not None and isinstance(declaration.resource, Record):
                yield declaration.resource, self.scene.live(self.provider, key)

    def _hold_clients(self, staged: dict[str, Declaration]) -> None:
        """Mail programs are led to the new host when the mail is."""
        for name in client_names(self.domain):
            for key in (f"{name} SRV", f"{name} CNAME", f"{name} TXT path"):
                declaration = staged.get(key)
                if declaration is None:
                    continue
                live = self.scene.live(self.provider, key)
                if live is None:
                    del staged[key]
                else:
                    staged[key] = declaration._replace(resource=live)

    def _hold_ttl(self, staged: dict[str, Declaration], held: list[Held]) -> None:
        """The TTL of an MX that has moved goes up when nobody can hold the old one any more."""
        declaration, live = staged.get(self.mx), self.scene.live(self.provider, self.mx)
        if declaration is None or live is None or not self.settling:
            return
        wanted = declaration.resource
        assert isinstance(wanted, Record)
        until = self.scene.stale_until(self.provider, self.mx)
        if live.values == wanted.values and (live.ttl or 0) < (wanted.ttl or 0) and self.scene.times.now < until:
            staged[self.mx] = declaration._replace(resource=live)
            change = f"TTL of the MX: {live.ttl} → {wanted.ttl}"
            held.append(self._contract(change, until, "a short TTL is a short way back"))


def negative_ttl(content: ZoneContent) -> int:
    """Return for how many seconds resolvers remember that a name of a zone is not there (RFC 2308 §5)."""
    soa = content.rrsets.get((content.zone, "SOA"))
    minimum = soa.values[0].rpartition(" ")[2] if soa is not None and soa.values else ""
    return min(soa.ttl, int(minimum)) if soa is not None and minimum.isdigit() else _NEGATIVE
