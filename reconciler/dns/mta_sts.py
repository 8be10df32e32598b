"""MTA-STS (RFC 8461) and TLS reporting (RFC 8460), for reading; `dns.policies` writes them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.dns.tags import first, has_version, tags

STS_VERSION = "STSv1"
TLS_RPT_VERSION = "TLSRPTv1"
MAX_AGE = 31557600  # seconds, RFC 8461 §3.2
MODES = ("testing", "enforce", "none")

_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")  # RFC 8461 §3.1


@dataclass(frozen=True, slots=True)
class Policy:
    """The text at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.

    Attributes:
        mode: testing, enforce or none.
        mx: Host names and patterns, lower case.
        max_age: Seconds for which a sender keeps it.
        faults: What is wrong with it, each as one lower-case sentence; senders then act as if there were none.
    """

    mode: str
    mx: tuple[str, ...]
    max_age: int
    faults: tuple[str, ...] = ()

    def allows(self, host: str) -> bool:
        """Whether mail may go to a mail exchanger, by its name."""
        return any(matches(host, pattern) for pattern in self.mx)


def record_id(text: str) -> str | None:
    """Return the id in a `_mta-sts` record; None where the record is not as RFC 8461 §3.1 wants it."""
    found, odd = tags(text)
    if odd or not _begins(text, STS_VERSION):
        return None
    value = first(found).get("id", "")
    return value if _ID.match(value) else None


def _begins(text: str, version: str) -> bool:
    """Whether a record begins with its version, which here has no blanks in it."""
    return has_version(text, version) and text.startswith(f"v={version}")


def parse_policy(text: str) -> Policy:
    """Read a policy's text: `key: value` lines, of which only `mx` may be repeated (RFC 8461 §3.2)."""
    faults: list[str] = []
    fields: dict[str, list[str]] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip().lower(), []).append(value.strip())
        else:
            faults.append(f"'{line}' is not a line of the form `key: value`")
    mode = _sole(fields, "mode")
    age = _sole(fields, "max_age")
    mx = tuple(value.rstrip(".").lower() for value in fields.get("mx", ()))
    if _sole(fields, "version") != STS_VERSION:
        faults.append(f"it does not say `version: {STS_VERSION}`")
    if mode not in MODES:
        faults.append(f"its mode is none of {', '.join(MODES)}")
    if not (age.isascii() and age.isdigit() and int(age) <= MAX_AGE):
        faults.append(f"its max_age is not a number of seconds up to {MAX_AGE}")
    if mode != "none" and not mx:
        faults.append("it names no mail exchanger")
    seconds = int(age) if age.isascii() and age.isdigit() else 0
    return Policy(mode if mode in MODES else "", mx, seconds, tuple(faults))


def _sole(fields: dict[str, list[str]], name: str) -> str:
    """The value of a field; the first where it is repeated, as senders read it."""
    return fields.get(name, [""])[0]


def matches(host: str, pattern: str) -> bool:
    """Whether a mail exchanger's name fits a pattern: `*.` stands for one label, the left-most (RFC 8461 §4.1)."""
    host, pattern = host.rstrip(".").lower(), pattern.rstrip(".").lower()
    if not pattern.startswith("*."):
        return host == pattern
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == pattern[2:]


def unlisted(hosts: Iterable[str], policy: Policy) -> tuple[str, ...]:
    """Return the mail exchangers that a policy does not allow."""
    return tuple(host for host in hosts if not policy.allows(host))


def tls_report_fault(text: str) -> str:
    """Return what is wrong with a TLS reporting record (RFC 8460 §3), as one lower-case sentence; empty if nothing."""
    found, odd = tags(text)
    if not _begins(text, TLS_RPT_VERSION):
        return f"it does not begin with v={TLS_RPT_VERSION};"
    if odd:
        return f"'{odd[0]}' is not a tag"
    targets = [each.strip() for each in first(found).get("rua", "").split(",") if each.strip()]
    if not targets:
        return "it has no report address: the tag rua is missing or empty"
    wrong = next((each for each in targets if not _is_target(each)), None)
    return f"'{wrong}' is not a report address; write it as mailto: or https:" if wrong else ""


def _is_target(uri: str) -> bool:
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "mailto":
        return "@" in rest.strip("@")
    return scheme.lower() == "https" and rest.startswith("//") and len(rest) > len("//")
