"""Diagnostics for programs. Keys are stable: some may come, none goes."""

from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic, Label
from reconciler.model.rules import RULES


def _place(label: Label) -> dict[str, object]:
    span = label.span
    return {"file": span.file, "line": span.line, "column": span.column, "length": span.length, "label": label.text}


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    """Return one diagnostic as plain data; lines and columns count from 1, columns in characters."""
    rule = RULES.get(diagnostic.rule or "")
    return {
        "id": diagnostic.id,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "place": _place(diagnostic.primary) if diagnostic.primary else None,
        "also": [_place(label) for label in diagnostic.secondary],
        "rule": diagnostic.rule,
        "rule_says": rule.says if rule else None,
        "why": diagnostic.why,
        "help": diagnostic.help,
    }


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, object]]:
    """Return diagnostics as plain data, in the order given."""
    return [diagnostic_json(each) for each in diagnostics]
