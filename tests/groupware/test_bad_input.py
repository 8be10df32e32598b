"""What is wrong at the cluster is said before anything is written: each with its id, what to do, and exit 1."""

import re
import sys
from dataclasses import dataclass

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from reconciler.providers.sogo.names import Names
from reconciler.providers.sogo.schema import Lack, statements
from tests.groupware.company import Company
from tests.servers import keeper, postgres
from tests.servers.cluster.site import HOST

#: A folder that is not there.
NOWHERE = "/nonexistent/vmail"


@dataclass
class Place:
    """A company whose groupware has a database of its own, with PostfixAdmin's tables, which belong to somebody else.

    Attributes:
        company: With one person and one alias.
        database: The database; its role has no right to the tables yet.
    """

    company: Company
    database: postgres.Database

    def __post_init__(self) -> None:
        self.connect_with(self.database.dsn)
        self.execute(*(part.as_string() for part in statements(Names(), Lack(tables=True))))

    def connect_with(self, dsn: str) -> None:
        """Have the provider use a way in."""
        self.company.provider["database"] = {"command": ["printf", "%s", dsn]}

    def execute(self, *orders: str) -> None:
        """Do something as the tables' owner."""
        with self.company.host.server.connect(self.database.name) as connection:
            for each in orders:
                connection.execute(each.encode())

    def allow(self, privileges: str = "SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRIGGER") -> None:
        """Give the role some rights to the tables."""
        self.execute(f"GRANT {privileges} ON domain, mailbox, alias TO {self.database.role}")

    def rows(self) -> dict[str, list[tuple]]:
        """Everything in every table that is no catalogue's."""
        with self.company.host.server.connect(self.database.name) as connection:
            listed = (
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)' ORDER BY 1, 2"
            )
            tables = [sql.Identifier(*each) for each in connection.execute(listed.encode()).fetchall()]
            query = sql.SQL("SELECT * FROM {}")
            return {each.as_string(): connection.execute(query.format(each)).fetchall() for each in tables}

    def refuses(self, *words: str) -> str:
        """What a command says that is refused, after which no row and no file is other than before."""
        before = self.rows(), self.company.house.files()
        ran = self.company.run(*words, exit=1)
        assert (self.rows(), self.company.house.files()) == before
        return " ".join(ran.err.split())


@pytest.fixture
def place(cluster, tmp_path):
    """A company that was never applied."""
    with cluster.server.database() as database:
        (tmp_path / "bad").mkdir()
        company = Company(cluster, tmp_path / "bad", "bad", {**cluster.provider, "sogo_database": None})
        company.hire("anna", "Anna Beispiel")
        company.aliases = {company.address("info"): company.address("anna")}
        yield Place(company, database)


def _closed_port():
    return keeper.free_port(HOST)


#: What is wrong, how the block then is, and what is said: the id, words of the sentence, words of the help.
_TROUBLES = {
    "a database that is down": (
        lambda place: place.connect_with(make_conninfo(place.database.dsn, port=_closed_port())),
        ("groupware-database", "can not be reached at 127.0.0.1", "pg_isready -h 127.0.0.1 -p"),
    ),
    "a wrong password": (
        lambda place: place.connect_with(make_conninfo(place.database.dsn, password="wrong")),
        ("groupware-database", "does not accept user and password", "check the DSN"),
    ),
    "a database that is not there": (
        lambda place: place.connect_with(make_conninfo(place.database.dsn, dbname="nosuch")),
        ("groupware-database", 'database "nosuch" does not exist', "check the database's name"),
    ),
    "a DSN that is none": (
        lambda place: place.connect_with("db.example.org:5432"),
        ("groupware-database", "is not one that PostgreSQL's clients read", "postgresql://USER:PASSWORD@HOST"),
    ),
    "a doveadm that is down": (
        lambda place: place.company.provider.update(
            doveadm={"url": f"http://127.0.0.1:{_closed_port()}", "key": {"env": "DOVEADM_KEY"}}
        ),
        ("groupware-daemon", "can not be reached: Connection refused", "check `doveadm: {url: …, key: …}`"),
    ),
    "a wrong key of doveadm": (
        lambda place: place.company.provider.update(
            doveadm={"url": place.company.host.doveadm_url, "key": {"command": ["echo", "wrong"]}}, timeout="1 s"
        ),
        ("groupware-daemon", "doveadm at http://127.0.0.1", "`doveadm_api_key` of Dovecot"),
    ),
    "a memcached that is down": (
        lambda place: place.company.provider.update(memcached=f"127.0.0.1:{_closed_port()}"),
        ("groupware-daemon", "SOGo's memcached at 127.0.0.1", "check `memcached:` of the provider"),
    ),
}


