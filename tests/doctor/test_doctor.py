"""doctor: what is well, what settles itself, what needs a person; it writes nothing and hides nothing."""

import json
import re
import shutil
import time

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, Intent
from tests.doctor.conftest import die, fail_to_record, store_of
from tests.sealing.keyring import pair
from tests.servers.keeper import free_port

GB = 10**9
ANNA = "anna@example.org"
NEW = "new@example.org"
CREATE_ANNA = Intent(Action.CREATE, Kind.MAILBOX, ANNA, "groupware", {"owner": "Anna Beispiel", "quota": 5 * GB})
CREATE_NEW = Intent(Action.CREATE, Kind.MAILBOX, NEW, "groupware", {"owner": "New", "quota": GB})
UPDATE = Intent(Action.UPDATE, Kind.MAILBOX, ANNA, "groupware", {"quota": 7 * GB}, "sha256:before")
PASSWORD = Intent(Action.UPDATE, Kind.MAILBOX, ANNA, "groupware", {}, "sha256:before", password=True)
DELETE = Intent(Action.DELETE, Kind.MAILBOX, NEW, "groupware")


def examine(house, exit=0):  # noqa: A002 - the shell's word
    """Run doctor; what it says must be what its JSON says, and nothing may be written."""
    before = house.files()
    found = house.run("doctor", "--format", "json", exit=exit).json
    text = house.run("doctor", exit=exit).out
    assert house.files() == before
    assert found["well"] == (exit == 0)
    assert all(check["area"] in text for check in found["checks"])
    return found, text


def health(found):
    return {check["area"]: check["health"] for check in found["checks"]}


def test_a_healthy_house_is_well(house):
    """Everything is looked at, and each thing is ok."""
    found, text = examine(house)
    assert set(health(found).values()) == {"ok"}
    assert text.endswith("All is well.\n")


def test_a_zone_that_can_not_be_read_is_not_well(house):
    """A DNS provider may know its zones without asking anybody: that it lists them does not say that it answers."""
    found, _ = examine(house)
    assert "example.org can be read" in next(each["said"] for each in found["checks"] if each["area"].endswith("zones"))
    (house.folder / "zones/example.org.zone").write_text("@ IN no such thing\n")
    found, _ = examine(house, exit=1)
    assert health(found)["provider zones"] == "wrong"


def test_a_name_server_that_is_not_there_is_not_well(house):
    """The zones of a name server stand in the files; whether it has them is found out by asking."""
    port = free_port()
    house.edit(
        ("{type: zonefile, directory: zones}", f'{{type: rfc2136, server: "127.0.0.1:{port}", zones: [example.org]}}')
    )
    found, text = examine(house, exit=1)
    assert health(found)["provider zones"] == "wrong"
    assert f"127.0.0.1:{port} can not be reached" in " ".join(text.split())
    assert "All is well" not in text


def test_a_house_that_was_never_applied_is_well(house):
    """No state, no platform: nothing is wrong with that."""
    shutil.rmtree(house.folder / "state")
    found, _ = examine(house)
    assert health(found)["state"] == "ok"


def test_a_state_that_is_gone_needs_a_person(house):
    """Its history stands there still: it was not simply never applied."""
    (house.folder / "state/mail.json").unlink()
    found, text = examine(house, exit=1)
    assert health(found)["state"] == "wrong"
    assert "error[state-gone]" in text


def test_a_state_that_was_put_there_by_somebody_needs_a_person(house):
    """Of another lineage than the history beside it: nothing could be trusted that is planned on it."""
    path = house.folder / "state/mail.json"
    lineage = json.loads(path.read_bytes())["lineage"]
    path.write_text(path.read_text().replace(lineage, "0" * 32))
    found, text = examine(house, exit=1)
    assert health(found)["state"] == "wrong"
    assert "state-history-gap" in text
    assert lineage in text


def test_a_history_that_is_gone_is_told(house):
    """What was done before is not known any more, and the state says that something was."""
    shutil.rmtree(house.folder / "state/mail.json.history")
    found, _ = examine(house)
    assert "no run, though the state is of run 1" in [check["said"] for check in found["checks"]]


