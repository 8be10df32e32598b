"""`explain`: what a message means, and what a rule says."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_page
from reconciler.cli.exits import Exit

if TYPE_CHECKING:
    from reconciler.explain import Page


@make(
    "explain",
    examples=[
        ("reconciler explain data-loss", "the guard that refuses to lose mail, and its consent"),
        ("reconciler explain netcup/N7", "what the platform says, and what follows"),
        ("reconciler explain", "everything there is to explain"),
    ],
)
@click.argument("what", metavar="[ID|RULE]", required=False, shell_complete=complete_page)
def command(what: str | None) -> Exit:
    """Ids are those in square brackets of an error or a warning, the guards of a plan, and the rules of its order."""
    from reconciler.explain import page

    app = current()
    if what is None:
        return _list(app)
    found = page(what)
    if found is None:
        raise click.UsageError(_unknown(what))
    return _page(app, found)


def _unknown(what: str) -> str:
    from reconciler.explain import did_you_mean

    near = did_you_mean(what)
    hint = f"; did you mean '{near[0]}'?" if near else "; `reconciler explain` lists everything"
    return f"there is nothing to explain about '{what}'{hint}"


def _page(app: App, found: "Page") -> Exit:
    from reconciler.cli.speak import out_style
    from reconciler.report.explain_text import explain_json, explain_text

    if app.json:
        app.envelope("explain", **explain_json(found))
    else:
        app.out(explain_text(found, out_style(app)))
    return Exit.DONE


def _list(app: App) -> Exit:
    from reconciler.cli.speak import out_style
    from reconciler.explain import all_pages, rule_pages
    from reconciler.report.explain_text import explain_json, pages_text

    if app.json:
        app.envelope("explain", pages=[explain_json(each) for each in (*all_pages(), *rule_pages())])
        return Exit.DONE
    style = out_style(app)
    for title, pages in (("Messages, guards and ideas", all_pages()), ("Rules", rule_pages())):
        app.out(f"{style.bold(title)}\n\n{pages_text(pages, style)}")
    return Exit.DONE
