"""Ways to look at what a run did, past the tool that did it."""

import shlex
import sqlite3
from contextlib import closing

from scripts.house import House


def platform(house: House) -> list[str]:
    """Everything the embedded platform knows, as SQL: equal before and after means untouched."""
    with closing(sqlite3.connect(house.folder / "state/sandbox.db")) as db:
        return list(db.iterdump())


def sql(house: House, *statements: str) -> None:
    """Change the embedded platform behind the tool's back."""
    with closing(sqlite3.connect(house.folder / "state/sandbox.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def ask(house: House, question: str) -> list[tuple]:
    """Rows of the embedded platform."""
    with closing(sqlite3.connect(house.folder / "state/sandbox.db")) as db:
        return db.execute(question).fetchall()


def traces(house: House) -> tuple:
    """What a refused run may not change: the platform, the state and the zones."""
    files = house.bytes_of("state", "zones")
    kept = {name: data for name, data in files.items() if ".db" not in name}
    return platform(house), kept


def operations(plan: dict) -> list[str]:
    """The ids of a plan's operations, in order."""
    return [each["id"] for each in plan["operations"]]


def consents(plan: dict) -> list[str]:
    """What to type so that no guard refuses, as the plan itself says."""
    options = [option for refusal in plan["refusals"] for option in refusal["consent"]]
    assert all(refusal["consent"] for refusal in plan["refusals"]), "a guard that no consent helps against"
    return [word for option in dict.fromkeys(options) for word in shlex.split(option)]
