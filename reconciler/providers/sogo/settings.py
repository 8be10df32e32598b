"""The block of a provider of type `sogo`."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.model.names import BadName, domain_key
from reconciler.model.scalars import DomainName, Duration, Flag, OneOrMore, Strict, Text, Whole
from reconciler.providers.addresses import web_address
from reconciler.providers.sogo.columns import COLUMNS
from reconciler.secrets.settings import SecretSetting

_NAME = r'^[^\x00"%]{1,63}$'  # a % is more to a driver than a letter
_MX = re.compile(r"([0-9]{1,5})\s+(\S+)\Z")
_CACHE = re.compile(r"(?:/\S+|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}|[^\s:/]+(?::[0-9]{1,5})?)\Z")
_DKIM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\._domainkey\Z")
_DOVEADM = "http://127.0.0.1:8080"
_MOST = 0xFFFF  # a preference has 16 bits
_OWN_SCHEMA = ("public", "information_schema")


def _schema(name: str) -> str:
    if name in _OWN_SCHEMA or name.startswith("pg_"):
        raise ValueError(f"the schema '{name}' is not one of our own; write another, such as groupware")
    return name


def _exchanger(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _MX.match(value)
    if match is None or int(match[1]) > _MOST:
        raise ValueError(f"'{value}' is not a mail exchanger; write one such as 10 mail.example.org")
    return int(match[1]), match[2].rstrip(".").lower()


def _doveadm(text: str) -> str:
    address = web_address(text, _DOVEADM).removesuffix("/doveadm/v1")
    if urlsplit(address).path:
        raise ValueError(f"'{text}' has a path, which doveadm has none of; write one such as {_DOVEADM}")
    return address


def _host(text: str) -> str:
    try:
        return domain_key(text)
    except BadName:
        raise ValueError(f"'{text}' is not the name of a host; write one such as mail.example.org") from None


def _mechanism(text: str) -> str:
    if text.startswith("v=") or text.endswith("all") or " " in text:
        raise ValueError(
            f"'{text}' is not one mechanism of SPF; write one such as mx, and what becomes of the rest in `spf_all`"
        )
    return text


def _key_name(text: str) -> str:
    if not _DKIM.match(text):
        raise ValueError(f"'{text}' is not where a DKIM key stands; write one such as mail._domainkey")
    return text


def _location(text: str) -> str:
    if "{home}" not in text:
        raise ValueError(f"'{text}' does not say where {{home}} is; write one such as maildir:{{home}}/Maildir")
    return text


def _cache(text: str) -> str:
    if not _CACHE.match(text):
        raise ValueError(f"'{text}' is not a memcached; write host:port, or the path of its socket")
    return text


#: The name of a table or column.
Name = Annotated[Text, Field(pattern=_NAME)]
Exchanger = Annotated[
    tuple[int, str], BeforeValidator(_exchanger), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,5}\s+\S+$"})
]
Words = Annotated[tuple[Text, ...], Field(min_length=1)]
HostName = Annotated[Text, AfterValidator(_host)]


class TableSettings(Strict):
    """What a table of PostfixAdmin's is called elsewhere."""

    table: Annotated[Name | None, Field(description="Its name.")] = None
    schema_: Annotated[Name, Field(alias="schema", description="The schema it stands in.")] = "public"
    columns: Annotated[
        dict[Name, Name | None],
        Field(
            default_factory=dict,
            description="Names of columns by those of PostfixAdmin; null for one that is not there.",
        ),
    ]


class TablesSettings(Strict):
    """What tables and columns are called, where they are not PostfixAdmin's."""

    domain: Annotated[TableSettings, Field(description="The table of domains.")] = TableSettings.model_validate({})
    mailbox: Annotated[TableSettings, Field(description="The table of mailboxes.")] = TableSettings.model_validate({})
    alias: Annotated[TableSettings, Field(description="The table of aliases.")] = TableSettings.model_validate({})

    @model_validator(mode="after")
    def _known(self) -> "TablesSettings":
        for name, columns in COLUMNS.items():
            given: TableSettings = getattr(self, name)
            strange = next((column for column in given.columns if column not in columns), None)
            if strange is not None:
                raise ValueError(f"the table '{name}' needs no column '{strange}'; it needs {', '.join(columns)}")
            lost = next(
                (column for column, called in given.columns.items() if called is None and not columns[column]), None
            )
            if lost is not None:
                raise ValueError(f"nothing works without the column '{lost}' of the table '{name}'; write its name")
        return self


class PasswordSettings(Strict):
    """How passwords are kept."""

    scheme: Annotated[
        Literal["blf-crypt", "argon2id"],
        Field(description="argon2id only where PostfixAdmin is absent, or hashes with `dovecot:ARGON2ID`."),
    ] = "blf-crypt"
    rounds: Annotated[
        Whole | None,
        Field(ge=1, le=31, description="Cost: of blf-crypt 4 to 31 (12), of argon2id passes over memory (3)."),
    ] = None

    @model_validator(mode="after")
    def _possible(self) -> "PasswordSettings":
        if self.scheme == "blf-crypt" and self.rounds is not None and self.rounds < 4:  # noqa: PLR2004
            raise ValueError("blf-crypt has 4 rounds at least; write 12 where nothing speaks for another number")
        return self


