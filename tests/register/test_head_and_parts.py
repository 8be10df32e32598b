"""What stands in the head, what in parts, what a commit costs, and what is said where one of them is damaged."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem, problem
from reconciler.state.backend import BackendError, Contents
from reconciler.state.places.register import RegisterState
from reconciler.state.places.register.head import Head, Part, Snapshot, decode, encode, pack
from tests.register.images import Picture, free
from tests.register.memory import Fault, MemoryRegister, Place

LARGE = Picture(b'{"serial":2,\n', tuple(b"%050d" % number for number in range(2000)))
_PART = st.builds(
    Part, st.text(min_size=1), st.integers(0, 1 << 40), st.text("0123456789abcdef", min_size=64, max_size=64)
)
_HEADS = st.builds(
    Head,
    serial=st.integers(0, 1 << 50),
    write=st.text(),
    lock=st.none() | st.binary(),
    snapshot=st.none() | st.builds(Snapshot, st.binary(), st.binary() | _PART),
    journal=st.lists(_PART, max_size=3).map(tuple),
    tail=st.binary() | st.text().map(str.encode),
    history=st.none() | _PART,
)  # fmt: skip


def state(place: Place, **options) -> RegisterState:
    return RegisterState(MemoryRegister(place, **options), pauses=(0.0, 0.0), sleep=lambda _: None)


def fail_at(call: str, fault: Fault, number: int = 1):
    """Let the so-many-th call of a name fail."""
    count = 0

    def step(name: str) -> Fault:
        nonlocal count
        count += name == call
        return fault if name == call and count == number else Fault.NONE

    return step


def refusing(_: object) -> None:
    raise Problem(problem("state-lock-lost", "lost"))


@given(_HEADS)
def test_a_head_is_read_as_it_was_written(head):
    """Any bytes of lock, snapshot and journal come back the same."""
    assert decode(encode(head), "here") == head


def test_the_head_is_json_with_a_serial_that_rises():
    """Servers that keep versions of Terraform's state look for a serial at the top, which each write raises."""
    place = Place()
    mine = state(place)
    serials = []
    for number in range(3):
        assert mine.write_lock(b"%d" % (number - 1) if number else None, b"%d" % number)
        serials.append(json.loads(place.head)["serial"])
    assert serials == [1, 2, 3]


@given(st.binary(max_size=300))
def test_bytes_take_a_third_more_at_most(data):
    """What is no text, or would be longer as one, stands in base64."""
    assert len(json.dumps(pack(data), ensure_ascii=False).encode()) <= len(base64.b64encode(data)) + 20


def test_a_commit_is_one_request():
    """With the lock held, each commit is one write of the head and nothing is read."""
    place = Place()
    mine = state(place)
    mine.write_lock(None, b"lock")
    mark, at = len(place.calls), 0
    for _ in range(20):
        mine.append(b"line\n", at, free)
        at += 5
    assert place.since(mark) == ["put"] * 20


@pytest.mark.parametrize("rows", [1_000, 100_000])
def test_a_commit_costs_the_same_whatever_the_size_of_the_state(rows):
    """Bytes written for a commit do not depend on how many rows the snapshot has."""
    place = Place()
    mine = state(place)
    row = b'{"kind":"mailbox","key":"%08d@example.org","provider":"p"}'
    mine.replace(Picture(lines=tuple(row % number for number in range(rows))), 0, free)
    at, sizes = 0, []
    for number in range(100):
        mark = len(place.calls)
        line = b"%0300d\n" % number
        mine.append(line, at, free)
        at += len(line)
        sizes.append(sum(size for _, size in place.calls[mark:]))
    assert sum(sizes) / 100 < 20_000
    assert max(sizes) < 40_000


def test_the_head_stays_small_and_the_parts_few_however_long_the_run():
    """A run of 16 MB of journal has a head below 200 kB at each commit, and a handful of parts."""
    place = Place()
    mine = state(place)
    line = b"%01999d\n" % 7
    at = 0
    for _ in range(8000):
        mine.append(line, at, free)
        at += len(line)
    assert max(size for name, size in place.calls if name == "put") < 200_000
    assert len(place.parts) < 14
    assert sum(size for name, size in place.calls if name == "write_part") < 10 * at
    assert state(place).read().journal == line * 8000


def test_a_large_snapshot_and_a_large_commit_are_parts():
    """Nothing large stands in the head, and the one before is removed only after."""
    place = Place()
    mine = state(place)
    mine.replace(LARGE, 0, free)
    mine.append(b"x" * 100_000 + b"\n", 0, free)
    assert len(place.head) < 2000
    assert state(place).read() == Contents(LARGE.whole(), b"x" * 100_000 + b"\n")
    mark = len(place.calls)
    mine.replace(replace(LARGE, identity=b"{2\n"), 100_001, free)
    assert place.since(mark) == ["write_part", "write_part", "put", "drop_part"]
    assert state(place).read().snapshot == replace(LARGE, identity=b"{2\n").whole()


