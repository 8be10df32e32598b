"""What a change costs: two fsyncs whatever its size, and time that grows with the file and no faster."""

import time

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done
from reconciler.providers.zonefile import files
from tests.growth import LINEAR, growth
from tests.zonefile.zones import HEAD, Zone


def _text(count):
    lines = (f'h{number} A 192.0.2.{number % 250}\n  TXT "v=spf1 -all"\n' for number in range(count))
    return HEAD + "".join(lines)


def _changes(zone):
    texts = [rrset for rrset in zone.read().rrsets.values() if rrset.type == "TXT"]
    return [RRsetChange(each, RRset(*each.id, each.ttl, ('"changed"',))) for each in texts]


def test_a_change_of_a_thousand_records_is_two_fsyncs(tmp_path, monkeypatch):
    """The file once and its folder once."""
    zone = Zone(tmp_path, _text(1000))
    calls = []
    fsync = files.os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda handle: (calls.append(handle), fsync(handle)))
    assert zone.change(*_changes(zone)) == Done()
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("start", "again", "words"),
    [
        ('www TXT "', "a", "not closed"),
        ('www TXT "', r"\"a", "not closed"),
        ("www TXT ", '"a" ', "never closed"),
        ("www TXT ", r"\"a\;\\", "never closed"),
        ("www TXT ( ", 'a "b" ', "never closed"),
        ("", r"a\.", "is not a record"),
        ("", r"\ ", "is not a record"),
        ("www", " ", "is not a record"),
        ("www 60", " ", "is not a record"),
        ("www ", "60", "is not a record"),
    ],
)
def test_a_hostile_line_is_refused_at_once(tmp_path, start, again, words):
    """Reading looks at each sign of a line a few times, however the line is made: half a megabyte is read at once."""
    end = " (" if "never closed" in words else ""
    zone = Zone(tmp_path, HEAD + start + again * (500_000 // len(again)) + end + "\n")
    began = time.process_time()
    with pytest.raises(ProviderError, match=words):
        zone.read()
    assert time.process_time() - began < 5


def _cost(folder, count):
    zone = Zone(folder, _text(count))
    changes = _changes(zone)
    start = time.process_time()
    assert zone.change(*changes) == Done()
    return time.process_time() - start


def test_editing_grows_with_the_file_and_no_faster(tmp_path):
    """Twice the records, all of them changed, take about twice the time."""
    assert growth(lambda count: _cost(tmp_path, count), 3000) < LINEAR
