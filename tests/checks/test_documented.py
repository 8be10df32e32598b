"""The checks' documentation is what the checks are."""

import pytest

from reconciler.dns.checks.table import CHECKS, COMPARISONS
from reconciler.explain import page
from scripts.generate import ROOT

ROWS = (*CHECKS, *COMPARISONS)


def test_every_check_stands_in_the_table_of_the_documentation():
    """docs/checks.md has a row for each check, in order, with its worst grade, what it finds and its source."""
    text = (ROOT / "docs/checks.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{each.id}` | {each.worst} | {each.title} | {each.source} |" for each in ROWS]


@pytest.mark.parametrize("check", [each.id for each in ROWS])
def test_every_check_is_explained(check):
    """`reconciler explain ID` says what it means, shows an example, and how to get out; short enough to be read."""
    text = page(check).text
    assert 6 <= text.count("\n") <= 25
    assert "\n    " in text, "an example"


def test_no_check_stands_twice():
    """An id is one row."""
    assert len({each.id for each in ROWS}) == len(ROWS)
