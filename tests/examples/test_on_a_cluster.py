"""The pages that need a mail host tell the truth on one."""

import imaplib
import ssl

import pytest

from scripts import company
from scripts.console import run
from scripts.generate import ROOT
from scripts.house import House
from tests.examples import legacy
from tests.servers import cluster as groupware
from tests.servers.cluster.site import conf


def told(page, workspace, folder, settle):
    """Hold a page to what its commands do, in order."""
    for _, steps in run((ROOT / page).read_text(), workspace, folder, settle):
        for ran in steps:
            assert ran.holds, f"$ {ran.step.command}\n{ran.output}(exit {ran.exit}, {page} says {ran.step.exit})"


def let_in(host, address, password):
    """Whether Dovecot knows the password."""
    with imaplib.IMAP4(host.host, host.ports["imap"]) as client:
        client.starttls(ssl.create_default_context(cafile=str(host.certificate)))
        return client.login(address, password)[0] == "OK"


def test_the_company_on_a_cluster(cluster, tmp_path):
    """Its page is followed to the end, and then Dovecot lets in the people who are left."""
    copy = tmp_path / "tree/examples/cluster"
    told("examples/cluster/README.md", tmp_path, "examples/cluster", lambda _: company.move_in(cluster, copy).env)
    passwords = dict(company.logins(House(copy)))
    assert list(passwords) == ["anna@meadow.example", "ben@meadow.example", "carla@orchard.example"]
    assert all(let_in(cluster, *login) for login in passwords.items())


@pytest.fixture
def lived_in():
    """A mail host of its own: what others made on it would be imported too."""
    with groupware.running(postfixadmin=True) as host:
        yield host


def test_the_way_from_postfixadmin(lived_in, tmp_path):
    """The guide is followed to the end: the old passwords, PostfixAdmin beside it, a role that only plans."""
    folder = tmp_path / "tree/mail"
    told("docs/guides/postfixadmin.md", tmp_path, "mail", lambda _: legacy.settle(lived_in, folder))
    assert let_in(lived_in, "anna@lantern.example", legacy.PASSWORD)
    paths = lived_in.execute("SELECT rtrim(maildir, '/'), storage FROM mailbox JOIN groupware.login USING (username)")
    assert len(paths) == 3
    assert all(old == new for old, new in paths)
    lived_in.execute("CREATE ROLE mailplan LOGIN PASSWORD 'plan'")
    lived_in.execute(conf("grants-plan.sql", {}))
    reading = {**lived_in.environment, "GROUPWARE_DSN": lived_in.server.dsn_for("mail", "mailplan", "plan")}
    assert "Nothing to do" in House(folder, reading).run("plan", exit=0).out
    lived_in.admin.cli("alias", "update", "abuse@lantern.example", "--goto", "ben@lantern.example")
    told_again = House(folder, lived_in.environment).run("drift", exit=2)
    assert "abuse@lantern.example" in told_again.out
