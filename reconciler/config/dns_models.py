"""The `dns:` block of a domain and the `resolver:` section as models: what may be written about records."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema

from reconciler.model.scalars import (
    ADDRESS_PATTERN,
    AddressName,
    DomainName,
    Duration,
    Flag,
    OneOrMany,
    OneOrMore,
    Seconds,
    Strict,
    Text,
)

_RECORD_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}\Z")


class Spf(Strict):
    """The SPF record (RFC 7208). The mail provider's own mechanisms are merged in."""

    include: Annotated[OneOrMany[DomainName], Field(description="Domains whose SPF records are included as well.")] = ()
    all: Annotated[
        Literal["pass", "neutral", "softfail", "fail"] | None,
        Field(description="What becomes of mail from anywhere else; the mail provider's choice if left out."),
    ] = None
    flatten: Annotated[
        Flag, Field(description="Replace includes by the addresses they stand for now; each change there needs a run.")
    ] = False


def _report_address(value: Any) -> Any:
    return value[7:] if isinstance(value, str) and value[:7].lower() == "mailto:" else value


_ADDRESS: TypeAdapter[str] = TypeAdapter(AddressName, config=ConfigDict(defer_build=True))


def _report_target(value: Any) -> Any:
    """An address, or the URI of a collector (RFC 8460 §3)."""
    if isinstance(value, str) and value.startswith("https://") and len(value) > len("https://"):
        if any(sign.isspace() or sign in ",;!" for sign in value):
            raise ValueError(f"'{value}' can not be a report address; write one such as https://example.org/tls")
        return value
    return _ADDRESS.validate_python(_report_address(value))


def _web_address(value: Any) -> Any:
    if isinstance(value, str) and not _WEB.match(value):
        raise ValueError(f"'{value}' is not a web address; write one such as https://example.org/logo.svg")
    return value


_WEB = re.compile(r"https://[^\s,;]+\Z")
WebAddress = Annotated[
    Text, BeforeValidator(_web_address), WithJsonSchema({"type": "string", "pattern": r"^https://[^\s,;]+$"})
]
ReportAddress = Annotated[AddressName, BeforeValidator(_report_address)]
REPORT_PATTERN = rf"^https://[^\s,;!]+$|{ADDRESS_PATTERN}"
ReportTarget = Annotated[
    str, BeforeValidator(_report_target), WithJsonSchema({"type": "string", "pattern": REPORT_PATTERN})
]
Policy = Literal["none", "quarantine", "reject"]


class Alignment(Strict):
    """How exactly the signing domain must match the sender's (RFC 9989 adkim, aspf)."""

    dkim: Annotated[Literal["relaxed", "strict"], Field(description="For DKIM signatures.")] = "relaxed"
    spf: Annotated[Literal["relaxed", "strict"], Field(description="For SPF.")] = "relaxed"


class Dmarc(Strict):
    """The DMARC record (RFC 9989)."""

    policy: Annotated[Policy, Field(description="What receivers do with mail that fails (tag p).")]
    subdomain_policy: Annotated[Policy | None, Field(description="The same for subdomains (tag sp).")] = None
    nonexistent_policy: Annotated[
        Policy | None, Field(description="The same for subdomains that do not exist (tag np).")
    ] = None
    testing: Annotated[Flag, Field(description="Ask receivers not to apply the policy yet (tag t).")] = False
    reports: Annotated[OneOrMany[ReportAddress], Field(description="Where aggregate reports go (tag rua).")] = ()
    failure_reports: Annotated[OneOrMany[ReportAddress], Field(description="Where failure reports go (tag ruf).")] = ()
    alignment: Annotated[
        Alignment,
        Field(description="How exactly signing domains must match (tags adkim and aspf); relaxed by default."),
    ] = Alignment()


class MtaSts(Strict):
    """The MTA-STS policy (RFC 8461)."""

    mode: Annotated[Literal["testing", "enforce", "none"], Field(description="Whether senders must use TLS.")]
    max_age: Annotated[Seconds, Field(description="How long senders remember the policy.")] = 604800


def _record_type(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _RECORD_TYPE.match(value):
        raise ValueError(f"'{value}' can not be a record type; write one such as A, CNAME or TXT")
    return value.upper()


RecordType = Annotated[
    str,
    BeforeValidator(_record_type),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9]{0,15}$(?!\n)"}),
]


