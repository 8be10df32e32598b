"""SIGKILL at random moments, fifty times: every time the next run finds its way, nothing twice, nothing lost."""

import random
import subprocess
from collections import Counter

import pytest

from examples.many.generate import generate
from scripts.house import House, kill
from tests.acceptance.looking import ask, operations

MAILBOXES = 2000
ALLOW = ("--yes", "--allow-cost", "instance:campus")


def slow_house(folder):
    """Two thousand mailboxes on a platform that takes its time, so that a kill has something to hit."""
    generate(MAILBOXES, folder)
    house = House(folder)
    house.edit("mail.yaml", ("path: state/sandbox.db}", "path: state/sandbox.db, latency: 20 ms, concurrency: 8}"))
    return house


def kill_after(house, seconds):
    """Start an apply and kill it after so many seconds, unless it ends by itself before.

    Returns:
        Whether it was killed at work; an apply that ended by itself must have ended well.
    """
    process = house.start("apply", *ALLOW)
    try:
        assert process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        kill(process)
        return True
    return False


def assert_nothing_twice(house):
    """The platform has no address twice and ordered the instance once."""
    mailboxes = [address for (address,) in ask(house, "SELECT address FROM mailboxes")]
    aliases = [address for (address,) in ask(house, "SELECT address FROM aliases")]
    assert [each for each, times in Counter(mailboxes + aliases).items() if times > 1] == []
    ordered = ask(house, "SELECT count(*) FROM bookings WHERE text LIKE '%ordered%'")
    assert ordered in ([(0,)], [(1,)])


def assert_converged(house):
    """One more run ends well; then plan is empty, and platform, state and declaration agree."""
    house.run("apply", *ALLOW, exit=0)
    house.run("plan", exit=0)
    house.run("drift", exit=0)
    counts = {table: ask(house, f"SELECT count(*) FROM {table}")[0][0] for table in ("mailboxes", "aliases", "domains")}
    assert counts == {"mailboxes": MAILBOXES, "aliases": MAILBOXES // 2, "domains": MAILBOXES // 100}
    assert ask(house, "SELECT count(*) FROM bookings WHERE text LIKE '%ordered%'") == [(1,)]
    known = house.run("state", "list", "--format", "json", exit=0).json["resources"]
    assert len(known) == sum(counts.values()) + 1


@pytest.mark.timeout(280)
@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_five_kills_in_a_row_lose_nothing(tmp_path, seed):
    """Killed again and again while it creates and while it changes, apply converges; two seeds make fifty kills."""
    chance = random.Random(seed)
    house = slow_house(tmp_path / "many")
    killed, changed = 0, 0
    while killed < 25:
        if kill_after(house, chance.uniform(0.15, 1.3)):
            killed += 1
        else:
            changed = 50 - changed
            generate(MAILBOXES, house.folder / "next", changed)
            for file in (house.folder / "next/units").iterdir():
                file.replace(house.folder / "units" / file.name)
        if (house.folder / "state/sandbox.db").exists():
            assert_nothing_twice(house)
    assert_converged(house)
    assert operations(house.run("plan", "--format", "json", exit=0).json) == []
