"""The problems of commands that change a state, each with its way out."""

from collections.abc import Iterable, Sequence

from reconciler.model.closest import closest, closest_key, did_you_mean
from reconciler.model.diagnostic import Diagnostic, Problem, problem
from reconciler.model.kinds import Kind
from reconciler.state.values import Intent


def unknown_key(text: str, key: str, known: Iterable[str]) -> Problem:
    """State has nothing of this name."""
    near = closest_key(key, known)
    way = f"did you mean '{near}'?" if near else "`reconciler state list` names what is managed"
    return Problem(problem("unknown-key", f"nothing is known of '{text}'", help=way))


def ambiguous(text: str, found: Sequence[tuple[Kind, str]]) -> Problem:
    """More than one kind has this key."""
    names = " or ".join(f"{kind}:{key}" for kind, key in found)
    return Problem(problem("ambiguous-key", f"'{text}' names {len(found)} things", help=f"write {names}"))


def unknown_holder(name: str, known: Sequence[str]) -> Problem:
    """State holds nothing at a provider of this name."""
    near = closest(name, known)
    otherwise = "state has resources at: " + ", ".join(known) if known else "nothing was ever applied"
    return Problem(
        problem(
            "unknown-provider",
            f"state has nothing at a provider '{name}'",
            help=f"did you mean 'provider:{near}'?" if near else otherwise,
        )
    )


def not_configured(name: str, known: Iterable[str]) -> Problem:
    """The new name of a provider is not one that the files have."""
    return Problem(
        problem(
            "unknown-provider",
            f"no provider '{name}' is configured",
            why="what is moved to a name that no block has can not be planned any more",
            help=did_you_mean(name, known, f"rename the block under `providers:` to '{name}:' first"),
        )
    )


def not_one_thing(source: str, dest: str) -> Problem:
    """Source and destination of a move are not of one kind."""
    return Problem(
        problem(
            "state-move-kinds",
            f"'{source}' can not become '{dest}': they are not of one kind",
            help="write both as kind:KEY with the same kind, or as provider:NAME",
        )
    )


def move_taken(dest: str, holder: str) -> Problem:
    """The destination of a move is known already."""
    return Problem(
        problem(
            "state-move-taken",
            f"'{dest}' is known to state already: {holder}",
            help=f"if what it knows there is wrong, forget that first: reconciler state rm '{dest}'"
            if ":" in dest and not dest.startswith("provider:")
            else "move what is there away first: reconciler state mv SOURCE DEST",
        )
    )


def not_renamed(kind: Kind, key: str, new: str) -> Problem:
    """A thing that is what it is called."""
    return Problem(
        problem(
            "state-move-identity",
            f"the {kind} '{key}' can not become '{new}': a {kind} with another name is another {kind}",
            help=f"declare the new one and let apply make or adopt it; to forget the old one: "
            f"reconciler state rm '{kind}:{key}'",
        )
    )


def bad_key(text: str, reason: str) -> Problem:
    """What is no key of its kind."""
    return Problem(problem("bad-name", f"'{text}' can not be a key: {reason}", help="write DEST as kind:KEY"))


def in_flight(intents: Iterable[Intent], command: str) -> Problem:
    """Writes whose end is not known touch the same things."""
    return Problem([_flying(each, command) for each in intents])


def _flying(intent: Intent, command: str) -> Diagnostic:
    return problem(
        "state-in-flight",
        f"`{intent.operation}` was in flight when a run died, and what became of it is not known yet",
        why=f"{command} would let go of the only trace of it",
        help="let a run find out by reading the provider: reconciler apply",
    )


def protected(kind: Kind, key: str, way: str) -> Diagnostic:
    """Something that is never let go of by accident."""
    return problem(
        "state-protected",
        f"{kind} '{key}' is protected in the last applied state",
        why="forgotten, it would no longer be protected either",
        help=way,
    )


def other_lineage(where: str, file: str, lineage: str, has: str) -> Problem:
    """The file is of another state."""
    return Problem(
        problem(
            "state-other-lineage",
            f"{file} is of the lineage {lineage}, and the state {where} is of the lineage {has}",
            why="they began apart, so one is not a later or earlier moment of the other",
            help=f"to give up what is in {where}: reconciler state push {file} --replace-lineage {has}",
        )
    )


