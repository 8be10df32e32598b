"""DKIM key records: how strong a key is, and why it can not be used."""

import base64
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dns import dkim
from tests.checks.house import rsa

ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8463 §A.2


@pytest.mark.parametrize(
    ("text", "bits", "usable"),
    [
        (f"v=DKIM1; k=rsa; p={rsa()}", 2048, True),
        (f"p={rsa(1024)}", 1024, True),
        (f"v=DKIM1; p={rsa(1024, bare=True)}", 1024, True),
        (f"v=DKIM1; k=ed25519; p={ED25519}", 256, True),
        (f"k=rsa; h=sha1:sha256; s=email; p={rsa()}", 2048, True),
        (f"v=DKIM1; p={rsa()[:30]} {rsa()[30:]}", 2048, True),
        (f"v=DKIM1; n=a note; x=1; p={rsa()}", 2048, True),
        (f"v=DKIM1; p={rsa(1023)}", 1023, False),
        (f"v=DKIM1; h=sha1; p={rsa()}", 2048, False),
        (f"v=DKIM1; s=tlsrpt; p={rsa()}", 2048, False),
        (f"k=rsa; v=DKIM1; p={rsa()}", 0, False),
        (f"v=DKIM1; k=dsa; p={rsa()}", 0, False),
        (f"v=DKIM1; p={rsa()[:200]}", 0, False),
        ("v=DKIM1; p=###", 0, False),
        ("v=DKIM1; k=ed25519; p=AAAA", 0, False),
        ("v=DKIM1; k=rsa", 0, False),
        ("v=DKIM1; p=", 0, False),
        ("", 0, False),
    ],
)
def test_what_a_key_is_worth(text, bits, usable):
    """Bits and usability of keys whole and cut, bare and wrapped, too short, restricted and withdrawn."""
    key = dkim.parse(text)
    assert (key.bits, key.usable) == (bits, usable)
    assert usable == (not key.fault and not key.revoked)


def test_what_else_a_key_says():
    """`t=y` tries it out, `t=s` is for one domain, an empty `p=` is no fault but the end of a key."""
    key = dkim.parse(f"v=DKIM1; t=y:s; h=sha256; p={rsa()}")
    assert (key.testing, key.exact, key.hashes) == (True, True, ("sha256",))
    gone = dkim.parse("v=DKIM1; p=")
    assert (gone.revoked, gone.fault) == (True, "")
    assert dkim.signing_domain("a.b._domainkey.mail.example.org") == "mail.example.org"


@given(st.binary(max_size=80))
def test_no_data_is_too_odd(data):
    """Anything may stand in a record; it is judged, and never a traceback."""
    assert dkim.rsa_bits(data) >= 0
    key = dkim.parse("v=DKIM1; p=" + base64.b64encode(data).decode())
    assert key.usable == (bool(data) and not key.fault)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the keys of this test")
@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_real_key_has_its_length(bits):
    """A key that openssl made is as long as it was asked to be."""
    made = subprocess.run(["openssl", "genrsa", str(bits)], capture_output=True, check=True).stdout
    der = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=made, capture_output=True, check=True
    ).stdout
    assert dkim.parse("v=DKIM1; p=" + base64.b64encode(der).decode()).bits == bits
