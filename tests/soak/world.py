"""What the runs of a soak want, and the platform they want it of, which keeps a journal of its own.

Every run wants something else of the same few addresses: nothing, a mailbox, or an alias. So each apply undoes much of
what the one before did, and mailboxes and aliases take over each other's addresses.
"""

import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reconciler.providers.sandbox import store

DOMAIN = "soak.example"
ADDRESSES = tuple(f"p{number}@{DOMAIN}" for number in range(10))
_PEOPLE = 3  # of the addresses: these are never an alias, so that no two addresses ever change places (netcup/N9)

#: Consent to all that a run may want.
CONSENTS = (
    *("--allow-cost", "instance:office", "--allow-volume", "mailbox", "--allow-volume", "alias"),
    *(word for address in ADDRESSES for word in ("--allow-destroy", f"mailbox:{address}")),
)

# The journal is written by the platform's own transactions, so it tells what happened whoever was killed afterwards.
_JOURNAL = """
CREATE TABLE soak (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, address TEXT NOT NULL, what TEXT NOT NULL) STRICT;
CREATE TRIGGER soak_1 AFTER INSERT ON mailboxes BEGIN
    INSERT INTO soak (kind, address, what) VALUES ('mailbox', new.address, 'create');
END;
CREATE TRIGGER soak_2 AFTER UPDATE OF quota ON mailboxes WHEN old.quota <> new.quota BEGIN
    INSERT INTO soak (kind, address, what) VALUES ('mailbox', new.address, 'quota ' || new.quota);
END;
CREATE TRIGGER soak_3 AFTER UPDATE OF owner ON mailboxes WHEN old.owner <> new.owner BEGIN
    INSERT INTO soak (kind, address, what) VALUES ('mailbox', new.address, 'owner ' || new.owner);
END;
CREATE TRIGGER soak_4 AFTER DELETE ON mailboxes BEGIN
    INSERT INTO soak (kind, address, what) VALUES ('mailbox', old.address, 'delete');
END;
CREATE TRIGGER soak_5 AFTER INSERT ON aliases BEGIN
    INSERT INTO soak (kind, address, what) VALUES ('alias', new.address, 'create');
END;
CREATE TRIGGER soak_6 AFTER DELETE ON aliases BEGIN
    INSERT INTO soak (kind, address, what) VALUES ('alias', old.address, 'delete');
END;
"""


def wanted(chance: random.Random, state: str, platform: Path) -> str:
    """A configuration: everything but what it wants of the addresses is the same in all.

    Args:
        chance: Where the choice comes from.
        state: The `state:` block, as JSON.
        platform: The embedded platform's file.
    """
    mailboxes: dict[str, object] = {}
    aliases: dict[str, object] = {}
    people = [address for address in ADDRESSES[:_PEOPLE] if chance.random() < 0.6] or [ADDRESSES[0]]
    both = [address for address in ADDRESSES[_PEOPLE:] if chance.random() < 0.4]
    for address in (*people, *both):
        owner, quota = f"Owner {chance.randrange(3)}", f"{chance.randrange(1, 4)} GB"
        mailboxes[address] = {"owner": owner, "quota": quota, "password": {"env": "SOAK_" + address[:2].upper()}}
    for address in ADDRESSES[_PEOPLE:]:
        if address not in both and chance.random() < 0.7:
            aliases[address] = chance.choice(people)
    sandbox = {"type": "sandbox", "path": str(platform), "latency": "10 ms", "concurrency": 3, "batch": 2}
    root = {
        "version": 1,
        "state": json.loads(state),
        "providers": {"groupware": sandbox},
        "instances": {"office": {"provider": "groupware", "storage": "50 GB"}},
        "domains": {DOMAIN: {"instance": "office"}},
        "mailboxes": mailboxes,
        "aliases": aliases,
    }
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in root.items())


def passwords() -> dict[str, str]:
    """The variables that the configurations name."""
    return {"SOAK_" + address[:2].upper(): f"korrekt-Pferd-{address[:2]}-7" for address in ADDRESSES}


def make_platform(path: Path) -> None:
    """Make the platform's file, with its journal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = store.open_writing(path)
    db.executescript(_JOURNAL)
    store.close(db)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the platform has, and what it wrote down.

    Attributes:
        things: Kind and key to fields, the provider's id under `id`.
        journal: Kind and address to what happened there, in order: `create`, `delete`, a new `quota N` or `owner NAME`.
    """

    things: Mapping[tuple[str, str], Mapping[str, object]]
    journal: Mapping[tuple[str, str], list[str]]


def seen(path: Path) -> Seen:
    """Look at the platform past all code of the product."""
    things: dict[tuple[str, str], dict[str, object]] = {}
    journal: dict[tuple[str, str], list[str]] = defaultdict(list)
    with closing(sqlite3.connect(path)) as db:
        for number, label, booked in db.execute("SELECT number, label, booked FROM instances"):
            things["instance", label] = {"storage": booked, "id": str(number)}
        for number, name, instance in db.execute(
            "SELECT d.id, name, label FROM domains d JOIN instances i ON i.number = d.instance"
        ):
            things["domain", name] = {"instance": instance, "id": str(number)}
        for number, address, owner, quota in db.execute("SELECT id, address, owner, quota FROM mailboxes"):
            things["mailbox", address] = {"owner": owner, "quota": quota, "id": str(number)}
        for number, address, target in db.execute(
            "SELECT a.id, a.address, m.address FROM aliases a JOIN targets t ON t.alias = a.id"
            " JOIN mailboxes m ON m.id = t.mailbox"
        ):
            things["alias", address] = {"to": target, "id": str(number)}
        for kind, address, what in db.execute("SELECT kind, address, what FROM soak ORDER BY n"):
            journal[kind, address].append(what)
    return Seen(things, journal)
