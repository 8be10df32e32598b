"""The journal: what a crash may tear, what is damage, and that state is the fold of it at every prefix."""

import asyncio
import zlib

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.desired import Remembered, StateBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Alias, Mailbox, Record
from reconciler.state import Ended, Intent, StateStore, journal, open_state, snapshot
from reconciler.state.fold import Fold
from reconciler.state.values import RunHeader


def store(folder) -> StateStore:
    return open_state(StateBlock("local", "mail.json", folder))


def created(key: str, quota: int = 1, **rest) -> Ended:
    applied = Applied(Mailbox(key, "Anna", quota), "g", f"id-{key}", **rest)
    return Ended(Action.CREATE, Kind.MAILBOX, key, "g", applied=applied)


def intended(key: str) -> Intent:
    return Intent(Action.CREATE, Kind.MAILBOX, key, "g", {"owner": "Anna", "quota": 1}, "sha256:0")


def run_and_leave(folder, *ends: Ended, begins: tuple[Intent, ...] = ()) -> None:
    """Commit entries and die: neither fold nor release."""
    manager = store(folder).acquire("apply")
    session = manager.__enter__()
    if begins:
        session.begin(begins)
        session.commit_now()
    for end in ends:
        session.end([end])
        session.commit_now()
    session.abandon()


def test_a_state_that_does_not_exist_is_empty_and_reading_it_makes_no_file(tmp_path):
    """Planning before the first apply sees an empty state and leaves no trace."""
    loaded = store(tmp_path / "none").load()
    assert (loaded.applied.lineage, loaded.applied.serial, dict(loaded.applied.resources)) == ("", 0, {})
    assert not (tmp_path / "none").exists()


def test_what_a_run_records_is_loaded_with_ids_and_what_is_remembered(tmp_path):
    """Fields, provider ids, protection, password versions and acknowledgements survive the run."""
    remember = Remembered(protect=True, password_version=3, contribution='"v=spf1 -all"')
    record = Applied(Record("example.org", "TXT", "spf", "example.org", 300, ('"v=spf1 -all"',)), "z", "", remember)
    with store(tmp_path).acquire("apply") as session:
        session.end([created("anna@example.org", remember=Remembered(True, 2))])
        session.end([Ended(Action.CREATE, Kind.RECORD, "example.org TXT spf", "z", applied=record)])
        alias = Applied(Alias("info@example.org", ("a@example.org", "b@example.org")), "g")
        session.end([Ended(Action.ADOPT, Kind.ALIAS, "info@example.org", "g", applied=alias)])
        session.acknowledge("operator member ben@example.org", "ticket 7")
    loaded = store(tmp_path).load().applied
    assert (
        loaded.get(Kind.MAILBOX, "anna@example.org")
        == created("anna@example.org", remember=Remembered(True, 2)).applied
    )
    assert loaded.get(Kind.RECORD, "example.org TXT spf") == record
    assert loaded.get(Kind.ALIAS, "info@example.org") == alias
    assert loaded.acknowledged == {"operator member ben@example.org": "ticket 7"}
    assert loaded.serial == 1
    assert loaded.lineage


def test_each_writing_run_raises_the_serial_and_keeps_the_lineage(tmp_path):
    """A plan made before another's run can be told to be stale; a run that writes nothing changes nothing."""
    seen = []
    for number in range(3):
        with store(tmp_path).acquire("apply") as session:
            session.end([created(f"u{number}@example.org")])
        seen.append(store(tmp_path).load().applied)
    assert [state.serial for state in seen] == [1, 2, 3]
    assert len({state.lineage for state in seen}) == 1
    before = (tmp_path / "mail.json").read_bytes()
    with store(tmp_path).acquire("apply"):
        pass
    assert (tmp_path / "mail.json").read_bytes() == before


def test_a_write_that_began_and_did_not_end_is_in_flight_after_a_crash(tmp_path):
    """The intent is found by the next run, with what was intended."""
    run_and_leave(tmp_path, created("a@example.org"), begins=(intended("a@example.org"), intended("b@example.org")))
    loaded = store(tmp_path).load()
    assert loaded.in_flight == (intended("b@example.org"),)
    assert [key for _, key in loaded.applied.resources] == ["a@example.org"]


