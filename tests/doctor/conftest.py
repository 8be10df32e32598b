"""A company after its first apply, and runs that die or can not record."""

import shutil

import pytest

from reconciler.model.desired import StateBlock
from reconciler.state import Ended, StateStore, open_state, problems
from reconciler.state.backend import BackendError
from reconciler.state.places.local import LocalFiles
from tests.cli.conftest import MAIL, House, make

CONSENT = ("--yes", "--allow-cost", "instance:office")


@pytest.fixture(scope="session")
def _applied_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor") / "house"
    make(folder, MAIL).run("apply", *CONSENT)
    return folder


@pytest.fixture
def house(_applied_once, tmp_path, monkeypatch):
    """The company after its first apply; what is kept outside of its folder is kept here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    shutil.copytree(_applied_once, tmp_path / "house")
    return House(tmp_path / "house")


def store_of(house) -> StateStore:
    """The company's state."""
    return open_state(StateBlock("local", "state/mail.json", house.folder))


def die(house, *intents, ended: tuple[Ended, ...] = ()) -> None:
    """Leave writes in flight; the lock is given back."""
    manager = store_of(house).acquire("apply")  # held on to: a manager that is collected closes what it gave
    session = manager.__enter__()
    if ended:
        session.end(ended)
    session.begin(intents)
    session.commit_now()
    session.abandon()


def fail_to_record(house, *ended: Ended, intents=()) -> None:
    """Promise writes, make them as it were, and lose the place before their outcomes are recorded."""

    def gone(*_):
        raise BackendError(problems.unwritable("far away", OSError(5, "gone")).diagnostics)

    with pytest.MonkeyPatch.context() as patch, store_of(house).acquire("apply") as session:
        session.begin(intents)
        session.commit_now()
        patch.setattr(LocalFiles, "append", gone)
        session.end(ended)
        session.commit_now()
        assert session.kept is not None
