"""How a run is told: while it goes on, and at its end."""

import io
import subprocess
import sys
from dataclasses import replace

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Operation, Plan
from reconciler.report.progress import LiveProgress, PlainProgress, SilentProgress, progress_for
from reconciler.report.result_json import result_json
from reconciler.report.result_text import result_text
from reconciler.report.style import Style
from reconciler.report.views import OutcomeView, RunView, Status


def _operation(number: int) -> Operation:
    key = f"u{number}@example.org"
    return Operation(f"create mailbox {key}", Action.CREATE, Kind.MAILBOX, key, "groupware")


def test_result_looks_as_it_should(golden, dressed: tuple[str, Style], run: RunView) -> None:
    """What failed, moved, was skipped or waits, with the steps for a person and the acknowledgement to type."""
    ending, style = dressed
    golden(f"result.{ending}", result_text(run, style))


def test_full_result_looks_as_it_should(golden, plain: Style, run: RunView) -> None:
    """The full form names what was done."""
    golden("result.full.txt", result_text(replace(run, interrupted=True), plain, full=True))


def test_result_json_is_stable(golden, run: RunView) -> None:
    """Numbers by status and every operation, for programs."""
    golden("result.json", result_json(run))


def test_a_good_run_ends_in_one_line(plain: Style) -> None:
    """All done: one line with the counts."""
    run = RunView(tuple(OutcomeView(_operation(n), Status.DONE) for n in range(1200)))
    assert result_text(run, plain) == "Done: 1,200 created.\n"


def test_a_run_with_nothing_to_do_says_so(plain: Style) -> None:
    """An empty run is done."""
    assert result_text(RunView(()), plain) == "Done: nothing to do.\n"


def test_a_run_that_did_nothing_is_not_partly_done(plain: Style) -> None:
    """Where the first step failed, nothing is claimed to be recorded."""
    run = RunView((OutcomeView(_operation(1), Status.FAILED, "no"),))
    assert "Not done: 1 failed.\n" in result_text(run, plain)


def test_many_skipped_are_counted(plain: Style) -> None:
    """A failure with a thousand dependants does not fill the screen; its own line stays."""
    failed = OutcomeView(_operation(0), Status.FAILED, "the server is on fire")
    run = RunView((failed, *(OutcomeView(_operation(n), Status.SKIPPED) for n in range(1, 1001))))
    text = result_text(run, plain)
    assert len(text.splitlines()) < 25
    assert "the server is on fire" in text
    assert "and 990 more" in text
    assert len(result_text(run, plain, full=True).splitlines()) > 1000


def test_steps_that_name_the_acknowledgement_are_not_given_it_twice(plain: Style, plan: Plan) -> None:
    """The command is added only where no step has it."""
    carl = plan.operations[-1]
    told = replace(carl, steps=(*carl.steps, f'then run: reconciler ack "{carl.id}"'))
    for operation in (carl, told):
        text = result_text(RunView((OutcomeView(operation, Status.WAITING),)), plain)
        assert text.count("reconciler ack") == 1
        assert "3. then run" in text


def test_plain_progress_has_a_line_for_each_of_a_few(plain: Style) -> None:
    """A small run: a line an operation, with its number and how it ended."""
    lines: list[str] = []
    with PlainProgress(2, lines.append, plain, clock=lambda: 0.0) as progress:
        for number, status in enumerate((Status.DONE, Status.FAILED)):
            progress.begin(_operation(number))
            progress.end(_operation(number), status, "" if status is Status.DONE else "no\x1b[2Jroom")
    assert lines == [
        "[1/2] create mailbox u0@example.org: done\n",
        "[2/2] create mailbox u1@example.org: failed: no\\x1b[2Jroom\n",
    ]


def test_plain_progress_counts_a_large_run(plain: Style) -> None:
    """A large run: a count every few seconds, every failure at once, and the count at the end."""
    lines: list[str] = []
    now = iter(range(10_000))
    with PlainProgress(1000, lines.append, plain, clock=lambda: float(next(now))) as progress:
        for number in range(1000):
            progress.end(_operation(number), Status.FAILED if number == 500 else Status.DONE)
    assert 150 < len(lines) < 260
    assert sum("u500@example.org: failed" in line for line in lines) == 1
    assert lines[-1] == "[1,000/1,000], 1 failed\n"


def test_live_progress_leaves_failures_and_no_bar() -> None:
    """On a terminal the bar is gone at the end; a failure has left its line."""
    stream = io.StringIO()
    with LiveProgress(2, stream, Style(colour=False)) as progress:
        for number, status in enumerate((Status.DONE, Status.FAILED)):
            progress.begin(_operation(number))
            progress.end(_operation(number), status, "no [room]")
    assert "create mailbox u1@example.org: failed: no [room]" in stream.getvalue()
    assert "u0@example.org: done" not in stream.getvalue()


@pytest.mark.parametrize(
    ("total", "live", "kind"), [(0, True, SilentProgress), (3, True, LiveProgress), (3, False, PlainProgress)]
)
def test_the_display_fits_the_place(total: int, live: bool, kind: type) -> None:
    """Nothing for nothing, a bar for a person, lines for a log."""
    assert isinstance(progress_for(total, io.StringIO(), Style(), live=live), kind)


def test_silence_says_nothing() -> None:
    """The silent display takes every call."""
    with progress_for(0, io.StringIO(), Style(), live=False) as progress:
        progress.begin(_operation(0))
        progress.end(_operation(0), Status.DONE)


def test_plain_reports_do_not_import_rich_or_deepdiff() -> None:
    """Only a live display pays for rich, only a changed list for deepdiff."""
    code = (
        "import sys, reconciler.report.plan_text, reconciler.report.progress, reconciler.report.diagnostics_text;"
        "print(sorted({'rich', 'deepdiff', 'pydantic', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