def test_history_is_told_oldest_first_and_whole():
    """Folded journals come in order, whether they were a tail or parts; what stood behind `at` is not among them."""
    place = Place()
    mine = state(place)
    journals = [b"one\n", b"2" * 150_000 + b"\n", b"three\n"]
    for number, journal in enumerate(journals):
        mine.append(journal, 0, free)
        if number % 2:
            mine.archive(len(journal), free)
        else:
            mine.append(b"torn", len(journal), free)
            mine.replace(Picture(), len(journal), free)
    assert list(state(place).history()) == journals
    assert state(place).read().journal == b""
    assert state(place).orphans() == frozenset()


def test_history_can_be_rewritten_in_one_step():
    """Every folded journal is replaced by what it was changed to, in order, and the old parts go."""
    place = Place()
    mine = state(place)
    for journal in (b"one\n", b"2" * 150_000 + b"\n"):
        mine.append(journal, 0, free)
        mine.archive(len(journal), free)
    mine.rewrite_history(lambda old: b"sealed " + old[:3], free)
    assert list(state(place).history()) == [b"sealed one", b"sealed 222"]
    assert mine.orphans() == frozenset()
    with pytest.raises(Problem):
        mine.rewrite_history(bytes.upper, refusing)
    assert list(state(place).history()) == [b"sealed one", b"sealed 222"]


def test_an_empty_history_is_rewritten_to_itself():
    """Nothing is written where nothing was folded."""
    place = Place()
    state(place).rewrite_history(bytes.upper, free)
    assert place.head is None


def test_what_stood_behind_at_is_cut_off_even_inside_a_part():
    """A writer says where the journal ends that it knows, and what is behind goes."""
    place = Place()
    mine = state(place)
    mine.append(b"a" * 100_000, 0, free)
    mine.append(b"b\n", 70_000, free)
    assert state(place).read().journal == b"a" * 70_000 + b"b\n"
    mine.append(b"c\n", 0, free)
    assert state(place).read().journal == b"c\n"
    assert mine.orphans() == frozenset()


def test_a_fence_that_refuses_leaves_nothing():
    """Neither head nor parts change where the writer may not write any more."""
    place = Place()
    mine = state(place)
    mine.write_lock(None, b"another's")
    head = place.head
    for write in (
        lambda: mine.append(b"x" * 100_000, 0, refusing),
        lambda: mine.replace(LARGE, 0, refusing),
        lambda: mine.archive(0, refusing),
        lambda: mine.sweep(refusing),
    ):
        with pytest.raises(Problem, match="lost"):
            write()
    assert place.head == head
    assert not place.parts


def test_the_fence_sees_what_truly_stands():
    """A run that was taken over learns it at its next write, although it remembers its own lock."""
    place = Place()
    late, other = state(place), state(place)
    late.write_lock(None, b"late")
    late.replace(Picture(), 0, free)
    assert other.write_lock(other.read_lock(), b"other")
    found = []

    def fence(standing):
        found.append(standing)
        if standing.lock != b"late":
            refusing(standing)

    with pytest.raises(Problem, match="lost"):
        late.append(b"x\n", 0, fence)
    assert (found[-1].lock, found[-1].identity) == (b"other", Picture().identity)
    assert state(place).read().journal == b""


def test_the_place_is_told_of_the_lock_before_and_after():
    """A place with locks of its own can follow: each write says both."""
    place = Place()
    mine = state(place)
    mine.write_lock(None, b"a")
    mine.append(b"x\n", 0, free)
    mine.write_lock(b"a", b"b")
    mine.write_lock(b"b", None)
    assert place.locks == [(None, b"a"), (b"a", b"a"), (b"a", b"b"), (b"b", None)]


def test_a_lock_is_swapped_only_for_the_one_that_stands():
    """A second taker, and one with a stale lock, are told so."""
    place = Place()
    first, second = state(place), state(place)
    assert second.read_lock() is None
    assert first.write_lock(None, b"first")
    assert not second.write_lock(None, b"second")
    assert not second.write_lock(b"stale", b"second")
    assert second.read_lock() == b"first"


@pytest.mark.parametrize("number", [1, 2])
def test_a_write_whose_answer_was_lost_counts_as_done(number):
    """The head tells: its mark is that of the write, so nothing is written a second time."""
    place = Place()
    mine = state(place, step=fail_at("put", Fault.LOST, number))
    mine.append(b"x\n", 0, free)
    mine.replace(Picture(), 2, free)
    assert list(state(place).history()) == [b"x\n"]
    assert place.version == 2


def test_a_write_repeated_in_vain_finds_that_it_stands_already():
    """The answer was lost, looking failed, and the repetition is refused: by the very write it repeats."""
    place = Place()
    faults = {"put": [Fault.LOST], "get": [Fault.REFUSED, Fault.NONE]}
    mine = state(place, step=lambda name: faults[name].pop() if place.version and faults.get(name) else Fault.NONE)
    mine.append(b"x\n", 0, free)
    faults["get"] = [Fault.REFUSED]
    mine.replace(Picture(), 2, free)
    assert list(state(place).history()) == [b"x\n"]
    assert place.version == 2


