"""The configuration as models: what may be written, in the order a reader meets it.

Each model describes one block, whatever file it stands in; `config.schema` puts them together for the published JSON
Schema. Loading validates block by block, so that one mistake does not hide another.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from reconciler.config.dns_models import DnsBlock
from reconciler.model.kinds import Kind
from reconciler.model.scalars import (
    AddressName,
    Day,
    DomainName,
    Flag,
    OneOrMany,
    OneOrMore,
    Prose,
    Size,
    Strict,
    Text,
    Whole,
)
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.secrets.recipients import RECIPIENT_PATTERN, canonical
from reconciler.secrets.settings import SecretSetting, exactly_one

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


class DomainBlock(Strict):
    """A mail domain."""

    instance: Annotated[Text, Field(description="Label of the instance that has it.")]
    dns: Annotated[DnsBlock | None, Field(description="The records of the domain.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


class MailboxBlock(Strict):
    """A mailbox, which is a user of the groupware as well."""

    owner: Annotated[Text | None, Field(description="Name of the owner: the sender name of outgoing mail.")] = None
    quota: Annotated[Size | None, Field(description="Storage it may use, such as 5 GB or 5 GiB.")] = None
    login: Annotated[
        Flag | None,
        Field(description="false: its user can not log in, and mail goes on arriving; where the provider can."),
    ] = None
    password: Annotated[Password | None, Field(description="Where its password comes from.")] = None
    password_version: Annotated[Whole | None, Field(description="Raise it to set the password again.")] = None
    protect: Annotated[Flag, Field(description=_PROTECT)] = False


class AliasBlock(Strict):
    """One more address of a mailbox, or of all of a domain: `*@example.org` receives what no other address of it does.

    The short form is the target alone, or a list of targets.
    """

    to: Annotated[OneOrMore[AddressName], Field(description="Who receives its mail; a list where the provider can.")]
    send_as: Annotated[
        OneOrMany[AddressName] | None,
        Field(
            description="Mailboxes that may send as it, where the provider can: one, a list, or [] for nobody. "
            "Left out, they are those that receive its mail."
        ),
    ] = None
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


class BackupBlock(Strict):
    """A backup that is made by us before the mailbox goes."""

    to: Annotated[Text, Field(description="Folder that the archive becomes; it must not be there yet.")]


def _form_of_backup(value: Any) -> str:
    return "path" if isinstance(value, str) else "made"


Backup = Annotated[
    Annotated[BackupBlock, Tag("made")] | Annotated[Text, Tag("path")],
    Discriminator(_form_of_backup),
]


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
        Backup | None,
        Field(
            description="`{to: FOLDER}` has an archive made before it goes; a path is of a file or folder that must "
            "exist; `waived` where none is needed."
        ),
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
