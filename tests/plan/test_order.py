"""Ordering, where examples say more than laws: hand-over, storage, cycles."""

from dataclasses import replace

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Resource
from reconciler.plan.build import make_plan
from reconciler.plan.document import Change, Operation, operation_id
from reconciler.plan.order import order
from tests.worlds import GB, NETCUP, World, inputs

EDITS_ALIASES = replace(NETCUP, updatable={**NETCUP.updatable, Kind.ALIAS: frozenset({"to"})})


def house(*resources: Resource, storage: int = 100) -> World:
    """One instance with the domain a.example, and what else is given."""
    return World().add(Instance("one", storage * GB), Domain("a.example", "one"), *resources)


def box(local: str, quota: int = 1) -> Mailbox:
    return Mailbox(f"{local}@a.example", "Ann", quota * GB)


def alias(local: str, target: str) -> Alias:
    return Alias(f"{local}@a.example", (f"{target}@a.example",))


def ids(wanted: World, actual: World, **rest: object) -> list[str]:
    return [step.id for step in make_plan(inputs(wanted, actual, actual, **rest)).operations]  # type: ignore[arg-type]


def test_a_leavers_addresses_are_handed_over_one_after_the_other() -> None:
    """Bob becomes an alias of ann, his old alias follows; release and claim of each address stand together."""
    actual = house(box("ann"), box("bob"), alias("b.smith", "bob"))
    wanted = house(box("ann"), alias("bob", "ann"), alias("b.smith", "ann"))
    assert ids(wanted, actual) == [
        "delete alias b.smith@a.example",
        "create alias b.smith@a.example",
        "delete mailbox bob@a.example",
        "create alias bob@a.example",
    ]


def test_many_retargets_bounce_one_at_a_time() -> None:
    """Two hundred aliases move: each claim directly follows its release, whatever else is in the plan."""
    names = [f"alias{number:03}" for number in range(200)]
    actual = house(box("ann"), box("bob"), *(alias(name, "bob") for name in names))
    wanted = house(box("ann"), box("new"), *(alias(name, "new") for name in names))
    order_ = ids(wanted, actual)
    for name in names:
        release = order_.index(f"delete alias {name}@a.example")
        assert order_[release + 1] == f"create alias {name}@a.example"
    assert order_.index("create mailbox new@a.example") < order_.index("delete alias alias000@a.example")
    assert order_[-1] == "delete mailbox bob@a.example"


def test_storage_is_freed_before_it_is_given_out() -> None:
    """A full instance: what shrinks goes first although its name comes last (netcup/N10)."""
    actual = house(box("ann", 4), box("zoe", 6), storage=10)
    wanted = house(box("ann", 7), box("zoe", 3), storage=10)
    plan = make_plan(inputs(wanted, actual, actual))
    assert [step.id for step in plan.operations] == ["update mailbox zoe@a.example", "update mailbox ann@a.example"]
    assert [each.rule for each in plan.operations[1].after] == ["netcup/N10"]
    assert [(line.start, line.peak, line.end) for line in plan.ledger] == [(10 * GB, 10 * GB, 10 * GB)]


def test_an_instance_grows_before_its_mailboxes_do() -> None:
    """More booked storage counts as freed storage, less booked storage as taken."""
    actual = house(box("ann", 10), storage=10)
    wanted = house(box("ann", 15), storage=20)
    assert ids(wanted, actual) == ["update instance one", "update mailbox ann@a.example"]
    assert ids(actual, wanted) == ["update mailbox ann@a.example", "update instance one"]


def test_a_hand_over_is_taken_apart_when_only_that_frees_the_storage() -> None:
    """The alias can not follow at once: its new mailbox needs the room that the old one frees."""
    actual = house(box("ann", 10), alias("info", "ann"), storage=10)
    wanted = house(box("bob", 10), alias("info", "bob"), storage=10)
    assert ids(wanted, actual) == [
        "delete alias info@a.example",
        "delete mailbox ann@a.example",
        "create mailbox bob@a.example",
        "create alias info@a.example",
    ]