@pytest.mark.parametrize("cut", [1, 5, 9, 20, -2])
def test_a_torn_last_line_counts_as_not_written(tmp_path, cut):
    """A crash in the middle of a commit loses that commit and nothing before it; the next run goes on behind it."""
    run_and_leave(tmp_path, created("a@example.org"))
    path = tmp_path / "mail.json.journal"
    whole = path.read_bytes()
    run_and_leave(tmp_path, created("b@example.org"))
    path.write_bytes(whole + path.read_bytes()[len(whole) :][:cut])
    loaded = store(tmp_path).load()
    assert loaded.torn
    assert [key for _, key in loaded.applied.resources] == ["a@example.org"]
    with store(tmp_path).acquire("apply") as session:
        session.end([created("c@example.org")])
        session.commit_now()
        assert not store(tmp_path).load().torn
    assert {key for _, key in store(tmp_path).load().applied.resources} == {"a@example.org", "c@example.org"}


def test_a_last_line_with_holes_where_the_disk_never_wrote_counts_as_not_written(tmp_path):
    """After a power cut a file can have its length and not its content."""
    run_and_leave(tmp_path, created("a@example.org"))
    path = tmp_path / "mail.json.journal"
    whole = path.read_bytes()
    big = journal.encode([journal_entry(created(f"user-{number}@example.org")) for number in range(30)])
    torn = bytearray(whole + big)
    first = (len(whole) // 512 + 1) * 512
    for start, stop in ((len(whole), first), (first + 512, first + 1024), (first + 1024, len(torn))):
        path.write_bytes(torn[:start] + bytes(stop - start) + torn[stop:])
        loaded = store(tmp_path).load()
        assert loaded.torn
        assert [key for _, key in loaded.applied.resources] == ["a@example.org"]
    path.write_bytes(whole + b"x" * 7 + b"\0" + b"x" * 600 + b"\n")
    with pytest.raises(Problem):
        store(tmp_path).load()
    path.write_bytes(b"\0" * 10 + b"\n" + whole)
    with pytest.raises(Problem) as caught:
        store(tmp_path).load()
    assert caught.value.diagnostics[0].id == "state-journal-damaged"


@pytest.mark.parametrize("what", ["middle", "last", "garbage"])
def test_a_damaged_line_is_refused_and_left_as_it_is(tmp_path, what):
    """A journal that somebody changed is never half-read, and the message says which line and what to do."""
    run_and_leave(tmp_path, created("a@example.org"), created("b@example.org"))
    path = tmp_path / "mail.json.journal"
    lines = path.read_bytes().splitlines(keepends=True)
    number = {"middle": 1, "last": 2, "garbage": 1}[what]
    if what == "garbage":
        lines = [b"hello world\n"]
    else:
        lines[number - 1] = lines[number - 1].replace(b"Anna", b"Emma")
    damaged = b"".join(lines)
    path.write_bytes(damaged)
    for attempt in (store(tmp_path).load, lambda: store(tmp_path).acquire("apply").__enter__()):
        with pytest.raises(Problem) as caught:
            attempt()
        (found,) = caught.value.diagnostics
        assert found.id == "state-journal-damaged"
        assert f"line {number} " in found.message
        assert found.help
    assert path.read_bytes() == damaged
    assert not (tmp_path / "mail.json.lock").exists()


def test_a_snapshot_that_holds_the_journals_runs_already_does_not_get_them_twice(tmp_path):
    """A crash between putting the snapshot in place and removing the journal is harmless."""
    run_and_leave(tmp_path, created("a@example.org"))
    kept = (tmp_path / "mail.json.journal").read_bytes()
    with store(tmp_path).acquire("apply") as session:
        session.end([created("a@example.org", quota=9)])
        session.commit_now()
        later = (tmp_path / "mail.json.journal").read_bytes()
    assert later.startswith(kept)
    (tmp_path / "mail.json.journal").write_bytes(later)
    loaded = store(tmp_path).load().applied
    assert loaded.serial == 2
    assert loaded.get(Kind.MAILBOX, "a@example.org") == created("a@example.org", quota=9).applied
    with store(tmp_path).acquire("apply") as session:
        session.end([created("b@example.org")])
    assert store(tmp_path).load().applied.serial == 3


def test_a_journal_without_its_snapshot_is_refused(tmp_path):
    """Deleting the snapshot alone is not mistaken for an empty state."""
    with store(tmp_path).acquire("apply") as session:
        session.end([created("a@example.org")])
    run_and_leave(tmp_path, created("b@example.org"))
    (tmp_path / "mail.json").unlink()
    with pytest.raises(Problem) as caught:
        store(tmp_path).load()
    assert caught.value.diagnostics[0].id == "state-journal-foreign"


def test_a_journal_of_another_lineage_is_refused(tmp_path):
    """Files of two states are not mixed."""
    for name in ("one", "two"):
        with store(tmp_path / name).acquire("apply") as session:
            session.end([created("a@example.org")])
        run_and_leave(tmp_path / name, created("b@example.org"))
    (tmp_path / "one" / "mail.json.journal").write_bytes((tmp_path / "two" / "mail.json.journal").read_bytes())
    with pytest.raises(Problem) as caught:
        store(tmp_path / "one").load()
    assert caught.value.diagnostics[0].id == "state-journal-foreign"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "state-corrupt"),
        (b"\x00\xff", "state-corrupt"),
        (b'{"format": "reconciler.state/1", "lineage": "x"', "state-corrupt"),
        (b'{"format": "reconciler.state/1", "lineage": "x", "serial": "7", "resources": []}', "state-corrupt"),
        (b'{"format": "reconciler.state/1", "lineage": "x", "serial": 7}', "state-corrupt"),
        (b'{"format":"reconciler.state/1","lineage":"x","serial":7,"resources":[{"kind":"moon"}]}', "state-corrupt"),
        (b'{"format":"reconciler.state/1","lineage":"x","serial":7,"resources":[7]}', "state-corrupt"),
        (b'{"format": "reconciler.state/3", "lineage": "x", "serial": 7, "resources": []}', "state-newer"),
        (b'{"format":"reconciler.state/2","lineage":"x","serial":7,\n"acknowledged":{},"reso', "state-truncated"),
        (b'{"version": 4, "terraform_version": "1.9"}', "state-foreign"),
        (b"[1, 2]", "state-foreign"),
    ],
)
def test_a_broken_state_file_is_refused_with_help_and_left_alone(tmp_path, content, expected):
    """Truncated, foreign and newer files each have their diagnostic; nobody writes over them."""
    path = tmp_path / "mail.json"
    path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        store(tmp_path).load()
    assert caught.value.diagnostics[0].id == expected
    assert caught.value.diagnostics[0].help
    with pytest.raises(Problem):
        store(tmp_path).acquire("apply").__enter__()
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["mail.json"]