class ExtraRecordBlock(Strict):
    """A record added by hand."""

    name: Annotated[
        Text, Field(description="Owner name below the domain, such as www; '@' (quoted) or nothing for the domain.")
    ] = "@"
    type: Annotated[RecordType, Field(description="Record type, such as A, CNAME or TXT.")]
    values: Annotated[OneOrMore[Text], Field(description="Values as in a zone file; quote a text that holds ; or #.")]
    ttl: Annotated[Seconds | None, Field(description="Time to live; the domain's if left out.")] = None


class Bimi(Strict):
    """The BIMI record: the logo that mail programs show beside mail of the domain."""

    logo: Annotated[WebAddress, Field(description="Address of the logo, an SVG.")]
    certificate: Annotated[WebAddress | None, Field(description="Address of a mark certificate.")] = None


class Switch(Strict):
    """How the MX of a domain that receives mail is moved."""

    phased: Annotated[
        Flag, Field(description="In phases, each waiting until nobody can hold an older answer; else all in one run.")
    ] = True
    ttl: Annotated[Seconds, Field(description="Time to live that MX records have while they move.")] = 300
    keep: Annotated[
        Seconds, Field(description="How long what the old host sends with stays published after the switch.")
    ] = 5 * 86400


class DnsBlock(Strict):
    """The records of a domain. Without this block, and without a default one, none is managed."""

    provider: Annotated[Text, Field(description="Name of the provider that hosts the zone.")]
    ttl: Annotated[Seconds, Field(description="Time to live of the records, such as 3600 or 1 h.")] = 3600
    spf: Annotated[Spf, Field(description="Who may send as this domain.")] = Spf()
    dmarc: Annotated[Dmarc | None, Field(description="What receivers do with forged mail; left out: no record.")] = None
    mta_sts: Annotated[MtaSts | None, Field(description="Whether mail must arrive over TLS; left out: no record.")] = (
        None
    )
    tls_reports: Annotated[OneOrMany[ReportTarget], Field(description="Where TLS reports go (RFC 8460).")] = ()
    client_settings: Annotated[
        Flag, Field(description="Publish SRV and autoconfig records, so that mail programs set themselves up.")
    ] = False
    bimi: Annotated[Bimi | None, Field(description="The logo beside the domain's mail; left out: no record.")] = None
    caa: Annotated[
        OneOrMany[DomainName], Field(description="Certificate authorities that may issue, such as letsencrypt.org.")
    ] = ()
    switch: Annotated[Switch, Field(description="How its MX is moved when the domain receives mail already.")] = (
        Switch()
    )
    accept: Annotated[
        OneOrMany[Text], Field(description="Ids of checks whose findings stop no plan, such as ns-answers-differ.")
    ] = ()
    mail: Annotated[Flag, Field(description="Whether mail records are published; false leaves the extra ones.")] = True
    no_mail: Annotated[
        Flag, Field(description="The domain neither receives nor sends: a null MX, and SPF that fails everything.")
    ] = False
    records: Annotated[tuple[ExtraRecordBlock, ...], Field(description="Records of your own.")] = ()


def _server(value: Any) -> Any:
    if not isinstance(value, str) or not value:
        return value
    if not _SERVER.match(value):
        raise ValueError(
            f"'{value}' is not the address of a server; write one such as 192.0.2.53 or [2001:db8::53]:5353"
        )
    return value


_SERVER = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\Z")
ServerAddress = Annotated[Text, BeforeValidator(_server)]


class ResolverBlock(Strict):
    """Whom to ask what the DNS says. Names that may not exist yet are only asked of authoritative servers."""

    servers: Annotated[
        OneOrMany[ServerAddress], Field(description="Resolvers that find name servers; the system's if left out.")
    ] = ()
    authoritative: Annotated[
        dict[DomainName, OneOrMore[ServerAddress]],
        Field(description="Servers of a zone that are not to be found by its delegation, such as hidden ones."),
    ] = Field(default_factory=dict)
    timeout: Annotated[Duration, Field(description="How long one question may take, such as 3 s.")] = 3.0
    off: Annotated[Flag, Field(description="Ask nobody: previews then tell only what the zones themselves say.")] = (
        False
    )
