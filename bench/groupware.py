"""Apply mailboxes to a real groupware cluster, beside the bare INSERT rate of its PostgreSQL with the same rows.

usage: python bench/groupware.py [--sizes 2000], as root; prints a JSON object

The cluster is the one of the tests, with a database that waits for the disk at each commit. Whole processes are
measured, with passwords at the cost the tests have; what a password costs at the default one is said apart.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import bcrypt  # noqa: E402 - the line above makes the rest importable
import psycopg  # noqa: E402
import pytest  # noqa: E402
import yaml  # noqa: E402
from psycopg import sql  # noqa: E402

from bench.measure import Measured, measure  # noqa: E402
from examples.many.generate import generate  # noqa: E402
from scripts.house import command  # noqa: E402
from tests.servers import cluster  # noqa: E402
from tests.servers.cluster import Cluster  # noqa: E402

SIZE = 2_000  # mailboxes
ROUNDS = 12  # what the provider takes unless it is told otherwise
HASHES = 5
TABLES = ("domain", "mailbox", "alias")  # of PostfixAdmin, in the order in which they refer to one another
_SANDBOX = "{type: sandbox, path: state/sandbox.db}"

#: Raised where a cluster can not be started here, with the reason.
Lacking = (pytest.skip.Exception, pytest.fail.Exception)
#: A statement and the values of each row that it inserts.
Rows = list[tuple[sql.Composed, list[tuple[Any, ...]]]]


def measured(size: int, folder: Path) -> dict[str, float]:
    """Apply so many mailboxes with their domains and aliases, then insert their rows barely.

    Args:
        size: Mailboxes.
        folder: Where to work.
    """
    with cluster.running(durable=True) as host:
        write(host, size, folder)
        run = command()
        consent = ("--yes", "--allow-cost", "instance:campus")
        apply = measure([*run, "apply", *consent, "--quiet"], folder, env=host.environment)
        again = measure([*run, "plan", "--quiet"], folder, env=host.environment)
        return {**_taken(host, apply, again), **bare(host), "hash, s": one_hash(ROUNDS)}


def write(host: Cluster, size: int, folder: Path) -> None:
    """Write the configuration of `examples/many`, with the cluster in the place of the embedded platform."""
    generate(size, folder)
    root = folder / "mail.yaml"
    block = yaml.safe_dump(host.provider, default_flow_style=True, width=10**6).strip()
    root.write_text(root.read_text().replace(_SANDBOX, block))


def _taken(host: Cluster, apply: Measured, again: Measured) -> dict[str, float]:
    (made,) = host.execute(
        "SELECT (SELECT count(*) FROM groupware.instance) + (SELECT count(*) FROM domain)"
        " + (SELECT count(*) FROM mailbox) + (SELECT count(*) FROM alias WHERE address <> goto)"
    )
    return {
        "operations": made[0],
        "apply, s": apply.wall,
        "apply, cpu s": apply.cpu,
        "operations/s": made[0] / apply.wall,
        "plan, nothing to do, s": again.wall,
    }


def bare(host: Cluster) -> dict[str, float]:
    """Insert the rows that are there once more, into tables of the same form: a commit each, and all in one."""
    with psycopg.connect(host.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bare")
        rows: Rows = [_copied(connection, table) for table in TABLES]
        count = sum(len(values) for _, values in rows)
        one_by_one = _seconds(connection, rows)
        connection.execute("TRUNCATE bare.domain, bare.mailbox, bare.alias")
        with connection.transaction():
            together = _seconds(connection, rows)
    return {
        "rows": count,
        "bare rows/s, a commit each": count / one_by_one,
        "bare rows/s, one commit": count / together,
    }


def _copied(connection: psycopg.Connection, table: str) -> tuple[sql.Composed, list[tuple[Any, ...]]]:
    names = sql.Identifier("bare", table), sql.Identifier("public", table)
    connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(*names))
    rows = connection.execute(sql.SQL("SELECT * FROM {}").format(names[1])).fetchall()
    marks = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
    return sql.SQL("INSERT INTO {} VALUES ({})").format(names[0], marks), rows


def _seconds(connection: psycopg.Connection, rows: Rows) -> float:
    began = time.perf_counter()
    for statement, values in rows:
        for each in values:
            connection.execute(statement, each)
    return time.perf_counter() - began


def one_hash(rounds: int) -> float:
    """Seconds that the hash of one password takes; the fastest of some."""
    taken = []
    for _ in range(HASHES):
        began = time.perf_counter()
        bcrypt.hashpw(b"correct horse battery staple", bcrypt.gensalt(rounds))
        taken.append(time.perf_counter() - began)
    return min(taken)


def beside_inserts(sizes: Sequence[int], folder: Path) -> dict[str, dict[str, float]]:
    """Measure each size, on a cluster of its own."""
    return {str(size): measured(size, folder / f"groupware-{size}") for size in sizes}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default=str(SIZE), help="mailboxes, comma-separated")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-bench.") as scratch:
        print(json.dumps(beside_inserts([*map(int, asked.sizes.split(","))], Path(scratch)), indent=1))


if __name__ == "__main__":
    main()