@pytest.mark.parametrize("trouble", _TROUBLES)
def test_what_can_not_be_reached(place, trouble):
    """A server that is not there, or does not know us, is named with what to look at."""
    change, (identity, sentence, hint) = _TROUBLES[trouble]
    place.allow()
    change(place)
    said = place.refuses("apply", "--yes")
    assert f"error[{identity}]" in said
    assert sentence in said
    assert hint in said


def test_all_daemons_are_told_at_once(place):
    """Two that are down are two errors of one run."""
    place.allow()
    place.company.provider.update(
        memcached=f"127.0.0.1:{_closed_port()}",
        doveadm={"url": f"http://127.0.0.1:{_closed_port()}", "key": {"env": "DOVEADM_KEY"}},
    )
    assert place.refuses("plan").count("error[groupware-daemon]") == 2


def _grants(said):
    return re.findall(r"GRANT [^;]+;", " ".join(said.split()))


def test_a_right_that_is_missing(place):
    """The plan has the very GRANTs, an apply writes no row without them, and with them it goes through."""
    place.execute(f"REVOKE CREATE ON DATABASE {place.database.name} FROM {place.database.role}")
    place.allow("SELECT, UPDATE, DELETE, REFERENCES, TRIGGER")
    place.execute(f"GRANT INSERT ON domain, alias TO {place.database.role}")
    planned = " ".join(place.company.run("plan", exit=2).out.split())
    assert "warning[groupware-privilege]: at groupware, nothing can be applied, as the role lacks rights" in planned
    before = place.rows()
    refused = " ".join(place.company.apply(exit=1).err.split())
    assert "error[groupware-privilege]: nothing is written to groupware, as the role lacks rights" in refused
    assert place.rows() == before
    assert _grants(refused.partition("error[")[2]) == _grants(planned)
    assert len(_grants(planned)) == 2
    place.execute(*_grants(planned))
    place.company.apply()
    place.company.run("plan")


def test_a_schema_that_a_superuser_has_made(place):
    """A role that may make no schema works in one that was made for it."""
    place.execute(f"REVOKE CREATE ON DATABASE {place.database.name} FROM {place.database.role}")
    place.execute(f"CREATE SCHEMA groupware AUTHORIZATION {place.database.role}")
    place.allow()
    place.company.apply()
    place.company.run("plan")


def test_a_role_that_may_not_read(place):
    """Without a right to read there is no plan, and the help is what gives it."""
    said = place.refuses("plan")
    assert "error[groupware-privilege]: the role" in said
    place.execute(*_grants(said))
    assert "warning[groupware-privilege]" in place.company.run("plan", exit=2).out


def test_tables_that_lack_something(place):
    """Each column that is missing is told at once, and so is a table."""
    place.allow()
    place.execute("ALTER TABLE mailbox DROP quota, DROP modified")
    said = place.refuses("apply", "--yes")
    assert said.count("error[groupware-schema]") == 2
    assert "the table public.mailbox has no column 'quota'" in said
    assert "`tables: {mailbox: {columns: {quota: NAME}}}`" in said
    place.execute("ALTER TABLE alias RENAME TO leads")
    assert "error[groupware-schema]: the database has no table public.alias" in place.refuses("apply", "--yes")
    place.company.provider["tables"] = {"alias": {"table": "lead"}}
    assert "`tables: {alias: {table: NAME}}`" in place.refuses("apply", "--yes")


#: Rows that PostfixAdmin would not make, and others that break a rule of the platform.
_ODD = """
INSERT INTO domain (domain, transport) VALUES ('bad.test', 'virtual'), ('apart.test', 'virtual');
INSERT INTO mailbox (username, domain, local_part, name, quota) VALUES
    ('Eva@bad.test', 'bad.test', 'Eva', 'Eva', 1), ('eva@bad.test', 'bad.test', 'eva', 'Eva', 1),
    ('ida@bad.test', 'bad.test', 'ida', 'Ida', 1), ('far@apart.test', 'apart.test', 'far', 'Far', 1);
INSERT INTO alias (address, goto, domain) VALUES
    ('ida@bad.test', 'ida@bad.test', 'bad.test'), ('nothing@bad.test', 'gone@bad.test', 'bad.test'),
    ('round@bad.test', 'about@bad.test', 'bad.test'), ('about@bad.test', 'round@bad.test', 'bad.test'),
    ('twice@bad.test', 'fine@bad.test', 'bad.test'), ('fine@bad.test', 'ida@bad.test', 'bad.test'),
    ('across@bad.test', 'far@apart.test', 'bad.test')
"""
_TOLD = [
    ("groupware-address-twice", "Eva@bad.test and eva@bad.test are one address"),
    ("groupware-alias-loop", "mail to alias about@bad.test goes round"),
    ("groupware-alias-loop", "mail to alias round@bad.test goes round"),
    ("groupware-alias-of-nothing", "alias nothing@bad.test leads to gone@bad.test"),
    ("groupware-not-expressible", "alias across@bad.test of instance bad leads to far@apart.test of instance main"),
    ("groupware-not-expressible", "alias twice@bad.test leads to fine@bad.test, which is an alias itself"),
]


