"""`state pull` and `state push`: a state as one file, out of its place and back into it."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.commands.state.common import approve, configured, store_of, tell_homecomings
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, lock_option

if TYPE_CHECKING:
    from reconciler.state import StateStore
    from reconciler.state.tending.transfer import Pulled, Push


@make(
    "pull",
    summary="print the state as one file",
    examples=[
        ("reconciler state pull", "the state with its journal folded in, as JSON"),
        ("reconciler state pull --out copy.json", "into a file that its owner alone can read"),
        ("reconciler state pull --plaintext --out copy.json", "not encrypted, though the state is"),
    ],
)
@click.option("--out", metavar="FILE", type=click.Path(), help="Write a file instead of printing.")
@click.option("--plaintext", is_flag=True, help="Leave it in plain text where the state is encrypted.")
@config_option
def pull(out: str | None, plaintext: bool, config: tuple[str, ...]) -> Exit:
    """Nothing is changed, and no lock is needed. Where the state is encrypted, so is what is printed.

    It is encrypted for those whom the configuration names. Such a copy is an age file: `age -d -i KEYFILE` opens it,
    and so does `state push`.
    """
    from reconciler.state.tending.transfer import pull as pull_state
    from reconciler.state.tending.transfer import write_copy

    app = current()
    pulled = pull_state(store_of(app, config), plaintext=plaintext)
    if out is not None:
        write_copy(app.path(out), out, pulled.data)
        return _told(app, pulled, out)
    if app.json and pulled.sealed:
        app.envelope("state-pull", **_facts(pulled), content=pulled.data.decode())
    else:
        app.out(pulled.data.decode())
    return Exit.DONE


def _facts(pulled: "Pulled") -> dict[str, object]:
    return {
        "lineage": pulled.lineage,
        "serial": pulled.serial,
        "resources": pulled.resources,
        "encrypted": pulled.sealed,
    }


def _told(app: App, pulled: "Pulled", out: str) -> Exit:
    from reconciler.report.layout import count

    if app.json:
        app.envelope("state-pull", **_facts(pulled), file=out)
    else:
        how = "encrypted" if pulled.sealed else "in plain text"
        app.out(f"wrote {count(pulled.resources, 'resource')} of serial {pulled.serial} to {out}, {how}")
    return Exit.DONE


@make(
    "push",
    summary="put a file in the place of the state, or bring home what could not be recorded",
    examples=[
        ("reconciler state push", "record outcomes that a run had to keep on this machine"),
        ("reconciler state push copy.json", "make the state what the file says"),
        ("reconciler state push copy.json --replace-serial 7", "go back to an earlier copy, giving up later runs"),
        ("reconciler state push copy.json --replace-lineage 5f0c…", "and give up the state that is there"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.REFUSED, refused="nobody said yes; nothing was changed"),
)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path())
@click.option(
    "--replace-lineage", metavar="LINEAGE", default="", help="Give up the state of this lineage for the file."
)
@click.option(
    "--replace-serial", metavar="N", type=click.IntRange(min=1), help="Give up what runs up to this last one recorded."
)
@config_option
@click.option("-y", "--yes", is_flag=True, help="Push without being asked.")
@lock_option
def push(
    file: str | None,
    config: tuple[str, ...],
    *,
    replace_lineage: str,
    replace_serial: int | None,
    yes: bool,
    lock_timeout: float,
) -> Exit:
    """FILE is what `state pull` wrote, or a copy of a state file, of the same lineage.

    One of another lineage or of an earlier moment is refused, unless what is given up for it is named.

    What the file changes becomes a run of its own, so the history stays whole. No provider is asked: what the file does
    not know is left alone by later plans, unless the files of the configuration declare it.

    Without FILE, outcomes are recorded that an apply had to keep on this machine, as the state could not be reached.
    """
    given_up = _given_up(replace_lineage, replace_serial)
    if file is None and given_up:
        raise click.UsageError(f"{given_up[0]} needs a FILE")
    app = current()
    _, store = configured(app, config)
    if file is None:
        return _bring_home(app, store, lock_timeout)
    from reconciler.cli.speak import tell_wait
    from reconciler.state.tending.rewriting import rewriting
    from reconciler.state.tending.transfer import push as push_state
    from reconciler.state.tending.transfer import read_file

    fold = read_file(app.path(file), file, store.encryption)
    with rewriting(
        store, " ".join(["state push", *given_up]), wait=lock_timeout, on_wait=tell_wait(app), home=False
    ) as session:
        tell_homecomings(app, session)
        pushed = push_state(session, store, fold, file, replace_lineage, undone=replace_serial)
        if not pushed.empty:
            _show(app, pushed, file)
            if not approve(app, yes=yes, again=["state", "push", file, *given_up], config=config):
                return Exit.REFUSED
            pushed.carry_out(session)
    return _pushed(app, pushed, file, session.applied.serial)


def _given_up(lineage: str, serial: int | None) -> list[str]:
    """The words that say what is given up for the file."""
    words = ["--replace-lineage", lineage] if lineage else []
    return words if serial is None else [*words, "--replace-serial", str(serial)]


def _show(app: App, pushed: "Push", file: str) -> None:
    from reconciler.cli.speak import err_style
    from reconciler.report.state_edit_text import push_text

    if not app.json:
        app.warn(push_text(pushed, file, err_style(app)))


def _pushed(app: App, pushed: "Push", file: str, serial: int) -> Exit:
    from reconciler.report.state_edit_text import push_json

    if app.json:
        app.envelope("state-push", **push_json(pushed), serial=serial)
    elif pushed.empty:
        app.out(f"{file} says what the state says already; nothing was changed")
    else:
        app.out(f"the state is what {file} says; serial {serial}")
    return Exit.DONE


def _bring_home(app: App, store: "StateStore", wait: float) -> Exit:
    from reconciler.cli.speak import tell_wait
    from reconciler.report.state_edit_text import homecomings_json, homecomings_text
    from reconciler.state.tending.rewriting import rewriting

    with rewriting(store, "state push", wait=wait, on_wait=tell_wait(app)) as session:
        came = session.homecomings
    if app.json:
        app.envelope("state-push", home=homecomings_json(came))
    else:
        app.out(homecomings_text(came))
    return Exit.DONE
