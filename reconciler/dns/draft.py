"""A record on its way from settings to a declaration."""

from dataclasses import dataclass

from reconciler.dns.classes import value_class
from reconciler.model.presentation import canonical, quote
from reconciler.model.source import Origin


@dataclass(frozen=True, slots=True)
class Draft:
    """Values of one class at one name.

    Attributes:
        name: Owner name, fully qualified.
        type: RR type, upper case.
        value_class: See `dns.classes`.
        values: Presentation form, sorted.
        origin: Where it is written, or the block it is derived from.
        ttl: Seconds; None: the domain's.
        contribution: Our own SPF record, before it is merged with anyone's.
        extra: Whether the user wrote it as a record.
    """

    name: str
    type: str
    value_class: str
    values: tuple[str, ...]
    origin: Origin
    ttl: int | None = None
    contribution: str | None = None
    extra: bool = False

    @property
    def key(self) -> str:
        """The key of the record it becomes."""
        return f"{self.name} {self.type} {self.value_class}" if self.value_class else f"{self.name} {self.type}"


def text_draft(name: str, text: str, origin: Origin, contribution: str | None = None) -> Draft:
    """Draft a TXT record of one text."""
    value = quote(text)
    return Draft(name, "TXT", value_class(name, "TXT", value), (value,), origin, contribution=contribution)


def data_draft(name: str, rtype: str, values: tuple[str, ...], origin: Origin) -> Draft:
    """Draft a record of any type from data that a provider publishes; names in it are absolute, dotted or not.

    Raises:
        BadRdata: If the type can not have such data.
    """
    if rtype == "TXT":
        values = tuple(each if each.startswith('"') else quote(each) for each in values)
    ready = tuple(sorted({canonical(rtype, each) for each in values}))
    return Draft(name, rtype, value_class(name, rtype, ready[0]) if ready else "", ready, origin)
