"""Whatever is asked of the platform, in whatever order: what it holds obeys the rules, as independent SQL sees it."""

import itertools
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Resource
from reconciler.model.secrets import Secret
from reconciler.providers.sandbox.platform import Platform, carry_out, carry_out_all
from reconciler.providers.sandbox.policy import Policy
from reconciler.providers.writer import Done, Write

INSTANCES = ["office", "lab"]
DOMAINS = ["example.org", "example.net"]
ADDRESSES = [f"{local}@{domain}" for local in "abc" for domain in DOMAINS]

#: What must never be found, as a query that finds it.
BROKEN = {
    "netcup/N10": """SELECT i.label FROM instances i JOIN mailboxes m ON m.instance = i.number
                     GROUP BY i.number HAVING sum(m.quota) > i.booked""",
    "netcup/N14": """SELECT address FROM (SELECT address FROM mailboxes UNION ALL SELECT address FROM aliases)
                     GROUP BY address HAVING count(*) > 1""",
    "netcup/N5": "SELECT name FROM domains GROUP BY name HAVING count(*) > 1",
    "netcup/N7": """SELECT address FROM
                    (SELECT address, domain FROM mailboxes UNION ALL SELECT address, domain FROM aliases)
                    WHERE domain NOT IN (SELECT id FROM domains)""",
    "netcup/N12": "SELECT alias FROM targets WHERE mailbox NOT IN (SELECT id FROM mailboxes)",
    "netcup/N16": "SELECT id FROM aliases WHERE (SELECT count(*) FROM targets WHERE alias = aliases.id) <> 1",
    "netcup/N17": """SELECT a.address FROM aliases a
                     JOIN targets t ON t.alias = a.id JOIN mailboxes m ON m.id = t.mailbox
                     WHERE m.instance <> a.instance
                     OR a.instance <> (SELECT instance FROM domains WHERE id = a.domain)""",
    "netcup/N20": "SELECT name FROM domains WHERE instance NOT IN (SELECT number FROM instances)",
    "netcup/N3": """SELECT label FROM instances i WHERE
        allocated <> (SELECT ifnull(sum(quota), 0) FROM mailboxes WHERE instance = i.number) OR
        mailboxes <> (SELECT count(*) FROM mailboxes WHERE instance = i.number) OR
        aliases <> (SELECT count(*) FROM aliases WHERE instance = i.number) OR
        domains <> (SELECT count(*) FROM domains WHERE instance = i.number)""",
}


def _resources() -> st.SearchStrategy[Resource]:
    instance, domain, address = map(st.sampled_from, (INSTANCES, DOMAINS, ADDRESSES))
    size = st.integers(0, 6)
    return st.one_of(
        st.builds(Instance, instance, size),
        st.builds(Domain, domain, instance),
        st.builds(Mailbox, address, st.just("Owner"), size),
        st.builds(Alias, address, st.lists(address, max_size=2, unique=True).map(tuple)),
    )


def _write(action: Action, resource: Resource) -> Write:
    after = None if action is Action.DELETE else resource
    changed = frozenset(resource.fields()) if action is Action.UPDATE else frozenset()
    return Write(action, resource.kind, resource.key, None, after, changed, Secret("x"))


_WRITES = st.builds(_write, st.sampled_from([Action.CREATE, Action.CREATE, Action.UPDATE, Action.DELETE]), _resources())


