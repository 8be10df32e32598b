"""YAML that libyaml refuses, said in the words of someone who wrote a mail address and not a program."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Final

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from reconciler.model.diagnostic import Diagnostic, Label, Problem, problem
from reconciler.model.source import Span

#: What libyaml says, with the id we give it and what to do; the first that is found in the error speaks.
_BACKSLASH: Final = "use single quotes, in which a backslash is a backslash"
_KNOWN: Final = (
    ("found character '\\t'", "yaml-tab", ""),
    ("found a tab character", "yaml-tab", ""),
    (
        "mapping values are not allowed",
        "yaml-colon",
        "quote a value that holds a colon and a blank: 'Müller: Bob'; otherwise check the indentation of this line",
    ),
    ("found unknown escape character", "yaml-quote", _BACKSLASH),
    ("found invalid Unicode character escape", "yaml-quote", _BACKSLASH),
    ("found unexpected end of stream", "yaml-quote", "close the quote that was opened"),
    (
        "block sequence entries are not allowed",
        "yaml-indent",
        "put the `-` on a line of its own, below the key; quote a lone dash: '-'",
    ),
    (
        "did not find expected key",
        "yaml-indent",
        "align this line with its neighbours; write a quote inside single quotes twice: 'it''s'",
    ),
    (
        "did not find expected '-' indicator",
        "yaml-indent",
        "align this line with its neighbours, or begin it with `- `",
    ),
    ("could not find expected ':'", "yaml-indent", "write `name: value`; a blank must follow the colon"),
    ("did not find expected ',' or", "yaml-bracket", "close the bracket that was opened, or put a comma between items"),
    ("did not find expected node content", "yaml-bracket", "look for a bracket too many, or a value that was left out"),
)

_SIGNS: Final = {
    "@": "quote a text that begins with @: '@{rest}'",
    "`": "quote a text that begins with a backtick: '`{rest}'",
    "%": "quote a text that begins with %: '%{rest}'",
    "*": "quote a text that begins with *: '*{rest}'",
    "&": "quote a text that begins with &: '&{rest}'",
    "!": "quote a text that begins with !: '!{rest}'",
}
_WHY_SIGN: Final = {
    "*": "an unquoted * begins a YAML alias",
    "&": "an unquoted & begins a YAML anchor",
    "%": "an unquoted % begins a YAML directive",
}


def decode(data: bytes, file: str) -> tuple[bytes, str]:
    """Return a file's bytes without a byte order mark, and its text.

    Raises:
        Problem: If the bytes are not UTF-8.
    """
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Problem(
            problem(
                "not-utf-8",
                f"{file} is written in UTF-16",
                at=Span(file, 1, 1),
                help=f"save it as UTF-8: `iconv -f UTF-16 -t UTF-8 {file}`",
            )
        )
    body = data.removeprefix(BOM_UTF8)
    try:
        return body, body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise Problem(
            problem(
                "not-utf-8",
                f"the byte 0x{body[error.start]:02x} is not UTF-8",
                at=Span(file, line, column),
                help=f"save the file as UTF-8; if it is Western European: `iconv -f latin1 -t UTF-8 {file}`",
            )
        ) from None


def explain_syntax(error: YAMLError, text: str, file: str) -> Diagnostic:
    """Turn libyaml's error into a diagnostic with a place and a way out."""
    if isinstance(error, ReaderError):
        return _control_character(error, text, file)
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return problem("yaml-syntax", "this is not YAML", at=Span(file, 1, 1))
    lines = text.splitlines()
    mark = error.problem_mark
    line = lines[mark.line] if mark.line < len(lines) else ""
    sign = _sign(error, lines)
    if sign is not None:
        return _unquoted_sign(*sign, file)
    said = " ".join(filter(None, (error.problem, error.context)))
    at = Span(file, mark.line + 1, mark.column + 1)
    if "cannot start any token" in said and line[mark.column : mark.column + 1] == "\t":
        return _tab(at)
    for words, id_, help_ in _KNOWN:
        if words in said:
            return _tab(at) if id_ == "yaml-tab" else _worded(id_, error, at, help_, file)
    return _worded("yaml-syntax", error, at, "see what stands just before this place", file)


def _tab(at: Span) -> Diagnostic:
    return problem(
        "yaml-tab",
        "a tab stands where YAML counts blanks",
        at=at,
        why="YAML does not allow tabs for indentation, since editors show them in different widths",
        help="replace the tab with blanks; `expand -t 2 FILE` does it for a whole file",
    )


def _worded(id_: str, error: MarkedYAMLError, at: Span, help_: str, file: str) -> Diagnostic:
    message = {
        "yaml-colon": "a second `: ` on this line makes no mapping",
        "yaml-quote": f"a quoted text is not well formed: {_said(error)}",
        "yaml-indent": f"this line does not fit the ones around it: {_said(error)}",
        "yaml-bracket": f"a bracket or a value is missing: {_said(error)}",
    }.get(id_, f"this is not YAML: {_said(error)}")
    start = error.context_mark
    also: tuple[Label, ...] = ()
    if start is not None and (start.line + 1, start.column + 1) != (at.line, at.column):
        also = (Label(Span(file, start.line + 1, start.column + 1), error.context or "it begins here"),)
    return problem(id_, message, at=at, also=also, help=help_)


def _said(error: MarkedYAMLError) -> str:
    return re.sub(r"\s+", " ", error.problem or "it can not be read")


def _sign(error: MarkedYAMLError, lines: list[str]) -> tuple[str, str, int, int] | None:
    """The unquoted sign an error comes from: the sign, what follows it, and where it stands."""
    for mark in (error.context_mark, error.problem_mark):
        if mark is None or mark.line >= len(lines):
            continue
        line = lines[mark.line]
        before, found = line[: mark.column], line[mark.column : mark.column + 1]
        if found in _SIGNS and "quoted scalar" not in (error.context or ""):
            name = re.search(r"(?:^|[\s\[,{])([*&][\w-]*)\Z", before)
            if found == "@" and name is not None:  # *anna@example.org: the alias's name ended before the @
                at = mark.column - len(name[1])
                return name[1][0], _rest(line[at + 1 :]), mark.line, at
            return found, _rest(line[mark.column + 1 :]), mark.line, mark.column
    return None


def _rest(text: str) -> str:
    match = re.match(r"[^\s,\]}]*", text)
    return match[0] if match else ""


def _unquoted_sign(sign: str, rest: str, line: int, column: int, file: str) -> Diagnostic:
    return problem(
        "yaml-sign",
        f"a text that begins with {sign} needs quotes",
        at=Span(file, line + 1, column + 1, len(rest) + 1),
        why=_WHY_SIGN.get(sign, f"YAML keeps {sign} for itself"),
        help=_SIGNS[sign].format(rest=rest),
    )


def _control_character(error: ReaderError, text: str, file: str) -> Diagnostic:
    number = error.character if isinstance(error.character, int) else 0
    index = next((i for i, each in enumerate(text) if ord(each) == number), 0)
    before = text[:index]
    return problem(
        "control-character",
        f"the control character U+{number:04X} can not stand in a YAML file",
        at=Span(file, before.count("\n") + 1, index - before.rfind("\n")),
        help="delete it; it is invisible in most editors",
    )
