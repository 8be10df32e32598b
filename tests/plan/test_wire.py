"""The plan document on the wire: what is refused, and that nothing secret or temporal is in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.plan import wire
from reconciler.plan.build import make_plan
from reconciler.plan.document import Change, Operation, Plan
from reconciler.plan.shape import plan_schema
from tests.plan.test_order import alias, box, house
from tests.worlds import World, inputs


def some_plan() -> bytes:
    return wire.encode(make_plan(inputs(house(box("ann"), alias("info", "ann")), World())))


def edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    tree = json.loads(some_plan())
    change(tree)
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("data", "id_"),
    [
        (b"", "plan-unreadable"),
        (b"\xff\xfe", "plan-unreadable"),
        (b"[]", "plan-format"),
        (b"{}", "plan-format"),
        (some_plan()[:-200], "plan-unreadable"),
        (edited(lambda tree: tree.update(format="reconciler.plan/2")), "plan-format"),
        (edited(lambda tree: tree["operations"].pop()), "plan-digest"),
        (edited(lambda tree: tree["refusals"].clear()), "plan-digest"),
        (edited(lambda tree: tree.pop("digest")), "plan-digest"),
        (edited(lambda tree: tree.update(extra=1)), "plan-digest"),
        (edited(lambda tree: tree["state"].update(serial=99)), "plan-digest"),
    ],
)
def test_what_is_not_the_plan_that_was_made_is_refused(data: bytes, id_: str) -> None:
    """Truncated, foreign, newer and edited files each have their own diagnostic with what to type."""
    with pytest.raises(Problem) as refused:
        wire.decode(data, "plan.json")
    (found,) = refused.value.diagnostics
    assert found.id == id_
    assert "plan.json" in found.message
    assert "reconciler plan --out" in str(found.help)


def test_a_well_formed_digest_of_nonsense_is_still_refused() -> None:
    """A file whose digest fits but whose content is no plan is refused by its shape."""
    body = {"operations": "all of them"}
    data = json.dumps({"format": "reconciler.plan/1", "digest": wire.digest_of(wire.canonical(body)), **body}).encode()
    with pytest.raises(Problem) as refused:
        wire.decode(data)
    assert refused.value.diagnostics[0].id == "plan-unreadable"


def test_the_document_fits_its_published_schema() -> None:
    """The schema that is generated from the reading models accepts what the writer writes."""
    Draft202012Validator(plan_schema()).validate(json.loads(some_plan()))


def test_logins_and_senders_come_back_from_a_file() -> None:
    """Yes, no, nothing, nobody and one in a list are five values, on the wire and after it."""
    fields = {
        "login": Change(None, False),
        "send_as": Change((), ("ann@a.example",)),
        "to": Change("ann@a.example", ("ann@a.example", "bob@a.example")),
    }
    step = Operation("update alias i@a.example", Action.UPDATE, Kind.ALIAS, "i@a.example", "g", fields=fields)
    data = wire.encode(Plan("sha256:" + "0" * 64, "", 0, (step,)))
    Draft202012Validator(plan_schema()).validate(json.loads(data))
    (read,) = wire.decode(data).operations
    assert dict(read.fields) == fields
    assert read.fields["login"].after is False


def test_the_design_example_has_these_keys() -> None:
    """The keys that users and other tools rely on are there, under these names."""
    tree = json.loads(some_plan())
    assert {"format", "digest", "config", "state", "summary", "operations", "refusals", "drift", "unmanaged"} <= set(
        tree
    )
    assert tree["summary"] == {"create": 4, "update": 0, "delete": 0, "adopt": 0, "forget": 0, "operator": 0}
    step = tree["operations"][-1]
    assert step["id"] == "create alias info@a.example"
    assert step["fields"]["to"] == {"before": None, "after": "ann@a.example"}
    assert {each["rule"] for each in step["after"]} == {"netcup/N16"}
    assert Path(__file__).name not in json.dumps(tree)
