"""BIMI: the record that names a domain's logo (draft-brand-indicators-for-message-identification)."""

from urllib.parse import urlsplit

from reconciler.dns.dmarc import Policy
from reconciler.dns.tags import first, has_version, tags
from reconciler.model.desired import DnsSettings

VERSION = "BIMI1"


def owner(domain: str) -> str:
    """Return the name of a domain's default record."""
    return f"default._bimi.{domain}"


def record(settings: DnsSettings) -> str | None:
    """Return the BIMI record of a domain, or None where none is declared."""
    if settings.bimi_logo is None:
        return None
    certificate = f"; a={_encoded(settings.bimi_certificate)}" if settings.bimi_certificate else ""
    return f"v={VERSION}; l={_encoded(settings.bimi_logo)}{certificate}"


def _encoded(address: str) -> str:
    """`;` and `,` would end the address."""
    return address.replace(";", "%3B").replace(",", "%2C")


def fault(text: str) -> str:
    """Return what is wrong with a record, as one lower-case sentence; empty where nothing is."""
    found, odd = tags(text)
    if not has_version(text, VERSION):
        return f"it does not begin with v={VERSION};"
    if odd:
        return f"'{odd[0]}' is not a tag"
    values = first(found)
    if "l" not in values:
        return "it names no logo: the tag l is missing"
    for name, what in (("l", "logo"), ("a", "certificate")):
        address = values.get(name, "")
        if address and not _is_https(address):
            return f"the address of its {what} must begin with https://"
    path = urlsplit(values["l"]).path.lower()
    if path and not path.endswith((".svg", ".svgz")):
        return "its logo is not an SVG file"
    return ""


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc)


def declines(text: str) -> bool:
    """Whether a record says that the domain shows no logo: `l=` and `a=` are empty."""
    values = first(tags(text)[0])
    return "l" in values and not values["l"] and not values.get("a")


def hindrance(policy: Policy | None) -> str:
    """Return why nobody shows the logo under a DMARC policy, as one lower-case sentence; empty where they may."""
    if policy is None:
        return "there is no DMARC policy"
    if policy.policy not in {"quarantine", "reject"}:
        return f"its DMARC policy is {policy.policy or 'without effect'}"
    if policy.record.subdomains == "none":
        return "its DMARC policy for subdomains is none"
    if policy.record.testing:
        return "its DMARC policy is only tried out (t=y)"
    share = dict(policy.record.removed).get("pct", "100")
    return "" if share == "100" or policy.policy == "reject" else f"its DMARC policy is for {share} % of mail only"
