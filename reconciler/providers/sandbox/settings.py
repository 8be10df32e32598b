"""The `providers:` block of the embedded platform, and what it means."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.model.kinds import Kind
from reconciler.model.scalars import AddressName, DomainName, Duration, Flag, Size, Strict, Text, Whole
from reconciler.providers.sandbox.disturb import Fault, Mode
from reconciler.providers.sandbox.policy import PLANS, MailPlan, Policy, Seed
from reconciler.providers.sandbox.published import Published

_MONEY = re.compile(r"(\d+)(?:\.(\d\d))?\s*(EUR)\Z|(\d+)\Z")
_RATE = re.compile(r"([1-9]\d*)\s*/\s*(s|min|h)\Z")
_PERIODS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def _money(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _MONEY.match(value)
    if match is None:
        raise ValueError(f"'{value}' is not an amount; write one such as 12.00 EUR, or a number of cents")
    return int(match[4]) if match[4] else int(match[1]) * 100 + int(match[2] or 0)


def _rate(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _RATE.match(value)
    if match is None:
        raise ValueError(f"'{value}' is not a rate; write one such as 180/min or 5/s")
    return int(match[1]), _PERIODS[match[2]]


def _probability(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"'{value}' is not a probability; write one such as 0.1") from None


def _mx(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    preference, _, host = value.partition(" ")
    if not (preference.isdecimal() and host.strip()):
        raise ValueError(f"'{value}' is not a mail exchanger; write one such as 10 {{host}}")
    return int(preference), host.strip()


#: Cents; written `12.00 EUR` or a bare number of cents.
Money = Annotated[int, BeforeValidator(_money), WithJsonSchema({"type": ["string", "integer"]})]
#: Calls and seconds; written `180/min`.
Rate = Annotated[
    tuple[int, float],
    BeforeValidator(_rate),
    WithJsonSchema({"type": "string", "pattern": _RATE.pattern.replace("\\Z", "$")}),
]
Probability = Annotated[
    float,
    BeforeValidator(_probability),
    Field(ge=0, le=1),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Exchanger = Annotated[tuple[int, str], BeforeValidator(_mx), WithJsonSchema({"type": "string"})]


class Login(Strict):
    """Where the password of an account of one's own is kept."""

    env: Text | None = Field(None, description="Environment variable that holds it")
    file: Text | None = Field(None, description="File that holds it, relative to the configuration file")

    @model_validator(mode="after")
    def _one(self) -> "Login":
        if (self.env is None) is (self.file is None):
            raise ValueError("give the password as either env or file")
        return self

    def find(self, base: Path) -> str | None:
        """Return the password, or None where it is not to be found."""
        if self.env is not None:
            return os.environ.get(self.env)
        try:
            return (base / (self.file or "")).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            return None


class AccountSettings(Strict):
    """An account of the team platform that exists from the start."""

    owner: Text | None = Field(None, description="Name of the owner; absent: the address")
    plan: Text = Field("standard", description="Its plan, one of those of the platform")
    balance: Money = Field(0, description="What has been paid in, such as 12.00 EUR")
    family: Text | None = Field(None, description="The old family account it belonged to: a team with separate billing")


class PlanSettings(Strict):
    """A plan of the team platform."""

    storage: Size = Field(description="Space an account of this plan has, such as 10 GB")
    price: Money = Field(0, description="A month's, such as 3.00 EUR")


class FaultSettings(Strict):
    """A rule for injected faults."""

    mode: Mode = Field(description="What goes wrong; after timeout_after the work is done, and only the answer is lost")
    action: Literal["create", "update", "delete", "read"] | None = Field(
        None, description="Calls it strikes; absent: every write"
    )
    kind: Kind | None = Field(None, description="Kind of thing it strikes; absent: all")
    key: Text | None = Field(None, description="The one thing it strikes, by name or address; absent: all")
    every: Whole = Field(0, description="The first of so many matching calls fails")
    probability: Probability = Field(1.0, description="Of a matching call's failing, where `every` is 0")
    times: Whole | None = Field(None, description="No more faults after so many")


