"""Passwords: had before the first write, handed to one call, and written nowhere else."""

import stat
import sys

import pytest

from reconciler.apply.result import Status
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.model.source import Origin
from reconciler.plan.document import Change
from reconciler.providers.writer import Failed
from tests.apply.imaginary import Platform, create, mailbox, operation, update

ANNA, BEN = mailbox("anna"), mailbox("ben")


def declare(stage, resource, source: SecretSource, *argument: str):
    reference = SecretRef(source, argument, str(stage.folder))
    declaration = Declaration(resource, "g", Origin("x", 0), password=reference)
    stage.declarations[Kind.MAILBOX, resource.key] = declaration


def passwords(stage) -> list[str]:
    return [write.password.reveal() for write in stage.platform.written]


def test_each_source_yields_its_secret_and_none_reaches_state(stage, monkeypatch):
    """Environment, file and command; a closing newline is not part of it."""
    monkeypatch.setenv("ANNA_PASSWORD", "from-the-environment")
    (stage.folder / "ben").write_text("from-the-file\n", encoding="utf-8")
    (stage.folder / "ben").chmod(0o600)
    declare(stage, ANNA, SecretSource.ENV, "ANNA_PASSWORD")
    declare(stage, BEN, SecretSource.FILE, str(stage.folder / "ben"))
    carl = mailbox("carl")
    declare(stage, carl, SecretSource.COMMAND, sys.executable, "-c", "print('from-the-command')")
    stage.platform = Platform(concurrency=1)
    result = stage.run(create(ANNA), create(BEN), create(carl))
    assert passwords(stage) == ["from-the-environment", "from-the-file", "from-the-command"]
    assert not result.warnings
    for path in [*stage.folder.glob("mail.json"), *stage.folder.glob("mail.json.*/*")]:
        assert b"from-the" not in path.read_bytes()


def test_a_journal_that_is_left_behind_holds_no_secret(stage, monkeypatch):
    """Neither does the repr of a write, which a log might print."""
    monkeypatch.setenv("ANNA_PASSWORD", "s3cret")
    declare(stage, ANNA, SecretSource.ENV, "ANNA_PASSWORD")
    seen = []
    stage.platform.during = lambda batch: seen.append(
        (stage.folder / "mail.json.journal").read_bytes() + repr(batch).encode()
    )
    stage.run(create(ANNA))
    assert seen
    assert b"s3cret" not in b"".join(seen)


@pytest.mark.parametrize(
    ("source", "argument", "said"),
    [
        (SecretSource.ENV, ("NOT_SET_AT_ALL",), "no variable NOT_SET_AT_ALL"),
        (SecretSource.FILE, ("no-such-folder/secret",), "can not be read"),
        (SecretSource.COMMAND, ("no-such-folder/secret",), "can not be run"),
        (SecretSource.COMMAND, (sys.executable, "-c", "raise SystemExit(3)"), "exit code 3"),
        (SecretSource.COMMAND, (sys.executable, "-c", ""), "is empty"),
        (SecretSource.COMMAND, (sys.executable, "-c", "import time; time.sleep(60)"), "did not end within 0.2 s"),
        (SecretSource.GENERATE, ("a-file/secret",), "can not be read: Not a directory"),
    ],
)
def test_a_secret_that_can_not_be_had_changes_nothing(stage, source, argument, said):
    """It is found out before the first write, and names the source."""
    if not argument[0].startswith(("/", "NOT")):
        argument = (str(stage.folder / argument[0]),)
    (stage.folder / "a-file").touch()
    declare(stage, BEN, source, *argument)
    stage.patience = {"command": 0.2} if "sleep" in argument[-1] else {}
    with pytest.raises(Problem) as caught:
        stage.run(create(ANNA), create(BEN))
    (found,) = caught.value.diagnostics
    assert found.id == "secret-missing"
    assert said in found.message
    assert found.help
    assert not stage.platform.written
    assert not (stage.folder / "mail.json").exists()


def test_every_missing_secret_is_told_at_once(stage):
    """Not one a run."""
    declare(stage, ANNA, SecretSource.ENV, "NOT_SET_1")
    declare(stage, BEN, SecretSource.ENV, "NOT_SET_2")
    with pytest.raises(Problem) as caught:
        stage.run(create(ANNA), create(BEN))
    assert len(caught.value.diagnostics) == 2


