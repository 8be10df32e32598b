"""`state mv` and `state rm`: what state calls a thing, and whether it knows it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Alias
from reconciler.state.tending.editing import forget, move
from reconciler.state.tending.rewriting import rewriting
from tests.state_commands.stores import COMPANY, created, furnish, local, past


@pytest.fixture
def store(tmp_path):
    """A company's state."""
    return furnish(local(tmp_path))


def edit(store, source, dest, configured=("gw", "zones")):
    """Move, and return the resources afterwards."""
    with rewriting(store, "state mv") as session:
        move(session, source, dest, configured).carry_out(session)
    return store.load().applied.resources


def test_a_renamed_provider_block_changes_no_plan(applied):
    """Once files and state have the new name, there is nothing to do."""
    applied.edit(("groupware", "gw"))
    assert applied.run("plan", exit=1).err
    ran = applied.run("state", "mv", "provider:groupware", "provider:gw")
    assert "mailbox anna@example.org: groupware → gw" in ran.out
    assert "Nothing to do" in applied.run("plan").out


def test_the_history_tells_of_a_move(applied):
    """A move is a run of its own, with its command's name."""
    applied.edit(("groupware", "gw"))
    applied.run("state", "mv", "provider:groupware", "provider:gw")
    told = applied.run("state", "history").out
    assert "state mv" in told
    assert applied.run("state", "verify", "--format", "json").json["sound"] is True


def test_what_names_a_thing_follows_it(store):
    """Domains name their instance, aliases their targets."""
    resources = edit(store, "instance:office", "instance:hq")
    assert resources[Kind.DOMAIN, "example.org"].resource.instance == "hq"
    assert (Kind.INSTANCE, "office") not in resources
    resources = edit(store, "mailbox:anna@example.org", "mailbox:aaa@example.org")
    assert resources[Kind.ALIAS, "info@example.org"].resource.to == ("aaa@example.org", "boss@example.org")


def test_who_may_send_as_an_alias_follows_a_move(store):
    """An alias that names a sender which is called otherwise now names it so, and leads where it led."""
    named = Alias("news@example.org", ("boss@example.org",), ("anna@example.org", "boss@example.org"))
    with store.acquire("apply") as session:
        session.end([created(Applied(named, "groupware"))])
    moved = edit(store, "mailbox:anna@example.org", "mailbox:zoe@example.org")[Kind.ALIAS, "news@example.org"].resource
    assert moved == Alias("news@example.org", ("boss@example.org",), ("boss@example.org", "zoe@example.org"))


def test_what_only_state_knows_stays(store):
    """Id and protection move along."""
    boss = edit(store, "boss@example.org", "chief@example.org")[Kind.MAILBOX, "chief@example.org"]
    assert (boss.id, boss.remember.protect) == ("id-boss@example.org", True)


def test_a_done_step_of_a_person_moves_along(store):
    """What was acknowledged of a mailbox is acknowledged under its new address."""
    with store.acquire("ack") as session:
        session.acknowledge("operator mailbox anna@example.org", "ticket 1")
    edit(store, "provider:groupware", "provider:gw")
    assert store.load().applied.acknowledged["operator mailbox anna@example.org"] == "ticket 1"
    edit(store, "mailbox:anna@example.org", "mailbox:ann@example.org")
    notes = store.load().applied.acknowledged
    assert notes["operator mailbox ann@example.org"] == "ticket 1"
    assert "operator mailbox anna@example.org" not in notes


@pytest.mark.parametrize(
    ("source", "dest", "id_"),
    [
        ("mailbox:ana@example.org", "mailbox:b@example.org", "unknown-key"),
        ("mailbox:anna@example.org", "alias:b@example.org", "state-move-kinds"),
        ("mailbox:anna@example.org", "provider:b", "state-move-kinds"),
        ("mailbox:anna@example.org", "mailbox:boss@example.org", "state-move-taken"),
        ("mailbox:anna@example.org", "info@example.org", "state-move-taken"),
        ("mailbox:anna@example.org", "mailbox:nonsense", "bad-name"),
        ("instance:office", "instance: ", "bad-name"),
        ("domain:example.org", "domain:example.net", "state-move-identity"),
        ("record:example.org MX", "record:example.net MX", "state-move-identity"),
        ("provider:groupwar", "provider:gw", "unknown-provider"),
        ("provider:groupware", "provider:nowhere", "unknown-provider"),
    ],
)
def test_refused_moves(store, source, dest, id_):
    """What makes no sense is refused, and state stays as it is."""
    before = store.load().applied
    with pytest.raises(Problem) as caught:
        edit(store, source, dest)
    assert [each.id for each in caught.value.diagnostics] == [id_]
    assert store.load().applied == before


