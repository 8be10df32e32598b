"""Small worlds for the laws: random desired, actual and applied states that a platform could really be in.

The worlds are made of few names on purpose, so that addresses collide, change hands and move. `perform` tells, from
the rules alone and without the planner's tables, whether a step breaks one at its moment: the oracle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from hypothesis import strategies as st

from reconciler.model.desired import Declaration, Desired, Remembered, StateBlock
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, AppliedState, Inventory, Live
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Resource, make, with_fields
from reconciler.model.source import Origin, pack
from reconciler.plan.document import STATE_FIELDS, Operation
from reconciler.plan.inputs import PlanInputs
from reconciler.providers.capabilities import Capabilities

PROVIDER = "groupware"
GB = 10**9
TODAY = date(2026, 11, 21)
NETCUP = Capabilities(
    kinds=frozenset({Kind.INSTANCE, Kind.DOMAIN, Kind.MAILBOX, Kind.ALIAS}),
    updatable={Kind.INSTANCE: frozenset({"storage"}), Kind.MAILBOX: frozenset({"owner", "quota", "password"})},
    costs_money=frozenset({Kind.INSTANCE}),
    loses_data=frozenset({Kind.INSTANCE, Kind.MAILBOX}),
)
_ORIGIN = Origin("mail.yaml", pack(0, 0, 1))
_SECRET = Remembered(password_version=1)


@dataclass
class World:
    """A platform's content by kind and key; one instance's storage is plenty unless a law is about storage."""

    things: dict[tuple[Kind, str], Resource] = field(default_factory=dict)

    def add(self, *resources: Resource) -> "World":
        for resource in resources:
            self.things[resource.kind, resource.key] = resource
        return self

    def of(self, kind: Kind) -> list[Resource]:
        return [resource for (each, _), resource in self.things.items() if each is kind]

    def inventory(self, provider: str = PROVIDER) -> Inventory:
        return Inventory([(provider, [Live(each, id=f"#{each.key}") for each in self.things.values()])])

    def applied(self, lineage: str = "l", serial: int = 1) -> AppliedState:
        remembered = {
            name: Applied(each, PROVIDER, f"#{each.key}", _SECRET if each.kind is Kind.MAILBOX else Remembered())
            for name, each in self.things.items()
        }
        return AppliedState(lineage, serial, remembered)

    def desired(self) -> Desired:
        return desired(self.things.values())


def desired(resources: Iterable[Resource], **rest: object) -> Desired:
    """The configuration that declares just these, in the order given."""
    declarations: dict[Kind, dict[str, Declaration]] = {kind: {} for kind in Kind}
    for each in resources:
        remember = _SECRET if each.kind is Kind.MAILBOX else Remembered()
        secret = None
        if each.kind is Kind.MAILBOX:
            from reconciler.model.secrets import SecretRef, SecretSource

            secret = SecretRef(SecretSource.ENV, ("PASSWORD",))
        declarations[each.kind][each.key] = Declaration(each, PROVIDER, _ORIGIN, remember, secret)
    return Desired(declarations, {}, StateBlock("local", "x", Path()), Path(), "sha256:0", **rest)  # type: ignore[arg-type]


def inputs(wanted: World, actual: World, applied: World | None = None, able: Capabilities = NETCUP) -> PlanInputs:
    """What planning is given for three worlds."""
    return PlanInputs(
        desired=wanted.desired(),
        actual=actual.inventory(),
        applied=AppliedState() if applied is None else applied.applied(),
        capabilities={PROVIDER: able},
        today=TODAY,
    )


_DOMAINS = ("a.example", "b.example", "c.example")
_LOCALS = ("ann", "bob", "cat", "info", "post")


@st.composite
def worlds(draw: st.DrawFn, storage: int = 1000) -> World:
    """A consistent world: every domain has its instance, every alias its mailbox in the same instance."""
    world = World()
    labels = draw(st.lists(st.sampled_from(("one", "two")), unique=True, max_size=2))
    for label in labels:
        world.add(Instance(label, storage * GB))
    homes: dict[str, str] = {}
    if labels:
        for name in draw(st.lists(st.sampled_from(_DOMAINS), unique=True)):
            homes[name] = draw(st.sampled_from(labels))
            world.add(Domain(name, homes[name]))
    addresses = [f"{local}@{domain}" for domain in homes for local in _LOCALS]
    natures = draw(st.lists(st.sampled_from("-MMA"), min_size=len(addresses), max_size=len(addresses)))
    room = dict.fromkeys(labels, storage)
    mailboxes = []
    for address in (each for each, nature in zip(addresses, natures, strict=True) if nature == "M"):
        quota = draw(st.integers(1, 6))
        if quota <= room[homes[domain_of(address)]]:
            room[homes[domain_of(address)]] -= quota
            mailboxes.append(address)
            world.add(Mailbox(address, draw(st.sampled_from(("Ann", "Bob"))), quota * GB))
    for address, nature in zip(addresses, natures, strict=True):
        near = [each for each in mailboxes if homes[domain_of(each)] == homes[domain_of(address)]]
        if nature == "A" and near:
            world.add(Alias(address, (draw(st.sampled_from(near)),)))
    return world


def perform(world: World, operation: Operation) -> list[str]:
    """Carry an operation out on a world as the platform would; return the rules it breaks, told by the oracle."""
    kind, key = operation.kind, operation.key
    broken: list[str] = []
    if operation.action is Action.CREATE:
        fields = {name: change.after for name, change in operation.fields.items() if name not in STATE_FIELDS}
        broken = _may_come(world, new := make(kind, key, fields))
        world.add(new)
    elif operation.action is Action.DELETE:
        broken = _may_go(world, kind, key)
        world.things.pop((kind, key), None)
    elif operation.action is Action.UPDATE:
        fields = {name: change.after for name, change in operation.fields.items() if name not in STATE_FIELDS}
        world.things[kind, key] = with_fields(world.things[kind, key], fields)
    return broken + _too_full(world)


def _may_come(world: World, new: Resource) -> list[str]:
    broken = []
    if (new.kind, new.key) in world.things:
        broken.append(f"{new.kind} {new.key} exists twice")
    match new:
        case Domain() if (Kind.INSTANCE, str(new.instance)) not in world.things:
            broken.append(f"N1 {new.key}")
        case Mailbox() | Alias():
            if (Kind.DOMAIN, domain_of(new.address)) not in world.things:
                broken.append(f"N17 {new.key}")
            taken = [kind for kind in (Kind.MAILBOX, Kind.ALIAS) if (kind, new.address) in world.things]
            if taken and taken != [new.kind]:
                broken.append(f"N14 {new.key}")
            if isinstance(new, Alias) and any((Kind.MAILBOX, target) not in world.things for target in new.to):
                broken.append(f"N16 {new.key}")
    return broken


def _may_go(world: World, kind: Kind, key: str) -> list[str]:
    if (kind, key) not in world.things:
        return [f"{kind} {key} is not there"]
    left: Sequence[Resource] = ()
    rule = ""
    if kind is Kind.MAILBOX:
        rule, left = "N12", [each for each in world.of(Kind.ALIAS) if isinstance(each, Alias) and key in each.to]
    elif kind is Kind.DOMAIN:
        inside = [*world.of(Kind.MAILBOX), *world.of(Kind.ALIAS)]
        rule, left = "N7", [each for each in inside if domain_of(each.key) == key]
    elif kind is Kind.INSTANCE:
        rule, left = (
            "N20",
            [each for each in world.of(Kind.DOMAIN) if isinstance(each, Domain) and each.instance == key],
        )
    return [f"{rule} {key}: {each.key}" for each in left]


def _too_full(world: World) -> list[str]:
    homes = {each.key: each.instance for each in world.of(Kind.DOMAIN) if isinstance(each, Domain)}
    given: dict[str, int] = {}
    for each in world.of(Kind.MAILBOX):
        if isinstance(each, Mailbox):
            home = str(homes.get(domain_of(each.address)))
            given[home] = given.get(home, 0) + (each.quota or 0)
    return [
        f"N10 {each.key}"
        for each in world.of(Kind.INSTANCE)
        if isinstance(each, Instance) and given.get(each.label, 0) > (each.storage or 0)
    ]