def test_no_order_fits_and_the_refusal_names_instance_and_step() -> None:
    """Where an alias is edited in place, old and new mailbox must stand side by side; without room that is refused."""
    actual = house(box("ann", 10), alias("info", "ann"), storage=10)
    wanted = house(box("bob", 10), alias("info", "bob"), storage=10)
    with pytest.raises(Problem) as refused:
        make_plan(inputs(wanted, actual, actual, EDITS_ALIASES))
    (found,) = refused.value.diagnostics
    assert (found.id, found.rule) == ("storage-exceeded", "netcup/N10")
    assert "instance 'one'" in found.message
    assert "create mailbox bob@a.example" in found.message


def test_a_large_step_does_not_starve_the_one_that_frees() -> None:
    """Greedy order would fill the last room first and get stuck; steps on which a release depends go before."""
    actual = house(box("old", 6), alias("info", "old"), storage=10)
    wanted = house(box("aaa", 4), box("new", 4), alias("info", "new"), storage=10)
    assert ids(wanted, actual, able=EDITS_ALIASES) == [
        "create mailbox new@a.example",
        "update alias info@a.example",
        "delete mailbox old@a.example",
        "create mailbox aaa@a.example",
    ]


def test_an_alias_edited_in_place_has_no_gap() -> None:
    """Where the platform can edit, nothing is deleted, and the old mailbox goes after the alias has left it."""
    actual = house(box("ann"), box("bob"), alias("info", "bob"))
    wanted = house(box("ann"), alias("info", "ann"))
    assert ids(wanted, actual, able=EDITS_ALIASES) == ["update alias info@a.example", "delete mailbox bob@a.example"]


def test_a_domain_moves_with_all_that_is_in_it() -> None:
    """Another instance means: everything in the domain is deleted there and created here, data and all."""
    home = World().add(Instance("one", 9 * GB), Instance("two", 9 * GB))
    actual = World(dict(home.things)).add(Domain("a.example", "one"), box("ann"), alias("info", "ann"))
    wanted = World(dict(home.things)).add(Domain("a.example", "two"), box("ann"), alias("info", "ann"))
    plan = make_plan(inputs(wanted, actual, actual))
    assert [step.id for step in plan.operations] == [
        "delete alias info@a.example",
        "delete mailbox ann@a.example",
        "delete domain a.example",
        "create domain a.example",
        "create mailbox ann@a.example",
        "create alias info@a.example",
    ]
    assert [each.consent for each in plan.refusals if each.guard == "data-loss"] == [
        ("--allow-destroy mailbox:ann@a.example",)
    ]


def test_a_true_cycle_is_named_step_by_step() -> None:
    """Two mailboxes that are replaced while each one's alias is edited to lead to the other."""
    house_ = house(box("m1"), box("m2"), alias("x", "m1"), alias("y", "m2"))
    steps = [
        *(_step(Action.DELETE, Kind.MAILBOX, name) for name in ("m1", "m2")),
        *(_step(Action.CREATE, Kind.MAILBOX, name) for name in ("m1", "m2")),
        _step(Action.UPDATE, Kind.ALIAS, "x", to=Change("m1@a.example", "m2@a.example")),
        _step(Action.UPDATE, Kind.ALIAS, "y", to=Change("m2@a.example", "m1@a.example")),
    ]
    with pytest.raises(Problem) as refused:
        order(steps, inputs(house_, house_, house_), {})
    (found,) = refused.value.diagnostics
    assert found.id == "order-cycle"
    for step in steps:
        assert step.id in found.message
    assert "netcup/N12" in str(found.why)


def _step(action: Action, kind: Kind, local: str, **fields: Change) -> Operation:
    key = f"{local}@a.example"
    return Operation(operation_id(action, kind, key), action, kind, key, "groupware", fields=fields)
