"""A domain that neither receives nor sends: `no_mail: true`."""

from pathlib import Path

import pytest

from reconciler.dns.derive import derive
from reconciler.model.desired import Declaration, Desired, DnsSettings, StateBlock
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState
from reconciler.model.resources import Alias, Mailbox
from tests.dns.house import ORIGIN, PUBLISHED, Zones, derived, found, run, txt, values


def test_it_says_so_in_three_records():
    """A null MX, SPF that fails everyone, and DMARC that rejects; nothing of a mail host."""
    result = derived(sends_nothing=True, mta_sts_mode="enforce")
    assert {key: values(result, key) for key in result.declarations} == {
        "example.org MX": ("0 .",),
        "example.org TXT spf": ('"v=spf1 -all"',),
        "_dmarc.example.org TXT dmarc": ('"v=DMARC1; p=reject"',),
    }
    assert found(result) == []


def test_another_policy_may_be_declared():
    """A DMARC policy of one's own, and its reports, are kept."""
    result = derived(sends_nothing=True, dmarc_policy="none", dmarc_reports=("a@example.org",))
    assert values(result, "_dmarc.example.org TXT dmarc") == ('"v=DMARC1; p=none; rua=mailto:a@example.org"',)
    assert "_dmarc.example.org TXT dmarc" not in derived(sends_nothing=False).declarations


def test_who_sends_already_stays_and_is_told_by_the_record():
    """An SPF record of others is made strict, and gets its own end back when ours is let go."""
    zones = Zones(txt("v=spf1 ip4:192.0.2.1 ~all"))
    state, _ = run(zones, derived(sends_nothing=True), AppliedState("line", 1, {}))
    assert zones.rrsets["example.org", "TXT"].values == ('"v=spf1 ip4:192.0.2.1 -all"',)
    assert zones.rrsets["example.org", "MX"].values == ("0 .",)
    run(zones, derived(published=None), state)
    assert zones.rrsets == {("example.org", "TXT"): txt("v=spf1 ip4:192.0.2.1 ~all")}


def conflict(kind, address, resource, **settings):
    """What is wrong with a domain without mail that has an address."""
    block = DnsSettings("zones", ORIGIN, sends_nothing=True, **settings)
    declarations = {kind: {address: Declaration(resource, "groupware", ORIGIN)}}
    desired = Desired(declarations, {}, StateBlock("local", None, Path()), Path(), "", dns={"example.org": block})
    return derive(desired, lambda _: PUBLISHED, {"zones": ("example.org",)}).diagnostics


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        (Kind.MAILBOX, Mailbox("anna@example.org")),
        (Kind.ALIAS, Alias("anna@example.org", ("ben@example.net",))),
    ],
)
def test_an_address_contradicts_it(kind, resource):
    """A mailbox or alias of the domain is an error that shows both places."""
    (only,) = conflict(kind, "anna@example.org", resource)
    assert only.id == "null-mx-conflict"
    assert "anna@example.org" in only.message
    assert len(only.secondary) == 1
    assert conflict(kind, "anna@sub.example.org", resource) == ()


def test_senders_contradict_it():
    """So do SPF includes."""
    assert found(derived(sends_nothing=True, spf_include=("_spf.news.example",))) == ["null-mx-conflict"]
