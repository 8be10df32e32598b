"""The long texts behind `reconciler explain`: a page for each diagnostic, guard and idea, and one for each rule.

A page is a Markdown file in this folder, named for its id; its first line is `# ` and a title. A rule explains itself
from the table in `reconciler.model.rules`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from reconciler.model.closest import nearest
from reconciler.model.rules import RULES, Rule

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_SHORT_RULE = re.compile(r"([a-z])([1-9][0-9]?)\Z", re.IGNORECASE)
_PLATFORMS = {"n": "netcup/N", "m": "mailbox-org/M", "f": "flow/F"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        id: What is typed after `reconciler explain`.
        title: Its first line without the `# `.
        text: All of it, in Markdown.
    """

    id: str
    title: str
    text: str


def page(id: str) -> Page | None:  # noqa: A002 - the field's word
    """Return a page, or None where there is none.

    Args:
        id: A diagnostic, a guard or a topic such as `data-loss`, or a rule: `netcup/N7`, in any case, or just `N7`.
    """
    name = id.strip()
    rule = _rule(name)
    if rule is not None:
        return _rule_page(rule)
    if not _ID.match(name.lower()):
        return None
    source = files(__name__) / f"{name.lower()}.md"
    if not source.is_file():
        return None
    return _page(name.lower(), source.read_text("utf-8"))


def all_pages() -> tuple[Page, ...]:
    """Return every page that is a file, by id; rules have theirs beside (`rule_pages`)."""
    found = (each.name for each in files(__name__).iterdir() if each.name.endswith(".md"))
    return tuple(each for each in map(page, sorted(name.removesuffix(".md") for name in found)) if each)


def rule_pages() -> tuple[Page, ...]:
    """Return the page of every rule, in the order of the table."""
    return tuple(map(_rule_page, RULES.values()))


def did_you_mean(id: str) -> tuple[str, ...]:  # noqa: A002
    """Return up to three ids that look like one that has no page, the likeliest first."""
    known = {name.lower(): name for name in (*RULES, *_names())}
    wanted = id.strip().lower()
    close = nearest(wanted, known, most=3)
    inside = [name for name in known if wanted and (wanted in name or name in wanted)]
    return tuple(known[name] for name in dict.fromkeys([*close, *inside]))[:3]


def _names() -> Iterator[str]:
    for each in files(__name__).iterdir():
        if each.name.endswith(".md"):
            yield each.name.removesuffix(".md")


def _page(name: str, text: str) -> Page:
    first, _, _ = text.partition("\n")
    return Page(name, first.removeprefix("#").strip(), text)


def _rule(name: str) -> Rule | None:
    short = _SHORT_RULE.match(name)
    if short:
        return RULES.get(_PLATFORMS.get(short[1].lower(), "") + short[2])
    platform, slash, number = name.partition("/")
    return RULES.get(f"{platform.lower()}/{number.upper()}") if slash else None


def _rule_page(rule: Rule) -> Page:
    platform, _, _ = rule.id.partition("/")
    if platform == "flow":
        origin = "The rule is our own: mail flow needs it on every platform."
    else:
        origin = f"The rule is the platform's: {platform} says so in its help pages."
    text = (
        f"# {rule.id}: {rule.says}\n\n{origin}\n\n"
        f"What follows from it here: {rule.does}.\n\n"
        "Plans name the rule beside each step it puts in order; `reconciler graph` draws them all.\n"
    )
    return Page(rule.id, rule.says, text)
