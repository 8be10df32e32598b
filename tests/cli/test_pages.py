"""The documentation of the commands is the commands' own, and fresh."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from reconciler.cli import docs
from reconciler.cli.commands import SUMMARIES
from reconciler.cli.main import cli
from reconciler.cli.schemas import NAMES, schema_bytes

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["README", *SUMMARIES])
def test_page_of_a_command_is_fresh(name):
    """docs/commands holds what `make docs` would write."""
    assert (ROOT / f"docs/commands/{name}.md").read_text() == docs.pages()[f"{name}.md"]


def test_no_page_is_left_of_a_command_that_is_gone():
    """Every file of docs/commands is a page of a command."""
    assert {path.name for path in (ROOT / "docs/commands").glob("*.md")} == set(docs.pages())


def test_every_option_stands_on_its_page():
    """Each option of each command is documented."""
    root = click.Context(cli, info_name="reconciler", **cli.context_settings)
    for name, text in docs.pages().items():
        command = cli.get_command(root, name.removesuffix(".md"))
        for each in command.params if command else ():
            if isinstance(each, click.Option) and "--help" not in each.opts:
                page = text if f"`{each.opts[-1]}`" in text else docs.pages()["README.md"]
                assert f"`{each.opts[-1]}`" in page


def test_writing_the_pages_leaves_the_commands_as_they_are():
    """`-h` asks for help also in a process that has written the pages before."""
    code = "from reconciler.cli import docs, main\ndocs.pages()\nmain.cli.main(['plan', '-h'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-h, --help" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_published_schema_is_fresh(name):
    """schemas/ holds what `reconciler schema --write` writes."""
    assert (ROOT / f"schemas/{name}.schema.json").read_bytes() == schema_bytes(name)


@pytest.mark.parametrize("name", NAMES)
def test_published_schema_is_a_schema(name):
    """Each is valid JSON Schema, draft 2020-12."""
    import json

    from jsonschema import Draft202012Validator

    schema = json.loads(schema_bytes(name))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_every_id_of_the_command_line_has_a_page():
    """Each diagnostic this room can raise is explained."""
    from reconciler.explain import page

    ids = set()
    for path in (ROOT / "reconciler/cli").rglob("*.py"):
        ids |= set(re.findall(r"(?:problem|warning)\(\s*\"([a-z0-9-]+)\"", path.read_text()))
    assert len(ids) > 10
    assert not [each for each in ids if page(each) is None]
