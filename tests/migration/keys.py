"""DKIM keys of the two mail hosts, made anew for each run of the tests."""

import base64
import functools

import pytest


@functools.cache
def key_pair(host: str) -> tuple[bytes, str]:
    """A host's private key (PEM), and the text it publishes."""
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa", reason="it makes the DKIM keys")
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
