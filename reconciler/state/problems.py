"""The problems of state, each with its way out. No function here touches a file."""

from reconciler.model.diagnostic import Problem, problem
from reconciler.state.values import LockInfo


def corrupt(where: str, detail: str) -> Problem:
    """The snapshot is not what a run wrote."""
    return Problem(
        problem(
            "state-corrupt",
            f"the state {where} can not be read: {detail}",
            help=f"put back a copy of {where} and its journal from a backup or from version control; "
            "without one, move both aside: the next apply adopts what the providers have",
        )
    )


def foreign(where: str) -> Problem:
    """The file is something else."""
    return Problem(
        problem(
            "state-foreign",
            f"{where} is not a state of this program",
            help="name another path under `state: {local: PATH}`, or move that file away",
        )
    )


def newer(where: str, format_: str) -> Problem:
    """A later version of the program wrote it."""
    return Problem(
        problem(
            "state-newer",
            f"{where} has the format {format_}, which this version does not know",
            help="install the version of reconciler that wrote it, or a later one",
        )
    )


def journal_damaged(where: str, line: int, detail: str) -> Problem:
    """An entry in the middle of the journal is not what was written."""
    return Problem(
        problem(
            "state-journal-damaged",
            f"line {line} of the journal {where} is damaged: {detail}",
            help="put back snapshot and journal together from a backup; "
            f"or, to give up all entries from line {line} on, keep a copy and cut the journal with "
            f"`head -n {line - 1}`: the next apply adopts what the providers have",
        )
    )


def journal_foreign(where: str, detail: str) -> Problem:
    """The journal does not belong to the snapshot beside it."""
    return Problem(
        problem(
            "state-journal-foreign",
            f"the journal {where} does not belong to the state beside it: {detail}",
            help="put back snapshot and journal together, from the same moment",
        )
    )


def unreadable(where: str, error: OSError) -> Problem:
    """The system refuses to read."""
    return Problem(
        problem(
            "state-unreadable",
            f"the state {where} can not be read: {error.strerror or error}",
            help=f"check that {where} is a file this user may read",
        )
    )


def unwritable(where: str, error: OSError) -> Problem:
    """The system refuses to write."""
    return Problem(
        problem(
            "state-unwritable",
            f"the state {where} can not be written: {error.strerror or error}",
            help="free space or permit writing to its folder, then run apply again: what is done is found out by "
            "reading the providers",
        )
    )


def truncated(where: str, detail: str) -> Problem:
    """Something cut the end off."""
    return Problem(
        problem(
            "state-truncated",
            f"the state {where} is cut short: {detail}",
            help=f"put back a copy of {where} and its journal from a backup; nothing was written",
        )
    )


def changed_underneath(where: str) -> Problem:
    """The snapshot is not the one this run started from."""
    return Problem(
        problem(
            "state-changed",
            f"the state {where} was replaced by another while this run held its lock",
            why="lineage and serial are compared at every write, so that no run goes on from a state that is gone",
            help="find out who put a file back or pushed a state; then run plan and apply again",
        )
    )


def moved_away(where: str, to: str) -> Problem:
    """`state migrate` moved it."""
    return Problem(
        problem(
            "state-moved-away",
            f"the state {where} was moved to {to}",
            why="what stands here is an old copy; going on from it would fork the state",
            help="change `state:` in the root file to the new place (git pull may be all it takes)",
        )
    )


def plaintext(where: str) -> Problem:
    """Encryption is configured, and what stands there is not encrypted."""
    return Problem(
        problem(
            "state-plaintext",
            f"the state {where} is not encrypted, and the configuration says that it is",
            why="a state in plain text may have been put there in place of the encrypted one",
            help="if you have just added `encryption:`, run: reconciler state rekey",
        )
    )


def rekey_due(where: str) -> Problem:
    """Other recipients are configured than the state is encrypted for."""
    return Problem(
        problem(
            "state-rekey-due",
            f"the state {where} is encrypted for other recipients than the configuration names",
            help="reconciler state rekey",
        )
    )


def kept(where: str, file: str, count: int) -> Problem:
    """What could not be recorded is kept in a local file."""
    outcomes = "1 outcome is" if count == 1 else f"{count} outcomes are"
    return Problem(
        problem(
            "state-kept",
            f"the state {where} could not be written any more; {outcomes} kept in {file}",
            why="nothing more was started at any provider",
            help="when it can be written again, the next apply brings them home, or now: reconciler state push",
        )
    )


def kept_damaged(file: str, detail: str) -> Problem:
    """A file of kept outcomes is not what a run wrote."""
    return Problem(
        problem(
            "state-kept-damaged",
            f"the kept outcomes {file} can not be read: {detail}",
            help="move the file aside: without it, the next run finds out by reading the providers",
        )
    )


def locked(where: str, lock: LockInfo) -> Problem:
    """Someone alive holds the lock."""
    beats = f"a heartbeat renews its lease {lock.id} for as long as its run lives"
    silent = f"its lock {lock.id} has no heartbeat: whether its owner is at work can not be told"
    wait = "wait for it with --lock-timeout 300"
    if lock.term > 0:
        wait += ", which takes over from a dead one"
    return Problem(
        problem(
            "state-locked",
            f"the state {where} is locked by {lock}",
            why=beats if lock.term > 0 else silent,
            help=f"{wait}; if you know that it is dead: reconciler state unlock {lock.id}",
        )
    )


def lock_lost(where: str, holder: LockInfo | None) -> Problem:
    """The lease of this run is no longer its own."""
    now = f"{holder} has taken it over" if holder else "it was removed"
    return Problem(
        problem(
            "state-lock-lost",
            f"this run no longer holds the lock of {where}: {now}",
            why="a run whose lease has ended writes nothing more, neither state nor providers",
            help="run plan and apply again; what was in flight is found out by reading the providers",
        )
    )


def lock_damaged(where: str) -> Problem:
    """The lock is not one of ours."""
    return Problem(
        problem(
            "state-lock-damaged",
            f"the lock {where} is not one this version wrote",
            help=f"when no apply is running anywhere, delete {where}",
        )
    )


def unlock_mismatch(where: str, asked: str, lock: LockInfo | None) -> Problem:
    """`state unlock` was given an id that is not the lock's."""
    if lock is None:
        return Problem(problem("state-not-locked", f"the state {where} is not locked", help="there is nothing to do"))
    return Problem(
        problem(
            "state-unlock-mismatch",
            f"the lock of {where} has the id {lock.id}, not '{asked}': it is held by {lock}",
            help=f"reconciler state unlock {lock.id}",
        )
    )
