"""Small scenes for the rules: what the files say, what is there, what was applied, in a few words.

Everything is at `groupware` (netcup's model), teams and members at `mailorg` (mailbox.org's), records at `zones`.
A declaration stands on a line of its own in `mail.yaml`, in the order given, so spans can be told apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from reconciler.model.desired import Declaration, Desired, GuardSettings, Remembered, StateBlock, Tombstone
from reconciler.model.diagnostic import Diagnostic, Problem, Severity
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState, Fact, Inventory, Live
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Record, Resource, Team
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.model.source import Origin, Span, pack
from reconciler.plan.build import make_plan
from reconciler.plan.document import Operation, Plan
from reconciler.plan.inputs import PlanInputs
from reconciler.providers.capabilities import Capabilities, TeamPolicy

GB = 10**9
TODAY = date(2026, 11, 21)
LIMITS = GuardSettings()
SECRET = SecretRef(SecretSource.ENV, ("THE_PASSWORD_VARIABLE",))

GROUPWARE = Capabilities(
    kinds=frozenset({Kind.INSTANCE, Kind.DOMAIN, Kind.MAILBOX, Kind.ALIAS}),
    updatable={Kind.INSTANCE: frozenset({"storage"}), Kind.MAILBOX: frozenset({"owner", "quota", "password"})},
    costs_money=frozenset({Kind.INSTANCE}),
    loses_data=frozenset({Kind.INSTANCE, Kind.MAILBOX}),
)
POLICY = TeamPolicy(
    plans={"light": 2 * GB, "mini": 3 * GB, "standard": 5 * GB, "premium": 25 * GB}, excluded_plans=frozenset({"light"})
)
MAILORG = Capabilities(
    kinds=frozenset({Kind.TEAM, Kind.MEMBER}),
    updatable={Kind.TEAM: frozenset({"plan"}), Kind.MEMBER: frozenset({"owner", "plan"})},
    loses_data=frozenset({Kind.TEAM, Kind.MEMBER}),
    storage_limited=False,
    team=POLICY,
)
ZONES = Capabilities(
    kinds=frozenset({Kind.RECORD}),
    updatable={Kind.RECORD: frozenset({"ttl", "values", "zone"})},
    storage_limited=False,
)
ABLE: Mapping[str, Capabilities] = {"groupware": GROUPWARE, "mailorg": MAILORG, "zones": ZONES}
_PROVIDERS = {Kind.TEAM: "mailorg", Kind.MEMBER: "mailorg", Kind.RECORD: "zones"}

OFFICE = Instance("office", 50 * GB)
SHOP = Instance("shop", 50 * GB)
DOMAIN = Domain("example.org", "office")
ANNA = Mailbox("anna@example.org", "Anna", 2 * GB)
BOB = Mailbox("bob@example.org", "Bob", 2 * GB)
INFO = Alias("info@example.org", (ANNA.address,))
FAMILY = Team("family", "anna@mailbox.org", "separate", "standard")
BEN = Member("ben@mailbox.org", "family", "Ben", "standard")
COMPANY: tuple[Resource, ...] = (OFFICE, DOMAIN, ANNA, BOB, INFO)


def provider_of(resource: Resource) -> str:
    """Where a resource is in these scenes."""
    return _PROVIDERS.get(resource.kind, "groupware")


@dataclass(frozen=True)
class Scene:
    """One moment: the files, the world, the state; `with_` makes another."""

    files: tuple[Resource, ...] = ()
    live: tuple[Resource, ...] = ()
    past: tuple[Resource, ...] | None = None  # None: as live
    able: Mapping[str, Capabilities] = field(default_factory=lambda: ABLE)
    facts: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)  # by key
    at: Mapping[str, str] = field(default_factory=dict)  # provider by key, in the files
    live_at: Mapping[str, str] = field(default_factory=dict)  # provider by key, in the world
    protected: frozenset[str] = frozenset()
    removed: tuple[Tombstone, ...] = ()
    without_password: frozenset[str] = frozenset()
    versions: Mapping[str, int] = field(default_factory=dict)  # password versions in the files; 1 otherwise
    backups: frozenset[str] = frozenset()
    guards: GuardSettings = LIMITS

    def with_(self, **changes: object) -> "Scene":
        """The same scene with something else in it."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def desired(self) -> Desired:
        """The files as the configuration room would hand them over; records come beside them."""
        declarations: dict[Kind, dict[str, Declaration]] = {kind: {} for kind in Kind}
        for line, resource in enumerate(self.files):
            if resource.kind is not Kind.RECORD:
                declarations[resource.kind][resource.key] = self._declare(line, resource)
        return Desired(
            declarations,
            {},
            StateBlock("local", "state.json", Path()),
            Path(),
            "sha256:0",
            tombstones={(each.kind, each.key): each for each in self.removed},
            guards=self.guards,
        )

    def _declare(self, line: int, resource: Resource) -> Declaration:
        names = ("provider", *resource.fields())
        places = [pack(line, 20 * (place + 1) + half, 5) for place in range(len(names)) for half in (0, 10)]
        user = resource.kind in (Kind.MAILBOX, Kind.MEMBER)
        secret = SECRET if user and resource.key not in self.without_password else None
        return Declaration(
            resource,
            self.at.get(resource.key, provider_of(resource)),
            Origin("mail.yaml", pack(line, 0, len(resource.key)), names, tuple(places)),
            Remembered(
                protect=resource.key in self.protected,
                password_version=self.versions.get(resource.key, 1) if user else None,
            ),
            secret,
        )

    def actual(self) -> Inventory:
        """The world, as the providers tell it."""
        return Inventory(
            (
                self.live_at.get(resource.key, provider_of(resource)),
                [Live(resource, f"id of {resource.key}", facts=self.facts.get(resource.key, {}))],
            )
            for resource in self.live
        )

    def applied(self) -> AppliedState:
        """The state, as the last run left it."""
        return AppliedState("lineage", 3, {(each.kind, each.key): self._applied(each) for each in self._past()})

    def _past(self) -> Iterable[Resource]:
        return self.live if self.past is None else self.past

    def _applied(self, resource: Resource) -> Applied:
        user = resource.kind in (Kind.MAILBOX, Kind.MEMBER)
        remember = Remembered(protect=resource.key in self.protected, password_version=1 if user else None)
        provider = self.live_at.get(resource.key, provider_of(resource))
        return Applied(resource, provider, f"id of {resource.key}", remember)

    def plan(self) -> Plan:
        """What planning makes of it."""
        records = {
            each.key: Declaration(each, "zones", Origin("mail.yaml", pack(line, 0, 1)))
            for line, each in enumerate(self.files)
            if isinstance(each, Record)
        }
        return make_plan(
            PlanInputs(
                self.desired(), self.actual(), self.applied(), self.able, TODAY, records=records, backups=self.backups
            )
        )

    def ids(self) -> list[str]:
        """Names of the planned operations, in order."""
        return [operation.id for operation in self.plan().operations]

    def step(self, operation_id: str) -> Operation:
        """One planned operation."""
        return next(each for each in self.plan().operations if each.id == operation_id)

    def guards_met(self) -> list[str]:
        """Names of the guards that refuse."""
        return [refusal.guard for refusal in self.plan().refusals]

    def problems(self) -> list[Diagnostic]:
        """What stops planning; empty where nothing does."""
        try:
            self.plan()
        except Problem as problem:
            return [each for each in problem.diagnostics if each.severity is Severity.ERROR]
        return []

    def problem(self) -> Diagnostic:
        """The one problem that stops planning."""
        found = self.problems()
        assert len(found) == 1, found
        return found[0]


def tombstone(resource: Resource, not_before: date | None = None, backup: str | None = None) -> Tombstone:
    """Consent in the files to lose one resource."""
    return Tombstone(resource.kind, resource.key, "left", Span("mail.yaml", 99, 1), not_before, backup)


def settled(*resources: Resource) -> Scene:
    """A scene in which files, world and state agree."""
    return Scene(resources, resources)


def changed(before: Iterable[Resource], after: Iterable[Resource]) -> Scene:
    """A scene in which the files moved on from what is there."""
    return Scene(tuple(after), tuple(before))


def between(order: list[str], first: str, then: str) -> bool:
    """Whether one operation stands before another."""
    return order.index(first) < order.index(then)


def reason(scene: Scene, operation_id: str, rule: str) -> str | None:
    """Which operation must go first, by one rule."""
    return next((each.operation for each in scene.step(operation_id).after if each.rule == rule), None)


def line_of(diagnostic: Diagnostic) -> int:
    """The line of the files a diagnostic points at, counted from 0 as the resources were given."""
    assert diagnostic.primary is not None
    return diagnostic.primary.span.line - 1
