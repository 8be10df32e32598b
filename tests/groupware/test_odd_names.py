"""Names that mean something to SQL, to a shell or to a cache are names, and nothing else."""

import psycopg
from psycopg import sql

from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox
from reconciler.providers.conformance.harness import GB, create, delete, update
from reconciler.providers.writer import Done
from tests.groupware.house import in_environment, with_provider

OWNER = """%s {ext} '; DROP TABLE mailbox; -- \\ "Ünal" 🐘 אב"""
#: Of the schema, of the instance nobody chose, and of a column.
SCHEMA, DEFAULT, COLUMN = "{ext} 'our' $1", "it's {daemons} $1", "user's {name}"
DOMAIN = f"{'a' * 63}.{'b' * 63}.{'c' * 54}.test"
#: The longest that an address can be; a cache takes no key of this length.
LONGEST = f"{'x' * 64}@{DOMAIN}"
QUOTED = f"o'neil+$id`id`@{DOMAIN}"
LIKE = f"100%s_{{ext}}@{DOMAIN}"


def test_odd_names_from_beginning_to_end(cluster, monkeypatch):
    """Schema, column, label, owner and addresses of all sorts: made, changed, led elsewhere, deleted in one go."""
    in_environment(monkeypatch, cluster.environment)
    names = {
        "schema": SCHEMA,
        "default_instance": DEFAULT,
        "tables": {"mailbox": {"columns": {"name": COLUMN}}},
        "sogo_database": None,
    }

    async def work(provider):
        reader, writer = provider.reader(), provider.writer()

        async def write(*batch):
            outcomes = await writer.write(batch)
            assert all(isinstance(each, Done) for each in outcomes), outcomes

        async def live(kind, key):
            return (await reader.look_up(kind, [key]))[key]

        boxes = (LONGEST, QUOTED, LIKE)
        await write(create(Instance(DEFAULT, 9 * GB)), create(Domain(DOMAIN, DEFAULT)))
        await write(*(create(Mailbox(each, OWNER, GB)) for each in boxes))
        await write(create(Alias(f"in%fo@{DOMAIN}", boxes[:1])))
        await write(update(await live(Kind.ALIAS, f"in%fo@{DOMAIN}"), to=tuple(sorted(boxes))))
        await write(*[update(await live(Kind.MAILBOX, each), "Ein neues Wort", login=False) for each in boxes])
        found = {each.resource.key: each.resource for each in await reader.read()}
        assert found[LIKE] == Mailbox(LIKE, OWNER, GB, login=False)
        assert found[f"in%fo@{DOMAIN}"].to == tuple(sorted(boxes))
        assert found[DOMAIN].instance == DEFAULT
        gone = (Kind.ALIAS, f"in%fo@{DOMAIN}"), *((Kind.MAILBOX, each) for each in boxes)
        gone += (Kind.DOMAIN, DOMAIN), (Kind.INSTANCE, DEFAULT)
        await write(*[delete(await live(*each)) for each in gone])
        assert await reader.read() == []

    with_provider(cluster, lambda provider: provider.writer().prepare())  # the daemons read what is called as usual
    with cluster.server.database() as database:
        with cluster.server.connect(database.name) as connection:
            connection.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(database.role)))
        with psycopg.connect(database.dsn) as connection:
            connection.execute(_tables())
        with_provider(cluster, work, database.dsn, **names)
        with psycopg.connect(database.dsn) as connection:
            left = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(SCHEMA, "stale"))
            assert connection.execute(left).fetchone() == (0,)


def _tables() -> sql.Composed:
    """PostfixAdmin's tables, with one column that is called otherwise."""
    from reconciler.providers.sogo.names import Names
    from reconciler.providers.sogo.schema import Lack, statements

    rename = sql.SQL("ALTER TABLE mailbox RENAME name TO {}").format(sql.Identifier(COLUMN))
    return sql.Composed([*statements(Names(), Lack(tables=True)), rename])
