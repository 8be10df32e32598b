r"""RRsets as octoDNS's records, and back.

Most types go through octoDNS's own reading and writing of presentation form. TXT does not: inside octoDNS a text is raw
but for `\;`, and its providers do not agree on what a quote or a backslash in it is, so those are not written at all
(`LIMITS`).
"""

from octodns.record import Record  # type: ignore[import-untyped]
from octodns.record.rr import Rrset  # type: ignore[import-untyped]

from reconciler.model.presentation import TEXT, BadRdata, canonical, quote, record_type, text_of
from reconciler.model.rrsets import RRset
from reconciler.providers.capabilities import ZoneLimits
from reconciler.providers.octodns.library import OctoClass, OctoRecord, OctoZone

_ESCAPED = r"\;"
#: The SOA record is the host's own. A LOC record without its last fields, which the DNS allows (RFC 1876 §3), is more
#: than octoDNS can read: it would make the whole zone unreadable.
_NOT_WRITTEN = frozenset({"SOA", "LOC"})
#: Types whose data holds texts: in them octoDNS takes a backslash for itself.
_WITH_TEXTS = ("CAA", "NAPTR", "URI", "HTTPS", "SVCB")


class CanNotCarry(Exception):
    """An rrset that does not come out of octoDNS as it went in; the message is one lower-case sentence."""


def limits(cls: OctoClass) -> ZoneLimits:
    """Return what zones behind a provider of octoDNS can not hold, as far as its class tells."""
    least = getattr(cls, "MIN_TTL", 0)
    return ZoneLimits(
        types=_types(cls),
        min_ttl=least if isinstance(least, int) else 0,
        empty_text=False,
        ascii_text=True,
        forbidden_text='"\\',
        forbidden=dict.fromkeys(_WITH_TEXTS, "\\"),
    )


def _types(cls: OctoClass) -> frozenset[str]:
    told = getattr(cls, "SUPPORTS", None)
    # a property tells nothing before there is an object; each record is judged by that later
    wanted = told if isinstance(told, (set, frozenset)) else Record.registered_types()
    return frozenset(each for each in wanted if each in Record.registered_types() and _is_type(each)) - _NOT_WRITTEN


def _is_type(name: str) -> bool:
    try:
        return record_type(name) == name
    except BadRdata:
        return False


def rrset_of(record: OctoRecord) -> RRset | None:
    """Return a record of octoDNS as an rrset; None where it is of a kind that is no type of the DNS."""
    if not _is_type(record._type):  # noqa: SLF001 - octoDNS's own providers read it there
        return None
    rtype: str = record._type  # noqa: SLF001
    name = str(record.fqdn).rstrip(".").lower()
    if rtype in TEXT:
        values = {quote(str(value).replace(_ESCAPED, ";")) for value in record.values}
    else:
        values = {_canonical(rtype, each) for each in record.to_rrset().rdatas}
    return RRset(name, rtype, record.ttl, tuple(sorted(values)))


def _canonical(rtype: str, rdata: str) -> str:
    try:
        return canonical(rtype, rdata)
    except BadRdata:
        return rdata  # somebody else's mistake: it is shown as it is and never touched


def record_of(rrset: RRset, zone: OctoZone, existing: OctoRecord | None) -> OctoRecord:
    """Return an rrset as a record of octoDNS.

    Args:
        rrset: What it is to be.
        zone: Where it is to stand.
        existing: What stands there now; settings of the host's own that hang on it are taken over.

    Raises:
        CanNotCarry: If octoDNS would make something else of it.
    """
    try:
        data = _data(rrset)
        if existing is not None and existing.octodns:
            data["octodns"] = existing.octodns
        record: OctoRecord = Record.new(zone, _relative(rrset.name, zone.name), data, lenient=True)
        same = rrset_of(record) == rrset
    except Exception as error:  # noqa: BLE001 - octoDNS's errors have no common class
        raise CanNotCarry(f"octoDNS can not carry {rrset.name} {rrset.type}: {error}") from None
    if not same:
        raise CanNotCarry(f"octoDNS would make something else of {rrset.name} {rrset.type}")
    return record


def _data(rrset: RRset) -> dict[str, object]:
    if rrset.type in TEXT:
        texts = [text_of(value).replace(";", _ESCAPED) for value in rrset.values]
        return {"type": rrset.type, "ttl": rrset.ttl, "values": texts}
    whole = Rrset(f"{rrset.name}.", rrset.type, rrset.ttl, rrset.values)
    data: dict[str, object] = Record.registered_types()[rrset.type].data_from_rrset(whole)
    return data


def _relative(name: str, zone: str) -> str:
    """An owner name as octoDNS has it: empty for the zone itself."""
    return f"{name}."[: -len(zone)].rstrip(".")
