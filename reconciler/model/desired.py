"""Desired: what the YAML files say, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeAlias

from reconciler.model.kinds import Kind
from reconciler.model.resources import Resource
from reconciler.model.secrets import SecretRef
from reconciler.model.source import Origin, Span

#: Plain data of a provider's or backend's block: text scalars, lists and mappings, read by the owner's own model.
Tree: TypeAlias = str | Sequence["Tree"] | Mapping[str, "Tree"] | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What state keeps of a resource beside its fields, because no provider can tell it.

    Attributes:
        protect: Never deleted while the last applied state says so.
        password_version: The version of the password that was last set; None where none was ever set by us.
        contribution: Our own part of a shared value: the SPF record we would publish were the name ours alone.
    """

    protect: bool = False
    password_version: int | None = None
    contribution: str | None = None


NOTHING_REMEMBERED = Remembered()


class Declaration(NamedTuple):
    """One resource as declared: its value, who provides it, and where it is written. A tuple, as there are so many."""

    resource: Resource
    provider: str
    origin: Origin
    remember: Remembered = NOTHING_REMEMBERED
    password: SecretRef | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Consent to lose the data of one resource, given in the configuration."""

    kind: Kind
    key: str
    reason: str
    span: Span
    not_before: date | None = None
    backup: str | None = None  # absolute path whose existence is checked; None where waived
    at: str | None = None  # provider whose copy goes, where the thing itself has moved to another (flow/F9)
    backup_to: str | None = None  # absolute path of the archive that is made before it goes

    @property
    def waived(self) -> bool:
        """Whether the author waived a backup."""
        return self.backup is None and self.backup_to is None


@dataclass(frozen=True, slots=True)
class ProviderBlock:
    """A provider as configured: its type, and the rest for its own settings model to read."""

    name: str
    type: str
    settings: Mapping[str, Tree]
    origin: Origin
    base: Path  # relative paths in the settings start here


@dataclass(frozen=True, slots=True)
class EncryptionBlock:
    """Who can read the state and the plans: age recipients by their public keys, and whoever knows a passphrase.

    Attributes:
        recipients: Public keys as written, `age1…` or `ssh-…`.
        identities: Private keys that this machine reads with, each a whole key file.
        passphrases: Passphrases, of which each can read.
    """

    recipients: tuple[str, ...] = ()
    identities: tuple[SecretRef, ...] = ()
    passphrases: tuple[SecretRef, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class StateBlock:
    """Where state is kept: a backend's name, and the rest for it to read.

    Attributes:
        backend: Its name.
        settings: What stands below the name.
        base: Folder that relative paths in the settings start at.
        span: Where the settings stand.
        encryption: Who can read the state; None where everybody who gets at it can.
        origin: Where each part of the settings stands; None where they are not from a file.
    """

    backend: str
    settings: Tree
    base: Path
    span: Span | None = None
    encryption: EncryptionBlock | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class ExtraRecord:
    """A record the user adds to a domain by hand, in the terms of the zone file."""

    name: str  # owner name, fully qualified
    type: str
    values: tuple[str, ...]
    ttl: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class SwitchSettings:
    """How the MX of a domain that receives mail is moved.

    Attributes:
        phased: Whether in phases, each waiting until nobody can hold an older answer; else all in one run.
        ttl: Seconds; the TTL that MX records have while they move.
        keep: Seconds for which what the old host needs to send (SPF terms, DKIM keys) stays after the switch.
    """

    phased: bool = True
    ttl: int = 300
    keep: int = 5 * 86400


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """Whom to ask what the DNS says.

    Attributes:
        servers: Recursive resolvers, `host` or `host:port`, that find name servers; empty: the system's.
        authoritative: Zone to the addresses of its servers, where they are not to be found by delegation.
        timeout: Seconds for one question.
        off: Whether nobody is to be asked.
    """

    servers: tuple[str, ...] = ()
    authoritative: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timeout: float = 3.0
    off: bool = False


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """A domain's `dns:` block."""

    provider: str
    origin: Origin
    ttl: int = 3600  # seconds
    spf_include: tuple[str, ...] = ()
    spf_all: str | None = None  # pass | neutral | softfail | fail; None: the provider's own
    dmarc_policy: str | None = None  # none | quarantine | reject; None: no DMARC record is ours
    dmarc_subdomain_policy: str | None = None
    dmarc_nonexistent_policy: str | None = None
    dmarc_testing: bool = False
    dmarc_reports: tuple[str, ...] = ()
    dmarc_failure_reports: tuple[str, ...] = ()
    dmarc_strict_alignment: tuple[str, ...] = ()  # of "dkim", "spf"
    mta_sts_mode: str | None = None  # testing | enforce | none
    mta_sts_max_age: int = 604800  # seconds
    tls_reports: tuple[str, ...] = ()
    client_settings: bool = False
    mail: bool = True  # False: only the extra records
    sends_nothing: bool = False  # the domain has no mail at all: null MX (RFC 7505) and an SPF record that fails all
    spf_flatten: bool = False  # includes are replaced by the addresses they stand for
    bimi_logo: str | None = None  # address of an SVG
    bimi_certificate: str | None = None  # address of a mark certificate
    caa: tuple[str, ...] = ()  # certificate authorities that may issue, such as letsencrypt.org
    switch: SwitchSettings = SwitchSettings()
    accept: tuple[str, ...] = ()  # ids of checks whose findings stop no plan
    records: tuple[ExtraRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Limits under `guards:`."""

    volume_count: int = 3  # deletions of a kind that are never too many
    volume_percent: int = 10  # of the kind, where that is more


@dataclass(frozen=True, slots=True, repr=False)
class Desired:
    """Everything the files say, merged.

    Attributes:
        declarations: By kind, then key. Records are not among them: `dns` derives those.
        dns: Settings by domain key, for domains that have any.
        root: Folder of the root file.
        digest: Of the files' content, as a plan carries it.
        files: The files read, as the user would write them.
    """

    declarations: Mapping[Kind, Mapping[str, Declaration]]
    providers: Mapping[str, ProviderBlock]
    state: StateBlock
    root: Path
    digest: str
    tombstones: Mapping[tuple[Kind, str], Tombstone] = field(default_factory=dict)
    dns: Mapping[str, DnsSettings] = field(default_factory=dict)
    guards: GuardSettings = GuardSettings()
    resolver: ResolverSettings | None = None
    files: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say how much it is: a hundred thousand declarations are nothing to print in passing."""
        return f"<Desired of {len(self.files)} files>"

    def of(self, kind: Kind) -> Mapping[str, Declaration]:
        """The declarations of one kind, by key."""
        return self.declarations.get(kind, {})
