"""`state migrate`: a state moves with its history, whatever dies on the way."""

import itertools
import shlex
import shutil
from pathlib import Path

import pytest

from reconciler.config.statetext import read_state_text
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Kind
from reconciler.state import StateStore, open_state
from reconciler.state.places.register import RegisterState
from reconciler.state.tending.migrating import migrate
from reconciler.state.tending.verifying import verify
from tests.register.memory import MemoryRegister, Place
from tests.state_commands.stores import (
    ANNA,
    BEN,
    COMPANY,
    Dying,
    all_bytes,
    applied,
    created,
    encryption,
    furnish,
    local,
    past,
    trouble,
    unlocked,
)


def in_memory(encryption=None):
    """A state of head and parts."""
    return StateStore(RegisterState(MemoryRegister(Place()), pauses=()), encryption=encryption)


def dying(store, at, *, after):
    """The same state, reached by a process that dies at its nth call."""
    return StateStore(Dying(store.backend, at, after=after), encryption=store.encryption, folders=store.folders)


def same(source_past, source_applied, target):
    """Whether the target holds the state as it was, and one run more: the migration."""
    now = target.load()
    theirs = past(target)
    assert theirs[: len(source_past)] == source_past
    assert {header.operation for header, _, _ in theirs[len(source_past) :]} == {"state migrate"}
    assert now.applied.resources == source_applied.resources
    assert now.applied.acknowledged == source_applied.acknowledged
    assert now.applied.lineage == source_applied.lineage
    assert verify(target).sound


def test_from_the_command_line(applied):
    """The lines to write are printed, and with them nothing has changed; without them every run is refused."""
    ran = applied.run("state", "migrate", "{local: state/other.json}")
    assert "state: {local: state/other.json}" in ran.out
    assert "state-moved-away" in applied.run("plan", exit=1).err
    assert "state-moved-away" in applied.run("state", "rm", "ben@example.org", "--yes", exit=1).err
    applied.edit(("state: {local: state/mail.json}", "state: {local: state/other.json}"))
    assert "Nothing to do" in applied.run("plan").out
    assert applied.run("state", "verify", "--format", "json").json["runs"] == 2


def test_block_form_and_json(applied):
    """What is printed can be pasted, in either form."""
    told = applied.run("state", "migrate", "local: other.json", "--format", "json").json
    assert told["state"] == "state:\n  local: other.json"
    assert (told["resources"], told["runs"]) == (12, 2)
    assert (applied.folder / "other.json").exists()


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("loca: other.json", "unknown-field"),
        ("{local: [}", "yaml-bracket"),
        ("other.json", "wrong-shape"),
        ("", "wrong-shape"),
        ("{local: a, http: {}}", "bad-value"),
        ("{encryption: {recipients: [age1abc]}, local: a}", "bad-value"),
        ("{local: state/mail.json}", "state-migrate-same"),
        ("{local: state/../state/mail.json}", "state-migrate-same"),
    ],
)
def test_a_place_that_is_none(applied, text, id_):
    """Mistakes are told as in the files, and the state is left as it is."""
    before = applied.run("state", "list").out
    assert f"error[{id_}]" in applied.run("state", "migrate", text, exit=1).err
    assert applied.run("state", "list").out.split("serial")[0] == before.split("serial")[0]


@pytest.mark.parametrize("flying", [False, True])
def test_to_another_kind_of_place_and_back(tmp_path, flying):
    """Resources, writes in flight and history are the same in each place; a place that was left can be filled again."""
    first, second = furnish(local(tmp_path), flying=flying), in_memory()
    before, then = past(first), first.load()
    migrate(first, second)
    same(before, then.applied, second)
    assert second.load().in_flight == then.in_flight
    with second.acquire("apply") as session:
        session.end([created(applied(Kind.MAILBOX, "new@example.org", {"owner": "Neu"}))])
    before, then = past(second), second.load()
    migrate(second, first)
    same(before, then.applied, first)
    with pytest.raises(Problem, match="moved"):
        second.load()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies", ["source", "target"])
def test_a_death_at_any_call(tmp_path, dies, after):
    """Until the source is marked it is in force; after a new start the state is whole at the target, and only there."""
    (tmp_path / "0").mkdir()
    furnish(local(tmp_path / "0"), flying=True)
    for at in itertools.count(1):
        folder = shutil.copytree(tmp_path / "0", tmp_path / f"{at}")
        source, target = local(folder), local(folder, "other.json")
        before, then = past(source), source.load().applied
        doomed = dying(source if dies == "source" else target, at, after=after)
        pair = (doomed, target) if dies == "source" else (source, doomed)
        met = trouble(migrate, *pair)
        assert met is None or "died" in met[1]
        assert doomed.backend.dead or at > 10
        unlocked(source, target)
        _use_it_if_it_is_in_force(source, target)
        met = trouble(migrate, source, target)
        assert met is None or met[0] == ["state-moved-away"]
        same(before, then, target)
        if not doomed.backend.dead:
            break


