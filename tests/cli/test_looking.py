"""The commands that look: validate, drift, show, resolve, credentials, graph, state. Text and JSON of each."""

import json
import sqlite3
from contextlib import closing

import pytest


def sql(house, statement, *values):
    """Change the embedded platform behind the tool's back."""
    with closing(sqlite3.connect(house.folder / "state/sandbox.db")) as db, db:
        db.execute(statement, values)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("{name: www, type: A, values: [300.0.2.1]}", "error[record-value]"),
        ("{name: www, type: AA, values: [192.0.2.1]}", "error[record-type]"),
        ("{name: www, type: CNAME, values: [www.example.com]}", "warning[record-relative-target]"),
    ],
)
def test_validate_looks_into_extra_records(house, record, told):
    """What no name server would take is found before anybody is asked; who hosts the zone does not matter."""
    house.edit(("dmarc: {policy: none}}", f"records: [{record}]}}"))
    assert told in house.run("validate", exit=1 if told.startswith("error") else 0).out


def test_validate_leaves_records_of_a_zone_above_alone(house):
    """A name server record is the host's only at the zone's own name, which may lie above the domain's."""
    house.edit(("dmarc: {policy: none}}", 'records: [{name: "@", type: NS, values: [ns1.example.com.]}]}'))
    house.run("validate")


def test_validate_counts_what_is_declared(house):
    """A configuration without errors is told so, with numbers: exit 0."""
    assert house.run("validate").out == "Valid: 1 instance, 1 domain, 2 mailboxes, 3 aliases in 1 file.\n"
    told = house.run("validate", "--format", "json").json
    assert told["format"] == "reconciler.validate/1"
    assert told["valid"] is True
    assert told["counts"]["alias"] == 3
    assert told["files"] == ["mail.yaml"]


def test_validate_says_all_that_is_wrong(house):
    """Every error at once, with place, excerpt and suggestion, on stdout: exit 1."""
    house.edit(("quota: 2 GB", "qouta: 2 GB"), ("info@example.org: ben@", "info@example.org: bne@"))
    ran = house.run("validate", exit=1)
    assert "did you mean" in ran.out
    assert "mail.yaml:14:" in ran.out
    assert "qouta: 2 GB" in ran.out
    told = house.run("validate", "--format", "json", exit=1).json
    assert told["valid"] is False
    assert len(told["diagnostics"]) == len({json.dumps(each) for each in told["diagnostics"]}) >= 1


def test_validate_for_code_hosts(house):
    """GitHub's annotations and SARIF carry the same diagnostics as the text."""
    house.edit(("quota: 2 GB", "qouta: 2 GB"))
    assert house.run("validate", "--format", "github", exit=1).out.startswith("::error file=mail.yaml,line=14,col=")
    sarif = house.run("validate", "--format", "sarif", exit=1).json
    assert sarif["version"] == "2.1.0"
    assert sarif["runs"][0]["results"][0]["locations"]


def test_validate_knows_the_rules_of_the_platforms(house):
    """What a platform forbids of the files alone is an error without asking it (netcup/N10)."""
    house.edit(("storage: 50 GB", "storage: 6 GB"))
    assert "netcup/N10" in house.run("validate", exit=1).out
    assert not (house.folder / "state/sandbox.db").exists()


def test_validate_of_named_files(house):
    """Named files alone are read; -c names them as well."""
    (house.folder / "broken.yaml").write_text("mailboxes: [\n")
    house.run("validate", exit=1)
    house.run("validate", "mail.yaml")
    house.run("validate", "-c", "mail.yaml")


def test_drift_names_what_moved(applied):
    """Nothing moved: exit 0. Somebody changed an owner name: both values, exit 2."""
    applied.run("drift")
    sql(applied, "UPDATE mailboxes SET owner = ? WHERE address = ?", "Jemand", "ben@example.org")
    shown = applied.run("drift", exit=2).out
    assert "Ben Muster" in shown
    assert "Jemand" in shown
    told = applied.run("drift", "--format", "json", exit=2).json
    assert told["format"] == "reconciler.drift/1"
    assert told["drift"][0]["fields"] == {"owner": {"before": "Ben Muster", "after": "Jemand"}}


def test_drift_needs_no_plan(applied):
    """Drift is told also where the files ask for something no plan can give."""
    applied.edit(("storage: 50 GB", "storage: 6 GB"))
    applied.run("plan", exit=1)
    applied.run("drift")


