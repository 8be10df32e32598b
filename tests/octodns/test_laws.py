"""What octoDNS makes of texts: whatever its limits allow comes out as it went in, in each form providers send it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from octodns.zone import Zone

from reconciler.model.presentation import canonical, quote
from reconciler.model.rrsets import RRset
from reconciler.providers.limits import refusal
from reconciler.providers.octodns.rrsets import CanNotCarry, limits, record_of, rrset_of
from tests.octodns.house import DEPRECATED
from tests.octodns.stub import StubProvider

ZONE = "law.example"
_LIMITS = limits(StubProvider)
_ALLOWED = "".join(chr(each) for each in range(32, 127) if chr(each) not in '"\\')
#: With many of the signs that mean something in zone files or to octoDNS, and long enough to be cut.
_TEXTS = st.lists(
    st.sampled_from([*"; {}%@$()'", "a", "Ab+/" * 70]) | st.sampled_from(_ALLOWED), min_size=1, max_size=12
).map("".join)


def _texts(*values):
    return RRset(f"txt.{ZONE}", "TXT", 300, tuple(sorted({quote(each) for each in values})))


@pytest.mark.filterwarnings(DEPRECATED)
@settings(max_examples=60)
@given(st.lists(_TEXTS, min_size=1, max_size=3))
def test_what_the_limits_allow_is_carried(values):
    """A text that can be held is the same in octoDNS's record, and in each form in which it is sent."""
    rrset = _texts(*values)
    assert refusal(_LIMITS, rrset, ZONE) is None
    record = record_of(rrset, Zone(f"{ZONE}.", []), None)
    assert rrset_of(record) == rrset
    for sent in (record.to_rrset().rdatas, record.rrs[3]):
        assert sorted(canonical("TXT", each) for each in sent) == list(rrset.values)
    for sent in record.values:  # as octodns-powerdns sends it
        assert canonical("TXT", f'"{sent}"') in rrset.values if len(sent) <= 255 else sent


@pytest.mark.parametrize("text", ['say "hello"', "C:\\mail", "Grüße", "two\nlines", "tab\t", ""])
def test_what_providers_do_not_agree_on_is_refused(text):
    """Quotes, backslashes and octets beyond printable ASCII mean other things to other providers."""
    assert refusal(_LIMITS, _texts(text), ZONE)


def test_data_that_octodns_can_not_hold_is_told():
    """What does not come out of octoDNS as it went in is never sent."""
    odd = RRset(f"odd.{ZONE}", "MX", 300, ("70000 mail.example.net.", "x"))
    with pytest.raises(CanNotCarry, match=r"odd\.law\.example MX"):
        record_of(odd, Zone(f"{ZONE}.", []), None)
