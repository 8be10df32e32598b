"""The pages of `reconciler explain`."""

import ast
import re
from pathlib import Path

import click
import pytest

import reconciler
from reconciler import explain
from reconciler.cli.main import cli
from reconciler.model.rules import RULES
from reconciler.report.explain_text import explain_json, explain_text, pages_text
from reconciler.report.style import Style

PACKAGE = Path(reconciler.__file__).parent
MAKERS = frozenset({"problem", "warning", "PlanWarning", "Oddity", "Refusal"})
GUARDS = ("data-loss", "protect", "money", "mail-routing", "volume", "standing", "orphan", "approval")
TOPICS = ("stale-plan", "exit-codes", "bounce-window", "adopt", "drift", "unmanaged", "tombstone")


def _named(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)
    first = node.args[0]
    if name in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return None


def _ids() -> dict[str, str]:
    """Every id that code gives a diagnostic, a warning or a refusal, and a file that does."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            identity = _named(node)
            if identity is not None:
                found.setdefault(identity, str(path.relative_to(PACKAGE)))
    return found


def test_every_diagnostic_has_a_page() -> None:
    """Whatever id is printed, `reconciler explain ID` has something to say."""
    missing = {identity: file for identity, file in _ids().items() if explain.page(identity) is None}
    assert missing == {}


def test_the_walk_finds_ids() -> None:
    """The test above would pass if it looked at nothing."""
    assert {"data-loss", "plan-digest"} <= _ids().keys()


@pytest.mark.parametrize("identity", [*GUARDS, *TOPICS])
def test_guards_and_topics_have_pages(identity: str) -> None:
    """What help texts point to is there."""
    assert explain.page(identity) is not None


def test_every_page_begins_with_a_title_and_says_more() -> None:
    """A page is a heading of one line, then a text."""
    for page in explain.all_pages():
        first, _, rest = page.text.partition("\n")
        assert first.startswith("# "), page.id
        assert page.title, page.id
        assert rest.strip(), page.id


def test_pages_name_commands_and_options_that_exist() -> None:
    """Whatever a page tells to type, the command line knows."""
    root = click.Context(cli)
    wrong = []
    for page in explain.all_pages():
        code = re.findall(r"```.*?```|`[^`]+`|^ {4}[^\n]*$", page.text, re.DOTALL | re.MULTILINE)
        # as a command stands: at the beginning of a line, behind a prompt, a label or a quotation mark
        for line in re.findall(r"(?:^\s*|[$`:] ?|&& )reconciler ([a-z][^`\n#]*)", "\n".join(code), re.MULTILINE):
            words = line.split()
            command = cli.get_command(root, words[0])
            while isinstance(command, click.Group) and len(words) > 1:
                words = words[1:]
                command = command.get_command(root, words[0])
            known = {option for each in (cli, command) if each for param in each.params for option in param.opts}
            options = {word.rstrip(",.;:") for word in words if word.startswith("--")}
            if command is None or not options <= known:
                wrong.append((page.id, line))
    assert wrong == []


def test_every_rule_explains_itself() -> None:
    """A rule's page holds what the platform says and what follows."""
    pages = {page.id: page for page in explain.rule_pages()}
    assert pages.keys() == RULES.keys()
    assert all(RULES[name].says in page.text and RULES[name].does in page.text for name, page in pages.items())


@pytest.mark.parametrize("typed", ["netcup/N7", "NETCUP/n7", "N7", "n7", " N7 "])
def test_rules_are_found_however_they_are_typed(typed: str) -> None:
    """Case and the platform's name may be left out."""
    page = explain.page(typed)
    assert page is not None
    assert page.id == "netcup/N7"


@pytest.mark.parametrize(
    "typed", ["", "no-such-page", "../__init__", "netcup/N99", "N99", "data-loss.md", "/etc/passwd"]
)
def test_what_is_no_page_is_none(typed: str) -> None:
    """An unknown name, or a path, has no page."""
    assert explain.page(typed) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("data-los", "data-loss"), ("stale", "stale-plan"), ("netcup/N77", "netcup/N7"), ("Drfit", "drift")],
)
def test_a_slip_is_met_with_a_suggestion(typed: str, meant: str) -> None:
    """What was probably meant is among the suggestions."""
    assert meant in explain.did_you_mean(typed)


def test_a_page_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """Headings, wrapped paragraphs, lists, and examples as they stand."""
    ending, style = dressed
    text = (
        "# A title\n\nA paragraph that is `code with blanks` and long enough to be wrapped somewhere, at whatever width"
        " the terminal has.\n\n- one\n- two, which is also long enough to be wrapped at most widths that people have"
        " on their screens\n\n```yaml\nmailboxes:\n  a@example.org: {quota: 5 GB}   # stays as it is\n```\nEnd.\n"
    )
    golden(f"explain.{ending}", explain_text(explain.Page("x", "A title", text), style))


def test_items_of_a_list_hang_below_their_text(plain: Style) -> None:
    """A list item that is wrapped goes on below its own text, not below its sign."""
    text = "# T\n\n- " + "word " * 40 + "\n1. " + "more " * 40 + "\n"
    lines = explain_text(explain.Page("x", "T", text), plain).splitlines()
    assert [line[:4] for line in lines if "word" in line] == ["- wo", "  wo", "  wo"]
    assert [line[:4] for line in lines if "more" in line] == ["1. m", "   m", "   m"]


def test_an_indented_example_stands_as_it_is(plain: Style) -> None:
    """Lines of four blanks are an example: they are not joined, lists and headings in it are none."""
    example = "    # a comment\n    removed:\n      - mailbox: bob@example.org\n        reason: left"
    text = f"# T\n\nSome text:\n\n{example}\n\nEnd.\n"
    assert f"\n{example}\n\nEnd.\n" in explain_text(explain.Page("x", "T", text), plain)


def test_page_as_json(golden) -> None:
    """A page's id, title and Markdown."""
    golden("explain.json", explain_json(explain.Page("x", "A title", "# A title\n\ntext\n")))


def test_list_of_pages(plain: Style) -> None:
    """One line a page, with its id and its title."""
    text = pages_text(explain.all_pages(), plain)
    assert len(text.splitlines()) == len(explain.all_pages())
    assert "data-loss" in text
