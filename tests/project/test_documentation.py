"""What is not documented is not there: commands, options, diagnostics, settings, rules, links."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scripts.generate import ROOT
from tests.report.test_explain import TOPICS

DOCS = ROOT / "docs"
EXPLAIN = ROOT / "reconciler/explain"
MAKERS = {"problem", "warning", "Diagnostic", "PlanWarning", "Oddity"}


def sources():
    """Every source file of the package, parsed."""
    return {path: ast.parse(path.read_text()) for path in sorted((ROOT / "reconciler").rglob("*.py"))}


def ids_in(tree):
    """The ids of the diagnostics that a module makes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if name in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def all_ids():
    """The ids of every diagnostic in the package."""
    return sorted({identity for tree in sources().values() for identity in ids_in(tree)})


@pytest.mark.parametrize("identity", all_ids())
def test_each_diagnostic_has_a_page(identity):
    """`reconciler explain ID` has something to say: a title, and more than a title."""
    page = EXPLAIN / f"{identity}.md"
    assert page.exists(), f"reconciler/explain/{identity}.md is missing"
    lines = page.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) > 4


def test_each_page_is_of_something():
    """No page is left over of a diagnostic or guard that is gone; some explain a word and not a diagnostic."""
    text = "\n".join(path.read_text() for path in (ROOT / "reconciler").rglob("*.py"))
    left = [page.stem for page in EXPLAIN.glob("*.md") if page.stem not in TOPICS and f'"{page.stem}"' not in text]
    assert left == []


def test_generated_files_are_fresh():
    """docs/commands and schemas are what the code generates: `make docs` was run."""
    # in a process of its own: click remembers the help option of the first context it meets
    words = [sys.executable, ROOT / "scripts/generate.py", "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def commands():
    """Every command and subcommand with the words that call it."""
    from reconciler.cli.main import cli

    def below(command, words):
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                yield from below(command.get_command(context, name), (*words, name))

    context = click.Context(cli)
    for name in cli.list_commands(context):
        yield from below(cli.get_command(context, name), (name,))


def test_each_command_and_option_is_documented():
    """Every option of a command stands on the command's page, or on the one of what every command has."""
    everywhere = (DOCS / "commands/README.md").read_text()
    missing = []
    for words, command in commands():
        page = everywhere + (DOCS / "commands" / f"{words[0]}.md").read_text()
        options = [option for each in command.params if not getattr(each, "hidden", False) for option in each.opts]
        missing += [
            f"{' '.join(words)} {option}" for option in options if option.startswith("-") and option not in page
        ]
    assert missing == []


def models():
    """Every pydantic model of the configuration, and of the providers' and backends' blocks."""
    import importlib
    import pkgutil

    import reconciler.config
    from reconciler.model.scalars import Strict

    for module in pkgutil.walk_packages(reconciler.config.__path__, "reconciler.config."):
        importlib.import_module(module.name)
    from reconciler.providers.registry import provider_types

    roots = [each.settings_model for each in provider_types().values()]
    found, queue = set(), [*Strict.__subclasses__(), *roots]
    while queue:
        model = queue.pop()
        if model not in found and model.__module__.startswith("reconciler."):
            found.add(model)
            queue += model.__subclasses__()
    return sorted(found, key=lambda model: (model.__module__, model.__name__))


_PLACES = ("local", "postgres", "s3", "http")


def test_each_field_of_the_configuration_is_documented():
    """Every field a person can write is named in the pages about configuration."""
    names = ("configuration", "sandbox", "zonefile", "encryption", *(f"backends/{each}" for each in _PLACES))
    names = (*names, *(f"providers/{each.stem}" for each in sorted((DOCS / "providers").glob("*.md"))))
    pages = "\n".join((DOCS / f"{name}.md").read_text() for name in names)
    named = set(re.findall(r"`([a-z_0-9]+)`", pages)) | set(re.findall(r"([a-z_0-9]+):", pages))
    missing = [
        f"{model.__name__}.{field.alias or name}"
        for model in models()
        for name, field in model.model_fields.items()
        if (field.alias or name) not in named
    ]
    assert missing == []


def test_each_guard_is_documented():
    """Every guard stands in the life of a plan, and has a page of its own."""
    text = (DOCS / "plan-lifecycle.md").read_text()
    for guard in ("data-loss", "protect", "money", "mail-routing", "volume", "standing", "orphan"):
        assert f"`{guard}`" in text
        assert (EXPLAIN / f"{guard}.md").exists()


def test_each_rule_has_a_test():
    """Every rule of both platforms, and every one of ours, is named by a test that fails without it."""
    from reconciler.model.rules import RULES

    text = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = {name.lower() for name in re.findall(r"def test_(?:[a-z_]+_)?([nmf]\d+)_", text)}
    assert [rule for rule in RULES if rule.rpartition("/")[2].lower() not in named] == []


def markdown():
    """Every page of the repository."""
    folders = ("docs", "examples", "state", "reconciler/explain")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.md"))]
    return [*sorted(ROOT.glob("*.md")), *found]


@pytest.mark.parametrize("page", markdown(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """A link to a file names one that is there, and its anchor a heading that is there."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{target} leads nowhere"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_page_can_be_reached_from_the_index():
    """docs/index.md and the README name every page below docs/, by itself or by its folder's list."""
    seen, queue = set(), [DOCS / "index.md", ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        targets = re.findall(r"\]\(([^)\s#]+)", page.read_text())
        queue += [Path(page.parent / target).resolve() for target in targets if not re.match(r"[a-z]+:", target)]
    assert [str(path.relative_to(ROOT)) for path in sorted(DOCS.rglob("*.md")) if path not in seen] == []
