"""What a zone file says: its records as rrsets, those of included and generated lines among them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reconciler.model.presentation import BadRdata, absolute, canonical, record_type, within
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent
from reconciler.providers.zonefile.generate import generated
from reconciler.providers.zonefile.scan import BrokenZone, Context, Directive, Entry, Item, scan

_KNOWN = frozenset({"A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TLSA", "TXT"})
_MAX_DEPTH = 10  # of files included in included files
_SERIAL = 2  # index of the field among the SOA's seven

#: A record read: owner, type, seconds, data.
Row: TypeAlias = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """A zone file as read.

    Attributes:
        text: Its octets, one to one.
        items: Its records and directives, in order; not those of included files.
        elsewhere: The rrsets of which a record comes from `$INCLUDE` or `$GENERATE`, with that line.
    """

    path: Path
    zone: str
    text: str
    items: Sequence[Item]
    content: ZoneContent
    elsewhere: dict[RRsetKey, str]


def read_text(path: Path) -> str:
    """Return a file's octets as text, one to one."""
    return path.read_bytes().decode("latin-1")


def parse(path: Path, zone: str, text: str, root: Path) -> ZoneFile:
    """Read a zone file's text.

    Args:
        path: Where it stands; errors name it.
        zone: The zone's key.
        text: Its octets, one to one.
        root: Folder that included files are looked up in and must not leave.

    Raises:
        BrokenZone: If it is not a zone file of that zone.
    """
    context = Context(str(path), zone, zone, zone)
    rrsets: dict[RRsetKey, tuple[int, dict[str, None]]] = {}
    elsewhere: dict[RRsetKey, str] = {}
    items: list[Item] = []
    for item in scan(text, context):
        items.append(item)
        if isinstance(item, Entry):
            row = _row(item, context)
            if row is not None:
                _add(rrsets, row)
            continue
        for row in _brought(item, context, root, 0):
            _add(rrsets, row)
            elsewhere[row[0], row[1]] = f"{path}:{item.line}"
    found = {key: RRset(*key, ttl, tuple(sorted(values))) for key, (ttl, values) in rrsets.items()}
    return ZoneFile(path, zone, text, items, ZoneContent(zone, found, _serial(found, zone, path)), elsewhere)


def _serial(rrsets: dict[RRsetKey, RRset], zone: str, path: Path) -> int:
    soa = rrsets.get((zone, "SOA"))
    if soa is None:
        raise BrokenZone(f"it has no SOA record for {zone}", f"{path}:1")
    return int(soa.values[0].split()[_SERIAL])


def _add(rrsets: dict[RRsetKey, tuple[int, dict[str, None]]], row: Row) -> None:
    owner, rtype, ttl, value = row
    known = rrsets.get((owner, rtype))
    if known is None:
        rrsets[owner, rtype] = ttl, {value: None}
        return
    known[1][value] = None
    if ttl < known[0]:  # RFC 2181 §5.2: records of one rrset have one TTL; the lowest is the safe reading
        rrsets[owner, rtype] = ttl, known[1]


def entry_type(entry: Entry) -> str:
    """Return the mnemonic of a record's type.

    Raises:
        BadRdata: If no such type is known.
    """
    return entry.type if entry.type in _KNOWN else record_type(entry.type)


def value_of(entry: Entry) -> str:
    """Return a record's data in the form in which it is compared.

    Raises:
        BadRdata: If its type can not have such data.
    """
    return canonical(entry_type(entry), entry.rdata, entry.origin)


def _row(entry: Entry, context: Context) -> Row | None:
    if not within(entry.owner, context.zone):
        return None
    try:
        rtype = entry_type(entry)
        return entry.owner, rtype, entry.ttl, canonical(rtype, entry.rdata, entry.origin)
    except BadRdata as error:
        raise BrokenZone(str(error), f"{context.file}:{entry.line}") from None


def _brought(item: Directive, context: Context, root: Path, depth: int) -> Iterator[Row]:
    """The records that a directive brings in."""
    where = f"{context.file}:{item.line}"
    if item.word == "$GENERATE":
        yield from generated(item, context.zone, where)
    elif item.word == "$INCLUDE":
        if depth >= _MAX_DEPTH:
            raise BrokenZone("files include each other without end", where)
        path = _included_path(item, root, where)
        origin = item.origin
        if len(item.rest) > 1:
            try:
                origin = absolute(item.rest[1], item.origin)
            except BadRdata as error:
                raise BrokenZone(str(error), where) from None
        yield from _included_rows(path, context.included(str(path), origin), root, depth, where)


def _included_path(item: Directive, root: Path, where: str) -> Path:
    name = re.sub(r'\A"|"\Z', "", item.rest[0])
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise BrokenZone(f"the included file {name} is outside the provider's directory", where)
    return path


def _included_rows(path: Path, context: Context, root: Path, depth: int, where: str) -> Iterator[Row]:
    try:
        text = read_text(path)
    except OSError as error:
        raise BrokenZone(f"the included file {path} can not be read: {error.strerror}", where) from None
    for item in scan(text, context):
        if isinstance(item, Directive):
            yield from _brought(item, context, root, depth + 1)
        elif (row := _row(item, context)) is not None:
            yield row
