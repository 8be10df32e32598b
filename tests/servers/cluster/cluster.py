"""A running cluster: where it answers, and what a test does with it behind the back of the code."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.programs import program
from tests.servers import bind, postgres
from tests.servers.cluster import dovecot, memcached, opendkim, postfix, sink, sogo
from tests.servers.cluster.postfixadmin import PostfixAdmin
from tests.servers.cluster.sink import Caught
from tests.servers.cluster.site import ENVIRONMENT, Service
from tests.servers.keeper import ServerFailed

_MINUTE = 60


def as_user(user: str | int, group: str | int) -> tuple[str, ...]:
    """The words before a command by which root runs it as somebody else."""
    return "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"


@dataclass(frozen=True)
class Cluster:
    """A running mail host with groupware.

    Attributes:
        host: 127.0.0.1.
        ports: `smtp` takes mail from outside and `submission` from people, `imap` and `sieve` are Dovecot's, `doveadm`
            is its HTTP interface, `web` is nginx before SOGo, `sogo` is sogod itself, `sink` takes mail for others.
        folder: All of it; gone when the cluster is.
        certificate: What a client has to trust for STARTTLS.
        server: PostgreSQL.
        names: BIND, without a zone until a test adds one.
        passwords: Of each role.
        doveadm_key: Opens the HTTP interface.
        services: The daemons by name, PostgreSQL and BIND aside.
        admin: PostfixAdmin, where the cluster has it.
        seconds: How long it took to start.
    """

    host: str
    ports: Mapping[str, int]
    folder: Path
    certificate: Path
    server: postgres.Server
    names: bind.Bind
    passwords: Mapping[str, str]
    doveadm_key: str
    services: Mapping[str, Service]
    admin: PostfixAdmin | None
    seconds: float

    @property
    def webmail(self) -> str:
        """Where people log in with a browser."""
        return f"http://{self.host}:{self.ports['web']}/SOGo/"

    @property
    def doveadm_url(self) -> str:
        """Root of doveadm's HTTP interface."""
        return f"http://{self.host}:{self.ports['doveadm']}"

    @property
    def memcached(self) -> Path:
        """The socket of SOGo's cache."""
        return memcached.path(self.folder)

    @property
    def vmail(self) -> Path:
        """Where the mail lies: the column `storage` of `groupware.login` names folders in it."""
        return self.folder / "vmail"

    @property
    def doveadm_command(self) -> Path:
        """`doveadm` of this cluster, for root."""
        return dovecot.command(self.folder)

    @property
    def sogo_tool_command(self) -> Path:
        """`sogo-tool` of this cluster, for SOGo's user."""
        return sogo.command(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """The secrets that `provider` names, as reconciler's environment has to have them."""
        return {
            "GROUPWARE_DSN": self.dsn(),
            "SOGO_DSN": self.dsn("sogo", "sogo"),
            "DOVEADM_KEY": self.doveadm_key,
        }

    @property
    def provider(self) -> dict[str, Any]:
        """The block of a configuration that makes this cluster a provider."""
        return {
            "type": "sogo",
            "database": {"env": "GROUPWARE_DSN"},
            "sogo_database": {"env": "SOGO_DSN"},
            "doveadm": {"url": self.doveadm_url, "key": {"env": "DOVEADM_KEY"}},
            "memcached": str(self.memcached),
            "passwords": {"scheme": "blf-crypt", "rounds": 4},
            "host": {
                "storage": str(self.vmail),
                "as_sogo": list(as_user("sogo", "sogo")),
                "as_mail": list(as_user(self.vmail.stat().st_uid, self.vmail.stat().st_gid)),
                "sogo_tool": [str(self.sogo_tool_command)],
                "doveadm": [str(self.doveadm_command)],
            },
            "published": {"mx": "10 mail.cluster.test"},
        }

    def dsn(self, role: str = "mailadmin", database: str = "mail") -> str:
        """A role's way in to PostgreSQL; `postgres` is the superuser."""
        return self.server.dsn_for(database, role, self.passwords.get(role))

    def execute(
        self, statement: str, parameters: Sequence[Any] = (), *, role: str = "postgres", database: str = "mail"
    ) -> list[tuple[Any, ...]]:
        """Carry out one statement in a transaction of its own, or several without parameters; return the rows."""
        with psycopg.connect(self.dsn(role, database)) as connection:
            done = connection.execute(statement.encode(), parameters or None)
            return done.fetchall() if done.description else []

    def doveadm(self, *words: str | Path) -> str:
        """Give Dovecot an order."""
        return self._run(self.doveadm_command, *words)

    def sogo_tool(self, *words: str | Path) -> str:
        """Give SOGo an order."""
        return self._run(*as_user("sogo", "sogo"), self.sogo_tool_command, *words)

    def postfix(self, *words: str | Path) -> str:
        """Give Postfix an order, such as `reload`.

        After a query that has failed, of a view that was not there, say, it asks nothing for a minute but for that.
        """
        return self._run(program("postfix", "postfix"), "-c", postfix.configuration(self.folder), *words)

    def postqueue(self, *words: str) -> str:
        """Give Postfix's queue an order, such as `-f`: try to deliver all of it now."""
        return self._run(program("postqueue", "postfix"), "-c", postfix.configuration(self.folder), *words)

    def queue(self) -> list[dict[str, Any]]:
        """The messages that Postfix still has."""
        return [json.loads(line) for line in self.postqueue("-j").splitlines()]

    def cache(self, command: str) -> str:
        """Give SOGo's cache a command that is answered by one line."""
        return memcached.ask(self.folder, command)

    def flush(self) -> None:
        """Have SOGo forget whom it knows."""
        answer = self.cache("flush_all")
        if answer != "OK":
            raise ServerFailed(f"memcached: {answer or 'no answer'}")

    def dkim_key(self, domain: str, selector: str = "mail") -> str:
        """Make a key that mail of a domain is signed with from now on; return the value of the TXT record for it."""
        return opendkim.add_key(self.folder / "opendkim", self.services["opendkim"].daemon.pid, domain, selector)

    def mail_in_sink(self, recipient: str | None = None) -> tuple[Caught, ...]:
        """What left for other hosts, the first one first; for one recipient, or all of it."""
        found = sink.caught(self.folder / "sink", self.services["sink"].daemon.pid)
        return tuple(each for each in found if recipient is None or recipient in each.recipients)

    def logs(self) -> Mapping[str, str]:
        """The end of each log, by the service's name."""
        tails = {name: service.daemon.tail() for name, service in self.services.items()}
        return {**tails, "postgres": self.server.daemon.tail(), "named": self.names.daemon.tail()}

    def _run(self, *words: str | Path) -> str:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_MINUTE,
            check=False,
        )
        if done.returncode:
            said = f"{done.stdout}{done.stderr}"
            raise ServerFailed(f"{' '.join(map(str, words))}: exit {done.returncode}\n{said}")
        return done.stdout
