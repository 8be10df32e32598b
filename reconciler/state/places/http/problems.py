"""The problems of the backend `http`, each with its way out. No address here has a query, and none a credential."""

from reconciler.model.diagnostic import Diagnostic, Problem, problem
from reconciler.model.source import Span
from reconciler.state.backend import BackendError


def credentials(where: str) -> BackendError:
    """401."""
    return BackendError(
        problem(
            "state-http-credentials",
            f"the server of the state {where} does not accept these credentials (401)",
            help="check `username` and `password` under `state: {http: …}`, or `headers`; a token may have expired",
        )
    )


def forbidden(where: str) -> BackendError:
    """403."""
    return BackendError(
        problem(
            "state-http-forbidden",
            f"these credentials may not do that with the state {where} (403)",
            help="give them the right to write; at GitLab that is the role Maintainer, reading takes Developer",
        )
    )


def missing(where: str) -> BackendError:
    """404 to a write."""
    return BackendError(
        problem(
            "state-http-missing",
            f"the server knows no place {where} where a state could be written (404)",
            help="check `address` and `lock_address`; GitLab says the same of a project that the token may not see",
        )
    )


def unreachable(where: str, reason: str) -> Diagnostic:
    """No connection, or it broke off."""
    return problem(
        "state-http-unreachable",
        f"the server of the state {where} can not be reached: {reason}",
        help=f"try it from this machine: curl -I {where}",
    )


def timed_out(where: str, seconds: float) -> Diagnostic:
    """No answer in time."""
    return problem(
        "state-http-timeout",
        f"the server of the state {where} did not answer within {seconds:g} s",
        help="run the command again; if the server is always slow, raise `timeout` under `state: {http: …}`",
    )


def tls(where: str, reason: str) -> BackendError:
    """The certificate is not trusted, or there is no TLS."""
    return BackendError(
        problem(
            "state-http-tls",
            f"the connection to the state {where} is not safe: {reason}",
            why="the certificate is always checked, as whoever can pose as the server can read and change the state",
            help="if an authority of your own has signed it, name its file: `state: {http: {ca: PATH}}`",
        )
    )


def lockless(where: str, method: str, status: int) -> BackendError:
    """The server does not lock."""
    return BackendError(
        problem(
            "state-http-lockless",
            f"the state {where} can not be locked: the server answers {status} to {method}",
            why="two runs at once would overwrite each other, so nothing is written without a lock",
            help="set `lock_address`, `lock_method`, `unlock_address` and `unlock_method` as the server wants them; "
            "for GitLab: reconciler explain state-http-lockless",
        )
    )


def unfenced(where: str) -> BackendError:
    """The server locks, and lets others write all the same."""
    return BackendError(
        problem(
            "state-http-unfenced",
            f"the server of the state {where} accepts writes to a locked state with another lock's id",
            why="a run that lost its lock could still overwrite the work of the next, so this server is not written to",
            help="use a server that compares `?ID=` with its lock, as GitLab does, or another backend",
        )
    )


def foreign(where: str, what: str) -> Problem:
    """Something else stands at the address."""
    return Problem(
        problem(
            "state-http-foreign",
            f"what stands at {where} is not a state of this program: it is {what}",
            why="it was left as it is",
            help="name another address under `state: {http: …}`; at GitLab the last part of it is the state's name",
        )
    )


def too_large(where: str, size: int) -> BackendError:
    """413."""
    return BackendError(
        problem(
            "state-http-too-large",
            f"the server of the state {where} refuses {size:,} bytes as too many (413)",
            help="raise its limit (GitLab: Admin > Settings > Preferences > Terraform limits; "
            "a proxy before it may have one of its own), or use another backend",
        )
    )


def redirected(where: str, status: int) -> BackendError:
    """3xx."""
    return BackendError(
        problem(
            "state-http-redirected",
            f"the server of the state {where} sends us elsewhere ({status})",
            why="a redirect is not followed: credentials and a state go where the configuration says, and nowhere else",
            help=f"see where it points with `curl -I {where}`, and write that as `address`",
        )
    )


def status(where: str, code: int) -> Diagnostic:
    """5xx, or too busy."""
    return problem(
        "state-http-status",
        f"the server of the state {where} fails with status {code}",
        help="run the command again when the server is well; its own log knows more",
    )


def unexpected(where: str, code: int) -> BackendError:
    """An answer that the protocol does not know."""
    return BackendError(
        problem(
            "state-http-status",
            f"the server of the state {where} answers with status {code}, which the protocol does not know here",
            help="check that `address` and the methods are those of a Terraform `http` backend",
        )
    )


def address(name: str, why: str, at: Span | None) -> Problem:
    """An address that can not be used."""
    return Problem(
        problem(
            "state-http-address",
            f"`{name}` of `state: {{http: …}}` {why}",
            at=at,
            help="write one such as https://gitlab.example.org/api/v4/projects/1/terraform/state/mail, "
            "and who asks as `username` and `password: {env: NAME}`",
        )
    )


def authority(path: str, reason: str, at: Span | None) -> Problem:
    """The file of certificates is of no use."""
    return Problem(
        problem(
            "state-http-ca",
            f"the certificates in {path} can not be used: {reason}",
            at=at,
            help="name a file with one or more certificates in PEM",
        )
    )


def secret(where: str, reason: str) -> Problem:
    """A credential can not be had."""
    return Problem(
        problem(
            "state-http-secret",
            f"the credentials for the state {where} can not be had: {reason}",
            help="set what `password` or `headers` refer to, then run the command again",
        )
    )
