"""A small company's whole way, through the installed command: what the project promises a newcomer."""

import os
import subprocess
import sys

import pytest

from scripts.house import ROOT
from tests.acceptance.looking import consents, operations, platform, traces
from tests.programs import program


def kinds(plan):
    """The kinds of a plan's operations, in order, records left out and neighbours folded."""
    order = [each["kind"] for each in plan["operations"] if each["kind"] != "record"]
    return [kind for at, kind in enumerate(order) if at == 0 or order[at - 1] != kind]


def position(plan, name):
    """Where an operation stands in a plan."""
    return operations(plan).index(name)


def test_demo_script_runs_to_its_end(tmp_path):
    """`make demo` plans, applies, plans again and resolves; it leaves the example as it was, and nothing behind."""
    before = {path: path.read_bytes() for path in (ROOT / "examples/quickstart").rglob("*") if path.is_file()}
    done = subprocess.run(
        ["bash", "scripts/demo.sh", sys.executable],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing to do" in done.stdout.lower()
    assert "done." in done.stdout
    assert {path: path.read_bytes() for path in (ROOT / "examples/quickstart").rglob("*") if path.is_file()} == before
    assert list(tmp_path.iterdir()) == []


def test_second_plan_has_nothing_to_do(applied):
    """After an apply the next plan is empty and ends with exit 0."""
    assert applied.run("plan", "--format", "json", exit=0).json["operations"] == []


def test_first_apply_needs_consent_to_the_cost(quickstart):
    """A plain yes orders nothing: exit 4, the consent is named, and there is no instance."""
    refused = quickstart.run("apply", "--yes", exit=4)
    assert "--allow-cost instance:office" in refused.text
    quickstart.run("apply", "--yes", "--allow-cost", "instance:office", exit=0)
    assert any('INSERT INTO "instances"' in line for line in platform(quickstart))


def test_saved_plan_is_what_apply_carries_out(quickstart):
    """A plan file applies once; afterwards it is stale, exit 3, and nothing changes."""
    quickstart.run("plan", "--out", "plan.json", exit=2)
    quickstart.run("apply", "plan.json", "--yes", "--allow-cost", "instance:office", exit=0)
    before = traces(quickstart)
    quickstart.run("apply", "plan.json", "--yes", "--allow-cost", "instance:office", exit=3)
    assert traces(quickstart) == before


def test_plan_is_stale_when_the_configuration_moved(quickstart):
    """A plan made for other YAML is refused with exit 3."""
    quickstart.run("plan", "--out", "plan.json", exit=2)
    quickstart.edit("mail.yaml", ("Carla Probe", "Carla Anders"))
    quickstart.run("apply", "plan.json", "--yes", "--allow-cost", "instance:office", exit=3)


def test_resolve_shows_the_flow(applied):
    """`resolve` names the mailbox behind an alias."""
    assert "ben@example.org" in applied.run("resolve", "info@example.org", exit=0).out


@pytest.mark.parametrize("zone", ["example.org", "example.net"])
def test_zone_file_is_accepted_by_bind(applied, zone):
    """`named-checkzone` accepts each zone file that a run wrote."""
    checker = program("named-checkzone", "bind9-utils")
    file = applied.folder / f"zones/{zone}.zone"
    done = subprocess.run([checker, zone, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_foreign_records_stay(applied):
    """The website, the comments, the proof of ownership and the newsletter's right to send survive, each once."""
    text = (applied.folder / "zones/example.org.zone").read_text()
    for kept in ("192.0.2.10", "2001:db8::10", "google-site-verification=7tQw0Xk3yT1uVb9nR5cZ", "; the website"):
        assert kept in text
    spf = [line for line in text.splitlines() if "v=spf1" in line]
    assert len(spf) == 1
    assert "include:newsletter.example.com" in spf[0]


def test_removed_mailbox_is_refused_and_nothing_changes(applied):
    """Out of the YAML is not consent: `plan` exits 2 and shows the refusal, `apply --yes` exits 4, all is as it was."""
    applied.drop_lines("mail.yaml", "carla@example.org")
    shown = applied.run("plan", "--format", "json", exit=2).json
    assert [each["guard"] for each in shown["refusals"]] == ["data-loss"]
    assert shown["refusals"][0]["operations"] == ["delete mailbox carla@example.org"]
    assert "carla@example.org" in applied.run("plan", exit=2).out
    before = traces(applied)
    refused = applied.run("apply", "--yes", exit=4)
    assert "--allow-destroy mailbox:carla@example.org" in refused.text
    assert traces(applied) == before


def test_tombstone_lets_a_mailbox_go_alias_first(applied):
    """With a tombstone the mailbox goes, and its alias goes before it."""
    applied.drop_lines("mail.yaml", "carla@example.org")
    with (applied.folder / "mail.yaml").open("a") as file:
        file.write("removed:\n  - {mailbox: carla@example.org, reason: left, backup: waived}\n")
    plan = applied.run("plan", "--format", "json", exit=2).json
    assert plan["refusals"] == []
    alias, mailbox = "delete alias jobs@example.org", "delete mailbox carla@example.org"
    assert position(plan, alias) < position(plan, mailbox)
    after = plan["operations"][position(plan, mailbox)]["after"]
    assert ("netcup/N12", alias) in {(each["rule"], each["operation"]) for each in after}
    applied.run("apply", "--yes", exit=0)
    assert not any("carla@example.org" in line for line in platform(applied) if "bookings" not in line)
    assert applied.run("plan", exit=0)


def test_protected_mailbox_stays_whatever_is_typed(applied):
    """A protected mailbox is not deleted, not even with consent, until an apply has taken its protection away."""
    applied.drop_block("mail.yaml", "  anna@example.org:")
    applied.edit("mail.yaml", (": anna@example.org", ": ben@example.org"))
    guards = {each["guard"]: each for each in applied.run("plan", "--format", "json", exit=2).json["refusals"]}
    assert guards["protect"]["operations"] == ["delete mailbox anna@example.org"]
    assert guards["protect"]["consent"] == []
    before = traces(applied)
    applied.run("apply", "--yes", "--allow-destroy", "mailbox:anna@example.org", exit=4)
    assert traces(applied) == before


def empty(house):
    """Take everything out of the quickstart's YAML but its providers."""
    text = (house.folder / "mail.yaml").read_text()
    (house.folder / "mail.yaml").write_text(text[: text.index("instances:")])


def test_everything_removed_goes_from_alias_to_instance(applied):
    """Instance, domains, mailboxes and aliases taken out together go alias, mailbox, domain, instance."""
    applied.edit("mail.yaml", ("protect: true", "protect: false"))
    applied.run("apply", "--yes", exit=0)
    empty(applied)
    plan = applied.run("plan", "--format", "json", exit=2).json
    ids = [each["id"] for each in plan["operations"]]
    for each in plan["operations"]:
        for dependency in each["after"]:
            assert ids.index(dependency["operation"]) < ids.index(each["id"])
    places = {each["kind"]: [] for each in plan["operations"]}
    for at, each in enumerate(plan["operations"]):
        places[each["kind"]].append((at, each["key"]))
    assert max(at for at, _ in places["domain"]) < places["instance"][0][0]
    for at, domain in places["domain"]:
        inside = [where for kind in ("alias", "mailbox") for where, key in places[kind] if key.endswith(f"@{domain}")]
        assert max(inside) < at
    position_of = {key: at for at, key in places["mailbox"]}
    for alias, mailbox in {"info@example.org": "ben@example.org", "info@example.net": "shop@example.net"}.items():
        assert ids.index(f"delete alias {alias}") < position_of[mailbox]


def test_everything_removed_goes_with_the_consents_the_plan_names(applied):
    """Typing what the refusals ask for is enough to end it all; the website's records stay in the zone."""
    applied.edit("mail.yaml", ("protect: true", "protect: false"))
    applied.run("apply", "--yes", exit=0)
    empty(applied)
    plan = applied.run("plan", "--format", "json", exit=2).json
    applied.run("apply", "--yes", exit=4)
    applied.run("apply", "--yes", *consents(plan), exit=0)
    applied.run("plan", exit=0)
    text = (applied.folder / "zones/example.org.zone").read_text()
    assert "google-site-verification" in text
    assert "include:newsletter.example.com" in text
    assert "_dmarc" not in text
