"""Laws of editing, over random zone files and random changes."""

import tempfile
from pathlib import Path

import dns.name
import dns.rdatatype
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.presentation import canonical, quote, strings
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.writer import Done
from reconciler.providers.zonefile.scan import plain
from reconciler.providers.zonefile.witness import gather
from tests.zonefile.zones import HEAD, ZONE, Zone, named_checkzone

_NAMES = ["@", "www", "a.b", "*.w", "_x._tcp", "m-1"]
_TEXTS = st.text(alphabet='ab ;"\\()$@é\t', max_size=12) | st.just("long " * 60)


def _address(number):
    return f"192.0.2.{number}"


_VALUES = {
    "A": st.integers(1, 9).map(_address),
    "TXT": _TEXTS.map(quote),
    "MX": st.integers(0, 3).map(lambda number: f"{number} mail.example.net."),
    "CAA": st.sampled_from(['0 issue ";"', '0 issue "ca.example"']),
}


@st.composite
def _line(draw):
    """A record as a person may write it, or something else that stands in a zone file."""
    kind = draw(st.sampled_from(["record"] * 8 + ["comment", "blank", "origin", "ttl"]))
    if kind != "record":
        other = {"comment": "; note $ORIGIN x.\n", "blank": " \t\n", "origin": "$ORIGIN {}\n", "ttl": "$TTL {}\n"}[kind]
        return other.format(
            draw(st.sampled_from(["example.org.", "sub.example.org."] if kind == "origin" else ["1h", "60"]))
        )
    rtype = draw(st.sampled_from(sorted(_VALUES)))
    value = draw(_VALUES[rtype])
    data = strings(value) if rtype == "TXT" else value
    owner = draw(st.sampled_from([*_NAMES, "", "", "WWW.Example.org."]))
    ttl = draw(st.sampled_from(["", "300 ", "2h "]))
    klass = draw(st.sampled_from(["", "IN ", "in "]))
    head = klass + ttl if draw(st.booleans()) else ttl + klass
    data = draw(st.sampled_from([data, f"( {data} )", f"(\n   {data} ; inside\n )"]))
    comment = draw(st.sampled_from(["", " ; said", "\t;x"]))
    return f"{owner} {head}{rtype} {data}{comment}\n"


@st.composite
def _cases(draw):
    """A zone file's text and what is to become of some names."""
    text = HEAD + "".join(draw(st.lists(_line(), max_size=12)))
    if draw(st.booleans()) and not text.split("\n")[-2].startswith("$"):  # BIND wants an end behind a directive
        text = text.removesuffix("\n")
    wanted = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(_NAMES), st.sampled_from(sorted(_VALUES))),
            st.tuples(st.sampled_from([60, 300, 3600]), st.integers(0, 3)),
            min_size=1,
            max_size=4,
        )
    )
    changes = {
        (ZONE if name == "@" else f"{name}.{ZONE}", rtype): (ttl, draw(st.sets(_VALUES[rtype], max_size=count)))
        for (name, rtype), (ttl, count) in wanted.items()
    }
    return text, changes, draw(st.integers(0, 9)) == 0


def _comments(text):
    return [line for line in text.split("\n") if line.startswith(";")]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_cases())
def test_an_edit_is_exactly_what_was_asked_for(case):
    """Wanted rrsets become as wanted, all others and all comment lines stay, the serial rises, and BIND agrees."""
    text, wanted, sampled = case
    with tempfile.TemporaryDirectory() as folder:
        zone = Zone(Path(folder), text)
        before = zone.read()
        changes = [
            RRsetChange(before.rrsets.get(key), RRset(*key, ttl, tuple(sorted(values))) if values else None)
            for key, (ttl, values) in wanted.items()
            if values or key in before.rrsets
        ]
        assert zone.change(*changes) == Done()
        after = zone.read()
        expected = {key: rrset for key, rrset in before.rrsets.items() if key[1] != "SOA"}
        for change in changes:
            expected.pop(change.id, None)
            if change.after:
                expected[change.id] = change.after
        assert {key: rrset for key, rrset in after.rrsets.items() if key[1] != "SOA"} == expected
        assert _comments(zone.text) == _comments(text)
        moved = any(change.before != change.after for change in changes)
        assert (after.serial > before.serial) == moved
        if sampled:
            named_checkzone(zone.path)


@settings(max_examples=60, deadline=None)
@given(st.lists(_line(), max_size=10))
def test_going_there_and_back_restores_the_records(lines):
    """What is added and then removed leaves every line of the file but the serial's."""
    with tempfile.TemporaryDirectory() as folder:
        zone = Zone(Path(folder), HEAD + "".join(lines))
        before = zone.text
        assert zone.put("quite.new", "A", ["192.0.2.1", "192.0.2.2"], 77) == Done()
        assert zone.put("quite.new", "A", []) == Done()
        assert zone.text.replace("2026112202", "2026010101") == before


@settings(max_examples=60, deadline=None)
@given(st.lists(_line(), max_size=12))
def test_the_file_is_read_as_dnspython_reads_it(lines):
    """Two independent readers agree on every rrset and TTL of any file."""
    with tempfile.TemporaryDirectory() as folder:
        zone = Zone(Path(folder), HEAD + "".join(lines))
        theirs = {}
        for (labels, rdtype), (ttl, data) in gather(plain(zone.text), ZONE).items():
            name = dns.name.Name(labels).to_text(True)
            rtype = dns.rdatatype.to_text(rdtype)
            theirs[name, rtype] = ttl, {canonical(rtype, each.to_text()) for each in data}
        ours = {key: (rrset.ttl, set(rrset.values)) for key, rrset in zone.read().rrsets.items()}
        assert ours == theirs
