"""What providers have and nobody can declare: told with every plan, and in the way of one that means just that."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Diagnostic, Severity, problem
from reconciler.model.live import AppliedState, Live
from reconciler.providers.reader import CandidReader, MailReader, Oddity


async def read_candidly(reader: MailReader) -> tuple[Sequence[Live], Sequence[Oddity]]:
    """Read all that a provider has, and what of it can not be declared.

    Raises:
        ProviderError: If it can not be read.
    """
    lives = await reader.read()
    return lives, await reader.oddities() if isinstance(reader, CandidReader) else ()


def judged(oddities: Mapping[str, Iterable[Oddity]], desired: Desired, applied: AppliedState) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each oddity: an error where it stops planning and what it concerns is ours.

    Args:
        oddities: By configured provider name.
        desired: What the files say.
        applied: What the last run left.
    """
    return tuple(
        _diagnostic(each, name, _ours(each, name, desired, applied))
        for name, found in oddities.items()
        for each in found
    )


def _ours(oddity: Oddity, provider: str, desired: Desired, applied: AppliedState) -> bool:
    """Whether what it concerns is declared at this provider, or was left there by a run of ours and can not go."""
    if oddity.kind is None:
        return False
    declared = desired.of(oddity.kind).get(oddity.key)
    past = None if oddity.may_go else applied.get(oddity.kind, oddity.key)
    return provider in {each.provider for each in (declared, past) if each is not None}


def _diagnostic(oddity: Oddity, provider: str, ours: bool) -> Diagnostic:
    stops = oddity.stops and ours
    return problem(
        oddity.id,
        f"at {provider}, {oddity.message}",
        severity=Severity.ERROR if stops else Severity.WARNING,
        why="it is under management, and what a change of it would do can not be told" if stops else None,
        help=oddity.help,
    )