def test_a_newer_journal_is_refused(tmp_path):
    """A journal of a later version is neither read nor written."""
    body = orjson.dumps([{"run": "x", "format": "reconciler.journal/2", "serial": 1, "lineage": "l", "fence": 1}])
    (tmp_path / "mail.json.journal").write_bytes(b"%08x %b\n" % (zlib.crc32(body), body))
    with pytest.raises(Problem) as caught:
        store(tmp_path).load()
    assert caught.value.diagnostics[0].id == "state-newer"


def test_the_snapshot_has_one_resource_a_line_whatever_is_in_it(tmp_path):
    """Two states can be compared by eye, also where a name looks like JSON."""
    fold = Fold()
    tricky = '"},{"kind":"mailbox'
    fold.resources[Kind.MAILBOX, "b@example.org"] = Applied(Mailbox("b@example.org", tricky, 1), "g")
    fold.resources[Kind.MAILBOX, "a@example.org"] = Applied(Mailbox("a@example.org", "A", 1), "g")
    data = snapshot.encode(fold)
    assert len(data.splitlines()) == 5
    assert snapshot.decode(data, "x")[0].resources == fold.resources


def test_commits_that_wait_together_share_one_write(tmp_path):
    """A hundred tasks that commit at once cause a handful of fsyncs."""

    async def main(session):
        async def one(number):
            session.begin([intended(f"u{number}@example.org")])
            await session.commit()
            session.end([created(f"u{number}@example.org")])
            await session.commit()

        await asyncio.gather(*map(one, range(100)))

    with store(tmp_path).acquire("apply") as session:
        asyncio.run(main(session))
        assert session.fsyncs <= 4
    assert len(store(tmp_path).load().applied.resources) == 100


def test_a_commit_returns_only_when_what_was_added_before_it_can_be_loaded(tmp_path):
    """Whatever else is being written at the time."""

    async def main(session):
        async def one(number):
            await asyncio.sleep(0)
            session.end([created(f"u{number}@example.org")])
            await session.commit()
            assert store(tmp_path).load().applied.get(Kind.MAILBOX, f"u{number}@example.org")

        await asyncio.gather(*map(one, range(30)))

    with store(tmp_path).acquire("apply") as session:
        asyncio.run(main(session))


