"""States with a past, in places that can die at any call, and what can be seen of them from outside."""

import base64
import re

from reconciler.model.desired import EncryptionBlock, Remembered
from reconciler.model.diagnostic import Problem, problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import make
from reconciler.state import StateStore
from reconciler.state.backend import BackendError
from reconciler.state.places.local import LocalFiles
from reconciler.state.values import Ended, Intent
from tests.sealing.keyring import pair

ANNA, BEN = pair(), pair()


def applied(kind, key, fields, *, provider="groupware", protect=False):
    """A resource as a run leaves it."""
    return Applied(make(kind, key, fields), provider, f"id-{key}", Remembered(protect=protect))


def created(one):
    """The end of its creation."""
    return Ended(Action.CREATE, one.resource.kind, one.resource.key, one.provider, applied=one)


COMPANY = (
    applied(Kind.INSTANCE, "office", {"storage": 5}),
    applied(Kind.DOMAIN, "example.org", {"instance": "office"}),
    applied(Kind.MAILBOX, "anna@example.org", {"owner": "Anna Beispiel", "quota": 2}),
    applied(Kind.MAILBOX, "boss@example.org", {"owner": "Die Chefin", "quota": 2}, protect=True),
    applied(Kind.ALIAS, "info@example.org", {"to": ("anna@example.org", "boss@example.org")}),
    applied(Kind.RECORD, "example.org MX", {"zone": "example.org", "ttl": 60, "values": ("10 mx.example.",)}),
)


def local(folder, name="mail.json", encryption=None):
    """A state in files."""
    return StateStore(LocalFiles(folder / name), encryption=encryption, folders=(folder / "kept",))


def furnish(store, *, runs=3, flying=False):
    """Give a state a past of some runs; at the end a write may be in flight."""
    for number in range(runs):
        with store.acquire("apply") as session:
            session.end(created(each) for each in COMPANY[number::runs])
            session.acknowledge(f"operator mailbox m{number}@example.org", f"note {number}")
    if flying:
        with store.acquire("apply") as session:
            session.begin([Intent(Action.CREATE, Kind.MAILBOX, "late@example.org", "groupware", {"owner": "Spät"})])
            session.commit_now()
    return store


def encryption(folder, *whom, reads=None):
    """An encryption block for some, read with the key of the first or of another."""
    key = reads or whom[0]
    path = folder / f"{key.public[-8:]}.txt"
    path.write_text(key.private + "\n")
    from reconciler.model.secrets import SecretRef, SecretSource

    identity = SecretRef(SecretSource.FILE, (str(path),))
    return EncryptionBlock(tuple(each.public for each in whom), (identity,))


def past(store):
    """What the history tells, run by run."""
    return [(run.header, run.steps, run.acknowledged) for run in store.history()]


class Dying:
    """A backend whose process dies at its nth call, before or after it takes effect; a dead one makes no call."""

    def __init__(self, inner, at, *, after):
        self._inner, self._left, self._after = inner, at, after
        self.dead = False

    def __getattr__(self, name):
        real = getattr(self._inner, name)
        if not callable(real) or name == "close":
            return real
        return lambda *given: self._call(real, given)

    def _call(self, real, given):
        if self.dead:
            raise _gone()
        self._left -= 1
        if self._left == 0:
            self.dead = True
            if self._after:
                real(*given)
            raise _gone()
        return real(*given)


def _gone():
    return BackendError(problem("state-unreadable", "it has died", help="none"))


def unlocked(*stores):
    """Take away the locks that dead runs left."""
    for store in stores:
        raw = store.backend.read_lock()
        if raw is not None:
            assert store.backend.write_lock(raw, None)


def all_bytes(folder, start):
    """Every byte of the files whose name begins so, and of what stands there in base64."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and any(part.startswith(start) for part in path.relative_to(folder).parts):
            data = path.read_bytes()
            found.append(path.name.encode() + b"\n" + data)
            found += decoded(data)
    return b"\n".join(found)


def decoded(data):
    """What stands in bytes in base64."""
    texts = re.findall(rb"[A-Za-z0-9+/]{8,}={0,2}", data)
    return [base64.b64decode(text[: len(text) // 4 * 4]) for text in texts]


def trouble(function, *given, **named):
    """Call, and return the ids and the message of what it raises; nothing where it does not."""
    try:
        function(*given, **named)
    except Problem as error:
        return [each.id for each in error.diagnostics], str(error)
    return None
