"""DMARC as RFC 9989 says: reading records, finding the one that applies by walking up the tree, and alignment.

The public suffix list plays no part any more: what an organisation is follows from the records that are found on the
way up (§4.10), so everything here is a function of a view.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from reconciler.dns.tags import ask_texts, first, has_version, tags
from reconciler.dns.view import View

VERSION = "DMARC1"
#: Policies, laxest first.
POLICIES = ("none", "quarantine", "reject")
#: Tags of RFC 7489 that RFC 9989 took away: still seen, and ignored.
REMOVED = frozenset({"pct", "rf", "ri"})
MAX_QUERIES = 8  # RFC 9989 §4.10

_KNOWN = frozenset({"v", "p", "sp", "np", "psd", "t", "adkim", "aspf", "fo", "rua", "ruf"})


@dataclass(frozen=True, slots=True)
class Dmarc:
    """A DMARC record.

    Attributes:
        policy: none, quarantine or reject; empty where the record has no effect: `p`, `sp` or `np` is missing or not
            one of these, and no report address makes it count as `none` (RFC 9989 §4.7).
        subdomains: For subdomains that exist.
        missing: For subdomains that do not exist.
        psd: y, n or u.
        testing: Whether the policy is not to be applied yet (`t=y`).
        strict: Of "dkim" and "spf", what aligns only where the names are the same.
        reports: URIs for aggregate reports.
        failures: URIs for failure reports.
        removed: Tags that RFC 9989 removed, with their values.
        faults: What is wrong with it, each as one lower-case sentence; nothing of it keeps the rest from being read.
    """

    policy: str
    subdomains: str
    missing: str
    psd: str = "u"
    testing: bool = False
    strict: frozenset[str] = frozenset()
    reports: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def enforced(self) -> bool:
        """Whether mail that fails is to be treated otherwise than mail that passes."""
        return self.policy in {"quarantine", "reject"} and not self.testing


@lru_cache(maxsize=4096)
def parse(text: str) -> Dmarc | None:
    """Read a record; None where it is not one (`v=DMARC1` must stand first, RFC 9989 §4.7)."""
    if not has_version(text, VERSION):
        return None
    found, odd = tags(text)
    values = first(found)
    faults = [f"'{part}' is not a tag" for part in odd]
    wanted = {name: values[name].lower() for name in ("p", "sp", "np") if name in values}
    faults += [f"{name}={value} is not a policy" for name, value in wanted.items() if value not in POLICIES]
    reports = _uris(values.get("rua", ""), faults)
    policy = wanted.get("p", "none")
    if "p" not in wanted or any(value not in POLICIES for value in wanted.values()):
        policy = "none" if reports else ""
        wanted = {}
    subdomains = wanted.get("sp", policy)
    return Dmarc(
        policy,
        subdomains,
        wanted.get("np", subdomains),
        psd=_one_of(values, "psd", "uyn", faults),
        testing=_one_of(values, "t", "ny", faults) == "y",
        strict=frozenset(name for name in ("dkim", "spf") if _one_of(values, f"a{name}", "rs", faults) == "s"),
        reports=reports,
        failures=_uris(values.get("ruf", ""), faults),
        removed=tuple((tag.name, tag.value) for tag in found if tag.name in REMOVED),
        faults=(*faults, *_repeated(tag.name for tag in found)),
    )


def _one_of(values: dict[str, str], name: str, allowed: str, faults: list[str]) -> str:
    """The value of a tag of one letter; the first of those allowed where it has none of them."""
    value = values.get(name, allowed[0]).lower()
    if value in tuple(allowed):
        return value
    faults.append(f"{name}={value} is none of {', '.join(sorted(allowed))}")
    return allowed[0]


def _uris(text: str, faults: list[str]) -> tuple[str, ...]:
    """The report addresses; one without a scheme, or a `mailto:` without an address, is none."""
    good = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        if report_domain(part) or (":" in part and not part.lower().startswith("mailto:")):
            good.append(part)
        else:
            faults.append(f"'{part}' is not a report address; write it as mailto:postmaster@example.org")
    return tuple(good)


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice = {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
    return [f"the tag {name} stands more than once" for name in sorted(twice)]


def unknown_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a record that no one defined; receivers ignore them (RFC 9989 §4.7)."""
    return tuple(tag.name for tag in tags(text)[0] if tag.name not in _KNOWN | REMOVED)


