"""What a plan does to the DNS of a domain, for a terminal: verdict, records, mail flow, findings, what waits."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.dns.checks.base import ASK_OTHERS, Finding, Grade
from reconciler.dns.preview import Moment, Preview, Verdict
from reconciler.report.held_text import held_lines
from reconciler.report.layout import clean, count, hang, pad, text_width, wrap
from reconciler.report.preview_rows import row_lines
from reconciler.report.preview_views import (
    ARROW,
    FindingView,
    PreviewView,
    moment_view,
    moves_mail,
    preview_view,
)
from reconciler.report.style import Style

_SHOWN = 3  # domains that a plan shows whatever they are, findings of a domain in a plan
_DOMAINS = 10  # domains that a plan shows at most
_TITLE, _VERDICT = 48, 30  # columns of a domain's title in a plan, and of its verdict beside it
_GRAVE = (Grade.BLOCKER, Grade.WARNING)


def preview_text(previews: Sequence[Preview], style: Style, *, full: bool = False) -> str:
    """Return previews for a terminal, a page a domain.

    Args:
        previews: Of some domains.
        style: Colours, symbols and width.
        full: Values as a whole, and notes as well.
    """
    lines: list[str] = []
    for number, preview in enumerate(previews):
        lines += [""] * (number > 0)
        lines += _page(preview_view(preview), style, full=full)
    return "\n".join(lines) + "\n"


def check_text(moments: Sequence[tuple[str, Moment]], style: Style, *, full: bool = False) -> str:
    """Return the verdicts on domains as they are, for a terminal.

    Args:
        moments: Each domain's key, and what the DNS says of it.
        style: Colours, symbols and width.
        full: Notes as well.
    """
    lines: list[str] = []
    for number, (domain, moment) in enumerate(moments):
        view = moment_view(domain, moment)
        lines += [""] * (number > 0)
        lines += [f"{style.bold(view.domain)}  {_verdict(view.verdict, view.reasons, style)}"]
        lines += _facts(view.facts, style, 2)
        lines += _findings([FindingView(each) for each in view.findings], style, 2, full=full)
        lines += _unknown(view.unknown, style, full=full)
    return "\n".join(lines) + "\n"


def preview_lines(previews: Sequence[Preview], style: Style, *, full: bool = False) -> Iterator[str]:
    """Yield the DNS section of a plan: a few lines a domain, and one for all that nothing is said of.

    Args:
        previews: Of the domains whose records change or wait.
        style: Colours, symbols and width.
        full: Every domain, with every finding.
    """
    touched = [each for each in previews if each.held or any(row.changes for row in each.rows)]
    if not touched:
        return
    yield style.bold(f"DNS of {count(len(touched), 'domain')}:")
    views = [preview_view(each) for each in touched]
    serious = [
        view
        for view, preview in zip(views, touched, strict=True)
        if view.held or _grave(view.findings) or (preview.before.receives and moves_mail(preview))
    ]
    serious.sort(key=lambda view: view.verdict is not Verdict.NOT_YET)  # what blocks comes first; else as before
    told = views if full or len(views) <= _SHOWN else serious[:_DOMAINS]
    for view in told:
        yield from _block(view, style, full=full)
    if not full:
        yield from _left_out(len(views) - len(told), len(serious) - _DOMAINS, style, more=bool(told))
    yield from _not_known([view.unknown for view in views if view.unknown], style)
    yield style.dim("  Record by record: ") + style.code(f"reconciler dns preview {(told or views)[0].domain}")


def _left_out(rest: int, serious: int, style: Style, *, more: bool) -> Iterator[str]:
    """How many domains are not told of, and whether that is because there are too many."""
    if serious > 0:
        yield style.warn(f"  {count(serious, 'more domain')} with a blocker, a warning or another MX: see --full")
        rest -= serious
    if rest > 0:
        yield style.dim(f"  {count(rest, 'more domain' if more else 'domain')}, without a blocker or a warning")


def _grave(findings: Iterable[FindingView]) -> bool:
    return any(each.finding.grade in _GRAVE for each in findings)


def _page(view: PreviewView, style: Style, *, full: bool) -> Iterator[str]:
    yield from _title(view, style)
    yield from _standing(view, style)
    yield ""
    if view.rows:
        yield from row_lines(view.rows, style, full=full)
        yield ""
    yield from _facts(view.facts, style, 2)
    below = [
        *_findings(view.findings, style, 2, full=full),
        *_cleared(view.cleared, style, 2),
        *_unknown(view.unknown, style, full=full),
        *held_lines(view.held, style),
    ]
    if below:
        yield ""
        yield from below


def _title(view: PreviewView, style: Style) -> Iterator[str]:
    lines = list(hang(_arrows(view.what, style), 2, style.width, text_width(view.domain) + 2))
    yield style.bold(f"{view.domain}  {lines[0]}")
    yield from (style.bold(line) for line in lines[1:])


def _standing(view: PreviewView, style: Style) -> Iterator[str]:
    """The verdict, and the zone it is about: beside it, or below where there is no room."""
    verdict = _verdict(view.verdict, view.reasons, style)
    taken = 4 + len(view.verdict) + 2 + len(view.reasons)
    if not view.where:
        yield f"  {verdict}"
    elif taken + text_width(view.where) <= style.width:
        yield f"  {verdict}  {style.dim(view.where)}"
    else:
        yield f"  {verdict}"
        yield from (style.dim(f"  {line}") for line in wrap(view.where, style.width - 2))


def _block(view: PreviewView, style: Style, *, full: bool) -> Iterator[str]:
    """A domain in a plan: at most some eight lines."""
    verdict = _verdict(view.verdict, view.reasons, style)
    title = _arrows(f"{view.domain}  {view.what}", style)
    if text_width(title) <= _TITLE and style.width >= _TITLE + _VERDICT:
        yield f"  {style.bold(pad(title, _TITLE))}  {verdict}"
    else:
        yield from (f"  {line}" for line in _title(view, style))
        yield f"    {verdict}"
    told = {"may send", "SPF", "DMARC", *(("aligned",) if full else ())}
    yield from _facts([(name, text) for name, text in view.facts if name in told and _moves(text)], style, 4)
    cached = [row for row in view.rows if row.change != "stays" and row.cached]
    if cached and view.what.startswith("MX switch"):
        yield f"    others may go on answering with the old MX for {cached[0].cached}"
    grave = [each for each in view.findings if full or each.finding.grade in _GRAVE]
    yield from _findings(grave if full else grave[:_SHOWN], style, 4, full=full)
    if not full and len(grave) > _SHOWN:
        yield style.dim(f"    and {count(len(grave) - _SHOWN, 'more finding')}")
    yield from held_lines(view.held, style, indent=4, full=full)


def _moves(text: str) -> bool:
    return ARROW in text or text.startswith(("with ", "without "))


_COLOURS = {
    Verdict.READY: Style.good, Verdict.CARE: Style.warn, Verdict.NOT_YET: Style.error, Verdict.UNSURE: Style.bold,
}  # fmt: skip


def _verdict(verdict: Verdict, reasons: str, style: Style) -> str:
    return _COLOURS[verdict](style, str(verdict)) + (f": {reasons}" if reasons else "")


def _facts(facts: Sequence[tuple[str, str]], style: Style, indent: int) -> Iterator[str]:
    width = max((text_width(name) for name, _ in facts), default=0)
    for name, text in facts:
        lines = list(hang(_arrows(text, style), indent + width + 2, style.width))
        yield f"{' ' * indent}{style.dim(pad(name, width))}  {lines[0]}"
        yield from lines[1:]


def _findings(findings: Sequence[FindingView], style: Style, indent: int, *, full: bool) -> Iterator[str]:
    for each in findings:
        if full or each.finding.grade in _GRAVE:
            yield from _finding(each.finding, style, indent, today=each.today)
    notes = 0 if full else sum(each.finding.grade is Grade.NOTE for each in findings)
    if notes:
        yield style.dim(f"{' ' * indent}{count(notes, 'more note')} with --verbose")


def _finding(finding: Finding, style: Style, indent: int, *, today: bool) -> Iterator[str]:
    dress = {Grade.BLOCKER: style.error, Grade.WARNING: style.warn}.get(finding.grade, style.dim)
    head = f"[{finding.check}]: "
    message = clean(finding.message) + (", as today" if today else "")
    lines = list(hang(message, indent + 2, style.width, indent + len(finding.grade) + len(head)))
    yield f"{' ' * indent}{dress(finding.grade)}{head}{lines[0]}".rstrip()
    yield from lines[1:]
    yield from _help(finding.help, style, indent + 2)


def _help(text: str, style: Style, indent: int) -> Iterator[str]:
    if text:
        lines = list(hang(clean(text), indent + len("help: "), style.width))
        yield f"{' ' * indent}{style.dim('help:')} {lines[0]}"
        yield from lines[1:]


def _cleared(checks: Sequence[str], style: Style, indent: int) -> Iterator[str]:
    if checks:
        yield from _one(style.good("mended: "), "mended: ", ", ".join(checks), style, indent)


def _unknown(gaps: Sequence[Finding], style: Style, *, full: bool) -> Iterator[str]:
    """What could not be looked up: each in full, or the checks by name, and of the first why and what helps."""
    if full:
        for each in gaps:
            yield from _finding(each, style, 2, today=False)
    elif gaps:
        yield from _one(style.bold("not known: "), "not known: ", ", ".join(dict.fromkeys(_names(gaps))), style, 2)
        yield from (f"    {line}" for line in wrap(clean(gaps[0].message), style.width - 4))
        yield from _help(gaps[0].help, style, 4)


def _names(findings: Iterable[Finding]) -> Iterator[str]:
    return (each.check for each in findings)


def _not_known(domains: Sequence[Sequence[Finding]], style: Style) -> Iterator[str]:
    """Why something is not known of some domains, for a plan: once for all of them."""
    if not domains:
        return
    gaps = [each for group in domains for each in group]
    told = next((each for each in gaps if each.help != ASK_OTHERS), gaps[0])
    why = "nobody was asked about zones of others" if told.help == ASK_OTHERS else clean(told.message)
    lines = wrap(f"Not all is known of {count(len(domains), 'domain')}: {why}", style.width - 2)
    yield from (style.dim(f"  {line}") for line in lines)
    if told.help == ASK_OTHERS:
        yield from _help(told.help, style, 4)


def _one(label: str, plain: str, text: str, style: Style, indent: int) -> Iterator[str]:
    lines = list(hang(text, indent + 2, style.width, indent + len(plain)))
    yield f"{' ' * indent}{label}{lines[0]}".rstrip()
    yield from lines[1:]


def _arrows(text: str, style: Style) -> str:
    return text.replace(ARROW, style.symbol("arrow"))
