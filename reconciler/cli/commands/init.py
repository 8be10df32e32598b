"""`init`: a commented configuration that runs as it stands."""

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.exits import Exit

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

#: What a new configuration can start from: the folders of `reconciler/cli/templates`.
EXAMPLES = ("quickstart", "family")

#: A file whose name tools would act on inside the package.
_RENAMED = {"gitignore": ".gitignore"}

SCHEMA = "schemas/config.schema.json"
IGNORE = ".gitignore"


@make(
    "init",
    examples=[
        ("reconciler init", "a small company, in the current folder"),
        ("reconciler init mail --example family", "a mailbox.org team, in the folder mail"),
    ],
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path())
@click.option(
    "--example", type=click.Choice(EXAMPLES), default="quickstart", help="What to start from. [default: quickstart]"
)
def command(folder: str, example: str) -> Exit:
    """The configuration runs on this machine alone, on the embedded platform. No file that exists is written over."""
    app = current()
    target = app.path(folder)
    files = {name: text.encode() for name, text in template(example)}
    files[SCHEMA] = _schema()
    to_ignore = _not_ignored_yet(target, files)
    _refuse_overwriting(folder, target, list(files))
    for name, data in files.items():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(data)
    _tell(app, folder, list(files), to_ignore)
    return Exit.DONE


def template(example: str) -> list[tuple[str, str]]:
    """The files of an example: path and text."""
    return sorted(_files(resources.files("reconciler.cli") / "templates" / example, ""))


def _files(folder: "Traversable", prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _files(each, f"{prefix}{each.name}/")
        else:
            found.append((prefix + _RENAMED.get(each.name, each.name), each.read_text(encoding="utf-8")))
    return found


def _schema() -> bytes:
    from reconciler.cli.schemas import schema_bytes

    return schema_bytes("config")


def _not_ignored_yet(target: Path, files: dict[str, bytes]) -> list[str]:
    """Leave a `.gitignore` that is there as it is, and return the lines that it lacks."""
    if not (target / IGNORE).is_file():
        return []
    there = (target / IGNORE).read_text(encoding="utf-8", errors="replace").split("\n")
    wanted = files.pop(IGNORE).decode().splitlines()
    return [line for line in wanted if line and not line.startswith("#") and line not in there]


def _refuse_overwriting(folder: str, target: Path, names: list[str]) -> None:
    from reconciler.model.diagnostic import Problem, problem

    there = [name for name in names if (target / name).exists()]
    if there:
        raise Problem(
            [
                problem(
                    "init-exists",
                    f"'{Path(folder) / name}' is there already, and is not written over",
                    help="name another folder: reconciler init DIR",
                )
                for name in there
            ]
        )


def _tell(app: App, folder: str, names: list[str], to_ignore: list[str]) -> None:
    if app.json:
        app.envelope("init", folder=str(folder), files=names, to_ignore=to_ignore)
        return
    for name in names:
        app.out(f"wrote {Path(folder) / name}")
    if to_ignore:
        app.warn("\n".join([f"{Path(folder) / IGNORE} is there already; add these lines to it:", *to_ignore]))
    where = "" if Path(folder) == Path() else f"-C {folder} "
    app.say(f"\nNext: reconciler {where}plan")
