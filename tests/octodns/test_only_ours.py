"""Only what is ours is changed, on real servers: octoDNS on its own would delete the rest, or make zones."""

import socket

import pytest

from reconciler.model.presentation import canonical
from reconciler.model.rrsets import RRset
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.octodns.house import DEPRECATED, change, over_bind, over_pdns, read

pytestmark = pytest.mark.filterwarnings(DEPRECATED)

ZONE = "ours.example"
#: Types that octodns-bind does not know, and one of a number that nobody knows.
_UNKNOWN = f"""\
{ZONE}. 3600 IN SOA ns1.{ZONE}. hostmaster.{ZONE}. 1 3600 600 86400 300
{ZONE}. 3600 IN NS ns1.{ZONE}.
ns1.{ZONE}. 3600 IN A 127.0.0.1
{ZONE}. 3600 IN TXT "foreign" "in two strings"
{ZONE}. 3600 IN HINFO "PDP-11" "ITS"
host.{ZONE}. 3600 IN RP hostmaster.{ZONE}. .
key.{ZONE}. 3600 IN OPENPGPKEY AQIDBA==
odd.{ZONE}. 3600 IN TYPE65400 \\# 4 0A000001
sub.{ZONE}. 3600 IN DNAME example.net.
"""
_NEW = RRset(f"_dmarc.{ZONE}", "TXT", 300, ('"v=DMARC1; p=none"',))
_PLAIN = RRset(f"_dmarc.{ZONE}", "TXT", 600, ('"v=DMARC1"',))
_OTHER = RRset(f"_dmarc.{ZONE}", "TXT", 600, ('"v=DMARC1; p=reject"',))


def _without_soa(text):
    return [line for line in text.splitlines() if "SOA" not in line.split()]


def test_records_octodns_does_not_know_stay_to_the_octet(bind):
    """Types that octoDNS has no word for stand as they stood, whatever is made, changed and deleted beside them."""
    bind.add_zone_text(ZONE, _UNKNOWN)
    before = _without_soa(bind.zone_text(ZONE))
    assert any("TYPE65400" in line for line in before)
    with over_bind(bind, ZONE) as provider:
        assert not {"HINFO", "RP", "TYPE65400"} & {rtype for _, rtype in read(provider, ZONE).rrsets}
        assert change(provider, ZONE, (None, _NEW)) == Done()
        assert change(provider, ZONE, (_NEW, _OTHER)) == Done()
        assert set(before) < set(_without_soa(bind.zone_text(ZONE)))
        assert change(provider, ZONE, (_OTHER, None)) == Done()
    assert _without_soa(bind.zone_text(ZONE)) == before


def test_comments_of_powerdns_stay(pdns):
    """What PowerDNS keeps beside records is nothing octoDNS knows, and it stays."""
    pdns.add_zone(ZONE, [_NEW])
    note = {"content": "ask Anna first", "account": "ops", "modified_at": 1_700_000_000}
    pdns.patch(ZONE, {"name": f"{_NEW.name}.", "type": "TXT", "comments": [note], "changetype": "REPLACE"})
    with over_pdns(pdns, ZONE) as provider:
        assert change(provider, ZONE, (_NEW, _PLAIN)) == Done()
    told = pdns.rrset(ZONE, _NEW.name, "TXT")
    assert told["comments"] == [note]
    assert told["records"] == [{"content": _PLAIN.values[0], "disabled": False}]


def test_a_zone_that_is_not_there_is_not_made(pdns):
    """octodns-powerdns makes a zone it does not find; here a zone that is not there is an error."""
    zone = "nobody-made-it.example"
    new = RRset(f"www.{zone}", "A", 300, ("192.0.2.1",))
    with over_pdns(pdns, zone) as provider:
        with pytest.raises(ProviderError, match=r"nobody-made-it\.example is not hosted"):
            read(provider, zone)
        outcome = change(provider, zone, (None, new))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (True, False)
    assert zone not in pdns.call("GET", "/zones")


