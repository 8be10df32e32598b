"""How a run is told: while it goes on, and at its end."""

import inspect
import io
import subprocess
import sys
from dataclasses import replace

import pytest

from reconciler.apply import result
from reconciler.apply.context import Silence
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


def test_a_run_that_only_waits_is_not_done(plain: Style) -> None:
    """Where all that there was to do is a person's, nothing is claimed to be done, or to be nothing."""
    run = RunView((OutcomeView(_operation(1), Status.WAITING),))
    assert result_text(run, plain).splitlines()[-1] == "Waiting: 1 operation, and nothing else to do."


def test_a_partly_done_run_fits_a_narrow_terminal(run: RunView) -> None:
    """The verdict is wrapped, as every other sentence is."""
    text = result_text(run, Style(width=40))
    told = text[text.index("\nPartly done: ") :].splitlines()[1:-1]
    assert len(told) > 1
    assert all(len(line) <= 40 for line in told)


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
    told = carl._replace(steps=(*carl.steps, f'then run: reconciler ack "{carl.id}"'))
    for operation in (carl, told):
        text = result_text(RunView((OutcomeView(operation, Status.WAITING),)), plain)
        assert text.count("reconciler ack") == 1
        assert "3. then run" in text


def test_a_record_entered_by_hand_is_not_acknowledged(plain: Style) -> None:
    """The name servers tell whether it was done: nobody has to say so."""
    key = "example.org MX"
    record = Operation(
        f"operator record {key}", Action.OPERATOR, Kind.RECORD, key, "dns", steps=("add: @ 300 IN MX …",)
    )
    text = result_text(RunView((OutcomeView(record, Status.WAITING),)), plain)
    assert "1. add: @ 300 IN MX" in text
    assert "reconciler ack" not in text


def test_plain_progress_has_a_line_for_each_of_a_few(plain: Style) -> None:
    """A small run: a line an operation, with its number and how it ended."""
    lines: list[str] = []
    with PlainProgress(4, lines.append, plain, clock=lambda: 0.0) as progress:
        progress.started(_operation(0))
        progress.finished(_operation(0))
        progress.retrying(_operation(1), 2, 0.5, "busy")
        progress.failed(_operation(1), "no\x1b[2Jroom")
        progress.skipped(_operation(2), _operation(1).id)
        progress.waiting(_operation(3), "the provider is still at it")
        progress.waiting(_operation(3), "the provider is still at it")
        progress.finished(_operation(3))
    assert lines == [
        "[1/4] create mailbox u0@example.org: done\n",
        "create mailbox u1@example.org: busy; try 2 in 0.5 s\n",
        "[2/4] create mailbox u1@example.org: failed: no\\x1b[2Jroom\n",
        "[3/4] create mailbox u2@example.org: skipped, because of create mailbox u1@example.org\n",
        "[4/4] create mailbox u3@example.org: waiting: the provider is still at it\n",
        "[4/4] create mailbox u3@example.org: done\n",
    ]


def test_plain_progress_counts_a_large_run(plain: Style) -> None:
    """A large run: a count every few seconds, every failure at once, and the count at the end."""
    lines: list[str] = []
    now = iter(range(10_000))
    with PlainProgress(1000, lines.append, plain, clock=lambda: float(next(now))) as progress:
        for number in range(1000):
            if number == 500:
                progress.failed(_operation(number), "no")
            else:
                progress.retrying(_operation(number), 2, 0.5, "busy")
                progress.finished(_operation(number))
    assert 150 < len(lines) < 260
    assert sum("u500@example.org: failed" in line for line in lines) == 1
    assert lines[-1] == "[1,000/1,000], 1 failed\n"


def test_live_progress_leaves_failures_and_no_bar() -> None:
    """On a terminal the bar is gone at the end; what failed, waited or was tried again has left its line."""
    stream = io.StringIO()
    with LiveProgress(4, stream, Style(colour=False)) as progress:
        progress.started(_operation(0))
        progress.finished(_operation(0))
        progress.retrying(_operation(1), 2, 0.5, "busy")
        progress.failed(_operation(1), "no [room]")
        progress.skipped(_operation(2), _operation(1).id)
        progress.waiting(_operation(3), "support answers")
    assert "create mailbox u1@example.org: failed: no [room]" in stream.getvalue()
    assert "create mailbox u1@example.org: busy; again in 0.5 s" in stream.getvalue()
    assert "create mailbox u3@example.org: waiting: support answers" in stream.getvalue()
    assert "u0@example.org: done" not in stream.getvalue()


@pytest.mark.parametrize(
    ("total", "live", "kind"), [(0, True, SilentProgress), (3, True, LiveProgress), (3, False, PlainProgress)]
)
def test_the_display_fits_the_place(total: int, live: bool, kind: type) -> None:
    """Nothing for nothing, a bar for a person, lines for a log."""
    assert isinstance(progress_for(total, io.StringIO(), Style(), live=live), kind)


def test_displays_take_what_a_run_tells() -> None:
    """Every display has each call of the run's listener, with the same arguments."""
    for display in (SilentProgress, PlainProgress, LiveProgress):
        for name in ("started", "finished", "failed", "skipped", "waiting", "retrying"):
            told = inspect.signature(getattr(Silence, name))
            assert list(inspect.signature(getattr(display, name)).parameters) == list(told.parameters)


def test_reports_and_runs_have_the_same_words() -> None:
    """A run's statuses are those its report knows, so that none is lost between the two."""
    assert {str(each) for each in result.Status} == {str(each) for each in Status}


def test_what_comes_after_a_waiting_step_is_counted(plain: Style, plan: Plan) -> None:
    """Behind a person's step its dependants are a number."""
    carl = plan.operations[-1]
    behind = [OutcomeView(_operation(n), Status.WAITING, f"waits for {carl.id}", because=carl.id) for n in range(30)]
    text = result_text(RunView((OutcomeView(carl, Status.WAITING), *behind)), plain)
    assert "and 30 operations that come after" in text
    assert "u7@example.org" not in text


def test_plain_reports_do_not_import_rich_or_deepdiff() -> None:
    """Only a live display pays for rich, only a changed list for deepdiff."""
    code = (
        "import sys, reconciler.report.plan_text, reconciler.report.progress, reconciler.report.diagnostics_text;"
        "print(sorted({'rich', 'deepdiff', 'pydantic', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
