"""What a provider can do, as data. Plan-time checks read these tables; no engine code names a provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.kinds import Kind

#: Extras by name: `login` switches the login of a mailbox off, `send_as` says who may send as an alias, `catch_all` is
#: an alias for all addresses of a domain that nobody else has.
EXTRAS = ("login", "send_as", "catch_all")


@dataclass(frozen=True, slots=True)
class TeamPolicy:
    """A team platform's limits.

    Attributes:
        max_accounts: Master and members together (mailbox-org/M1).
        plans: Plan names to bytes of mail storage.
        excluded_plans: Plans no account of a team may have (mailbox-org/M2, M12).
        min_storage: Bytes each account's plan must have (mailbox-org/M2).
        initial_plan: The plan every new account starts on (mailbox-org/M3).
        billing_immutable: Whether the billing method is chosen once (mailbox-org/M9).
        credentials: Accounts whose own credentials are configured, so that their fields can be edited (mailbox-org/M4).
        accounts: Accounts that can be a new team's master (mailbox-org/M3); None: whoever is named as one.
        acts_as: Address of the account whose credentials create members; None: each team's master (mailbox-org/M3, M7,
            M8).
    """

    max_accounts: int = 10
    plans: Mapping[str, int] = field(default_factory=dict)
    excluded_plans: frozenset[str] = frozenset()
    min_storage: int = 5 * 10**9
    initial_plan: str = "standard"
    billing_immutable: bool = True
    credentials: frozenset[str] = frozenset()
    accounts: frozenset[str] | None = None
    acts_as: str | None = None


@dataclass(frozen=True, slots=True)
class ZoneLimits:
    """What a DNS provider can not hold; see `providers.limits`, which judges by it.

    Attributes:
        types: RR types it takes; None: all.
        zone_ttl: Whether all records of a zone have one TTL, the zone's, which a record can not set.
        min_ttl: Least TTL in seconds; the provider raises or refuses a smaller one.
        null_mx: Whether it takes `MX 0 .` (RFC 7505).
        null_target: Whether it takes an SRV record with the target `.` (RFC 2782).
        empty_text: Whether it takes an empty TXT value.
        ascii_text: Whether a TXT value can hold nothing but printable ASCII.
        forbidden_text: Characters that a TXT value can not hold.
        forbidden: RR types to characters that their data can not hold.
        apex_cname: Whether a CNAME may stand at the zone's own name.
        unproven: What it is said to do but was never seen to, with the reason, by a short name: shown to the user.
    """

    types: frozenset[str] | None = None
    zone_ttl: bool = False
    min_ttl: int = 0
    null_mx: bool = True
    null_target: bool = True
    empty_text: bool = True
    ascii_text: bool = False
    forbidden_text: str = ""
    forbidden: Mapping[str, str] = field(default_factory=dict)
    apex_cname: bool = False
    unproven: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one configured provider can do.

    Attributes:
        kinds: The kinds it hosts; empty of mail kinds for a zone provider.
        updatable: For each kind the fields it edits in place; any other changed field is a replace. `password` counts
            as a field.
        max_alias_targets: Targets of one alias; None: no limit (netcup/N16).
        external_alias_targets: Whether an alias may lead outside the platform.
        alias_of_alias: Whether an alias may lead to an alias.
        storage_limited: Whether quotas must fit the instance's booked storage (netcup/N10).
        costs_money: Kinds whose creation or deletion changes the bill (netcup/N1, N19).
        loses_data: Kinds whose deletion destroys content (netcup/N13, N19; mailbox-org/M13).
        smtputf8: Whether a local part may hold non-ASCII characters.
        owned_domains: Domains of the customer account; None: every domain counts as owned (netcup/N5).
        team: The team platform's limits, where it has teams.
        concurrency: Calls in flight at most.
        batch: Writes handed over in one call at most.
        rate: Calls a second at most; None: unlimited.
        consistency: Seconds for which a read may lag behind a write.
        read_back: Whether a written object can be read again.
        zones: What its zones can not hold, for a DNS provider.
        public: Whether what it has is what the world's resolvers are answered, by servers that can be asked.
        servers: Addresses of the authoritative servers of its zones, `host:port`, where they are not to be found by
            delegation.
        proposes: Whether it writes nothing itself: a person enters the records, and resolution tells whether they did.
        extras: What it can do beyond the rules' two platforms, of `EXTRAS`.
        least_quota: Bytes that a quota must have; a smaller one means something else there, such as no limit.
        makes_backups: Whether it can make archives of its mailboxes, and restore them.
    """

    kinds: frozenset[Kind] = frozenset()
    updatable: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    max_alias_targets: int | None = 1
    external_alias_targets: bool = False
    alias_of_alias: bool = False
    storage_limited: bool = True
    costs_money: frozenset[Kind] = frozenset()
    loses_data: frozenset[Kind] = frozenset()
    smtputf8: bool = False
    owned_domains: frozenset[str] | None = None
    team: TeamPolicy | None = None
    concurrency: int = 4
    batch: int = 1
    rate: float | None = None
    consistency: float = 0.0
    read_back: bool = True
    zones: ZoneLimits = ZoneLimits()
    public: bool = False
    servers: tuple[str, ...] = ()
    proposes: bool = False
    extras: frozenset[str] = frozenset()
    least_quota: int = 0
    makes_backups: bool = False

    def edits(self, kind: Kind, key: str, field_name: str) -> bool:
        """Whether a field of one resource is edited in place (a member's only with its own credentials)."""
        if kind is Kind.MEMBER and (self.team is None or key not in self.team.credentials):
            return False
        return field_name in self.updatable.get(kind, frozenset())
