"""Records as the CCP interface has them, and as zone files do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.presentation import BadRdata, absolute, canonical, quote, record_type, relative, text_of
from reconciler.model.rrsets import RRset, RRsetKey
from reconciler.providers.netcup.trouble import Trouble

_NAMES = frozenset({"CNAME", "NS", "PTR", "DNAME"})


@dataclass(frozen=True, slots=True)
class Row:
    """One record there.

    Attributes:
        id: Its number, as text.
        hostname: Relative to the zone, `@` for the zone itself.
        type: RR type.
        priority: The preference of an MX record; `0` for every other.
        destination: The data: of a TXT without quotes, of an MX without its preference.
    """

    id: str
    hostname: str
    type: str
    priority: str
    destination: str

    def sent(self, *, delete: bool = False) -> dict[str, object]:
        """The record as it is sent to be changed or deleted."""
        return {
            "id": self.id,
            "hostname": self.hostname,
            "type": self.type,
            "priority": self.priority,
            "destination": self.destination,
            "deleterecord": delete,
        }


def parse_rows(data: Mapping[str, object], zone: str) -> list[Row]:
    """Read the records of an answer.

    Raises:
        Trouble: If they are none.
    """
    found = data.get("dnsrecords")
    if not isinstance(found, list):
        raise _none(zone)
    try:
        return [
            Row(
                id=str(each["id"]),
                hostname=str(each["hostname"]),
                type=str(each["type"]).upper(),
                priority=str(each.get("priority") or "0"),
                destination=str(each["destination"]),
            )
            for each in found
        ]
    except (KeyError, TypeError, AttributeError):
        raise _none(zone) from None


def _none(zone: str) -> Trouble:
    said = f"netcup's answer has no records of {zone}"
    return Trouble(said, help="try again later", retryable=True, certain=False)


def key_of(row: Row, zone: str) -> RRsetKey:
    """Return owner name and type of a record.

    Raises:
        BadRdata: If it has none.
    """
    name = row.hostname.strip()
    return (zone if name in {"", "@"} else absolute(name, zone)), record_type(row.type)


def value_of(row: Row, zone: str) -> str:
    """Return a record's data in the form in which it is compared.

    Raises:
        BadRdata: If its type can not have such data.
    """
    text = row.destination
    match row.type:
        case "TXT":
            return quote(text)
        case "MX":
            return canonical("MX", f"{row.priority} {_target(text, zone)}")
        case "SRV":
            numbers, _, target = text.rpartition(" ")
            return canonical("SRV", f"{numbers} {_target(target, zone)}")
        case rtype if rtype in _NAMES:
            return canonical(rtype, _target(text, zone))
    return canonical(row.type, text, zone)


def _target(text: str, zone: str) -> str:
    """A name as the data of a record: full, though written without the closing dot (its way of sending them back)."""
    name = text.strip()
    return f"{zone}." if name == "@" else name if name.endswith(".") else f"{name}."


def row_of(name: str, rtype: str, value: str, zone: str, id: str = "") -> Row:  # noqa: A002 - the interface's word
    """Return a record to be sent.

    Args:
        name: Owner name, fully qualified.
        rtype: RR type.
        value: Data in the form in which it is compared.
        zone: The zone's name.
        id: Of the record whose place it takes; empty for a new one.
    """
    host = relative(name, zone)
    match rtype:
        case "TXT":
            return Row(id, host, rtype, "0", text_of(value))
        case "MX":
            preference, target = value.split()
            return Row(id, host, rtype, preference, target.removesuffix("."))
        case "CNAME":
            return Row(id, host, rtype, "0", value.removesuffix("."))
    return Row(id, host, rtype, "0", value)


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
                f"netcup's record {row.id} of {zone} ({row.hostname} {row.type}) can not be read: {error}",
                help="correct or delete it in the customer control panel",
                code="record",
            ) from None
    return found


def rrsets_of(groups: Mapping[RRsetKey, Mapping[str, object]], ttl: int) -> dict[RRsetKey, RRset]:
    """Return the rrsets that records make, all with the zone's TTL."""
    return {key: RRset(*key, ttl, tuple(sorted(values))) for key, values in groups.items()}
