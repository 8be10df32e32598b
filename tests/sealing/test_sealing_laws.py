"""What is sealed comes back as it was or not at all, and to those alone who have the key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.state.sealing import make
from tests.sealing.keyring import only_id, pair

SEALER = make(EncryptionBlock((pair().public,)), "state/mail.json")
OTHER = make(EncryptionBlock((pair().public,)), "state/other.json")
PAGE = b"anna@example.org " * 5000  # more than one of age's chunks of 64 KB
SEALED = SEALER.seal(PAGE)


@given(st.binary(max_size=200_000))
def test_what_is_sealed_opens_as_it_was(data):
    """For any bytes, the empty ones too."""
    assert SEALER.open(SEALER.seal(data)) == data


@given(st.binary(min_size=16, max_size=2000))
def test_sealed_bytes_show_nothing_and_never_repeat(data):
    """The same page sealed twice can not be told to be the same."""
    first, second = SEALER.seal(data), SEALER.seal(data)
    assert data not in first.removeprefix(b"age-encryption.org/v1\n-> X25519 ")
    assert first != second


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position, difference):
    """Wherever it stands: in the header, its check, a page or the end."""
    torn = bytearray(SEALED)
    torn[position] ^= difference
    with pytest.raises(Problem) as caught:
        SEALER.open(bytes(torn))
    assert only_id(caught) == "state-sealed-damaged"
    assert "state/mail.json" in str(caught.value)


@pytest.mark.parametrize("position", range(0, 420, 3))
def test_a_changed_byte_of_the_header_is_noticed(position):
    """Every third byte of the part that holds the wrapped key."""
    torn = bytearray(SEALED)
    torn[position] ^= 1
    with pytest.raises(Problem) as caught:
        SEALER.open(bytes(torn))
    assert only_id(caught) == "state-sealed-damaged"


@given(st.integers(0, len(SEALED) - 1))
def test_a_cut_is_noticed(length):
    """Also where it falls between two chunks."""
    with pytest.raises(Problem) as caught:
        SEALER.open(SEALED[:length])
    assert only_id(caught) == "state-sealed-damaged"


@given(st.binary(min_size=1, max_size=100))
def test_an_addition_is_noticed(more):
    """Nothing can be added behind the end."""
    with pytest.raises(Problem) as caught:
        SEALER.open(SEALED + more)
    assert only_id(caught) == "state-sealed-damaged"


@given(st.binary(max_size=300))
def test_bytes_that_were_never_sealed_are_refused(data):
    """Plain text among them."""
    for each in (data, b"age-encryption.org/v1\n" + data, b"-----BEGIN AGE ENCRYPTED FILE-----\n" + data):
        with pytest.raises(Problem):
            SEALER.open(each)


def test_another_state_s_page_is_refused():
    """Each state has a key of its own."""
    with pytest.raises(Problem) as caught:
        SEALER.open(OTHER.seal(b"page"))
    assert only_id(caught) == "state-sealed-damaged"


def test_a_sealer_does_not_print_its_key():
    """A log may print anything."""
    assert "SECRET" not in repr(SEALER)
    assert "SECRET" not in repr(SEALER.keys)
