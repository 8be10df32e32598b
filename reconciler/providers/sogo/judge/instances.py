"""Instances and domains: storage is booked, domains come and go (netcup/N1, N2, N5, N7, N10, N19, N20)."""

from reconciler.model.resources import Domain, Instance
from reconciler.model.sizes import format_size
from reconciler.providers.sogo import statements
from reconciler.providers.sogo.ground import Booked, listed
from reconciler.providers.sogo.judge.values import Case, Effect, Refused, Statement, crossed_out, said
from reconciler.providers.sogo.listing import UNBOOKED


def order(case: Case) -> Effect:
    """Book storage (netcup/N1, N2)."""
    known = case.ground.instances.get(case.key)
    if known is not None and (known.number != UNBOOKED or case.key != case.policy.default_instance):
        raise Refused("taken", f"there is an instance {case.key} already, number {known.number}", "netcup/N2")
    storage = _storage(case, known)
    case.ground.instances[case.key] = Booked(UNBOOKED - 1, storage, known.given if known else 0)
    return said(statements.BOOK, label=case.key, storage=storage)


def rebook(case: Case) -> Effect:
    """Change what is booked: never to less than is given out (netcup/N10)."""
    booked = case.booked(case.key)
    booked.storage = _storage(case, booked)
    return said(statements.BOOK, label=case.key, storage=booked.storage)


def _storage(case: Case, booked: Booked | None) -> int:
    after = case.write.after
    assert isinstance(after, Instance)
    if not after.storage:
        raise Refused("storage", f"instance {case.key} needs some storage", "netcup/N10")
    if booked is not None and after.storage < booked.given:
        raise Refused(
            "storage",
            f"of instance {case.key} {format_size(booked.given)} are given out, which is more than"
            f" {format_size(after.storage)}",
            "netcup/N10",
        )
    return after.storage


def cancel(case: Case) -> Effect:
    """Cancel an instance that no domain is in (netcup/N19, N20)."""
    booked = case.booked(case.key)
    domains = case.ground.assigned.get(case.key)
    if domains:
        raise Refused("has-domains", f"instance {case.key} still has domains: {listed(domains)}", "netcup/N20")
    if booked.number == UNBOOKED:
        raise Refused("not-found", f"there is no instance {case.key}")
    del case.ground.instances[case.key]
    return said(statements.CANCEL, label=case.key)


def add_domain(case: Case) -> Effect:
    """Take a domain into an instance (netcup/N5)."""
    after = case.write.after
    assert isinstance(after, Domain)
    if case.key in case.ground.homes:
        held = case.ground.homes[case.key]
        raise Refused("taken", f"the domain {case.key} is in instance {held} already", "netcup/N5")
    if case.key in case.ground.closed:
        raise Refused("taken", f"the domain {case.key} is here, switched off or only relayed", "netcup/N5")
    if case.policy.domains is not None and case.key not in case.policy.domains:
        raise Refused("not-owned", f"the domain {case.key} is not among those that may be hosted here", "netcup/N5")
    if not after.instance:
        raise Refused("no-instance", f"the domain {case.key} needs an instance", "netcup/N5")
    booked = case.booked(after.instance)
    case.ground.homes[case.key] = after.instance
    made = Statement(statements.ADD_DOMAIN, {"domain": case.key})
    if booked.number == UNBOOKED:
        return Effect((made,))
    return Effect((made, Statement(statements.ASSIGN, {"domain": case.key, "label": after.instance})))


def move_domain(case: Case) -> Effect:
    """Refuse to take a domain into another instance: it is removed and added (netcup/N5)."""
    held = case.ground.homes.get(case.key, "another")
    raise Refused("not-editable", f"the domain {case.key} is in instance {held}, and stays there", "netcup/N5")


def remove_domain(case: Case) -> Effect:
    """Remove a domain that nothing is in any more (netcup/N7)."""
    case.home(f"postmaster@{case.key}")
    inside = case.ground.inside.get(case.key)
    if inside:
        raise Refused("has-addresses", f"the domain {case.key} still has addresses: {listed(inside)}", "netcup/N7")
    related = case.ground.related.get(case.key)
    if related:
        raise Refused(
            "has-alias-domains",
            f"the domain {case.key} is tied to another in PostfixAdmin: {listed(related)}; remove that there",
            "netcup/N7",
        )
    del case.ground.homes[case.key]
    crossed_out(case.key, case.ground.assigned)
    cleared = [text for table, text in statements.CLEAR_DOMAIN.items() if table in case.ground.beside]
    return Effect(tuple(Statement(text, {"domain": case.key}) for text in (*cleared, statements.REMOVE_DOMAIN)))
