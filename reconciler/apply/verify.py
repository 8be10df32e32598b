"""Before the first write: is everything still as the plan was made on?"""

import asyncio
from collections.abc import Mapping

from reconciler.apply.lane import parts
from reconciler.apply.steps import holds
from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Operation, Plan
from reconciler.providers.reader import Reader


async def verify_preconditions(plan: Plan, readers: Mapping[str, Reader]) -> tuple[str, ...]:
    """Return a sentence for each operation whose live resource is no longer what it was planned on.

    Of several operations on one resource the first is checked; a person's steps are not.

    Args:
        plan: The plan about to be carried out.
        readers: By configured provider name.

    Raises:
        ProviderError: If a provider can not be read.
    """
    first: dict[tuple[str, Kind], dict[str, Operation]] = {}
    for operation in plan.operations:
        first.setdefault((operation.provider, operation.kind), {}).setdefault(operation.key, operation)
    checks = [
        _check(readers[provider], kind, part)
        for (provider, kind), group in first.items()
        for part in parts(list(group.values()), readers[provider])
    ]
    return tuple(said for group in await asyncio.gather(*checks) for said in group)


async def _check(reader: Reader, kind: Kind, operations: list[Operation]) -> list[str]:
    checked = [operation for operation in operations if operation.action is not Action.OPERATOR]
    if not checked:
        return []
    lives = await reader.look_up(kind, [operation.key for operation in checked])
    return [
        f"{operation.kind} {operation.key} is no longer what '{operation.id}' was planned on"
        for operation in checked
        if not holds(operation, lives.get(operation.key))
    ]