def test_show_a_mailbox(applied):
    """Owner, quota, aliases and the line that declares it."""
    shown = applied.run("show", "Anna@Example.org").out
    for each in ("Anna Beispiel", "5 GB", "postmaster@example.org", "mail.yaml:13:3"):
        assert each in shown
    told = applied.run("show", "anna@example.org", "--format", "json").json
    assert told["format"] == "reconciler.show/1"
    assert told["sides"]["live"] == told["sides"]["applied"] == {"owner": "Anna Beispiel", "quota": 5_000_000_000}


def test_show_tells_where_the_sides_differ(applied):
    """Declared, live and last applied stand beside each other once they are not one."""
    applied.edit(("quota: 2 GB", "quota: 3 GB"))
    sql(applied, "UPDATE mailboxes SET owner = ? WHERE address = ?", "Jemand", "ben@example.org")
    shown = applied.run("show", "ben@example.org").out
    assert "last applied" in shown
    for each in ("3 GB", "2 GB", "Jemand", "Ben Muster"):
        assert each in shown


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("example.org", ["office", "anna@example.org", "example.org MX"]),
        ("office", ["50 GB", "7 GB", "20001"]),
        ("instance:office", ["50 GB"]),
        ("info@example.org", ["ben@example.org"]),
    ],
)
def test_show_other_things(applied, key, expected):
    """A domain, an instance with its number (netcup/N2, N3), an alias."""
    shown = applied.run("show", key).out
    for each in expected:
        assert each in shown


def test_show_a_derived_record(applied):
    """A record is declared by the `dns:` block it was derived from, and nothing differs."""
    shown = applied.run("show", "example.org MX").out
    assert "mail.yaml:" in shown
    assert "nowhere" not in shown
    assert "differ" not in shown


def test_show_a_team(family):
    """A team's accounts with plan and standing (mailbox-org/M14), and its statement (M15)."""
    family.run("apply", "--yes")
    shown = family.run("show", "family", "--statement").out
    for each in ("anna@mailbox.org", "ben@mailbox.org", "master", "member", "Statement"):
        assert each in shown
    told = family.run("show", "team:family", "--format", "json").json
    assert [each["role"] for each in told["accounts"]] == ["master", "member"]
    assert told["statement"] is None
    assert "0.00 EUR" in shown
    assert "family" in family.run("show", "ben@mailbox.org").out


def test_show_of_the_unknown_suggests(applied):
    """A misspelt key exits 1 and names the nearest; two kinds of one name are asked apart."""
    assert "did you mean 'anna@example.org'" in applied.run("show", "ana@example.org", exit=1).err
    assert "did you mean 'anna@example.org'" in applied.run("show", "anna@exmaple.org", exit=1).err
    assert "did you mean" not in applied.run("show", "nobody@example.org", exit=1).err
    applied.edit(
        (
            "aliases:\n",
            "teams:\n  office: {provider: groupware, master: x@mailbox.org, billing: shared}\naliases:\n",
        )
    )
    assert "instance:office or team:office" in applied.run("show", "office", exit=1).err


def test_show_a_plan(house):
    """`show plan.json` renders a saved plan, and as JSON is the plan."""
    house.run("plan", "--out", "plan.json", exit=2)
    assert house.run("show", "plan.json").out == house.run("plan", "--out", "plan.json", exit=2).out
    assert house.run("show", "plan.json", "--format", "json").out == (house.folder / "plan.json").read_text()


def test_resolve_now_and_after(applied):
    """Who receives and who may send, today and once the plan ran."""
    assert "ben@example.org" in applied.run("resolve", "info@example.org").out
    applied.edit(("info@example.org: ben@example.org", "info@example.org: anna@example.org"))
    shown = applied.run("resolve", "INFO@example.org", "--after").out
    assert "now" in shown
    assert "after the plan" in shown
    told = applied.run("resolve", "info@example.org", "--after", "--format", "json").json
    assert (told["now"]["recipients"], told["after"]["recipients"]) == (["ben@example.org"], ["anna@example.org"])
    assert told["changes"] is True
    assert told["after"]["senders"] == ["anna@example.org"]
    assert applied.run("resolve", "nobody@example.org", "--format", "json").json["now"]["bounces"] is True


