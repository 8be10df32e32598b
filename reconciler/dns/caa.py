"""CAA (RFC 8659): which certificate authorities may issue for a name."""

from collections.abc import Sequence
from typing import NamedTuple

from reconciler.dns.view import View
from reconciler.model.answers import Status
from reconciler.model.presentation import text_of

_CRITICAL = 128  # RFC 8659 §4.1
_TAGS = frozenset({"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"})
_FIELDS = 3


class Caa(NamedTuple):
    """A CAA record: flags, tag in lower case, and value."""

    flags: int
    tag: str
    value: str


def values(authorities: Sequence[str]) -> tuple[str, ...]:
    """Return the records that let these certificate authorities issue."""
    return tuple(f'0 issue "{name}"' for name in sorted(set(authorities)))


def parse(value: str) -> Caa | None:
    """Read a record in presentation form; None where it is not one."""
    parts = value.split(None, _FIELDS - 1)
    if len(parts) != _FIELDS or not (parts[0].isascii() and parts[0].isdigit()):
        return None
    text = text_of(parts[2]) if parts[2].startswith('"') else parts[2]
    return Caa(int(parts[0]), parts[1].lower(), text)


def relevant(name: str, view: View) -> tuple[Caa, ...]:
    """Return the records that count for a name: its own, else of the nearest name above it (RFC 8659 §3)."""
    labels = name.split(".")
    for at in range(len(labels) - 1):
        answer = view.ask(".".join(labels[at:]), "CAA")
        if answer.status is Status.FOUND:
            return tuple(record for record in map(parse, answer.values) if record is not None)
        if not answer.known:
            return ()
    return ()


def forbids(records: Sequence[Caa]) -> str:
    """Return why nobody can get a certificate, as one lower-case sentence; empty where somebody can."""
    strange = next((each for each in records if each.flags & _CRITICAL and each.tag not in _TAGS), None)
    if strange is not None:
        return f"no authority may issue, as the tag {strange.tag} is critical and unknown"
    issue = [each.value.partition(";")[0].strip() for each in records if each.tag == "issue"]
    return "no authority may issue at all" if issue and not any(issue) else ""
