"""What each example has published, on real BIND, is valid to programs of others: named-checkzone and checkdmarc."""

import warnings

import pytest

from tests.verdicts.house import EXAMPLES, WORLD, checked_zone, publish

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what others warn of when they are imported is not ours
    from checkdmarc import bimi, dmarc, mta_sts, smtp, smtp_tls_reporting, spf


@pytest.fixture(params=sorted(EXAMPLES))
def published(request, tmp_path, bind_server):
    """An example that was applied, on BIND."""
    made = publish(request.param, tmp_path, bind_server)
    yield made
    for zone in (*made.zones, *WORLD):
        bind_server.remove_zone(zone)


def text_at(published, name):
    """The one TXT record at a name, or None."""
    import dns.resolver

    try:
        answer = published.resolver.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    [record] = answer
    return b"".join(record.strings).decode()


def test_zones_are_zones(published, tmp_path):
    """named-checkzone takes each zone file as it was written, and warns of nothing."""
    assert published.zones
    for zone, text in published.zones.items():
        done = checked_zone(zone, text, tmp_path)
        assert done.returncode == 0, done.stdout
        assert [line for line in done.stdout.splitlines() if "loaded serial" not in line] == ["OK"]


def test_checkdmarc_agrees(published):
    """SPF, DMARC, MX, MTA-STS, TLS-RPT and BIMI are valid to checkdmarc, and its counts are ours."""
    asks = {"resolver": published.resolver}
    for domain in published.domains:
        ours = published.check(domain)
        worst = {each["grade"] for each in ours["findings"]}
        assert not worst & {"blocker", "warning"}, ours["findings"]
        their_spf = spf.check_spf(domain, **asks)
        assert their_spf["valid"], their_spf
        assert their_spf["warnings"] == []
        assert ours["spf"] == {
            "lookups": their_spf["dns_lookups"],
            "voids": their_spf["void_dns_lookups"],
            "error": "",
        }
        theirs = dmarc.check_dmarc(domain, **asks)
        assert theirs["valid"] is bool(ours["dmarc"]), theirs
        if theirs["valid"]:
            assert [each for each in theirs["warnings"] if not each.startswith("rua tag")] == []
            assert theirs["tags"]["p"]["value"] == ours["dmarc"]
        their_mx = smtp.get_mx_record_set(domain, **asks)
        hosts = [f"{each['preference']} {each['hostname']}" for each in their_mx["hosts"]]
        assert their_mx["warnings"] == []
        assert ours["receives"] == ([] if their_mx["null_mx"] else hosts)
        assert bool(hosts) is not their_mx["null_mx"]
        assert all(published.resolver.resolve(each["hostname"], "A") for each in their_mx["hosts"])


def test_policies_and_reports_are_valid(published):
    """Records that announce a policy, take reports or show a logo are valid to checkdmarc wherever they stand."""
    asks = {"resolver": published.resolver}
    found = 0
    for domain in published.domains:
        if text_at(published, f"_mta-sts.{domain}"):
            found += 1
            record = mta_sts.query_mta_sts_record(domain, **asks)
            assert record["warnings"] == []
            mta_sts.parse_mta_sts_record(record["record"])
            policy = mta_sts.parse_mta_sts_policy(published.policy(domain))["policy"]
            hosts = [each["hostname"] for each in smtp.get_mx_record_set(domain, **asks)["hosts"]]
            assert all(smtp.mx_in_mta_sts_patterns(host, list(policy["mx"])) for host in hosts)
        if text_at(published, f"_smtp._tls.{domain}"):
            found += 1
            reports = smtp_tls_reporting.check_smtp_tls_reporting(domain, **asks)
            assert (reports["valid"], reports["warnings"]) == (True, [])
        if text_at(published, f"default._bimi.{domain}"):
            found += 1
            logo = bimi.query_bimi_record(domain, **asks)
            bimi.parse_bimi_record(logo["record"], domain=domain, parsed_dmarc_record=dmarc.check_dmarc(domain, **asks))
    assert found