def test_recipients_that_were_changed_need_a_person(house):
    """Planning goes on and the next apply would be refused: doctor says so before."""
    anna, ben = pair(), pair()
    (house.folder / "key.txt").write_text(anna.private)
    root = next(path for path in house.folder.glob("*.yaml") if "state:" in path.read_text())
    place = "{local: state/mail.json, encryption: {recipients: [%s], identity: {file: key.txt}}}"
    plain = root.read_text()
    for recipients, settled in ((anna.public, 0), (f"{anna.public}, {ben.public}", 1)):
        root.write_text(re.sub(r"(?m)^state:.*$", f"state: {place % recipients}", plain))
        if not settled:
            house.run("state", "rekey")
        found, _ = examine(house, exit=settled)
    assert health(found)["state"] == "wrong"
    assert [each["id"] for each in found["diagnostics"]] == ["state-rekey-due"]


@pytest.mark.parametrize(
    ("intent", "verdict", "meaning"),
    [
        (CREATE_ANNA, "done", "it had taken effect; the next apply records it"),
        (CREATE_NEW, "not done", "it had not taken effect; the next plan has it again"),
        (UPDATE, "other", "something else is there; the next apply records what is there, and plans what is left"),
        (DELETE, "done", "it had taken effect; the next apply records it"),
        (PASSWORD, "done", "whether the password was set can not be read; the next apply sets it again"),
    ],
    ids=["create, there", "create, not there", "update, something else", "delete, gone", "password"],
)
def test_each_write_in_flight_is_explained(house, intent, verdict, meaning):
    """What was intended, what is there, and what that means; the next apply then does as was said."""
    die(house, intent)
    found, text = examine(house)
    (flying,) = found["in_flight"]
    assert (flying["operation"], flying["verdict"], flying["meaning"]) == (intent.operation, verdict, meaning)
    assert health(found)["journal"] == "look"
    assert intent.operation in text
    assert "Nothing needs a person" in text
    house.run("apply", "--yes")
    assert not examine(house)[0]["in_flight"]


def test_a_broken_provider_hides_no_journal(house):
    """The write is told, with why it can not be known; the other provider is looked at."""
    die(house, UPDATE)
    (house.folder / "state/sandbox.db").write_bytes(b"no database")
    found, text = examine(house, exit=1)
    assert health(found)["provider groupware"] == "wrong"
    assert health(found)["provider zones"] == "ok"
    (flying,) = found["in_flight"]
    assert flying["verdict"] is None
    assert flying["meaning"].startswith("not known: ")
    assert "in-flight-unknown" in [each["id"] for each in found["diagnostics"]]
    assert "need a person" in text


def test_a_provider_whose_block_is_gone_needs_a_person(house):
    """Nobody can ask it, and the next apply does not either."""
    die(house, UPDATE._replace(provider="elsewhere"))
    found, text = examine(house, exit=1)
    assert "provider 'elsewhere' can not be asked" in text
    assert health(found)["journal"] == "wrong"


def test_a_block_that_is_wrong_hides_no_other(house):
    """A provider that can not be made is told; state and journal are looked at all the same."""
    die(house, CREATE_ANNA)
    house.edit(("zones: {type: zonefile, directory: zones}", "zones: {type: zonefile, folder: zones}"))
    found, _ = examine(house, exit=1)
    wrong = [area for area, each in health(found).items() if each == "wrong"]
    assert wrong in (["provider zones"], ["configuration"])


def test_a_configuration_with_mistakes_is_told(house):
    """What it would have named is said not to have been looked at."""
    house.edit(("version: 1", "version: one"))
    found, _ = examine(house, exit=1)
    assert health(found) == {"configuration": "wrong", "state": "skipped", "providers": "skipped"}


