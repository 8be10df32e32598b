"""From the block of the configuration to a state."""

from pathlib import Path

import pytest

from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.source import Span
from reconciler.state.places.postgres import open_postgres
from tests.postgres.images import allow

SPAN = Span("company.yaml", 3, 9, 4)


def block(base=".", **settings):
    """A `state: {postgres: …}` block."""
    return StateBlock("postgres", settings, Path(base), SPAN)


def test_a_dsn_from_the_environment(database, monkeypatch):
    """The DSN is looked up when it is needed, and not before."""
    state = open_postgres(block(dsn={"env": "STATE_DSN"}, name="mail", schema="other", timeout="5 s"))
    monkeypatch.setenv("STATE_DSN", database.dsn)
    state.append(b"one\n", 0, allow)
    assert state.read().journal == b"one\n"
    assert state.where == "postgres:other/mail"
    state.close()


def test_a_dsn_that_is_written_out(database, monkeypatch):
    """Without a password it may stand in the file; the password then comes from libpq's own places."""
    monkeypatch.setenv("PGPASSWORD", database.password)
    dsn = database.dsn.partition(" password=")[0]
    state = open_postgres(block(dsn=dsn, name="mail"))
    state.append(b"one\n", 0, allow)
    state.close()


@pytest.mark.parametrize(
    ("settings", "id_", "said"),
    [
        ({"dsn": "postgresql://u:geheim@h/d", "name": "m"}, "state-postgres-dsn-password", "has a password in it"),
        ({"dsn": "host=h password=geheim", "name": "m"}, "state-postgres-dsn-password", "has a password in it"),
        ({"dsn": "host=h geheim", "name": "m"}, "state-postgres-dsn", "is not one"),
        ({"name": "m"}, "missing-field", "needs 'dsn'"),
        ({"dsn": "host=h"}, "missing-field", "needs 'name'"),
        ({"dsn": {"env": "A", "file": "geheim"}, "name": "m"}, "bad-value", "2 of env, file, command given"),
        ({"dsn": {"password": "geheim"}, "name": "m"}, "unknown-field", "no field 'password'"),
        ({"dsn": "host=h", "name": "m", "schema": "s" * 64}, "bad-value", "at most 63 bytes"),
        ({"dsn": "host=h", "name": "m", "schema": "ü" * 32}, "bad-value", "at most 63 bytes"),
        ({"dsn": "host=h", "name": "m", "schema": "pg_catalog"}, "bad-value", "the server's own"),
        ({"dsn": "host=h", "name": "m", "timeout": "0"}, "bad-value", "takes some time"),
        ({"dsn": "host=h", "name": "m", "tiemout": "3"}, "unknown-field", "tiemout"),
    ],
)
def test_settings_that_are_wrong(settings, id_, said):
    """Each mistake is said at the block's place, and no secret with it."""
    with pytest.raises(Problem) as caught:
        open_postgres(block(**settings))
    assert id_ in [each.id for each in caught.value.diagnostics]
    assert said in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert all(each.primary is not None and each.primary.span == SPAN for each in caught.value.diagnostics)


def test_a_dsn_that_can_not_be_had(monkeypatch, tmp_path):
    """A variable that is not set and a file that is not there are said by name."""
    monkeypatch.delenv("STATE_DSN", raising=False)
    for where, said in (({"env": "STATE_DSN"}, "STATE_DSN"), ({"file": "dsn.txt"}, str(tmp_path / "dsn.txt"))):
        with pytest.raises(Problem) as caught:
            open_postgres(block(tmp_path, dsn=where, name="m")).read()
        assert caught.value.diagnostics[0].id == "state-postgres-dsn-missing"
        assert said in str(caught.value)


def test_without_the_driver_it_is_said_what_to_install(monkeypatch):
    """The driver is an extra: who has not installed it learns its name."""
    import sys

    for name in list(sys.modules):
        if name.startswith(("psycopg", "reconciler.state.places.postgres.")) and not name.endswith(
            ("problems", "opening")
        ):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Problem) as caught:
        open_postgres(block(dsn="host=h", name="m"))
    assert caught.value.diagnostics[0].id == "state-postgres-driver"
    assert "reconciler[postgres]" in caught.value.diagnostics[0].help
