"""Changing a zone file's text: the lines of changed rrsets and the serial, and nothing else.

A record may take its owner and its TTL from the lines before it. After the changed lines are put in, one walk over the
file follows what each remaining record would inherit now; where that is not what it had, its own is written into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.model.presentation import absolute
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey
from reconciler.providers.zonefile.content import ZoneFile, entry_type, value_of
from reconciler.providers.zonefile.lines import new_line, with_owner, with_serial, with_ttl, with_value
from reconciler.providers.zonefile.scan import Clock, Directive, Entry, Item, seconds, soa_minimum


class CanNotEdit(Exception):
    """A change that this file's text does not allow; the message is one lower-case sentence."""


@dataclass(slots=True)
class _Draft:
    """What becomes of each item: by its index, its new text (None: it goes), TTL, and values put in behind it."""

    newline: str
    text: dict[int, str | None] = field(default_factory=dict)
    ttl: dict[int, int] = field(default_factory=dict)
    behind: dict[int, list[tuple[RRset, str]]] = field(default_factory=dict)


def edited(file: ZoneFile, changes: Sequence[RRsetChange], serial: int) -> str:
    """Return the file's text with the changes made and the given serial.

    Raises:
        CanNotEdit: If a record to be changed, or the SOA, does not stand in this file.
    """
    newline = "\r\n" if file.text.count("\r\n") * 2 > file.text.count("\n") else "\n"
    draft = _Draft(newline)
    places, last_of_owner = _places(file, changes)
    for change in changes:
        if change.id in file.elsewhere:
            raise CanNotEdit(
                f"{' '.join(change.id)} comes from the directive at {file.elsewhere[change.id]}, which is not edited"
            )
        anchor = last_of_owner.get(change.id[0], len(file.items))
        _draft_change(draft, file, change, places.get(change.id, []), anchor)
    _draft_serial(draft, file, serial)
    return _walk(file, draft)


def _places(file: ZoneFile, changes: Sequence[RRsetChange]) -> tuple[dict[RRsetKey, list[int]], dict[str, int]]:
    """Where the records of the changed rrsets stand, and the last record of each changed owner."""
    wanted = {change.id for change in changes}
    owners = {name for name, _ in wanted}
    places: dict[RRsetKey, list[int]] = {}
    last: dict[str, int] = {}
    for index, item in enumerate(file.items):
        if isinstance(item, Entry) and item.owner in owners:
            last[item.owner] = index
            key = item.owner, entry_type(item)
            if key in wanted:
                places.setdefault(key, []).append(index)
    return places, last


def _entry(items: Sequence[Item], index: int) -> Entry:
    item = items[index]
    assert isinstance(item, Entry)
    return item


def _draft_change(draft: _Draft, file: ZoneFile, change: RRsetChange, places: Sequence[int], anchor: int) -> None:
    wanted = dict.fromkeys(change.after.values) if change.after else {}
    free: list[int] = []
    kept: list[int] = []
    for index in places:
        value = value_of(_entry(file.items, index))
        if value in wanted:
            del wanted[value]
            kept.append(index)
        else:
            free.append(index)
    new = list(wanted)
    for index, value in zip(free, new, strict=False):  # a changed value takes the place of the old one
        entry = _entry(file.items, index)
        draft.text[index] = with_value(file.text[entry.start : entry.end], entry, value, draft.newline)
        kept.append(index)
    for index in free[len(new) :]:
        draft.text[index] = None
    if change.after is None:
        return
    rest = [(change.after, value) for value in new[len(free) :]]
    if rest:
        draft.behind.setdefault(max(kept, default=anchor), []).extend(rest)
    _draft_ttl(draft, file, change.after.ttl, kept, bool(rest))


def _draft_ttl(draft: _Draft, file: ZoneFile, ttl: int, kept: Sequence[int], joined: bool) -> None:
    """Give all kept records the TTL, unless the lowest among them is that already."""
    lowest = min([_entry(file.items, index).ttl for index in kept] + [ttl] * joined, default=ttl)
    strangers = [index for index in kept if _entry(file.items, index).ttl != ttl]
    if lowest != ttl or any(index in draft.text for index in strangers):
        draft.ttl.update(dict.fromkeys(strangers, ttl))


def _draft_serial(draft: _Draft, file: ZoneFile, serial: int) -> None:
    for index, item in enumerate(file.items):
        if isinstance(item, Entry) and item.type == "SOA" and item.owner == file.zone:
            draft.text[index] = with_serial(file.text[item.start : item.end], item, serial)
            return
    raise CanNotEdit(f"the SOA record of {file.zone} does not stand in {file.path} itself, so its serial stays")


@dataclass(slots=True)
class _Heir:
    """What the next record would inherit in the new text."""

    owner: str
    clock: Clock = field(default_factory=Clock)


def _walk(file: ZoneFile, draft: _Draft) -> str:
    out: list[str] = []
    heir = _Heir(file.zone)
    at = 0
    for index, item in enumerate(file.items):
        out.append(file.text[at : item.start])
        at = item.end
        text: str | None = file.text[item.start : item.end]
        if isinstance(item, Directive):
            _follow(item, heir)
        else:
            text = draft.text.get(index, text)
            if text is not None:
                text = _settled(text, item, draft.ttl.get(index, item.ttl), heir, index in draft.ttl)
        if text is not None:
            out.append(text)
        if index in draft.behind:
            _put(out, draft.behind[index], _origin_behind(item), heir, draft.newline)
    out.append(file.text[at:])
    if len(file.items) in draft.behind:
        _put(out, draft.behind[len(file.items)], _origin_behind(file.items[-1]), heir, draft.newline)
    return "".join(out)


def _origin_behind(item: Item) -> str:
    """The origin in force behind an item."""
    if isinstance(item, Directive) and item.word == "$ORIGIN":
        return absolute(item.rest[0], item.origin)
    return item.origin


def _follow(item: Directive, heir: _Heir) -> None:
    if item.word == "$TTL":
        heir.clock.default = seconds(item.rest[0])


def _settled(text: str, item: Entry, ttl: int, heir: _Heir, timed_anew: bool) -> str:
    """Return the record's text with its own owner and TTL written where it would now inherit others."""
    if item.type == "SOA" and heir.clock.minimum is None:
        heir.clock.minimum = soa_minimum(item.rdata)
    if timed_anew or (not item.timed and heir.clock.implied != ttl):
        text = with_ttl(text, item, ttl)
        heir.clock.last = ttl
    elif item.timed:
        heir.clock.last = ttl
    if not item.owned and heir.owner != item.owner:
        text = with_owner(text, item)
    heir.owner = item.owner
    return text


def _put(out: list[str], lines: Sequence[tuple[RRset, str]], origin: str, heir: _Heir, newline: str) -> None:
    """Append new records; each writes its owner, and its TTL where it is not the default."""
    if out and not _ends_line(out):
        out.append(newline)
    for rrset, value in lines:
        default = heir.clock.default
        out.append(new_line(rrset, value, origin, default, newline))
        if default != rrset.ttl:
            heir.clock.last = rrset.ttl
        heir.owner = rrset.name


def _ends_line(out: Sequence[str]) -> bool:
    return next((text.endswith("\n") for text in reversed(out) if text), True)
