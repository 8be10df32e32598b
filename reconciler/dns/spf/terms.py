"""An SPF record as the words it is made of: what two who write one record compare, nothing refused."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

VERSION = "v=spf1"
#: Qualifiers by the words of the configuration, laxest first.
QUALIFIERS = {"pass": "+", "neutral": "?", "softfail": "~", "fail": "-"}
MAX_LOOKUPS = 10  # RFC 7208 §4.6.4

#: How strict a sign is; more is stricter.
STRICTNESS = {sign: rank for rank, sign in enumerate(QUALIFIERS.values())}
_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=/])(.*))?\Z", re.DOTALL)
#: What may stand behind an argument and changes nothing: the length of a whole address; elsewhere the root.
_WHOLE = {"ip4": "/32", "ip6": "/128"}
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism or modifier as it is written.

    Attributes:
        text: As written.
        name: Lower case; the whole text where it is neither.
        norm: The form in which two terms are compared: no `+`, names in lower case outside of macros.
        modifier: Whether it is `name=value`.
    """

    text: str
    name: str
    norm: str
    modifier: bool

    @property
    def qualifier(self) -> str:
        """The sign before a mechanism; `+` where none is written."""
        return self.text[0] if self.text[0] in STRICTNESS else "+"


def term_of(text: str) -> Term:
    """Return the term that a word is."""
    match = _TERM.match(text)
    if match is None:
        return Term(text, text, text, modifier=False)
    sign, name, separator, rest = match.groups()
    modifier = separator == "="
    name = name.lower()
    value = rest or ""
    value = value if "%" in value else value.lower()
    value = value.removesuffix(_WHOLE.get(name, "."))
    norm = f"{'' if sign == '+' else sign}{name}{separator or ''}{value}"
    return Term(text, name, norm, modifier)


def parse(text: str) -> tuple[Term, ...] | None:
    """Return the terms of an SPF record, those that no one knows included; None where the text is not one."""
    version, *words = text.split(" ")
    return tuple(term_of(word) for word in words if word) if version.lower() == VERSION else None


def format(terms: Iterable[Term | str]) -> str:  # noqa: A001 - the inverse of parse
    """Return the record with these terms."""
    return " ".join((VERSION, *(term if isinstance(term, str) else term.text for term in terms)))


def record(mechanisms: Sequence[str], strictness: str | None) -> str:
    """Return an SPF record of mechanisms and the configuration's word for `all`; each mechanism stands once."""
    unique = {term_of(each).norm: each for each in reversed(mechanisms)}
    terms = [unique.pop(norm) for each in mechanisms if (norm := term_of(each).norm) in unique]
    return format([*terms, *([f"{QUALIFIERS[strictness]}all"] if strictness else [])])


def lookups(text: str) -> int:
    """Return how many terms of a record make a receiver ask the DNS (RFC 7208 §4.6.4), not following any."""
    return sum(term.name in _ASKING for term in parse(text) or ())
