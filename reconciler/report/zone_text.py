"""The records a domain needs, as a zone file has them: to be pasted where nobody else can write them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.dns.preview import Held
from reconciler.model.names import domain_label
from reconciler.model.presentation import TEXT, relative, strings
from reconciler.model.resources import Record
from reconciler.report.held_text import when
from reconciler.report.layout import clean


@dataclass(frozen=True, slots=True)
class DomainRecords:
    """The records of one domain.

    Attributes:
        domain: Its key.
        zone: The zone they stand in; the domain itself where no zone is known.
        provider: The configured name of its DNS provider; empty where none is.
        records: What should stand there for now.
        held: What should stand there later.
    """

    domain: str
    zone: str
    provider: str
    records: tuple[Record, ...]
    held: tuple[Held, ...] = ()


def zone_text(domains: Sequence[DomainRecords]) -> str:
    """Return records in the form of a zone file (RFC 1035 §5.1); names are absolute or below `$ORIGIN`."""
    lines: list[str] = []
    for number, each in enumerate(domains):
        lines += [""] * (number > 0)
        lines += _lines(each)
    return "\n".join(lines) + "\n"


def zone_json(domains: Sequence[DomainRecords]) -> list[dict[str, object]]:
    """Return records as plain data; values are in the form of a zone file."""
    return [
        {
            "domain": each.domain,
            "zone": each.zone,
            "provider": each.provider or None,
            "records": [
                {"name": record.name, "type": record.type, "ttl": record.ttl, "values": _values(record)}
                for record in each.records
            ],
        }
        for each in domains
    ]


def _values(record: Record) -> list[str]:
    return [strings(value) if record.type in TEXT else value for value in record.values]


def _lines(each: DomainRecords) -> Iterator[str]:
    where = f" at {clean(each.provider)}" if each.provider else ""
    yield f"; {clean(domain_label(each.domain))}: {len(each.records)} record sets for the zone {each.zone}{where}"
    for held in each.held:
        yield f"; later, {when(held)}: {clean(held.change)}"
    yield f"$ORIGIN {each.zone}."
    rows = [
        (relative(record.name, each.zone), "" if record.ttl is None else str(record.ttl), record.type, value)
        for record in each.records
        for value in _values(record)
    ]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(3)]
    for name, ttl, rtype, value in rows:
        yield f"{name:<{widths[0]}}  {ttl:>{widths[1]}}  IN  {rtype:<{widths[2]}}  {value}"