def test_a_generated_password_is_in_its_file_before_the_call_and_for_its_owner_alone(stage):
    """A crash after the call leaves nobody without the password."""
    path = stage.folder / "anna.password"
    declare(stage, ANNA, SecretSource.GENERATE, str(path))
    seen = []
    stage.platform.during = lambda _: seen.append(path.read_text(encoding="utf-8").strip())
    stage.run(create(ANNA))
    assert passwords(stage) == seen
    assert len(seen[0]) >= 24
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in stage.folder.iterdir()) == [
        "anna.password", "mail.json", "mail.json.history",
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["kept\n", ""])
def test_a_file_with_a_password_is_used_and_never_written_over(stage, content):
    """What an earlier run generated is still the password; an empty file is filled."""
    path = stage.folder / "anna.password"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    declare(stage, ANNA, SecretSource.GENERATE, str(path))
    stage.run(create(ANNA))
    assert passwords(stage) == [path.read_text(encoding="utf-8").strip()]
    assert path.read_text(encoding="utf-8").strip()
    if content:
        assert path.read_text(encoding="utf-8") == content


def test_nothing_is_generated_for_what_is_never_created(stage):
    """A skipped operation leaves no password file behind."""
    path = stage.folder / "anna.password"
    declare(stage, ANNA, SecretSource.GENERATE, str(path))
    stage.platform.script[BEN.key] = [Failed("no")]
    first = create(BEN)
    stage.run(first, create(ANNA, first))
    assert not path.exists()


def test_an_open_password_file_is_warned_of(stage):
    """The run goes on."""
    path = stage.folder / "anna.password"
    path.write_text("x", encoding="utf-8")
    path.chmod(0o644)
    declare(stage, ANNA, SecretSource.FILE, str(path))
    result = stage.run(create(ANNA))
    assert result.exit_code == 0
    assert [each.id for each in result.warnings] == ["secret-file-open"]


def test_a_password_is_set_on_creation_and_on_a_raised_version_alone(stage, monkeypatch):
    """Adopting never sets one, nor does another change; a raised version does."""
    monkeypatch.setenv("ANNA_PASSWORD", "s3cret")
    declare(stage, ANNA, SecretSource.ENV, "ANNA_PASSWORD")
    stage.platform = Platform(ANNA)
    stage.run(operation(Action.ADOPT, ANNA, fields={"password_version": Change(None, 1)}))
    stage.run(update(ANNA, mailbox("anna", 2)))
    assert [write.password for write in stage.platform.written] == [None]
    result = stage.run(update(mailbox("anna", 2), mailbox("anna", 2), remember={"password_version": (1, 2)}))
    assert [outcome.status for outcome in result.outcomes.values()] == [Status.DONE]
    assert stage.platform.written[1].password.reveal() == "s3cret"
    assert stage.platform.written[1].changed == {"password"}
    assert stage.applied.get(Kind.MAILBOX, ANNA.key).remember.password_version == 2


def test_a_lowered_version_sets_no_password(stage, monkeypatch):
    """A revert is no wish to set it again: the lower version is remembered, and nothing is written."""
    monkeypatch.setenv("ANNA_PASSWORD", "s3cret")
    declare(stage, ANNA, SecretSource.ENV, "ANNA_PASSWORD")
    stage.platform = Platform(ANNA)
    stage.run(operation(Action.ADOPT, ANNA, fields={"password_version": Change(None, 3)}))
    stage.run(update(ANNA, ANNA, remember={"password_version": (3, 2)}))
    assert stage.platform.written == []
    assert stage.applied.get(Kind.MAILBOX, ANNA.key).remember.password_version == 2


def test_a_command_that_fails_is_named_without_its_arguments(stage):
    """An argument may be a token: the message names the program alone."""
    declare(stage, ANNA, SecretSource.COMMAND, sys.executable, "-c", "import sys; sys.exit(3)", "t0ken")
    with pytest.raises(Problem) as stopped:
        stage.run(create(ANNA))
    assert "ended with exit code 3" in str(stopped.value)
    assert "t0ken" not in str(stopped.value)
