"""A domain that moves between two mail hosts, as its preview tells it."""

import pytest

from reconciler.model.rrsets import RRset
from tests.cli.conftest import make
from tests.servers.fixtures import bind_server  # noqa: F401

MOVING = """\
version: 1
state: {local: state/mail.json}
providers:
  old: {type: sandbox, path: state/old.db, published: {mx: [10 mx.old.example], spf: ["include:_spf.old.example"]}}
  new: {type: sandbox, path: state/new.db, published: {mx: [10 mx.new.example], spf: ["include:_spf.new.example"]}}
  zones: {type: zonefile, directory: zones}
instances:
  home: {provider: old, storage: 50 GB}
  fresh: {provider: new, storage: 50 GB}
domains:
  example.org:
    instance: home
    dns:
      provider: zones
      ttl: 86400
      mta_sts: {mode: enforce}
      records: [{name: mta-sts, type: A, values: [192.0.2.9]}]
mailboxes:
  anna@example.org: {owner: Anna, quota: 1 GB, password: {env: ANNA_PASSWORD}}
  ben@example.org: {owner: Ben, quota: 1 GB, password: {env: BEN_PASSWORD}}
"""


@pytest.fixture
def moving(tmp_path):
    """A domain that receives mail at one host and is declared at another."""
    house = make(tmp_path / "house", MOVING)
    house.run("apply", "--yes", "--allow-cost", "instance:home", "--allow-cost", "instance:fresh")
    house.edit(("instance: home", "instance: fresh"))
    return house


def test_the_first_phase_lowers_the_ttl_and_says_what_waits(moving):
    """The MX keeps its value and gets a short TTL, both hosts may send, and the switch itself is told."""
    told = moving.run("dns", "preview", "example.org", exit=2)
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    assert "~ @ MX 10 mx.old.example. 86400 24 h" in lines
    assert "→ the same 300" in lines
    assert "→ + include:_spf.new.example 86400" in lines
    assert "waits MX: 10 mx.old.example. → 10 mx.new.example." in lines
    [preview] = moving.run("dns", "preview", "--format", "json", "example.org", exit=2).json["previews"]
    assert preview["held"][0]["phase"] == "switch"
    assert preview["before"]["receives"] == preview["after"]["receives"] == ["10 mx.old.example"]


def test_what_waits_has_its_time_once_the_first_phase_is_done(moving):
    """After the first run nothing changes, the exit is 0, and the moment of the next step is named."""
    moving.run("apply", "--yes")
    told = moving.run("dns", "preview", "example.org")
    assert told.out.startswith("example.org  waits for an MX switch\n")
    assert "not before " in told.out
    [preview] = moving.run("dns", "preview", "--format", "json", "example.org").json["previews"]
    switch = next(each for each in preview["held"] if each["phase"] == "switch")
    assert switch["not_before"].endswith("+00:00")
    contract = [each for each in preview["held"] if each["phase"] == "contract"]
    assert [each["not_before"] for each in contract] == [None] * len(contract)
    assert all(each["seconds"] for each in contract)


def test_the_policy_to_serve_names_both_hosts_and_has_the_id_of_the_record(moving):
    """While a domain moves, the policy that is printed is the one that the planned record announces."""
    told = moving.run("dns", "mta-sts", "--format", "json", "example.org").json
    plan = moving.run("plan", "--format", "json", exit=2).json
    [planned] = [each for each in plan["operations"] if each["key"] == "_mta-sts.example.org TXT mta-sts"]
    assert planned["fields"]["values"]["after"] == [f'"{told["record"]}"']
    assert "mx: mx.old.example\r\n" in told["policy"]
    assert "mx: mx.new.example\r\n" in told["policy"]


def test_records_to_paste_are_those_of_the_phase(moving):
    """What is printed stands for now; what comes later is a comment."""
    told = moving.run("dns", "records", "example.org").out
    assert "MX     10 mx.old.example." in told
    assert "; later, 24 h after the step before it: MX: 10 mx.old.example. → 10 mx.new.example." in told


def test_an_address_that_only_the_old_host_has_is_a_blocker(moving):
    """A switch at once, with a mailbox that nobody declares: the preview names it, and the plan is refused for it."""
    moving.run("state", "rm", "mailbox:ben@example.org", "--yes")
    moving.edit(
        ("  ben@example.org: {owner: Ben, quota: 1 GB, password: {env: BEN_PASSWORD}}\n", ""),
        ("ttl: 86400", "ttl: 86400, switch: {phased: false}".replace(", ", "\n      ")),
    )
    [preview] = moving.run("dns", "preview", "--format", "json", "example.org", exit=2).json["previews"]
    assert preview["verdict"] == "not yet"
    [found] = [each for each in preview["changes"] if each["check"] == "mx-new-host-knows-all-recipients"]
    assert "ben@example.org" in found["message"]
    assert "anna@example.org" not in found["message"]


def test_apply_names_no_time_while_a_person_has_not_done_their_part(tmp_path, bind_server):  # noqa: F811
    """A TTL that is lowered by hand is not lowered yet: the switch has no date until the name servers show it."""
    bind_server.add_zone("example.org", [RRset("example.org", "MX", 86400, ("10 mx.old.example.",))])
    zones = f'{{type: dnsonly, zones: [example.org], servers: ["{bind_server.address}"]}}'
    house = make(tmp_path / "house", MOVING)
    house.edit(("{type: zonefile, directory: zones}", zones), ("instance: home", "instance: fresh"))
    house.edit(("version: 1", "version: 1\nresolver: {off: true}"))
    told = house.run("apply", "--yes", "--allow-cost", "instance:home", "--allow-cost", "instance:fresh").out
    assert "waiting." in told
    assert "Waiting for its time:" in told
    assert "not before" not in told
