"""What recording costs in each place: counted steps and bytes, which do not depend on how much is there."""

import asyncio

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, Intent, StateStore
from tests.backends.places import Local
from tests.backends.stage import place
from tests.servers.fixtures import postgres_server
from tests.servers.s3 import moto_store

__all__ = ["moto_store", "place", "postgres_server"]

#: What a place does for a commit that follows another: a write and an fsync, or one request.
STEPS = {"memory": 1, "local": 2, "postgres": 1, "http": 1, "s3": 1}
SMALL, LARGE = 10, 3_000  # resources


def mailbox(number: int, quota: int = 1) -> Applied:
    return Applied(Mailbox(f"u{number:04}@example.org", "Anna", quota), "g", str(number))


def store(place, size: int) -> StateStore:
    """A new state of so many mailboxes, all of them in the snapshot."""
    place.anew()
    made = StateStore(place.open())
    with made.acquire("apply") as session:
        session.end(
            [
                Ended(Action.ADOPT, Kind.MAILBOX, each.resource.key, "g", applied=each)
                for each in map(mailbox, range(size))
            ]
        )
        session.commit_now()
        session.fold_up()
    return made


def change(session, number: int) -> None:
    """An update as apply records it: promised, durable, ended, durable."""
    after = mailbox(number, quota=2)
    key = after.resource.key
    session.begin([Intent(Action.UPDATE, Kind.MAILBOX, key, "g", {"quota": 2}, before={"quota": 1})])
    session.commit_now()
    session.end([Ended(Action.UPDATE, Kind.MAILBOX, key, "g", applied=after)])
    session.commit_now()


def cost(place, size: int, operations: int = 5) -> tuple[int, int]:
    """Steps and journal bytes of some operations, one by one, once the first have opened journal and connection."""
    with store(place, size).acquire("apply") as session, place.running():
        for _ in range(5):  # after which psycopg prepares a statement
            change(session, 0)
        place.arm(None)
        before = session.written
        for number in range(operations):
            change(session, number + 1)
        return place.steps, session.written - before


def test_an_operation_costs_the_same_however_much_is_there(place):
    """Ten resources or three thousand: the same steps, and the same bytes but for the digits of each commit's time."""
    small, large = cost(place, SMALL), cost(place, LARGE)
    commits = 5 * 2
    assert small[0] == large[0] == commits * STEPS[place.name]
    assert abs(large[1] - small[1]) <= commits * len("0.001")
    assert large[1] < 5 * 600


def test_operations_that_become_durable_together_share_a_commit(place):
    """Two hundred operations in one group are two commits, as one is."""
    with store(place, SMALL).acquire("apply") as session, place.running():
        change(session, 0)
        place.arm(None)
        afters = [mailbox(number, quota=3) for number in range(200)]
        session.begin(Intent(Action.UPDATE, Kind.MAILBOX, each.resource.key, "g", {"quota": 3}) for each in afters)
        session.commit_now()
        session.end(Ended(Action.UPDATE, Kind.MAILBOX, each.resource.key, "g", applied=each) for each in afters)
        session.commit_now()
        assert place.steps == 2 * STEPS[place.name]


def test_those_who_commit_at_the_same_time_share_one_write(tmp_path):
    """Fifty tasks that each record something and wait for it cost one fsync."""
    place = Local(tmp_path)

    async def record(session, number: int) -> None:
        session.begin([Intent(Action.CREATE, Kind.MAILBOX, f"u{number}@example.org", "g")])
        await session.commit()

    async def all_at_once(session) -> None:
        await asyncio.gather(*(record(session, number) for number in range(50)))

    with store(place, SMALL).acquire("apply") as session:
        change(session, 0)
        before = session.fsyncs
        asyncio.run(all_at_once(session))
        assert session.fsyncs == before + 1
        ends = [Ended(Action.CREATE, Kind.MAILBOX, f"u{number}@example.org", "g", done=False) for number in range(50)]
        session.end(ends)


def test_a_run_of_one_change_does_not_rewrite_a_large_state(tmp_path):
    """Above a megabyte the snapshot stays as it is, and the run writes its journal alone."""
    made = store(Local(tmp_path), 5 * LARGE)
    with made.acquire("apply") as session:
        change(session, 1)
    assert session.written < 2_000
    assert made.load().applied.get(Kind.MAILBOX, mailbox(1).resource.key) == mailbox(1, quota=2)