def test_a_place_that_can_not_be_reached_is_one_trouble(house):
    """What stops the look at state, lock and history alike is told once, and says nothing of the state itself."""
    house.edit(("{local: state/mail.json}", "{postgres: {dsn: 'host=127.0.0.1 port=1 user=u dbname=d', name: mail}}"))
    found, text = examine(house, exit=1)
    assert [area for area, each in health(found).items() if each == "wrong"] == ["state", "lock", "history"]
    assert text.count("state-postgres-unreachable]") == 1
    assert "can not go on" not in text
    assert text.endswith("1 thing needs a person: what to do stands above.\n")


def test_outcomes_that_were_kept_are_known(house):
    """A write whose outcome is kept needs no reading: the file is named, and the next apply brings it home."""
    applied = Applied(Mailbox(ANNA, "Anna Beispiel", 7 * GB), "groupware", "1")
    ended = Ended(Action.UPDATE, Kind.MAILBOX, ANNA, "groupware", applied=applied)
    fail_to_record(house, ended, intents=[UPDATE])
    found, text = examine(house)
    (flying,) = found["in_flight"]
    (file,) = (house.folder / "state").glob("kept-*")
    assert flying["kept"] == str(file)
    assert health(found)["kept"] == "look"
    assert "brings it home" in text


def test_a_damaged_state_hides_neither_lock_nor_providers(house):
    """What can not be read is told, with what to do; the rest is looked at."""
    (house.folder / "state/mail.json").write_text("{}")
    found, _ = examine(house, exit=1)
    seen = health(found)
    assert (seen["state"], seen["journal"], seen["lock"]) == ("wrong", "skipped", "ok")
    assert seen["provider groupware"] == "ok"


def test_a_torn_end_is_told_and_settles_itself(house):
    """A line that was never completely written counts as not written."""
    die(house, CREATE_ANNA)
    with (house.folder / "state/mail.json.journal").open("ab") as file:
        file.write(b"0badf00d [")
    found, _ = examine(house)
    assert "state-torn" in [each["id"] for each in found["diagnostics"]]


def lock(house, **changes):
    """Write the lock of another machine."""
    now = time.time()
    content = {
        "format": "reconciler.lock/1", "id": "theirs", "owner": "ben", "host": "elsewhere", "pid": 1,
        "operation": "apply", "since": now - 30, "expires": now + 30, "fence": 7, "started": 0, **changes,
    }  # fmt: skip
    (house.folder / "state/mail.json.lock").write_text(json.dumps(content) + "\n")


def test_a_lock_of_somebody_alive_is_nothing_wrong(house):
    """Its writes are under way, and not left behind."""
    die(house, CREATE_ANNA)
    lock(house)
    found, text = examine(house)
    assert health(found)["lock"] == "ok"
    assert found["in_flight"] == []
    assert "1 write under way by the run that holds the lock" in text


def test_a_lock_that_was_left_is_told(house):
    """Its lease is over; the next apply takes it over."""
    lock(house, expires=time.time() - 5)
    found, _ = examine(house)
    assert health(found)["lock"] == "look"


def test_a_lock_from_the_future_says_that_clocks_differ(house):
    """Five minutes ahead: no danger, and worth knowing."""
    lock(house, since=time.time() + 300, expires=time.time() + 360)
    found, _ = examine(house)
    assert health(found)["clock"] == "look"
    assert "clock-differs" in [each["id"] for each in found["diagnostics"]]


def test_a_damaged_history_is_told(house):
    """A folded journal that can not be read needs a person; the state itself is fine."""
    (folded,) = (house.folder / "state/mail.json.history").iterdir()
    folded.write_bytes(folded.read_bytes().replace(b'"', b"'", 3))
    found, _ = examine(house, exit=1)
    assert health(found)["history"] == "wrong"
    assert health(found)["state"] == "ok"


def test_nothing_secret_is_told(house):
    """House.run looks for the passwords in what every command prints; a password write is named, not shown."""
    die(house, PASSWORD)
    found, _ = examine(house)
    assert found["in_flight"][0]["sets_password"] is True
    assert store_of(house).load().in_flight
