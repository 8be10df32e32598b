"""The published schema of the state file says what the code writes."""

import json
from pathlib import Path

import jsonschema
import orjson

from reconciler.model.desired import Remembered
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Record, Team
from reconciler.state import snapshot
from reconciler.state.fold import Fold
from reconciler.state.schema import state_schema

_PUBLISHED = Path(__file__).parents[2] / "schemas" / "state.schema.json"


def test_the_published_schema_is_fresh():
    """`schemas/state.schema.json` is what the code generates."""
    assert json.loads(_PUBLISHED.read_text(encoding="utf-8")) == state_schema()


def test_a_snapshot_of_every_kind_fits_the_schema():
    """Each kind of resource, with and without what is remembered, is what the schema describes."""
    fold = Fold()
    fold.lineage, fold.serial, fold.acknowledged = "l", 3, {"operator member a@b.org": "ticket"}
    resources = (
        Instance("office", 5),
        Domain("example.org", "office"),
        Mailbox("a@example.org", "A", 1),
        Alias("b@example.org", ("a@example.org", "c@example.org")),
        Team("family", "a@example.org", "shared", "standard"),
        Member("c@example.org", "family", "C", "standard"),
        Record("example.org", "TXT", "spf", "example.org", 300, ('"v=spf1 -all"',)),
    )
    assert {resource.kind for resource in resources} == set(Kind)
    for resource in resources:
        fold.resources[resource.kind, resource.key] = Applied(resource, "g", "7", Remembered(True, 2, "x"))
    jsonschema.validate(orjson.loads(snapshot.encode(fold)), state_schema())
    jsonschema.validate(orjson.loads(snapshot.encode(Fold())), state_schema())
