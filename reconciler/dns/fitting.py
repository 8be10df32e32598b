"""Desired records as the host of their zone can have them: what it can not hold is an error, a TTL may be fixed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.resources import Record
from reconciler.model.rrsets import RRset, ZoneContent
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.limits import refusal


@dataclass(frozen=True, slots=True)
class Fitted:
    """Desired records that their hosts can have.

    Attributes:
        declarations: By record key.
        diagnostics: What can not be.
    """

    declarations: Mapping[str, Declaration]
    diagnostics: tuple[Diagnostic, ...]


def fit(
    declarations: Mapping[str, Declaration],
    capabilities: Mapping[str, Capabilities],
    zones: Mapping[tuple[str, str], ZoneContent],
) -> Fitted:
    """Return records with the TTL that their zone gives them, and an error for each that its host can not hold.

    Args:
        declarations: By record key.
        capabilities: By configured provider name.
        zones: What was read, by provider and zone.
    """
    fitted = dict(declarations)
    diagnostics = []
    for key, declaration in declarations.items():
        record, limits = declaration.resource, capabilities[declaration.provider].zones
        assert isinstance(record, Record), "declarations of records hold records"
        zone = record.zone or ""
        content = zones.get((declaration.provider, zone))
        if limits.zone_ttl and content is not None and content.ttl is not None and content.ttl != record.ttl:
            record = replace(record, ttl=content.ttl)
            fitted[key] = declaration._replace(resource=record)
        said = refusal(limits, RRset(record.name, record.type, record.ttl or 0, record.values), zone)
        if said is not None:
            diagnostics.append(_not_possible(declaration, record, said))
    return Fitted(fitted, tuple(diagnostics))


def _not_possible(declaration: Declaration, record: Record, said: str) -> Diagnostic:
    return problem(
        "record-not-possible",
        f"the DNS provider {declaration.provider} can not hold {record.key}: {said}",
        at=declaration.origin.span(),
        help="leave the record or the setting it comes from out, or host the zone elsewhere",
    )
