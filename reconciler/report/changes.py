"""Changed fields in words. Long values are taken apart by deepdiff, and only those: it is slow."""

from collections.abc import Mapping

from reconciler.model.kinds import Kind
from reconciler.model.names import address_label
from reconciler.model.resources import FieldValue
from reconciler.model.sizes import exact_size
from reconciler.plan.document import Change, raises_password
from reconciler.report.layout import clean
from reconciler.report.style import Style

_SIZES = frozenset({"quota", "storage"})
_ADDRESSES = frozenset({"to", "master", "send_as"})
#: Fields a short line leaves out: the key says them, or nobody asks.
_MINOR = frozenset({"zone", "ttl", "contribution"})
_LONG = 40  # characters from which a text is compared word by word


def format_value(name: str, value: FieldValue) -> str:
    """A field's value as a person reads it: sizes with a unit, addresses with U-labels, lists with commas."""
    if value is None:
        return "nothing" if name != "send_as" else "who receives its mail"
    if name in _SIZES and isinstance(value, int):
        return exact_size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(format_value(name, each) for each in value) or ("nobody" if name == "send_as" else "nothing")
    if name in _ADDRESSES:
        return clean(address_label(str(value)))
    return clean(str(value))


def difference(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return what a list lost and what it gained, in the lists' own order."""
    from deepdiff import DeepDiff  # takes a tenth of a second to import: only a changed list pays for it

    tree = DeepDiff(set(before), set(after), view="tree")
    lost = {level.t1 for level in tree.get("set_item_removed", ())}
    gained = {level.t2 for level in tree.get("set_item_added", ())}
    return [each for each in before if each in lost], [each for each in after if each in gained]


def _items(value: FieldValue) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else ()


def _parts(change: Change) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The parts worth comparing one by one: the items of lists, or the words of long texts; None for short values."""
    before, after = _items(change.before), _items(change.after)
    if not before or not after:
        return None
    if len(before) > 1 or len(after) > 1:
        return before, after
    if max(len(before[0]), len(after[0])) > _LONG:
        return tuple(before[0].strip('"').split()), tuple(after[0].strip('"').split())
    return None


def _moved(lost: list[str], gained: list[str], size: int, style: Style) -> str:
    # a DMARC tag ends with a semicolon, which says nothing where the tag stands alone
    left, right = (clean(", ".join(each.removesuffix(";") for each in side)) for side in (lost, gained))
    if lost and gained:
        rest = " (the rest stays)" if len(lost) < size else ""
        return f"{left} {style.symbol('arrow')} {right}{rest}"
    if lost or gained:
        return f"without {left}" if lost else f"with {right}"
    return "in another order"


def describe_change(name: str, change: Change, style: Style) -> str:
    """One changed field: `quota 5 GB → 10 GB`, or for a long value what it gains and loses."""
    if name == "password_version" and raises_password(change.before, change.after):
        return "the password is set again" if change.before is not None else "the password is set"
    parts = _parts(change) if name not in _ADDRESSES else None
    if parts is not None:
        return f"{name} {_moved(*difference(*parts), len(parts[0]), style)}"
    left, right = format_value(name, change.before), format_value(name, change.after)
    return f"{name} {left} {style.symbol('arrow')} {right}"


def describe_update(fields: Mapping[str, Change], style: Style) -> str:
    """All changed fields in one line."""
    return ", ".join(describe_change(name, change, style) for name, change in fields.items())


def _told(name: str, value: FieldValue, *, full: bool) -> bool:
    if name == "send_as":
        return value is not None
    if name == "login":
        return value is False
    return value is not None and value != () and value is not False and (full or name not in _MINOR)


#: What a field's value is put into, where the field's own name would not read well.
_PHRASES: Mapping[str, str] = {
    "to": "{arrow} {value}",
    "values": "{value}",
    "login": "can not log in",
    "send_as": "sent as by {value}",
    "password_version": "with a password",
    "protect": "protected",
    "instance": "in {value}",
}


def _phrase(name: str, value: FieldValue, style: Style) -> str:
    phrase = _PHRASES.get(name, f"{name} {{value}}")
    return phrase.format(value=format_value(name, value), arrow=style.symbol("arrow"))


def describe_value(kind: Kind, values: Mapping[str, FieldValue], style: Style, *, full: bool = False) -> str:
    """A whole resource in one line: `quota 5 GB, owner Anna`, an alias as `→ anna@example.org`.

    Args:
        kind: What it is.
        values: Its fields.
        style: For the arrow.
        full: Also zone, TTL and what state alone remembers.
    """
    told = [_phrase(name, value, style) for name, value in values.items() if _told(name, value, full=full)]
    if kind is Kind.INSTANCE and values.get("storage") is not None:
        return f"{format_value('storage', values['storage'])} booked"
    return ", ".join(told)
