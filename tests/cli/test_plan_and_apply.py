"""The way of a change through the command line: plan, approve, consent, apply, and every exit code on it."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from click.testing import CliRunner

from reconciler.cli.approval import QUESTION
from reconciler.cli.main import cli
from tests.cli.conftest import PLAIN, SECRETS

COST = ("--allow-cost", "instance:office")


def ids(plan):
    """The ids of a plan's operations."""
    return [each["id"] for each in plan["operations"]]


def sql(house, statement, *values):
    """Change the embedded platform behind the tool's back."""
    with closing(sqlite3.connect(house.folder / "state/sandbox.db")) as db, db:
        db.execute(statement, values)


def test_plan_writes_nothing(house):
    """`plan` leaves the folder as it was: no state, no lock, no platform file."""
    before = house.files()
    house.run("plan", exit=2)
    house.run("plan", "--format", "json", exit=2)
    assert house.files() == before
    assert not (house.folder / "state").joinpath("sandbox.db").exists()


def test_plan_out_is_the_document(house):
    """`--out` writes what `--format json` prints, to the byte, and it is of the published schema."""
    from jsonschema import Draft202012Validator

    from reconciler.cli.schemas import schema

    printed = house.run("plan", "--out", "plan.json", "--format", "json", exit=2)
    assert (house.folder / "plan.json").read_text() == printed.out
    assert printed.json["format"] == "reconciler.plan/1"
    Draft202012Validator(schema("plan")).validate(printed.json)
    assert printed.err == "wrote plan.json\n"


def test_plan_out_writes_over_no_configuration(house):
    """A saved plan is told by its name: another one is refused, and what to type is said."""
    before = house.files()
    said = house.run("plan", "--out", "mail.yaml", exit=64).err
    assert "--out mail.json" in said
    assert house.files() == before


def test_saved_plan_is_no_configuration(house):
    """A saved plan where files are named is one mistake, and the command it belongs to is named."""
    house.run("plan", "--out", "plan.json", exit=2)
    for line in (["plan", "plan.json"], ["apply", "plan.json", "mail.yaml"]):
        said = house.run(*line, exit=1).err
        assert said.count("error[") == 1
        assert "reconciler apply plan.json -c PATH" in said.replace("\n          ", " ")


def test_plan_of_nothing_exits_0(applied):
    """What is applied has nothing left to do."""
    assert "Nothing to do" in applied.run("plan").out
    assert applied.run("plan", "--format", "json").json["operations"] == []


def test_plan_names_the_command_that_applies_it(house):
    """The last line is what to type, with the folder, the file and the consents it needs."""
    last = house.run("plan", "--out", "plan.json", exit=2).out.splitlines()[-1]
    assert last == f"Next: reconciler -C {house.folder} apply plan.json --allow-cost instance:office"


def test_plan_why_names_rules(house):
    """`--why` prints below each step what it waits for."""
    assert "netcup/N16" in house.run("plan", "--why", exit=2).out


def test_apply_without_a_terminal_is_not_approved(house):
    """Nobody can be asked, so nobody said yes: guard `approval`, exit 4, nothing changed."""
    before = house.files()
    refused = house.run("apply", *COST, exit=4)
    assert "--yes" in refused.err
    assert "approval" in refused.err
    assert house.files() == before
    told = house.run("apply", *COST, "--format", "json", exit=4).json
    assert told["exit"] == 4
    assert [each["id"] for each in told["diagnostics"]] == ["approval"]


def test_yes_lifts_no_guard(house):
    """`--yes` is approval, not consent: exit 4, the consent is named, nothing changed."""
    before = house.files()
    refused = house.run("apply", "--yes", exit=4)
    assert (
        refused.err.splitlines()[-1] == f"Next: reconciler -C {house.folder} apply --yes --allow-cost instance:office"
    )
    assert house.files() == before
    told = house.run("apply", "--yes", "--format", "json", exit=4).json
    assert [(each["id"], each["help"]) for each in told["diagnostics"]] == [("money", "--allow-cost instance:office")]


def test_apply_carries_out_and_says_so(house):
    """With approval and consent the plan is carried out: exit 0, and the next plan is empty."""
    done = house.run("apply", "--yes", *COST)
    assert done.out == "Done: 12 created.\n"
    assert "create mailbox anna@example.org: done" in done.err
    house.run("plan")


def test_apply_in_json(house):
    """A program gets every operation with its status, on stdout alone."""
    done = house.run("apply", "--yes", *COST, "--format", "json").json
    assert done["format"] == "reconciler.apply/1"
    assert done["summary"]["done"] == 12
    assert {each["status"] for each in done["operations"]} == {"done"}
    again = house.run("apply", "--yes", "--format", "json").json
    assert again["operations"] == []


def test_quiet_apply_prints_the_result_alone(house):
    """`-q` holds back plan and progress."""
    done = house.run("apply", "--yes", *COST, "-q")
    assert (done.out, done.err) == ("Done: 12 created.\n", "")


