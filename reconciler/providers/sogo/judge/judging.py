"""One table: who judges what."""

from collections.abc import Callable, Mapping

from reconciler.model.kinds import Action, Kind
from reconciler.providers.sogo.ground import Ground
from reconciler.providers.sogo.judge import aliases, instances, mailboxes
from reconciler.providers.sogo.judge.values import Case, Effect, Policy, Refused
from reconciler.providers.writer import Write

_JUDGES: Mapping[tuple[Action, Kind], Callable[[Case], Effect]] = {
    (Action.CREATE, Kind.INSTANCE): instances.order,
    (Action.UPDATE, Kind.INSTANCE): instances.rebook,
    (Action.DELETE, Kind.INSTANCE): instances.cancel,
    (Action.CREATE, Kind.DOMAIN): instances.add_domain,
    (Action.UPDATE, Kind.DOMAIN): instances.move_domain,
    (Action.DELETE, Kind.DOMAIN): instances.remove_domain,
    (Action.CREATE, Kind.MAILBOX): mailboxes.make_mailbox,
    (Action.UPDATE, Kind.MAILBOX): mailboxes.change_mailbox,
    (Action.CREATE, Kind.ALIAS): aliases.make_alias,
    (Action.UPDATE, Kind.ALIAS): aliases.change_alias,
    (Action.DELETE, Kind.ALIAS): aliases.end_alias,
}


def judge(write: Write, ground: Ground, policy: Policy, password: str | None = None) -> Effect:
    """Return what a write does, and let the ground know it.

    Args:
        write: Of an instance, a domain, an alias, or of a mailbox that does not go: that is no single transaction.
        ground: What it stands on.
        policy: What is allowed here.
        password: The hash of the password it sets.

    Raises:
        Refused: If a rule forbids it.
    """
    rule = _JUDGES.get((write.action, write.kind))
    if rule is None:
        raise Refused("unsupported", f"this provider can not {write.action} a {write.kind}")
    return rule(Case(write, ground, policy, password))
