"""What netcup's two interfaces can not hold, and what of them was never seen to work."""

from collections.abc import Mapping

from reconciler.model.kinds import Kind
from reconciler.providers.capabilities import Capabilities, ZoneLimits

#: Types the CCP interface takes; NS is left out, as it is ignored where it is sent.
_CCP_TYPES = frozenset({"A", "AAAA", "CAA", "CNAME", "DS", "MX", "OPENPGPKEY", "SMIMEA", "SRV", "TLSA", "TXT"})
#: Control characters, and the sign for octets that are not UTF-8: JSON has no way to send those.
_NOT_TEXT = "".join(map(chr, (*range(32), 127))) + "\N{REPLACEMENT CHARACTER}"

_CCP_UNPROVEN: Mapping[str, str] = {
    "ccp-text-beyond-ascii": "no recording of the CCP interface has a TXT with other than ASCII characters, or with "
    "blanks at its ends; what comes back is compared",
    "ccp-null-target": "that an SRV target '.' is taken is known from another tool, which does not refuse it",
    "ccp-rare-types": "how DS, OPENPGPKEY and SMIMEA are written is not recorded; the form of zone files is sent",
    "ccp-large-changes": "the most records that one call may hold is not known",
    "ccp-compare": "the CCP interface can not compare before it writes: what somebody else changes within the same "
    "second, in the same rrset, may be lost",
}
_REST_UNPROVEN: Mapping[str, str] = {
    "rest-values": "how the REST interface writes MX, TXT and other data is not recorded; the form of zone files is "
    "sent, and both that and a plain form are read",
    "rest-names": "whether it names records relative to the zone is recorded for one A record alone",
    "rest-changes": "no answer to a change of general records is recorded, nor that `strict` makes all changes or none",
    "rest-live": "which revision is the one in force is not documented; the newest is taken",
    "rest-limits": "which types, TTLs and values it refuses is not known; a refusal is told in its own words",
}

CCP_LIMITS = ZoneLimits(
    types=_CCP_TYPES,
    zone_ttl=True,
    null_mx=False,
    empty_text=False,
    forbidden_text="\\\"'" + _NOT_TEXT,
    forbidden={"CAA": ";"},
    unproven=_CCP_UNPROVEN,
)
REST_LIMITS = ZoneLimits(types=None, forbidden_text="", unproven=_REST_UNPROVEN)


def both(one: ZoneLimits, other: ZoneLimits) -> ZoneLimits:
    """Return what holds for zones of either kind: the narrower of each limit."""
    types = one.types if other.types is None else other.types if one.types is None else one.types & other.types
    signs = {
        rtype: "".join(dict.fromkeys(one.forbidden.get(rtype, "") + other.forbidden.get(rtype, "")))
        for rtype in {*one.forbidden, *other.forbidden}
    }
    return ZoneLimits(
        types=types,
        zone_ttl=one.zone_ttl or other.zone_ttl,
        min_ttl=max(one.min_ttl, other.min_ttl),
        null_mx=one.null_mx and other.null_mx,
        null_target=one.null_target and other.null_target,
        empty_text=one.empty_text and other.empty_text,
        forbidden_text="".join(dict.fromkeys(one.forbidden_text + other.forbidden_text)),
        forbidden=signs,
        apex_cname=one.apex_cname and other.apex_cname,
        unproven={**one.unproven, **other.unproven},
    )


def capabilities(*, ccp: bool, rest: bool, servers: tuple[str, ...]) -> Capabilities:
    """What a provider can do.

    Args:
        ccp: Whether it has credentials for the CCP interface.
        rest: Whether it has a key for the REST interface.
        servers: Authoritative servers that were configured.
    """
    limits = both(CCP_LIMITS, REST_LIMITS) if ccp and rest else CCP_LIMITS if ccp else REST_LIMITS
    return Capabilities(
        kinds=frozenset({Kind.RECORD}),
        updatable={Kind.RECORD: frozenset({"ttl", "values"})},
        storage_limited=False,
        concurrency=2,
        batch=1000,
        rate=3.0,  # 180 a minute; `pace` counts the requests themselves, of which a change needs several
        zones=limits,
        public=True,
        servers=servers,
    )
