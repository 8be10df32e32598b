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


def described(limits: ZoneLimits) -> tuple[str, ...]:
    """Return what a provider can not hold, a few words each, for people."""
    said = {
        "records with a TTL of their own": limits.zone_ttl,
        f"TTLs below {limits.min_ttl} s": limits.min_ttl > 0 and not limits.zone_ttl,
        "null MX": not limits.null_mx,
        "SRV with the target '.'": not limits.null_target,
        "empty TXT": not limits.empty_text,
        "TXT with anything but printable ASCII": limits.ascii_text,
        f"TXT with {_named(list(limits.forbidden_text))}": bool(limits.forbidden_text),
        **{f"{rtype} with {_named(list(signs))}": True for rtype, signs in limits.forbidden.items()},
        f"types other than {', '.join(sorted(limits.types or ()))}": limits.types is not None,
    }
    return tuple(words for words, holds in said.items() if holds)


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
    names = {
        "\\": "a backslash", '"': "a double quote", "'": "a single quote", ";": "a semicolon",
        "\ufffd": "a replacement character",
    }  # fmt: skip
    words = (names.get(sign) or (repr(sign) if sign.isprintable() else "a control character") for sign in signs)
    return " or ".join(dict.fromkeys(words))
