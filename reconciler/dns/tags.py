"""Tag lists, `v=X; name=value; …` (RFC 6376 §3.2): the shape of DMARC, DKIM, MTA-STS, TLS-RPT and BIMI records."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from reconciler.dns.view import View
from reconciler.model.answers import Answer, Status
from reconciler.model.presentation import text_of

_VERSION = re.compile(r"[vV][ \t]*=[ \t]*([^; \t]+)[ \t]*(?:;|\Z)")


class Tag(NamedTuple):
    """A tag: its name in lower case, its value without the blanks around it."""

    name: str
    value: str


def tags(text: str) -> tuple[tuple[Tag, ...], tuple[str, ...]]:
    """Return the tags of a record in order, and the parts that are no tags."""
    found: list[Tag] = []
    odd: list[str] = []
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if equals and name.replace("_", "a").isalnum() and name.isascii():
            found.append(Tag(name.lower(), value.strip()))
        elif part.strip():
            odd.append(part.strip())
    return tuple(found), tuple(odd)


def first(found: Iterable[Tag]) -> dict[str, str]:
    """Return the value of each tag, the first where one is repeated."""
    values: dict[str, str] = {}
    for name, value in found:
        values.setdefault(name, value)
    return values


def has_version(text: str, version: str) -> bool:
    """Whether a text begins with the tag `v`, without a blank before it, and exactly this value."""
    match = _VERSION.match(text)
    return match is not None and match[1] == version


def texts(answer: Answer, version: str) -> tuple[str, ...]:
    """Return the texts of a TXT answer that are of one version; empty where there are none or nobody knows."""
    if answer.status is not Status.FOUND:
        return ()
    return tuple(text for text in map(text_of, answer.values) if has_version(text, version))


def ask_texts(name: str, version: str, view: View) -> tuple[str, ...]:
    """Return the texts of one version at a name."""
    return texts(view.ask(name, "TXT"), version)
