"""`reconciler dns`: previews, verdicts, records to paste and policies to serve, from the command line."""

import json
import subprocess

import pytest

from reconciler.model.rrsets import RRset
from tests.cli.conftest import MAIL, make
from tests.programs import program
from tests.servers.fixtures import bind_server  # noqa: F401

CONSENT = ("--yes", "--allow-cost", "instance:office")


@pytest.fixture
def house(tmp_path):
    """A company that was never applied."""
    return make(tmp_path / "house", MAIL)


@pytest.fixture
def policed(house):
    """The same, with an MTA-STS policy and somewhere to serve it."""
    house.edit(
        (
            "dmarc: {policy: none}}",
            "mta_sts: {mode: testing}, records: [{name: mta-sts, type: A, values: [192.0.2.1]}]}",
        )
    )
    return house


# preview


def test_a_preview_tells_what_the_plan_does_and_changes_nothing(house):
    """Exit 2 as `plan`, the verdict first, the mail's own records first, and not a byte anywhere is another."""
    before = house.files()
    told = house.run("dns", "preview", "example.org", exit=2)
    assert told.out.startswith("example.org  mail begins to arrive at example-org.netcup-mail.de\n")
    lines = told.out.splitlines()
    first = next(number for number, line in enumerate(lines) if "@ MX" in line)
    assert lines[first].startswith("+")
    assert first < next(number for number, line in enumerate(lines) if "_dmarc TXT" in line)
    assert house.files() == before


def test_a_preview_has_the_records_of_the_plan(house):
    """Each record operation of the plan is a row of the preview with the same values, and no other row changes."""
    plan = house.run("plan", "--format", "json", exit=2).json
    operations = {each["key"]: each["fields"] for each in plan["operations"] if each["kind"] == "record"}
    [found] = house.run("dns", "preview", "example.org", "--format", "json", exit=2).json["previews"]
    rows = {row["key"]: row for row in found["records"] if row["changes"]}
    assert rows.keys() == operations.keys()
    assert {key: row["after"] for key, row in rows.items()} == {
        key: fields["values"]["after"] for key, fields in operations.items()
    }


def test_after_an_apply_nothing_changes(house):
    """Once applied, the preview shows what stands there, and exits 0."""
    house.run("apply", *CONSENT)
    told = house.run("dns", "preview", "example.org")
    assert told.out.startswith("example.org  nothing changes\n")
    assert "@ MX" in told.out


def test_a_value_is_clipped_on_a_terminal_and_whole_in_json(house):
    """What a program reads is the value that is written, to the letter."""
    long, written = "abcdefghij" * 60, " ".join(['"' + "abcdefghij" * 20 + '"'] * 3)
    house.edit(("dmarc: {policy: none}}", f"records: [{{name: long, type: TXT, values: ['{written}']}}]}}"))
    assert long not in house.run("dns", "preview", "example.org", exit=2).out
    told = house.run("dns", "preview", "example.org", "--format", "json", exit=2)
    assert long in told.out
    assert told.json["format"] == "reconciler.dns-preview/1"


def test_names_that_nobody_was_asked_for_are_no_blocker(house):
    """Without a resolver, what lies outside is not known: neither an error nor a promise; told with what helps."""
    told = house.run("dns", "preview", "example.org", exit=2)
    assert "blocker" not in told.out
    assert told.out.splitlines()[1].strip().startswith("not known")
    assert told.out.count("nobody was asked") == 1
    assert "help: with `resolver: {}` in the files" in " ".join(told.out.split())
    assert told.err == ""


@pytest.mark.parametrize(("words", "code"), [(["preview"], 2), (["records"], 0)])
def test_a_closing_dot_that_may_be_missing_is_told(house, words, code):
    """Whoever looks at a record or pastes it learns that its target is not complete."""
    house.edit(("dmarc: {policy: none}}", "records: [{name: shop, type: CNAME, values: [shop.example.com]}]}"))
    told = house.run("dns", *words, "example.org", exit=code)
    assert "warning[record-relative-target]: shop.example.com has no closing dot" in told.err
    assert "= help: write shop.example.com. if the name is complete" in told.err
    assert "warning[" not in house.run("dns", *words, "example.net", exit=None).err


def test_every_domain_that_no_file_declares_is_named(house):
    """Two wrong names are two errors, each with what was meant."""
    told = house.run("dns", "preview", "exmple.org", "other.test", exit=1)
    assert told.out == ""
    assert "did you mean 'example.org'?" in told.err
    assert "other.test" in told.err


def test_a_subdomain_is_previewed_by_itself(house):
    """Records belong to the nearest domain that is declared."""
    house.edit(("mailboxes:", "  sub.example.org: {instance: office, dns: {provider: zones}}\nmailboxes:"))
    told = house.run("dns", "preview", "--format", "json", "example.org", "sub.example.org", exit=2).json["previews"]
    assert [each["domain"] for each in told] == ["example.org", "sub.example.org"]
    assert all(row["key"].split()[0].endswith("sub.example.org") for row in told[1]["records"])
    assert not any("sub.example.org" in row["key"] for row in told[0]["records"])