def file_of_nothing(file: str) -> Problem:
    """The file was pulled where nothing had ever been applied."""
    return Problem(
        problem(
            "state-other-lineage",
            f"{file} is of a state that was never written to, so it has no lineage",
            help="name a file that was pulled after an apply",
        )
    )


def other_given_up(where: str, given: str, has: str) -> Problem:
    """`--replace-lineage` names a lineage that is not there."""
    said = f"is of the lineage {has}" if has else "is empty"
    way = f"--replace-lineage {has}" if has else "leave --replace-lineage away"
    return Problem(
        problem("state-other-lineage", f"the state {where} {said}, there is no lineage {given} to give up", help=way)
    )


def older(where: str, file: str, serial: int, has: int) -> Problem:
    """The file is of an earlier moment."""
    return Problem(
        problem(
            "state-older",
            f"{file} is of run {serial}, and the state {where} is of run {has}",
            why="what later runs did would be forgotten, while the providers still have it",
            help="to go on as the files say: reconciler plan; to put the state back to that moment, and give up what "
            f"runs since then have recorded: --replace-serial {has}",
        )
    )


def other_undone(where: str, given: int, has: int) -> Problem:
    """`--replace-serial` names a run that is not the last."""
    return Problem(
        problem(
            "state-older",
            f"the last run of the state {where} is {has}, not {given}: somebody may have written meanwhile",
            help=f"look at it (reconciler state history --run {has}), then: --replace-serial {has}",
        )
    )


def file_sealed(file: str) -> Problem:
    """A sealed file, and nothing to open it with."""
    return Problem(
        problem(
            "state-encrypted",
            f"{file} is encrypted, and the configuration names no key to open it with",
            help="name your key: `state: {…, encryption: {recipients: [age1…], identity: {file: PATH}}}`",
        )
    )


def kept_waits(files: Sequence[str]) -> Problem:
    """Outcomes of the last run wait to be recorded."""
    return Problem(
        problem(
            "state-kept-waiting",
            f"outcomes of the last run wait in {', '.join(files)}",
            why="a file pushed over them would hide what they say",
            help="first bring them home: reconciler state push",
        )
    )


def file_taken(file: str) -> Problem:
    """A file that is no state is not written over."""
    return Problem(
        problem(
            "state-file-taken",
            f"{file} is there already and is no state, so it is not written over",
            help="name another file: reconciler state pull --out copy.json",
        )
    )


def migrates_to_plaintext(target: str) -> Problem:
    """An encrypted state would lose its encryption on the way."""
    return Problem(
        problem(
            "state-migrate-plaintext",
            f"the state is encrypted, and {target} is not configured to be",
            help="name who can read it there: '{…, encryption: {recipients: [age1…], identity: {file: PATH}}}'; "
            "or leave it in plain text with --plaintext",
        )
    )


def same_place(where: str) -> Problem:
    """Source and target of a migration are one place."""
    return Problem(
        problem(
            "state-migrate-same",
            f"the state {where} is in that place already",
            help="name another place; to change who can read it: reconciler state rekey",
        )
    )


def place_taken(where: str) -> Problem:
    """The target of a migration holds something else."""
    return Problem(
        problem(
            "state-migrate-taken",
            f"{where} holds a state already, which is not what an earlier migration of this one left",
            why="what a migration found there it would replace",
            help="name an empty place; or look at what is there with a configuration that names it: "
            "reconciler state list",
        )
    )


def copy_differs(where: str) -> Problem:
    """What was written to the target is not what is read from it."""
    return Problem(
        problem(
            "state-migrate-differs",
            f"what was written to {where} is not what can be read from it",
            why="the state stays in force where it was",
            help="empty that place, make sure that nobody else writes to it, and run state migrate again",
        )
    )


def no_recipients(where: str) -> Problem:
    """`state rekey`, and nobody to encrypt for."""
    return Problem(
        problem(
            "encryption-not-configured",
            f"the state {where} can not be encrypted: the configuration does not say for whom",
            help="add to `state:` a line such as `encryption: {recipients: [age1…], identity: {file: PATH}}`",
        )
    )
