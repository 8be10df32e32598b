"""What a change costs: two fsyncs whatever its size, and time that grows with the file and no faster."""

import time

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.writer import Done
from reconciler.providers.zonefile import files
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


def _cost(folder, count):
    zone = Zone(folder, _text(count))
    changes = _changes(zone)
    start = time.process_time()
    assert zone.change(*changes) == Done()
    return time.process_time() - start


def test_editing_grows_with_the_file_and_no_faster(tmp_path):
    """Twice the records, all of them changed, take about twice the time."""
    small = min(_cost(tmp_path, 2000) for _ in range(2))
    large = min(_cost(tmp_path, 4000) for _ in range(2))
    assert large / small < 2.6
