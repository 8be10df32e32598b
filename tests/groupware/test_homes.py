"""Files are saved and removed where Dovecot has them, or not at all."""

import pytest

from reconciler.model.kinds import Kind
from reconciler.model.resources import Domain, Instance, Mailbox
from reconciler.providers.conformance.harness import GB, create, delete
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Failed
from tests.groupware.house import in_environment, with_provider

DOMAIN = "homes.test"
ANNA = f"anna@{DOMAIN}"


@pytest.fixture
def host(cluster, monkeypatch):
    """A cluster with one mailbox, whose daemons go on with the folder that PostfixAdmin would have given it."""
    in_environment(monkeypatch, cluster.environment)

    async def work(provider):
        made = [Instance("homes", GB), Domain(DOMAIN, "homes"), Mailbox(ANNA, "Anna", GB)]
        await provider.writer().write([create(each) for each in made])

    with_provider(cluster, work)
    cluster.execute("UPDATE groupware.storage SET path = %s WHERE username = %s", [f"{DOMAIN}/anna", ANNA])
    cluster.doveadm("mailbox", "create", "-u", ANNA, "Kept")
    yield cluster
    cluster.execute("UPDATE groupware.storage SET path = %s WHERE username = %s", [f"{DOMAIN}/anna", ANNA])
    with_provider(cluster, _delete)
    assert not (cluster.vmail / DOMAIN / "anna").exists()


async def _delete(provider):
    """Delete Anna, as a plan would."""
    found = await provider.reader().look_up(Kind.MAILBOX, [ANNA])
    (outcome,) = await provider.writer().write([delete(found[ANNA])])
    return outcome


def _elsewhere(host, storage):
    """What becomes of a deletion and of a backup where reconciler has the files somewhere else than Dovecot."""

    async def back_up(provider):
        await provider.archivist().back_up(ANNA, host.folder / "never")

    outcome = with_provider(host, _delete, host={**host.provider["host"], "storage": str(storage)})
    with pytest.raises(ProviderError) as refused:
        with_provider(host, back_up, host={**host.provider["host"], "storage": str(storage)})
    return outcome, str(refused.value)


def test_files_that_dovecot_has_elsewhere_are_neither_saved_nor_removed(host):
    """Nothing is closed, nothing is archived as empty, and both places are named."""
    (host.folder / "other").mkdir()
    (host.folder / "other").chmod(0o755)
    outcome, said = _elsewhere(host, host.folder / "other")
    assert isinstance(outcome, Failed)
    assert outcome.certain
    assert str(host.vmail / DOMAIN / "anna") in outcome.message
    assert str(host.folder / "other" / DOMAIN / "anna") in said
    assert not (host.folder / "never").exists()
    assert host.execute("SELECT active FROM mailbox WHERE username = %s", [ANNA]) == [(True,)]
    assert "Kept" in host.doveadm("mailbox", "list", "-u", ANNA)


def test_of_a_mailbox_that_is_switched_off_the_disk_tells(host):
    """Dovecot knows nothing of it; files in the folder of PostfixAdmin, and none in ours, are enough to say no."""
    host.execute("UPDATE groupware.storage SET path = 'nowhere' WHERE username = %s", [ANNA])
    host.execute("UPDATE mailbox SET active = false WHERE username = %s", [ANNA])
    outcome, said = _elsewhere(host, host.vmail)
    assert isinstance(outcome, Failed)
    assert f"{DOMAIN}/anna" in said
    assert (host.vmail / DOMAIN / "anna" / "Maildir" / ".Kept").is_dir()
