"""What a place can not do is said, and nothing is written: each kind of trouble at each place."""

import contextlib
import socket
import threading
import uuid
from pathlib import Path

import pytest

from reconciler.model.desired import StateBlock
from reconciler.state import journal, snapshot
from reconciler.state.backend import BackendError
from reconciler.state.codec import header_data
from reconciler.state.fold import Fold
from reconciler.state.places.http import open_http
from reconciler.state.places.postgres.state import PostgresState
from reconciler.state.places.register import RegisterState
from reconciler.state.store import StateStore
from reconciler.state.values import RunHeader
from tests.backends.images import Rows
from tests.backends.places import S3, Postgres
from tests.backends.runs import Stores, created, keys, record, refused
from tests.backends.stage import staged
from tests.servers.proxy import Fault, Trouble


@pytest.fixture
def stores(place):
    """Opens stores at the place."""
    stores = Stores(place)
    yield stores
    stores.close()


def run(store):
    """Try to record something."""

    def attempt():
        with store.acquire("apply") as session:
            session.end([created("late@a.example")])

    return attempt


def everything(stores):
    client = stores.open().backend
    return client.read(), client.read_lock(), list(client.history())


def test_a_place_that_can_not_be_reached_is_left_as_it_is(place, stores):
    """Gone before the first step: looking and running say so, each with what to do."""
    record(stores.open(), "one@a.example")
    stood = everything(stores)
    store = stores.open()
    with place.running():
        place.arm(Fault(Trouble.REFUSED, gone=True))
        if place.name != "local":  # reading is no step there
            assert refused(store.load).startswith("state-")
        with pytest.raises(BackendError) as caught:
            run(store)()
        assert caught.value.diagnostics[0].help
        place.arm(None)
    assert everything(stores) == stood
    record(stores.open(), "two@a.example")
    assert keys(stores.open()) == {"one@a.example", "two@a.example"}


def test_a_lock_whose_answer_was_lost_keeps_nobody_waiting(place, stores):
    """Wherever acquiring it fails, the next run finds the state free."""
    record(stores.open(), "one@a.example")
    for at in range(1, 9):
        store = stores.open()
        with place.running():
            place.arm(Fault(Trouble.UNANSWERED, at=at))
            with contextlib.suppress(BackendError):
                run(store)()
            place.arm(None)
        assert stores.open().lock() is None, at
        assert run(stores.open())() is None


def test_a_journal_of_another_state_is_refused(place, stores):
    """Somebody put it beside the snapshot: neither is read as if they belonged together, nothing is written."""
    record(stores.open(), "one@a.example")
    client = stores.open().backend
    header = RunHeader(uuid.uuid4().hex, "another lineage", 2, 9)
    client.append(journal.encode([header_data(header)]), 0, lambda _: None)
    stood = client.read()
    assert refused(stores.open().load) == "state-journal-foreign"
    assert refused(run(stores.open())) == "state-journal-foreign"
    assert client.read() == stood
    assert client.read_lock() is None


def test_a_snapshot_that_is_cut_short_is_refused(place, stores):
    """As a copy that was broken off leaves it."""

    class Cut(Rows):
        def whole(self):
            return WHOLE[:-40]

        def rows(self):
            return [("mailbox", WHOLE[len(self.head) : -40])]

    fold = Fold()
    fold.lineage, fold.serial = "l", 1
    fold.end(created("one@a.example"))
    WHOLE = snapshot.encode(fold)  # noqa: N806 - seen by the class above
    client = stores.open().backend
    client.replace(Cut(1, {}), 0, lambda _: None)
    stood = client.read()
    # where rows are kept apart, what is cut is a row, and the end is there
    expected = "state-corrupt" if place.name == "postgres" else "state-truncated"
    assert refused(stores.open().load) == expected
    assert refused(run(stores.open())) == expected
    assert client.read() == stood
    assert client.read_lock() is None


def test_a_database_is_not_let_into_or_not_there(request):
    """Wrong password, unknown role, missing database: each is told apart, and nothing is written."""
    with staged("postgres", request) as place:
        assert isinstance(place, Postgres)
        stores = Stores(place)
        record(stores.open(), "one@a.example")
        stores.close()
        stood = place.raw()
        wrong = {
            "state-postgres-credentials": {"password": "wrong"},
            "state-postgres-database": {"dbname": "nowhere"},
        }
        for id_, changed in wrong.items():
            state = PostgresState(lambda changed=changed: place.dsn(**changed), name=place.key)
            assert refused(StateStore(state).load) == id_
            assert refused(run(StateStore(state))) == id_
            state.close()
        assert place.raw() == stood


def test_a_bucket_is_not_there(request):
    """It is not made either."""
    with staged("s3", request) as place:
        assert isinstance(place, S3)
        elsewhere = S3(place.way, place.store, place.bucket + "-missing")
        stores = Stores(elsewhere)
        assert refused(stores.open().load) == "state-s3-bucket"
        assert refused(run(stores.open())) == "state-s3-bucket"
        stores.close()
        assert place.raw() == b""


def test_the_beginning_of_an_answer_is_not_taken_for_an_empty_state():
    """Cut within its headers, an answer has no length and no body: as one to a state that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def answer():
            while not over.is_set():
                with contextlib.suppress(OSError), server.accept()[0] as line:
                    line.recv(1 << 16)
                    line.sendall(b"HTTP/1.1 200 OK\r\nServer: slow\r\nConte")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            settings = {"address": f"http://127.0.0.1:{server.getsockname()[1]}/mail", "timeout": "5"}
            with contextlib.closing(open_http(StateBlock("http", settings, Path()))) as register:
                store = StateStore(RegisterState(register, pauses=()))
                assert refused(store.load) == "state-http-unreachable"
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
