"""What may differ from one embedded platform to the next: values, with what the two help pages say as the default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

GB = 10**9
DAY = 86400.0  # seconds


@dataclass(frozen=True, slots=True)
class MailPlan:
    """A plan of the team platform.

    Attributes:
        storage: Bytes of mail storage.
        price: Cents a month.
    """

    storage: int
    price: int


#: The pages name the 1-EUR plan and the one with 5 GB (mailbox-org/M2); a larger one stands for the rest.
PLANS: Mapping[str, MailPlan] = {
    "light": MailPlan(2 * GB, 100),
    "standard": MailPlan(5 * GB, 300),
    "premium": MailPlan(25 * GB, 900),
}


@dataclass(frozen=True, slots=True)
class Seed:
    """An account that the team platform has from the start (mailbox-org/M3: new ones come from existing ones).

    Attributes:
        family: Name of the old family account it belonged to; such accounts became a team (mailbox-org/M16).
    """

    address: str
    owner: str
    plan: str = "standard"
    balance: int = 0  # cents
    family: str | None = None


def _no_password(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Policy:
    """The platform's settings.

    Attributes:
        domains: Domains of the customer account; None: all of them (netcup/N5).
        provisioning: Seconds until an ordered instance is ready (netcup/N1).
        alias_edit: Whether an alias's targets can be changed (netcup/N18 says no).
        alias_targets: Mailboxes an alias may lead to (netcup/N16 says one).
        smtputf8: Whether a local part may hold non-ASCII characters.
        stale_reads: Seconds for which a read still shows an object as it was before its last write.
        months: Months an instance is paid for in advance; unused ones are forfeited (netcup/N19).
        gb_price: Cents per gigabyte and month of an instance; the pages name no price.
        plans: The team platform's plans.
        excluded_plans: Plans no account of a team may have (mailbox-org/M2, M12).
        min_storage: Bytes the plan of a team's account must have (mailbox-org/M2).
        initial_plan: What a new account starts on (mailbox-org/M3).
        max_accounts: Accounts of a team, the master included (mailbox-org/M1).
        trial: Seconds a new account may be tried (mailbox-org/M6).
        grace: Seconds from suspension to deletion (mailbox-org/M10).
        login: Account new members are created from; None: the master of their team (mailbox-org/M7, M8).
        own_password: Gives the configured password of an account, None where there is none (mailbox-org/M4).
        accounts: Accounts that exist from the start; None: whoever is named the master of a team has one.
    """

    domains: frozenset[str] | None = None
    provisioning: float = 0.0
    alias_edit: bool = False
    alias_targets: int = 1
    smtputf8: bool = False
    stale_reads: float = 0.0
    months: int = 12
    gb_price: int = 10
    plans: Mapping[str, MailPlan] = field(default_factory=lambda: PLANS)
    excluded_plans: frozenset[str] = frozenset({"light"})
    min_storage: int = 5 * GB
    initial_plan: str = "standard"
    max_accounts: int = 10
    trial: float = 30 * DAY
    grace: float = 30 * DAY
    login: str | None = None
    own_password: Callable[[str], str | None] = _no_password
    accounts: tuple[Seed, ...] | None = None
