"""What the provider needs in a database, as SQL: to read it, and to let somebody else run it.

python -m reconciler.providers.sogo sql …
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from psycopg import sql
from pydantic import ValidationError

from reconciler.providers.sogo import schema
from reconciler.providers.sogo.cluster import names_of
from reconciler.providers.sogo.columns import BESIDE
from reconciler.providers.sogo.names import Names
from reconciler.providers.sogo.privileges import grants, to_enter, to_read, to_write
from reconciler.providers.sogo.schema import Lack
from reconciler.providers.sogo.settings import SogoSettings

_ABOUT = """\
Print what the provider `sogo` needs in a database. With the first write it makes all of it itself, where its role may
make a schema; whoever does not want to allow that runs this instead.

  an empty database           python -m reconciler.providers.sogo sql | psql -1 mail
  beside PostfixAdmin         python -m reconciler.providers.sogo sql --beside-postfixadmin | psql -1 mail
  what its role may do        python -m reconciler.providers.sogo sql --beside-postfixadmin --grants | psql -1 mail

Run it as the role that reconciler logs in with, which then owns the schema; the last one as superuser, and first. An
upgrade of PostfixAdmin that changes the type of a column needs the views out of the way for a moment:

  python -m reconciler.providers.sogo sql --drop-views | psql -1 mail
  php upgrade.php
  python -m reconciler.providers.sogo sql --beside-postfixadmin --views | psql -1 mail
  postfix reload
"""
#: The right to make a schema is one in the database at hand, which has no name in SQL.
_DATABASE = """\
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), {role}); END $$;
"""


class _Unusable(Exception):
    """A configuration that no names can be read from."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main(arguments: Sequence[str] | None = None) -> int:
    """Print SQL; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        names = _names(given.config, given.provider)
    except _Unusable as no:
        sys.stderr.write(f"error: {no}\nhelp: {no.hint}\n")
        return 1
    for part in _parts(given, names):
        sys.stdout.write(part.strip() + "\n\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reconciler.providers.sogo",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="sql")
    command = commands.add_parser(
        "sql", help="print SQL", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    part = command.add_mutually_exclusive_group()
    part.add_argument("--views", action="store_true", help="only the views, and who may read them")
    part.add_argument("--drop-views", action="store_true", help="only what takes the views away")
    part.add_argument("--grants", action="store_true", help="only what the role of reconciler has to be allowed")
    command.add_argument("--beside-postfixadmin", action="store_true", help="PostfixAdmin has made its tables there")
    command.add_argument("--role", default="mailadmin", help="of reconciler, for --grants (%(default)s)")
    command.add_argument("--config", type=Path, metavar="FILE", help="with the provider's block; absent: usual names")
    command.add_argument("--provider", default="groupware", metavar="NAME", help="in that file (%(default)s)")
    return parser


def _names(file: Path | None, provider: str) -> Names:
    """What things are called in a configured block, or usually.

    Raises:
        _Unusable: If the file has no such block, or the block is wrong.
    """
    if file is None:
        return Names()
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _Unusable(f"{file} can not be read: {type(error).__name__}", f"reconciler validate {file}") from None
    providers = tree.get("providers") if isinstance(tree, dict) else None
    block = providers.get(provider) if isinstance(providers, dict) else None
    if not isinstance(block, dict) or block.get("type") != "sogo":
        raise _Unusable(
            f"{file} has no provider '{provider}' of type sogo", "name the file and the provider: --config, --provider"
        )
    try:
        settings = SogoSettings.model_validate({name: value for name, value in block.items() if name != "type"})
    except ValidationError:
        raise _Unusable(f"the provider '{provider}' of {file} is not right", f"reconciler validate {file}") from None
    return names_of(settings)


def _parts(given: argparse.Namespace, names: Names) -> Iterator[str]:
    beside = given.beside_postfixadmin
    roles = frozenset({names.daemons, names.sogo})
    if given.grants:
        yield from _grants(names, given.role, beside=beside)
    elif given.drop_views:
        yield schema.drop_views(names).as_string()
    elif given.views:
        yield from _text(names, Lack(views=True, alias_domain=beside, roles=roles))
    else:
        all_of_it = Lack(
            tables=not beside,
            schema=True,
            extension=True,
            views=True,
            quota2=beside,
            alias_domain=beside,
            roles=roles,
        )
        yield from _text(names, all_of_it)


def _text(names: Names, lack: Lack) -> Iterator[str]:
    for statement in schema.statements(names, lack):
        yield statement.as_string()


def _grants(names: Names, role: str, *, beside: bool) -> Iterator[str]:
    lack = Lack(tables=not beside, schema=True, extension=True, alias_domain=beside)
    tables = BESIDE if beside else ()
    needs = [
        need
        for need in (*to_enter(names, lack), *to_read(names, lack), *to_write(names, lack, tables, ""))
        if need.sort != "DATABASE"
    ]
    yield sql.SQL(_DATABASE).format(role=sql.Literal(role)).as_string()
    # what is asked of one table stands together
    yield "\n".join(grants(sorted(dict.fromkeys(needs), key=lambda need: (need.sort, need.name)), role))


if __name__ == "__main__":
    sys.exit(main())
