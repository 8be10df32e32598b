"""A company on a real cluster: its declaration as values, the command line, and who works there."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import house as processes
from tests.cli.conftest import House, Ran
from tests.groupware.people import Person
from tests.servers.cluster import Cluster


@dataclass
class Company:
    """One instance with one domain, both of the same name, so that no two companies of a cluster meet.

    Attributes:
        host: The cluster.
        folder: Of the configuration.
        name: Of the instance; the domain is `NAME.test`.
        provider: The provider's block.
        mailboxes: As declared, but for the passwords.
        aliases: As declared.
        removed: The tombstones.
        passwords: By address; the environment has them.
        others: More providers by name.
        secrets: What else the environment has.
    """

    host: Cluster
    folder: Path
    name: str
    provider: dict[str, Any] = field(default_factory=dict)
    domains: dict[str, Any] = field(default_factory=dict)
    instances: dict[str, Any] = field(default_factory=dict)
    mailboxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, Any] = field(default_factory=dict)
    removed: list[dict[str, Any]] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.provider = self.provider or self.host.provider
        self.instances = {self.name: {"provider": "groupware", "storage": "1 GB"}}
        self.domains = {self.domain: {"instance": self.name}}

    @property
    def domain(self) -> str:
        """The domain."""
        return f"{self.name}.test"

    def address(self, local: str) -> str:
        """An address of the domain."""
        return f"{local}@{self.domain}"

    def hire(self, local: str, owner: str = "Some Body", quota: str = "10 MB", **more: Any) -> Person:
        """Declare a mailbox, or declare it otherwise; its password stays."""
        address = self.address(local)
        self.mailboxes[address] = {"owner": owner, "quota": quota, **more}
        self.passwords.setdefault(address, f"Grüße an {local}")
        return self.person(local)

    def person(self, local: str) -> Person:
        """Somebody with the password that is declared now."""
        address = self.address(local)
        return Person(self.host, address, self.passwords[address])

    def run(self, *words: str, exit: int = 0) -> Ran:  # noqa: A002 - the shell's word
        """Run `reconciler WORDS` on what is declared now, and hold it to an exit code."""
        ran = self.house.run(*words, exit=exit)
        assert not any(password in ran.out + ran.err for password in self.passwords.values()), "a password was printed"
        return ran

    def apply(self, *words: str, exit: int = 0) -> Ran:  # noqa: A002 - the shell's word
        """Make it so."""
        return self.run("apply", "--yes", *words, exit=exit)

    @property
    def house(self) -> House:
        """The folder with what is declared now."""
        (self.folder / "mail.yaml").write_text(json.dumps(self._declaration(), ensure_ascii=False))
        secrets = {_variable(address): password for address, password in self.passwords.items()}
        return House(self.folder, {**self.host.environment, **self.secrets, **secrets})

    def process(self, **environment: str) -> processes.House:
        """The same folder, in which each command is a process of its own."""
        return processes.House(self.folder, {**self.house.env, **environment})

    def _declaration(self) -> dict[str, Any]:
        return {
            "version": 1,
            "state": {"local": "state/mail.json"},
            "providers": {"groupware": {**self.provider, "billed": False}, **self.others},
            "instances": self.instances,
            "domains": self.domains,
            "mailboxes": {
                address: {**given, "password": {"env": _variable(address)}} for address, given in self.mailboxes.items()
            },
            "aliases": self.aliases,
            "removed": self.removed,
        }


def _variable(address: str) -> str:
    return "PASSWORD_OF_" + "".join(each if each.isalnum() else "_" for each in address).upper()
