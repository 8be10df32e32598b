"""Diagnostics, as people, programs and code hosts read them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.explain import Page
from reconciler.model.diagnostic import Diagnostic, problem, warning
from reconciler.model.source import Span
from reconciler.report.diagnostics_github import diagnostics_github
from reconciler.report.diagnostics_json import diagnostics_json
from reconciler.report.diagnostics_sarif import diagnostics_sarif
from reconciler.report.diagnostics_text import diagnostics_text
from reconciler.report.excerpt import ReadLine, excerpt, mask, safe_line
from reconciler.report.layout import text_width
from reconciler.report.style import Style


def _page(identity: str) -> Page | None:
    return Page(identity, "a title", "# a title\n\ntext\n") if identity == "unknown-key" else None


def test_diagnostics_look_as_they_should(
    golden, dressed: tuple[str, Style], diagnostics: tuple[Diagnostic, ...], read_line: ReadLine
) -> None:
    """Message, place, excerpt, second place, reason, rule, help and page, in each dress."""
    ending, style = dressed
    golden(f"diagnostics.{ending}", diagnostics_text(diagnostics, read_line, style))


def test_diagnostics_json_is_stable(golden, diagnostics: tuple[Diagnostic, ...]) -> None:
    """The keys programs rely on."""
    golden("diagnostics.json", diagnostics_json(diagnostics))


def test_annotations_look_as_they_should(golden, diagnostics: tuple[Diagnostic, ...]) -> None:
    """Workflow commands with per cent signs, line breaks, colons and commas escaped."""
    golden("diagnostics.github", diagnostics_github(diagnostics))


def test_sarif_looks_as_it_should(golden, diagnostics: tuple[Diagnostic, ...]) -> None:
    """A SARIF log with rules from the pages."""
    golden("diagnostics.sarif", diagnostics_sarif(diagnostics, "1.2.3", _page))


def test_no_diagnostics_are_no_text(plain: Style, read_line: ReadLine) -> None:
    """Nothing wrong, nothing printed."""
    assert diagnostics_text((), read_line, plain) == ""


def test_last_line_counts(plain: Style, read_line: ReadLine, diagnostics: tuple[Diagnostic, ...]) -> None:
    """The summary stands last."""
    assert diagnostics_text(diagnostics, read_line, plain).splitlines()[-1] == "4 errors, 1 warning in 4 files"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password: hunter2", "password: ***"),
        ("  password:   'hunter2' # mine", "  password:   ***"),
        ("anna: {password: hunter2, quota: 5 GB}", "anna: {password: ***"),
        ("anna: {password: {env: ANNA}, quota: 5 GB}", "anna: {password: ***********, quota: 5 GB}"),
        ('"password": "x"', '"password": ***'),
        ("api_key: abc", "api_key: ***"),
        ("postgres: {dsn: postgres://u:p@h/d}", "postgres: {dsn: ***"),
        ("password_version: 3", "password_version: 3"),
        ("password:", "password:"),
        ("quota: 5 GB # no password", "quota: 5 GB # no password"),
        ("PASSWORD: Hunter2", "PASSWORD: ***"),
        ("url: https://user:hunter2@host/path", "url: https://user:*******@host/path"),
        ("{password: {env: A}, token: {file: b}, x: 1}", "{password: ********, token: *********, x: 1}"),
    ],
)
def test_values_of_secret_keys_are_blotted_out(line: str, shown: str) -> None:
    """A value written where only a reference belongs is not repeated on the terminal."""
    assert mask(line) == shown


def test_values_that_go_on_below_their_secret_key_are_blotted_out() -> None:
    """Lines below a secret key are hidden too, whatever stands there; lines after its block are not."""
    lines = [
        "password: |",
        "  hunter2",
        "other:",
        "  password:",
        "    value: hunter3",
        "    - hunter4",
        "  quota: 5 GB",
        "tokens:",
        "- hunter5",
        "- hunter6",
        "anna: {password: {value:",
        "    hunter7}, quota: 5 GB}",
        "bob: {password: {env: BOB},",
        "  quota: 5 GB}",
    ]

    def read(_file: str, number: int) -> str | None:
        return lines[number - 1] if 0 < number <= len(lines) else None

    shown = [safe_line(read, "f", number) for number in range(1, len(lines) + 1)]
    assert shown[:7] == [
        "password: ***",
        "  ***",
        "other:",
        "  password:",
        "    value: ***",
        "    - ***",
        "  quota: 5 GB",
    ]
    assert shown[7:12] == ["tokens:", "- ***", "- ***", "anna: {password: ***", "    ***"]
    assert shown[12:] == ["bob: {password: **********,", "  quota: 5 GB}"]


@given(st.text(max_size=120), st.integers(-3, 200), st.integers(-3, 200), st.integers(20, 90))
def test_excerpts_fit_and_underline_what_is_there(text: str, column: int, length: int, room: int) -> None:
    """Whatever the line and the place, the excerpt fits, is printable, and the underlined part lies within it."""
    shown = excerpt(text.replace("\n", ""), column, length, room)
    assert text_width(shown.text) <= room
    assert shown.length >= 1
    assert 0 <= shown.start <= room
    assert shown.text.isprintable() or any(not char.isprintable() for char in text)
    assert "\x1b" not in shown.text
    assert "\t" not in shown.text


def test_underline_stands_below_wide_characters_and_tabs() -> None:
    """Columns of the terminal count, not characters."""
    shown = excerpt("\t王: bad", 5, 3, 80)
    assert shown.text == "    王: bad"
    assert (shown.start, shown.length) == (8, 3)


def test_long_lines_are_cut_around_the_place() -> None:
    """What is underlined stays in sight, with a sign where the line was cut."""
    shown = excerpt("a" * 500 + "BAD" + "b" * 500, 501, 3, 60)
    assert shown.text[shown.start : shown.start + shown.length] == "BAD"
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")


def test_tenth_annotation_says_how_many_more() -> None:
    """GitHub drops the eleventh in silence, so the tenth speaks of it; errors and warnings count apart."""
    found = [problem("unknown-key", f"e{n}", at=Span("a.yaml", n + 1, 1)) for n in range(13)]
    found += [warning("long-line", f"w{n}") for n in range(10)]
    lines = diagnostics_github(found).splitlines()
    assert len(lines) == 20
    assert lines[9].startswith("::error ")
    assert "+ 3 more" in lines[9]
    assert not any("more" in line for line in lines[:9] + lines[10:])


def test_sarif_has_the_structure_of_the_standard(diagnostics: tuple[Diagnostic, ...]) -> None:
    """What SARIF 2.1.0 requires: version, tool, rules by index, levels, places from 1, a message each."""
    log = json.loads(json.dumps(diagnostics_sarif(diagnostics, "1.2.3", _page)))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        for location in result["locations"]:
            physical = location["physicalLocation"]
            region = physical["region"]
            assert region["startLine"] >= 1
            assert 1 <= region["startColumn"] < region["endColumn"]
            assert " " not in physical["artifactLocation"]["uri"]


def test_sarif_names_files_as_uris() -> None:
    """A blank in a relative path is escaped, an absolute path is a file URI."""
    log = diagnostics_sarif(
        [problem("a", "m", at=Span("my mail.yaml", 1, 1)), problem("b", "m", at=Span("/etc/m.yaml", 1, 1))], "1", _page
    )
    text = json.dumps(log)
    assert '"my%20mail.yaml"' in text
    assert '"file:///etc/m.yaml"' in text
