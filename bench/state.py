"""What it costs to record operations, in each place where state can be kept, beside the bare rate of that place.

usage: python bench/state.py [--backends local,postgres,…]; prints a JSON object

Every operation is what an apply records of it: an intent that is durable before the provider would be called, and its
end. One by one that is two commits an operation; in groups, as the executor makes them, two commits a thousand. The
bare rate is that of the same bytes, written by the place's own client with nothing in between, in the same minute:
pwrite and fsync, INSERT and COMMIT, PUT, POST.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402 - the line above makes these importable

from bench.places import PLACES, Place  # noqa: E402
from reconciler.model.desired import EncryptionBlock  # noqa: E402
from reconciler.model.kinds import Action, Kind  # noqa: E402
from reconciler.model.live import Applied  # noqa: E402
from reconciler.model.resources import Mailbox  # noqa: E402
from reconciler.model.secrets import SecretRef, SecretSource  # noqa: E402
from reconciler.state import Ended, Intent, StateSession, StateStore  # noqa: E402

GROUP = 1_000  # operations that become durable together; the executor reaches that against a fast provider
SLICE = 20  # operations one by one, before the bare rate has its turn
SLICES = 11
SINGLE = 200  # operations one by one, among many resources
SMALL, LARGE = 1_000, 100_000  # resources
BACKENDS = ",".join(PLACES)
_GB = 10**9


def mailbox(number: int, quota: int = 2 * _GB) -> Applied:
    """A resource as state holds it."""
    return Applied(Mailbox(f"user{number:06}@example.org", f"User Number {number}", quota), "groupware", str(number))


def change(number: int) -> tuple[Intent, Ended]:
    """A larger quota: what is promised, and how it ended."""
    after = mailbox(number, 5 * _GB)
    key = after.resource.key
    fields, before = {"quota": 5 * _GB}, {"quota": 2 * _GB}
    intent = Intent(Action.UPDATE, Kind.MAILBOX, key, "groupware", fields, "sha256:" + "0" * 64, before=before)
    return intent, Ended(Action.UPDATE, Kind.MAILBOX, key, "groupware", applied=after)


async def journal(session: StateSession, numbers: Sequence[int], group: int) -> None:
    """Record changes, so many at a time."""
    for start in range(0, len(numbers), group):
        intents, ends = zip(*map(change, numbers[start : start + group]), strict=True)
        session.begin(intents)
        await session.commit()
        session.end(ends)
        await session.commit()


def _recorded(store: StateStore) -> list[bytes]:
    """What is appended from now on, kept from outside, so that the same bytes can be written barely."""
    lines: list[bytes] = []
    append = store.backend.append

    def kept(data: bytes, at: int, fence: Any) -> None:
        lines.append(data)
        append(data, at, fence)

    store.backend.append = kept  # type: ignore[method-assign]
    return lines


def rate(place: Place, name: str, group: int, encryption: EncryptionBlock | None) -> dict[str, float]:
    """Operations a second, and the bare rate of the same writes: medians of slices that take turns.

    What else the machine does comes and goes; taking turns it meets both alike.
    """
    store = place.store(name, encryption)
    lines = _recorded(store)
    ours, bare, written = [], [], 0
    count = max(group, SLICE)
    with store.acquire("bench") as session:
        session.begin([])
        session.commit_now()
        for number in range(SLICES):
            lines.clear()
            started = time.perf_counter()
            asyncio.run(journal(session, range(number * count, (number + 1) * count), group))
            ours.append(time.perf_counter() - started)
            bare.append(place.bare(lines))
            written += sum(map(len, lines))
    return {
        "operations/s": count / statistics.median(ours),
        "bare operations/s": count / statistics.median(bare),
        "bytes": written / count / SLICES,
    }


def filled(place: Place, size: int) -> str:
    """A state of so many mailboxes; its name."""
    name = f"of-{size}"
    with place.store(name, None).acquire("bench") as session:
        ends = [
            Ended(Action.ADOPT, each.resource.kind, each.resource.key, "groupware", applied=each)
            for each in map(mailbox, range(size))
        ]
        session.end(ends)
        session.commit_now()
        session.fold_up()
    return name


def cost(place: Place, size: int) -> dict[str, float]:
    """Seconds, bytes and rows of one operation among many resources, and bytes of a whole run of one operation."""
    name = filled(place, size)
    rows_before = place.rows()
    with place.counting() as counted:
        with place.store(name, None).acquire("bench") as session:
            session.begin([])
            session.commit_now()
            before, started = counted(), time.perf_counter()
            asyncio.run(journal(session, range(SINGLE), 1))
            seconds, after = time.perf_counter() - started, counted()
        rows_after = place.rows()
        run_before = counted()
        with place.store(name, None).acquire("bench") as session:
            asyncio.run(journal(session, [SINGLE], 1))
        run_after = counted()
    figures = {
        "seconds": seconds / SINGLE,
        "bytes": (after - before) / SINGLE,
        "bytes of a run": float(run_after - run_before),
    }
    if rows_before is not None and rows_after is not None:
        figures["rows"] = (rows_after - rows_before) / SINGLE
    return figures


def key(folder: Path) -> EncryptionBlock:
    """A state's encryption for one recipient, whose key lies in a file."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    path = folder / "identity"
    path.touch(0o600)
    path.write_text(f"{identity}\n")
    return EncryptionBlock((str(identity.to_public()),), (SecretRef(SecretSource.FILE, (str(path),)),))


def bench(backend: str) -> dict[str, Any]:
    """All figures of one backend."""
    with tempfile.TemporaryDirectory(prefix="reconciler-bench.", dir=ROOT / "bench/out") as scratch:
        folder = Path(scratch)
        forms = (("plain", None), ("encrypted", key(folder)))
        with PLACES[backend](folder) as place:
            rates = {
                f"{form}, {how}": rate(place, f"{form}-{group}", group, block)
                for form, block in forms
                for how, group in (("one by one", 1), ("in groups", GROUP))
            }
            return {"rates": rates, "cost": {str(size): cost(place, size) for size in (SMALL, LARGE)}}


def main() -> None:
    """Measure, and print JSON; a backend whose server is not installed is left out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--backends", default=BACKENDS, help="comma-separated")
    (ROOT / "bench/out").mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    for backend in parser.parse_args().backends.split(","):
        with contextlib.suppress(pytest.skip.Exception):
            found[backend] = bench(backend)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
