"""What holds for all records and all changes, tried on the twin's own data."""

from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.model.presentation import canonical, quote
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.limits import refusal
from reconciler.providers.netcup.ccp.batch import batch
from reconciler.providers.netcup.ccp.rows import grouped, key_of, parse_rows, row_of, rrsets_of, value_of
from reconciler.providers.netcup.limits import CCP_LIMITS
from reconciler.providers.netcup.rest import rows as rest
from tests.netcup.worlds import ZONE
from tests.twins.netcup.account import Account
from tests.twins.netcup.records import apply

_LABEL = st.from_regex(r"[a-z0-9_][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
_NAMES = st.lists(_LABEL, max_size=2).map(lambda labels: ".".join([*labels, ZONE]))
_HOSTS = _LABEL.map(lambda label: f"{label}.example.net.")
_SMALL = st.integers(0, 65535)
_VALUES = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(lambda address: canonical("AAAA", str(address))),
    "TXT": st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).map(quote),
    "MX": st.builds("{} {}".format, _SMALL, _HOSTS),
    "SRV": st.builds("{} {} {} {}".format, _SMALL, _SMALL, _SMALL, _HOSTS),
    "CAA": _LABEL.map(lambda label: f'0 issue "{label}.example"'),
    "TLSA": st.binary(min_size=32, max_size=32).map(lambda data: f"3 1 1 {data.hex()}"),
    "CNAME": _HOSTS,
}


@st.composite
def _records(draw):
    """An owner name, a type, and data of it that the CCP interface takes."""
    name, rtype = draw(_NAMES), draw(st.sampled_from(sorted(_VALUES)))
    value = draw(_VALUES[rtype].filter(lambda value: refusal(CCP_LIMITS, RRset("x", rtype, 1, (value,)), ZONE) is None))
    return name, rtype, value


@given(_records())
def test_a_record_comes_back_from_the_server_as_it_was_sent(record):
    """What CCP takes and tells is read as the value that was meant."""
    name, rtype, value = record
    account = Account()
    domain = account.add_domain(ZONE)
    apply(domain, row_of(name, rtype, value, ZONE).sent(), 1, 0.0)
    (row,) = parse_rows({"dnsrecords": [each.shown(0.0) for each in domain.records.values()]}, ZONE)
    assert key_of(row, ZONE) == (name, rtype)
    assert value_of(row, ZONE) == value


@given(_records())
def test_a_record_on_clouddns_is_read_as_it_is_made(record):
    """The form in which it is sent is one that is understood."""
    name, rtype, value = record
    row = rest.row_of(RRset(name, rtype, 300, (value,)), value, ZONE)
    assert (rest.key_of(row, ZONE), rest.value_of(row, ZONE)) == ((name, rtype), value)


_SET = st.lists(st.sampled_from([f'"{letter}"' for letter in "abcdef"]), max_size=6)


@given(_SET, _SET.map(lambda values: tuple(sorted(set(values)))))
def test_a_change_makes_exactly_what_was_meant(there, wanted):
    """Whatever stands there, duplicates too, the wanted values stand there after; nothing else is named or moved."""
    account = Account()
    domain = account.add_domain(ZONE)
    foreign = account.add_record(ZONE, "other", "TXT", "a")
    for value in there:
        account.add_record(ZONE, "txt", "TXT", value.strip('"'))
    rows = parse_rows({"dnsrecords": [each.shown(0.0) for each in domain.records.values()]}, ZONE)
    groups = grouped(rows, ZONE)
    key = (f"txt.{ZONE}", "TXT")
    assume(there or wanted)
    change = RRsetChange(rrsets_of(groups, 60).get(key), RRset(*key, 60, wanted) if wanted else None)
    sent = batch(ZONE, groups, [change])
    for each in sent:
        apply(domain, each, account.number(), 0.0)
    after = grouped(parse_rows({"dnsrecords": [each.shown(0.0) for each in domain.records.values()]}, ZONE), ZONE)
    assert tuple(sorted(after.get(key, {}))) == wanted
    assert domain.records[foreign.id] is foreign
    gone, new = [value for value in there if value not in wanted], set(wanted) - set(there)
    assert len(sent) == max(len(gone), len(new)), "no record is sent that need not be"
