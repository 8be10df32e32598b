"""A certificate for the mail host, which nobody else has signed."""

import subprocess
from pathlib import Path

from tests.programs import program
from tests.servers.cluster.site import Site, write

_NAMES = "subjectAltName=DNS:mail.cluster.test,DNS:localhost,IP:127.0.0.1"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


def make(site: Site) -> Path:
    """Make key and certificate, apart for Dovecot and in one file for Postfix; return the certificate's path."""
    folder = site.directory("tls")
    key, certificate = write(folder / "server.key", "", mode=0o600), folder / "server.crt"
    subject = ("-days", "30", "-subj", "/CN=mail.cluster.test", "-addext", _NAMES)
    words: list[str | Path] = ["req", "-x509", *_KEY, *subject, "-keyout", key, "-out", certificate]
    subprocess.run([program("openssl", "openssl"), *words], check=True, capture_output=True)
    write(folder / "server.pem", key.read_text() + certificate.read_text(), mode=0o600)
    return certificate
