"""The configuration as models: what may be written, in the order a reader meets it.

Each model describes one block, whatever file it stands in; `config.schema` puts them together for the published JSON
Schema. Loading validates block by block, so that one mistake does not hide another.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema, model_validator

from reconciler.model.kinds import Kind
from reconciler.model.scalars import (
    ADDRESS_PATTERN,
    AddressName,
    Day,
    DomainName,
    Duration,
    Flag,
    OneOrMany,
    OneOrMore,
    Prose,
    Seconds,
    Size,
    Strict,
    Text,
    Whole,
)
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.secrets.recipients import RECIPIENT_PATTERN, canonical
from reconciler.secrets.settings import SecretSetting, exactly_one

_RECORD_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}\Z")
_PERCENT = re.compile(r"(?:100|[1-9]?[0-9])\Z")
_PROTECT = "Never deleted while the last applied state says so. Remove it in an apply of its own."


class Generate(Strict):
    """A password made up at creation."""

    to: Annotated[Text, Field(description="File the password is written to, readable by its owner alone.")]


class Password(SecretSetting):
    """Where a password comes from. It is write-only: looked up when it is set, and never stored."""

    generate: Annotated[Generate | None, Field(description="Make one up, and write it to a file.")] = None

    def ref(self, base: Path) -> SecretRef:
        """Return the reference; relative paths start at `base`."""
        if self.generate is not None:
            return SecretRef(SecretSource.GENERATE, (str(base / Path(self.generate.to).expanduser()),), str(base))
        return SecretSetting.ref(self, base)


class InstanceBlock(Strict):
    """A groupware instance."""

    provider: Annotated[Text, Field(description="Name of the provider that hosts it.")]
    storage: Annotated[Size | None, Field(description="Storage to book, such as 50 GB.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


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


class DomainBlock(Strict):
    """A mail domain."""

    instance: Annotated[Text, Field(description="Label of the instance that has it.")]
    dns: Annotated[DnsBlock | None, Field(description="The records of the domain.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


class MailboxBlock(Strict):
    """A mailbox, which is a user of the groupware as well."""

    owner: Annotated[Text | None, Field(description="Name of the owner: the sender name of outgoing mail.")] = None
    quota: Annotated[Size | None, Field(description="Storage it may use, such as 5 GB or 5 GiB.")] = None
    password: Annotated[Password | None, Field(description="Where its password comes from.")] = None
    password_version: Annotated[Whole | None, Field(description="Raise it to set the password again.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


class AliasBlock(Strict):
    """One more address of a mailbox. The short form is the target alone, or a list of targets."""

    to: Annotated[OneOrMore[AddressName], Field(description="Who receives its mail; a list where the provider can.")]
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


class MemberBlock(Strict):
    """An account of a team other than its master."""

    owner: Annotated[Text | None, Field(description="Name of the owner.")] = None
    plan: Annotated[Text | None, Field(description="Its plan; the platform fixes the one it starts on.")] = None
    password: Annotated[Password | None, Field(description="First password; its owner changes it at once.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


class TeamFields(Strict):
    """A team's fields other than its members."""

    provider: Annotated[Text, Field(description="Name of the provider that hosts it.")]
    master: Annotated[AddressName, Field(description="Address of the account the others are created from.")]
    billing: Annotated[
        Literal["separate", "shared"] | None, Field(description="Who pays; chosen once and never changed.")
    ] = None
    plan: Annotated[Text | None, Field(description="The master's plan.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


def _percent(value: Any) -> Any:
    if isinstance(value, str) and not _PERCENT.match(value):
        raise ValueError(f"'{value}' is not a percentage; write a whole number up to 100")
    return int(value) if isinstance(value, str) else value


Percent = Annotated[
    int,
    BeforeValidator(_percent),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^(100|[1-9]?[0-9])$(?!\n)"},
            ]
        }
    ),
]


