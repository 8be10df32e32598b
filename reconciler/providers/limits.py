"""Whether a DNS provider can hold an rrset: the one judgement by `ZoneLimits`, for plans and for the writers."""

from reconciler.model.presentation import text_of
from reconciler.model.rrsets import RRset
from reconciler.providers.capabilities import ZoneLimits

_NULL_MX = "0 ."


def refusal(limits: ZoneLimits, rrset: RRset, zone: str) -> str | None:
    """Return why a provider can not hold an rrset, as one lower-case sentence, or None where it can."""
    if limits.types is not None and rrset.type not in limits.types:
        return f"it takes no {rrset.type} records"
    if rrset.type == "CNAME" and rrset.name == zone and not limits.apex_cname:
        return "a CNAME can not stand at the zone's own name (RFC 1912 §2.4)"
    if rrset.ttl < limits.min_ttl and not limits.zone_ttl:
        return f"its least TTL is {limits.min_ttl} s"
    return next((said for value in rrset.values if (said := _value(limits, rrset.type, value))), None)


def _value(limits: ZoneLimits, rtype: str, value: str) -> str | None:
    if rtype == "MX" and value == _NULL_MX and not limits.null_mx:
        return "it takes no null MX (RFC 7505)"
    if rtype == "SRV" and value.endswith(" .") and not limits.null_target:
        return "it takes no SRV record whose target is '.' (RFC 2782)"
    if rtype == "TXT":
        text = text_of(value)
        if not text and not limits.empty_text:
            return "it takes no empty TXT"
        if limits.ascii_text and not (text.isascii() and text.isprintable()):
            return "its TXT can hold nothing but printable ASCII"
        held = [sign for sign in limits.forbidden_text if sign in text]
        if held:
            return f"its TXT can not hold {_named(held)}"
    held = [sign for sign in limits.forbidden.get(rtype, "") if sign in value]
    return f"its {rtype} can not hold {_named(held)}" if held else None


def _named(signs: list[str]) -> str:
    names = {"\\": "a backslash", '"': "a double quote", "'": "a single quote", ";": "a semicolon"}
    return " or ".join(names.get(sign, repr(sign)) for sign in signs)
