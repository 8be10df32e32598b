"""The twin is right: clients that others wrote for netcup work against it as they are."""

import logging
import sys
import warnings
from types import SimpleNamespace

import nc_dnsapi
import pytest
import tldextract
from lexicon.client import Client as LexiconClient
from lexicon.config import ConfigResolver

from tests.netcup.worlds import ZONE
from tests.twins.netcup import Account, serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what old certbot modules say while they are imported
    import certbot_dns_netcup
    from certbot.errors import PluginError

# Stand-ins for modules of old, which warn whoever looks at them; Hypothesis looks at every module there is.
for _name in ("lexicon.cli", "lexicon.discovery", "lexicon.parser"):
    sys.modules.pop(_name, None)

_CHALLENGE = "a" * 43


@pytest.fixture
def served(account):
    """The twin with one legacy zone that has a record, and one on CloudDNS."""
    account.add_domain(ZONE)
    account.add_record(ZONE, "@", "A", "192.0.2.1")
    account.add_domain("cloud.org", cloud=True)
    with serving(account) as at:
        yield at


def _records(account: Account, fqdn: str = ZONE) -> list[tuple[str, str, str, str]]:
    rows = account.domains[fqdn].records.values()
    return [(row.hostname, row.type, row.priority, row.destination) for row in rows]


class TestNcDnsapi:
    """nc-dnsapi, which sends no Content-Type, numbers as such, and `null` for an empty id."""

    @pytest.fixture
    def client(self, account, served, monkeypatch):
        """It, aimed at the twin."""
        monkeypatch.setattr(nc_dnsapi.Client, "_Client__endpoint", served.ccp)
        return lambda password=account.password: nc_dnsapi.Client(12345, account.key, password)

    def test_lists_adds_updates_and_deletes(self, account, client):
        """Its whole interface does what its documentation says, and it logs out."""
        with client() as api:
            (there,) = api.dns_records(ZONE)
            assert (there.hostname, there.type, there.destination) == ("@", "A", "192.0.2.1")
            api.add_dns_record(ZONE, nc_dnsapi.DNSRecord("@", "MX", "mail.example.org", priority=10))
            assert _records(account)[1:] == [("@", "MX", "10", "mail.example.org")]
            record = api.dns_record(ZONE, nc_dnsapi.DNSRecord("@", "MX", "mail.example.org", priority=10))
            record.destination = "mx.example.org"
            assert len(api.update_dns_record(ZONE, record)) == 2
            assert _records(account)[1:] == [("@", "MX", "10", "mx.example.org")]
            api.delete_dns_record(ZONE, record, ignore_unknown=False)
            assert _records(account) == [("@", "A", "0", "192.0.2.1")]
        assert not account.sessions

    def test_reads_and_writes_the_zone(self, account, client):
        """The TTL is the zone's, numbers are texts, and the serial grows."""
        with client() as api:
            zone = api.dns_zone(ZONE)
            serial = int(zone.serial)
            zone.ttl = "300"
            api.update_dns_zone(ZONE, zone)
            after = api.dns_zone(ZONE)
        assert (after.ttl, after.dnssecstatus) == ("300", False)
        assert int(after.serial) > serial

    def test_takes_an_empty_zone_for_one_without_records(self, account, client):
        """5029 is what it looks for."""
        account.domains[ZONE].records.clear()
        with client() as api:
            assert api.dns_records(ZONE) == []

    @pytest.mark.parametrize(
        ("zone", "code"), [("unknown.org", "5031"), ("cloud.org", "5031"), ("www.example.org", "4013")]
    )
    def test_is_told_what_is_no_zone(self, client, zone, code):
        """A zone that is not there, one that has moved to CloudDNS, and a name below one."""
        with client() as api, pytest.raises(Exception, match=rf"\({code}\)"):
            api.dns_zone(zone)

    def test_is_told_of_a_wrong_password(self, client):
        """With the code that a validation has too."""
        with pytest.raises(Exception, match=r"Customer account not found.*\(4013\)"):
            client("wrong")