class DoveadmSettings(Strict):
    """Dovecot's doveadm HTTP API."""

    url: Annotated[
        Text, AfterValidator(_doveadm), Field(description="Where it listens, such as http://127.0.0.1:8080.")
    ]
    key: Annotated[SecretSetting, Field(description="Where its `doveadm_api_key` is.")]


class HostSettings(Strict):
    """What only a command on the mail host can do: saving and removing files, and SOGo's data."""

    storage: Annotated[Text, Field(pattern=r"^/", description="The folder below which the mailboxes' files are.")]
    ssh: Annotated[
        Annotated[Text, Field(pattern=r"^[^\s-]\S*$")] | None,
        Field(description="Where commands run, such as root@mail; absent: on this machine."),
    ] = None
    ssh_options: Annotated[tuple[Text, ...], Field(description="Words after `ssh`, such as -p and 2222.")] = ()
    as_sogo: Annotated[
        tuple[Text, ...], Field(description="What runs a command as SOGo's user, such as sudo -u sogo.")
    ] = ()
    as_mail: Annotated[tuple[Text, ...], Field(description="What runs a command as the owner of the files.")] = ()
    mail: Annotated[
        Text,
        AfterValidator(_location),
        Field(description="Dovecot's mail_location of a mailbox, with {home} for the folder of its files."),
    ] = "maildir:{home}/Maildir"
    sogo_tool: Annotated[Words, Field(description="SOGo's tool.")] = ("sogo-tool",)
    doveadm: Annotated[Words, Field(description="Dovecot's tool.")] = ("doveadm",)


class EndpointSettings(Strict):
    """How people reach their mailboxes."""

    imap: Annotated[HostName | None, Field(description="Host with IMAP on port 993.")] = None
    submission: Annotated[HostName | None, Field(description="Host with submission on port 587.")] = None
    web: Annotated[
        HostName | None, Field(description="Host with SOGo's web mail, calendars and contacts on port 443.")
    ] = None


class PublishedSettings(Strict):
    """What mail needs in the DNS of a domain that is hosted here."""

    mx: Annotated[OneOrMore[Exchanger], Field(description="Such as 10 mail.example.org.")]
    spf: Annotated[
        tuple[Annotated[Text, AfterValidator(_mechanism)], ...],
        Field(description="Mechanisms, without version and all."),
    ] = ("mx",)
    spf_all: Annotated[
        Literal["pass", "neutral", "softfail", "fail"], Field(description="What becomes of mail from anywhere else.")
    ] = "softfail"
    dkim: Annotated[
        dict[Annotated[Text, AfterValidator(_key_name)], Text],
        Field(
            default_factory=dict,
            description="Owner names such as mail._domainkey, and a text v=DKIM1;… or the name that a CNAME leads to; "
            "{domain} stands for the domain's own.",
        ),
    ]
    reached: Annotated[
        EndpointSettings, Field(description="Hosts of IMAP, submission and web mail; absent: the first mx.")
    ] = EndpointSettings()


class RoleSettings(Strict):
    """Which roles are given the right to read the views, where they are made."""

    daemons: Annotated[Name, Field(description="The role of Postfix and Dovecot.")] = "mailread"
    sogo: Annotated[Name, Field(description="The role of SOGo.")] = "sogo"


class SogoSettings(Strict):
    """A groupware cluster of one's own: Postfix, Dovecot and SOGo over a PostgreSQL database."""

    database: Annotated[SecretSetting, Field(description="Where the DSN of the database with the mailboxes is.")]
    doveadm: Annotated[
        OneOrMore[DoveadmSettings], Field(description="Dovecot's API; a list where there are several hosts.")
    ]
    memcached: Annotated[
        OneOrMore[Annotated[Text, AfterValidator(_cache)]],
        Field(description="SOGo's cache, host:port or the path of a socket; a list where there are several."),
    ]
    host: Annotated[HostSettings, Field(description="How commands run on the mail host.")]
    published: Annotated[PublishedSettings, Field(description="What is to be in the DNS of each domain.")]
    schema_: Annotated[
        Name,
        AfterValidator(_schema),
        Field(alias="schema", description="The schema of what PostfixAdmin has no place for."),
    ] = "groupware"
    default_instance: Annotated[
        Text, Field(pattern=r"^[^%]+$", description="The instance of domains that nobody has assigned.")
    ] = "main"
    tables: Annotated[TablesSettings, Field(description="Names of tables and columns that are not PostfixAdmin's.")] = (
        TablesSettings()
    )
    roles: Annotated[RoleSettings, Field(description="Roles that read the views.")] = RoleSettings()
    sogo_database: Annotated[
        SecretSetting | None,
        Field(description="Where the DSN of SOGo's own tables is: to count contacts and appointments."),
    ] = None
    passwords: Annotated[PasswordSettings, Field(description="How passwords are kept.")] = PasswordSettings()
    domains: Annotated[
        tuple[DomainName, ...] | None, Field(description="Domains that may be hosted here; absent: all.")
    ] = None
    alias_targets: Annotated[
        Whole | None, Field(ge=1, description="Mailboxes an alias may lead to; absent: any number.")
    ] = None
    external_targets: Annotated[Flag, Field(description="Let aliases lead to addresses elsewhere.")] = False
    billed: Annotated[Flag, Field(description="Whether booking storage costs money, and so asks for consent.")] = True
    timeout: Annotated[Duration, Field(gt=0, le=3600, description="Time to wait for the database or a daemon.")] = 30.0
