"""Who holds the state, and what this machine can tell of it."""

import pytest

from reconciler.report.lock_text import Standing, lock_json, lock_text, wait_text
from reconciler.report.style import Style
from reconciler.state.values import LockInfo

NOW = 1_795_310_280.0
CI = "GitHub Actions run 55 https://forge.example/acme/mail/actions/runs/55"
LOCK = LockInfo("5f0c3a9b12de", "anna", "laptop", 812, "apply", NOW - 250, NOW + 41, 7, ci=CI)
OLD = LockInfo("5f0c3a9b12de", "anna", "laptop", 812, "apply", NOW - 400, NOW - 185, 7)


def test_lock_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """A lock of each standing, with times that a person need not reckon."""
    ending, style = dressed
    shown = [
        lock_text(LOCK, Standing.ALIVE, NOW, style),
        lock_text(OLD, Standing.ENDED, NOW, style),
        lock_text(OLD, Standing.OVER, NOW + 3000, style),
        lock_text(LOCK, Standing.GONE, NOW, style),
        lock_text(LockInfo("x", "ben", "", 0, "OpenTofu", NOW - 9, NOW, 0, term=0), Standing.ENDLESS, NOW, style),
    ]
    golden(f"state-lock.{ending}", "\n".join(shown))


def test_lock_as_json(golden) -> None:
    """The same for programs."""
    golden("state-lock.json", lock_json(LOCK, Standing.ALIVE, NOW))


def test_no_lock_is_said_to_be_none(plain: Style) -> None:
    """A free state is free."""
    assert lock_text(None, Standing.ALIVE, NOW, plain) == "The state is not locked.\n"
    assert lock_json(None, Standing.ALIVE, NOW) == {"locked": False}


def test_a_lock_from_the_future_says_that_clocks_differ(plain: Style) -> None:
    """What was taken five minutes from now was taken by another clock."""
    ahead = LockInfo("x", "ben", "ci-3", 9, "apply", NOW + 300, NOW + 360, 7)
    assert "differ by 5 min at least" in lock_text(ahead, Standing.ALIVE, NOW, plain)
    assert lock_json(ahead, Standing.ALIVE, NOW)["clock_ahead"] == pytest.approx(300)
    assert "differ" not in lock_text(LOCK, Standing.ALIVE, NOW, plain)


def test_who_waits_is_told_for_whom_and_how_long() -> None:
    """A living owner's lease has an end; one that has ended by this clock is watched for one term."""
    alive, ended = wait_text(LOCK, Standing.ALIVE, NOW), wait_text(OLD, Standing.ENDED, NOW)
    assert alive.startswith("waiting for anna@laptop (process 812, apply, GitHub Actions run 55")
    assert "4 min ago; the lease expires in 41 s unless its heartbeat renews it" in alive
    assert "ended 3 min ago by this machine's clock" in ended
    assert "watched for a heartbeat, and taken over if none is seen for 60 s" in ended


def test_a_hostile_name_does_not_steer_the_terminal(plain: Style) -> None:
    """A lock is written by others."""
    lock = LockInfo("\x1b[2Jx", "\x1b[1man", "h\u202e", 1, "\x1b]0;", NOW, NOW + 60, 1, ci="\x1b[0m")
    text = lock_text(lock, Standing.ALIVE, NOW, plain) + wait_text(lock, Standing.ALIVE, NOW)
    assert "\x1b" not in text
    assert "\u202e" not in text
