"""BIMI: the record of a logo, and what keeps it from being shown."""

import pytest

from reconciler.dns import bimi, dmarc
from tests.checks.house import World
from tests.dns.house import derived, found, values

LOGO = "https://www.example.org/logo.svg"


def test_a_logo_is_published_with_its_certificate():
    """The record has both addresses, with what would end one encoded, and is a value of its own class."""
    result = derived(published=None, bimi_logo=LOGO, bimi_certificate="https://www.example.org/a;b,c.pem")
    key = "default._bimi.example.org TXT bimi"
    assert values(result, key) == (f'"v=BIMI1; l={LOGO}; a=https://www.example.org/a%3Bb%2Cc.pem"',)
    assert found(result) == []
    assert values(derived(bimi_logo=LOGO), key) == (f'"v=BIMI1; l={LOGO}"',)
    assert key not in derived().declarations


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (f"v=BIMI1; l={LOGO}", True),
        (f"v=BIMI1;l={LOGO};a=https://www.example.org/m.pem;avp=brand", True),
        ("v=BIMI1; l=; a=", True),
        ("v=BIMI1; l=https://www.example.org/LOGO.SVG?size=1", True),
        ("v=BIMI1; l=http://www.example.org/logo.svg", False),
        ("v=BIMI1; l=https://www.example.org/logo.png", False),
        (f"v=BIMI1; l={LOGO}; a=file:mark.pem", False),
        ("v=BIMI1; a=https://www.example.org/m.pem", False),
        ("v=BIMI1; l=https://[", False),
        (f"v=BIMI1; {LOGO}", False),
        (f"l={LOGO}; v=BIMI1", False),
    ],
)
def test_which_records_can_be_used(text, good):
    """HTTPS, an SVG, and the version in front."""
    assert (bimi.fault(text) == "") is good


def test_a_domain_may_decline():
    """Empty addresses say that there is no logo."""
    assert bimi.declines("v=BIMI1; l=; a=")
    assert bimi.declines("v=BIMI1; l=;")
    assert not bimi.declines(f"v=BIMI1; l={LOGO}")
    assert not bimi.declines("v=BIMI1; l=; a=https://www.example.org/m.pem")


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ("v=DMARC1; p=reject", True),
        ("v=DMARC1; p=quarantine", True),
        ("v=DMARC1; p=quarantine; pct=100", True),
        ("v=DMARC1; p=quarantine; pct=50", False),
        ("v=DMARC1; p=reject; sp=none", False),
        ("v=DMARC1; p=reject; t=y", False),
        ("v=DMARC1; p=none", False),
        ("v=DMARC1", False),
    ],
)
def test_the_policy_decides_whether_it_is_shown(record, shown):
    """Only where forged mail is kept out, of subdomains too."""
    policy = dmarc.policy_for("example.org", World({"_dmarc.example.org TXT": [record]}))
    assert (bimi.hindrance(policy) == "") is shown


def test_without_a_policy_it_is_not_shown():
    """No DMARC record, no logo."""
    assert bimi.hindrance(None)