def test_resolve_before_the_first_apply(house):
    """A declared domain is not hosted before it is applied, which is said instead of calling it another's."""
    assert "example.org is declared, but not hosted here yet" in house.run("resolve", "nobody@example.org").out
    told = house.run("resolve", "nobody@example.org", "--after", "--format", "json").json
    assert (told["now"]["to_come"], told["after"]["to_come"]) == (["example.org"], [])
    assert house.run("resolve", "nobody@example.net", "--format", "json").json["now"]["to_come"] == []


def test_credentials_without_a_password(applied):
    """Servers, ports and the user name (netcup/N11); nobody's password."""
    shown = applied.run("credentials", "anna@example.org").out
    assert "993" in shown
    assert "anna@example.org" in shown
    told = applied.run("credentials", "anna@example.org", "--format", "json").json
    assert told["user"] == "anna@example.org"
    assert {"imap", "submission"} <= {each["protocol"] for each in told["endpoints"]}


def test_credentials_of_an_alias_lead_to_its_mailbox(applied):
    """Nobody logs in with an alias; the command to type instead is named."""
    refused = applied.run("credentials", "info@example.org", exit=1).err
    assert "reconciler credentials ben@example.org" in refused
    assert "error[unknown-key]" in applied.run("credentials", "bne@example.org", exit=1).err


def test_credentials_of_a_team_account(family):
    """A master and a member log in as well, at their own platform's servers and not by the groupware's rule."""
    for address in ("anna@mailbox.org", "ben@mailbox.org"):
        shown = family.run("credentials", address).out
        assert address in shown
        assert "netcup" not in shown
        endpoints = family.run("credentials", address, "--format", "json").json["endpoints"]
        assert [(each["protocol"], each["host"], each["port"], each["security"]) for each in endpoints] == [
            ("imap", "imap.mailbox.org", 993, "tls"),
            ("submission", "smtp.mailbox.org", 465, "tls"),
            ("webmail", "office.mailbox.org", 443, "tls"),
        ]


@pytest.mark.parametrize(
    ("form", "start"), [("text", " 1. create instance office"), ("dot", "digraph"), ("mermaid", "flowchart")]
)
def test_graph(house, form, start):
    """The order as text, for Graphviz, for Mermaid; each edge names its rule."""
    drawn = house.run("graph", "--format", form).out
    assert drawn.startswith(start)
    assert "netcup/N16" in drawn.replace("#47;", "/")


def test_graph_of_a_saved_plan(house):
    """A saved plan is drawn without asking anyone; JSON has nodes and edges."""
    house.run("plan", "--out", "plan.json", exit=2)
    live, saved = (house.run("graph", *args, "--format", "json").json for args in ([], ["plan.json"]))
    assert live == saved
    assert {"from", "to", "rule", "reason"} == set(live["edges"][0])


def test_state_list_and_show(applied):
    """What was last applied, by kind and key, and one of it."""
    assert "12 resources, serial 1" in applied.run("state", "list").out
    listed = applied.run("state", "list", "--format", "json").json
    assert [each["kind"] for each in listed["resources"]][:3] == ["instance", "domain", "mailbox"]
    assert listed["lock"] == {"locked": False}
    assert "Anna Beispiel" in applied.run("state", "show", "anna@example.org").out
    assert "10 " in applied.run("state", "show", "record:example.org MX").out
    told = applied.run("state", "show", "mailbox:anna@example.org", "--format", "json").json
    assert told["fields"]["quota"] == 5_000_000_000
    assert "did you mean" in applied.run("state", "show", "ana@example.org", exit=1).err
    assert applied.run("state", "unlock").out == "The state is not locked.\n"


def test_looking_changes_nothing(applied):
    """None of the commands that look leaves a trace."""
    before = applied.files()
    for command in (
        ["validate"], ["plan"], ["drift"], ["show", "office"], ["resolve", "info@example.org", "--after"],
        ["credentials", "anna@example.org"], ["graph"], ["state", "list"], ["state", "unlock"], ["import"],
    ):  # fmt: skip
        applied.run(*command)
    after = applied.files()
    assert {name for name in after if "sandbox.db-" not in name} == {n for n in before if "sandbox.db-" not in n}
    assert all(after[name] == data for name, data in before.items() if "sandbox.db-" not in name)
