"""What should stand, given what stands: desired records brought into the form in which they can be compared.

Two things of a record are shared with others: the SPF record of a name, and the TTL of an rrset.

- SPF: our terms are merged into the record that is there; only what was ours before is taken out (`dns.spf`).
- TTL: where values of others are in the rrset, theirs stays; where all values are ours, the lowest that we declare.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.dns import spf
from reconciler.dns.classes import SPF
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState, Inventory, Live
from reconciler.model.presentation import BESIDE_CNAME, quote, text_of
from reconciler.model.resources import Record


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Desired records, ready for the diff.

    Attributes:
        declarations: By record key.
        releases: By key of a record that is applied but not desired where it is any more: what stays when our part is
            taken out. Such a record is not deleted: it is updated to this value and no longer managed.
        diagnostics: What is worth knowing about the records that stand there.
    """

    declarations: Mapping[str, Declaration]
    releases: Mapping[str, Record]
    diagnostics: tuple[Diagnostic, ...] = ()


def adjust(declarations: Mapping[str, Declaration], actual: Inventory, applied: AppliedState) -> Adjusted:
    """Adjust desired records to what the zones hold and to what the last run left there. Pure."""
    diagnostics: list[Diagnostic] = []
    ttls = _shared_ttls(declarations, actual, applied)
    adjusted = {}
    for key, declaration in declarations.items():
        record = declaration.resource
        assert isinstance(record, Record)
        if record.value_class == SPF and declaration.remember.contribution is not None:
            declaration = _merged(declaration, record, actual, applied, diagnostics)  # noqa: PLW2901
        adjusted[key] = _settled(declaration, ttls.get((declaration.provider, record.name, record.type)))
    diagnostics.extend(_in_the_way(declarations, actual, applied))
    return Adjusted(adjusted, dict(_releases(declarations, actual, applied)), tuple(diagnostics))


def _settled(declaration: Declaration, ttl: int | None) -> Declaration:
    record = declaration.resource
    assert isinstance(record, Record)
    values = tuple(sorted(set(record.values)))
    ttl = record.ttl if ttl is None else ttl
    if values == record.values and ttl == record.ttl:
        return declaration
    return declaration._replace(resource=replace(record, values=values, ttl=ttl))


def _merged(
    declaration: Declaration, record: Record, actual: Inventory, applied: AppliedState, diagnostics: list[Diagnostic]
) -> Declaration:
    ours = declaration.remember.contribution
    assert ours is not None
    existing = _text(actual.get(declaration.provider, Kind.RECORD, record.key), declaration, diagnostics)
    former = _former(applied, record.key, declaration.provider)
    remember = replace(declaration.remember, contribution=spf.contribution(existing, former, ours))
    values = (quote(spf.merge(existing, former, ours)),)
    return declaration._replace(resource=replace(record, values=values), remember=remember)


def _former(applied: AppliedState, key: str, provider: str) -> str | None:
    past = applied.get(Kind.RECORD, key)
    return past.remember.contribution if past is not None and past.provider == provider else None


def _text(live: Live | None, declaration: Declaration | None, diagnostics: list[Diagnostic]) -> str | None:
    """The SPF record that stands there; several are read as one."""
    if live is None or not isinstance(live.resource, Record) or not live.resource.values:
        return None
    texts = [text_of(value) for value in live.resource.values]
    if len(texts) > 1 and declaration is not None:
        diagnostics.append(
            warning(
                "spf-several",
                f"{live.resource.name} has {len(texts)} SPF records, so receivers ignore all of them",
                at=declaration.origin.span(),
                why="a name may have one SPF record (RFC 7208 §4.5)",
                help="nothing: the plan folds them into one",
            )
        )
    return spf.folded(texts)


def _shared_ttls(
    declarations: Mapping[str, Declaration], actual: Inventory, applied: AppliedState
) -> dict[tuple[str, str, str], int]:
    """The TTL of each TXT rrset that several values share; other types are whole rrsets and need none."""
    ours: dict[tuple[str, str, str], int] = {}
    for declaration in declarations.values():
        record = declaration.resource
        assert isinstance(record, Record)
        if record.value_class and record.ttl is not None:
            place = declaration.provider, record.name, record.type
            ours[place] = min(record.ttl, ours.get(place, record.ttl))
    theirs: dict[tuple[str, str, str], int] = {}
    for provider in {provider for provider, _, _ in ours}:
        theirs.update(each for each in _foreign(provider, actual, declarations, applied) if each[0] in ours)
    return {**ours, **theirs}


def _foreign(
    provider: str, actual: Inventory, declarations: Mapping[str, Declaration], applied: AppliedState
) -> Iterator[tuple[tuple[str, str, str], int]]:
    for key, live in actual.of(provider, Kind.RECORD).items():
        record = live.resource
        if not isinstance(record, Record) or not record.value_class or record.ttl is None or key in declarations:
            continue
        past = applied.get(Kind.RECORD, key)
        if past is None or past.provider != provider:
            yield (provider, record.name, record.type), record.ttl


def _in_the_way(
    declarations: Mapping[str, Declaration], actual: Inventory, applied: AppliedState
) -> Iterator[Diagnostic]:
    """Somebody else's records at a name that is to have a CNAME, or their CNAME at a name that is to have records."""
    wanted: dict[tuple[str, str], Declaration] = {}
    for declaration in declarations.values():
        record = declaration.resource
        assert isinstance(record, Record)
        wanted.setdefault((declaration.provider, record.name), declaration)
    for provider in sorted({provider for provider, _ in wanted}):
        for key, live in actual.of(provider, Kind.RECORD).items():
            there = live.resource
            if key in declarations or (Kind.RECORD, key) in applied.resources or not isinstance(there, Record):
                continue
            ours = wanted.get((provider, there.name))
            if ours is None or not isinstance(ours.resource, Record) or there.type in BESIDE_CNAME:
                continue
            if (ours.resource.type == "CNAME") != (there.type == "CNAME"):
                yield problem(
                    "cname-in-the-way",
                    f"{ours.resource.key} can not be made: {there.name} has a {there.type} record of somebody else",
                    at=ours.origin.span(),
                    why="a name with a CNAME has no other data (RFC 1034 §3.6.2)",
                    help="delete the other record at the DNS provider, or declare another name",
                )


def _releases(
    declarations: Mapping[str, Declaration], actual: Inventory, applied: AppliedState
) -> Iterable[tuple[str, Record]]:
    for (kind, key), past in applied.resources.items():
        if kind is not Kind.RECORD or past.remember.contribution is None:
            continue
        if key in declarations:
            continue  # where it moves to another provider, the zone that is left stays as it is
        live = actual.get(past.provider, Kind.RECORD, key)
        existing = _text(live, None, [])
        if live is None or existing is None or not isinstance(live.resource, Record):
            continue
        rest = spf.without(existing, past.remember.contribution)
        if rest is not None:
            yield key, replace(live.resource, values=(quote(rest),))