class TestLexicon:
    """dns-lexicon, whose provider's own tests the recordings are from."""

    @pytest.fixture
    def client(self, account, served, monkeypatch):
        """It, aimed at the twin; the list of public suffixes is the one of its package, not fetched."""
        split = tldextract.TLDExtract
        monkeypatch.setattr(tldextract, "TLDExtract", lambda **_: split(cache_dir=None, suffix_list_urls=()))
        options = {
            "auth_customer_id": account.customer,
            "auth_api_key": account.key,
            "auth_api_password": account.password,
            "api_endpoint": served.ccp,
        }
        given = {"provider_name": "netcup", "domain": ZONE, "netcup": options}
        return LexiconClient(ConfigResolver().with_dict(given))

    def test_lists_creates_updates_and_deletes(self, account, client):
        """Names come and go, a second create of the same changes nothing, and what is not named stays."""
        with client as operations:
            assert operations.create_record("TXT", "_acme-challenge.test", "token")
            assert operations.create_record("TXT", f"_acme-challenge.test.{ZONE}.", "token")
            (record,) = operations.list_records("TXT")
            assert (record["name"], record["content"], record["ttl"]) == (
                f"_acme-challenge.test.{ZONE}",
                "token",
                "86400",
            )
            assert operations.update_record(record["id"], "TXT", "_acme-challenge.test", "other")
            assert _records(account)[1:] == [("_acme-challenge.test", "TXT", "0", "other")]
            assert operations.delete_record(None, "TXT", "_acme-challenge.test")
            assert _records(account) == [("@", "A", "0", "192.0.2.1")]

    def test_stumbles_over_an_empty_zone(self, account, client):
        """As it does at netcup: its own fault, and a sign that the twin is no kinder."""
        account.domains[ZONE].records.clear()
        with client as operations, pytest.raises(Exception, match=r"webwur\.st contain any DNS records.*5029"):
            operations.list_records("TXT")


class TestCertbot:
    """certbot-dns-netcup, which chooses between both interfaces as we do."""

    @pytest.fixture
    def plugin(self, account, served, monkeypatch, tmp_path):
        """Make it with some credentials, aimed at the twin."""
        monkeypatch.setattr(certbot_dns_netcup, "V0_API_ENDPOINT", served.ccp)
        monkeypatch.setattr(certbot_dns_netcup, "V1_API_ENDPOINT", served.origin)
        monkeypatch.setattr(logging.getLogger("certbot_dns_netcup"), "disabled", True)
        known = {
            "customer_id": account.customer,
            "api_key": account.key,
            "api_password": account.password,
            "api_v1_key": account.token,
        }

        def make(*names, **other):
            path = tmp_path / "netcup.ini"
            path.write_text("".join(f"dns_netcup_{name} = {other.get(name, known[name])}\n" for name in names))
            path.chmod(0o600)
            config = SimpleNamespace(
                dns_netcup_credentials=str(path), dns_netcup_login_retries=3, dns_netcup_zone_name=None
            )
            made = certbot_dns_netcup.Authenticator(config, "dns-netcup")
            made._setup_credentials()
            return made

        return make

    def test_sets_and_removes_a_challenge_over_ccp(self, account, plugin):
        """It finds the zone by trying names, and takes back what it set and nothing else."""
        made = plugin("customer_id", "api_key", "api_password")
        made._perform("www.example.org", "_acme-challenge.www.example.org", _CHALLENGE)
        assert _records(account)[1:] == [("_acme-challenge.www", "TXT", "0", _CHALLENGE)]
        made._cleanup("www.example.org", "_acme-challenge.www.example.org", _CHALLENGE)
        assert _records(account) == [("@", "A", "0", "192.0.2.1")]

    @pytest.mark.parametrize("new", [False, True], ids=["old spelling", "new spelling"])
    def test_logs_in_again(self, account, plugin, new):
        """A session that is lost, by time or at once, is made again, whatever the error is called."""
        account.troubles.new_spelling = new
        made = plugin("customer_id", "api_key", "api_password")
        made._perform("example.org", "_acme-challenge.example.org", _CHALLENGE)
        account.clock.sleep(31)
        account.troubles.lost_sessions = 1
        made._cleanup("example.org", "_acme-challenge.example.org", _CHALLENGE)
        assert account.calls.count("login") == 3
        assert _records(account) == [("@", "A", "0", "192.0.2.1")]

    def test_sets_and_removes_a_challenge_on_clouddns(self, account, plugin):
        """A domain whose zone is there has its challenges over REST."""
        made = plugin("api_v1_key")
        for _ in range(2):
            made._perform("www.cloud.org", "_acme-challenge.www.cloud.org", _CHALLENGE)
        assert account.domains["cloud.org"].challenges.keys() == {("www", _CHALLENGE)}
        made._cleanup("www.cloud.org", "_acme-challenge.www.cloud.org", _CHALLENGE)
        assert not account.domains["cloud.org"].challenges
        with pytest.raises(PluginError):
            made._cleanup("www.cloud.org", "_acme-challenge.www.cloud.org", _CHALLENGE)

    def test_goes_to_ccp_for_a_domain_that_has_not_moved(self, account, plugin):
        """With credentials for both, `isDnsManaged` decides."""
        made = plugin("customer_id", "api_key", "api_password", "api_v1_key")
        made._perform("example.org", "_acme-challenge.example.org", _CHALLENGE)
        assert _records(account)[1:] == [("_acme-challenge", "TXT", "0", _CHALLENGE)]
        assert not account.domains["cloud.org"].challenges

    def test_is_told_of_a_wrong_key(self, plugin):
        """HTTP status 400, and a code of its own."""
        with pytest.raises(PluginError, match="authenticationError"):
            plugin("api_v1_key", api_v1_key="wrong")._perform("cloud.org", "_acme-challenge.cloud.org", _CHALLENGE)
