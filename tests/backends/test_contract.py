"""What `reconciler/state/backend.py` promises, held against every place there is."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.state.backend import Contents, Standing
from tests.backends.images import Owner, Refused, Rows, line, lock
from tests.servers.proxy import Fault, Trouble

ONE = Rows(1, {"alias a@a.example": "1", "mailbox b@a.example": "2", "mailbox c@a.example": "3"})
TWO = Rows(2, {"alias a@a.example": "1", "mailbox b@a.example": "changed", "mailbox d@a.example": "4"}, past=ONE)


@pytest.fixture
def opened(place):
    """Opens clients of the place, and closes them."""
    clients = []

    def open_one():
        clients.append(place.open())
        return clients[-1]

    yield open_one
    for client in clients:
        client.close()


@pytest.fixture
def owner(opened):
    """A client that holds the lock."""
    return Owner(opened()).take()


def history(client):
    return list(client.history())


def everything(client):
    return client.read(), client.read_lock(), history(client)


def test_a_place_in_which_nothing_was_stored_is_empty(opened):
    """Neither snapshot, journal, lock nor history; and looking makes none of them."""
    client = opened()
    for _ in range(2):
        assert client.read() == Contents(None, b"")
        assert client.read_lock() is None
        assert history(client) == []


def test_what_is_written_is_read_by_every_other_client(opened, owner):
    """One that was open before, one that opens afterwards, and the writer itself."""
    before = opened()
    assert before.read().journal == b""
    owner.writer.append(line("one"), 0, owner.fence)
    owner.writer.append(line("two"), 4, owner.fence)
    for client in (before, opened(), owner.writer):
        assert client.read() == Contents(None, line("one") + line("two"))
        assert client.read_lock() == owner.raw


def test_what_was_not_completely_written_is_cut_off(opened, owner):
    """`at` tells how much counts, whichever client wrote it, in the middle of a line or of many."""
    owner.writer.append(line("one"), 0, owner.fence)
    owner.writer.append(b"two, torn", 4, owner.fence)
    owner.writer.append(line("three"), 4, owner.fence)
    assert opened().read().journal == b"one\nthree\n"
    other = Owner(opened(), 1)
    other.raw = owner.raw
    other.writer.append(line("four"), 7, other.fence)
    assert opened().read().journal == b"one\nthrfour\n"
    owner.writer.append(line("five"), 0, owner.fence)
    assert opened().read().journal == b"five\n"


def test_a_journal_grows_to_any_length(opened, owner):
    """Beyond what any place keeps inline or in one part, and byte by byte as it was written."""
    written = b""
    for number in range(12):
        data = line(f"{number} " + "x" * 40_000)
        owner.writer.append(data, len(written), owner.fence)
        written += data
    assert opened().read().journal == written
    owner.writer.archive(len(written), owner.fence)
    assert opened().read().journal == b""
    assert history(opened()) == [written]


def test_an_archived_journal_is_history_without_what_was_torn(opened, owner):
    """A crash between the two steps of a fold leaves a journal that the next run archives."""
    owner.writer.append(line("one") + b"torn", 0, owner.fence)
    owner.writer.archive(4, owner.fence)
    assert opened().read() == Contents(None, b"")
    assert history(opened()) == [b"one\n"]
    owner.writer.append(line("two"), 0, owner.fence)
    assert opened().read().journal == b"two\n"


def test_a_snapshot_takes_the_journals_place(opened, owner):
    """The journal so far is history, and an empty one begins."""
    owner.writer.append(line("one"), 0, owner.fence)
    owner.writer.replace(ONE, 4, owner.fence)
    assert opened().read() == Contents(ONE.whole(), b"")
    assert history(opened()) == [line("one")]
    owner.writer.append(line("two"), 0, owner.fence)
    assert opened().read() == Contents(ONE.whole(), line("two"))


def test_a_snapshot_by_its_changes_equals_the_whole(opened, owner):
    """A row changed, one came, one went, and the head is another."""
    owner.writer.replace(ONE, 0, owner.fence)
    owner.writer.replace(TWO, 0, owner.fence)
    assert opened().read().snapshot == TWO.whole()
    anew = Rows(3, {"page 0000000": "sealed"})
    owner.writer.replace(anew, 0, owner.fence)
    assert opened().read().snapshot == anew.whole()
    owner.writer.replace(Rows(4, {}, past=anew), 0, owner.fence)
    assert opened().read().snapshot == Rows(4, {}).whole()


def test_a_snapshot_may_be_large(opened, owner):
    """Beyond what any place keeps inline."""
    large = Rows(1, {f"mailbox {number:05}@a.example": "x" * 100 for number in range(3000)}, filler="y" * 70_000)
    owner.writer.replace(large, 0, owner.fence)
    assert opened().read().snapshot == large.whole()
    changed = Rows(2, {**large.content, "mailbox 00007@a.example": "z"}, past=large, filler="y")
    owner.writer.replace(changed, 0, owner.fence)
    assert opened().read().snapshot == changed.whole()


def test_history_is_told_in_the_order_it_happened(opened, owner):
    """Eleven folds: names that sort by their letters would put the tenth before the second."""
    for number in range(11):
        owner.writer.append(line(str(number)), 0, owner.fence)
        owner.writer.replace(Rows(number, {}), len(line(str(number))), owner.fence)
    assert history(opened()) == [line(str(number)) for number in range(11)]


def test_history_is_rewritten_in_place(opened, owner):
    """Every folded journal is changed, the order stays, and neither snapshot nor journal is touched."""
    for number in range(3):
        owner.writer.append(line(str(number)), 0, owner.fence)
        owner.writer.replace(ONE, 2, owner.fence)
    owner.writer.append(line("now"), 0, owner.fence)
    owner.writer.rewrite_history(lambda data: b"sealed " + data, owner.fence)
    assert history(opened()) == [b"sealed 0\n", b"sealed 1\n", b"sealed 2\n"]
    assert opened().read() == Contents(ONE.whole(), line("now"))


def test_the_fence_is_shown_what_stands_there(opened, owner):
    """The lock, and the snapshot's first line, at each kind of write."""
    before, after = Standing(owner.raw, None), Standing(owner.raw, ONE.identity)
    for stands, write in (
        (before, lambda fence: owner.writer.append(line("one"), 0, fence)),
        (before, lambda fence: owner.writer.replace(ONE, 4, fence)),
        (after, lambda fence: owner.writer.append(line("two"), 0, fence)),
        (after, lambda fence: owner.writer.archive(4, fence)),
        (after, lambda fence: owner.writer.rewrite_history(bytes, fence)),
    ):
        seen: list[Standing] = []
        write(seen.append)
        assert set(seen) == {stands}


