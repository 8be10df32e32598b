"""A page of `reconciler explain` for a terminal, and the list of pages."""

import re
from collections.abc import Iterator, Sequence

from reconciler.explain import Page
from reconciler.report.layout import pad, text_width, wrap
from reconciler.report.style import Style

_CODE = re.compile(r"`([^`]+)`")
_BULLET = re.compile(r"(\s*(?:[-*]|\d+\.)\s+)(.*)\Z", re.DOTALL)
_INDENT = "    "  # of an example
_MOST_COLUMNS = 88  # a paragraph wider than this is hard to read


def _spans(line: str, style: Style) -> str:
    return _CODE.sub(lambda match: style.code(match[1]), line) if style.colour else line


def _paragraph(lines: Sequence[str], style: Style) -> Iterator[str]:
    width = min(style.width, _MOST_COLUMNS)
    text = " ".join(line.strip() for line in lines)
    bullet = _BULLET.match(lines[0])
    indent = len(bullet[1]) if bullet else 0
    for number, line in enumerate(wrap(text, width - indent)):
        yield _spans((" " * indent if number else "") + line, style)


def _example(block: Sequence[str]) -> Iterator[str]:
    """The lines of an example, fenced or indented, each as it stands."""
    if block[0].startswith(_INDENT):
        yield from block
    else:
        yield from (_INDENT + line for line in block if not line.startswith("```"))


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield headings, fenced and indented blocks and paragraphs; a list's items are paragraphs of their own."""
    block: list[str] = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            if fenced and block:
                yield block
                block = []
            block.append(line)
            if not fenced:
                yield block
                block = []
        elif fenced or (line.startswith(_INDENT) and (not block or block[0].startswith(_INDENT))):
            block.append(line)
        elif not line.strip() or _BULLET.match(line) or line.startswith("#"):
            if block:
                yield block
            block = [line] if line.strip() else []
            if not line.strip():
                yield []
        else:
            block.append(line)
    if block:
        yield block


def explain_text(page: Page, style: Style) -> str:
    """Return a page with its paragraphs wrapped, commands coloured, and examples as they stand."""
    lines: list[str] = []
    for block in _blocks(page.text):
        if not block:
            lines.append("")
        elif block[0].startswith(("```", _INDENT)):
            lines += _example(block)
        elif block[0].startswith("#"):
            lines.append(style.bold(block[0].lstrip("#").strip()))
        else:
            lines += _paragraph(block, style)
    return "\n".join(lines).strip("\n") + "\n"


def explain_json(page: Page) -> dict[str, object]:
    """Return a page as plain data; its text is Markdown."""
    return {"id": page.id, "title": page.title, "text": page.text}


def pages_text(pages: Sequence[Page], style: Style) -> str:
    """Return the list of pages, an id and a title a line."""
    width = max((text_width(each.id) for each in pages), default=0)
    return "".join(f"{style.code(pad(each.id, width))}  {each.title}\n" for each in pages)
