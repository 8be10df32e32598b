"""When text has colour, which symbols it uses, and how wide it is."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.layout import clean, clip, count, hang, pad, text_width, wrap
from reconciler.report.style import Style, style_for


class Terminal(io.StringIO):
    def __init__(self, encoding: str = "utf-8", tty: bool = True) -> None:
        super().__init__()
        self._encoding = encoding
        self._tty = tty

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize(
    ("choice", "environ", "tty", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(choice: str, environ: dict[str, str], tty: bool, expected: bool) -> None:
    """The option decides; else NO_COLOR, a dumb terminal or a pipe means none."""
    assert style_for(Terminal(tty=tty), environ, choice).colour is expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", True), ("ascii", False), ("latin-1", False), ("nonsense", False)]
)
def test_symbols_are_those_the_encoding_has(encoding: str, expected: bool) -> None:
    """A stream that can not say an arrow gets two ASCII signs."""
    assert style_for(Terminal(encoding), {}).unicode is expected


def test_pipes_have_one_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes into a file does not depend on whose terminal started it, but COLUMNS is obeyed."""
    assert style_for(Terminal(tty=False), {}).width == 100
    monkeypatch.setenv("COLUMNS", "72")
    assert style_for(Terminal(tty=False), {"COLUMNS": "72"}).width == 72


def test_ascii_symbols_are_ascii() -> None:
    """The fallback holds no other sign."""
    names = ("create", "update", "delete", "replace", "operator", "adopt", "forget", "arrow", "full", "part", "void")
    assert all(Style(unicode=False).symbol(name).isascii() for name in names)


@given(st.text())
def test_clean_text_steers_no_terminal(text: str) -> None:
    """No control character, no line break, no change of direction is left."""
    shown = clean(text)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\u2028" for char in shown)


@given(st.text(), st.integers(1, 80))
def test_clipped_text_fits(text: str, width: int) -> None:
    """A clipped text is never wider, and one that fits is left alone."""
    shown = clip(text, width)
    assert text_width(shown) <= width
    assert text_width(text) > width or shown == text


@given(st.lists(st.text("abc王", min_size=1, max_size=9)), st.integers(20, 60), st.integers(0, 10))
def test_wrapped_text_keeps_every_word(words: list[str], width: int, indent: int) -> None:
    """Lines fit, and together they are the text."""
    text = " ".join(words)
    assert " ".join(wrap(text, width)) == text
    assert all(text_width(line) <= width for line in wrap(text, width))
    assert " ".join(line.strip() for line in hang(text, indent, width)).split() == words


def test_commands_are_not_broken() -> None:
    """What stands between backquotes can be copied from one line."""
    text = "make room first, then type `reconciler apply --yes` once more"
    assert any("`reconciler apply --yes`" in line for line in wrap(text, 24))


def test_columns_count_wide_characters() -> None:
    """A wide character takes two columns, a combining one none."""
    assert text_width("王") == 2
    assert text_width("e\u0301") == 1
    assert pad("王", 4) == "王  "


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (1, "mailbox", "1 mailbox"),
        (2, "mailbox", "2 mailboxes"),
        (0, "alias", "0 aliases"),
        (1200, "domain", "1,200 domains"),
    ],
)
def test_nouns_follow_their_number(number: int, noun: str, expected: str) -> None:
    """One of it, or more of them."""
    assert count(number, noun) == expected
