"""What a place for state must do, done by PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem
from reconciler.state.backend import Contents, Standing
from tests.postgres.images import Image, allow, mailbox, refuse
from tests.servers.keeper import until


def test_what_is_not_there_is_empty(open_state, database):
    """A reader finds an empty state in a database without our tables, and makes none."""
    state = open_state()
    assert state.read() == Contents(None, b"")
    assert state.read_lock() is None
    assert list(state.history()) == []
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT to_regnamespace('reconciler')").fetchone() == (None,)


def test_what_is_appended_is_read(state, open_state):
    """The journal is what was appended, for another connection too."""
    state.append(b"one\n", 0, allow)
    state.append(b"two\n", 4, allow)
    assert open_state().read() == Contents(None, b"one\ntwo\n")


@pytest.mark.parametrize("at", [0, 2, 4, 6, 8])
def test_what_stands_behind_the_place_is_cut_off(state, at):
    """An append at a place in the middle takes away what was behind it, whole commits and parts of them."""
    state.append(b"one\n", 0, allow)
    state.append(b"two\n", 4, allow)
    state.append(b"new\n", at, allow)
    assert state.read().journal == b"one\ntwo\n"[:at] + b"new\n"


def test_a_journal_that_is_shorter_than_known_is_refused(state):
    """Whoever knows more of the journal than there is does not write."""
    state.append(b"one\n", 0, allow)
    with pytest.raises(Problem, match="4 bytes where 9 were written"):
        state.append(b"two\n", 9, allow)
    assert state.read().journal == b"one\n"


def test_a_snapshot_is_read_as_it_was_written(state):
    """Head, rows in the order of their names, tail."""
    image = Image(1, dict([mailbox(2), mailbox(1), ("domain ünï", b'{"kind":"domain"}'), ("alias z", b"[]")]))
    state.replace(image, 0, allow)
    assert state.read() == Contents(image.whole(), b"")


def test_an_empty_snapshot_is_not_none(state):
    """A state from which everything has gone is there all the same."""
    image = Image(1, {})
    state.replace(image, 0, allow)
    assert state.read().snapshot == image.whole()


def test_what_is_folded_becomes_history(state):
    """Folded journals stay, oldest first; what stood behind the place does not."""
    state.append(b"one\n", 0, allow)
    state.append(b"two\n", 4, allow)
    state.append(b"torn", 8, allow)
    state.replace(Image(1, {}), 8, allow)
    state.append(b"three\n", 0, allow)
    state.replace(Image(2, {}), 6, allow)
    state.append(b"four\n", 0, allow)
    assert list(state.history()) == [b"one\ntwo\n", b"three\n"]
    assert state.read().journal == b"four\n"


def test_archive_folds_without_a_snapshot(state):
    """A journal that the snapshot contains already becomes history by itself, and only its beginning."""
    state.replace(Image(1, {}), 0, allow)
    state.append(b"one\n", 0, allow)
    state.append(b"tw", 4, allow)
    state.archive(4, allow)
    assert list(state.history()) == [b"one\n"]
    assert state.read() == Contents(Image(1, {}).whole(), b"")


def test_history_can_be_rewritten(state):
    """Each folded journal is changed in its place, and one that becomes nothing goes; the journal is not touched."""
    for number, text in enumerate((b"one\n", b"two\n", b"three\n"), start=1):
        state.append(text, 0, allow)
        state.replace(Image(number, {}), len(text), allow)
    state.append(b"four\n", 0, allow)
    state.rewrite_history(lambda text: b"" if text == b"two\n" else text.upper(), allow)
    assert list(state.history()) == [b"ONE\n", b"THREE\n"]
    assert state.read().journal == b"four\n"
    state.append(b"five\n", 5, allow)
    assert state.read().journal == b"four\nfive\n"


@pytest.mark.parametrize("write", ["append", "follow", "archive", "replace", "rewrite_history"])
def test_a_fence_that_refuses_leaves_nothing(state, write):
    """No write has any effect once its fence has spoken, and the next one that may write does."""
    before = Image(1, dict([mailbox(1)]))
    state.replace(before, 0, allow)
    state.append(b"one\n", 0, allow)
    state.replace(before, 4, allow)
    if write == "follow":  # an append behind another one of ours goes a shorter way
        state.append(b"two\n", 0, allow)
    attempts = {
        "append": lambda: state.append(b"two\n", 0, refuse),
        "follow": lambda: state.append(b"no\n", 4, refuse),
        "archive": lambda: state.archive(0, refuse),
        "replace": lambda: state.replace(Image(2, {}), 0, refuse),
        "rewrite_history": lambda: state.rewrite_history(bytes.upper, refuse),
    }
    contents, history = state.read(), list(state.history())
    with pytest.raises(Problem, match="no"):
        attempts[write]()
    assert state.read() == contents
    assert list(state.history()) == history
    state.append(b"yes\n", len(contents.journal), allow)
    assert state.read().journal == contents.journal + b"yes\n"


def test_the_fence_sees_what_stands_there(state):
    """Lock and first line of the snapshot, as they are in the moment of each write."""
    seen = []
    state.append(b"one\n", 0, seen.append)
    assert state.write_lock(None, b"mine")
    state.append(b"two\n", 4, seen.append)
    state.replace(Image(7, {}), 8, seen.append)
    state.append(b"three\n", 0, seen.append)
    state.append(b"four\n", 6, seen.append)
    identity = b'{"serial":7}\n'
    assert seen[0] == Standing(None, None)
    # an append that finds something else than it expected asks again with what it found
    assert [each for number, each in enumerate(seen) if each not in seen[:number]] == [
        Standing(None, None),
        Standing(b"mine", None),
        Standing(b"mine", identity),
    ]


@pytest.mark.parametrize("what", ["lock", "snapshot", "identity", "journal"])
def test_an_append_behind_our_own_notices_what_others_did_in_between(state, open_state, database, what):
    """The short way is left as soon as lock, snapshot or journal are not as our last append has left them."""
    other = open_state()
    state.append(b"one\n", 0, allow)
    deeds = {
        "lock": lambda: other.write_lock(None, b"theirs"),
        "snapshot": lambda: other.replace(Image(9, {}), 4, allow),
        "journal": lambda: other.append(b"theirs\n", 4, allow),
    }
    if what == "identity":  # by hand, past every rule
        with psycopg.connect(database.dsn) as connection:
            connection.execute("UPDATE reconciler.state SET identity = 'x', head = ''")
    else:
        deeds[what]()

    def ours(standing):
        if standing != Standing(None, None):
            refuse(standing)

    if what == "journal":
        # nobody may do that without the lock; it counts as never completely written
        state.append(b"two\n", 4, ours)
        assert state.read().journal == b"one\ntwo\n"
    else:
        before = state.read()
        with pytest.raises(Problem, match="no"):
            state.append(b"two\n", 4, ours)
        assert state.read() == before


def test_the_lock_is_compared_and_swapped(state, open_state):
    """It changes only from what the caller says it is."""
    other = open_state()
    assert not state.write_lock(b"none", b"mine")
    assert state.write_lock(None, b"mine")
    assert not other.write_lock(None, b"theirs")
    assert not other.write_lock(b"nine", b"theirs")
    assert other.read_lock() == b"mine"
    assert other.write_lock(b"mine", b"theirs")
    assert not state.write_lock(b"mine", None)
    assert other.write_lock(b"theirs", None)
    assert state.read_lock() is None


def test_of_many_who_want_the_lock_one_gets_it(open_state):
    """Eight threads, each with connections of its own and no tables there yet: one wins, and the others are told no."""
    states = [open_state() for _ in range(8)]
    start = threading.Barrier(len(states))
    won = []

    def race(number):
        start.wait()
        if states[number].write_lock(None, b"%d" % number):
            won.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(len(states))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert states[0].read_lock() == b"%d" % won[0]


def test_a_writer_between_look_and_write_waits(state, open_state, database):
    """While a fence looks, nobody else can change the lock; afterwards he finds it as it then is."""
    other = open_state()
    assert state.write_lock(None, b"mine")
    asked, taken = threading.Event(), []
    thief = threading.Thread(target=lambda: (asked.set(), taken.append(other.write_lock(b"mine", b"theirs"))))

    def fence(_standing):
        thief.start()
        asked.wait()
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%SET lock%'"
            until(lambda: connection.execute(waiting).fetchone() != (0,))
        assert taken == []

    state.replace(Image(1, {}), 0, fence)
    thief.join()
    assert taken == [True]
    assert state.read_lock() == b"theirs"


def test_a_reader_sees_the_old_or_the_new(state, open_state):
    """While snapshots and journals are written, each reading is one moment's: never a mixture."""
    other = open_state()
    images = [Image(number, dict([mailbox(each, quota=number) for each in range(50)])) for number in range(30)]
    state.replace(images[0], 0, allow)
    done = threading.Event()
    seen, wrong = set(), []

    def watch():
        while not done.is_set():
            contents = other.read()
            number = int(contents.snapshot[10:].partition(b"}")[0])
            seen.add(number)
            if contents.snapshot != images[number].whole() or contents.journal not in (b"", b"after %d\n" % number):
                wrong.append(contents)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            for number, image in enumerate(images[1:], start=1):
                state.replace(image, len(state.read().journal), allow)
                state.append(b"after %d\n" % number, 0, allow)
        finally:
            done.set()
        watching.result()
    assert wrong == []
    assert len(seen) > 1


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["append", "archive", "replace", "reopen"]), st.binary(max_size=9), st.integers(0, 40)
        ),
        max_size=12,
    )
)
def test_it_is_like_a_place_in_memory(open_state, steps):
    """Law: whatever is done in whatever order, snapshot, journal and history are those of the simplest model."""
    name = f"law {id(steps)}"
    state = open_state(name)
    journal, snapshot, folded, rows = b"", None, [], {}
    for number, (deed, data, at) in enumerate(steps):
        place = min(at, len(journal))
        if deed == "append":
            state.append(data, place, allow)
            journal = journal[:place] + data
        elif deed == "archive":
            state.archive(place, allow)
            folded, journal = [*folded, journal[:place]], b""
        elif deed == "replace":
            changed = {**rows, f"row {at % 3}": b"%d" % number, f"row {at % 5}": b"[]"}
            changed.pop(f"row {number % 4}", None)
            image = Image(number, changed, before=rows)
            state.replace(image, place, allow)
            rows, snapshot = changed, image.whole()
            folded, journal = [*folded, journal[:place]], b""
        else:
            state.close()
            state = open_state(name)
    assert state.read() == Contents(snapshot, journal)
    assert list(state.history()) == [each for each in folded if each]
    state.append(b"", 0, allow)
    state.replace(Image(0, {}), 0, allow)
    state.rewrite_history(lambda _: b"", allow)
    state.close()
