"""Aliases: where they lead, and who may send as them (netcup/N14, N16 to N18)."""

from reconciler.model.names import domain_of, local_of
from reconciler.model.resources import Alias
from reconciler.providers.sogo import statements
from reconciler.providers.sogo.ground import Lead
from reconciler.providers.sogo.judge.values import Case, Effect, Refused, Statement, crossed_out
from reconciler.providers.sogo.listing import row_name


def make_alias(case: Case) -> Effect:
    """Make an alias (netcup/N14, N16, N17)."""
    after = case.write.after
    assert isinstance(after, Alias)
    label = case.home(case.key)
    case.free_address()
    rights = _rights(case, after, label)
    case.ground.leads[row_name(case.key)] = Lead(after.to, active=True)
    values = {"address": row_name(case.key), "domain": domain_of(case.key), "goto": ",".join(after.to)}
    return Effect((Statement(statements.MAKE_ALIAS, values), *rights), _users(case, after))


def change_alias(case: Case) -> Effect:
    """Lead an alias elsewhere, in one step: no mail to it is refused in between. Or change who may send as it."""
    before, after = case.write.before, case.write.after
    assert isinstance(after, Alias)
    assert before is not None
    assert isinstance(before.resource, Alias)
    lead = _lead(case)
    if lead.to != before.resource.to:
        raise Refused(
            "conflict", f"alias {case.key} leads to {', '.join(lead.to)} now, which is not what was read before"
        )
    rights = _rights(case, after, case.home(case.key))
    case.ground.leads[row_name(case.key)] = Lead(after.to, lead.active)
    values = {"address": row_name(case.key), "goto": ",".join(after.to)}
    stale = _users(case, after) | _users(case, before.resource)
    return Effect((Statement(statements.RETARGET, values), *rights), stale)


def end_alias(case: Case) -> Effect:
    """Delete an alias; its mailbox stays (netcup/N18)."""
    before = case.write.before
    lead = _lead(case)
    del case.ground.leads[row_name(case.key)]
    crossed_out(row_name(case.key), case.ground.leading, case.ground.inside)
    senders = before.resource if before is not None and isinstance(before.resource, Alias) else Alias(case.key, lead.to)
    return Effect(
        (Statement(statements.END_ALIAS, {"address": row_name(case.key)}),),
        _users(case, senders) | _users(case, Alias(case.key, lead.to)),
    )


def _lead(case: Case) -> Lead:
    lead = case.ground.leads.get(row_name(case.key))
    if lead is None:
        raise Refused("not-found", f"there is no alias {case.key}")
    return lead


def _rights(case: Case, alias: Alias, label: str) -> tuple[Statement, Statement] | tuple[()]:
    """Judge whom an alias leads to and who may send as it; return the statements that say so."""
    most = case.policy.alias_targets
    if not alias.to or (most is not None and len(alias.to) > most):
        wanted = {None: "one mailbox or more", 1: "exactly one mailbox"}.get(most, f"one to {most} mailboxes")
        raise Refused("targets", f"alias {case.key} leads to {wanted}, not to {len(alias.to)}", "netcup/N16")
    boxes = [target for target in alias.to if _target(case, target, label)]
    if local_of(case.key) == "*":
        if alias.send_as:
            said = f"{case.key} stands for all other addresses of its domain, and nobody can send as those"
            raise Refused("send-as", said, "netcup/N16")
        return ()
    senders = boxes if alias.send_as is None else alias.send_as
    for sender in senders:
        _mailbox_here(case, sender, label, "be sent with by")
    values = {
        "address": row_name(case.key),
        "users": list(senders),
        "apart": [alias.send_as is not None] * len(senders),
    }
    return Statement(statements.TAKE_RIGHTS, values), Statement(statements.GIVE_RIGHTS, values)


def _target(case: Case, target: str, label: str) -> bool:
    """Judge one target; return whether it is a mailbox here."""
    if target == case.key:
        raise Refused("loop", f"alias {case.key} can not lead to itself", "netcup/N16")
    known = domain_of(target) in case.ground.homes or domain_of(target) in case.ground.closed
    if target not in case.ground.boxes and not known and case.policy.external_targets:
        return False
    _mailbox_here(case, target, label, "lead to")
    return True


def _mailbox_here(case: Case, address: str, label: str, does: str) -> None:
    """Refuse what is no mailbox of the alias's own instance (netcup/N16, N17)."""
    if address not in case.ground.boxes:
        what = "an alias itself" if row_name(address) in case.ground.leads else "no mailbox here"
        raise Refused("no-mailbox", f"alias {case.key} can not {does} {address}, which is {what}", "netcup/N16")
    other = case.home(address)
    if other != label:
        said = f"alias {case.key} is in instance {label}, and mailbox {address} in instance {other}"
        raise Refused("other-instance", said, "netcup/N17")


def _users(case: Case, alias: Alias) -> frozenset[str]:
    """The mailboxes whose identities an alias is, or was, one of."""
    return frozenset(each for each in (*alias.to, *(alias.send_as or ())) if each in case.ground.boxes)
