"""Previews to render, zones to make them of, and the comparison with golden files."""

import json
import os
from pathlib import Path

import pytest

from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.preview import Held, Moment, Preview, RecordRow, SpfCount
from reconciler.report.style import Style

GOLDEN = Path(__file__).parent / "golden"
KEY = '"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A' + "MIIBCgKCAQEAxZ3f" * 20 + 'IDAQAB"'


@pytest.fixture
def golden():
    """Compare a text, or JSON data, with a golden file; UPDATE_GOLDEN=1 writes it instead."""

    def compare(name, found):
        text = found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8", newline="")
        assert text == path.read_bytes().decode(), f"{path} differs; see tests/report/README.md"

    return compare


STYLES = {
    "txt": Style(colour=False, unicode=True, width=80),
    "wide.txt": Style(colour=False, unicode=True, width=140),
    "colour.txt": Style(colour=True, unicode=True, width=80),
    "ascii.txt": Style(colour=False, unicode=False, width=60),
}


@pytest.fixture(params=sorted(STYLES))
def dressed(request):
    """Each way a text may look: the ending of its golden file, and the style."""
    return request.param, STYLES[request.param]


def _findings():
    return (
        Finding(
            "mta-sts-mx-mismatch",
            Grade.BLOCKER,
            "the MTA-STS policy of example.org does not list mx.new.example, so senders that keep it deliver nothing",
            "serve a policy with both hosts, then publish a new id",
            "_mta-sts.example.org TXT mta-sts",
        ),
        Finding("mx-single", Grade.WARNING, "example.org has one mail exchanger", record="example.org MX"),
        Finding("dmarc-removed-tags", Grade.NOTE, "the DMARC record of example.org still has pct", "leave it out"),
        Finding("dkim-key-weak", Grade.UNKNOWN, "nobody was asked for key1._domainkey.example.org"),
        Finding("tlsa-stale", Grade.UNKNOWN, "nobody was asked for _25._tcp.mx.new.example"),
    )


@pytest.fixture
def switch():
    """A domain whose MX moves, with one of everything that a preview can say."""
    blocker, single, tags, *unknown = _findings()
    return Preview(
        domain="example.org",
        zone="example.org",
        provider="zones",
        serial=2026100701,
        rows=(
            RecordRow("example.org MX", ("10 mx.old.example.",), ("10 mx.new.example.",), 86400, 300, 86400),
            RecordRow(
                "example.org TXT spf",
                ('"v=spf1 ip4:192.0.2.1 include:_spf.old.example -all"',),
                ('"v=spf1 ip4:192.0.2.1 include:_spf.new.example -all"',),
                3600,
                3600,
                3600,
            ),
            RecordRow("key1._domainkey.example.org TXT dkim", (), (KEY,), None, 3600, 3600),
            RecordRow("old2026._domainkey.example.org TXT dkim", (KEY,), (), 3600, None, 3600),
            RecordRow("_dmarc.example.org TXT dmarc", ('"v=DMARC1; p=reject"',), ('"v=DMARC1; p=reject"',), 3600, 3600),
            RecordRow(
                "_mta-sts.example.org TXT mta-sts", ('"v=STSv1; id=1"',), ('"v=STSv1; id=1"',), 86400, 300, 86400
            ),
            RecordRow("_a-very-long-service-name._tcp.example.org SRV", (), ("0 1 443 mail.new.example.",), None, 3600),
        ),
        before=Moment(
            ("10 mx.old.example",),
            ("ip4:192.0.2.1", "include:_spf.old.example", "-all"),
            SpfCount(3, 0),
            "p=reject",
            spf_aligned=True,
            dkim_aligned=False,
            findings=(
                single,
                Finding("spf-void", Grade.WARNING, "two includes lead nowhere", record="example.org TXT spf"),
            ),
        ),
        after=Moment(
            ("10 mx.new.example",),
            ("ip4:192.0.2.1", "include:_spf.new.example", "-all"),
            SpfCount(5, 0),
            "p=reject",
            spf_aligned=True,
            dkim_aligned=None,
            findings=(single, tags, *unknown),
        ),
        changes=(blocker,),
        held=(
            Held(
                "example.org",
                "switch",
                "MX: 10 mx.old.example. → 10 mx.new.example.",
                1795413600,
                None,
                "its TTL was lowered from 24 h to 5 min, and others may hold the old one until then",
                "flow/F7",
            ),
            Held(
                "example.org",
                "contract",
                "SPF: without include:_spf.old.example",
                None,
                5 * 86400,
                "mail that the old host queued may still be on its way",
                "flow/F7",
            ),
        ),
    )


def calm(domain):
    """A preview in which a record changes and nothing is found."""
    moment = Moment(("10 mx.example",), ("mx", "-all"), SpfCount(1, 0), "p=none", spf_aligned=True, dkim_aligned=True)
    row = RecordRow(f"www.{domain} A", ("192.0.2.1",), ("192.0.2.2",), 3600, 3600, 3600)
    return Preview(domain, domain, "zones", None, (row,), moment, moment)
