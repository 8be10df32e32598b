"""What `python -m reconciler.providers.sogo sql` prints is what the provider itself would make."""

import subprocess
import sys

import psycopg
import pytest
from psycopg import sql

from reconciler.providers.sogo.__main__ import main
from tests.groupware.company import Company

_COLUMNS = """
SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema IN ('public', 'groupware') ORDER BY 1, 2, 3
"""


@pytest.fixture
def printed(capsys):
    """Runs the command in this process, and returns its exit code and what it printed."""

    def run(*words):
        code = main(["sql", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def columns(dsn):
    with psycopg.connect(dsn) as connection:
        return connection.execute(_COLUMNS).fetchall()


def run_in(dsn, text):
    """What psql -1 would do."""
    with psycopg.connect(dsn) as connection:
        connection.execute(text.encode())


def company_at(cluster, folder, dsn):
    folder.mkdir()
    block = {**cluster.provider, "sogo_database": None, "database": {"command": ["printf", "%s", dsn]}}
    company = Company(cluster, folder, "byhand", block)
    company.hire("anna")
    return company


def test_an_empty_database(cluster, tmp_path, printed):
    """Run by its role, it makes the tables and views that a first apply makes elsewhere, and an apply then works."""
    with cluster.server.database() as one, cluster.server.database() as other:
        for each in (one, other):
            with cluster.server.connect(each.name) as connection:
                connection.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(each.role)))
        run_in(one.dsn, printed()[1])
        company_at(cluster, tmp_path / "one", one.dsn).apply()
        company_at(cluster, tmp_path / "other", other.dsn).apply()
        assert columns(one.dsn) == columns(other.dsn)
        assert len(columns(one.dsn)) > 80


def test_a_role_that_owns_nothing(cluster, tmp_path, printed):
    """Where a superuser has run it, each refusal of a plan has the rights that are missing, until an apply works."""
    with cluster.server.database() as database:
        owner = cluster.server.dsn_for(database.name)
        run_in(owner, printed()[1])
        company = company_at(cluster, tmp_path / "byhand", database.dsn)
        rounds = 0
        while (ran := company.house.run("plan", "--format", "json", exit=None)).exit == 1:
            (error,) = ran.json["diagnostics"]
            assert error["id"] == "groupware-privilege"
            run_in(owner, error["help"].partition(": ")[2])
            rounds += 1
        assert rounds == 2  # to get in, and to read
        run_in(owner, f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, groupware TO {database.role}")
        company.apply()
        company.run("plan")


def test_names_of_a_configuration(printed, tmp_path):
    """A block that maps names is followed; a file without one is an error with a way out."""
    file = tmp_path / "mail.yaml"
    file.write_text("""
providers:
  house:
    type: sogo
    database: {env: DSN}
    doveadm: {url: "http://127.0.0.1:8080", key: {env: KEY}}
    memcached: 127.0.0.1:11211
    host: {storage: /var/vmail}
    published: {mx: 10 mail.example.org}
    schema: ours
    default_instance: "all o'the rest"
    tables: {mailbox: {table: users, columns: {username: email}}}
    roles: {sogo: webmail}
""")
    code, out, _ = printed("--config", file, "--provider", "house", "--views")
    assert code == 0
    assert 'CREATE OR REPLACE VIEW "ours".login AS' in out
    assert 'm."email" AS username' in out
    assert "'all o''the rest'" in out
    assert 'GRANT SELECT ON "ours".sogo_users TO "webmail"' in out
    code, out, err = printed("--config", file)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {file} has no provider 'groupware' of type sogo\nhelp: ")
    file.write_text(file.read_text().replace("schema: ours", "schema: public"))
    code, _, err = printed("--config", file, "--provider", "house")
    assert code == 1
    assert err.endswith(f"help: reconciler validate {file}\n")


def test_it_is_a_command():
    """The help leads with what to type, for each of the three times in a server's life."""
    words = [sys.executable, "-m", "reconciler.providers.sogo", "sql", "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    for each in ("sql | psql -1 mail", "--beside-postfixadmin --grants", "--drop-views | psql", "php upgrade.php"):
        assert each in said
