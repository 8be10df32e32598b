"""Whether a signed zone can be validated: its parent's DS, its keys and its signatures (RFC 4035 §5). Pure.

The signatures themselves are verified where the package `cryptography` is installed, which dnspython needs for it;
without, keys are still compared with the DS records, and signatures looked at for their presence and times.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rrset
    from dns.rdtypes.ANY.DNSKEY import DNSKEY
    from dns.rdtypes.ANY.RRSIG import RRSIG

_DIGESTS = frozenset({1, 2, 4})  # SHA-1, SHA-256, SHA-384: those dnspython knows
_PARTS = 4  # of a DS record


def fault(zone: str, delegation: Sequence[str], keys: bytes, soa: bytes, now: float) -> str | None:
    """Return why a validating resolver would refuse a zone's answers, or None where it would not.

    Args:
        zone: Its name.
        delegation: The DS records at its parent, in presentation form; at least one.
        keys: A server's reply to DNSKEY, with signatures.
        soa: A server's reply to SOA, with signatures.
        now: Seconds since the epoch.

    Returns:
        One lower-case sentence.
    """
    import dns.message
    import dns.name

    apex = dns.name.from_text(f"{zone}.")
    judged = [each.split(maxsplit=_PARTS - 1) for each in delegation]
    if not any(int(each[2]) in _DIGESTS for each in judged):
        return None  # no digest that we know: such a zone counts as unsigned (RFC 4035 §5.2)
    keyset, key_signatures = _signed(dns.message.from_wire(keys), apex, "DNSKEY")
    if keyset is None:
        return f"the parent has a DS record for {zone}, but {zone} has no DNSKEY"
    trusted = [key for key in keyset if any(_matches(apex, key, each) for each in judged)]
    if not trusted:
        return f"no DNSKEY of {zone} is the one that the DS record at its parent is of"
    for rrset, signatures, by in (
        (keyset, key_signatures, trusted),
        (*_signed(dns.message.from_wire(soa), apex, "SOA"), list(keyset)),
    ):
        if rrset is None:
            return f"{zone} has no SOA record"
        wrong = _unsigned(apex, rrset, signatures, by, now)
        if wrong is not None:
            return wrong
    return None


def _signed(
    message: "dns.message.Message", apex: "dns.name.Name", rtype: str
) -> tuple["dns.rrset.RRset | None", "list[RRSIG]"]:
    """An rrset of a reply, and its signatures."""
    import dns.rdataclass
    import dns.rdatatype

    kind = dns.rdatatype.from_text(rtype)
    rrset = message.get_rrset(message.answer, apex, dns.rdataclass.IN, kind)
    signatures = message.get_rrset(message.answer, apex, dns.rdataclass.IN, dns.rdatatype.RRSIG, kind)
    return rrset, list(signatures or ())


def _matches(apex: "dns.name.Name", key: "DNSKEY", ds: Sequence[str]) -> bool:
    import dns.dnssec
    import dns.dnssectypes

    tag, algorithm, digest, text = ds
    if int(digest) not in _DIGESTS or (int(tag), int(algorithm)) != (dns.dnssec.key_id(key), key.algorithm):
        return False
    made = dns.dnssec.make_ds(apex, key, dns.dnssectypes.DSDigest.make(int(digest)), policy=dns.dnssec.allow_all_policy)
    return made.digest.hex() == text.replace(" ", "").lower()


def _unsigned(
    apex: "dns.name.Name", rrset: "dns.rrset.RRset", signatures: "list[RRSIG]", keys: "list[DNSKEY]", now: float
) -> str | None:
    """Why an rrset counts as not signed by any of the keys; None where it is."""
    import dns.dnssec
    import dns.rdatatype

    shown = f"{apex.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(rrset.rdtype)}"
    by_id = {(dns.dnssec.key_id(key), key.algorithm): key for key in keys}
    ours = [each for each in signatures if (each.key_tag, each.algorithm) in by_id]
    if not ours:
        return f"{shown} is not signed by a key that can be trusted"
    timely = [each for each in ours if each.inception <= now <= each.expiration]
    if not timely:
        last = max(ours, key=lambda each: int(each.expiration))
        word = "expired" if last.expiration < now else "begins"
        when = last.expiration if last.expiration < now else last.inception
        return f"the signature of {shown} {word} at {datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"
    if any(_verifies(rrset, each, by_id[each.key_tag, each.algorithm], apex, now) for each in timely):
        return None
    return f"the signature of {shown} is wrong"


def _verifies(rrset: "dns.rrset.RRset", signature: "RRSIG", key: "DNSKEY", apex: "dns.name.Name", now: float) -> bool:
    import dns.dnssec
    import dns.exception
    import dns.node
    import dns.rdataset

    keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {apex: dns.rdataset.from_rdata(0, key)}
    try:
        dns.dnssec.validate_rrsig(rrset, signature, keys, now=now, policy=dns.dnssec.allow_all_policy)
    except dns.exception.UnsupportedAlgorithm:
        return True  # nobody can tell, and who can not tell does not refuse (RFC 4035 §5.2)
    except dns.exception.DNSException:
        return False
    except ImportError:
        return True  # without `cryptography` nothing is known against it
    return True
