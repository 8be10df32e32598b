"""An archive that somebody has worked on brings into a mailbox nothing of others, and lets nothing of it out."""

import io
import tarfile

import pytest

from reconciler.model.resources import Domain, Instance, Mailbox
from reconciler.providers.archive.making import making
from reconciler.providers.archive.manifest import ArchiveError, Counts, Manifest
from reconciler.providers.conformance.harness import GB, create
from tests.groupware.house import in_environment, with_provider

DOMAIN = "tampered.test"
BEN = f"ben@{DOMAIN}"
LINK, HARD, DEVICE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE
#: Files with where they lead; `{other}` is the folder of somebody else.
TAMPERED = {
    "a mailbox that is another's": [("Maildir", LINK, "{other}/Maildir")],
    "a folder that is another's": [("./Maildir/.Mine", LINK, "../../{name}/Maildir")],
    "scripts of another": [("./sieve", LINK, "{other}/sieve"), ("./sieve/a.sieve", tarfile.REGTYPE, "")],
    "one message of another": [("./Maildir/new/1", HARD, "{other}/Maildir/new/1")],
    "a place above": [("../{name}/Maildir/new/1", tarfile.REGTYPE, "")],
    "a place of the host": [("{other}/Maildir/new/1", tarfile.REGTYPE, "")],
    "what never ends": [("./Maildir/new/1", DEVICE, "")],
}


@pytest.fixture
def host(cluster, monkeypatch):
    """A cluster with a mailbox that nobody has written to."""
    in_environment(monkeypatch, cluster.environment)
    made = [Instance("tampered", GB), Domain(DOMAIN, "tampered"), Mailbox(BEN, "Ben", GB)]
    with_provider(cluster, lambda provider: provider.writer().write([create(each) for each in made]))
    return cluster


@pytest.mark.parametrize("what", TAMPERED)
def test_what_leads_out_is_refused(host, tmp_path, what):
    """The whole archive is, before anything of it is unpacked, though its manifest fits its files."""
    with making(tmp_path / "archive") as draft:
        with tarfile.open(draft.folder / "mail.tar", "w") as tar:
            for name, sort, to in TAMPERED[what]:
                member = tarfile.TarInfo(name.format(name="other", other=host.vmail / "other"))
                member.type, member.linkname = sort, to.format(name="other", other=host.vmail / "other")
                tar.addfile(member, io.BytesIO())
        (draft.folder / "sogo.plist").write_text("")
        draft.finish(Manifest(BEN, "sogo", "Ben", None, (), "2026-01-01T00:00:00+00:00", Counts()))
    before = sorted(host.vmail.iterdir())
    with pytest.raises(ArchiveError, match="leads out of it"):
        with_provider(host, lambda provider: provider.archivist().restore(tmp_path / "archive", BEN))
    assert sorted(host.vmail.iterdir()) == before