def test_a_zone_that_is_not_configured_is_not_asked_for(bind):
    """Only the zones that are listed are read, also where the host has others."""
    bind.add_zone("other.example")
    with (
        over_bind(bind, ZONE) as provider,
        pytest.raises(ProviderError, match=r"other\.example is not among the `zones`"),
    ):
        read(provider, "other.example")


#: Every type that octoDNS and the DNS have in common: owner and data.
_TYPES = {
    "A": ("a", "192.0.2.1"),
    "AAAA": ("a", "2001:db8::1"),
    "CAA": ("caa", '0 issue "letsencrypt.org; accounturi=https://ca.example/1"'),
    "CNAME": ("alias", "mail.example.net."),
    "DNAME": ("below", "example.net."),
    "DS": ("child", "12345 8 2 " + "0123456789abcdef" * 4),
    "HTTPS": ("web", '1 . alpn="h2,h3"'),
    "LOC": ("loc", "52 22 23.000 N 4 53 32.000 E -2.00m"),
    "MX": ("mx", "10 mail.example.net."),
    "NAPTR": ("naptr", '100 10 "S" "SIP+D2U" "" _sip._udp.example.net.'),
    "NS": ("child", "ns1.example.net."),
    "OPENPGPKEY": ("key", "AQIDBA=="),
    "PTR": ("ptr", "mail.example.net."),
    "SRV": ("_sip._tcp", "10 5 5060 sip.example.net."),
    "SSHFP": ("ssh", "4 2 " + "0123456789abcdef" * 4),
    "SVCB": ("_dns", "1 dns.example.net. port=853"),
    "TLSA": ("_25._tcp", "3 1 1 " + "0123456789abcdef" * 4),
    "TXT": ("txt", '"v=DKIM1; p=' + "Ab+/" * 50 + '" "' + "Ab+/" * 50 + '"'),
    "URI": ("_ftp._tcp", '10 1 "ftp://ftp.example.net/public"'),
}
_RRSETS = [RRset(f"{name}.{ZONE}", rtype, 300, (canonical(rtype, data),)) for rtype, (name, data) in _TYPES.items()]


@pytest.mark.parametrize("over", [over_bind, over_pdns])
def test_records_of_each_type_go_there_and_come_back(bind, pdns, over):
    """Each type that a provider has is written, read as it was written, and deleted; any other is refused."""
    server = bind if over is over_bind else pdns
    server.add_zone(ZONE)
    before = _without_soa(server.zone_text(ZONE))
    with over(server, ZONE) as provider:
        types = provider.capabilities.zones.types
        for rrset in _RRSETS:
            if rrset.type not in types:
                outcome = change(provider, ZONE, (None, rrset))
                assert isinstance(outcome, Failed), rrset
        assert _without_soa(server.zone_text(ZONE)) == before
        held = [rrset for rrset in _RRSETS if rrset.type in types]
        assert {"A", "CAA", "CNAME", "MX", "NAPTR", "PTR", "SRV", "SSHFP", "TLSA", "TXT"} <= {
            each.type for each in held
        }
        assert change(provider, ZONE, *((None, each) for each in held)) == Done()
        assert {each.id: each for each in held}.items() <= dict(read(provider, ZONE).rrsets).items()
        assert change(provider, ZONE, *((each, None) for each in held)) == Done()
    assert _without_soa(server.zone_text(ZONE)) == before


def test_nobody_is_asked_for_a_name(bind, monkeypatch):
    """With an address as `host`, neither a resolver nor another machine is asked."""
    asked = []
    real = socket.getaddrinfo

    def getaddrinfo(host, *rest, **options):
        asked.append(host)
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    connected = []
    real_connect = socket.socket.connect

    def connect(self, address):
        connected.append(address)
        return real_connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    bind.add_zone(ZONE)
    with over_bind(bind, ZONE) as provider:
        assert change(provider, ZONE, (None, _NEW)) == Done()
    assert set(asked) <= {bind.host}
    assert {host for host, *_ in connected} <= {bind.host}
