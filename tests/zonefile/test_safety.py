"""What is refused, and that a refused or failed change leaves the file as it was."""

import os
import stat
import subprocess
import sys
from datetime import date

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from reconciler.providers.zonefile import files
from reconciler.providers.zonefile.serial import raised
from tests.zonefile.zones import HEAD, TODAY, ZONE, Zone, named_checkzone


@pytest.mark.parametrize(
    ("serial", "following"),
    [
        (1, 2),
        (2026010101, 2026112201),
        (2026112201, 2026112202),
        (2026112299, 2026112300),
        (2026120101, 2026120102),
        (2026139901, 2026139902),
        (2**32 - 1, 1),
        (0, 1),
    ],
)
def test_a_serial_is_raised_in_its_own_style(serial, following):
    """Dates stay dates, numbers are counted, and the last number is followed by one (RFC 1982)."""
    assert raised(serial, TODAY) == following


def test_a_serial_of_the_far_future_does_not_overflow():
    """A date that no longer fits 32 bits is not written."""
    assert raised(2106123100, date(4300, 1, 1)) == 2106123101


def _refused(zone, outcome, words):
    assert isinstance(outcome, Failed)
    assert outcome.certain
    assert words in outcome.message


def test_included_records_are_read_and_not_edited(tmp_path):
    """`$INCLUDE` inside the folder is read; a change of what it brings is refused, one of other records is made."""
    (tmp_path / "hosts.inc").write_text("web A 192.0.2.80\n  TXT included\n$TTL 7\n")
    zone = Zone(tmp_path, HEAD + "first A 192.0.2.1\n$INCLUDE hosts.inc\n  AAAA 2001:db8::1\n")
    assert (f"web.{ZONE}", "TXT") in zone.read().rrsets
    assert zone.read().rrsets[f"first.{ZONE}", "AAAA"].ttl == 3600
    before = zone.text
    _refused(zone, zone.put("web", "A", ["192.0.2.81"]), "directive at")
    assert zone.text == before
    assert zone.put("mail", "A", ["192.0.2.25"]) == Done()
    assert "$INCLUDE hosts.inc" in zone.text


def test_an_include_does_not_leave_the_folder(tmp_path):
    """A file outside the provider's folder is not read."""
    folder = tmp_path / "zones"
    folder.mkdir()
    (tmp_path / "secret").write_text("x TXT secret\n")
    zone = Zone(folder, HEAD + "$INCLUDE ../secret\n")
    with pytest.raises(ProviderError, match="outside the provider's directory"):
        zone.read()


def test_includes_that_include_each_other_end(tmp_path):
    """A circle of included files is an error, not an endless read."""
    (tmp_path / "a.inc").write_text("$INCLUDE a.inc\n")
    with pytest.raises(ProviderError, match="without end"):
        Zone(tmp_path, HEAD + "$INCLUDE a.inc\n").read()


def test_generated_records_are_read_and_not_edited(tmp_path):
    """`$GENERATE` is understood; its records are not edited, the rest of the file is."""
    zone = Zone(tmp_path, HEAD + "$GENERATE 1-3 h$ A 192.0.2.$\nwww A 192.0.2.80\n")
    assert zone.read().rrsets[f"h3.{ZONE}", "A"].values == ("192.0.2.3",)
    _refused(zone, zone.put("h2", "A", []), "directive at")
    assert zone.put("www", "A", ["192.0.2.81"]) == Done()
    named_checkzone(zone.path)


def test_a_huge_generate_is_refused(tmp_path):
    """A slip in a range does not fill the memory."""
    with pytest.raises(ProviderError, match="more than 65536"):
        Zone(tmp_path, HEAD + "$GENERATE 1-9999999 h$ A 192.0.2.1\n").read()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("www A 192.0.2", "A can not have the data"),
        ("www FOO bar", "not a record type"),
        ('www TXT "open', "not closed"),
        ('www TXT "closed" "open', "not closed"),
        (r'www TXT "open\"', "not closed"),
        ('www TXT "open ; ( )', "not closed"),
        ("www TXT ( open", "never closed"),
        ("www TXT open )", "no opening one"),
        ("www CH TXT x", "class CH"),
        ("www", "is not a record"),
        ("$FOO bar", "not a directive"),
        ("www 60 IN 60 A 192.0.2.1", "two TTLs"),
        ("a..b A 192.0.2.1", "not a domain name"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, words):
    """An unreadable file ends in an error with file and line, and is not written to."""
    zone = Zone(tmp_path, HEAD + "; fine\n" + line + "\n")
    with pytest.raises(ProviderError, match=words) as caught:
        zone.read()
    assert f"{zone.path}:6" in str(caught.value)
    assert "named-checkzone" in caught.value.help
    before = zone.text
    new = RRset(f"x.{ZONE}", "A", 60, ("192.0.2.1",))
    assert isinstance(zone.change(RRsetChange(None, new)), Failed)
    assert zone.text == before


