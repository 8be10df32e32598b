"""Moving, sealing and verifying in every place that state can be kept in."""

import contextlib

from reconciler.state import StateStore
from reconciler.state.tending.migrating import migrate
from reconciler.state.tending.rekeying import rekey
from reconciler.state.tending.transfer import pull
from reconciler.state.tending.verifying import verify
from tests.state_commands.stores import ANNA, BEN, decoded, encryption, furnish, local, past


@contextlib.contextmanager
def opened(place, block=None):
    """The state in a place."""
    backend = place.open()
    try:
        yield StateStore(backend, encryption=block)
    finally:
        backend.close()


def revealed(place):
    """What of the company stands in the bytes of a place, be it in base64."""
    data = [place.raw()]
    for _ in range(3):
        data += [inner for each in data for inner in decoded(each)]
    return any(text in each for each in data for text in (b"example.org", b"Beispiel", b"operator mailbox"))


def test_there_sealed_and_back(place, tmp_path):
    """A state moves to a place with its past, is sealed there for others in turn, verified, and moves back."""
    source = furnish(local(tmp_path), flying=True)
    before, then = past(source), source.load()
    with opened(place) as target:
        migrate(source, target)
        assert past(target)[: len(before)] == before
        assert verify(target).sound
        assert revealed(place)
    for block in (encryption(tmp_path, ANNA), encryption(tmp_path, ANNA, BEN), encryption(tmp_path, BEN)):
        with opened(place, block) as sealed:
            rekey(sealed)
            assert past(sealed)[: len(before)] == before
            assert verify(sealed).sound
            assert b"example.org" not in pull(sealed).data
            assert not revealed(place)
    with opened(place, encryption(tmp_path, BEN)) as sealed:
        migrate(sealed, source, plaintext=True)
    now = source.load()
    assert now.applied.resources == then.applied.resources
    assert now.in_flight == then.in_flight
    assert past(source)[: len(before)] == before
    assert verify(source).sound
