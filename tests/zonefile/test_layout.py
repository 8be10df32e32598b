"""What is not changed stays as it is written, octet for octet."""

import pytest

from reconciler.providers.writer import Done
from tests.zonefile.zones import HEAD, ZONE, Zone, named_checkzone

_COMPANY = """\
; The company's zone.  Do not sort!
$TTL 1h

@\tIN SOA ns1 hostmaster (
\t\t2026010101 ; serial
\t\t3600 600   ; refresh retry
\t\t86400 300 )
\tNS\tns1
ns1\tA\t192.0.2.53

; --- web ---
www\t300\tIN\tA\t192.0.2.80 ; first
\t\t\tA\t192.0.2.81 ; second
\t\t\tAAAA\t2001:db8::80
\t\t\tTXT\t( "hello; world"  ; a text
\t\t\t\t "and more" )
; --- end ---
"""


def _lines(text):
    return text.split("\n")


def _changed(before, after):
    """The lines that went and the lines that came, without the serial's."""
    gone = [line for line in _lines(before) if line not in _lines(after) and "serial" not in line]
    come = [line for line in _lines(after) if line not in _lines(before) and "serial" not in line]
    return gone, come


@pytest.fixture
def company(tmp_path):
    """A zone file written by a person."""
    return Zone(tmp_path, _COMPANY)


def test_a_new_name_is_one_new_line(company):
    """A new rrset adds its line at the end and touches nothing but the serial."""
    assert company.put("mail", "A", ["192.0.2.25"]) == Done()
    assert _changed(_COMPANY, company.text) == ([], ["mail\tIN\tA\t192.0.2.25"])
    assert "2026112201 ; serial" in company.text
    named_checkzone(company.path)


def test_a_changed_value_keeps_its_line(company):
    """Only the data of a record is exchanged; owner, TTL, blanks and comment stay."""
    assert company.put("www", "A", ["192.0.2.81", "192.0.2.99"]) == Done()
    assert _changed(_COMPANY, company.text) == (
        ["www\t300\tIN\tA\t192.0.2.80 ; first"],
        ["www\t300\tIN\tA\t192.0.2.99 ; first"],
    )
    named_checkzone(company.path)


def test_a_value_in_parentheses_is_exchanged_whole(company):
    """A record over several lines becomes one line."""
    assert company.put("www", "TXT", ['"new; text"']) == Done()
    gone, come = _changed(_COMPANY, company.text)
    assert gone == ['\t\t\tTXT\t( "hello; world"  ; a text', '\t\t\t\t "and more" )']
    assert come == ['\t\t\tTXT\t"new; text"']
    named_checkzone(company.path)


def test_the_next_record_takes_over_the_owner_name(company):
    """A removed record that gave its owner to the next lines hands it on."""
    before = company.read().rrsets
    assert company.put("www", "A", []) == Done()
    assert "www\t\t\tAAAA\t2001:db8::80" in company.text
    after = company.read().rrsets
    assert {key for key in before if key not in after} == {(f"www.{ZONE}", "A")}
    named_checkzone(company.path)


def test_inherited_ttls_survive_without_a_default(tmp_path):
    """Where TTLs are taken from the line before, removing that line writes them out."""
    text = HEAD.replace("$TTL 3600\n", "").replace("@ IN SOA", "@ 3600 IN SOA")
    zone = Zone(tmp_path, text + "a 111 A 192.0.2.1\nb A 192.0.2.2\nc A 192.0.2.3\n")
    assert zone.read().rrsets[f"c.{ZONE}", "A"].ttl == 111
    assert zone.put("a", "A", []) == Done()
    assert "b 111 A 192.0.2.2\nc A 192.0.2.3\n" in zone.text
    named_checkzone(zone.path)


def test_crlf_files_stay_so(tmp_path):
    """A file with CRLF line ends gets new lines with CRLF."""
    zone = Zone(tmp_path, _COMPANY.replace("\n", "\r\n"))
    assert zone.put("mail", "A", ["192.0.2.25"]) == Done()
    assert zone.put("www", "A", ["192.0.2.80"]) == Done()
    assert zone.text.count("\n") == zone.text.count("\r\n")
    assert zone.text.endswith("mail\tIN\tA\t192.0.2.25\r\n")


def test_a_missing_final_newline_is_no_obstacle(tmp_path):
    """A record is not glued to a last line that has no end."""
    zone = Zone(tmp_path, HEAD + "www A 192.0.2.80")
    assert zone.put("mail", "A", ["192.0.2.25"]) == Done()
    assert zone.text.endswith("www A 192.0.2.80\nmail\tIN\tA\t192.0.2.25\n")
    named_checkzone(zone.path)


def test_origin_lines_are_understood(tmp_path):
    """Names under another origin are found, and new ones are written in its terms."""
    zone = Zone(tmp_path, HEAD + "$ORIGIN sub.example.org.\nwww A 192.0.2.80\n")
    assert zone.put("www.sub", "A", ["192.0.2.80", "192.0.2.81"]) == Done()
    assert zone.put("mail", "A", ["192.0.2.25"]) == Done()
    assert zone.text.endswith("www A 192.0.2.80\nwww\tIN\tA\t192.0.2.81\nmail.example.org.\tIN\tA\t192.0.2.25\n")
    named_checkzone(zone.path)


def test_comments_in_another_encoding_stay(tmp_path):
    """Octets that are not UTF-8 are written back as they were."""
    zone = Zone(tmp_path, HEAD.encode() + b"; B\xfcro\nwww A 192.0.2.80\n")
    assert zone.put("mail", "A", ["192.0.2.25"]) == Done()
    assert b"; B\xfcro\n" in zone.path.read_bytes()
    named_checkzone(zone.path)


def test_odd_names_and_texts_are_read(tmp_path):
    """Upper case, escapes, wildcards, raw octets and split texts are read in the form in which they are compared."""
    zone = Zone(
        tmp_path, HEAD + 'WWW.Example.ORG. A 192.0.2.1\n*.x A 192.0.2.2\na\\.b A 192.0.2.3\nt TXT "a" b "c;d"\n'
    )
    rrsets = zone.read().rrsets
    assert (f"www.{ZONE}", "A") in rrsets
    assert (f"*.x.{ZONE}", "A") in rrsets
    assert (f"a\\.b.{ZONE}", "A") in rrsets
    assert rrsets[f"t.{ZONE}", "TXT"].values == ('"abc;d"',)
    assert zone.put("a\\.b", "A", ["192.0.2.9"]) == Done()
    assert "a\\.b A 192.0.2.9" in zone.text
    named_checkzone(zone.path)
