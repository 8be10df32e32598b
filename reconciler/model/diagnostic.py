"""A problem as a value: one shape for every room, many renderers in `report`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.source import Span


class Severity(StrEnum):
    """How bad it is: an error stops the command, a warning is printed, a note is for the curious."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be seen there."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem: what, where, why and the way out.

    Attributes:
        id: Kebab-case name; `reconciler explain ID` prints its page from `reconciler/explain/ID.md`.
        message: One lower-case sentence that names the thing.
        primary: Where it is.
        secondary: Other places that explain it, such as the first of two declarations.
        rule: Rule id such as `netcup/N14`, where a rule of a platform speaks.
        why: The reason in words, where it is not the rule's own sentence.
        help: What to do, in a form that can be typed where possible.
    """

    id: str
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    rule: str | None = None
    why: str | None = None
    help: str | None = None
    severity: Severity = Severity.ERROR


class Problem(Exception):
    """Work that stops because of diagnostics; nothing was changed."""

    def __init__(self, diagnostics: Sequence[Diagnostic] | Diagnostic) -> None:
        """Take the diagnostics that stop the work, all of them."""
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        super().__init__("; ".join(each.message for each in self.diagnostics))


def stop_on_errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that stop nothing.

    Raises:
        Problem: With all of the errors, if there are any.
    """
    found = tuple(diagnostics)
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        raise Problem(errors)
    return found


def problem(
    id: str,  # noqa: A002 - the field's word
    message: str,
    *,
    at: Span | None = None,
    label: str = "",
    also: Sequence[Label] = (),
    rule: str | None = None,
    why: str | None = None,
    help: str | None = None,  # noqa: A002
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    """Make a diagnostic; the first argument is checked by a test to have an `explain` page."""
    primary = None if at is None else Label(at, label)
    return Diagnostic(id, message, primary, tuple(also), rule, why, help, severity)


def warning(id: str, message: str, *, at: Span | None = None, **rest: object) -> Diagnostic:  # noqa: A002
    """Make a diagnostic that does not stop the work."""
    return problem(id, message, at=at, severity=Severity.WARNING, **rest)  # type: ignore[arg-type]
