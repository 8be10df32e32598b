"""Encrypted, nothing that is stored anywhere tells an address or a name, and nothing plain is taken for it."""

import base64

import pytest
from pyrage import x25519

from reconciler.model.desired import EncryptionBlock
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Alias, Domain, Mailbox
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.state import Ended, Intent, journal, kept, snapshot
from reconciler.state.codec import header_data
from reconciler.state.fold import Fold
from reconciler.state.values import RunHeader
from tests.backends.runs import Stores, refused
from tests.secrecy.searching import found
from tests.servers.proxy import Fault, Trouble

DOMAIN, ADDRESS, ALIAS = "quokkatal.example", "zebrafink@quokkatal.example", "wombatpost@quokkatal.example"
OWNER, ID, NOTE, FAILED = "Wilhelmine Öckenfels", "provider-id-7391", "rang up Klabautermann", "Rumpelkammer refused"
WORDS = (DOMAIN, "zebrafink", "wombatpost", "Wilhelmine", "Öckenfels", ID, "Klabautermann", "Rumpelkammer")

MAILBOX = Applied(Mailbox(ADDRESS, OWNER, 10**9), "g", ID)


@pytest.fixture
def encryption(tmp_path):
    """A block with its key."""
    identity = x25519.Identity.generate()
    key = tmp_path / "key.txt"
    key.write_text(f"{identity}\n")
    return EncryptionBlock((str(identity.to_public()),), (SecretRef(SecretSource.FILE, (str(key),)),))


@pytest.fixture
def stores(place):
    """Opens stores at the place."""
    stores = Stores(place)
    yield stores
    stores.close()


def begin(action, resource):
    return Intent(action, resource.kind, resource.key, "g", fields=resource.fields(), before={"owner": OWNER})


def live_through(place, stores, encryption, folder):
    """Runs that go well, that fail, that are cut off; yield all bytes there are after each."""
    alias = Alias(ALIAS, (ADDRESS,))

    def stored():
        files = [path.read_bytes() for path in sorted(folder.glob("*"))]
        return b"\n".join([place.raw(), *files])

    def opened():
        return stores.open(encryption=encryption, folders=(folder,))

    with opened().acquire("apply") as session:  # done and folded
        session.begin([begin(Action.CREATE, MAILBOX.resource), begin(Action.CREATE, Domain(DOMAIN, "office"))])
        session.commit_now()
        yield stored()
        session.end([Ended(Action.CREATE, Kind.MAILBOX, ADDRESS, "g", applied=MAILBOX)])
        session.end(
            [Ended(Action.CREATE, Kind.DOMAIN, DOMAIN, "g", applied=Applied(Domain(DOMAIN, "office"), "g", ID))]
        )
        session.acknowledge(f"operator mailbox {ADDRESS}", NOTE)
    yield stored()
    with opened().acquire("apply") as session:  # failed, and left in flight
        session.begin([begin(Action.CREATE, alias), begin(Action.UPDATE, MAILBOX.resource)])
        session.commit_now()
        session.end([Ended(Action.CREATE, Kind.ALIAS, ALIAS, "g", done=False, message=FAILED)])
    yield stored()
    with place.running():  # the place is gone: outcomes are kept
        assert refused(lambda: lose_the_place(place, opened(), alias)) != "state-locked"
    place.arm(None)
    assert list(folder.glob("kept-*"))
    yield stored()
    stores.open().backend.write_lock(stores.open().backend.read_lock(), None)
    with opened().acquire("apply") as session:
        (home,) = kept.bring_home(session, opened().kept())
        assert home.recorded == 1
    yield stored()


def lose_the_place(place, store, alias):
    """A run whose second commit finds nobody there."""
    with store.acquire("apply") as session:
        session.begin([begin(Action.CREATE, alias)])
        session.commit_now()
        place.arm(Fault(Trouble.REFUSED, gone=True))
        session.end([Ended(Action.CREATE, Kind.ALIAS, ALIAS, "g", applied=Applied(alias, "g", ID), message=FAILED)])
        session.begin([begin(Action.DELETE, MAILBOX.resource)])
        session.commit_now()


