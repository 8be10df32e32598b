"""The kit of every mail provider, on a real cluster: with and without PostfixAdmin's tables, and on bad days."""

import contextlib
from typing import ClassVar

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from reconciler.model.kinds import Kind
from reconciler.providers.conformance.extras import ExtrasChecks
from reconciler.providers.conformance.groupware import GroupwareChecks
from reconciler.providers.conformance.harness import MailHarness
from reconciler.providers.conformance.trouble import TroubleChecks
from reconciler.providers.sogo import SogoProvider
from tests.groupware.house import in_environment, provider_of, with_provider
from tests.servers import proxy
from tests.servers.cluster import Cluster
from tests.servers.proxy import Fault, Proxy, Trouble

_OTHERS = """
CREATE TABLE domains (name text PRIMARY KEY, transport text, password_expiry int, modified timestamptz, active boolean);
CREATE TABLE users (email text PRIMARY KEY, password text, name text, bytes bigint, active boolean,
                    domain text REFERENCES domains);
CREATE TABLE forwards (source text PRIMARY KEY, targets text, domain text REFERENCES domains, active boolean);
"""
#: Takes all rows out of all tables that are not PostgreSQL's own.
_EMPTY = """
DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|^information_schema$' LOOP
        EXECUTE format('TRUNCATE %s CASCADE', each.name);
    END LOOP;
END $$
"""
#: What goes wrong, and at which part of a transaction: before its end was asked for, or then.
_FAULTS = {
    "busy": Fault(Trouble.REFUSED, containing=b'INSERT INTO "public"."mailbox"'),
    "timeout-before": Fault(Trouble.TORN, containing=b"COMMIT\0"),
    "timeout-after": Fault(Trouble.UNANSWERED, containing=b"COMMIT\0"),
}


def _disturbed(provider: SogoProvider, way: Proxy, fault: Fault) -> SogoProvider:
    """Let the first write to a mailbox meet a fault."""
    writer = provider.writer()

    class Disturbed:
        async def write(self, batch):
            if any(write.kind is Kind.MAILBOX for write in batch):
                way.arm(fault)
            return await writer.write(batch)

    provider.writer = Disturbed
    return provider


def _keep(kit: type, *names: str) -> None:
    """Leave a class the checks that are named; the others are run by another class, and would show the same."""
    for name in dir(kit):
        if name.startswith("test_") and name not in names:
            setattr(kit, name, None)
    assert all(getattr(kit, name) for name in names)


class _OnCluster(GroupwareChecks, ExtrasChecks, TroubleChecks):
    """The kit, but for teams, on databases of its own, which daemons do not read: they have nothing to forget."""

    foreign_domain = None
    troubles = ("busy", "timeout-before", "timeout-after")
    many = 300
    settings: ClassVar[dict[str, object]] = {}

    tables: ClassVar[str] = ""

    @pytest.fixture(scope="class")
    @classmethod
    def database(cls, cluster):
        """One for all checks of a class, as a database takes longer to make than a check."""
        with cluster.server.database() as database:
            with cluster.server.connect(database.name) as connection:
                connection.execute(f"GRANT CREATE ON SCHEMA public TO {database.role}".encode())
            with psycopg.connect(database.dsn) as connection:
                connection.execute(cls.tables.encode())
            yield database

    @pytest.fixture(autouse=True)
    def _place(self, cluster, database, monkeypatch):
        in_environment(monkeypatch, cluster.environment)
        self.cluster, self.database = cluster, database
        with_provider(cluster, lambda provider: provider.writer().prepare())  # what Dovecot reads
        with psycopg.connect(database.dsn) as connection:
            connection.execute(_EMPTY)
        with contextlib.closing(proxy.Proxy(cluster.server.port, proxy.postgres_request)) as self.way:
            yield

    def make_provider(self) -> SogoProvider:
        return self.make_provider_at(self.cluster.server.port)

    def make_provider_at(self, port: int) -> SogoProvider:
        dsn = make_conninfo(self.database.dsn, port=port)
        return provider_of(self.cluster, dsn, sogo_database=None, **self.settings)

    def make_disturbed(self, trouble: str) -> SogoProvider:
        return _disturbed(self.make_provider_at(self.way.port), self.way, _FAULTS[trouble])


class TestOwnTables(_OnCluster):
    """Where reconciler makes all the tables."""


class TestLikeThePages(_OnCluster):
    """Settings that hold this cluster to what the two platforms say: the checks that speak of them."""

    foreign_domain = "somebody-else.example"
    troubles = ()
    settings: ClassVar[dict[str, object]] = {
        "alias_targets": 1,
        "domains": [*MailHarness.domains, MailHarness.idn_domain],
    }


_keep(TestLikeThePages, "test_only_owned_domains_are_added", "test_alias_targets_are_as_told")


class TestOtherNames(_OnCluster):
    """Tables and columns that are called something else, and some that are not there: every statement is said once."""

    troubles = ()
    settings: ClassVar[dict[str, object]] = {
        "schema": "ours",
        "external_targets": "true",
        "tables": {
            "domain": {"table": "domains", "columns": {"domain": "name", "backupmx": None, "description": None}},
            "mailbox": {
                "table": "users",
                "columns": {
                    "username": "email",
                    "quota": "bytes",
                    **dict.fromkeys(("local_part", "maildir", "token_validity", "password_expiry", "modified")),
                },
            },
            "alias": {"table": "forwards", "columns": {"goto": "targets", "address": "source", "modified": None}},
        },
    }
    tables = _OTHERS


_keep(
    TestOtherNames,
    "test_what_is_written_is_read",
    "test_a_mailbox_is_edited_in_place",
    "test_made_again_is_empty",
    "test_who_may_send_is_named_where_that_is_said",
    "test_a_login_is_switched_where_that_is_said",
)


class TestOnPostfixAdmin(_OnCluster):
    """The tables that PostfixAdmin has made, which reconciler does not own."""

    many = 20

    @pytest.fixture(autouse=True)
    def _place(self, postfixadmin_cluster, monkeypatch):
        in_environment(monkeypatch, postfixadmin_cluster.environment)
        self.cluster = postfixadmin_cluster
        _emptied(postfixadmin_cluster)
        with contextlib.closing(proxy.Proxy(self.cluster.server.port, proxy.postgres_request)) as self.way:
            yield

    def make_provider_at(self, port: int) -> SogoProvider:
        return provider_of(self.cluster, make_conninfo(self.cluster.dsn(), port=port), **self.settings)


def _emptied(cluster: Cluster) -> None:
    """Take away what an earlier check has left in the database that daemons read."""
    domains = [*MailHarness.domains, MailHarness.idn_domain]
    for table in ("alias", "mailbox", "domain"):
        cluster.execute(f"DELETE FROM {table} WHERE domain = ANY (%s)", [domains])
    if cluster.execute("SELECT to_regclass('groupware.instance')")[0][0]:
        cluster.execute("DELETE FROM groupware.instance WHERE label = 'conformance'")
