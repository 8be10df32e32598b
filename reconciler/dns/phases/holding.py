"""What has to wait is desired as it stands: the MX of a domain that moves, and what leads mail programs to its host."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.dns.clients import client_names
from reconciler.dns.phases.scene import Scene, Situation, dkim_keys
from reconciler.dns.preview import Held
from reconciler.model.desired import Declaration
from reconciler.model.resources import Record

_SWITCH_RULE = "flow/F7"


@dataclass(frozen=True, slots=True)
class Staged:
    """What is desired for now.

    Attributes:
        declarations: By record key.
        held: What is desired and has to wait.
        verify: Records that every authoritative server has to show, by domain: what is published for both hosts before
            an MX may move, and the MX before what only the old host needs may go.
        keeps: By domain: until when copies at a mail host that it leaves stay, in seconds since the epoch; None while
            its MX has not moved.
    """

    declarations: Mapping[str, Declaration]
    held: tuple[Held, ...]
    verify: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    keeps: Mapping[str, int | None] = field(default_factory=dict)


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
    keys = dkim_keys(declarations)
    for domain, settings in scene.dns.items():
        if settings.switch.phased:
            at = Situation(domain, settings, declarations, scene, keys.get(domain, ()))
            records = _Holding(at, staged, held).go(unseen or {})
            if records and unseen is None:
                verify[domain] = records
            if at.leaves is not None or at.settling:
                keeps[domain] = None if at.leaves is not None or at.by_hand else at.kept_until
    return Staged(staged, tuple(held), verify, keeps)


def _words(record: Record) -> str:
    return ", ".join(record.values)


class _Holding:
    """What is held back of the records of one domain."""

    def __init__(self, at: Situation, staged: dict[str, Declaration], held: list[Held]) -> None:
        self.at, self.staged, self.held = at, staged, held
        self.scene, self.provider, self.mx = at.scene, at.provider, at.mx

    def go(self, unseen: Mapping[str, str]) -> tuple[Record, ...]:
        """Hold what is not ready; return what has to be seen first, where only that is missing."""
        if self.at.leaves is None:
            self._hold_ttl()
            return self._arrived()
        declaration = self.at.declarations[self.mx]
        wanted = declaration.resource
        assert isinstance(wanted, Record)
        published = list(self._published())
        why, not_before, seconds = self._waits(self.at.leaves, published, unseen)
        if not why:
            # the TTL stays low until the switch is over
            self.staged[self.mx] = declaration._replace(resource=replace(wanted, ttl=self.at.leaves.ttl))
            return tuple(record for record, _ in published)
        low = self.at.settings.switch.ttl
        ttl = self.at.leaves.ttl if self.provider in self.scene.times.fixed else min(self.at.leaves.ttl or low, low)
        self.staged[self.mx] = declaration._replace(resource=replace(self.at.leaves, ttl=ttl))
        self._hold_clients()
        change = f"MX: {_words(self.at.leaves)} → {_words(wanted)}"
        self.held.append(Held(self.at.domain, "switch", change, not_before, seconds, why, _SWITCH_RULE))
        return ()

    def _waits(
        self, leaves: Record, published: Collection[tuple[Record, Record | None]], unseen: Mapping[str, str]
    ) -> tuple[str, int | None, int | None]:
        """Why the MX can not move now: the reason, and when it can, or how long after what goes first."""
        now = self.scene.times.now
        low = leaves.ttl or 0 if self.provider in self.scene.times.fixed else self.at.settings.switch.ttl
        late = [self._lasts(wanted, live) for wanted, live in published if live is None or live.values != wanted.values]
        if leaves.ttl is not None and leaves.ttl > low:
            said = f"others hold the present MX for up to its TTL of {leaves.ttl} s, which is lowered to {low} s first"
            return said, None, max(leaves.ttl, *late, 0)
        if late:
            return "SPF and DKIM are published for both hosts first", None, max(late)
        until = max(self.scene.stale_until(self.provider, key) for key in (self.mx, *(r.key for r, _ in published)))
        not_before = until if now < until else None
        if self.at.domain in unseen:
            return unseen[self.at.domain], not_before, None
        if not_before is not None:
            return "until then others may hold what stood there before", not_before, None
        return "", None, None

    def _lasts(self, wanted: Record, live: Record | None) -> int:
        """For how long others may hold what stands in the place of a record, in seconds."""
        negative = self.scene.times.negative.get((self.provider, wanted.zone or ""), 0)
        return max(negative, wanted.ttl or 0) if live is None else live.ttl or 0

    def _published(self) -> Iterator[tuple[Record, Record | None]]:
        """What a receiver must be able to see before mail comes from the new host: wanted, and as it is."""
        for key in (f"{self.at.domain} TXT spf", f"_mta-sts.{self.at.domain} TXT mta-sts", *self.at.keys):
            declaration = self.at.declarations.get(key)
            if declaration is not None and isinstance(declaration.resource, Record):
                yield declaration.resource, self.scene.live(self.provider, key)

    def _hold_clients(self) -> None:
        """Mail programs are led to the new host when the mail is."""
        for name in client_names(self.at.domain):
            for key in (f"{name} SRV", f"{name} CNAME", f"{name} TXT path"):
                declaration = self.staged.get(key)
                if declaration is None:
                    continue
                live = self.scene.live(self.provider, key)
                if live is None:
                    del self.staged[key]
                else:
                    self.staged[key] = declaration._replace(resource=live)

    def _arrived(self) -> tuple[Record, ...]:
        """The MX that has moved: what the old host needs goes only when every server shows it."""
        live = self.scene.live(self.provider, self.mx)
        return (live,) if self.at.settling and live is not None else ()

    def _hold_ttl(self) -> None:
        """The TTL of an MX that has moved goes up when nobody can hold the old one any more."""
        declaration, live = self.staged.get(self.mx), self.scene.live(self.provider, self.mx)
        if declaration is None or live is None or not self.at.settling:
            return
        wanted = declaration.resource
        assert isinstance(wanted, Record)
        until = self.scene.stale_until(self.provider, self.mx)
        if live.values == wanted.values and (live.ttl or 0) < (wanted.ttl or 0) and self.scene.times.now < until:
            self.staged[self.mx] = declaration._replace(resource=live)
            change = f"TTL of the MX: {live.ttl} → {wanted.ttl}"
            self.held.append(self.at.contract(change, until, "a short TTL is a short way back"))