def test_bytes_written_for_one_change_do_not_grow_with_the_state(tmp_path):
    """A large state is not rewritten for a small change; its journal is folded when it is worth it."""
    with store(tmp_path).acquire("apply") as session:
        session.end(created(f"user{number}@example.org") for number in range(12_000))
    assert not (tmp_path / "mail.json.journal").exists()
    with store(tmp_path).acquire("apply") as session:
        session.begin([intended("new@example.org")])
        session.commit_now()
        session.end([created("new@example.org")])
        session.commit_now()
    assert session.written < 2000
    assert len(store(tmp_path).load().applied.resources) == 12_001
    with store(tmp_path).acquire("apply") as session:
        session.end(created(f"user{number}@example.org", quota=2) for number in range(12_000))
    assert not (tmp_path / "mail.json.journal").exists()
    assert session.written / 12_000 < 1000


_KEYS = st.sampled_from([f"{letter}@example.org" for letter in "abcd"])
_ENDS = st.one_of(
    st.builds(created, _KEYS, st.integers(1, 5)),
    st.builds(lambda key: Ended(Action.DELETE, Kind.MAILBOX, key, "g", gone=True), _KEYS),
    st.builds(lambda key: Ended(Action.DELETE, Kind.MAILBOX, key, "other", gone=True), _KEYS),
    st.builds(lambda key: Ended(Action.UPDATE, Kind.MAILBOX, key, "g", done=False, message="no"), _KEYS),
)
_ENTRIES = st.lists(st.one_of(_ENDS, _KEYS.map(intended)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(runs=st.lists(_ENTRIES, max_size=3))
def test_the_fold_of_the_journal_is_the_state_in_memory_at_every_prefix(runs):
    """Two representations of one state, compared after each entry; the snapshot in between changes nothing."""
    memory, commits = Fold(), []
    for serial, entries in enumerate(runs, start=1):
        header = RunHeader(f"run{serial}", "lineage", serial, serial)
        memory.run(header)
        commits.append(journal.encode([journal_entry(header)]))
        for entry in entries:
            if isinstance(entry, Intent):
                memory.begin(entry)
            else:
                memory.end(entry)
            commits.append(journal.encode([journal_entry(entry)]))
            assert replayed(b"".join(commits)) == as_tuple(memory)
        reread, _ = snapshot.decode(snapshot.encode(memory), "x")
        bodies, _ = journal.lines(b"".join(commits), "x")
        assert not journal.replay(bodies, reread, "x")
        assert as_tuple(reread) == as_tuple(memory)


def journal_entry(value):
    from reconciler.state import codec

    write = {RunHeader: codec.header_data, Intent: codec.intent_data, Ended: codec.ended_data}
    return write[type(value)](value)


def replayed(data: bytes):
    fold = Fold()
    bodies, whole = journal.lines(data, "x")
    assert whole == len(data)
    journal.replay(bodies, fold, "x")
    return as_tuple(fold)


def as_tuple(fold: Fold):
    return fold.lineage, fold.serial, fold.fence, fold.resources, fold.acknowledged, fold.in_flight


@settings(max_examples=60, deadline=None)
@given(entries=st.lists(_ENDS, min_size=1, max_size=5), cut=st.integers(0, 4000), flip=st.integers(0, 7))
def test_no_cut_and_no_changed_bit_is_read_as_something_else(entries, cut, flip):
    """A cut journal is a prefix of itself; a changed bit is found, or in a torn last line that counts for nothing."""
    header = journal_entry(RunHeader("r", "l", 1, 1))
    commits = [journal.encode([header]), *(journal.encode([journal_entry(each)]) for each in entries)]
    data = b"".join(commits)
    bodies = journal.lines(data, "x")[0]
    found, whole = journal.lines(data[: cut % len(data)], "x")
    assert found == bodies[: len(found)]
    assert whole == sum(map(len, commits[: len(found)]))
    place = cut % len(data)
    changed = data[:place] + bytes([data[place] ^ (1 << flip)]) + data[place + 1 :]
    try:
        found, _ = journal.lines(changed, "x")
    except Problem:
        return
    assert found == bodies[:-1]
