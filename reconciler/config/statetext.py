"""A `state:` block that is given on the command line, read as one in the files is."""

from pathlib import Path

from reconciler.config.blocks import read_state
from reconciler.config.entries import Context, Part
from reconciler.config.events import read_tree
from reconciler.config.files import Source
from reconciler.config.nodes import Map, new_map
from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem, problem
from reconciler.model.source import Span


def read_state_text(text: str, name: str, root: Path) -> StateBlock:
    """Return the place that a text names.

    Args:
        text: What would stand under `state:`, such as `local: other.json` or `{s3: {bucket: state, key: mail}}`.
        name: What the text is called in messages.
        root: The root file's folder: relative paths start there.

    Raises:
        Problem: With every mistake in it.
    """
    data = text.encode()
    document = read_tree(data, text, name)
    if document.diagnostics:
        raise Problem(document.diagnostics)
    if not isinstance(document.root, Map):
        raise Problem(
            problem(
                "wrong-shape",
                f"'{text}' names no place where state is kept",
                at=Span(name, 1, 1),
                help="write what would stand under `state:`, such as 'local: other.json' or "
                "'{postgres: {dsn: {env: STATE_DSN}, name: mail}}'",
            )
        )
    source = Source(root / name, name, new_map(), data)
    context = Context()
    block = read_state([Part(source, document.root, document.at, document.at)], root, context)
    if context.problems:
        raise Problem(context.problems)
    return block
