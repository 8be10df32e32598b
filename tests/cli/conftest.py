"""A small company in a throw-away folder, and the command line to run in it, within this process."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.app import App
from reconciler.cli.main import cli

MAIL = """\
version: 1
state: {local: state/mail.json}
providers:
  groupware: {type: sandbox, path: state/sandbox.db}
  zones: {type: zonefile, directory: zones}
instances:
  office: {provider: groupware, storage: 50 GB}
domains:
  example.org:
    instance: office
    dns: {provider: zones, dmarc: {policy: none}}
mailboxes:
  anna@example.org: {owner: Anna Beispiel, quota: 5 GB, password: {env: ANNA_PASSWORD}}
  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}
aliases:
  postmaster@example.org: anna@example.org
  abuse@example.org: anna@example.org
  info@example.org: ben@example.org
"""

ZONE = """\
$ORIGIN example.org.
$TTL 3600
@ IN SOA ns1.example.org. hostmaster.example.org. ( 1 7200 3600 1209600 3600 )
  IN NS ns1.example.org.
ns1 IN A 192.0.2.53
www IN A 192.0.2.10
"""

FAMILY = """\
version: 1
state: {local: state/mail.json}
providers:
  mailorg: {type: sandbox, path: state/sandbox.db}
teams:
  family:
    provider: mailorg
    master: anna@mailbox.org
    billing: separate
    plan: standard
    members:
      ben@mailbox.org: {owner: Ben Beispiel, plan: standard, password: {env: BEN_PASSWORD}}
"""

#: Passwords that must never be printed.
SECRETS = {"ANNA_PASSWORD": "korrekt-Pferd-1", "BEN_PASSWORD": "Batterie-Heft-2"}

PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "RECONCILER_TRACEBACK": "", "CI": ""}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    exit: int
    out: str
    err: str

    @property
    def json(self):
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass(slots=True)
class House:
    """A folder with a configuration."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.time

    def run(self, *args, exit=0, stdin=""):  # noqa: A002 - the shell's word
        """Run `reconciler -C FOLDER ARGS`, and hold it to an exit code; None lets any be right."""
        runner = CliRunner(env={**PLAIN, **SECRETS, **self.env})
        done = runner.invoke(cli, ["-C", str(self.folder), *map(str, args)], input=stdin, obj=App(clock=self.clock))
        ran = Ran(done.exit_code, done.stdout, done.stderr)
        assert exit in (ran.exit, None), f"exit {ran.exit}, not {exit}\n{ran.out}\n{ran.err}\n{done.exception!r}"
        assert not any(secret in ran.out + ran.err for secret in SECRETS.values()), "a password was printed"
        return ran

    def edit(self, *changes):
        """Replace texts in mail.yaml, each of which must be there."""
        path = self.folder / "mail.yaml"
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)

    def files(self):
        """Every file and its bytes."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def make(folder, mail):
    """Write a configuration into a new folder."""
    folder.mkdir()
    (folder / "mail.yaml").write_text(mail)
    (folder / "state").mkdir()
    (folder / "zones").mkdir()
    (folder / "zones/example.org.zone").write_text(ZONE)
    return House(folder)


@pytest.fixture
def house(tmp_path):
    """A company that was never applied."""
    return make(tmp_path / "house", MAIL)


@pytest.fixture(scope="session")
def _applied_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("applied") / "house"
    make(folder, MAIL).run("apply", "--yes", "--allow-cost", "instance:office")
    return folder


@pytest.fixture
def applied(_applied_once, tmp_path):
    """The company after its first apply."""
    shutil.copytree(_applied_once, tmp_path / "house")
    return House(tmp_path / "house")


@pytest.fixture
def family(tmp_path):
    """A team that was never applied."""
    return make(tmp_path / "family", FAMILY)


@pytest.fixture
def bare(tmp_path):
    """An empty folder."""
    (tmp_path / "bare").mkdir()
    return House(tmp_path / "bare")
