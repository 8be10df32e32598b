"""What the runs did, as it is told to a person and to a program."""

import pytest

from reconciler.report.history_json import run_json
from reconciler.report.history_text import history_text, timeline_text
from reconciler.report.style import Style
from reconciler.report.times import distance, iso, length, moment
from reconciler.state.history import Found, Run, Step
from reconciler.state.values import LockInfo, RunHeader

GB = 10**9
NOW = 1_795_310_280.0
DEAD = LockInfo("5f0c3a", "ben", "ci-3", 77, "apply", NOW - 900, NOW - 840, 2)
CI = "GitHub Actions run 55 https://forge.example/acme/mail/actions/runs/55"
ANNA, INFO, MX = "anna@xn--mller-kva.example", "info@example.org", "example.org MX"


def _run(serial: int, at: float, *steps: Step, **header: object) -> Run:
    run = Run(RunHeader(f"r{serial}", "l", serial, serial, "apply", "anna@laptop", at=at, **header))
    run.plan = "sha256:0123456789abcdef0123456789abcdef"
    run.steps = list(steps)
    run.counts.update((step.action, step.outcome) for step in steps)
    return run


def _step(action: str, kind: str, key: str, before: dict, after: dict, **rest) -> Step:
    rest = {"done": True, "message": "", "at": NOW, **rest}
    return Step(action, kind, key, "groupware", before, after, **rest)


FOUND = Found(2, True, "in flight: done")
FIRST = _run(
    1,
    NOW - 86400,
    _step("create", "instance", "office", {}, {"storage": 50 * GB}),
    _step(
        "create", "mailbox", ANNA, {}, {"owner": "Anna Müller", "quota": 5 * GB},
        at=NOW - 86390, password=True, password_version=1,
    ),
    _step("adopt", "record", MX, {}, {"zone": "example.org", "ttl": 3600, "values": ("10 mx.example.org.",)}),
    _step("create", "alias", INFO, {}, {"to": (ANNA,)}, done=False, message="the platform is read-only now"),
    _step("update", "mailbox", ANNA, {"quota": 5 * GB}, {"quota": 6 * GB}, done=None, found=FOUND),
)  # fmt: skip
SECOND = _run(
    2,
    NOW,
    _step("update", "mailbox", ANNA, {}, {"owner": "Anna Müller", "quota": 6 * GB}, message="in flight: done"),
    _step("update", "mailbox", ANNA, {"quota": 6 * GB}, {"quota": 10 * GB}, password=True, password_version=2),
    _step("delete", "alias", INFO, {"to": (ANNA, "b@example.org")}, {}),
    _step("update", "record", MX, {"ttl": 3600}, {"ttl": 300}, done=None),
    took_over=DEAD,
    ci=CI,
)
SECOND.acknowledged["operator member ben@mailbox.org"] = "ticket 4711"


def test_history_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """Who, when, from where; each step with what it changed, how it ended, and what a later run found out."""
    ending, style = dressed
    golden(f"history.{ending}", history_text([SECOND, FIRST], style))


def test_timeline_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """One thing's way, a line or two a step."""
    ending, style = dressed
    about = [Run(run.header, run.plan, [step for step in run.steps if step.key == ANNA]) for run in (SECOND, FIRST)]
    golden(f"timeline.{ending}", timeline_text(about, style))


def test_history_as_json(golden) -> None:
    """The same for programs."""
    golden("history.json", {"runs": [run_json(SECOND), run_json(FIRST)]})


def test_many_steps_are_counted(plain: Style) -> None:
    """A few of each run, and how to see the rest; older runs are said to be there."""
    text = history_text([FIRST], plain, few=2, more=True)
    assert "… and 3 more: reconciler state history --run 1" in text
    assert "read-only" not in text
    assert "2 created, 1 adopted, 1 failed, 1 not known" in text
    assert "older ones" in text


def test_an_empty_history_says_so(plain: Style) -> None:
    """Nothing ever wrote."""
    assert history_text([], plain) == "No run has written to this state.\n"


def test_what_others_wrote_does_not_steer_the_terminal(plain: Style) -> None:
    """Names, messages and notes come from others."""
    evil = "\x1b[2J\u202e"
    step = _step("create", "mailbox", f"a@{evil}", {}, {"owner": evil}, done=False, message=evil)
    run = _run(1, NOW, step, ci=evil, took_over=LockInfo(evil, evil, evil, 1, evil, NOW, NOW, 1))
    run.plan, run.acknowledged[evil] = evil, evil
    text = history_text([run], plain) + timeline_text([run], plain)
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("width", [40, 60, 80])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    """Sentences are wrapped; only words that can not be broken are longer."""
    text = history_text([SECOND, FIRST], Style(width=width))
    assert all(len(line) <= width or len(line.split()) <= 6 for line in text.splitlines())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (41.4, "41 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172800, "2 days")],
)
def test_lengths_have_the_unit_that_fits(seconds: float, said: str) -> None:
    """Seconds, minutes, hours, days; the sign is said by who asks."""
    assert length(seconds) == length(-seconds) == said


def test_moments_are_utc_and_no_number_breaks_them() -> None:
    """A clock far off is told, and does not end the command."""
    assert moment(0) == "1970-01-01 00:00:00 UTC"
    assert iso(0) == "1970-01-01T00:00:00+00:00"
    assert distance(0, 10) == "10 s ago"
    assert distance(10, 0) == "in 10 s"
    for far in (1e300, -1e300, float("inf"), float("nan")):
        assert moment(far).endswith("1970")
        assert iso(far) == ""
