"""Starting a cluster: PostgreSQL and BIND first, then everything else at once."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.programs import as_root, program
from tests.servers import bind, keeper, postgres
from tests.servers.cluster import dovecot, memcached, nginx, opendkim, postfix, sink, sogo, tls
from tests.servers.cluster import postfixadmin as forms
from tests.servers.cluster.cluster import Cluster
from tests.servers.cluster.postfixadmin import PostfixAdmin
from tests.servers.cluster.site import HOST, PortTaken, Service, Site, conf, free_ports

#: Roles of PostgreSQL: the owner of PostfixAdmin's tables, reconciler, Postfix with Dovecot, and SOGo.
ROLES = ("postfixadmin", "mailadmin", "mailread", "sogo")
#: What listens on a port of its own.
LISTENERS = ("smtp", "submission", "sink", "imap", "sieve", "doveadm", "sogo", "web", "postfixadmin")
#: Owner of all mail; needs no entry in /etc/passwd.
VMAIL = 25000

_PROGRAMS = {
    "postfix": "postfix postfix-pgsql",
    "dovecot": "dovecot-core dovecot-imapd dovecot-lmtpd dovecot-pgsql dovecot-managesieved dovecot-sieve",
    "sogod": "sogo",
    "memcached": "memcached",
    "nginx": "nginx-light",
    "opendkim": "opendkim",
    "openssl": "openssl",
    "named": "bind9",
}
#: In the order in which they are started; the last one is stopped first.
_SERVICES: tuple[Callable[[Site], Service], ...] = (
    memcached.start,
    sogo.start,
    sink.start,
    opendkim.start,
    dovecot.start,
    postfix.start,
    nginx.start,
)


@contextlib.contextmanager
def running(*, postfixadmin: bool = False, durable: bool = False) -> Iterator[Cluster]:
    """A cluster that is gone when the block ends.

    Args:
        postfixadmin: Whether PostfixAdmin makes the tables and shows its forms; without, reconciler has to make them.
        durable: Whether the database waits for the disk at each commit; without, tests are faster.
    """
    began = time.monotonic()
    _require(with_forms=postfixadmin)
    passwords = {role: secrets.token_hex(12) for role in ROLES}
    with contextlib.ExitStack() as stack:
        with ThreadPoolExecutor() as pool:
            naming = pool.submit(lambda: stack.enter_context(bind.running()))
            server = stack.enter_context(postgres.running(durable=durable))
            _make_databases(server, passwords)
            names = naming.result()
        while True:
            with contextlib.ExitStack() as attempt:
                nest = attempt.enter_context(keeper.kept())
                try:
                    cluster = _started(nest, server, names, passwords, with_forms=postfixadmin, began=began)
                except PortTaken:
                    continue
                stack.push(attempt.pop_all())
                break
        yield cluster


def _require(*, with_forms: bool) -> None:
    """Skip the test, or fail in CI, where something is missing."""
    as_root("a mail host")
    postgres.binaries()
    for name, packages in _PROGRAMS.items():
        program(name, packages)
    if with_forms:
        forms.require()


def _make_databases(server: postgres.Server, passwords: Mapping[str, str]) -> None:
    with server.connect() as connection:
        # one by one: CREATE DATABASE is not done within a transaction
        for statement in conf("roles.sql", _named(passwords)).split(";\n"):
            connection.execute(statement.encode())


def _named(passwords: Mapping[str, str]) -> dict[str, str]:
    return {f"{role}_password": password for role, password in passwords.items()}


def _started(
    nest: keeper.Keeper,
    server: postgres.Server,
    names: bind.Bind,
    passwords: Mapping[str, str],
    *,
    with_forms: bool,
    began: float,
) -> Cluster:
    """Start everything else, each service without waiting for another.

    Raises:
        PortTaken: If somebody was faster to take a port; nothing of the databases has changed then.
    """
    site = _site(nest, server, passwords)
    certificate = tls.make(site)
    sogo.prepare(site)
    services = [start(site) for start in _SERVICES]
    admin = None
    if with_forms:
        service, admin = forms.start(site)
        services.append(service)
    for service in services:
        service.wait()
    _make_tables(server, admin)
    return Cluster(
        host=HOST,
        ports=site.ports,
        folder=site.folder,
        certificate=certificate,
        server=server,
        names=names,
        passwords=passwords,
        doveadm_key=site.values["doveadm_key"],
        services={service.name: service for service in services},
        admin=admin,
        seconds=time.monotonic() - began,
    )


def _site(nest: keeper.Keeper, server: postgres.Server, passwords: Mapping[str, str]) -> Site:
    # many users pass through, and none of them has to see what is there
    nest.folder.chmod(0o711)
    ports = free_ports(LISTENERS)
    values = {
        **{name: str(port) for name, port in ports.items()},
        **_named(passwords),
        "folder": str(nest.folder),
        "postgres": str(server.port),
        "sogo_database": f"postgresql://sogo:{passwords['sogo']}@{HOST}:{server.port}/sogo",
        "doveadm_key": secrets.token_hex(16),
        "vmail": str(VMAIL),
        "vmail_root": str(nest.folder / "vmail"),
    }
    site = Site(nest, ports, values)
    for name in ("log", "bin"):
        site.directory(name)
    return site


def _make_tables(server: postgres.Server, admin: PostfixAdmin | None) -> None:
    """Have PostfixAdmin make its tables, where there is one, and say who may use the schema `public`."""
    if admin is not None:
        admin.upgrade()
    with server.connect("mail") as connection:
        if admin is None:
            connection.execute(conf("grants-alone.sql", {}).encode())
            return
        connection.execute(forms.ALL_DOMAINS.encode())
        connection.execute("SET ROLE postfixadmin")
        connection.execute(conf("grants-postfixadmin.sql", {}).encode())
    superadmin = ("--superadmin", "1", "--active", "1")
    admin.cli("admin", "add", admin.login, "--password", admin.password, "--password2", admin.password, *superadmin)