def test_rows_that_break_a_rule_already(place):
    """Each is told by its id and left out by import; a plan stops where one is declared and nobody can tell which."""
    place.allow()
    place.company.apply()
    place.execute(
        "DELETE FROM mailbox; DELETE FROM alias; DELETE FROM groupware.domain_instance; DELETE FROM domain", _ODD
    )
    place.execute("INSERT INTO groupware.domain_instance SELECT 'bad.test', number FROM groupware.instance")
    company = place.company
    company.mailboxes, company.aliases = {}, {}
    told = company.run("import", "--format", "json").json
    assert told["proven"]
    for identity, words in _TOLD:
        assert any(words in each and identity in each for each in told["left_out"]), (identity, words, told["left_out"])
    kept = [line.partition(":")[0].strip() for line in told["yaml"].splitlines() if "@" in line]
    assert kept == ["far@apart.test", "ida@bad.test", "fine@bad.test"]
    company.hire("eva", "Eva")
    said = place.refuses("apply", "--yes")
    assert "error[groupware-address-twice]" in said
    assert "delete all but one" in said


def test_more_is_given_out_than_was_booked(place):
    """A mailbox that was made beyond the booked storage stops whoever takes more, and nobody who gives back."""
    place.allow()
    company = place.company
    company.apply()
    place.execute(
        "INSERT INTO mailbox (username, domain, local_part, quota) VALUES ('big@bad.test', 'bad.test', 'big', 2e9)"
    )
    company.hire("anna", "Anna Beispiel", "11 MB")
    said = place.refuses("apply", "--yes")
    assert "error[storage-exceeded]" in said
    company.hire("anna", "Anna Beispiel", "9 MB")
    company.apply()
    company.run("plan")


def test_a_host_without_the_storage(place):
    """A setting of the host that is wrong is told by doctor, and before the aliases of a mailbox that goes are gone."""
    place.allow()
    company = place.company
    company.apply()
    company.provider["host"] = {**company.provider["host"], "storage": NOWHERE, "sogo_tool": ["sogo-tol"]}
    told = " ".join(company.run("doctor", exit=1).out.split())
    assert "check `host: {storage: …}` of the provider" in told
    assert "check `host: {sogo_tool: …}` of the provider" in told
    anna = company.address("anna")
    del company.mailboxes[anna], company.aliases[company.address("info")]
    company.removed = [
        {"mailbox": anna, "reason": "left", "backup": "waived"},
        {"alias": company.address("info"), "reason": "left"},
    ]
    before = place.rows()
    failed = company.apply("--allow-volume", "mailbox", exit=1).err
    assert failed.count("error[groupware-host]") == 2
    assert f"test -d {NOWHERE}` ended with exit code 1" in " ".join(failed.split())
    assert place.rows() == before


def test_a_schema_by_another_name(place):
    """With a slip in `schema` all instances would look as if they were gone: the one that is there is named."""
    place.allow()
    place.company.apply()
    place.company.provider["schema"] = "groupwear"
    said = place.refuses("plan")
    assert "error[groupware-schema]: the schema 'groupwear' is not there, but 'groupware' is" in said
    assert "write `schema: groupware`" in said


def test_another_database_than_sogos(place):
    """Where nothing can be counted because it is looked for elsewhere, that is told."""
    place.allow()
    place.company.provider["sogo_database"] = place.company.provider["database"]
    said = place.refuses("plan")
    assert "error[groupware-schema]: `sogo_database` of groupware leads to a database without SOGo's table" in said


def test_libraries_that_are_not_installed(place, monkeypatch):
    """A provider without its libraries says what to install; a configuration can be validated without them."""
    for name in [each for each in sys.modules if each.startswith(("psycopg", "reconciler.providers.sogo."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    place.company.run("validate")
    said = " ".join(place.company.run("plan", exit=1).err.split())
    assert "error[provider-failed]: the provider 'groupware' needs the library psycopg" in said
    assert "pip install 'reconciler[sogo]'" in said
