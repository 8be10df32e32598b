"""Runs the cases of this folder; README.md tells how to write one."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from reconciler.config import load
from reconciler.dns.derive import derive
from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Problem, Severity
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState, Inventory
from reconciler.plan.build import make_plan
from reconciler.plan.document import Plan
from reconciler.plan.flow import after
from reconciler.plan.gather import Readers, World, inputs_of, mail_settings
from reconciler.plan.inputs import PlanInputs
from reconciler.providers.registry import open_provider
from reconciler.state.resolve import after_write
from tests.cases.expect import KNOWN, differences
from tests.cases.model import Able, Case, abler, cases_of, inventory, merged, state

HERE = Path(__file__).parent
CASES = [
    pytest.param(case, id=f"{file.relative_to(HERE).with_suffix('')}: {case.name}")
    for file in sorted(HERE.rglob("*.yaml"))
    for case in cases_of(file)
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case, tmp_path):
    """The plan of three sides is what the case expects, in all that it names."""
    prepare(case, tmp_path)
    plan = attempted(case, tmp_path)
    if isinstance(plan, Problem):
        told = sorted(each.id for each in plan.diagnostics if each.severity is Severity.ERROR)
        assert told == sorted(case.plan.get("errors", ())), "\n".join(each.message for each in plan.diagnostics)
        return
    assert not case.plan.get("errors"), f"planning succeeds: {[each.id for each in plan.operations]}"
    found = differences(plan, case.plan, case.consents)
    assert not found, "\n".join(["the plan is not as expected", *found])


@pytest.mark.parametrize("case", [each for each in CASES if "errors" not in each.values[0].plan])
def test_the_plan_of_a_case_ends_the_work(case: Case, tmp_path):
    """Carried out in full, persons' steps included, a plan leaves nothing to do."""
    prepare(case, tmp_path)
    before = first_inputs(case, tmp_path)
    world = after(before.actual, make_plan(before).operations)
    again = make_plan(inputs(before.desired, world, remembered(before, world), case.now, case.able))
    assert [each.id for each in again.operations] == []
    assert again.drift == ()


def test_the_readme_tells_every_expectation():
    """A newcomer finds each key that a case may expect."""
    told = (HERE / "README.md").read_text(encoding="utf-8")
    assert not {key for key in KNOWN if f"| `{key}` |" not in told}


def test_each_case_has_a_name_of_its_own():
    """`pytest -k` finds one case by its words."""
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "expected",
    [
        {"operations": []},
        {"operations": [{"id": "create mailbox ann@example.org", "loses_data": True}]},
        {"operations": [{"id": "create mailbox ann@example.org", "fields": {"quota": [None, "2 GB"]}}]},
        {"operations": [{"id": "create mailbox ann@example.org", "after": {"create domain example.org": "netcup/N4"}}]},
        {"operations": [{"id": "create mailbox ann@example.org", "notes": ["lost"]}]},
        {"absent": ["create mailbox ann@example.org"]},
        {"refusals": ["money"]},
        {"warnings": ["owner-swap"]},
        {"drift": ["mailbox ann@example.org: restore"]},
        {"unmanaged": ["mailbox ann@example.org"]},
        {"ledger": {"office": {"end": "2 GB"}}},
        {"held": [{"domain": "example.org", "phase": "switch"}]},
    ],
)
def test_a_wrong_expectation_is_told(expected, tmp_path):
    """The runner would notice: each kind of expectation fails where it does not hold."""
    settled = {"instances": {"office": {"storage": "9 GB"}}, "domains": {"example.org": {"instance": "office"}}}
    new = merged(settled, {"mailboxes": {"ann@example.org": {"owner": "Ann", "quota": "1 GB"}}})
    case = Case("", new, settled, settled, {})
    prepare(case, tmp_path)
    plan = attempted(case, tmp_path)
    assert isinstance(plan, Plan)
    assert differences(plan, expected, ())
    assert not differences(plan, {"operations": ["create mailbox ann@example.org"], "refusals": []}, ())


def prepare(case: Case, folder: Path) -> None:
    """Write what a case needs to find on disk."""
    (folder / "mail.yaml").write_text(case.text(), encoding="utf-8")
    for name in case.files:
        (folder / name).touch()


def attempted(case: Case, folder: Path) -> Plan | Problem:
    """The plan, or what stops it."""
    try:
        return make_plan(first_inputs(case, folder))
    except Problem as problem:
        return problem


def first_inputs(case: Case, folder: Path) -> PlanInputs:
    """What planning is given for a case."""
    desired = load([folder], folder).desired
    return inputs(desired, inventory(case.actual), state(case.applied, desired), case.now, case.able)


def inputs(
    desired: Desired, actual: Inventory, applied: AppliedState, now: float, able: Able = MappingProxyType({})
) -> PlanInputs:
    """The three sides, with the real tables of the configured providers, which are opened and never asked."""
    providers = [(name, open_provider(block)) for name, block in desired.providers.items()]
    readers = Readers(
        {name: each.reader() for name, each in providers if hasattr(each, "reader")},
        {name: each.zone_reader() for name, each in providers if hasattr(each, "zone_reader")},
    )
    try:
        hosted = {name: list(desired.of(Kind.DOMAIN)) for name in readers.zones}
        derived = derive(desired, lambda domain: mail_settings(desired, readers, domain), hosted)
        given = inputs_of(desired, applied, World(actual, derived.declarations, {}, ()), readers, now)
        more = {name: abler(each, able.get(name, {})) for name, each in given.capabilities.items()}
        return replace(given, capabilities=more)
    finally:
        for _, provider in providers:
            asyncio.run(provider.close())


def remembered(before: PlanInputs, actual: Inventory) -> AppliedState:
    """The state after a run that carried everything out: what is declared, as it is there now."""
    resources = {}
    for kind in Kind:
        for key, declaration in before.wanted(kind).items():
            live = actual.get(declaration.provider, kind, key)
            assert live is not None, f"{kind} {key} is declared and was not made"
            past, stood = before.applied.get(kind, key), before.actual.get(declaration.provider, kind, key)
            applied = Applied(live.resource, declaration.provider, live.id, declaration.remember)
            applied = (
                applied if past is None else after_write(applied, past, before.now, stood.resource if stood else None)
            )
            left = tuple(each for each in applied.left if actual.get(each, kind, key) is not None)
            resources[kind, key] = replace(applied, left=left)
    return AppliedState("lineage", 2, resources)
