"""The laws of planning, over random worlds."""

import random
from copy import deepcopy

from hypothesis import given, reject
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action
from reconciler.plan import wire
from reconciler.plan.build import make_plan
from reconciler.plan.document import Plan
from tests.worlds import World, inputs, perform, worlds

#: What planning rightly refuses in worlds where someone else's things stand in the way.
REFUSED = {
    "address-swap",
    "address-taken",
    "domain-not-empty",
    "domain-taken",
    "instance-not-empty",
    "mailbox-has-aliases",
    "storage-exceeded",
}


def planned(wanted: World, actual: World, applied: World | None = None) -> Plan:
    """The plan, in worlds that allow one; a refusal is a fair answer where things nobody declared are in the way."""
    try:
        return make_plan(inputs(wanted, actual, applied))
    except Problem as refused:
        if {each.id for each in refused.diagnostics} <= REFUSED:
            reject()
        raise


@st.composite
def triples(draw: st.DrawFn) -> tuple[World, World, World]:
    """Desired, actual and applied; the last is what is there, what is wanted, a mixture of both, or nothing."""
    wanted, actual = draw(worlds()), draw(worlds())
    both = World({**wanted.things, **actual.things})
    kept = draw(st.sampled_from((1.0, 1.0, 0.9, 0.5)))
    dice = draw(st.randoms(use_true_random=False))
    known = {name: thing for name, thing in both.things.items() if dice.random() < kept}
    return wanted, actual, draw(st.sampled_from((actual, wanted, both, World(known), World())))


@given(worlds(), worlds())
def test_carrying_out_a_plan_breaks_no_rule_and_reaches_what_is_desired(wanted: World, actual: World) -> None:
    """Every step is allowed at its moment, judged by an oracle that does not know the planner's table."""
    world = deepcopy(actual)
    for step in planned(wanted, actual, actual).operations:
        assert perform(world, step) == []
    assert world.things == wanted.things


@given(worlds(), worlds(), st.randoms(use_true_random=False))
def test_every_order_that_keeps_the_edges_is_safe(wanted: World, actual: World, dice: random.Random) -> None:
    """Apply runs concurrently: any linear extension of the edges must keep the rules, not only the printed one."""
    plan = planned(wanted, actual, actual)
    world, done, left = deepcopy(actual), set[str](), list(plan.operations)
    while left:
        ready = [step for step in left if all(each.operation in done for each in step.after)]
        step = dice.choice(ready)
        assert perform(world, step) == []
        done.add(step.id)
        left.remove(step)
    assert world.things == wanted.things


@given(worlds(storage=12), worlds(storage=12), st.randoms(use_true_random=False))
def test_storage_is_never_exceeded_in_any_order(wanted: World, actual: World, dice: random.Random) -> None:
    """With little storage the edges alone keep every concurrent run within what is booked (netcup/N10)."""
    plan = planned(wanted, actual, actual)
    world, done, left = deepcopy(actual), set[str](), list(plan.operations)
    while left:
        ready = [step for step in left if all(each.operation in done for each in step.after)]
        step = dice.choice(ready)
        assert perform(world, step) == []
        done.add(step.id)
        left.remove(step)


@given(triples())
def test_planning_twice_changes_nothing(triple: tuple[World, World, World]) -> None:
    """After a plan was carried out and recorded, the next plan is empty."""
    wanted, actual, applied = triple
    plan = planned(wanted, actual, applied)
    world = deepcopy(actual)
    for step in plan.operations:
        perform(world, step)
    settled = make_plan(inputs(wanted, world, wanted))
    assert settled.operations == ()
    assert settled.drift == ()


@given(triples())
def test_what_nobody_manages_is_never_touched(triple: tuple[World, World, World]) -> None:
    """No operation names a resource that neither YAML nor state knows, and each such resource is listed."""
    wanted, actual, applied = triple
    foreign = set(actual.things) - set(wanted.things) - set(applied.things)
    plan = planned(wanted, actual, applied)
    assert not {(step.kind, step.key) for step in plan.operations} & foreign
    assert {(each.kind, each.key) for each in plan.unmanaged} == foreign


@given(triples(), st.randoms(use_true_random=False))
def test_input_order_does_not_matter(triple: tuple[World, World, World], dice: random.Random) -> None:
    """Shuffled declarations, live objects and state entries give the same bytes."""
    wanted, actual, applied = triple
    plan = planned(wanted, actual, applied)
    again = planned(_shuffled(wanted, dice), _shuffled(actual, dice), _shuffled(applied, dice))
    assert wire.encode(again) == wire.encode(plan)


def _shuffled(world: World, dice: random.Random) -> World:
    things = list(world.things.items())
    dice.shuffle(things)
    return World(dict(things))


@given(triples())
def test_a_plan_survives_its_journey_through_json(triple: tuple[World, World, World]) -> None:
    """Plan to JSON to plan is the identity, and the digest is that of the plan."""
    wanted, actual, applied = triple
    plan = planned(wanted, actual, applied)
    assert wire.decode(wire.encode(plan)) == plan
    assert wire.to_json(plan)["digest"] == wire.digest(plan)


@given(triples())
def test_dependencies_name_only_what_stands_before(triple: tuple[World, World, World]) -> None:
    """`after` points backwards, without duplicates, and every id is unique."""
    wanted, actual, applied = triple
    seen: set[str] = set()
    for step in planned(wanted, actual, applied).operations:
        named = [(each.operation, each.reason) for each in step.after]
        assert {operation for operation, _ in named} <= seen
        assert len(named) == len(set(named))
        assert step.id not in seen
        seen.add(step.id)


@given(worlds())
def test_adopting_writes_nothing_to_a_provider_that_agrees(wanted: World) -> None:
    """Where state is lost, what is there and declared alike is taken over and not created again."""
    plan = make_plan(inputs(wanted, wanted, None))
    assert {step.action for step in plan.operations} <= {Action.ADOPT}
    assert len(plan.operations) == len(wanted.things)


@given(worlds(), worlds(), worlds())
def test_any_prefix_of_a_run_and_a_new_plan_converge(wanted: World, actual: World, applied: World) -> None:
    """A run that stops after any step leaves a world from which the next plan reaches the goal."""
    plan = planned(wanted, actual, actual)
    world = deepcopy(actual)
    for step in plan.operations:
        perform(world, step)
        rest = make_plan(inputs(wanted, world, world))
        after = deepcopy(world)
        for later in rest.operations:
            perform(after, later)
        assert after.things == wanted.things
