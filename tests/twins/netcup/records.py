"""What the CCP interface makes of a record that is sent: taken, altered or refused."""

from collections.abc import Mapping

from tests.twins.netcup import messages
from tests.twins.netcup.account import Domain, Record

TYPES = {"A", "AAAA", "MX", "CNAME", "CAA", "SRV", "TXT", "TLSA", "NS", "DS", "OPENPGPKEY", "SMIMEA"}
_NAMED = {"CNAME", "MX", "NS"}


class Refused(Exception):
    """A record is not taken; the message is the server's long text."""


def text(given: Mapping[str, object], name: str) -> str:
    """A field as text: numbers come as such, and null as nothing."""
    value = given.get(name)
    return "" if value is None else str(value)


def wants_delete(given: Mapping[str, object]) -> bool:
    """Whether a record is to go: `true`, or the word in any case."""
    return text(given, "deleterecord").lower() == "true"


def apply(domain: Domain, given: Mapping[str, object], number: int, now: float) -> None:
    """Create, update or delete one record.

    Raises:
        Refused: If the server does not take it.
    """
    there = _named(domain, given)
    new = _read(domain, given, there.id if there else number, now)
    immutable = new.type == "NS" and new.hostname == "@"
    if wants_delete(given):
        if there is None:
            raise Refused(messages.BAD_ID)
        if not immutable:
            del domain.records[there.id]
    elif not immutable and (there is None or there.shown(0) != new.shown(0)):
        domain.records[new.id] = new


def _named(domain: Domain, given: Mapping[str, object]) -> Record | None:
    number = text(given, "id")
    if number == "":
        return None
    if not number.isdigit() or int(number) not in domain.records:
        raise Refused(messages.BAD_ID)
    return domain.records[int(number)]


def _read(domain: Domain, given: Mapping[str, object], number: int, now: float) -> Record:
    rtype, destination = text(given, "type").upper(), text(given, "destination")
    if rtype not in TYPES or destination == "":
        raise Refused(messages.BAD_VALUE)
    priority = text(given, "priority") or "0"
    return Record(
        number,
        _hostname(domain, text(given, "hostname")),
        rtype,
        priority if rtype == "MX" else "0",
        destination if wants_delete(given) else _destination(rtype, destination, priority),
        now,
    )


def _hostname(domain: Domain, name: str) -> str:
    if name == "":
        raise Refused(messages.NO_HOST)
    if name.endswith("."):  # acme.sh sends whole names
        name = name[:-1].removesuffix(domain.fqdn).removesuffix(".") or "@"
    return name


def _destination(rtype: str, destination: str, priority: str) -> str:
    if rtype == "TXT":
        if '"' in destination:
            raise Refused(messages.QUOTES)
        return destination.replace("\\", "").replace("'", "&#039;")  # how it alters them is not told; this is invented
    if rtype == "MX" and (destination == "." or not priority.isdigit()):
        raise Refused(messages.BAD_MX)
    if rtype == "CAA" and ";" in destination:
        raise Refused(messages.BAD_VALUE)
    if rtype in _NAMED:
        return destination.removesuffix(".")
    return destination
