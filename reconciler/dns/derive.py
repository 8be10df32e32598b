"""The records that each domain needs: derived from its mail host and its `dns:` block, or written there by hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.dns import spf
from reconciler.dns.draft import Draft, text_draft
from reconciler.dns.extra import extra_drafts
from reconciler.dns.mail import mail_drafts, policy_of
from reconciler.dns.policies import report_domain
from reconciler.model.closest import closest
from reconciler.model.desired import Declaration, Desired, DnsSettings, Remembered
from reconciler.model.diagnostic import Diagnostic, Label, Severity, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.presentation import BESIDE_CNAME, BadRdata
from reconciler.model.resources import Record
from reconciler.providers.reader import MailSettings

_NAMED = 5  # zones listed in a message


@dataclass(frozen=True, slots=True)
class Derived:
    """The records of all domains.

    Attributes:
        declarations: By record key.
        diagnostics: What is wrong or worth knowing; of all severities.
    """

    declarations: Mapping[str, Declaration]
    diagnostics: tuple[Diagnostic, ...]


def derive(
    desired: Desired, settings: Callable[[str], MailSettings | None], zones: Mapping[str, Sequence[str]]
) -> Derived:
    """Return the records every domain with a `dns:` block needs.

    Args:
        desired: What the files say.
        settings: What the mail host of a domain, given by its key, publishes for it; None where no one hosts it.
        zones: The zones of each DNS provider, by its configured name.
    """
    derivation = _Derivation(desired, {name: frozenset(each) for name, each in zones.items()})
    for domain, block in desired.dns.items():
        derivation.add(domain, block, settings(domain) if block.mail else None)
    for domain, block in desired.dns.items():
        derivation.authorise_reports(domain, block)
    derivation.check_names()
    return Derived(derivation.declarations, tuple(derivation.diagnostics))


def zone_of(name: str, zones: Iterable[str]) -> str | None:
    """Return the zone that a name stands in: the longest that is a suffix of it."""
    known = zones if isinstance(zones, (frozenset, set, dict)) else frozenset(zones)
    rest = name
    while rest:
        if rest in known:
            return rest
        rest = rest.partition(".")[2]
    return None


class _Derivation:
    """One pass over all domains."""

    def __init__(self, desired: Desired, zones: Mapping[str, frozenset[str]]) -> None:
        self.desired = desired
        self.zones = zones
        self.declarations: dict[str, Declaration] = {}
        self.drafts: dict[str, Draft] = {}
        self.diagnostics: list[Diagnostic] = []

    def add(self, domain: str, block: DnsSettings, published: MailSettings | None) -> None:
        zone = zone_of(domain, self.zones.get(block.provider, frozenset()))
        if zone is None:
            self.diagnostics.append(self._no_zone(domain, block))
            return
        if block.mail:
            try:
                drafts = mail_drafts(domain, block, published)
            except BadRdata as error:
                self.diagnostics.append(_bad_settings(domain, block, error))
                drafts = []
            for draft in drafts:
                self._place(draft, zone, block)
            self.diagnostics.extend(_remarks(domain, block, published, drafts))
            if block.sends_nothing:
                self.diagnostics.extend(self._no_mail(domain, block))
        for draft in extra_drafts(domain, block, zone, self.diagnostics):
            self._place(draft, zone, block)

    def _no_zone(self, domain: str, block: DnsSettings) -> Diagnostic:
        hosted = sorted(self.zones.get(block.provider, ()))
        near = closest(domain, (each for each in hosted if each not in self.desired.dns))
        hint = f"did you mean the zone {near}? " if near else ""
        return problem(
            "zone-unknown",
            f"the DNS provider {block.provider} has no zone that {domain} stands in",
            at=block.origin.span("provider"),
            why=f"it has {', '.join(hosted[:_NAMED])}{' and others' if len(hosted) > _NAMED else ''}"
            if hosted
            else "it has none",
            help=f"{hint}make the zone {domain} there first, and name it among the provider's `zones` if it lists any; "
            "or name the provider that has it",
        )

    def _no_mail(self, domain: str, block: DnsSettings) -> Iterable[Diagnostic]:
        """What contradicts a domain without mail (RFC 7505): addresses, and senders."""
        there = next((each for each in self._receivers() if each[0].rpartition("@")[2] == domain), None)
        if there is not None:
            address, declaration = there
            yield problem(
                "null-mx-conflict",
                f"{domain} is said to have no mail, and {address} receives there",
                at=block.origin.span("no_mail"),
                also=(Label(declaration.origin.span(), "this address"),),
                help="leave out no_mail, or move the address to a domain that has mail",
            )
        if block.spf_include:
            yield problem(
                "null-mx-conflict",
                f"{domain} is said to send nothing, and {block.spf_include[0]} may send for it",
                at=block.origin.span("no_mail"),
                also=(Label(block.origin.span("spf"), "these may send"),),
                help="leave out no_mail, or the includes",
            )

    def _receivers(self) -> Iterator[tuple[str, Declaration]]:
        for kind in (Kind.MAILBOX, Kind.ALIAS):
            yield from self.desired.of(kind).items()

    def _place(self, draft: Draft, zone: str, block: DnsSettings) -> None:
        key = draft.key
        other = self.drafts.get(key)
        if other is not None:
            self.diagnostics.append(_twice(draft, other))
            return
        record = Record(
            draft.name,
            draft.type,
            draft.value_class,
            zone,
            block.ttl if draft.ttl is None else draft.ttl,
            draft.values,
        )
        self.drafts[key] = draft
        self.declarations[key] = Declaration(
            record, block.provider, draft.origin, Remembered(contribution=draft.contribution)
        )

    def authorise_reports(self, domain: str, block: DnsSettings) -> None:
        """Let report addresses in other domains receive (RFC 9990 §4): there where we can, by a warning where not."""
        if not block.mail or block.dmarc_policy is None:
            return
        targets = {report_domain(each) for each in (*block.dmarc_reports, *block.dmarc_failure_reports)}
        for target in sorted(targets - {""}):
            if _related(domain, target):
                continue
            name = f"{domain}._report._dmarc.{target}"
            there = self.desired.dns.get(target)
            zone = zone_of(target, self.zones.get(there.provider, frozenset())) if there else None
            if there is None or zone is None:
                self.diagnostics.append(_foreign_reports(block, target, name))
            elif f"{name} TXT dmarc" not in self.drafts:
                self._place(text_draft(name, "v=DMARC1;", block.origin), zone, there)

    def check_names(self) -> None:
        """Refuse a CNAME beside other data (RFC 1034 §3.6.2)."""
        aliases = {draft.name: draft for draft in self.drafts.values() if draft.type == "CNAME"}
        for name, draft in aliases.items():
            if self.declarations[draft.key].resource.fields()["zone"] == name:
                self.diagnostics.append(_alias_conflict(draft, None))
        for draft in self.drafts.values():
            alias = aliases.get(draft.name)
            if alias is not None and draft.type != "CNAME" and draft.type not in BESIDE_CNAME:
                self.diagnostics.append(_alias_conflict(alias, draft))


def _bad_settings(domain: str, block: DnsSettings, error: BadRdata) -> Diagnostic:
    return problem(
        "published-record",
        f"what the mail provider publishes for {domain} can not be a record: {error}",
        at=block.origin.span(),
        help="check the provider's block under `providers:`, or its own settings",
    )


def _remarks(
    domain: str, block: DnsSettings, published: MailSettings | None, drafts: Sequence[Draft]
) -> Iterable[Diagnostic]:
    ours = next((draft.contribution for draft in drafts if draft.contribution), "")
    count = spf.lookups(ours)
    if count > spf.MAX_LOOKUPS:
        yield warning(
            "spf-lookups",
            f"the SPF record of {domain} has {count} terms that ask the DNS; receivers allow {spf.MAX_LOOKUPS}",
            at=block.origin.span("spf"),
            help="leave out an include, or name its addresses with ip4: and ip6: in a record of your own",
        )
    named = {each.name.rstrip(".") for each in block.records}
    if policy_of(block, published) and not named & {"mta-sts", f"mta-sts.{domain}"}:
        yield problem(
            "mta-sts-host",
            f"the MTA-STS policy of {domain} must be served at https://mta-sts.{domain}/.well-known/mta-sts.txt",
            at=block.origin.span("mta_sts"),
            help=f"add a record for mta-sts.{domain} that leads to a web server with the policy's text",
            severity=Severity.NOTE,
        )


def _related(domain: str, target: str) -> bool:
    return domain == target or domain.endswith(f".{target}") or target.endswith(f".{domain}")


def _foreign_reports(block: DnsSettings, target: str, name: str) -> Diagnostic:
    return warning(
        "dmarc-external-reports",
        f"{target} gets DMARC reports only if it agrees to by a record of its own",
        at=block.origin.span("dmarc"),
        why="receivers ask the DNS before they send reports to another organisation",
        help=f'publish {name} TXT "v=DMARC1;" in the zone of {target}',
    )


def _described(draft: Draft) -> str:
    return "written here" if draft.extra else "derived from this block"


def _twice(draft: Draft, other: Draft) -> Diagnostic:
    also = (Label(other.origin.span(), _described(other)),)
    if draft.extra and other.extra:
        hint = "remove one of the two, or put all values into one record"
        return problem(
            "record-duplicate", f"{draft.key} is written twice", at=draft.origin.span(), also=also, help=hint
        )
    return problem(
        "record-conflict",
        f"{draft.key} is both written by hand and derived",
        at=draft.origin.span(),
        label=_described(draft),
        also=also,
        help="remove it, change the setting it is derived from, or set mail: false to write all records by hand",
    )


def _alias_conflict(alias: Draft, other: Draft | None) -> Diagnostic:
    beside = f"{other.type} records" if other else "the SOA and NS records of its zone"
    return problem(
        "cname-conflict",
        f"{alias.name} can not have a CNAME beside {beside}",
        at=alias.origin.span(),
        label=_described(alias),
        also=(Label(other.origin.span(), _described(other)),) if other else (),
        why="a name with a CNAME has no other data (RFC 1034 §3.6.2)",
        help="write A and AAAA records instead of the CNAME",
    )
