"""The problems of keys, each with its way out. None repeats any part of a key."""

from collections.abc import Iterable

from reconciler.model.diagnostic import Problem, problem
from reconciler.model.secrets import SecretRef
from reconciler.secrets import SecretError

_CONFIGURE = "name your key: `state: {…, encryption: {recipients: [age1…], identity: {file: PATH}}}`"


def encrypted(where: str) -> Problem:
    """A sealed state, and nothing to open it with."""
    return Problem(
        problem(
            "state-encrypted",
            f"the state {where} is encrypted, and the configuration names no key to open it with",
            help=_CONFIGURE,
        )
    )


def plan_encrypted(name: str) -> Problem:
    """A sealed plan, and nothing to open it with."""
    return Problem(
        problem(
            "plan-encrypted",
            f"the plan {name} is encrypted, and the configuration names no key to open it with",
            help=f"{_CONFIGURE}; a configuration elsewhere is named with -c PATH",
        )
    )


def key_missing(missing: Iterable[tuple[SecretRef, SecretError]]) -> Problem:
    """Keys that the configuration names and this machine does not have."""
    return Problem(
        [
            problem(
                "state-key-missing",
                f"a key of the state's encryption can not be had: {error}",
                help=f"let `{reference.source}` yield a whole age key file or the passphrase, or name another place "
                "under `encryption`",
            )
            for reference, error in missing
        ]
    )


def key_refused() -> Problem:
    """Keys that are there and do not fit."""
    return Problem(
        problem(
            "state-key-refused",
            "it is encrypted for others: none of the configured identities and passphrases opens it",
            help="ask someone who can read it to add your public key to `recipients`, and run: reconciler state rekey",
        )
    )


def damaged(where: str, detail: str) -> Problem:
    """Sealed bytes that are not what was sealed."""
    return Problem(
        problem(
            "state-sealed-damaged",
            f"a part of the state {where} is not what was sealed: {detail}",
            why="age notices every changed, missing or added byte",
            help="put back snapshot and journal together from a backup",
        )
    )
