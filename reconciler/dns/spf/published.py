"""From names and answers to what SPF reads in them: which record counts, which addresses a host has."""

import re
import socket
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from reconciler.dns.spf.addresses import IPV4
from reconciler.dns.spf.macros import MAX_NAME
from reconciler.dns.spf.syntax import BadSpf, SpfRecord, read
from reconciler.model.answers import Answer, Status
from reconciler.model.presentation import unquote

MAX_VOIDS = 2  # RFC 7208 §4.6.4
MAX_HOSTS = 10  # names of an MX or PTR answer that are looked at, §4.6.4

_MAX_LABEL = 63  # octets, RFC 1035 §2.3.4
_VERSION = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z0-9_*-]{1,63}(?:\.[a-z0-9_*-]{1,63})*\Z")


class Result(StrEnum):
    """What evaluation says (RFC 7208 §2.6), and that it could not be evaluated because an answer was not looked up."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a result
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"
    UNKNOWN = "not known"


#: The result of a mechanism that matches, by its qualifier.
RESULTS = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


class Trouble(NamedTuple):
    """Why there is no result but TEMPERROR, PERMERROR or UNKNOWN; the reason is one lower-case sentence."""

    result: Result
    reason: str


def record_of(domain: str, answer: Answer) -> SpfRecord | Trouble | None:
    """Return the record that a TXT answer has; None where it has none (§4.5)."""
    if not answer.known:
        return unanswered(domain, "TXT", answer)
    found = _record(answer.values)
    return found._replace(reason=f"{domain}: {found.reason}") if isinstance(found, Trouble) else found


@lru_cache(maxsize=4096)
def _record(values: tuple[str, ...]) -> SpfRecord | Trouble | None:
    texts = [text for value in values if _VERSION.match(text := unquote(value).decode("latin-1"))]
    if len(texts) > 1:
        return Trouble(Result.PERMERROR, f"there are {len(texts)} SPF records, and only one may be")
    try:
        return read(texts[0]) if texts else None
    except BadSpf as error:
        return Trouble(Result.PERMERROR, str(error))


def unanswered(name: str, rtype: str, answer: Answer) -> Trouble:
    """Return what an answer that tells nothing amounts to."""
    result = Result.TEMPERROR if answer.status is Status.FAILED else Result.UNKNOWN
    detail = f": {answer.detail}" if answer.detail else ""
    return Trouble(result, f"{name} {rtype}: {answer.status}{detail}")


def name_of(target: str) -> str | None:
    """Return a target name in the form of `Question.name`; None where no such name can be asked for (§4.8)."""
    lower = target.lower()
    if _PLAIN.match(lower):
        return lower if len(lower) <= MAX_NAME else None
    labels = lower.encode("utf-8").split(b".")
    if len(b".".join(labels)) > MAX_NAME or not all(0 < len(label) <= _MAX_LABEL for label in labels):
        return None
    return ".".join("".join(map(_escaped, label)) for label in labels)


def _escaped(octet: int) -> str:
    """An octet of a label as names are written in answers (RFC 1035 §5.1)."""
    character = chr(octet)
    if character in '"().;\\@$':
        return f"\\{character}"
    return character if " " < character <= "~" else f"\\{octet:03d}"


def checkable(domain: str) -> str | None:
    """Return the name a domain's record stands at; None where it can have none: a literal, or one label (§4.3)."""
    name = None if domain.startswith("[") else name_of(domain)
    return name if name is not None and "." in name else None


def hosts(answer: Answer) -> list[str]:
    """Return the names of an MX answer, the preferred first; a null MX has none (RFC 7505)."""
    pairs = sorted((int(preference), name) for preference, name in (value.split() for value in answer.values))
    return [name.removesuffix(".") for _, name in pairs if name != "."]


def numbers(answer: Answer, version: int) -> Iterable[int]:
    """Return the addresses of an A or AAAA answer."""
    return map(_number4 if version == IPV4 else _number6, answer.values)


@lru_cache(maxsize=4096)
def _number4(value: str) -> int:
    return int.from_bytes(socket.inet_pton(socket.AF_INET, value), "big")


@lru_cache(maxsize=4096)
def _number6(value: str) -> int:
    return int.from_bytes(socket.inet_pton(socket.AF_INET6, value), "big")