def test_saved_plan_is_approved_by_being_named(house):
    """`apply plan.json` asks for no --yes; guards still want their consent."""
    house.run("plan", "--out", "plan.json", exit=2)
    house.run("apply", "plan.json", exit=4)
    assert house.run("apply", "plan.json", *COST).out == "Done: 12 created.\n"


def test_saved_plan_of_another_folder(house, tmp_path):
    """A plan may stand elsewhere; its configuration is then named with -c."""
    house.run("plan", "--out", tmp_path / "p.json", exit=2)
    done = CliRunner(env={"ANNA_PASSWORD": "a-long-one-1", "BEN_PASSWORD": "a-long-one-2", "NO_COLOR": "1"}).invoke(
        cli, ["-C", str(tmp_path), "apply", "p.json", "-c", "house", *COST]
    )
    assert done.exit_code == 0, done.output


def test_applied_plan_is_stale(applied):
    """A saved plan applies once; then another serial stands in the state: exit 3, nothing changed."""
    applied.edit(("Ben Muster", "Ben Neu"))
    applied.run("plan", "--out", "plan.json", exit=2)
    applied.run("apply", "plan.json")
    before = applied.files()
    stale = applied.run("apply", "plan.json", exit=3)
    assert "error[stale-plan]" in stale.err
    assert applied.files() == before
    told = applied.run("apply", "plan.json", "--yes", "--format", "json", exit=3).json
    assert told["diagnostics"][0]["help"].endswith(f"reconciler -C {applied.folder} plan --out plan.json")


def test_plan_is_stale_when_the_configuration_moved(applied):
    """A plan made for other files is refused: exit 3."""
    applied.edit(("Ben Muster", "Ben Neu"))
    applied.run("plan", "--out", "plan.json", exit=2)
    applied.edit(("Ben Neu", "Ben Ganz Neu"))
    told = applied.run("apply", "plan.json", "--format", "json", exit=3).json
    assert told["exit"] == 3
    assert "configuration" in told["diagnostics"][0]["message"]


def test_plan_is_stale_when_a_live_object_moved(applied):
    """A mailbox that is no longer what the plan saw makes it stale, and is named: exit 3."""
    applied.edit(("Ben Muster", "Ben Neu"))
    applied.run("plan", "--out", "plan.json", exit=2)
    sql(applied, "UPDATE mailboxes SET owner = ? WHERE address = ?", "Wer Anders", "ben@example.org")
    stale = applied.run("apply", "plan.json", exit=3)
    assert "mailbox ben@example.org" in stale.err
    assert "Wer Anders" in applied.run("show", "ben@example.org").out


def test_edited_plan_is_refused_by_its_digest(house):
    """A plan changed by hand is no plan: exit 1, id plan-digest."""
    house.run("plan", "--out", "plan.json", exit=2)
    path = house.folder / "plan.json"
    path.write_text(path.read_text().replace("Anna Beispiel", "Anna Boshaft"))
    assert "error[plan-digest]" in house.run("apply", "plan.json", *COST, exit=1).err
    assert "error[plan-digest]" in house.run("show", "plan.json", exit=1).err


@pytest.mark.parametrize(
    ("content", "identity"),
    [("", "plan-unreadable"), ("{", "plan-unreadable"), ("[]", "plan-format"), ('{"format": "x/1"}', "plan-format")],
)
def test_foreign_file_is_no_plan(house, content, identity):
    """An empty, broken or foreign file is refused by name: exit 1."""
    (house.folder / "plan.json").write_text(content)
    assert f"error[{identity}]" in house.run("apply", "plan.json", exit=1).err


def test_missing_plan_is_named(house):
    """A plan that is not there is a file that is not there: exit 1."""
    refused = house.run("apply", "plan.json", exit=1)
    assert "error[file-failed]" in refused.err
    assert "plan.json" in refused.err


def test_failure_leaves_exit_5(house):
    """What fails takes along what depends on it and nothing else: exit 5, the rest done and recorded."""
    house.edit(
        (
            "path: state/sandbox.db}",
            "path: state/sandbox.db, faults: [{mode: refused, action: create, key: ben@example.org}]}",
        )
    )
    done = house.run("apply", "--yes", *COST, exit=5)
    assert "create mailbox ben@example.org" in done.out
    assert "create alias info@example.org" in done.out
    assert "Partly done" in done.out
    left = house.run("plan", "--format", "json", exit=2).json
    assert ids(left)[:2] == ["create mailbox ben@example.org", "create alias info@example.org"]


def test_missing_secret_changes_nothing(house):
    """A password that can not be had stops the run before its first write: exit 1."""
    house.edit(("BEN_PASSWORD", "NO_SUCH_VARIABLE"))
    refused = house.run("apply", "--yes", *COST, exit=1)
    assert "error[secret-missing]" in refused.err
    assert "NO_SUCH_VARIABLE" in refused.err
    assert "it is the password of mailbox ben@example.org" in refused.err
    assert len(ids(house.run("plan", "--format", "json", exit=2).json)) == 12


