"""`python -m reconciler.providers.sandbox` plays the outside world: money, mail, support, clicks and time."""

import io
import time

import pytest

from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias
from reconciler.providers.sandbox.__main__ import main

BEN = "ben@mailbox.org"


@pytest.fixture
def outside(world, capsys):
    """Runs a command on a closed file with an office and a family, and gives exit code and output."""
    world.now = time.time()  # the command line has no other clock
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    world.family("shared")
    world.platform.close()

    def run(*arguments):
        code = main([str(world.path), *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def test_everything_is_listed(outside):
    """One line an object, with its fields and facts."""
    code, text = outside("list")
    assert code == 0
    assert len(text.splitlines()) == 7
    assert "mailbox anna@example.org  owner=Anna Beispiel  quota=5000000000" in text


def test_mail_arrives_through_an_alias(outside, world):
    """Delivery says which mailbox has it now."""
    assert outside("deliver", "info@example.org", "--size", "1 MB", "--count", "3")[0] == 0
    assert world.fact(Kind.MAILBOX, "anna@example.org", "used") == 3_000_000
    assert outside("deliver", "nobody@example.org") == (1, "error: 550 nobody@example.org: no such user here\n")


def test_money_comes_and_goes(outside, world):
    """Payments, debits, suspension and the statement, as one family lives through them."""
    assert outside("pay", BEN, "1.50")[0] == 0
    for _ in range(4):
        outside("charge", BEN)
    assert "suspended" in outside("charge", BEN)[1]
    assert world.fact(Kind.TEAM, "family", "standing") == "suspended"
    statement = outside("statement", BEN)[1].splitlines()
    assert len(statement) == 5
    assert "payment (ben@mailbox.org)" in statement[0]


def test_time_passes(outside, world):
    """A trial ends when nobody pays and the days go by."""
    assert outside("advance-days", "200")[0] == 0
    assert world.fact(Kind.MEMBER, BEN, "standing") == "deleted"


def test_support_takes_an_account_out(outside, world):
    """Leaving is possible here and nowhere else."""
    assert outside("leave", BEN)[0] == 0
    assert world.get(Kind.MEMBER, BEN) is None
    assert outside("leave", BEN)[0] == 1


def test_a_new_owner_changes_the_password(outside, world, monkeypatch):
    """The first password is replaced from stdin, and the account counts as handed over."""
    monkeypatch.setattr("sys.stdin", io.StringIO("my own\n"))
    assert outside("passwd", BEN)[0] == 0
    assert world.fact(Kind.MEMBER, BEN, "handed_over") is True


def test_people_click(outside, world):
    """Fields are changed and objects deleted behind the tool's back, under the platform's rules."""
    assert outside("change", "mailbox", "anna@example.org", "quota", "1 GB")[0] == 0
    assert outside("change", "member", BEN, "plan", "premium")[0] == 0
    assert world.get(Kind.MAILBOX, "anna@example.org").resource.quota == 10**9
    assert world.get(Kind.MEMBER, BEN).resource.plan == "premium"
    assert "still has aliases" in outside("delete", "mailbox", "anna@example.org")[1]
    assert outside("delete", "alias", "info@example.org")[0] == 0
    assert outside("delete", "alias", "info@example.org")[0] == 1
    assert outside("change", "mailbox", "anna@example.org", "plan", "light")[0] == 1


@pytest.mark.parametrize("arguments", [["list"], ["pay", BEN, "1"]])
def test_a_file_that_is_not_there_is_an_error(tmp_path, capsys, arguments):
    """No command makes a platform."""
    assert main([str(tmp_path / "none.db"), *arguments]) == 1
    assert "there is no file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
