"""The end of all mail for others: Postfix's smtp-sink takes it, and a test reads it."""

import contextlib
import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.programs import program
from tests.servers import keeper
from tests.servers.cluster.site import Service, Site, greets

_FACTS = b"X-"  # what smtp-sink puts before a message
_BACKLOG = "50"


@dataclass(frozen=True)
class Caught:
    """A message as it arrived.

    Attributes:
        sender: Of the envelope, without brackets.
        recipients: Of the envelope.
        raw: The message, from the sink's own Received field on.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return email.message_from_bytes(self.raw, _class=EmailMessage, policy=email.policy.default)


def start(site: Site) -> Service:
    """Start the sink; each message becomes a file."""
    owner = keeper.unprivileged() or keeper.Owner(0, 0)
    folder = site.directory("sink", owner)
    port = site.ports["sink"]
    return site.start(
        "sink",
        [program("smtp-sink", "postfix"), "-d", "%Y%m%d%H%M%S.", f"inet:127.0.0.1:{port}", _BACKLOG],
        ports=["sink"],
        answers=lambda: greets(port, b"220"),
        owner=owner,
        cwd=folder,
    )


def caught(folder: Path, pid: int) -> tuple[Caught, ...]:
    """The messages that are all there, the first one first: of the others, the sink still has the file open."""
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    unfinished = set(_opened(pid))
    return tuple(_parsed(path.read_bytes()) for path in files if path not in unfinished)


def _opened(pid: int) -> Iterator[Path]:
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            yield each.readlink()


def _parsed(data: bytes) -> Caught:
    sender, recipients = "", []
    while data.startswith(_FACTS):
        line, _, data = data.partition(b"\n")
        name, _, value = line.decode().partition(": ")
        address = value.partition(">")[0].removeprefix("<")
        if name == "X-Mail-Args":
            sender = address
        elif name == "X-Rcpt-Args":
            recipients.append(address)
    return Caught(sender, tuple(recipients), data)
