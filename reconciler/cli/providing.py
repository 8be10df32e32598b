"""The configured providers, made: all a command needs that asks none of them anything."""

from collections.abc import Iterator, Mapping

from reconciler.model.desired import Desired, ProviderBlock
from reconciler.model.diagnostic import Diagnostic, Label, Problem, problem
from reconciler.providers.base import Provider
from reconciler.providers.registry import open_provider


def open_providers(desired: Desired) -> dict[str, Provider]:
    """Make every configured provider.

    Raises:
        Problem: With the diagnostics of all blocks that are wrong.
    """
    providers: dict[str, Provider] = {}
    found: list[Diagnostic] = list(_named_twice(desired.providers))
    for name, block in desired.providers.items():
        try:
            providers[name] = open_provider(block)
        except Problem as stopped:
            found += stopped.diagnostics
    if found:
        raise Problem(found)
    return providers


def _named_twice(blocks: Mapping[str, ProviderBlock]) -> Iterator[Diagnostic]:
    """Find two names for one account: what the one is to delete would be what the other has just adopted."""
    seen: list[ProviderBlock] = []
    for block in blocks.values():
        account = (block.type, block.base, block.settings)
        first = next((each for each in seen if (each.type, each.base, each.settings) == account), None)
        if first is None:
            seen.append(block)
        else:
            yield problem(
                "provider-twice",
                f"the providers '{first.name}' and '{block.name}' are the same account under two names",
                at=block.origin.span(),
                also=(Label(first.origin.span(), "the same settings"),),
                why="what moves from one to the other would be deleted where it has just been found",
                help="keep the name that the state knows, and remove the other block",
            )