def test_the_lock_is_swapped_only_where_it_is_what_was_seen(opened):
    """Taken where there is none, renewed and removed by who knows it, and by nobody else."""
    one, two = opened(), opened()
    first, second, third = lock(1), lock(2), lock(3)
    assert one.write_lock(None, first)
    assert not two.write_lock(None, second)
    assert not two.write_lock(second, third)
    assert not two.write_lock(second, None)
    assert one.read_lock() == two.read_lock() == first
    assert two.write_lock(first, second)
    assert not one.write_lock(first, third)
    assert not one.write_lock(first, None)
    assert two.write_lock(second, None)
    assert one.read_lock() is None
    assert not one.write_lock(second, None)


@pytest.mark.parametrize("held", [False, True], ids=["free", "held by a dead one"])
def test_of_eight_that_want_the_lock_one_gets_it(opened, held):
    """All at once, from nothing and from a lock to be taken over."""
    before = lock(99) if held else None
    clients = [opened() for _ in range(8)]
    if before is not None:
        assert clients[0].write_lock(None, before)
    locks = [lock(number) for number in range(8)]
    gate = threading.Barrier(8)

    def contend(number):
        gate.wait()
        return clients[number].write_lock(before, locks[number])

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(contend, range(8)))
    assert won.count(True) == 1
    assert opened().read_lock() == locks[won.index(True)]


