"""What goes wrong with a name server, in plain sentences with a way out."""

from dataclasses import dataclass

from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Failed


@dataclass(eq=False)
class Trouble(Exception):
    """A question or an update that came to nothing.

    Attributes:
        message: What is wrong, one lower-case sentence that names the thing.
        code: A short name: `key`, `unknown-key`, `clock`, `refused`, `zone`, `unreachable`, `timeout`, `unsigned`,
            `server`, `answer`.
        help: What to do about it.
        transient: Whether trying again later may work.
        certain: Whether it surely had no effect.
    """

    message: str
    code: str
    help: str
    transient: bool = False
    certain: bool = True

    def __str__(self) -> str:
        return self.message

    def error(self) -> ProviderError:
        """As a reader says it."""
        return ProviderError(self.message, help=self.help, transient=self.transient)

    def failed(self) -> Failed:
        """As a writer says it."""
        return Failed(f"{self.message}; {self.help}", self.code, retryable=self.transient, certain=self.certain)


def of_rcode(rcode: str, server: str, zone: str, *, what: str, key: str | None, signed: bool) -> Trouble:
    """Say what a response code means (RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 8945 §5.3).

    Args:
        rcode: Its mnemonic.
        server: Host and port.
        zone: The zone it is about.
        what: What was asked for: `an update`, `the transfer` or `a question`.
        key: Name of the key that signed it; None where nothing was signed.
        signed: Whether the answer was signed.
    """
    by = f"with the key {key}" if key else "without a key"
    told = f"the name server {server} answers {rcode} to {what} of {zone} {by}"
    told += "" if signed or not key else " (the answer is not signed)"
    who = f"the key {key}" if key else "this host"
    grant = f"allow {who} to update and to transfer {zone} in the server's settings"
    if rcode == "NOTAUTH":
        return Trouble(
            f"{told}: it does not host the zone, or does not let this key have it", "zone", f"host it there, or {grant}"
        )
    if rcode in {"REFUSED", "NOTZONE"}:
        return Trouble(f"{told}: it is not allowed, or the zone is not hosted there", "refused", grant)
    if rcode in {"NOTIMP", "FORMERR"}:
        return Trouble(
            f"{told}: it does not understand that", "server", "name the zone's primary server, which takes updates"
        )
    return Trouble(
        told,
        "server",
        "see what the server's own log says",
        transient=rcode == "SERVFAIL",
        certain=rcode not in {"SERVFAIL", "NOERROR"},
    )


def wrong_key(server: str, key: str, why: str) -> Trouble:
    """The server does not accept the key."""
    return Trouble(
        f"the name server {server} does not accept the key {key}: {why}",
        "key",
        "give name, algorithm and secret exactly as the server's key statement has them",
    )


def unknown_key(server: str, key: str) -> Trouble:
    """The server has no such key, or, Knot, has it and does not let it do this."""
    why = "it has no key of that name and algorithm, or does not let that key do this"
    trouble = wrong_key(server, key, why)
    trouble.code = "unknown-key"
    return trouble


def wrong_clock(server: str, key: str, seconds: int | None) -> Trouble:
    """The clocks differ by more than a signature allows (RFC 8945 §5.2.3)."""
    by = "" if seconds is None else f" by {abs(seconds)} s: the server's is {'ahead' if seconds > 0 else 'behind'}"
    return Trouble(
        f"the clocks of this host and of the name server {server} differ{by}, and signatures with the key {key} hold "
        "for five minutes",
        "clock",
        "set both clocks by NTP; `timedatectl` shows this one",
    )


def forged(server: str, key: str) -> Trouble:
    """An answer whose signature is wrong: it may be anybody's."""
    return Trouble(
        f"an answer in the name of {server} is not signed with the key {key}",
        "unsigned",
        "check name, algorithm and secret of the key, and that nothing on the way changes DNS messages",
        certain=False,
    )


def unreachable(server: str, why: str) -> Trouble:
    """Nobody is there; nothing was sent."""
    return Trouble(
        f"the name server {server} can not be reached: {why}",
        "unreachable",
        f"check the address, and that TCP port {server.rpartition(':')[2]} is open",
        transient=True,
    )


def silent(server: str, seconds: float) -> Trouble:
    """No answer came in time."""
    return Trouble(
        f"the name server {server} did not answer within {seconds:g} s",
        "timeout",
        "try again, or raise `timeout`",
        transient=True,
        certain=False,
    )


def broken(server: str, why: str) -> Trouble:
    """The connection ended, or what came is no answer."""
    return Trouble(
        f"the answer of the name server {server} can not be used: {why}",
        "answer",
        "try again, and see what the server's own log says",
        transient=True,
        certain=False,
    )