def report_domain(uri: str) -> str:
    """Return the domain of a `mailto:` URI; empty where it is none. A size after `!` is history and is ignored."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() != "mailto":
        return ""
    address = unquote(rest.partition("!")[0].partition("?")[0])
    local, at, domain = address.rpartition("@")
    return domain.rstrip(".").lower() if at and local else ""


def records_at(domain: str, view: View) -> tuple[str, ...]:
    """Return the texts at `_dmarc.DOMAIN` that are DMARC records; receivers use one only where it is alone."""
    return ask_texts(f"_dmarc.{domain}", VERSION, view)


def record_at(domain: str, view: View) -> Dmarc | None:
    """Return the record at `_dmarc.DOMAIN`; None where there is none, or several, which receivers discard."""
    found = records_at(domain, view)
    return parse(found[0]) if len(found) == 1 else None


def tree(domain: str) -> tuple[str, ...]:
    """Return the names a tree walk asks of, the domain itself first: eight at most (RFC 9989 §4.10)."""
    labels = domain.split(".")
    above = labels[1:] if len(labels) < MAX_QUERIES else labels[-(MAX_QUERIES - 1) :]
    return (domain, *(".".join(above[at:]) for at in range(len(above))))


def walk(domain: str, view: View) -> dict[str, Dmarc]:
    """Return the records on the way up from a domain, itself first; the walk ends at `psd=n`, above it at `psd=y`."""
    found: dict[str, Dmarc] = {}
    for name in tree(domain):
        record = record_at(name, view)
        if record is None:
            continue
        found[name] = record
        if record.psd == "n" or (record.psd == "y" and name != domain):
            break
    return found


def organization(domain: str, view: View) -> str:
    """Return the organizational domain of a domain (RFC 9989 §4.10.2): itself where no record is found above it."""
    found = walk(domain, view)
    for name, record in found.items():
        if record.psd == "n":
            return name
        if record.psd == "y" and name != domain:
            return domain.split(".", domain.count(".") - name.count(".") - 1)[-1]
    return min(found, key=lambda name: name.count("."), default=domain)


@dataclass(frozen=True, slots=True)
class Policy:
    """The DMARC policy that applies to mail from a domain that exists.

    Attributes:
        at: The domain whose record it is.
        record: That record.
        policy: none, quarantine or reject; empty where the record has no effect.
    """

    at: str
    record: Dmarc
    policy: str

    @property
    def enforced(self) -> bool:
        """Whether mail that fails is to be treated otherwise than mail that passes."""
        return self.policy in {"quarantine", "reject"} and not self.record.testing


def policy_for(domain: str, view: View) -> Policy | None:
    """Return the policy for mail from a domain (RFC 9989 §4.10.1); None where no record applies, or it is not known.

    The domain's own record, else its organisation's, else that of the public suffix above; in the last two cases `sp`.
    """
    own = record_at(domain, view)
    if own is not None:
        return Policy(domain, own, own.policy)
    if not view.ask(f"_dmarc.{domain}", "TXT").known:
        return None
    found = walk(domain, view)
    place = organization(domain, view) if found else domain
    at = place if place in found else next((name for name, each in found.items() if each.psd == "y"), None)
    return None if at is None else Policy(at, found[at], found[at].subdomains)


def related(one: str, other: str, view: View) -> bool:
    """Whether two domains belong to one organisation, as relaxed alignment asks.

    Names that have but the last label in common are not walked: a record of a top-level domain is a public suffix's.
    """
    if one == other:
        return True
    if one.split(".")[-2:] != other.split(".")[-2:]:
        return False
    return organization(one, view) == organization(other, view)


def aligned(author: str, authenticated: str, strict: bool, view: View) -> bool:
    """Whether a domain that passed SPF or DKIM speaks for the author's domain (RFC 9989 §4.4)."""
    return author == authenticated or (not strict and related(author, authenticated, view))


def consent_name(domain: str, target: str) -> str:
    """Return the name at which another organisation agrees to get reports about a domain (RFC 9990 §4)."""
    return f"{domain}._report._dmarc.{target}"


def consents(domain: str, target: str, view: View) -> bool:
    """Whether an organisation agrees to get reports about a domain, or need not be asked."""
    return related(domain, target, view) or bool(ask_texts(consent_name(domain, target), VERSION, view))