def test_a_write_that_got_nowhere_is_made_again():
    """One refused connection is not the end of a run."""
    place = Place()
    state(place, step=fail_at("put", Fault.REFUSED)).append(b"x\n", 0, free)
    assert state(place).read().journal == b"x\n"


def test_a_write_that_was_built_upon_is_left_in_place():
    """An answer was lost, and before anybody looked another took over: the parts of that write are now the other's."""
    place = Place()
    other = state(place)

    def step(name: str) -> Fault:
        if name == "get" and place.version == 2:
            assert other.write_lock(other.read_lock(), b"other")
        return Fault.LOST if name == "put" and place.version == 1 else Fault.NONE

    late = state(place, step=step)
    late.write_lock(None, b"late")

    def fence(standing):
        if standing.lock != b"late":
            refusing(standing)

    with pytest.raises(Problem, match="lost"):
        late.append(b"x" * 100_000, 0, fence)
    assert state(place).read().journal == b"x" * 100_000


def test_no_answer_at_all_is_said():
    """Where it can not be found out whether a write took effect, the caller is told, and looks again next time."""
    place = Place()
    mine = state(place, step=lambda name: Fault.LOST if name in ("put", "get") and place.version else Fault.NONE)
    mine.append(b"x\n", 0, free)
    with pytest.raises(BackendError):
        mine.append(b"y\n", 2, free)
    assert state(place).read().journal == b"x\ny\n"


def test_a_reader_that_loses_the_race_reads_again():
    """The snapshot's part goes between the head and the part; the head there is now is read instead."""
    place = Place()
    writer = state(place)
    writer.replace(LARGE, 0, free)
    newer = replace(LARGE, identity=b"{3\n")

    def step(name: str) -> Fault:
        if name == "read_part" and place.version == 1:
            writer.replace(newer, 0, free)
        return Fault.NONE

    assert state(place, step=step).read().snapshot == newer.whole()


def test_a_place_that_always_moves_is_given_up():
    """A place that checks another version than it gives out would keep a run busy for ever."""
    place = Place()
    mine = state(place)
    mine.write_lock(None, b"a")

    def moving(name: str) -> Fault:
        place.version += name == "put"
        return Fault.NONE

    with pytest.raises(BackendError) as caught:
        state(place, step=moving).append(b"x\n", 0, free)
    assert caught.value.diagnostics[0].id == "state-unsettled"


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"?" + data[1:], lambda _: None])
@pytest.mark.parametrize("what", ["snapshot", "journal", "history"])
def test_a_damaged_part_is_named(damage, what):
    """A part that is shorter, other, or gone is found out by length and sum, and nothing is written."""
    place = Place()
    mine = state(place)
    mine.append(b"x" * 70_000, 0, free)
    mine.replace(LARGE, 70_000, free)
    mine.append(b"y" * 70_000, 0, free)
    for name in [name for name in place.parts if what in name]:
        data = damage(place.parts.pop(name))
        place.parts |= {} if data is None else {name: data}
    fresh = state(place)
    with pytest.raises(Problem, match=what) as caught:
        list(fresh.history()) if what == "history" else fresh.read()
    assert caught.value.diagnostics[0].id == "state-truncated"


@pytest.mark.parametrize(
    ("content", "id_"),
    [
        (b"", "state-head-damaged"),
        (b'{"format": "reconciler.head/1"', "state-head-damaged"),
        (b'{"format": "reconciler.head/1"}', "state-head-damaged"),
        (b'{"format": "reconciler.head/2"}', "state-newer"),
        (b'{"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x"}', "state-head-foreign"),
        (b"[1]", "state-head-foreign"),
        (b"<html>log in</html>", "state-head-damaged"),
    ],
)
def test_a_head_that_is_not_ours_is_refused_and_left(content, id_):
    """Damaged, foreign and later heads are told apart, and none is overwritten."""
    place = Place(head=content)
    mine = state(place)
    for use in (mine.read, mine.read_lock, lambda: mine.write_lock(None, b"a"), lambda: mine.append(b"x", 0, free)):
        with pytest.raises(Problem) as caught:
            use()
        assert caught.value.diagnostics[0].id == id_
    assert place.head == content


def test_a_journal_that_somebody_cut_is_said():
    """A run knows how long its journal is."""
    place = Place()
    mine = state(place)
    mine.append(b"x\n", 0, free)
    with pytest.raises(Problem) as caught:
        mine.append(b"y\n", 10, free)
    assert caught.value.diagnostics[0].id == "state-cut"


def test_closing_gives_back_what_is_held():
    """And the next use opens it again."""
    place = Place()
    register = MemoryRegister(place)
    mine = RegisterState(register)
    mine.close()
    assert register.closed == 1
    assert mine.read() == Contents(None, b"")
