"""How an apply or a destroy ended, told to a person or to a program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.apply import result as results
from reconciler.apply.recover import Recovered
from reconciler.apply.result import RunResult
from reconciler.cli.app import App
from reconciler.cli.exits import Exit
from reconciler.cli.homecoming import homecomings_json
from reconciler.cli.speak import err_style, out_style, tell_failure, tell_warnings
from reconciler.dns.preview import Held
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.plan.document import Plan, Refusal
from reconciler.plan.wire import digest
from reconciler.report.diagnostics_json import diagnostics_json
from reconciler.report.held_text import held_lines
from reconciler.report.plan_text import next_command, plan_text, refused_lines
from reconciler.report.preview_json import held_json
from reconciler.report.result_json import result_json
from reconciler.report.result_text import result_text
from reconciler.report.views import OutcomeView, RunView, Status
from reconciler.state.kept import Homecoming


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs left behind, and this one settled.

    Attributes:
        recovered: Writes whose end was not known, with what was found out.
        home: Outcomes that could not be recorded then and are now.
    """

    recovered: Sequence[Recovered] = ()
    home: Sequence[Homecoming] = ()


def tell_stale(app: App, moved: Sequence[str], again: str) -> None:
    """A saved plan is not carried out, because the world is not the one it was made for."""
    tell_failure(
        [problem("stale-plan", sentence, help=f"make the plan again: {again}") for sentence in moved], app, Exit.STALE
    )


def tell_refusals(
    app: App, plan: Plan, pending: Sequence[Refusal], consents: Sequence[str], line: str, *, destroys: bool = False
) -> None:
    """Guards refuse: the plan with what they refuse, and what to type; `destroys` if `destroy` was asked for."""
    if app.json:
        tell_failure([_refused(each) for each in pending], app, Exit.REFUSED)
        return
    asked = {consent for refusal in plan.refusals for consent in refusal.consent}
    for consent in [each for each in consents if each not in asked]:
        app.say(f"no step of the plan asks for {consent}")
    app.warn(plan_text(plan, err_style(app), command=line, consents=consents, destroys=destroys))


def tell_unapproved(app: App, plan: Plan, consents: Sequence[str], line: str) -> None:
    """Nobody said yes to the plan, which was shown before."""
    nobody = Refusal("approval", (), ("--yes",), "nobody said yes to the plan")
    if app.json:
        tell_failure([_refused(nobody)], app, Exit.REFUSED)
        return
    style = err_style(app)
    again = next_command(replace(plan, refusals=(*plan.refusals, nobody)), line, consents)
    refused = refused_lines("approval", "nobody said yes, and nothing was changed.", style)
    app.warn("\n".join([*refused, f"Next: {style.code(again)}"]))


def _refused(refusal: Refusal) -> Diagnostic:
    steps = ", ".join(refusal.operations)
    message = f"refused: {steps}: {refusal.reason}" if steps else refusal.reason
    return problem(refusal.guard, message, help=" ".join(refusal.consent) or None)


def tell_nothing(app: App, plan: Plan, earlier: Earlier, *, destroys: bool = False) -> None:
    """There was nothing to do; `destroys` if `destroy` was asked for."""
    if app.json:
        _envelope(app, plan, RunView(()), RunResult({}), earlier, held=plan.held)
    else:
        app.out(plan_text(plan, out_style(app), destroys=destroys))


def tell_result(app: App, plan: Plan, result: RunResult, earlier: Earlier) -> None:
    """What became of each operation, and why the run stopped where state could not be written any more."""
    view = view_of(plan, result)
    held = _dated(plan.held, result, app.clock())
    tell_warnings(result.warnings, app)
    if app.json:
        _envelope(app, plan, view, result, earlier, held=held)
        return
    style = out_style(app)
    app.out(result_text(view, style, full=app.verbosity > 0))
    if held:
        app.out("\n".join([style.bold("Waiting for its time:"), *held_lines(held, style)]))
    if result.trouble or result.behind:
        tell_failure((*result.trouble, *result.behind), app)


def _dated(held: Sequence[Held], result: RunResult, now: float) -> tuple[Held, ...]:
    """What waits, with the time that the steps of this run have given it: they were done a moment ago.

    While a step waits for a person, it has not been done, and nobody knows when it will be.
    """
    if any(each.status is not results.Status.DONE for each in result.outcomes.values()):
        return tuple(held)
    return tuple(
        replace(each, not_before=int(now) + each.seconds, seconds=None)
        if each.phase == "switch" and each.not_before is None and each.seconds is not None
        else each
        for each in held
    )


def view_of(plan: Plan, result: RunResult) -> RunView:
    """A run's result as reports show it."""
    outcomes = []
    for operation in plan.operations:
        ended = result.outcomes[operation.id]
        status = Status(str(ended.status))
        outcomes.append(OutcomeView(operation, status, ended.message, ended.rule, ended.because))
    kept = any(each.id == "state-kept" for each in result.trouble)
    interrupted = result.stopped and result.exit_code != 0
    return RunView(outcomes, interrupted=interrupted, halted=bool(result.trouble), kept=kept)


def _envelope(
    app: App, plan: Plan, view: RunView, result: RunResult, earlier: Earlier, *, held: Sequence[Held]
) -> None:
    app.envelope(
        "apply",
        plan=digest(plan),
        **result_json(view),
        recovered=[str(each) for each in earlier.recovered],
        brought_home=homecomings_json(earlier.home),
        held=[held_json(each) for each in held],
        warnings=diagnostics_json(result.warnings),
        trouble=diagnostics_json((*result.trouble, *result.behind)),
    )