LATE = {
    "append": lambda client, fence: client.append(line("late"), 4, fence),
    "append from the start": lambda client, fence: client.append(line("late"), 0, fence),
    "replace": lambda client, fence: client.replace(TWO, 4, fence),
    "archive": lambda client, fence: client.archive(4, fence),
    "rewrite": lambda client, fence: client.rewrite_history(lambda data: b"late " + data, fence),
}


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("between", ["taken over", "taken over and written", "unlocked"])
def test_who_was_taken_over_can_not_write_any_more(place, opened, owner, late, between):
    """Whatever it tries, also after writes of its own that went well, nothing changes."""
    owner.writer.replace(Rows(0, {}), 0, owner.fence)
    owner.writer.append(line("old"), 0, owner.fence)
    owner.writer.replace(ONE, 4, owner.fence)
    owner.writer.append(line("one"), 0, owner.fence)
    other = Owner(opened(), 2)
    if between == "unlocked":
        assert other.writer.write_lock(owner.raw, None)
    else:
        other.take(owner.raw)
    if between == "taken over and written":
        other.writer.append(line("two"), 4, other.fence)
    stood, bytes_ = everything(opened()), place.raw()
    with pytest.raises(Refused):
        LATE[late](owner.writer, owner.fence)
    assert not owner.writer.write_lock(owner.raw, lock(3))
    assert everything(opened()) == stood
    # a part that nothing names may be left where parts are stored before the head that names them
    assert place.has_parts or place.raw() == bytes_


@pytest.mark.parametrize("place", ["postgres", "s3", "http"], indirect=True)  # elsewhere there is no way to the place
def test_a_write_held_up_on_its_way_loses_to_a_take_over(place, opened, owner):
    """The fence has agreed, the request is under way, and meanwhile another takes the lock and writes."""
    owner.writer.append(line("one"), 0, owner.fence)
    gate, arrived = threading.Event(), threading.Event()
    place.arm(Fault(Trouble.DELAYED, gate=gate, strike=arrived.set))
    failed: list[BaseException] = []

    def write():
        try:
            owner.writer.append(line("late"), 4, owner.fence)
        except Problem as problem:
            failed.append(problem)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert arrived.wait(10)
        other = Owner(opened(), 2).take(owner.raw)
        other.writer.append(line("two"), 4, other.fence)
    finally:
        gate.set()
        thread.join()
    assert failed
    assert opened().read() == Contents(None, b"one\ntwo\n")


def test_a_reader_sees_the_state_before_or_after_and_never_a_mix(opened, owner):
    """While one folds again and again, whatever another reads is one moment's snapshot and journal."""
    rounds = 25
    names = [f"mailbox {number:03}@a.example" for number in range(200)]

    def image(serial):
        past = Rows(serial - 1, dict.fromkeys(names, str(serial - 1))) if serial > 1 else None
        return Rows(serial, dict.fromkeys(names, str(serial)), past)

    wholes = {image(serial).whole(): serial for serial in range(1, rounds + 1)}
    owner.writer.replace(image(1), 0, owner.fence)
    over = threading.Event()
    reader = opened()
    seen: list[Contents] = []

    def read():
        while not over.is_set():
            seen.append(reader.read())
        seen.append(reader.read())

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for serial in range(2, rounds + 1):
            owner.writer.append(line(str(serial)), 0, owner.fence)
            owner.writer.replace(image(serial), len(line(str(serial))), owner.fence)
    finally:
        over.set()
        thread.join()
    said = []
    for contents in seen:
        serial = wholes[contents.snapshot]
        journal = int(contents.journal or serial)
        # read before the snapshot, a journal may be one that is in it already; never one that comes after the next
        assert journal <= serial + 1
        said.append(max(serial, journal))
    assert said == sorted(said)
    assert said[-1] == rounds


def test_a_client_that_was_closed_opens_again(opened, owner):
    """Closing gives back what is held open, and nothing else."""
    owner.writer.append(line("one"), 0, owner.fence)
    owner.writer.close()
    owner.writer.append(line("two"), 4, owner.fence)
    owner.writer.close()
    assert owner.writer.read().journal == b"one\ntwo\n"
    owner.give_back()
    assert opened().read_lock() is None
