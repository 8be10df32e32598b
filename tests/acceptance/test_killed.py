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


SLOW = ", latency: 10 ms, concurrency: 8}"


def make_slow(house):
    """Let the platform take its time, so that a kill has something to hit."""
    house.edit("mail.yaml", ("path: state/sandbox.db}", f"path: state/sandbox.db{SLOW}"))


def change(house, percent):
    """Give so many percent of the mailboxes a larger quota; the rest of the configuration stays."""
    following = house.folder.with_name("next")
    generate(MAILBOXES, following, percent)
    for file in (following / "units").iterdir():
        file.replace(house.folder / "units" / file.name)


def kill_after(house, seconds):
    """Start an apply and kill it after so many seconds, unless it ends by itself before.

    Returns:
        Whether it was killed at work; an apply that ended by itself must have ended well.
    """
    process = house.start("apply", *ALLOW)
    try:
        assert process.wait(timeout=seconds) == 0, house.log.read_text()[-2000:]
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
@pytest.mark.parametrize(("seed", "stage"), [(1, "creating"), (2, "changing")], ids=["creating", "changing"])
def test_twenty_five_kills_in_a_row_lose_nothing(tmp_path, seed, stage):
    """Killed again and again while it creates, or while it changes, apply converges; both make fifty kills."""
    chance = random.Random(seed)
    house = House(tmp_path / "many")
    generate(MAILBOXES, house.folder)
    percent = 0
    if stage == "changing":
        house.run("apply", *ALLOW, exit=0)
        change(house, percent := 50)
    make_slow(house)
    killed = 0
    while killed < 25:
        if kill_after(house, chance.uniform(0.3, 1.5)):
            killed += 1
        else:
            change(house, percent := 50 - percent)
        if (house.folder / "state/sandbox.db").exists():
            assert_nothing_twice(house)
    assert_converged(house)
    assert operations(house.run("plan", "--format", "json", exit=0).json) == []
