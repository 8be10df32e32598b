"""Diagnostics for a terminal: what, where, the line itself, why, and the way out."""

from collections.abc import Iterator, Sequence

from reconciler.model.diagnostic import Diagnostic, Label, Severity
from reconciler.model.rules import RULES
from reconciler.report.excerpt import ReadLine, excerpt, safe_line
from reconciler.report.layout import clean, count, hang
from reconciler.report.style import Style


def _severity(severity: Severity, text: str, style: Style) -> str:
    if severity is Severity.ERROR:
        return style.error(text)
    return style.warn(text) if severity is Severity.WARNING else style.bold(text)


def _gutter(diagnostic: Diagnostic) -> int:
    labels = ([diagnostic.primary] if diagnostic.primary else []) + list(diagnostic.secondary)
    return max((len(str(label.span.line)) for label in labels), default=1)


def _place(label: Label, gutter: int, read_line: ReadLine, style: Style, *, first: bool) -> Iterator[str]:
    span = label.span
    arrow, sign = ("-->", "^") if first else (":::", "-")
    yield f"{' ' * gutter}{style.place(arrow)} {clean(str(span))}"
    text = safe_line(read_line, span.file, span.line)
    if text is None:
        if label.text:
            yield f"{' ' * (gutter + 1)}{style.place('=')} {clean(label.text)}"
        return
    shown = excerpt(
        text, span.column, span.length, max(style.width - gutter - 3, 20), ellipsis=style.symbol("ellipsis")
    )
    bar = f"{' ' * (gutter + 1)}{style.place('|')}"
    yield bar
    yield f"{style.place(f'{span.line:>{gutter}} |')} {shown.text}".rstrip()
    under = sign * shown.length + (f" {clean(label.text)}" if label.text else "")
    under = style.error(under) if sign == "^" else style.place(under)
    yield f"{bar} {' ' * shown.start}{under}"
    yield bar


def _notes(diagnostic: Diagnostic, style: Style) -> Iterator[tuple[str, str]]:
    if diagnostic.why:
        yield "why", clean(diagnostic.why)
    if diagnostic.rule:
        rule = RULES.get(diagnostic.rule)
        yield "rule", f"{rule.says} ({rule.id})" if rule else clean(diagnostic.rule)
    if diagnostic.help:
        yield "help", clean(diagnostic.help)
    yield "more", style.code(f"reconciler explain {diagnostic.id}")


def diagnostic_lines(diagnostic: Diagnostic, read_line: ReadLine, style: Style) -> Iterator[str]:
    """Yield the lines of one diagnostic."""
    title = _severity(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.id}]", style)
    yield f"{title}: {style.bold(clean(diagnostic.message))}"
    gutter = _gutter(diagnostic)
    if diagnostic.primary:
        yield from _place(diagnostic.primary, gutter, read_line, style, first=True)
    for label in diagnostic.secondary:
        yield from _place(label, gutter, read_line, style, first=False)
    for name, text in _notes(diagnostic, style):
        head = f"{' ' * (gutter + 1)}{style.place('=')} {style.bold(name + ':')} "
        indent = gutter + 1 + len(f"= {name}: ")
        lines = [text] if name == "more" else list(hang(text, indent, style.width))
        yield head + lines[0]
        yield from lines[1:]


def summary(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """The last line: `2 errors, 1 warning in 2 files`."""
    parts = []
    for severity in Severity:
        number = sum(1 for each in diagnostics if each.severity is severity)
        if number:
            parts.append(_severity(severity, count(number, severity), style))
    files = {each.primary.span.file for each in diagnostics if each.primary}
    return ", ".join(parts) + (f" in {count(len(files), 'file')}" if files else "")


def diagnostics_text(diagnostics: Sequence[Diagnostic], read_line: ReadLine, style: Style) -> str:
    """Return all diagnostics, and a line that counts them; empty where there are none.

    Args:
        diagnostics: In the order to print them.
        read_line: Gives a line of a file, None where it can not be read: the excerpt is then left out.
        style: Colours, symbols and width.
    """
    if not diagnostics:
        return ""
    lines: list[str] = []
    for diagnostic in diagnostics:
        lines += [*diagnostic_lines(diagnostic, read_line, style), ""]
    return "\n".join([*lines, summary(diagnostics, style)]) + "\n"
