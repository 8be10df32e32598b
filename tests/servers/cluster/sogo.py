"""SOGo: sogod, and sogo-tool as a command."""

from collections.abc import Mapping
from pathlib import Path

from tests.programs import program
from tests.servers.cluster.site import Service, Site, serves, user, write

#: GNUstep's own settings. SOGo takes no path of a configuration file; the folder of a user's preferences is named here.
_GNUSTEP = Path("/etc/GNUstep/GNUstep.conf")
_PREFERENCES = "GNUSTEP_USER_DEFAULTS_DIR="
_TOOL = """\
#!/bin/sh
exec env {environment} "{tool}" "$@"
"""


def prepare(site: Site) -> None:
    """Make the folders, in which memcached's socket will lie as well, and `sogo-tool`."""
    owner = user("sogo")
    folder = site.directory("sogo", owner)
    for name in ("spool", "home", "preferences"):
        site.directory(f"sogo/{name}", owner, 0o700)
    site.conf("sogo.plist", folder / "preferences" / "sogod.plist", owner, 0o600)
    write(folder / "GNUstep.conf", _gnustep(folder / "preferences"))
    environment = " ".join(f'{name}="{value}"' for name, value in _environment(folder).items())
    write(command(site.folder), _TOOL.format(environment=environment, tool=program("sogo-tool", "sogo")), mode=0o755)


def start(site: Site) -> Service:
    """Start sogod as its user: it must be able to read Debian's sogo.conf, though all of it is overridden."""
    port, folder = site.ports["sogo"], site.folder / "sogo"
    words: list[str | Path] = ["-WONoDetach", "YES", "-WOPidFile", folder / "sogo.pid", "-WOLogFile", "-"]
    return site.start(
        "sogo",
        [program("sogod", "sogo"), *words],
        ports=["sogo"],
        answers=lambda: serves(port, "/SOGo/"),
        owner=user("sogo"),
        env=_environment(folder),
    )


def command(folder: Path) -> Path:
    """`sogo-tool` of this SOGo, for SOGo's user."""
    return folder / "bin" / "sogo-tool"


def _environment(folder: Path) -> Mapping[str, str]:
    return {"HOME": str(folder / "home"), "GNUSTEP_CONFIG_FILE": str(folder / "GNUstep.conf")}


def _gnustep(preferences: Path) -> str:
    lines = _GNUSTEP.read_text().splitlines()
    return "\n".join(f"{_PREFERENCES}{preferences}" if line.startswith(_PREFERENCES) else line for line in lines) + "\n"