def _broken(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        found = {rule: db.execute(query).fetchall() for rule, query in BROKEN.items()}
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return {rule: rows for rule, rows in found.items() if rows}


def _in_world(test: Callable[[Platform], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(Path(folder) / "sandbox.db", Policy())
        try:
            test(platform)
        finally:
            platform.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(_WRITES, min_size=10, max_size=40))
def test_no_sequence_of_writes_breaks_a_rule(writes):
    """After random writes, refused ones among them, no query finds what a rule forbids."""

    def body(platform):
        for write in [
            _write(Action.CREATE, Instance("office", 10)),
            _write(Action.CREATE, Domain(DOMAINS[0], "office")),
        ]:
            platform.act(carry_out, write)
        for write in writes:
            platform.act(carry_out, write)
        assert _broken(platform.path) == {}

    _in_world(body)


@settings(max_examples=60, deadline=None)
@given(st.lists(_WRITES, min_size=5, max_size=30))
def test_an_answer_is_the_truth_and_a_refusal_changes_nothing(writes):
    """Done means the object is there as asked (or gone); a refusal leaves everything as it was."""

    def body(platform):
        before = platform.read()
        for write in writes:
            outcome = platform.act(carry_out, write)
            now = platform.read()
            if isinstance(outcome, Done):
                live = platform.look_up(write.kind, [write.key]).get(write.key)
                assert (None if live is None else live.resource) == write.after
                assert live is None or live.id == outcome.id
            else:
                assert now == before
            before = now

    _in_world(body)


@settings(max_examples=60, deadline=None)
@given(st.lists(_WRITES, min_size=5, max_size=30), st.sampled_from([0.0, 60.0]))
def test_a_batch_answers_as_its_writes_would_one_by_one(writes, lag):
    """Many writes in one call get the answers, and leave the platform, that as many calls do."""
    ground = [_write(Action.CREATE, Instance("office", 10)), _write(Action.CREATE, Domain(DOMAINS[0], "office"))]

    def body(platform):
        with tempfile.TemporaryDirectory() as folder:
            other = Platform(Path(folder) / "sandbox.db", Policy(stale_reads=lag), clock=lambda: 0.0)
            with closing(other):
                together = other.act(carry_out_all, [*ground, *writes])
                assert together == [platform.act(carry_out, write) for write in [*ground, *writes]]
                for each in (platform, other):
                    each.advance(1)
                assert other.read() == platform.read()

    _in_world(body)


@settings(max_examples=40, deadline=None)
@given(st.lists(_WRITES, min_size=5, max_size=30))
def test_looking_up_and_reading_agree(writes):
    """Both ways in show the same objects, with the same facts."""

    def body(platform):
        for write in writes:
            platform.act(carry_out, write)
        everything = {(live.resource.kind, live.resource.key): live for live in platform.read()}
        keys = [*INSTANCES, *DOMAINS, *ADDRESSES]
        found = {(kind, key): live for kind in Kind for key, live in platform.look_up(kind, keys).items()}
        assert found == everything
        assert {at: live.facts for at, live in found.items()} == {at: live.facts for at, live in everything.items()}

    _in_world(body)


def test_the_queries_find_what_they_should(tmp_path):
    """Each query of this file's table finds its broken rule in a file that breaks it: the oracle is awake."""
    breaks = {
        "netcup/N10": "UPDATE instances SET booked = 1",
        "netcup/N14": "INSERT INTO aliases (address, domain, instance) SELECT address, domain, instance FROM mailboxes",
        "netcup/N7": "UPDATE mailboxes SET domain = 99",
        "netcup/N12": "DELETE FROM mailboxes",
        "netcup/N16": "DELETE FROM targets",
        "netcup/N17": "UPDATE mailboxes SET instance = 99",
        "netcup/N20": "UPDATE domains SET instance = 99",
        "netcup/N3": "UPDATE instances SET allocated = 1",
    }
    for (rule, sabotage), number in zip(breaks.items(), itertools.count()):
        path = tmp_path / f"{number}.db"
        platform = Platform(path, Policy())
        box = Mailbox(ADDRESSES[0], "Owner", 5)
        for resource in (
            Instance("office", 10),
            Domain(domain_of(box.address), "office"),
            box,
            Alias("i@example.org", (box.address,)),
        ):
            assert isinstance(platform.act(carry_out, _write(Action.CREATE, resource)), Done)
        platform.close()
        assert _broken(path) == {}
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(sabotage)
        assert rule in _broken(path)
