"""A zone as PowerDNS tells it, and its rrsets as they are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from reconciler.model.presentation import BadRdata, absolute, canonical
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent

#: Kinds of zone whose records come from another server, by their names before and since PowerDNS 4.5.
SECONDARY = frozenset({"slave", "secondary", "consumer"})


class ApiRecord(TypedDict):
    """One record; a disabled one is kept and not answered."""

    content: str
    disabled: bool


class ApiRRset(TypedDict):
    """One rrset; the comments are whatever somebody wrote there."""

    name: str
    type: str
    ttl: int
    records: Sequence[ApiRecord]
    comments: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Head:
    """What PowerDNS tells of a zone beside its records.

    Attributes:
        serial: Of the SOA as it stands in the database, before DNSSEC's own edits.
        counts: Whether each change through the API raises that serial by one step (`SOA-EDIT-API`).
        kind: native | master | slave and so on, lower case.
    """

    serial: int
    counts: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as read.

    Attributes:
        content: Its rrsets, without disabled records.
        disabled: The disabled records of an rrset, and its TTL.
        raw: Every rrset as the server told it.
    """

    head: Head
    content: ZoneContent
    disabled: Mapping[RRsetKey, tuple[int, Sequence[ApiRecord]]]
    raw: Mapping[RRsetKey, ApiRRset]


def head(told: Mapping[str, object]) -> Head:
    """Return a zone's head.

    Raises:
        ValueError, KeyError: If it is not what PowerDNS tells.
    """
    serial = told.get("edited_serial", told["serial"])
    assert isinstance(serial, int)
    return Head(serial, str(told.get("soa_edit_api", "")).upper() in ("DEFAULT", "INCREASE"), str(told["kind"]).lower())


def zone(name: str, told: Mapping[str, object], rrsets: Sequence[ApiRRset]) -> Zone:
    """Return a zone.

    Args:
        name: Its key.
        told: The answer without its rrsets.
        rrsets: These.

    Raises:
        ValueError, KeyError: If it is not what PowerDNS tells.
    """
    found: dict[RRsetKey, RRset] = {}
    disabled: dict[RRsetKey, tuple[int, Sequence[ApiRecord]]] = {}
    raw: dict[RRsetKey, ApiRRset] = {}
    for each in rrsets:
        rtype = each["type"]
        key = absolute(each["name"], ""), rtype
        raw[key] = each
        off = [record for record in each["records"] if record["disabled"]]
        if off:
            disabled[key] = each["ttl"], off
        values = {value_of(rtype, record["content"]) for record in each["records"] if not record["disabled"]}
        if values:
            found[key] = RRset(*key, each["ttl"], tuple(sorted(values)))
    top = head(told)
    return Zone(top, ZoneContent(name, found, top.serial), disabled, raw)


def value_of(rtype: str, content: str) -> str:
    """Return a record's data as it is compared; data of PowerDNS's own types, such as LUA, as it is."""
    try:
        return canonical("CNAME" if rtype == "ALIAS" else rtype, content)
    except BadRdata:
        return content