class PublishedSettings(Strict):
    """What the platform publishes for a domain; `{host}` stands for the domain's own host."""

    suffix: DomainName | None = Field(None, description="What follows the domain's name in its host's name")
    suffixes: dict[DomainName, DomainName] = Field(default_factory=dict, description="The same for single domains")
    mx: list[Exchanger] | None = Field(None, description="Such as 10 {host}")
    spf: list[Text] | None = Field(None, description="Mechanisms, without version and all")
    spf_all: Literal["pass", "neutral", "softfail", "fail"] | None = Field(
        None, description="What becomes of mail from anywhere else; absent: softfail"
    )
    dkim: dict[Text, DomainName] | None = Field(None, description="Owner names, and where each CNAME leads")

    def published(self) -> Published:
        """The same as a value, with the platform's own where nothing is set."""
        default = Published()
        return Published(
            suffix=self.suffix or default.suffix,
            suffixes=self.suffixes,
            mx=default.mx if self.mx is None else tuple(self.mx),
            spf=default.spf if self.spf is None else tuple(self.spf),
            spf_all=self.spf_all or default.spf_all,
            dkim=default.dkim if self.dkim is None else self.dkim,
        )


class SandboxSettings(Strict):
    """The embedded platform: one SQLite file that behaves as a groupware and a team platform do."""

    path: Text = Field(description="The file; relative to the configuration file")
    domains: list[DomainName] | None = Field(None, description="Domains of the customer account; absent: all")
    accounts: dict[AddressName, AccountSettings] | None = Field(
        None, description="Accounts of the team platform that exist; absent: each team's master does"
    )
    plans: dict[Text, PlanSettings] | None = Field(None, description="The team platform's plans")
    excluded_plans: list[Text] = Field(default=["light"], description="Plans that no account of a team may have")
    initial_plan: Text = Field("standard", description="The plan of a new account")
    login: AddressName | None = Field(None, description="Account that opens new ones; absent: the team's master")
    credentials: dict[AddressName, Login] = Field(
        default_factory=dict, description="Members whose own passwords are known, so that they can be changed"
    )
    published: PublishedSettings = Field(
        default_factory=lambda: PublishedSettings.model_validate({}), description="DNS records the platform asks for"
    )
    alias_edit: Flag = Field(False, description="Let an alias's targets be changed")
    alias_targets: Whole = Field(1, description="Mailboxes an alias may lead to", ge=1)
    smtputf8: Flag = Field(False, description="Take non-ASCII letters before the @")
    provisioning: Duration = Field(0.0, description="Time until an ordered instance is ready")
    latency: Duration = Field(0.0, description="Time each call takes")
    stale_reads: Duration = Field(0.0, description="Time for which reads lag behind a write")
    rate_limit: Rate | None = Field(None, description="Calls in a time, such as 180/min")
    faults: list[FaultSettings] = Field(default_factory=list, description="Calls that fail, for practice and for tests")
    seed: Whole = Field(0, description="Of the faults' dice")
    concurrency: Whole | None = Field(None, description="Calls in flight at most", ge=1)
    batch: Whole | None = Field(None, description="Writes in one call at most", ge=1)

    @model_validator(mode="after")
    def _known_plans(self) -> "SandboxSettings":
        plans = self.mail_plans()
        used = [self.initial_plan, *(account.plan for account in (self.accounts or {}).values())]
        unknown = next((plan for plan in used if plan not in plans), None)
        if unknown is not None:
            raise ValueError(f"there is no plan '{unknown}'; there are {', '.join(plans)}")
        return self

    def policy(self, base: Path) -> Policy:
        """The platform's policy; files of passwords start at `base`."""
        logins = self.credentials
        return Policy(
            domains=None if self.domains is None else frozenset(self.domains),
            provisioning=self.provisioning,
            alias_edit=self.alias_edit,
            alias_targets=self.alias_targets,
            smtputf8=self.smtputf8,
            stale_reads=self.stale_reads,
            plans=self.mail_plans(),
            excluded_plans=frozenset(self.excluded_plans),
            initial_plan=self.initial_plan,
            login=self.login,
            own_password=lambda address: logins[address].find(base) if address in logins else None,
            accounts=self._seeds(),
        )

    def mail_plans(self) -> dict[str, MailPlan]:
        """The plans as values."""
        if self.plans is None:
            return dict(PLANS)
        return {name: MailPlan(plan.storage, plan.price) for name, plan in self.plans.items()}

    def injected(self) -> list[Fault]:
        """The faults as values."""
        return [
            Fault(each.mode, each.action, each.kind, each.key, each.every, each.probability, each.times)
            for each in self.faults
        ]

    def _seeds(self) -> tuple[Seed, ...] | None:
        if self.accounts is None:
            return None
        return tuple(
            Seed(address, each.owner or address, each.plan, each.balance, each.family)
            for address, each in self.accounts.items()
        )
