"""Macro strings of SPF (RFC 7208 §7): read once, expanded for each sender."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

MAX_NAME = 253  # octets of an expanded name, §7.3

_MACRO = re.compile(r"%(?:([%_-])|\{([slodiphcrtv])(\d*)(r?)([.+,/_=-]*)\})", re.IGNORECASE)
_LITERAL = re.compile(r"[!-$&-~]+")
_STANDS_FOR = {"%": "%", "_": " ", "-": "%20"}
_EXPLANATION_ONLY = frozenset("crt")
_TOPLABEL = re.compile(r"\.(?![0-9]+\.?\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?\Z")


class BadMacro(ValueError):
    """A macro string that the grammar does not have: where in it, counted from 0, and why."""

    def __init__(self, at: int, why: str) -> None:
        """Remember the offset and the reason."""
        super().__init__(why)
        self.at = at


@dataclass(frozen=True, slots=True)
class Macro:
    """What a `%{…}` asks for.

    Attributes:
        letter: Lower case, of `slodiphv`.
        parts: How many parts from the right; 0 for all.
        reverse: Whether the parts are turned around.
        delimiters: What the value is split at; empty where it is not split.
        escape: Whether the letter was upper case: the value is URL-escaped.
    """

    letter: str
    parts: int
    reverse: bool
    delimiters: str
    escape: bool

    def of(self, value: str) -> str:
        """Return a value transformed (§7.3)."""
        if self.delimiters:
            parts = re.split(f"[{re.escape(self.delimiters)}]", value)
            if self.reverse:
                parts.reverse()
            value = ".".join(parts[-self.parts :])  # -0 keeps all of them
        return quote(value, safe="~") if self.escape else value


Part: TypeAlias = str | Macro


@dataclass(frozen=True, slots=True)
class MacroString:
    """A macro string, read.

    Attributes:
        text: As written.
        parts: Literals and macros in order.
        letters: Of the macros in it.
        ends_in_macro: Whether the last thing in it is one, `%%` and the like too.
    """

    text: str
    parts: tuple[Part, ...]
    letters: frozenset[str]
    ends_in_macro: bool

    def expanded(self, value: Callable[[str], str]) -> str:
        """Return the text with each macro replaced by what `value` tells of its letter."""
        return "".join(part if isinstance(part, str) else part.of(value(part.letter)) for part in self.parts)

    def target(self, value: Callable[[str], str]) -> str:
        """Return the name it stands for: no closing dot, labels cut from the left until it fits (§7.3)."""
        name = self.expanded(value).removesuffix(".")
        while len(name) > MAX_NAME and "." in name:
            name = name.partition(".")[2]
        return name


def macro_string(text: str) -> MacroString:
    """Read a macro string as terms have it.

    Raises:
        BadMacro: If it is not one, or has a macro that only explanations may have (§7.2).
    """
    parts: list[Part] = []
    letters = set()
    at = 0
    macro = None
    while at < len(text):
        literal = _LITERAL.match(text, at)
        macro = None if literal else _MACRO.match(text, at)
        found = literal or macro
        if found is None:
            raise BadMacro(at, _wrong(text, at))
        part = found[0] if macro is None else _part(macro)
        if isinstance(part, Macro):
            letters.add(part.letter)
        parts.append(part)
        at = found.end()
    return MacroString(text, tuple(parts), frozenset(letters), macro is not None)


def domain_spec(text: str) -> MacroString:
    """Read a domain-spec: a macro string that ends in a macro, or in a dot and a label that is not all digits.

    Raises:
        BadMacro: If it is not one.
    """
    if not text:
        raise BadMacro(0, "a domain name is missing")
    read = macro_string(text)
    if not read.ends_in_macro and _TOPLABEL.search(text) is None:
        raise BadMacro(0, f"{text!r} does not end in a dot and a top-level domain")
    return read


def _part(macro: re.Match[str]) -> Part:
    escape, letter, digits, reverse, delimiters = macro.groups()
    if escape is not None:
        return _STANDS_FOR[escape]
    lower = letter.lower()
    if lower in _EXPLANATION_ONLY:
        raise BadMacro(macro.start(), f"the macro {macro[0]} is for explanations only")
    if digits and not int(digits):
        raise BadMacro(macro.start(), f"the macro {macro[0]} asks for no part at all")
    splits = bool(digits or reverse or delimiters)
    return Macro(lower, int(digits or 0), bool(reverse), delimiters or "." * splits, letter.isupper())


def _wrong(text: str, at: int) -> str:
    if text[at] == "%":
        return f"{text[at : at + 4]!r} does not begin a macro; a percent sign is written %%"
    return f"the character {text[at]!r} can not stand there"
