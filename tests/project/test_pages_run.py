"""The README, the documentation and the examples show real commands with real output."""

import pytest

from scripts.console import matches, run
from scripts.generate import ROOT, pages, start_of


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_page_tells_the_truth(page, tmp_path):
    """Each command of a page, run in order in a fresh copy, ends as the page says and prints what it shows."""
    for _, steps in run(page.read_text(), tmp_path, start_of(page)):
        for ran in steps:
            shown = (
                f"$ {ran.step.command}\n{ran.output}(exit {ran.exit}, the page says {ran.step.exit}; see `make docs`)"
            )
            assert ran.holds, shown


@pytest.mark.parametrize(
    ("promised", "printed", "holds"),
    [
        ("a\n…\nc", "a\nb\nb\nc\n", True),
        ("…\nc", "a\nc", True),
        ("a\n…", "a\n", True),
        ("took … s", "took 0.3 s", True),
        ("a", "a\nb", False),
        ("a\n…\nc", "a\nb", False),
        ("", "", True),
    ],
)
def test_dots_stand_for_any_text(promised, printed, holds):
    """`…` alone on a line stands for any lines, within a line for anything on it, and nothing else is forgiven."""
    assert matches(promised, printed) is holds
