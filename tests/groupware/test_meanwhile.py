"""What somebody else does to a mailbox while it is being deleted costs no mail: in doubt, its files stay."""

from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from reconciler.model.kinds import Kind
from reconciler.model.resources import Domain, Instance, Mailbox
from reconciler.providers.archive.manifest import verify
from reconciler.providers.conformance.harness import GB, PASSWORD, create, delete
from reconciler.providers.writer import Done, Failed
from tests.groupware.house import in_environment, with_provider
from tests.groupware.people import DOORS, Person, message
from tests.servers.cluster import Cluster

DOMAIN = "meanwhile.test"
REMOVED = "DELETE FROM mailbox WHERE username = %(a)s"
MADE = """
INSERT INTO mailbox (username, password, name, quota, active, domain, local_part)
SELECT a, '{PLAIN}x', 'Anna', 1000000000, true, split_part(a, '@', 2), split_part(a, '@', 1)
FROM (SELECT %(a)s::text) AS given (a)
"""
OPENED = "UPDATE mailbox SET active = true WHERE username = %(a)s"
RENAMED = "UPDATE mailbox SET username = 'new-' || username WHERE username = %(a)s"
#: Ways to have commands run that spoil one of them, and what is said of it: fails as sudo does where it would have to
#: ask for a password, at each question for the folder of a mailbox; loses the end of what is saved.
SPOILING = {
    'case "$*" in *" test -d "*-*-*-*-*) echo "sudo: a password is required" >&2; exit 1 ;; esac': "a password is",
    'case "$*" in *" tar --create "*) "$@" | head -c 1024; exit ;; esac': "its end is missing",
}


@dataclass(frozen=True)
class Leaver:
    """A mailbox with one message, and its deletion."""

    host: Cluster
    folder: Path
    address: str

    def leave(self, backup: str | None = None, **host: object):
        """Delete it as a plan would, on a mail host with other settings; return the outcome and what is odd then."""
        place = None if backup is None else self.folder / backup

        async def work(provider):
            reader = provider.reader()
            found = await reader.look_up(Kind.MAILBOX, [self.address])
            (outcome,) = await provider.writer().write([replace(delete(found[self.address]), backup=place)])
            await reader.read()
            return outcome, [odd.message for odd in await reader.oddities() if self.address in odd.message]

        return with_provider(self.host, work, host={**self.host.provider["host"], **host})

    def broken_off(self, backup: str | None = None) -> None:
        """Delete it on a day when SOGo's tool does not work: it is closed then, and all of it is there."""
        outcome, odd = self.leave(backup, sogo_tool=["false"])
        assert isinstance(outcome, Failed)
        assert not outcome.retryable, "what is lasting is not tried again and again"
        assert "has begun and not ended" in odd[0]

    def row(self, statement: str) -> None:
        """Do something to its row, as PostfixAdmin would."""
        with psycopg.connect(self.host.dsn("postgres")) as connection:
            connection.execute(statement.encode(), {"a": self.address})

    def back_up(self, place: str) -> None:
        """Make an archive of it by hand."""
        with_provider(self.host, lambda provider: provider.archivist().back_up(self.address, self.folder / place))

    @property
    def person(self) -> Person:
        """Who has it."""
        return Person(self.host, self.address, PASSWORD)

    @property
    def messages(self) -> list[Path]:
        """The messages that are on the disk of whatever lives the address has had."""
        paths = self.host.execute("SELECT path FROM groupware.storage WHERE username LIKE %s", [f"%{self.address}"])
        return [each for (path,) in paths for each in (self.host.vmail / path).glob("Maildir/*/*.*") if each.is_file()]


@pytest.fixture
def leaver(cluster, monkeypatch, tmp_path, request):
    """A mailbox whose address no other test has."""
    in_environment(monkeypatch, cluster.environment)
    name = "".join(each if each.isalnum() else "-" for each in request.node.name.removeprefix("test_"))
    address = f"{name[:40]}{len(name)}@{DOMAIN}"

    async def work(provider):
        made = [Instance("meanwhile", 100 * GB), Domain(DOMAIN, "meanwhile"), Mailbox(address, "Anna", GB)]
        return await provider.writer().write([create(each) for each in made])

    assert isinstance(with_provider(cluster, work)[-1], Done)
    Person(cluster, address, PASSWORD).append("INBOX", message("kept", "friend@elsewhere.test"))
    return Leaver(cluster, tmp_path, address)


@pytest.mark.parametrize("spoilt", SPOILING)
def test_an_archive_is_whole_or_nothing_goes(leaver, spoilt):
    """A question that fails is not taken for `no files there`, and files without their end not for all of them."""
    script = leaver.folder / "spoiling"
    script.write_text(f'#!/bin/sh\n{spoilt}\nexec "$@"\n')
    script.chmod(0o755)
    outcome, _ = leaver.leave("archive", as_mail=[str(script), *leaver.host.provider["host"]["as_mail"]])
    assert SPOILING[spoilt] in outcome.message
    assert not (leaver.folder / "archive").exists()
    assert len(leaver.messages) == 1
    assert isinstance(leaver.leave("archive")[0], Done)
    assert verify(leaver.folder / "archive", leaver.address).counts.messages == 1


def test_removed_by_somebody_else(leaver):
    """Where its row is gone no backup can be made any more, so the files stay until the consent says `waived`."""
    leaver.broken_off("archive")
    leaver.row(REMOVED)
    outcome, _ = leaver.leave("archive")
    assert "somebody else has removed" in outcome.message
    assert len(leaver.messages) == 1
    assert isinstance(leaver.leave()[0], Done)
    assert leaver.messages == []


def test_made_again_by_somebody_else(leaver):
    """The new life goes with a backup of its own; the files of the old one, of which there is none, are told of."""
    leaver.broken_off("archive")
    leaver.row(REMOVED)
    leaver.row(MADE)
    outcome, odd = leaver.leave("archive")
    assert isinstance(outcome, Done)
    assert verify(leaver.folder / "archive", leaver.address).counts.messages == 0
    assert "are still at" in odd[0]
    assert len(leaver.messages) == 1


def test_renamed_by_somebody_else(leaver):
    """The files are another mailbox's now, and stay."""
    leaver.broken_off()
    leaver.row(RENAMED)
    outcome, _ = leaver.leave()
    assert f"those of new-{leaver.address}" in outcome.message
    assert len(leaver.messages) == 1


def test_switched_on_by_somebody_else(leaver):
    """An archive from before may lack mail that came since, so it does not count, and the mailbox stays open."""
    leaver.back_up("archive")
    leaver.broken_off()
    leaver.row(OPENED)
    outcome, odd = leaver.leave("archive")
    assert "was switched on again since" in outcome.message
    assert not odd, "what goes on living is not called leaving"
    assert leaver.person.doors() == DOORS
    leaver.person.append("INBOX", message("late", "friend@elsewhere.test"))
    assert isinstance(leaver.leave("another")[0], Done)
    assert verify(leaver.folder / "another", leaver.address).counts.messages == 2


def test_an_archive_of_a_former_life(leaver):
    """Who had the address before has left an archive; that is none of who has it now."""
    leaver.back_up("archive")
    leaver.row("UPDATE groupware.storage SET created = created + interval '1 day' WHERE username = %(a)s")
    outcome, _ = leaver.leave("archive")
    assert outcome.certain
    assert "name another folder" in outcome.message
    assert len(leaver.person.subjects()) == 1
    assert isinstance(leaver.leave()[0], Done)
