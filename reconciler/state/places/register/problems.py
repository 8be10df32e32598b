"""The problems of a state kept by head and parts, each with its way out."""

from reconciler.model.diagnostic import Problem, problem
from reconciler.state.backend import BackendError


def head_damaged(where: str, detail: str) -> Problem:
    """The head is not what a run wrote."""
    return Problem(
        problem(
            "state-head-damaged",
            f"the head of the state {where} can not be read: {detail}",
            help="put back an earlier version of that object, if the store keeps versions; "
            "without one, move it aside: the next apply adopts what the providers have",
        )
    )


def head_foreign(where: str) -> Problem:
    """Something else stands at the place."""
    return Problem(
        problem(
            "state-head-foreign",
            f"what stands at {where} is not a state of this program",
            why="it may be the state of Terraform or another tool, so it was left as it is",
            help="name another place under `state:`",
        )
    )


def truncated(where: str, part: str, detail: str) -> Problem:
    """A part is missing, or is not what was written."""
    return Problem(
        problem(
            "state-truncated",
            f"the part {part} of the state {where} is not what was written: {detail}",
            why="the head names each part with its length and SHA-256, and a part is never changed",
            help="put back that object from a version the store keeps or from a backup",
        )
    )


def cut(where: str) -> Problem:
    """The journal has less than this run has written."""
    return Problem(
        problem(
            "state-cut",
            f"the journal of the state {where} was cut by somebody else",
            why="it is shorter than this run knows it, although this run holds the lock",
            help="find out who writes there beside reconciler, then run plan and apply again",
        )
    )


def unsettled(where: str) -> BackendError:
    """Others were quicker, again and again."""
    return BackendError(
        problem(
            "state-unsettled",
            f"the state {where} was changed by others each time it was to be written",
            why="either very many runs start at once, or the place gives out another version than it checks",
            help="run the command again",
        )
    )
