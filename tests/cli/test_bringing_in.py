"""The commands that write something of their own: init, import, ack, schema, completion."""

import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config import load
from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Resource
from reconciler.report.configuration_yaml import configuration_yaml, scalar


@pytest.mark.parametrize("example", ["quickstart", "family"])
def test_init_runs_as_it_stands(bare, example):
    """What `init` writes is valid, and plans without a warning that asks for an edit."""
    wrote = bare.run("init", "--example", example).out
    assert "wrote mail.yaml" in wrote
    assert "wrote .gitignore" in wrote
    bare.run("validate")
    bare.run("plan", exit=2)
    first = (bare.folder / "mail.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=schemas/config.schema.json"
    assert (bare.folder / "schemas/config.schema.json").exists()


def test_init_can_be_applied(bare):
    """The quickstart goes all the way, passwords generated, and nothing is left to do."""
    bare.run("init")
    bare.run("apply", "--yes", "--allow-cost", "instance:office")
    bare.run("plan")
    assert (bare.folder / "secrets/anna").stat().st_mode & 0o077 == 0


def test_init_into_a_folder(bare):
    """A folder is made where there is none, and the next command names it."""
    ran = bare.run("init", "mail")
    assert "wrote mail/mail.yaml" in ran.out
    assert "reconciler -C" in ran.err
    told = bare.run("init", "other", "--format", "json").json
    assert (told["format"], told["folder"]) == ("reconciler.init/1", "other")
    assert "mail.yaml" in told["files"]


def test_init_writes_over_nothing(bare):
    """One file in the way, and none is written: exit 1."""
    (bare.folder / "mail.yaml").write_text("version: 1\n")
    refused = bare.run("init", exit=1)
    assert "error[init-exists]" in refused.err
    assert bare.files() == {"mail.yaml": b"version: 1\n"}


def test_init_in_a_repository(bare):
    """A `.gitignore` that is there stays as it is, and what it has to name is said: secrets never get into git."""
    (bare.folder / ".gitignore").write_text("mine\n")
    ran = bare.run("init")
    assert "wrote mail.yaml" in ran.out
    assert "secrets/" in ran.err
    assert (bare.folder / ".gitignore").read_text() == "mine\n"


def undeclare(house):
    """Forget everything but the providers, in files and state."""
    text = (house.folder / "mail.yaml").read_text()
    starts = [text.index(each) for each in ("instances:", "teams:") if each in text]
    (house.folder / "mail.yaml").write_text(text[: min(starts)])
    for each in (house.folder / "state").glob("mail.json*"):
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def test_import_ends_in_an_empty_plan(applied):
    """YAML for what is there; with it the next plan adopts, and after that there is nothing to do."""
    undeclare(applied)
    ran = applied.run("import", "--write", "live.yaml")
    assert ran.out == "wrote live.yaml\n"
    text = (applied.folder / "live.yaml").read_text()
    for each in (
        "  office: {provider: groupware, storage: 50 GB}",
        "  example.org: {instance: office}",
        "  anna@example.org: {owner: Anna Beispiel, quota: 5 GB}",
        "  info@example.org: ben@example.org",
    ):
        assert f"\n{each}\n" in text
    plan = applied.run("plan", "--format", "json", exit=2).json
    assert {each["action"] for each in plan["operations"]} == {"adopt"}
    applied.run("apply", "--yes")
    applied.run("plan")


def test_import_prints_without_writing(applied):
    """Without --write the YAML goes to stdout, twice the same, and no file is made."""
    undeclare(applied)
    before = set(applied.files())
    first = applied.run("import")
    assert first.out == applied.run("import").out
    assert "instances:" in first.out
    assert set(applied.files()) == before


def test_import_leaves_out_what_is_declared(applied):
    """Only what no file declares is imported; with nothing left it says so."""
    assert "nothing to import" in applied.run("import").err
    applied.edit(("  info@example.org: ben@example.org\n", ""))
    told = applied.run("import", "--format", "json").json
    assert told["counts"] == {"alias": 1}
    assert "aliases:\n  info@example.org: ben@example.org\n" in told["yaml"]
    assert told["proven"] is True


def test_import_of_a_team(family):
    """A team with its members comes back as it was declared (mailbox-org/M16: billing included)."""
    family.run("apply", "--yes")
    undeclare(family)
    text = family.run("import").out
    assert "    billing: separate\n" in text
    assert "      ben@mailbox.org: {owner: Ben Beispiel, plan: standard}\n" in text


def test_import_says_what_belongs_elsewhere(family):
    """A member of a team that is declared can not stand in a file of its own: it is named, with the place."""
    family.run("apply", "--yes")
    family.edit(
        ("      ben@mailbox.org: {owner: Ben Beispiel, plan: standard, password: {env: BEN_PASSWORD}}\n", ""),
        ("    members:\n", ""),
    )
    ran = family.run("import", "--format", "json").json
    assert ran["left_out"]
    assert "mail.yaml:6:3" in ran["left_out"][0]
    assert "warning[import-left-out]" in family.run("import").err


def test_import_that_would_change_something_is_not_written(applied):
    """A default that fills the imported domain with DNS asks for records: exit 1, the operations named, no file."""
    undeclare(applied)
    zone = applied.folder / "zones/example.org.zone"
    zone.write_text("".join(line for line in zone.read_text().splitlines(True) if "_domainkey" not in line))
    with (applied.folder / "mail.yaml").open("a") as file:
        file.write("defaults:\n  domain: {dns: {provider: zones}}\n")
    refused = applied.run("import", "--write", "live.yaml", exit=1)
    assert "error[import-not-empty]" in refused.err
    assert "create record key1._domainkey.example.org CNAME" in refused.err
    assert not (applied.folder / "live.yaml").exists()


def test_import_writes_over_nothing(applied):
    """A file that is there stays: exit 1."""
    assert "error[import-exists]" in applied.run("import", "--write", "mail.yaml", exit=1).err


def test_import_of_one_provider(applied):
    """A name that is no mail provider is met with the nearest; without any provider there is a page."""
    assert "did you mean 'groupware'" in applied.run("import", "--provider", "grupware", exit=64).err
    (applied.folder / "mail.yaml").write_text("version: 1\n")
    assert "error[nothing-to-import-from]" in applied.run("import", exit=1).err


def test_import_quotes_what_yaml_needs(applied):
    """Owner names that YAML would take for something else come back as they are."""
    names = ["no", "0x1F", "12:30:00", "Müller: Bob", "# x", '"quoted"', "a, b}", "back\\slash", "~", " "]
    with closing(sqlite3.connect(applied.folder / "state/sandbox.db")) as db, db:
        for name in names:
            db.execute("UPDATE mailboxes SET owner = ? WHERE address = 'anna@example.org'", (name,))
            db.commit()
            if name == names[0]:
                undeclare(applied)
            told = applied.run("import", "--format", "json").json
            assert told["proven"] is True, name


def test_import_says_what_can_not_be_declared(applied):
    """An owner name that no configuration may hold is named with its line, and nothing is written: exit 1."""
    undeclare(applied)
    with closing(sqlite3.connect(applied.folder / "state/sandbox.db")) as db, db:
        db.execute("UPDATE mailboxes SET owner = ? WHERE address = 'anna@example.org'", ("tab\there",))
    refused = applied.run("import", "--write", "live.yaml", exit=1)
    assert "--> imported.yaml:11:" in refused.err
    assert "anna@example.org" in refused.err
    assert not (applied.folder / "live.yaml").exists()
    told = applied.run("import", "--format", "json", exit=1).json
    assert told["proven"] is False
    assert told["diagnostics"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_scalar_comes_back(text):
    """Every text is read back as that text by YAML's own rules, whatever type a reader guesses."""
    import yaml

    written = scalar(text)
    assert "\n" not in written
    assert yaml.safe_load(f"key: {written}\n") == {"key": text}
    assert yaml.safe_load(f"[{written}, 1]") == [text, 1]


def test_ack_of_a_step_for_a_person(family):
    """A step that only a person can do is acknowledged by its id, with a note that state keeps."""
    family.run("apply", "--yes")
    family.edit(("      ben@mailbox.org: {owner: Ben Beispiel,", "      ben@mailbox.org: {owner: Ben Anders,"))
    plan = family.run("plan", "--format", "json", exit=2).json
    steps = [each for each in plan["operations"] if each["action"] == "operator"]
    assert steps
    step = steps[0]["id"]
    assert f'did you mean: reconciler ack "{step}"' in family.run("ack", step[:-1], exit=1).err
    assert family.run("ack", step, "--note", "ticket 4711").out == f"acknowledged: {step}\n"
    assert family.run("state", "list", "--format", "json").json["acknowledged"] == {step: "ticket 4711"}


def test_ack_of_something_else(applied):
    """What apply does is not acknowledged, and what is not in the plan is not known."""
    applied.edit(("Ben Muster", "Ben Neu"))
    assert "error[ack-not-for-a-person]" in applied.run("ack", "update mailbox ben@example.org", exit=1).err
    told = applied.run("ack", "operator member x@mailbox.org", "--format", "json", exit=1).json
    assert [each["id"] for each in told["diagnostics"]] == ["ack-unknown"]


@pytest.mark.parametrize("name", ["config", "plan", "state"])
def test_schema(bare, name):
    """Each schema is printed as JSON, and written as a file."""
    printed = bare.run("schema", name)
    assert printed.json["$schema"].startswith("https://json-schema.org/")
    assert bare.run("schema", name, "--write").out == f"wrote schemas/{name}.schema.json\n"
    assert (bare.folder / f"schemas/{name}.schema.json").read_text() == printed.out


def test_state_file_is_of_its_schema(applied):
    """What a run leaves behind is what the published schema says."""
    import json

    from jsonschema import Draft202012Validator

    from reconciler.cli.schemas import schema

    Draft202012Validator(schema("state")).validate(json.loads((applied.folder / "state/mail.json").read_text()))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(bare, shell):
    """The script names the command and asks it for completions; bash takes it."""
    script = bare.run("completion", shell).out
    assert "_RECONCILER_COMPLETE" in script
    assert bare.run("completion", shell, "--format", "json").json["script"] in (script, script.rstrip("\n"))
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("words", "incomplete", "expected"),
    [
        (["resolve"], "inf", {"info@example.org"}),
        (["credentials"], "", {"anna@example.org", "ben@example.org"}),
        (["show"], "exa", {"example.org"}),
        (["apply", "--allow-routing"], "", {"example.org"}),
        (["apply", "--allow-destroy"], "mailbox:b", {"mailbox:ben@example.org"}),
        (["apply", "--allow-volume"], "m", {"mailbox", "member"}),
        (["apply", "--allow-orphan"], "po", {"postmaster@example.org"}),
        (["state", "show"], "exa", {"example.org"}),
        (["import", "--provider"], "", {"groupware"}),
        (["explain"], "data-", {"data-loss"}),
        (["no-such-command"], "val", {"validate"}),
        ([], "val", {"validate"}),
        (["plan", "--format"], "", {"text", "json"}),
    ],
)
def test_completions_come_from_the_configuration(house, monkeypatch, words, incomplete, expected):
    """Addresses, domains, consents, providers and ids are completed; a broken configuration completes nothing."""
    from click.shell_completion import ShellComplete

    from reconciler.cli.app import App
    from reconciler.cli.main import cli

    complete = ShellComplete(cli, {"obj": App(cwd=house.folder)}, "reconciler", "_RECONCILER_COMPLETE")
    assert {each.value for each in complete.get_completions(words, incomplete)} == expected


def test_consent_to_lose_what_is_no_longer_declared_is_completed(applied):
    """What the last run left can be named after its declaration is gone, which is when consent to lose it is asked."""
    from click.shell_completion import ShellComplete

    from reconciler.cli.app import App
    from reconciler.cli.main import cli

    applied.edit(("  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}\n", ""))
    applied.edit(("  info@example.org: ben@example.org\n", ""))
    complete = ShellComplete(cli, {"obj": App(cwd=applied.folder)}, "reconciler", "_RECONCILER_COMPLETE")
    offered = complete.get_completions(["apply", "--allow-destroy"], "mailbox:b")
    assert [each.value for each in offered] == ["mailbox:ben@example.org"]


def test_completion_of_a_broken_configuration(house):
    """While the file is being typed, a completion is empty and not an error."""
    from click.shell_completion import ShellComplete

    from reconciler.cli.app import App
    from reconciler.cli.main import cli

    (house.folder / "mail.yaml").write_text("mailboxes: {")
    complete = ShellComplete(cli, {"obj": App(cwd=house.folder)}, "reconciler", "_RECONCILER_COMPLETE")
    assert complete.get_completions(["resolve"], "") == []


def test_what_is_brought_in_says_who_can_not_log_in_who_sends_and_what_catches_all(tmp_path):
    """Logins that are off, senders and catch-alls read back as they were; a login that is on is not worth a word."""
    found: dict[Kind, list[Resource]] = {
        Kind.INSTANCE: [Instance("office", 10**9)],
        Kind.DOMAIN: [Domain("example.org", "office")],
        Kind.MAILBOX: [
            Mailbox("a@example.org", "A", 1000, login=False),
            Mailbox("b@example.org", "B", 1000, login=True),
        ],
        Kind.ALIAS: [
            Alias("*@example.org", ("a@example.org", "b@example.org")),
            Alias("info@example.org", ("a@example.org",), ("b@example.org",)),
            Alias("news@example.org", ("a@example.org", "b@example.org"), ()),
        ],
    }
    text = configuration_yaml({kind: {each.key: ("g", each) for each in group} for kind, group in found.items()}, ())
    file = tmp_path / "mail.yaml"
    file.write_text(f"version: 1\nproviders: {{g: {{type: sandbox}}}}\n{text}")
    read = load([file], tmp_path).desired
    assert "true" not in text
    assert '"*@example.org": [a@example.org, b@example.org]' in text
    assert [each.resource for each in read.of(Kind.ALIAS).values()] == found[Kind.ALIAS]
    assert [each.resource.login for each in read.of(Kind.MAILBOX).values()] == [False, None]
