"""Regular expressions mean the same on every Python that is supported."""

import ast
import re

import pytest

from scripts.generate import ROOT

_ESCAPE = re.compile(r"\\.", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_UNSAFE = re.compile(r"[*+?}]\+|\(\?>")
_TAKING = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}


def unsafe(pattern):
    """Whether a pattern has a possessive quantifier or an atomic group outside of escapes and classes."""
    return bool(_UNSAFE.search(_CLASS.sub("x", _ESCAPE.sub("x", pattern))))


def patterns(tree):
    """Line and text of every literal that is handed to a function of `re`."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _TAKING:
            of_re = isinstance(call.func.value, ast.Name) and call.func.value.id == "re"
            for part in ast.walk(call.args[0]) if of_re and call.args else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("a++", True), ("(?:a*)*+", True), ("(?>a)", True), ("a{2}+", True), (r"a\++", False), ("[a+*?+]+", False)],
)
def test_the_search_knows_what_it_looks_for(pattern, found):
    """It tells a quantifier from a plus sign."""
    assert unsafe(pattern) is found


@pytest.mark.parametrize("folder", ["reconciler", "bench", "scripts", "examples", "tests"])
def test_no_possessive_quantifiers(folder):
    """Nested ones match wrongly before Python 3.11.5, Debian 12's among them; runs without ambiguity need none."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in patterns(ast.parse(path.read_text()))
        if unsafe(text)
    ]
    assert found == []