def _use_it_if_it_is_in_force(source, target):
    """A run comes between death and new start, in the one place that is in force."""
    try:
        source.load()
    except Problem:
        assert verify(target).sound
        return
    with source.acquire("state migrate") as session:
        session.acknowledge("operator mailbox m0@example.org", "note 0")


def test_a_place_that_is_taken(tmp_path):
    """Another state, or one that has gone on by itself, is not replaced."""
    source, other = furnish(local(tmp_path)), furnish(local(tmp_path, "other.json"))
    theirs = other.load().applied
    with pytest.raises(Problem) as caught:
        migrate(source, other)
    assert caught.value.diagnostics[0].id == "state-migrate-taken"
    assert other.load().applied == theirs
    assert source.load().applied.resources
    gone_on = local(tmp_path, "copy.json")
    for path in [tmp_path / "mail.json", *(tmp_path / "mail.json.history").iterdir()]:
        copy = tmp_path / str(path.relative_to(tmp_path)).replace("mail.json", "copy.json")
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    with gone_on.acquire("apply") as session:
        session.end([created(COMPANY[2])])
    with pytest.raises(Problem) as caught:
        migrate(source, gone_on)
    assert caught.value.diagnostics[0].id == "state-migrate-taken"


def test_encryption_may_differ(tmp_path):
    """Plain to sealed, sealed for others, and back only where plain text is asked for."""
    plain = furnish(local(tmp_path, "plain.json"), flying=True)
    before, then = past(plain), plain.load().applied
    sealed = local(tmp_path, "sealed.json", encryption(tmp_path, ANNA))
    migrate(plain, sealed)
    same(before, then, sealed)
    assert b"example" not in all_bytes(tmp_path, "sealed.json")
    others = local(tmp_path, "others.json", encryption(tmp_path, BEN))
    before = past(sealed)
    migrate(sealed, others)
    same(before, then, others)
    back = local(tmp_path, "back.json")
    with pytest.raises(Problem) as caught:
        migrate(others, back)
    assert caught.value.diagnostics[0].id == "state-migrate-plaintext"
    assert not (tmp_path / "back.json").exists()
    before = past(others)
    migrate(others, back, plaintext=True)
    same(before, then, back)


def test_a_living_owner_of_either_place(tmp_path):
    """Nobody's run is cut off."""
    source, target = furnish(local(tmp_path)), local(tmp_path, "other.json")
    for held in (source, target):
        with held.acquire("apply"), pytest.raises(Problem) as caught:
            migrate(source, target)
        assert caught.value.diagnostics[0].id == "state-locked"
    migrate(source, target)
    assert source.backend.read_lock() is None
    assert target.backend.read_lock() is None


def test_a_place_that_does_not_keep_what_it_is_given(tmp_path):
    """What was written is read again; where it differs, the state stays in force where it was."""
    source, target = furnish(local(tmp_path)), local(tmp_path, "other.json")

    class Forgetful(Dying):
        def history(self):
            return iter(list(self._inner.history())[:-1])

    with pytest.raises(Problem) as caught:
        migrate(source, StateStore(Forgetful(target.backend, 0, after=False)))
    assert caught.value.diagnostics[0].id == "state-migrate-differs"
    assert source.load().applied.resources


def test_a_place_without_history_is_taken_too(tmp_path):
    """A state of an early version, of this lineage or another, and a first run that died, are not written over."""
    source = furnish(local(tmp_path))
    lineage = source.load().applied.lineage
    early = '{"format":"reconciler.state/1","lineage":"%s","serial":%d,"fence":1,"acknowledged":{},"resources":[\n]}\n'
    for number, content in enumerate((early % ("another", 0), early % (lineage, 9))):
        path = tmp_path / f"early{number}.json"
        path.write_text(content)
        met = trouble(migrate, source, local(tmp_path, path.name))
        assert met[0] == ["state-migrate-taken"]
        assert path.read_text() == content
    first = furnish(local(tmp_path, "first.json"), runs=0, flying=True)
    met = trouble(migrate, source, first)
    assert met[0] == ["state-migrate-taken"]
    assert [each.key for each in first.load().in_flight] == ["late@example.org"]


def test_the_examples_of_its_help_name_places(tmp_path, monkeypatch):
    """What the help shows can be typed as it stands."""
    monkeypatch.setenv("STATE_DSN", "postgresql://reconciler@127.0.0.1/infra")
    shown = [
        line
        for line in Path(__file__).parents[2].joinpath("docs/commands/state.md").read_text().splitlines()
        if line.startswith("reconciler state migrate ")
    ]
    assert shown
    for line in shown:
        open_state(read_state_text(shlex.split(line, comments=True)[3], "BACKEND", tmp_path)).close()


def test_the_copy_in_plain_text_that_stays_behind_is_told(house):
    """Whoever encrypts on the way has an old place to clean up."""
    (house.folder / "key.txt").write_text(ANNA.private)
    sealed = f"{{local: there.json, encryption: {{recipients: [{ANNA.public}], identity: {{file: key.txt}}}}}}"
    assert "The old place keeps its copy in plain text, which" in house.run("state", "migrate", sealed).out