def test_destroy_takes_all_and_nothing_else(applied):
    """`destroy` wants every consent, then deletes all that is managed and leaves foreign records."""
    refused = applied.run("destroy", "--yes", "--format", "json", exit=4).json
    consents = [word for each in refused["diagnostics"] for word in (each["help"] or "").split(" ", 1)]
    applied.run("destroy", "--yes", *consents)
    assert applied.run("state", "list", "--format", "json").json["resources"] == []
    zone = (applied.folder / "zones/example.org.zone").read_text()
    assert "192.0.2.10" in zone
    assert "_dmarc" not in zone
    assert len(ids(applied.run("plan", "--format", "json", exit=2).json)) == 12


def test_destroy_of_nothing(house):
    """Where nothing was ever applied there is nothing to destroy."""
    assert house.run("destroy", "--yes").out.startswith("Nothing to do: nothing is under management.")


def test_consent_is_exact(applied):
    """Consent to one mailbox is none to another."""
    applied.edit(("  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}\n", ""))
    applied.edit(("  info@example.org: ben@example.org\n", ""))
    applied.run("apply", "--yes", "--allow-destroy", "mailbox:anna@example.org", exit=4)
    applied.run("apply", "--yes", "--allow-destroy", "mailbox:ben@example.org")


def test_consent_to_something_else_is_pointed_out(house):
    """A consent with a slip of the hand in it does not lift a guard, and is named beside the refusal."""
    said = house.run("apply", "--yes", "--allow-cost", "instance:offce", exit=4).err
    assert said.startswith("no step of the plan asks for --allow-cost instance:offce\n")


def test_held_state_is_named(applied):
    """While another run holds the state, apply says who: exit 1; `state list` shows the lock."""
    code = (
        "import sys, pathlib\nfrom reconciler.config import load\nfrom reconciler.state import open_state\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "with open_state(load([folder], folder).desired.state).acquire('apply'):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, applied.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    ) as other:
        assert other.stdout.readline() == b"held\n"
        applied.edit(("Ben Muster", "Ben Neu"))
        refused = applied.run("apply", "--yes", exit=1)
        assert str(other.pid) in refused.err
        assert str(other.pid) in applied.run("state", "list").out
        lock = applied.run("state", "unlock", "--format", "json").json
        assert lock["process"] == other.pid
        assert lock["id"] in applied.run("state", "unlock").out
        applied.run("plan", exit=2)
        applied.run("state", "unlock", "0000", exit=1)
        assert str(other.pid) in applied.run("state", "unlock", lock["id"]).out
        assert applied.run("state", "unlock", "--format", "json").json["locked"] is False
        other.kill()


def test_plan_beside_a_run_sees_what_the_run_made_as_its_own(applied, monkeypatch):
    """A run that ends between the reading of state and that of the providers is not taken for a stranger."""
    from reconciler.cli import session

    read_world, calls = session.read_world, []

    async def slow(*what):
        calls.append(what)
        if len(calls) == 1:
            words = [sys.executable, "-m", "reconciler", "-C", str(applied.folder), "apply", "--yes"]
            environment = {**os.environ, **PLAIN, **SECRETS}
            await asyncio.to_thread(subprocess.run, words, check=True, capture_output=True, env=environment)
        return await read_world(*what)

    zoe = "  zoe@example.org: {owner: Zoe, quota: 1 GB, password: {env: BEN_PASSWORD}}\n"
    applied.edit(("mailboxes:\n", f"mailboxes:\n{zoe}"))
    monkeypatch.setattr(session, "read_world", slow)
    assert applied.run("plan", "--format", "json", exit=0).json["summary"]["adopt"] == 0
    assert len(calls) == 2


def test_terminal_is_asked(applied):
    """On a terminal only `yes` carries the plan out."""
    applied.edit(("Ben Muster", "Ben Neu"))
    code, said = _on_terminal(applied, "no\n")
    assert code == 4
    assert said.count("Plan: 1 to update") == 1
    assert "nothing was changed" in said
    assert _on_terminal(applied, "\x04")[0] == 4
    code, said = _on_terminal(applied, "yes\n")
    assert code == 0, said
    assert "Carry this out?" in said
    assert "1 updated" in said


def _on_terminal(house, typed):
    """Run `apply` in a process of its own on a pseudo-terminal."""
    import pty
    import sys

    pid, terminal = pty.fork()
    if pid == 0:
        env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", **dict.fromkeys(("CI",), "")}
        args = [sys.executable, "-m", "reconciler", "-C", str(house.folder), "apply"]
        os.execve(sys.executable, args, env)
    said = b""
    try:
        while QUESTION.encode() not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, typed.encode())
        while True:
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            said += piece
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), said.decode()


def test_json_of_a_plan_is_on_stdout_alone(house):
    """Talk never mixes with a result that a program reads."""
    ran = house.run("plan", "--format", "json", exit=2)
    json.loads(ran.out)
    assert ran.err == ""
