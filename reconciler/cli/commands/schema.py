"""`schema`: JSON Schemas, for editors and for programs that read what reconciler writes."""

import click

from reconciler.cli.app import current
from reconciler.cli.command import command as make
from reconciler.cli.exits import Exit
from reconciler.cli.schemas import NAMES, schema_bytes, write_schemas


@make(
    "schema",
    examples=[
        ("reconciler schema config", "what an editor checks the YAML with"),
        ("reconciler schema plan > plan.schema.json", "what `plan --out` writes"),
        ("reconciler schema --write", "all of them, into schemas/"),
    ],
)
@click.argument("name", metavar="[config|plan|state]", required=False, type=click.Choice(NAMES))
@click.option("--write", is_flag=True, help="Write into the folder schemas/ instead of printing.")
def command(name: str | None, *, write: bool) -> Exit:
    """The schemas are JSON Schema, draft 2020-12.

    An editor completes and checks a configuration whose first line names its schema:
    `# yaml-language-server: $schema=schemas/config.schema.json`.
    """
    app = current()
    if write:
        written = write_schemas(app.path("schemas"), NAMES if name is None else (name,))
        names = [path.relative_to(app.cwd).as_posix() for path in written]
        if app.json:
            app.envelope("schema", files=names)
        else:
            app.out("\n".join(f"wrote {each}" for each in names))
        return Exit.DONE
    if name is None:
        raise click.UsageError("name a schema (config, plan or state), or write them all with --write")
    app.out(schema_bytes(name).decode())
    return Exit.DONE
