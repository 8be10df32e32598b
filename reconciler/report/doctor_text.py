"""What `doctor` found: a line for each thing it looked at, each write in flight taken apart, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.kinds import Action
from reconciler.model.live import Live
from reconciler.report.changes import describe_value
from reconciler.report.labels import operation_label
from reconciler.report.layout import clean, count, hang, pad, text_width
from reconciler.report.style import Style
from reconciler.report.table import pairs
from reconciler.state.resolve import Verdict
from reconciler.state.values import Intent


class Health(StrEnum):
    """How something is: `look` needs nobody, `wrong` needs a person, `skipped` was not seen."""

    OK = "ok"
    LOOK = "look"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        area: What, such as `lock` or a provider's name.
        said: What was seen, in a few words.
        findings: What is not as it should be; an error needs a person, a warning settles itself.
        skipped: It could not be looked at, because of something else.
    """

    area: str
    said: str
    findings: tuple[Diagnostic, ...] = ()
    skipped: bool = False

    @property
    def health(self) -> Health:
        """How it is."""
        if any(each.severity is Severity.ERROR for each in self.findings):
            return Health.WRONG
        if self.skipped:
            return Health.SKIPPED
        return Health.LOOK if self.findings else Health.OK


@dataclass(frozen=True, slots=True)
class Flying:
    """A write whose end is not known.

    Attributes:
        intent: What was intended.
        live: What the provider has now.
        verdict: What that says; None where the provider could not be asked.
        kept: The local file that has its outcome, which the dead run could not record.
        unread: Why the provider could not be asked.
    """

    intent: Intent
    live: Live | None = None
    verdict: Verdict | None = None
    kept: str = ""
    unread: str = ""

    @property
    def meaning(self) -> str:
        """What it means, and what the next apply does about it."""
        if self.kept:
            return f"its outcome is kept in {clean(self.kept)}, and the next apply brings it home"
        if self.verdict is None:
            return f"not known: {clean(self.unread)}"
        if self.verdict is Verdict.DONE and self.intent.password and self.intent.action is Action.UPDATE:
            return "whether the password was set can not be read; the next apply sets it again"
        return _MEANING[self.verdict]


_MEANING = {
    Verdict.DONE: "it had taken effect; the next apply records it",
    Verdict.NOT_DONE: "it had not taken effect; the next plan has it again",
    Verdict.OTHER: "something else is there; the next apply records what is there, and plans what is left",
}


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was found.

    Attributes:
        checks: In the order they were made.
        flying: Writes in flight.
        command: What settles what is left, as it is typed.
    """

    checks: Sequence[Check]
    flying: Sequence[Flying]
    command: str = "reconciler apply"

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What is not as it should be."""
        return tuple(each for check in self.checks for each in check.findings)

    @property
    def well(self) -> bool:
        """Whether nothing needs a person."""
        return not any(check.health is Health.WRONG for check in self.checks)


def doctor_text(found: Examination, diagnostics: str, style: Style) -> str:
    """Return what was found.

    Args:
        found: All of it.
        diagnostics: Its findings, rendered.
        style: Colours, symbols and width.
    """
    lines = list(_checks(found.checks, style))
    if found.flying:
        lines += ["", style.bold("In flight when a run died:")]
        for each in found.flying:
            lines += _flying(each, style)
    if diagnostics:
        lines += ["", diagnostics.rstrip("\n")]
    return "\n".join([*lines, "", *_verdict(found, style)]) + "\n"


def _checks(checks: Sequence[Check], style: Style) -> Iterator[str]:
    areas = max(text_width(clean(check.area)) for check in checks)
    words = max(len(check.health) for check in checks)
    for check in checks:
        paint = {Health.OK: style.good, Health.LOOK: style.warn, Health.WRONG: style.error}.get(check.health, style.dim)
        first, *rest = hang(clean(check.said), areas + words + 4, style.width)
        yield f"{pad(clean(check.area), areas)}  {paint(pad(str(check.health), words))}  {first}".rstrip()
        yield from rest


def _flying(each: Flying, style: Style) -> Iterator[str]:
    intent = each.intent
    sign = style.symbol(intent.action)
    line = f"  {sign} {operation_label(intent.operation)}  at {clean(intent.provider)}"
    yield style.warn(line)
    intended = describe_value(intent.kind, intent.fields, style, full=True) if intent.fields else "that it is gone"
    if intent.password:
        intended += ", with a password"
    there: str | None = None
    if each.verdict is not None:
        there = (
            "nothing"
            if each.live is None
            else describe_value(intent.kind, each.live.resource.fields(), style, full=True)
        )
    yield from pairs([("intended", intended), ("there now", there), ("so", each.meaning)], style, indent=6)


def _settles(check: Check) -> bool:
    """Whether an apply may settle what was found: it changes neither the files nor what a provider is known to do."""
    return check.area != "configuration" and not check.area.startswith("provider ")


def _verdict(found: Examination, style: Style) -> Iterator[str]:
    wrong = len({each for each in found.findings if each.severity is Severity.ERROR})
    if wrong:
        needs = "needs" if wrong == 1 else "need"
        yield style.error(f"{count(wrong, 'thing')} {needs} a person") + ": what to do stands above."
    elif any(check.health is Health.LOOK and _settles(check) for check in found.checks):
        yield style.good("Nothing needs a person") + ": the next apply settles what is left."
        yield f"Next: {style.code(found.command)}"
    elif any(check.health is Health.LOOK for check in found.checks):
        yield style.good("Nothing needs a person") + ": what stands above is worth knowing."
    else:
        yield style.good("All is well") + "."


def doctor_json(found: Examination) -> dict[str, object]:
    """Return what was found as plain data, without the diagnostics."""
    return {
        "well": found.well,
        "checks": [
            {
                "area": each.area,
                "health": str(each.health),
                "said": each.said,
                "findings": [f.id for f in each.findings],
            }
            for each in found.checks
        ],
        "in_flight": [_flying_json(each) for each in found.flying],
    }


def _flying_json(each: Flying) -> dict[str, object]:
    intent = each.intent
    return {
        "operation": intent.operation,
        "provider": intent.provider,
        "intended": _fields(dict(intent.fields)),
        "sets_password": intent.password,
        "now": None if each.live is None else _fields(dict(each.live.resource.fields())),
        "verdict": None if each.verdict is None else str(each.verdict),
        "kept": each.kept or None,
        "meaning": each.meaning,
    }


def _fields(fields: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
