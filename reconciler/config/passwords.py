"""A password written where only a reference may stand."""

from reconciler.config.entries import Part
from reconciler.config.nodes import Map
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.source import Span


def in_the_clear(part: Part, what: str, node: Map, key: int) -> Diagnostic:
    """The diagnostic of a password in the clear; it points beside the password, so that no excerpt shows it."""
    secret_line = part.at(node.place("password")).line
    here: Span | None = part.at(key)
    place = ""
    if here is not None and here.line == secret_line:
        here, place = None, f" ({part.file}, line {secret_line})"
    return problem(
        "password-in-the-clear",
        f"the password of {what} is written in the clear{place}",
        at=here,
        why="files are shared and kept for ever; a password is looked up when it is needed",
        help="write where it comes from, such as `password: {env: ANNA_PASSWORD}`, and change the password",
    )
