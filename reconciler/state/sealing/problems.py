"""The problems of keys, each with its way out. None repeats any part of a key."""

from collections.abc import Iterable, Sequence

from reconciler.model.diagnostic import Problem, problem
from reconciler.model.secrets import SecretRef, SecretSource
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
                help=_HELP[reference.source],
            )
            for reference, error in missing
        ]
    )


_HELP = {
    SecretSource.ENV: "export the variable with a whole age key file in it, or the passphrase",
    SecretSource.FILE: "put your key file there (age-keygen -o FILE makes one), or name yours under `encryption`",
    SecretSource.COMMAND: "run the command by hand: it must print a whole age key file, or the passphrase",
    SecretSource.GENERATE: "put your key file there",
}


def key_refused(what: str, unfit: Sequence[str], missing: Sequence[str]) -> Problem:
    """Keys that are there and do not fit; another one that is not there might.

    Args:
        what: What is sealed.
        unfit: Where each key is that was tried.
        missing: Why each of the others could not be.
    """
    tried = f"tried: {', '.join(unfit)}" if unfit else None
    return Problem(
        problem(
            "state-key-refused",
            f"{what} is encrypted for others: none of the configured identities and passphrases opens it",
            why="; ".join(filter(None, (tried, *missing))) or None,
            help="ask someone who can read it to add your public key to `recipients`; then reconciler state rekey "
            "opens the state to you, and reconciler plan --out FILE a new plan",
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
