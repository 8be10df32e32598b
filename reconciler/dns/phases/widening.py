"""While a domain moves, and for a while after, it publishes what its old host needs beside what the new one needs."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.dns import spf
from reconciler.dns.phases.scene import Scene, Situation, dkim_keys, hosts
from reconciler.dns.policies import mta_sts_policy, mta_sts_record
from reconciler.dns.preview import Held
from reconciler.model.desired import Declaration
from reconciler.model.live import Applied
from reconciler.model.presentation import quote, text_of
from reconciler.model.resources import Record


def widen(declarations: Mapping[str, Declaration], scene: Scene) -> tuple[dict[str, Declaration], list[Held]]:
    """Let a domain that moves, or has just moved, publish what its old host needs beside what the new one needs.

    Returns:
        What is to be published, and what of it goes later. To be called before the records are adjusted to the zones.
    """
    widened = dict(declarations)
    held: list[Held] = []
    keys = dkim_keys(declarations)
    for domain, settings in scene.dns.items():
        if settings.switch.phased:
            _Widening(Situation(domain, settings, declarations, scene, keys.get(domain, ())), widened, held).go()
    return widened, held


def union(former: str | None, ours: str) -> str:
    """Return an SPF record that permits whom a former one of ours permitted and whom the present one does."""
    if former is None:
        return ours
    terms = [term for term in spf.parse(former) or () if term.name != "replaced"]
    return spf.folded([spf.format(terms), ours]) if terms else ours


def _text(record: object) -> str:
    return text_of(record.values[0]) if isinstance(record, Record) and record.values else spf.format(())


class _Widening:
    """What is added to the records of one domain."""

    def __init__(self, at: Situation, widened: dict[str, Declaration], held: list[Held]) -> None:
        self.at, self.widened, self.held = at, widened, held
        self.scene, self.provider = at.scene, at.provider

    def go(self) -> None:
        if self.at.leaves is not None or self.at.settling:
            self._widen_spf()
            self._widen_policy()
        self._keep_keys()

    def _widen_spf(self) -> None:
        """Both hosts may send: those of our terms that the last run published stay."""
        key = f"{self.at.domain} TXT spf"
        declaration, past = self.widened.get(key), self.scene.past(self.provider, key)
        if past is None:
            return
        if declaration is None:
            self._keep_spf(key, past)
            return
        ours = declaration.remember.contribution or _text(declaration.resource)
        both = union(past.remember.contribution or _text(past.resource), ours)
        gone = {term.norm for term in spf.parse(both) or ()} - {term.norm for term in spf.parse(ours) or ()}
        if not gone:
            return
        record, remember = declaration.resource, declaration.remember
        assert isinstance(record, Record)
        if remember.contribution is not None:
            remember = replace(remember, contribution=both)
        self.widened[key] = declaration._replace(resource=replace(record, values=(quote(both),)), remember=remember)
        self._later(f"SPF: without {' '.join(sorted(gone))}")

    def _keep_spf(self, key: str, past: Applied) -> None:
        """A record that is not desired any more stays as it is."""
        live = self.scene.live(self.provider, key)
        if live is not None:
            self.widened[key] = Declaration(live, self.provider, self.at.settings.origin, past.remember)
            self._later("SPF: no record")

    def _later(self, change: str) -> None:
        until = self.at.kept_until or None
        self.held.append(self.at.contract(change, until, "mail of the old host may be on its way"))

    def _widen_policy(self) -> None:
        """The MTA-STS policy names the hosts of both, as long as anybody may go by either (RFC 8461 §5.1)."""
        key = f"_mta-sts.{self.at.domain} TXT mta-sts"
        declaration = self.widened.get(key)
        if declaration is None or self.at.settings.mta_sts_mode is None:
            return
        record = declaration.resource
        assert isinstance(record, Record)
        if self.at.leaves is not None:
            mx = self.at.declarations[self.at.mx].resource
            assert isinstance(mx, Record)
            both = [*hosts(mx), *hosts(self.at.leaves)]
            policy = mta_sts_policy(self.at.settings.mta_sts_mode, both, self.at.settings.mta_sts_max_age)
            self.widened[key] = declaration._replace(resource=replace(record, values=(quote(mta_sts_record(policy)),)))
            return
        until = self.scene.stale_until(self.provider, self.at.mx)
        live = self.scene.live(self.provider, key)
        if live is not None and live.values != record.values and (self.at.by_hand or self.scene.times.now < until):
            self.widened[key] = declaration._replace(resource=live)
            when = None if self.at.by_hand else until
            self.held.append(
                self.at.contract("MTA-STS policy: the new hosts alone", when, "others may hold the old MX")
            )

    def _keep_keys(self) -> None:
        """DKIM keys that are not wanted any more stay while mail that was signed with them may be on its way."""
        old = [
            key
            for key in self.scene.former_keys.get(self.at.domain, ())
            if key not in self.widened and self.scene.past(self.provider, key) and self.scene.live(self.provider, key)
        ]
        if not old:
            return
        until = self._keys_until()
        if until is not None and until <= self.scene.times.now:
            return
        for key in old:
            live, past = self.scene.live(self.provider, key), self.scene.past(self.provider, key)
            assert live is not None
            assert past is not None
            self.widened[key] = Declaration(live, self.provider, self.at.settings.origin, past.remember)
            why = "mail that was signed with it may be on its way"
            self.held.append(self.at.contract(f"DKIM: without {key.partition(' ')[0]}", until, why))

    def _keys_until(self) -> int | None:
        """When old keys may go; None where the new ones are not published yet, or the MX has not moved."""
        if self.at.leaves is not None or self.at.by_hand:
            return None
        until = self.at.kept_until
        for key in self.at.keys:
            past = self.scene.past(self.provider, key)
            if past is None and self.scene.live(self.provider, key) is None:
                return None
            if past is not None and past.changed_at:
                until = max(until, past.changed_at + self.at.settings.switch.keep)
        return until
