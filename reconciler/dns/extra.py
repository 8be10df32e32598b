"""The records users add by hand: checked as a name server would, with the place of each mistake."""

import re
from collections.abc import Mapping, Sequence

from reconciler.dns.classes import value_class
from reconciler.dns.draft import Draft
from reconciler.model.closest import closest
from reconciler.model.desired import DnsSettings, ExtraRecord
from reconciler.model.diagnostic import Diagnostic, problem, warning
from reconciler.model.presentation import (
    MAX_TTL,
    SINGLETONS,
    BadRdata,
    absolute,
    canonical,
    quote,
    record_type,
    strings,
    unquote,
    within,
)
from reconciler.model.source import Origin, Span, pack

_COMMON = (
    "A", "AAAA", "ALIAS", "CAA", "CNAME", "DNAME", "DS", "HTTPS", "LOC", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR",
    "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI",
)  # fmt: skip
_EXAMPLES = {
    "A": "192.0.2.10", "AAAA": "2001:db8::10", "CAA": '0 issue "letsencrypt.org"', "CNAME": "www.example.net.",
    "MX": "10 mail.example.net.", "NS": "ns1.example.net.", "SRV": "0 1 443 www.example.net.",
    "TLSA": "3 1 1 followed by 64 hexadecimal digits", "TXT": '"some text"',
}  # fmt: skip
_ONE_TEXT = re.compile(r'"(?:[^"\\]|\\(?:\d{3}|\D))*"\Z')
_TARGETS = frozenset({"CNAME", "DNAME", "MX", "NS", "PTR", "SRV"})


def extra_drafts(domain: str, settings: DnsSettings, zone: str, diagnostics: list[Diagnostic]) -> list[Draft]:
    """Return the extra records of a domain; what is wrong with the others is appended to `diagnostics`."""
    drafts: list[Draft] = []
    for record in settings.records:
        found = _checked(record, domain, zone)
        diagnostics.extend(each for each in found if isinstance(each, Diagnostic))
        drafts.extend(each for each in found if isinstance(each, Draft))
    return drafts


def extra_mistakes(dns: Mapping[str, DnsSettings]) -> list[Diagnostic]:
    """Return what is wrong with extra records wherever their zones begin and whoever hosts them.

    Args:
        dns: By domain.
    """
    found: list[Diagnostic] = []
    for domain, settings in dns.items():
        extra_drafts(domain, settings, domain, found)
    return [each for each in found if each.id != "record-reserved"]  # the domain may stand below the zone's own name


def _checked(record: ExtraRecord, domain: str, zone: str) -> list[Draft | Diagnostic]:
    try:
        name, rtype = owner_name(record.name, domain), record_type(record.type)
    except BadRdata as error:
        return [_misnamed(record, error)]
    wrong = _misplaced(record, name, rtype, zone)
    if wrong is not None:
        return [wrong]
    found: list[Draft | Diagnostic] = []
    values: dict[str, list[str]] = {}
    for text in record.values:
        try:
            value = canonical(rtype, _written(rtype, text), domain)
        except BadRdata as error:
            found.append(_bad_value(record, rtype, error))
            continue
        found.extend(_doubts(record, rtype, text, value, domain))
        values.setdefault(value_class(name, rtype, value), []).append(value)
    origin = _origin(record.span)
    found.extend(
        Draft(name, rtype, cls, tuple(sorted(set(each))), origin, record.ttl, extra=True)
        for cls, each in values.items()
    )
    return found


def owner_name(text: str, domain: str) -> str:
    """Return an extra record's owner name, fully qualified.

    Args:
        text: `@`, a name relative to the domain, or one that is complete: with a closing dot, or because it ends with
            the domain itself.
        domain: The domain whose block it stands in.

    Raises:
        BadRdata: If it is not a name.
    """
    full = absolute(text, "") if text != "@" else domain
    if text == "@" or text.endswith(".") or within(full, domain):
        return full
    return absolute(text, domain)


def _written(rtype: str, text: str) -> str:
    """TXT may be given as it is, without quotes, however long; a `;` in it is then no comment.

    One pair of quotes may hold more than the 255 octets of a string, as a pasted DKIM key does (RFC 6376 §3.6.2.2).
    """
    if rtype != "TXT":
        return text
    if not text.lstrip().startswith('"'):
        return strings(quote(text))
    return strings(quote(unquote(text.strip()))) if _ONE_TEXT.match(text.strip()) and text.isascii() else text


def _origin(span: Span) -> Origin:
    return Origin(span.file, pack(span.line - 1, span.column - 1, span.length))


def _misnamed(record: ExtraRecord, error: BadRdata) -> Diagnostic:
    known = closest(record.type.upper(), _COMMON)
    if "domain name" in str(error):
        return problem(
            "record-name", str(error), at=record.span, help="write @ for the domain itself, or www for a name below it"
        )
    hint = f"did you mean {known}?" if known else f"write one such as {', '.join(_COMMON[:3])} or TXT"
    return problem("record-type", str(error), at=record.span, help=hint)


def _misplaced(record: ExtraRecord, name: str, rtype: str, zone: str) -> Diagnostic | None:
    if not within(name, zone):
        return problem(
            "record-outside-zone",
            f"{name} is not in the zone {zone}",
            at=record.span,
            help=f"leave out the closing dot to mean {name}.{zone}, or write it under the domain it belongs to",
        )
    if rtype == "SOA" or (rtype == "NS" and name == zone):
        return problem(
            "record-reserved",
            f"the {rtype} record of {zone} belongs to the zone's host and is not managed here",
            at=record.span,
            help="remove this record",
        )
    if rtype in SINGLETONS and len(record.values) > 1:
        return problem(
            "record-values", f"{name} can have one {rtype} only", at=record.span, help="keep one of the values"
        )
    if not record.values:
        return problem("record-values", f"{name} {rtype} has no values", at=record.span, help=_example(rtype))
    if record.ttl is not None and record.ttl > MAX_TTL:
        return problem("record-ttl", f"{record.ttl} is more than a TTL can be", at=record.span, help="write ttl: 3600")
    return None


def _example(rtype: str) -> str:
    return f"write values: [{_EXAMPLES.get(rtype, 'its data as in a zone file')}]"


def _bad_value(record: ExtraRecord, rtype: str, error: BadRdata) -> Diagnostic:
    return problem("record-value", str(error), at=record.span, help=_example(rtype))


def _doubts(record: ExtraRecord, rtype: str, text: str, value: str, domain: str) -> Sequence[Diagnostic]:
    words = text.split()
    target = words[-1] if words else ""
    if rtype not in _TARGETS or "." not in target.rstrip(".") or target.endswith("."):
        return ()
    if target.lower().endswith(f".{domain}") or value.endswith(f".{domain}."):
        return (
            warning(
                "record-relative-target",
                f"{target} has no closing dot, so it means {value.rsplit(maxsplit=1)[-1]}",
                at=record.span,
                help=f"write {target}. if the name is complete",
            ),
        )
    return ()