# records


def test_pasted_records_leave_nothing_to_do(house):
    """What `dns records` prints, put into the zone by hand, is what the plan wants: it only adopts."""
    zone = house.folder / "zones/example.org.zone"
    pasted = house.run("dns", "records", "example.org").out
    zone.write_text(zone.read_text() + pasted)
    plan = house.run("plan", "--format", "json", exit=2).json
    assert {each["action"] for each in plan["operations"] if each["kind"] == "record"} == {"adopt"}


def test_records_are_a_zone_file_to_others(house, tmp_path):
    """BIND's own checker takes the printed records, a text of more than 255 octets among them."""
    long = " ".join(['"' + "x" * 200 + '"'] * 3)
    house.edit(
        ("dmarc: {policy: none}}", f"client_settings: true, records: [{{name: long, type: TXT, values: ['{long}']}}]}}")
    )
    text = house.run("dns", "records", "example.org").out
    path = tmp_path / "example.org.zone"
    path.write_text("$TTL 60\n@ IN SOA ns1 hostmaster 1 2 3 4 5\n@ IN NS ns1\nns1 IN A 192.0.2.53\n" + text)
    done = subprocess.run(
        [program("named-checkzone", "bind9-utils"), "example.org", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_records_of_a_domain_whose_dns_nobody_manages(house):
    """A domain without a `dns:` block gets what its mail host publishes."""
    house.edit(("    dns: {provider: zones, dmarc: {policy: none}}\n", ""))
    told = house.run("dns", "records", "example.org").out
    assert "MX" in told
    assert "_domainkey" in told
    assert "_dmarc" not in told


def test_records_for_a_program(house):
    """JSON has each record set with its zone and provider."""
    told = house.run("dns", "records", "--format", "json", "example.org").json
    [domain] = told["domains"]
    assert told["format"] == "reconciler.dns-records/1"
    assert (domain["domain"], domain["zone"], domain["provider"]) == ("example.org", "example.org", "zones")
    assert {"name": "example.org", "type": "MX", "ttl": 3600, "values": ["10 example-org.netcup-mail.de."]} in domain[
        "records"
    ]


# mta-sts


def test_the_policy_is_the_one_that_the_record_announces(policed):
    """The text on stdout, the file and the id in the planned record belong together."""
    text = policed.run("dns", "mta-sts", "example.org").out
    policed.run("dns", "mta-sts", "example.org", "--out", "policy.txt")
    written = (policed.folder / "policy.txt").read_bytes().decode()
    assert written.startswith("version: STSv1\r\nmode: testing\r\nmx: ")
    assert text == written.replace("\r\n", "\n")  # the runner of tests hands over lines as Python has them
    told = policed.run("dns", "mta-sts", "example.org", "--format", "json").json
    plan = policed.run("plan", "--format", "json", exit=2).json
    [planned] = [each for each in plan["operations"] if each["key"] == "_mta-sts.example.org TXT mta-sts"]
    assert planned["fields"]["values"]["after"] == [f'"{told["record"]}"']
    assert told["policy"] == written


def test_a_policy_that_is_not_declared_is_told_how(house):
    """Without `mta_sts:` there is no policy; the error says what to write."""
    told = house.run("dns", "mta-sts", "example.org", exit=1)
    assert "mta_sts: {mode: testing}" in told.err


# check


def test_a_blocker_is_exit_1(house):
    """Two SPF records make every receiver ignore both: the verdict is not ready, and a script learns it."""
    zone = house.folder / "zones/example.org.zone"
    zone.write_text(zone.read_text() + '@ IN MX 10 ns1\n@ IN TXT "v=spf1 -all"\n@ IN TXT "v=spf1 ~all"\n')
    told = house.run("dns", "check", "example.org", exit=1)
    assert told.out.startswith("example.org  not yet: ")
    found = house.run("dns", "check", "--format", "json", "example.org", exit=1).json["domains"][0]
    assert "blocker" in {each["grade"] for each in found["findings"] if each["check"].startswith("spf-")}


def test_a_domain_of_somebody_else_is_judged_by_its_servers(house, bind_server):  # noqa: F811
    """A domain that no file declares is asked of the named server, and nobody is asked for what lies outside it."""
    bind_server.add_zone(
        "foreign.test",
        [
            RRset("foreign.test", "MX", 600, ("10 mx.foreign.test.",)),
            RRset("mx.foreign.test", "A", 600, ("192.0.2.25",)),
            RRset("foreign.test", "TXT", 600, ('"v=spf1 mx include:_spf.elsewhere.test -all"',)),
            RRset("_dmarc.foreign.test", "TXT", 600, ('"v=DMARC1; p=reject"',)),
        ],
    )
    told = house.run("dns", "check", "--server", bind_server.address, "--format", "json", "foreign.test")
    [found] = told.json["domains"]
    assert found["receives"] == ["10 mx.foreign.test"]
    assert found["senders"] == ["mx", "include:_spf.elsewhere.test", "-all"]
    assert found["dmarc"] == "reject"
    assert any("_spf.elsewhere.test" in each["message"] for each in found["findings"] if each["grade"] == "unknown")


def test_a_server_that_is_none_is_a_usage_error(house):
    """A server is a host, or a host and a port."""
    assert "--server" in house.run("dns", "check", "--server", "a:b:c", "example.org", exit=64).err


def test_configured_servers_answer_for_a_preview(house, bind_server):  # noqa: F811
    """With a `resolver:`, what an include leads to is asked of its servers, and counted on both sides."""
    bind_server.add_zone(
        "example", [RRset("_spf.news.example", "TXT", 600, ('"v=spf1 a:a.example a:b.example -all"',))]
    )
    bind_server.add_zone("example.org")
    resolver = {
        "servers": [bind_server.address],
        "authoritative": dict.fromkeys(["news.example", "example.org"], bind_server.address),
    }
    house.edit(("instances:\n", f"resolver: {json.dumps(resolver)}\ninstances:\n"))
    house.edit(("dmarc: {policy: none}}", "spf: {include: [_spf.news.example], all: fail}}"))
    told = house.run("dns", "preview", "--format", "json", "example.org", exit=2)
    [found] = told.json["previews"]
    assert found["before"]["spf"] is None
    assert found["after"]["spf"]["lookups"] >= 3
    assert "nobody was asked" not in told.out


@pytest.mark.parametrize("words", [["preview"], ["check"], ["records"]])
def test_a_domain_is_needed(house, words):
    """Which domain is never guessed."""
    assert "missing argument" in house.run("dns", *words, exit=64).err


def test_declared_domains_are_completed(house):
    """A shell completes the domains of the configuration."""
    from click.shell_completion import ShellComplete

    from reconciler.cli.main import cli

    complete = ShellComplete(cli, {}, "reconciler", "_RECONCILER_COMPLETE")
    for words in (["dns", "preview"], ["dns", "check"], ["dns", "records"], ["dns", "mta-sts"]):
        found = complete.get_completions(["-C", str(house.folder), *words], "exa")
        assert [each.value for each in found] == ["example.org"]


def test_what_a_domain_accepts_is_a_note(house):
    """A check that the domain's block accepts is told as a note, and is no reason against the domain."""
    zone = house.folder / "zones/example.org.zone"
    zone.write_text(zone.read_text() + '@ IN MX 10 ns1\n@ IN TXT "v=spf1 -all"\n@ IN TXT "v=spf1 ~all"\n')
    house.run("dns", "check", "example.org", exit=1)
    house.edit(("dmarc: {policy: none}}", "dmarc: {policy: none}, accept: [spf-single]}"))
    [found] = house.run("dns", "check", "--format", "json", "example.org").json["domains"]
    [single] = [each for each in found["findings"] if each["check"] == "spf-single"]
    assert single["grade"] == "note"
    assert single["message"].endswith("(accepted)")


def test_mail_from_an_address_is_judged_before_and_after(house):
    """Whether a server that sends today still may once the plan ran, in SPF's own words."""
    zone = house.folder / "zones/example.org.zone"
    zone.write_text(zone.read_text() + '@ IN TXT "v=spf1 ip4:192.0.2.25 ~all"\n')
    asked = ("dns", "preview", "--from", "192.0.2.25", "--from", "198.51.100.1", "--format", "json", "example.org")
    [found] = house.run(*asked, exit=2).json["previews"]
    told = {side: [each["spf"] for each in found[side]["clients"]] for side in ("before", "after")}
    assert told == {"before": ["pass", "softfail"], "after": ["pass", "not known"]}
    text = house.run("dns", "check", "--from", "192.0.2.25", "example.org", exit=1).out
    assert "192.0.2.25: SPF pass" in text
    assert "is not an IP address" in house.run("dns", "check", "--from", "mail", "example.org", exit=64).err


def test_no_files_are_needed_to_judge_a_domain(tmp_path, bind_server):  # noqa: F811
    """In an empty folder, a domain is asked of the named server."""
    bind_server.add_zone("bare.test", [RRset("bare.test", "TXT", 600, ('"v=spf1 ip4:192.0.2.1 -all"',))])
    empty = make(tmp_path / "house", MAIL)
    for path in (*empty.folder.rglob("*.yaml"), *empty.folder.rglob("*.yml")):
        path.unlink()
    words = ("dns", "check", "--server", bind_server.address, "--from", "192.0.2.1", "--format", "json", "bare.test")
    [found] = empty.run(*words).json["domains"]
    assert found["clients"] == [{"address": "192.0.2.1", "spf": "pass", "reason": found["clients"][0]["reason"]}]
