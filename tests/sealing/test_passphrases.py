"""Passphrases. Each use costs seconds by design, so there are few tests, and they share one key."""

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.state.sealing import identities, make, unlock
from tests.sealing.keyring import Ring, only_id, pair

ANNA = pair()
WHERE = "state/mail.json"


@pytest.fixture(scope="module")
def sealer(tmp_path_factory):
    ring = Ring(tmp_path_factory.mktemp("keys"))
    return make(ring.block(ANNA, passphrases=["one horse", "two horses"]))


def test_each_passphrase_unlocks(sealer, ring):
    """Without any identity, and in any order."""
    assert len(sealer.keys.for_passphrases) == 2
    other = unlock(sealer.keys, ring.block(passphrases=["two horses"]), WHERE)
    assert other.open(sealer.seal(b"page")) == b"page"


def test_a_wrong_passphrase_is_refused_and_not_shown(sealer, ring):
    """It may be a right one of something else."""
    with pytest.raises(Problem) as caught:
        unlock(sealer.keys, ring.block(passphrases=["three horses"]), WHERE)
    assert only_id(caught) == "state-key-refused"
    assert "three" not in repr(caught.value.diagnostics)


def test_an_identity_that_fits_spares_the_passphrase(sealer, ring, monkeypatch):
    """Nobody waits seconds for what is known already."""

    def refuse(files, text):
        raise AssertionError("a passphrase was tried")

    monkeypatch.setattr(identities, "_by_passphrase", refuse)
    other = unlock(sealer.keys, ring.block(identities=[ANNA], passphrases=["one horse"]), WHERE)
    assert other.open(sealer.seal(b"page")) == b"page"
