"""The twin says what netcup was recorded to say, to the type and the letter."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.netcup.shapes import QUOTED, RECORDED, REST_ENVELOPE, shape
from tests.netcup.worlds import ZONE
from tests.twins.netcup import Account, CloudRecord, serving

_TXT = {"id": "", "hostname": "a", "type": "TXT", "priority": "0", "destination": "text", "deleterecord": False}


class _Wire:
    """Requests as they come over the wire, with no more headers than must be."""

    def __init__(self, account: Account, address: str) -> None:
        self.account = account
        self._at = urlsplit(address)
        self._to = http.client.HTTPConnection(self._at.hostname, self._at.port)

    def raw(self, body: bytes) -> dict:
        self._to.request("POST", f"{self._at.path}?{self._at.query}", body)
        reply = self._to.getresponse()
        assert reply.status == 200
        return json.loads(reply.read())

    def ask(self, action: str, **param: object) -> dict:
        who = {"customernumber": self.account.customer, "apikey": self.account.key}
        return self.raw(json.dumps({"action": action, "param": {**who, **param}}).encode())

    def in_session(self, action: str, **param: object) -> dict:
        session = self.ask("login", apipassword=self.account.password)["responsedata"]["apisessionid"]
        return self.ask(action, apisessionid=session, domainname=param.pop("domainname", ZONE), **param)

    def update(self, *records: dict, domainname: str = ZONE) -> dict:
        return self.in_session("updateDnsRecords", domainname=domainname, dnsrecordset={"dnsrecords": list(records)})

    def close(self) -> None:
        self._to.close()


@pytest.fixture
def wire(account):
    """Requests to an account with one zone that has a record."""
    account.add_domain(ZONE)
    account.add_record(ZONE, "@", "A", "192.0.2.1")
    with serving(account) as at:
        made = _Wire(account, at.ccp)
        yield made
        made.close()


def _session(wire):
    return wire.ask("login", apipassword=wire.account.password)["responsedata"]["apisessionid"]


def _empty_zone(wire):
    wire.account.domains[ZONE].records.clear()
    return wire.in_session("infoDnsRecords")


def _too_many(wire):
    wire.account.limit = 3
    return [wire.ask("login", apipassword=wire.account.password) for _ in range(4)][-1]


def _lost(wire, *, new):
    wire.account.troubles.new_spelling = new
    wire.account.troubles.lost_sessions = 1
    return wire.in_session("infoDnsZone")


_SAYS = {
    "login": lambda wire: wire.ask("login", apipassword=wire.account.password),
    "a number as customer": lambda wire: wire.ask("login", customernumber=12345, apipassword=wire.account.password),
    "logout": lambda wire: wire.ask("logout", apisessionid=_session(wire)),
    "zone": lambda wire: wire.in_session("infoDnsZone"),
    "no zone": lambda wire: wire.in_session("infoDnsZone", domainname="unknown.org"),
    "records": lambda wire: wire.in_session("infoDnsRecords"),
    "update": lambda wire: wire.update(_TXT),
    "empty zone": _empty_zone,
    "update of no zone": lambda wire: wire.update(_TXT, domainname="placeholder.de"),
    "no domain name": lambda wire: wire.in_session("infoDnsZone", domainname="not a domain"),
    "too many": _too_many,
    "wrong password": lambda wire: wire.ask("login", apipassword="wrong"),
    "wrong key": lambda wire: wire.ask("login", apikey="wrong", apipassword=wire.account.password),
    "broken json": lambda wire: wire.raw(b"{"),
    "own quotes": lambda wire: wire.update({**_TXT, "destination": 'a "quote"'}),
    "no host": lambda wire: wire.update({**_TXT, "hostname": ""}),
    "null mx": lambda wire: wire.update({**_TXT, "type": "MX", "destination": "."}),
    "lost session": lambda wire: _lost(wire, new=False),
    "lost session, newer words": lambda wire: _lost(wire, new=True),
}


@pytest.mark.parametrize("situation", _SAYS)
def test_says_what_was_recorded(wire, situation):
    """Each of its answers is one of the recorded kinds, with the same keys, types, codes and texts."""
    assert shape(_SAYS[situation](wire)) in {*RECORDED, *QUOTED}


def test_has_an_answer_for_everything_recorded(account):
    """No recorded kind of answer is missing from what it can say."""
    said = set()
    for each in _SAYS.values():
        made = Account()
        made.add_domain(ZONE)
        made.add_record(ZONE, "@", "A", "192.0.2.1")
        with serving(made) as at:
            wire = _Wire(made, at.ccp)
            said.add(shape(each(wire)))
            wire.close()
    assert said == {*RECORDED, *QUOTED}


def test_merges(wire):
    """Records that are not named stay, and the answer is the whole zone."""
    after = wire.update(_TXT, {**_TXT, "hostname": "b.example.org."})["responsedata"]["dnsrecords"]
    assert [(each["hostname"], each["destination"]) for each in after] == [
        ("@", "192.0.2.1"),
        ("a", "text"),
        ("b", "text"),
    ]


def test_takes_the_same_twice(wire):
    """There is no suppression of duplicates: each gets a number of its own."""
    after = wire.update(_TXT, _TXT)["responsedata"]["dnsrecords"]
    assert len({each["id"] for each in after}) == 3


@pytest.mark.parametrize("lacking", ["id", "hostname", "type", "destination"])
def test_deletes_only_what_is_named_whole(wire, lacking):
    """Number, name, type and data are all needed; words serve as well as `true`."""
    (there,) = wire.in_session("infoDnsRecords")["responsedata"]["dnsrecords"]
    gone = {**there, "deleterecord": "TRUE"}
    del gone[lacking]
    assert wire.update(gone)["statuscode"] == 4013
    assert "192.0.2.1" in str(wire.in_session("infoDnsRecords"))
    assert wire.update({**there, "deleterecord": "TRUE"})["responsedata"] == {"dnsrecords": []}


def test_alters_text_silently(wire):
    """Backslashes are lost, single quotes become something else, and the answer says success."""
    after = wire.update({**_TXT, "destination": "a\\b 'c'"})["responsedata"]["dnsrecords"]
    assert after[-1]["destination"] not in {"a\\b 'c'", "ab 'c'"}


def test_deploys_after_a_while(wire):
    """A new record is `unknown` until the zone is loaded again."""
    wire.update(_TXT)
    before = wire.in_session("infoDnsRecords")["responsedata"]["dnsrecords"]
    wire.account.clock.sleep(900)
    after = wire.in_session("infoDnsRecords")["responsedata"]["dnsrecords"]
    assert [each["state"] for each in before] == ["yes", "unknown"]
    assert [each["state"] for each in after] == ["yes", "yes"]


def test_grows_the_serial_by_one_with_each_change(wire):
    """As the recordings show; an update that changes nothing leaves it."""
    serials = []
    for records in ([], [_TXT], [], [{**_TXT, "hostname": "b"}]):
        wire.update(*records)
        serials.append(int(wire.in_session("infoDnsZone")["responsedata"]["serial"]))
    assert [each - serials[0] for each in serials] == [0, 1, 1, 2]


def test_keeps_name_servers_of_the_zone(wire):
    """Apex NS records are there, and nobody changes or deletes them."""
    made = wire.account.add_record(ZONE, "@", "NS", "root-dns.netcup.net")
    wire.update({**made.shown(0), "destination": "ns.example.net"}, {**made.shown(0), "deleterecord": True})
    assert "root-dns.netcup.net" in str(wire.in_session("infoDnsRecords"))


class TestRest:
    """The REST interface."""

    @pytest.fixture
    def get(self, account):
        """Requests to an account with one zone on CloudDNS and sixty domains elsewhere."""
        domain = account.add_domain("cloud.org", cloud=True)
        account.commit(domain, (CloudRecord("1", "www", "A", "203.0.113.10", 300),))
        for number in range(60):
            account.add_domain(f"d{number}.org")
        with serving(account) as at:
            to = http.client.HTTPConnection(urlsplit(at.rest).netloc)

            def send(method, path, body=None, token=account.token):
                headers = {"Authorization": f"Bearer {token}"}
                to.request(method, f"/v1{path}", None if body is None else json.dumps(body), headers)
                reply = to.getresponse()
                data = reply.read()
                return reply.status, json.loads(data) if data else None

            yield send
            to.close()

    def test_has_one_envelope(self, account, get):
        """Good or bad, an answer has the same keys; only `204` has none."""
        assert get("GET", "/domain?fqdn=cloud.org")[1].keys() == set(REST_ENVELOPE)
        status, found = get("GET", "/domain?fqdn=nope.example.com")
        assert (status, tuple(found), found["errors"][0]["code"]) == (404, REST_ENVELOPE, "resourceDoesNotExist")
        status, found = get("GET", "/domain", token="wrong")
        assert (status, found["errors"][0]["code"]) == (400, "authenticationError")

    def test_has_pages(self, get):
        """A list tells how many there are; behind the last page there is nothing."""
        _, found = get("GET", "/domain?page=2&perPage=50")
        assert found["meta"]["pagination"] == {"page": 2, "perPage": 50, "totalEntries": 61, "lastPage": 2}
        assert len(found["result"]) == 11
        assert get("GET", "/domain?page=3&perPage=50")[0] == 404

    def test_changes_by_revisions(self, account, get):
        """A change makes the next revision; a delete must match in all four fields, or nothing is done."""
        root = f"/domain/{account.domains['cloud.org'].id}"
        old = {"name": "www", "type": "A", "rdata": "203.0.113.10", "ttl": 300}
        new = {**old, "rdata": "203.0.113.11"}
        status, _ = get(
            "POST", f"{root}/changeset", {"autoCommit": True, "strict": True, "delete": [{**old, "ttl": 1}]}
        )
        assert status >= 400
        _, found = get(
            "POST", f"{root}/changeset", {"autoCommit": True, "strict": True, "create": [new], "delete": [old]}
        )
        assert found["result"].keys() == {"identifier", "createdAt", "modifiedAt", "state", "serial"}
        _, records = get("GET", f"{root}/dns/revision/{found['result']['identifier']}/record")
        (record,) = records["result"]
        assert {name: record[name] for name in new} == new
        assert len(get("GET", f"{root}/dns/revision")[1]["result"]) == 2
