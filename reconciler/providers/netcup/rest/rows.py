"""Records as the REST interface has them, and as zone files do.

How it writes names and data is not recorded but for one A record (`www`, `203.0.113.10`), so both forms that are likely
are read: that of zone files, and a plain one without quotes and closing dots. A record is deleted in the words in which
it was read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.presentation import (
    BadRdata,
    absolute,
    canonical,
    quote,
    record_type,
    relative,
    strings,
    within,
)
from reconciler.model.rrsets import RRset, RRsetKey
from reconciler.providers.netcup.trouble import Trouble

_ENDS_WITH_NAME = frozenset({"CNAME", "DNAME", "MX", "NS", "PTR", "SRV"})


@dataclass(frozen=True, slots=True)
class Row:
    """One record there, in its own words."""

    name: str
    type: str
    rdata: str
    ttl: int
    immutable: bool = False

    def sent(self) -> dict[str, object]:
        """The record as it is sent to be made or deleted: all four fields are needed for both."""
        return {"name": self.name, "type": self.type, "rdata": self.rdata, "ttl": self.ttl}


def parse_row(entry: Mapping[str, object], zone: str) -> Row:
    """Read a record of an answer.

    Raises:
        Trouble: If it is none.
    """
    try:
        return Row(
            name=str(entry["name"]),
            type=str(entry["type"]).upper(),
            rdata=str(entry["rdata"]),
            ttl=int(str(entry["ttl"])),
            immutable=bool(entry.get("immutable")),
        )
    except (KeyError, ValueError):
        raise Trouble(f"netcup's answer has no records of {zone}", help="try again later", retryable=True) from None


def key_of(row: Row, zone: str) -> RRsetKey:
    """Return owner name and type of a record.

    Raises:
        BadRdata: If it has none.
    """
    name = row.name.strip().lower()
    if name in {"", "@"}:
        return zone, record_type(row.type)
    return (name if within(name, zone) else absolute(name, zone)), record_type(row.type)


def value_of(row: Row, zone: str) -> str:
    """Return a record's data in the form in which it is compared.

    Raises:
        BadRdata: If its type can not have such data.
    """
    text = row.rdata
    if row.type == "TXT" and not (len(text) > 1 and text[0] == text[-1] == '"'):
        return quote(text)
    if row.type in _ENDS_WITH_NAME:
        before, space, name = text.rpartition(" ")
        full = f"{zone}." if name == "@" else name if name.endswith(".") else f"{name}."
        return canonical(row.type, f"{before}{space}{full}")
    return canonical(row.type, text, zone)


def row_of(rrset: RRset, value: str, zone: str) -> Row:
    """Return a record to be made, in the form of zone files."""
    return Row(relative(rrset.name, zone), rrset.type, strings(value) if rrset.type == "TXT" else value, rrset.ttl)


def grouped(rows: Iterable[Row], zone: str) -> dict[RRsetKey, dict[str, list[Row]]]:
    """Return the records by rrset and value; of a value that is there twice, both.

    Raises:
        Trouble: If one can not be read.
    """
    found: dict[RRsetKey, dict[str, list[Row]]] = {}
    for row in rows:
        try:
            found.setdefault(key_of(row, zone), {}).setdefault(value_of(row, zone), []).append(row)
        except BadRdata as error:
            raise Trouble(
                f"netcup's record {row.name} {row.type} of {zone} can not be read: {error}",
                help="correct or delete it in the customer control panel",
                code="record",
            ) from None
    return found


def rrsets_of(groups: Mapping[RRsetKey, Mapping[str, Sequence[Row]]]) -> dict[RRsetKey, RRset]:
    """Return the rrsets that records make; where their TTLs differ, with the lowest (RFC 2181 §5.2)."""
    return {
        key: RRset(*key, min(row.ttl for rows in values.values() for row in rows), tuple(sorted(values)))
        for key, values in groups.items()
    }
