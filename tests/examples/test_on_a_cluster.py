"""The pages that need a mail host tell the truth on one."""

import imaplib
import ssl

from scripts import company
from scripts.console import run
from scripts.generate import ROOT
from scripts.house import House


def told(page, workspace, folder, settle):
    """Hold a page to what its commands do, in order."""
    for _, steps in run((ROOT / page).read_text(), workspace, folder, settle):
        for ran in steps:
            assert ran.holds, f"$ {ran.step.command}\n{ran.output}(exit {ran.exit}, {page} says {ran.step.exit})"


def test_the_company_on_a_cluster(cluster, tmp_path):
    """Its page is followed to the end, and then Dovecot lets in the people who are left."""
    copy = tmp_path / "tree/examples/cluster"
    told("examples/cluster/README.md", tmp_path, "examples/cluster", lambda _: company.move_in(cluster, copy).env)
    passwords = dict(company.logins(House(copy)))
    assert list(passwords) == ["anna@meadow.example", "ben@meadow.example", "carla@orchard.example"]
    trusting = ssl.create_default_context(cafile=str(cluster.certificate))
    for address, password in passwords.items():
        with imaplib.IMAP4(cluster.host, cluster.ports["imap"]) as client:
            client.starttls(trusting)
            assert client.login(address, password)[0] == "OK"
