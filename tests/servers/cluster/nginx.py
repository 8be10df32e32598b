"""nginx: what people see of SOGo."""

from tests.programs import program
from tests.servers import keeper
from tests.servers.cluster.site import ROOT, Service, Site, serves


def start(site: Site) -> Service:
    """Start it before SOGo is there, if need be: it only passes on."""
    owner = keeper.unprivileged() or ROOT
    folder = site.directory("nginx", owner)
    conf = site.conf("nginx.conf", folder / "nginx.conf")
    port = site.ports["web"]
    return site.start(
        "nginx",
        [program("nginx", "nginx-light"), "-p", folder, "-e", "stderr", "-c", conf],
        ports=["web"],
        answers=lambda: serves(port, "/", 302),
        owner=owner,
    )