def test_no_word_of_the_configuration_stands_in_any_stored_byte(place, stores, encryption, tmp_path):
    """Neither in snapshot, journal, history, lock, or what was kept, whatever became of a run."""
    for number, data in enumerate(live_through(place, stores, encryption, tmp_path / "kept")):
        assert found(WORDS, data) == set(), number
        assert b"age-encryption.org" in data or found(["age-encryption.org"], data)
    # and it can be read by who has the key
    applied = stores.open(encryption=encryption).load().applied
    assert {ADDRESS, ALIAS, DOMAIN} == {key for _, key in applied.resources}


def test_the_search_finds_what_is_not_sealed(place, stores, tmp_path):
    """A search that finds nothing anywhere proves nothing."""
    *_, last = live_through(place, stores, None, tmp_path / "kept")
    assert found(WORDS, last) == set(WORDS)


@pytest.mark.parametrize(
    "hide",
    [
        bytes.upper,
        base64.b64encode,
        lambda data: b"xyz" + base64.urlsafe_b64encode(base64.b64encode(data)),
        base64.encodebytes,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.hex().encode(),
    ],
)
def test_the_search_looks_below_what_covers_a_word(hide):
    """Case, base64 in every position and twice, broken lines, UTF-16, hexadecimal digits."""
    assert found(WORDS, b"{" + hide(f"the box of zebrafink at {DOMAIN}".encode()) + b"}") >= {"zebrafink", DOMAIN}


def test_without_the_key_nothing_is_read_or_written(place, stores, encryption, tmp_path):
    """No key, and the key of somebody else."""
    *_, _ = live_through(place, stores, encryption, tmp_path / "kept")
    stood = place.raw()
    stranger = tmp_path / "stranger.txt"
    stranger.write_text(f"{x25519.Identity.generate()}\n")
    wrong = EncryptionBlock(encryption.recipients, (SecretRef(SecretSource.FILE, (str(stranger),)),))
    blocks = {"state-encrypted": (None, EncryptionBlock(encryption.recipients)), "state-key-refused": (wrong,)}
    for id_, each in blocks.items():
        for block in each:
            assert refused(stores.open(encryption=block).load) == id_
            assert refused(stores.open(encryption=block).acquire("apply").__enter__) == id_
            assert refused(lambda block=block: list(stores.open(encryption=block).history())) == id_
    assert place.raw() == stood or place.has_parts
    assert stores.open(encryption=encryption).lock() is None


def test_a_plain_snapshot_in_place_of_a_sealed_one_is_refused(place, stores, encryption, tmp_path):
    """Somebody who can write there, and has no key, wants what comes next in plain text."""
    *_, _ = live_through(place, stores, encryption, tmp_path / "kept")
    applied = stores.open(encryption=encryption).load().applied
    fold = Fold()
    fold.lineage, fold.serial, fold.fence = applied.lineage, applied.serial, 9
    client = stores.open().backend
    client.replace(snapshot.Snapshot(fold, anew=True), 0, lambda _: None)
    assert refused(stores.open(encryption=encryption).load) == "state-plaintext"
    assert refused(stores.open(encryption=encryption).acquire("apply").__enter__) == "state-plaintext"


def test_a_plain_line_behind_a_sealed_journal_is_refused(place, stores, encryption, tmp_path):
    """A run that the key's owner never made is not taken for one."""
    *_, _ = live_through(place, stores, encryption, tmp_path / "kept")
    applied = stores.open(encryption=encryption).load().applied
    client = stores.open().backend
    at = len(client.read().journal)
    forged = RunHeader("forged", applied.lineage, applied.serial + 1, 99)
    client.append(journal.encode([header_data(forged)]), at, lambda _: None)
    assert refused(stores.open(encryption=encryption).load) == "state-plaintext"
    assert refused(stores.open(encryption=encryption).acquire("apply").__enter__) == "state-plaintext"