def test_a_file_without_soa_is_no_zone(tmp_path):
    """A zone file has an SOA record."""
    with pytest.raises(ProviderError, match="no SOA record"):
        Zone(tmp_path, "$TTL 60\n@ NS ns1\n").read()


def test_a_missing_file_says_what_to_do(tmp_path):
    """A zone that is configured but not there is an error that names the file."""
    zone = Zone(tmp_path, HEAD, zones={ZONE: "gone.zone"})
    with pytest.raises(ProviderError, match=r"gone\.zone") as caught:
        zone.read()
    assert caught.value.help


def test_a_signed_file_is_not_edited(tmp_path):
    """Editing a signed file would break its signatures."""
    sig = "www RRSIG A 8 3 3600 20300101000000 20200101000000 1 example.org. AAAA\n"
    zone = Zone(tmp_path, HEAD + "www A 192.0.2.80\n" + sig)
    _refused(zone, zone.put("www", "A", ["192.0.2.81"]), "is signed")


def test_the_soa_is_the_files_own(tmp_path):
    """The SOA is changed by its serial alone, and the name servers do not all go."""
    zone = Zone(tmp_path, HEAD)
    _refused(zone, zone.put("@", "SOA", []), "SOA")
    _refused(zone, zone.put("@", "NS", []), "name servers")


@pytest.mark.parametrize("value", ["192.0.2.01", "192.0.2.1\nevil A 192.0.2.2", "x"])
def test_data_that_is_not_data_is_refused(tmp_path, value):
    """A value can not smuggle in a line."""
    zone = Zone(tmp_path, HEAD)
    before = zone.text
    new = RRset(f"x.{ZONE}", "A", 60, (value,))
    assert isinstance(zone.change(RRsetChange(None, new)), Failed)
    assert zone.text == before


def test_mode_and_links_are_kept(tmp_path):
    """The file keeps its mode, and a link to it stays a link; nothing is left beside it."""
    real = tmp_path / "real"
    real.mkdir()
    zone = Zone(tmp_path, HEAD)
    target = real / "content"
    zone.path.rename(target)
    target.chmod(0o640)
    zone.path.symlink_to(target)
    assert zone.put("www", "A", ["192.0.2.1"]) == Done()
    assert zone.path.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [path.name for path in real.iterdir()] == ["content"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """A disk that fails in the middle costs nothing but the change."""
    zone = Zone(tmp_path, HEAD)

    def broken(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", broken)
    outcome = zone.put("www", "A", ["192.0.2.1"])
    assert isinstance(outcome, Failed)
    assert "no space left" in outcome.message
    assert zone.text == HEAD
    assert [path.name for path in tmp_path.iterdir()] == [zone.path.name]


def test_a_leftover_of_a_crash_is_no_obstacle(tmp_path):
    """The new file of a run that was killed is written over, and is not a zone."""
    zone = Zone(tmp_path, HEAD)
    (tmp_path / f".{ZONE}.zone.new").write_text("half a fi")
    assert zone.put("www", "A", ["192.0.2.1"]) == Done()
    assert [path.name for path in tmp_path.iterdir()] == [zone.path.name]


_HOLD = """
import pathlib, sys
from reconciler.providers.zonefile.files import locked

path = pathlib.Path(sys.argv[1])
with locked(path.parent):
    print("held", flush=True)
    sys.stdin.readline()
    path.write_text(path.read_text() + "other A 192.0.2.9\\n")
"""


def test_two_processes_take_turns(tmp_path):
    """While another process holds the folder's lock, a change waits, and then sees what that one wrote."""
    zone = Zone(tmp_path, HEAD)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _HOLD,
            str(zone.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        stale = zone.read()
        holder.stdin.write("go\n")
        holder.stdin.close()
        new = RRset(f"www.{ZONE}", "A", 60, ("192.0.2.1",))
        assert zone.change(RRsetChange(stale.rrsets.get(new.id), new)) == Done()
    assert {(f"other.{ZONE}", "A"), (f"www.{ZONE}", "A")} <= zone.read().rrsets.keys()


@pytest.mark.parametrize("name", ["example.org.zone", "example.org", "db.example.org"])
def test_usual_file_names_are_found(tmp_path, name):
    """A zone's file has one of three usual names; what is beside it is left out."""
    zone = Zone(tmp_path, HEAD)
    zone.path.rename(tmp_path / name)
    for other in ("README.md", ".hidden.zone", "example.org.zone~", "example.net.bak", "hosts.inc.jnl"):
        (tmp_path / other).write_text("")
    assert zone.read().zone == ZONE


def test_file_names_can_be_given(tmp_path):
    """A zone's file has any name if the configuration says which."""
    zone = Zone(tmp_path, HEAD, zones={"Example.ORG": "the.zone"})
    zone.path.rename(tmp_path / "the.zone")
    assert zone.read().zone == ZONE
