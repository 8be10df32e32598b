"""PostfixAdmin: a private copy of Debian's, which makes its tables itself and shows its forms beside reconciler."""

import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.programs import lacking, program
from tests.servers import keeper
from tests.servers.cluster.site import ENVIRONMENT, HOST, ROOT, Service, Site, serves, write
from tests.servers.keeper import Owner, ServerFailed

#: What setup.php does before it makes the first administrator: "all domains" is a row that rights refer to.
ALL_DOMAINS = "INSERT INTO domain (domain, description, transport) VALUES ('ALL', '', '')"
#: The first administrator.
ADMINISTRATOR = "admin@cluster.test"

_PACKAGE = Path("/usr/share/postfixadmin")
#: Debian's own settings of the database, which ours override; the file has to be there.
_NO_DATABASE = "<?php $dbuser = $dbpass = $dbname = $dbport = $dbserver = $basepath = ''; $dbtype = 'pgsql';\n"
_MINUTE = 60


@dataclass(frozen=True)
class PostfixAdmin:
    """A running PostfixAdmin.

    Attributes:
        url: Where administrators log in; people change their passwords at `users/` of it.
        login: Of an administrator who may do everything.
        password: Of that administrator.
        app: Its folder.
        settings: What PHP is told on the command line.
    """

    url: str
    login: str
    password: str
    app: Path
    settings: tuple[str, ...]

    def cli(self, *words: str) -> str:
        """Do something as its forms would, such as `domain add one.test`.

        Raises:
            ServerFailed: If it says that it could not.
        """
        return self._run(self.app / "scripts" / "postfixadmin-cli.php", *words)

    def upgrade(self) -> str:
        """Let it make or change its tables; it answers with a page of HTML."""
        return self._run("upgrade.php", cwd=self.app / "public")

    def _run(self, *words: str | Path, cwd: Path | None = None) -> str:
        owner = _owner()
        done = subprocess.run(
            [program("php", "php-cli"), *self.settings, *words],
            cwd=cwd or self.app,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_MINUTE,
            check=False,
            user=owner.uid,
            group=owner.gid,
            extra_groups=[],
        )
        if done.returncode:
            raise ServerFailed(f"PostfixAdmin, {words[0]}: exit {done.returncode}\n{done.stdout}")
        return done.stdout


def require() -> None:
    """Skip the test, or fail in CI, where it is not installed."""
    program("php", "php-cli")
    if not _PACKAGE.is_dir():
        lacking("PostfixAdmin", "postfixadmin php-pgsql php-cgi")


def start(site: Site) -> tuple[Service, PostfixAdmin]:
    """Copy it and start PHP's own web server on the copy; its tables are not made yet."""
    owner, port = _owner(), site.ports["postfixadmin"]
    folder = site.directory("postfixadmin")
    app, sessions = folder / "app", site.directory("postfixadmin/sessions", owner, 0o700)
    # a copy, and not links: PHP finds a file's neighbours from where the file really lies, and that would be /etc
    shutil.copytree(_PACKAGE, app, ignore=shutil.ignore_patterns("templates_c"), ignore_dangling_symlinks=True)
    site.directory("postfixadmin/app/templates_c", owner, 0o700)
    readers = ROOT._replace(gid=owner.gid)
    site.conf("postfixadmin.php", app / "config.local.php", readers, 0o640)
    write(app / "dbconfig.inc.php", _NO_DATABASE)
    # the reports of PHP are in the log of the service
    settings = {"session.save_path": str(sessions), "display_errors": "0", "log_errors": "1"}
    options = _options({**settings, "sendmail_path": "/bin/false"})
    service = site.start(
        "postfixadmin",
        [program("php", "php-cli"), *options, "-S", f"{HOST}:{port}", "-t", app / "public"],
        ports=["postfixadmin"],
        answers=lambda: serves(port, "/index.php", 302),
        owner=owner,
    )
    # three letters and two digits are its rule
    password = f"pfa42{secrets.token_hex(6)}"
    return service, PostfixAdmin(f"http://{HOST}:{port}/", ADMINISTRATOR, password, app, options)


def _options(settings: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for name, value in settings.items() for word in ("-d", f"{name}={value}"))


def _owner() -> Owner:
    return keeper.unprivileged() or ROOT
