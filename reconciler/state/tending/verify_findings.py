"""What `state verify` can find, each with what to do."""

from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic, Problem, Severity, problem, warning
from reconciler.state import problems
from reconciler.state.values import Intent, LockInfo, RunHeader

#: Names that are said before the rest is counted.
_SOME = 3
_RESTORE = (
    "put back everything from a backup of one moment; or go on from what the snapshot says: the next plan compares"
)


def torn(where: str, size: int) -> Diagnostic:
    """The journal ends in a line that was never completely written."""
    return warning(
        "state-torn",
        f"the journal of {where} ends in {size:,} bytes that were never completely written",
        why="a run died while it wrote them; it was never told that they were durable, so they count as not written",
        help="the next run cuts them off",
    )


def in_flight(intent: Intent) -> Diagnostic:
    """A write whose end is not known."""
    return warning(
        "state-in-flight",
        f"`{intent.operation}` was in flight when a run died, and what became of it is not known yet",
        help="let a run find out by reading the provider: reconciler apply",
    )


def moved(where: str, to: str) -> Diagnostic:
    """The state was moved away."""
    return problems.moved_away(where, to).diagnostics[0]


def plain(where: str, parts: Sequence[str]) -> Diagnostic:
    """Plain text where everything should be sealed."""
    return problem(
        "state-plaintext",
        f"the state {where} is not encrypted throughout, and the configuration says that it is: {_some(parts)}",
        help="reconciler state rekey",
    )


def for_others(where: str, parts: Sequence[str]) -> Diagnostic:
    """Sealed for others than those configured."""
    return problem(
        "state-rekey-due",
        f"the state {where} is encrypted for other recipients than the configuration names: {_some(parts)}",
        help="reconciler state rekey",
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SOME:,} more" if len(names) > _SOME else ""
    return ", ".join(names[:_SOME]) + more


def meaningless(name: str, line: int, detail: str) -> Problem:
    """An entry that no version writes."""
    return problems.journal_damaged(name, line, f"an entry has no meaning ({detail})")


def forked(where: str, header: RunHeader) -> Diagnostic:
    """Two runs have one serial."""
    return problem(
        "state-forked",
        f"two runs of the state {where} have the serial {header.serial}: one of them is {header.run} of {header.who}",
        why="each went on from the run before without knowing of the other, so one of them is not in the state",
        help="see what both did: reconciler state history; then run plan: it compares with the providers",
    )


def gap(where: str, last: RunHeader, header: RunHeader) -> Diagnostic:
    """A run does not go on from the one before it."""
    return problem(
        "state-history-gap",
        f"run {header.serial} of the lineage {header.lineage} does not follow run {last.serial} of the lineage "
        f"{last.lineage} in the history of {where}",
        help=_RESTORE,
    )


def fence(where: str, last: RunHeader, header: RunHeader) -> Diagnostic:
    """A later run has no higher fence."""
    return problem(
        "state-fence",
        f"run {header.serial} of {where} wrote under the fence {header.fence}, after run {last.serial} wrote under "
        f"{last.fence}",
        why="each lock raises the fence, so a run that lost its lock may have written",
        help="see what both did: reconciler state history; then run plan: it compares with the providers",
    )


def no_history(where: str, serial: int) -> Diagnostic:
    """Nothing says how the state came to be."""
    return warning(
        "state-history-begins",
        f"the history of {where} has no run, though the state is of run {serial}",
        why="somebody removed it, or an early version of this program wrote the state: it kept no history",
        help="put it back from a backup if there is one; what later runs do is kept in any case",
    )


def begins_late(where: str, first: int) -> Diagnostic:
    """What came before the first known run is not known."""
    return warning(
        "state-history-begins",
        f"the history of {where} begins with run {first}; resources that no run touched since were not compared",
        help="nothing: what later runs do is kept",
    )


def gone(where: str, knows: str) -> Diagnostic:
    """Nothing stands there, and something says that a state did."""
    return problem(
        "state-gone",
        f"the state {where} is not there, and {knows}",
        why="somebody removed it, or `state:` names another place than it did; runs remove no state",
        help=f"put {where} back from a backup or from a version that the place keeps; without one, the next apply "
        "adopts what the providers have, and begins another history",
    )


def ends(where: str, serial: int) -> Diagnostic:
    """The history is all that stands there."""
    return gone(where, f"its history ends with run {serial}")


def begins_anew(where: str, last: RunHeader, header: RunHeader) -> Diagnostic:
    """The state was lost, and a run began another one beside the old history."""
    return warning(
        "state-history-begins",
        f"the state {where} was gone after run {last.serial} of the lineage {last.lineage}: run 1 of the lineage "
        f"{header.lineage} began another",
        why="somebody removed it; what providers had was adopted",
        help="nothing: the history tells both, and what runs do from then on is kept",
    )


def ends_elsewhere(where: str, then: tuple[str, int], now: tuple[str, int]) -> Diagnostic:
    """History and snapshot end with different runs."""
    return problem(
        "state-history-gap",
        f"the history of {where} ends with run {then[1]} of the lineage {then[0]}, and the state is of run {now[1]} of "
        f"the lineage {now[0]}",
        why="somebody put one of them back from another moment",
        help=_RESTORE,
    )


def parted(where: str, said: Sequence[str]) -> Diagnostic:
    """Replayed history is not what the snapshot says."""
    return problem(
        "state-history-differs",
        f"the state {where} is not what its runs come to: {_some(said)}",
        why="every run from the first on was replayed; somebody changed the snapshot or the history by hand",
        help=_RESTORE,
    )


def notes_parted(where: str) -> Diagnostic:
    """Acknowledgements or writes in flight differ."""
    return problem(
        "state-history-differs",
        f"the state {where} is not what its runs come to: acknowledged steps or writes in flight differ",
        help=_RESTORE,
    )


def waiting(file: str, serial: int) -> Diagnostic:
    """Outcomes wait in a local file."""
    return warning(
        "state-kept-waiting",
        f"outcomes of run {serial} wait in {file}",
        help="record them: reconciler state push",
    )


def held(lock: LockInfo) -> Diagnostic:
    """Somebody holds the lock."""
    return problem(
        "state-locked",
        f"the state is locked by {lock}: what that run is just writing was not looked at",
        help="verify again when it has ended; see: reconciler state lock",
        severity=Severity.NOTE,
    )


def orphans(where: str, names: Sequence[str]) -> Diagnostic:
    """Crashes left what nothing needs."""
    return warning(
        "state-orphans",
        f"{where} holds what no run needs any more: {_some(names)}",
        why="a run died between writing a part and naming it; no run reads it",
        help="they harm nobody; `reconciler state rekey` sweeps them, or delete them by hand",
    )
