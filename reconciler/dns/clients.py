"""How mail programs find their servers: SRV records (RFC 6186, 8314, 6764) and the autoconfig host."""

from collections.abc import Iterator, Sequence

from reconciler.dns.draft import Draft, data_draft, text_draft
from reconciler.model.source import Origin
from reconciler.providers.reader import Endpoint

#: Service of a protocol and its security, in the order in which a client should try them.
_MAIL = {
    ("imap", "tls"): "_imaps",
    ("imap", "starttls"): "_imap",
    ("pop3", "tls"): "_pop3s",
    ("pop3", "starttls"): "_pop3",
    ("submission", "tls"): "_submissions",
    ("submission", "starttls"): "_submission",
}
_DAV = {
    ("caldav", "tls"): "_caldavs",
    ("caldav", "none"): "_caldav",
    ("carddav", "tls"): "_carddavs",
    ("carddav", "none"): "_carddav",
}
_NOT_OFFERED = "0 0 0 ."  # RFC 6186 §3.4
_SECOND_CHOICE = {"_pop3s", "_pop3", "_submission"}  # RFC 6186 §3.3, RFC 8314 §3.3: IMAP and implicit TLS come first


def client_names(domain: str) -> Iterator[str]:
    """Yield the owner names at which `client_drafts` may publish records."""
    for service in (*_MAIL.values(), *_DAV.values(), "_autodiscover"):
        yield f"{service}._tcp.{domain}"
    yield f"autoconfig.{domain}"


def client_drafts(domain: str, endpoints: Sequence[Endpoint], origin: Origin) -> list[Draft]:
    """Return the records by which a mail program sets itself up.

    A mail service that is not offered is said not to be (target `.`), so that a program does not guess; calendars and
    address books have no such custom. `autoconfig` leads to the endpoint of that protocol, else to the webmail host.
    """
    drafts = []
    offered = [end for end in endpoints if (end.protocol, end.security) in _MAIL]
    for kind, service in _MAIL.items() if offered else ():
        ends = [end for end in offered if (end.protocol, end.security) == kind]
        drafts.append(_service(domain, service, ends, origin))
    for kind, service in _DAV.items():
        ends = [end for end in endpoints if (end.protocol, end.security) == kind]
        if ends:
            drafts.append(_service(domain, service, ends, origin))
            if ends[0].path:
                drafts.append(text_draft(f"{service}._tcp.{domain}", f"path={ends[0].path}", origin))
    drafts.extend(_set_up(domain, endpoints, origin))
    return drafts


def _service(domain: str, service: str, ends: Sequence[Endpoint], origin: Origin) -> Draft:
    first = 10 if service in _SECOND_CHOICE else 0
    values = tuple(f"{first + 10 * rank} 1 {end.port} {end.host}" for rank, end in enumerate(ends))
    return data_draft(f"{service}._tcp.{domain}", "SRV", values or (_NOT_OFFERED,), origin)


def _set_up(domain: str, endpoints: Sequence[Endpoint], origin: Origin) -> list[Draft]:
    by_protocol = {end.protocol: end for end in reversed(endpoints)}
    drafts = []
    automatic = by_protocol.get("autoconfig") or by_protocol.get("webmail")
    if automatic is not None:
        drafts.append(data_draft(f"autoconfig.{domain}", "CNAME", (automatic.host,), origin))
    discover = by_protocol.get("autodiscover")
    if discover is not None:
        drafts.append(
            data_draft(f"_autodiscover._tcp.{domain}", "SRV", (f"0 0 {discover.port} {discover.host}",), origin)
        )
    return drafts
