"""Diagnostics as SARIF 2.1.0 (OASIS standard), which code hosts show beside the lines."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from reconciler.explain import Page
from reconciler.model.diagnostic import Diagnostic, Label, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _location(label: Label) -> dict[str, object]:
    span = label.span
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(span.file)},
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.line,
                "endColumn": span.column + span.length,
            },
        }
    }
    if label.text:
        location["message"] = {"text": label.text}
    return location


def _result(diagnostic: Diagnostic, index: int) -> dict[str, object]:
    extras = [text for text in (diagnostic.why, diagnostic.help) if text]
    result: dict[str, object] = {
        "ruleId": diagnostic.id,
        "ruleIndex": index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": "\n".join([diagnostic.message, *extras])},
        "locations": [_location(diagnostic.primary)] if diagnostic.primary else [],
    }
    if diagnostic.secondary:
        result["relatedLocations"] = [{"id": n, **_location(each)} for n, each in enumerate(diagnostic.secondary)]
    if diagnostic.rule:
        result["properties"] = {"rule": diagnostic.rule}
    return result


def _rule(identity: str, page: Page | None) -> dict[str, object]:
    rule: dict[str, object] = {"id": identity}
    if page is not None:
        rule["shortDescription"] = {"text": page.title}
        rule["help"] = {"text": page.text, "markdown": page.text}
    return rule


def diagnostics_sarif(
    diagnostics: Sequence[Diagnostic], version: str, page: Callable[[str], Page | None]
) -> dict[str, object]:
    """Return a SARIF log with one run.

    Args:
        diagnostics: In the order to report them.
        version: Of this software.
        page: Gives the explain page of a diagnostic's id (`reconciler.explain.page`).
    """
    places: dict[str, int] = {}
    for diagnostic in diagnostics:
        places.setdefault(diagnostic.id, len(places))
    driver = {"name": "reconciler", "version": version, "rules": [_rule(each, page(each)) for each in places]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, places[each.id]) for each in diagnostics],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
