"""Diagnostics as GitHub's workflow commands, which annotate the lines of a pull request.

GitHub shows ten annotations of a severity in a step and drops the rest in silence; so the tenth says how many more
there are.
"""

from collections.abc import Iterator, Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.report.layout import count

#: Annotations of one severity that a step can show.
MOST = 10

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _command(diagnostic: Diagnostic, more: int) -> str:
    properties = []
    if diagnostic.primary:
        span = diagnostic.primary.span
        properties = [f"file={_property(span.file)}", f"line={span.line}", f"col={span.column}"]
        properties.append(f"endColumn={span.column + span.length}")
    properties.append(f"title={_property(diagnostic.id)}")
    text = diagnostic.message
    for extra in (diagnostic.why, diagnostic.help):
        text += f"\n{extra}" if extra else ""
    if more:
        text += f"\n+ {count(more, 'more', 'more')}: see the log of this step"
    return f"::{_COMMANDS[diagnostic.severity]} {','.join(properties)}::{_data(text)}"


def _lines(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    for severity in Severity:
        group = [each for each in diagnostics if each.severity is severity]
        for number, each in enumerate(group[:MOST], 1):
            yield _command(each, len(group) - MOST if number == MOST else 0)


def diagnostics_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one workflow command a line, errors first, at most `MOST` of each severity."""
    return "".join(f"{line}\n" for line in _lines(diagnostics))