class GuardVolume(Strict):
    """How many deletions of a kind are too many: more than both."""

    count: Annotated[Whole, Field(description="Deletions of one kind that are never too many.")] = 3
    percent: Annotated[Percent, Field(description="Percent of the kind.")] = 10


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


class GuardsBlock(Strict):
    """Limits of the guards."""

    volume: Annotated[GuardVolume, Field(description="When a plan deletes too much at once.")] = GuardVolume()


Recipient = Annotated[
    str,
    Field(description="Public key: age1…, or an SSH key."),
    AfterValidator(canonical),
    WithJsonSchema({"type": "string", "pattern": RECIPIENT_PATTERN}),
]


class Encryption(Strict):
    """Who can read the state and saved plans: everybody who holds one of these keys, and nobody else."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["recipients"]}, {"required": ["passphrase"]}]})

    recipients: Annotated[
        OneOrMany[Recipient], Field(description="Public keys of age, of all who can read it: people and machines.")
    ] = ()
    identity: Annotated[
        OneOrMany[SecretSetting],
        Field(description="Where private keys are that this machine may have; the first that fits is used."),
    ] = ()
    passphrase: Annotated[
        OneOrMany[SecretSetting], Field(description="Where passphrases are, each of which can read it.")
    ] = ()

    @model_validator(mode="after")
    def _somebody(self) -> "Encryption":
        if not (self.recipients or self.passphrase):
            raise ValueError(
                "nobody could read what is encrypted: there are neither recipients nor a passphrase; "
                "add your public key, as `age-keygen -y KEYFILE` prints it: recipients: [age1…]"
            )
        return self


BACKENDS: tuple[str, ...] = ("local", "postgres", "s3", "http")


class StateChoice(Strict):
    """Where the last applied state is kept, and who can read it."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in BACKENDS]})

    local: Annotated[Text | None, Field(description="File, relative to this one.")] = None
    postgres: Annotated[dict[str, Any] | None, Field(description="Settings of a PostgreSQL database.")] = None
    s3: Annotated[dict[str, Any] | None, Field(description="Settings of an S3 bucket.")] = None
    http: Annotated[dict[str, Any] | None, Field(description="Settings of an HTTP server.")] = None
    encryption: Annotated[Encryption | None, Field(description="Left out, all who get at it can read it.")] = None

    @model_validator(mode="after")
    def _one(self) -> "StateChoice":
        exactly_one(self, BACKENDS)
        return self


TOMBSTONE_KINDS: tuple[str, ...] = (
    Kind.MAILBOX.value,
    Kind.DOMAIN.value,
    Kind.INSTANCE.value,
    Kind.ALIAS.value,
    Kind.TEAM.value,
    Kind.MEMBER.value,
)


class TombstoneBlock(Strict):
    """Consent to lose the data of one resource, which a reviewer sees."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in TOMBSTONE_KINDS]})

    mailbox: Annotated[AddressName | None, Field(description="Address of the mailbox that goes.")] = None
    domain: Annotated[DomainName | None, Field(description="The domain that goes.")] = None
    instance: Annotated[Text | None, Field(description="Label of the instance that goes.")] = None
    alias: Annotated[AddressName | None, Field(description="Address of the alias that goes.")] = None
    team: Annotated[Text | None, Field(description="Label of the team that goes.")] = None
    member: Annotated[AddressName | None, Field(description="Address of the team member that goes.")] = None
    reason: Annotated[Prose | None, Field(description="Why it goes, for the reviewer.")] = None
    not_before: Annotated[Day | None, Field(description="First day on which it may go, such as 2026-10-31.")] = None
    backup: Annotated[
        Text | None, Field(description="File or folder that must exist before it goes; `waived` where none is needed.")
    ] = None
    at: Annotated[
        Text | None,
        Field(
            description="Provider whose copy goes: of what has moved to another. A domain's takes what is in it along."
        ),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> "TombstoneBlock":
        exactly_one(self, TOMBSTONE_KINDS)
        return self