def test_did_you_mean(applied):
    """A slip in the source is answered by what is meant."""
    assert "anna@example.org" in applied.run("state", "mv", "ana@example.org", "b@example.org", exit=1).err
    assert "provider:groupware" in applied.run("state", "mv", "provider:groupwar", "provider:zones", exit=1).err


def test_two_providers_are_not_merged(store):
    """A name under which something is held is taken."""
    edit(store, "provider:groupware", "provider:gw")
    with store.acquire("apply") as session:
        session.end([created(COMPANY[2])])
    with pytest.raises(Problem, match="held there"):
        edit(store, "provider:gw", "provider:groupware")


def test_a_write_in_flight_is_not_touched(tmp_path):
    """Moving or forgetting what a dead run was writing would remove the trace of it."""
    store = furnish(local(tmp_path), flying=True)
    for source, dest in (
        ("provider:groupware", "provider:gw"),
        ("mailbox:anna@example.org", "mailbox:late@example.org"),
    ):
        with pytest.raises(Problem) as caught:
            edit(store, source, dest)
        assert caught.value.diagnostics[0].id == "state-in-flight"
    assert edit(store, "instance:office", "instance:hq")
    assert [each.key for each in store.load().in_flight] == ["late@example.org"]


@given(st.sampled_from(["instance:office", "mailbox:anna@example.org", "alias:info@example.org", "boss@example.org"]))
@settings(max_examples=8, deadline=None)
def test_there_and_back_is_where_it_was(tmp_path_factory, source):
    """A move and its reverse leave the resources as they were, and a history that replays to them."""
    from reconciler.state.tending.verifying import verify

    store = furnish(local(tmp_path_factory.mktemp("state")))
    before = store.load().applied.resources
    dest = "instance:zz" if source.startswith("instance") else f"{source.partition(':')[0]}:zz@example.net"
    dest = dest if ":" in source else "mailbox:zz@example.net"
    edit(store, source, dest)
    assert edit(store, dest, source) == before
    assert verify(store).findings == []


def test_rm_leaves_the_provider_alone(applied):
    """What is forgotten and still declared is adopted again; nothing is created or deleted."""
    ran = applied.run("state", "rm", "ben@example.org", "alias:info@example.org", "--yes")
    assert "forgot 2 resources" in ran.out
    assert "Plan: 2 to adopt" in applied.run("plan", exit=2).out


def test_rm_asks(applied):
    """Without a terminal and without --yes nothing is forgotten; what would be is shown."""
    before = applied.files()["state/mail.json"].partition(b"\n")[2]
    ran = applied.run("state", "rm", "ben@example.org", exit=4)
    assert "mailbox ben@example.org" in ran.out
    assert "--yes" in ran.err
    assert applied.files()["state/mail.json"].partition(b"\n")[2] == before


def test_rm_as_json(applied):
    """A program reads what was forgotten."""
    told = applied.run("state", "rm", "ben@example.org", "--yes", "--format", "json").json
    assert told["format"] == "reconciler.state-rm/1"
    assert told["changes"] == [
        {"kind": "mailbox", "key": "ben@example.org", "provider": "groupware", "to": None, "follows": False}
    ]


def test_a_protected_resource_is_not_forgotten(store):
    """All or nothing, with the way out."""
    with rewriting(store, "state rm") as session, pytest.raises(Problem) as caught:
        forget(session, ["anna@example.org", "boss@example.org"])
    assert [each.id for each in caught.value.diagnostics] == ["state-protected"]
    assert "protect: false" in caught.value.diagnostics[0].help
    assert store.load().applied.get(Kind.MAILBOX, "anna@example.org") is not None


def test_a_forgotten_value_is_in_the_history(store):
    """The history says what state knew of it."""
    with rewriting(store, "state rm") as session:
        forget(session, ["ANNA@example.org"]).carry_out(session)
    header, steps, _ = past(store)[-1]
    assert header.operation == "state rm"
    assert [(each.action, each.key, each.before["owner"]) for each in steps] == [
        ("forget", "anna@example.org", "Anna Beispiel")
    ]


def test_a_held_lock_is_waited_for(applied):
    """Who holds the lock is told, and how to wait."""
    from reconciler.state.places.local import LocalFiles
    from reconciler.state.store import StateStore

    store = StateStore(LocalFiles(applied.folder / "state/mail.json"))
    with store.acquire("apply"):
        err = applied.run("state", "rm", "ben@example.org", "--yes", "--format", "json", exit=1).out
    assert json.loads(err)["diagnostics"][0]["id"] == "state-locked"
