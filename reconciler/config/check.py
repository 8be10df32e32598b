"""References across files: what is named must be declared, and an address is claimed once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.config.entries import Context
from reconciler.config.senders import catch_all_as_mailbox, check_senders, leads_to_catch_all
from reconciler.model.closest import closest
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, domain_of, is_catch_all, local_of
from reconciler.model.resources import Alias, Domain, Member, Team
from reconciler.model.source import Span

Declarations = Mapping[Kind, Mapping[str, Declaration]]
_SHOWN = 9  # other places named beside the first one
_SUGGESTIONS = 50  # comparing names takes time; nobody reads the fifty-first


@dataclass(frozen=True, slots=True)
class Known:
    """Names that exist although their blocks have mistakes: naming one is not a second mistake."""

    domains: frozenset[str]
    mailbox_domains: frozenset[str]  # those that any mailbox names
    complete: bool  # False where some file or section could not be read


def check_references(declarations: Declarations, known: Known, context: Context) -> None:
    """Note what does not fit together."""
    claims = _claims(declarations, context)
    _check_targets(declarations, claims, known, context)
    context.problems += catch_all_as_mailbox(declarations[Kind.MAILBOX], known.mailbox_domains)
    context.problems += check_senders(declarations, complete=known.complete)
    if known.complete:
        context.problems += _undeclared_domains(declarations, known)
        context.warnings += _unused_instances(declarations)
        context.warnings += _missing_roles(declarations, claims, known)
    context.warnings += _plus_addresses(declarations)


def _claims(declarations: Declarations, context: Context) -> Mapping[str, Declaration]:
    """Who claims each address; a second claim is noted (netcup/N14)."""
    claims: dict[str, Declaration] = dict(declarations[Kind.MAILBOX])
    for kind in (Kind.ALIAS, Kind.MEMBER):
        group = declarations[kind]
        if claims.keys().isdisjoint(group):
            claims |= group
            continue
        for address, declaration in group.items():
            first = claims.setdefault(address, declaration)
            if first is not declaration:
                context.problems.append(_in_use(address, first, declaration, declaration.origin.span()))
    for declaration in declarations[Kind.TEAM].values():
        assert isinstance(declaration.resource, Team), "teams are kept apart"
        master = declaration.resource.master
        if master is not None:
            first = claims.setdefault(master, declaration)
            if first is not declaration:
                context.problems.append(_in_use(master, first, declaration, declaration.origin.span("master")))
    return claims


def _in_use(address: str, first: Declaration, again: Declaration, at: Span) -> Diagnostic:
    where = first.origin.span("master") if isinstance(first.resource, Team) else first.origin.span()
    return problem(
        "address-in-use",
        f"'{address_label(address)}' is claimed twice",
        at=at,
        label=_role(again),
        also=(Label(where, f"already {_role(first)} here"),),
        rule="netcup/N14",
        why="an address belongs to one mailbox, alias or account",
        help="delete one of the two, or give it another address",
    )


def _role(declaration: Declaration) -> str:
    resource = declaration.resource
    if isinstance(resource, Alias):
        return "an alias of " + ", ".join(map(address_label, resource.to))
    if isinstance(resource, Team):
        return f"the master of team '{resource.label}'"
    if isinstance(resource, Member):
        return f"a member of team '{resource.team}'"
    return "a mailbox"


def _check_targets(
    declarations: Declarations, claims: Mapping[str, Declaration], known: Known, context: Context
) -> None:
    """An alias leads to someone who exists; a target in no declared domain is the provider's to judge (netcup/N16)."""
    by_domain: dict[str, list[str]] | None = None
    suggestions = 0
    for address, declaration in declarations[Kind.ALIAS].items():
        for target in declaration.resource.to:  # type: ignore[union-attr]  # aliases are kept apart
            if target == address:
                context.problems.append(_to_itself(address, declaration))
            elif is_catch_all(target):
                context.problems.append(leads_to_catch_all(address, target, _target_span(declaration)))
            elif target not in claims and known.complete and domain_of(target) in known.domains:
                if by_domain is None:
                    by_domain = _receivers_by_domain(claims)
                suggestions += 1
                near = by_domain.get(domain_of(target), []) if suggestions <= _SUGGESTIONS else []
                context.problems.append(_unknown_target(address, target, declaration, near))


def _receivers_by_domain(claims: Mapping[str, Declaration]) -> dict[str, list[str]]:
    """What stands before the @ of the addresses an alias can lead to: all that are claimed, save other aliases."""
    found: dict[str, list[str]] = {}
    for address, declaration in claims.items():
        if not isinstance(declaration.resource, Alias):
            found.setdefault(domain_of(address), []).append(local_of(address))
    return found


def _target_span(declaration: Declaration) -> Span:
    """Where an alias's targets stand: the one item of a list, or all of it."""
    origin = declaration.origin
    items = [name for name in origin.names if name.startswith("to.")]
    to = declaration.resource.to  # type: ignore[union-attr]
    if len(items) == 1 or (items and len(to) == 1):
        return origin.span(items[0])
    return origin.span("to")


def _to_itself(address: str, declaration: Declaration) -> Diagnostic:
    return problem(
        "alias-to-itself",
        f"the alias '{address_label(address)}' leads to itself",
        at=_target_span(declaration),
        rule="netcup/N16",
        help="name the mailbox that receives its mail",
    )


def _unknown_target(address: str, target: str, declaration: Declaration, near: list[str]) -> Diagnostic:
    meant = closest(local_of(target), near)  # compared without the domain, in which all of them are alike
    return problem(
        "unknown-target",
        f"the alias '{address_label(address)}' leads to '{address_label(target)}', which is not declared",
        at=_target_span(declaration),
        rule="netcup/N16",
        why="an alias is one more address of a mailbox that exists",
        help=f"did you mean `{address_label(f'{meant}@{domain_of(target)}')}`?"
        if meant
        else "declare it under `mailboxes:`, or name one that is",
    )


def _undeclared_domains(declarations: Declarations, known: Known) -> Iterator[Diagnostic]:
    """Domains of mailboxes and aliases that nobody declares: one diagnostic for each domain."""
    places: dict[str, list[Span]] = {}
    for kind in (Kind.MAILBOX, Kind.ALIAS):
        group = declarations[kind]
        for address in [each for each, declaration in group.items() if not declaration.provider]:
            domain = domain_of(address)
            if domain not in known.domains:
                places.setdefault(domain, []).append(group[address].origin.span())
    for domain, spans in places.items():
        many = f"; {len(spans)} addresses are in it" if len(spans) > 1 else ""
        meant = closest(domain, known.domains)
        yield problem(
            "unknown-domain",
            f"the domain '{domain_label(domain)}' is not declared{many}",
            at=spans[0],
            also=tuple(Label(span, "and here") for span in spans[1 : _SHOWN + 1]),
            rule="netcup/N17",
            why="an address lives in a domain of an instance",
            help=f"did you mean `{domain_label(meant)}`?"
            if meant
            else f"declare it: `domains: {{{domain_label(domain)}: {{instance: …}}}}`",
        )


def _unused_instances(declarations: Declarations) -> Iterator[Diagnostic]:
    used = {
        declaration.resource.instance
        for declaration in declarations[Kind.DOMAIN].values()
        if isinstance(declaration.resource, Domain)
    }
    for label, declaration in declarations[Kind.INSTANCE].items():
        if label not in used:
            yield warning(
                "instance-without-domain",
                f"instance '{label}' has no domain",
                at=declaration.origin.span(),
                rule="netcup/N4",
                help=f"add a domain to it: `domains: {{example.org: {{instance: {label}}}}}`",
            )


def _missing_roles(declarations: Declarations, claims: Mapping[str, Declaration], known: Known) -> Iterator[Diagnostic]:
    """Domains with mailboxes must read postmaster (RFC 5321 §4.5.1) and should read abuse (RFC 2142 §4)."""
    domains = declarations[Kind.DOMAIN]
    lacking = {
        domain: [role for role in ("postmaster", "abuse") if f"{role}@{domain}" not in claims]
        for domain in domains
        if domain in known.mailbox_domains and f"*@{domain}" not in claims
    }
    lacking = {domain: roles for domain, roles in lacking.items() if roles}
    if not lacking:
        return
    first, *others = lacking
    missing = " and ".join(f"{role}@{domain_label(first)}" for role in lacking[first])
    more = f"; {len(others)} more domains lack such addresses" if others else ""
    yield warning(
        "missing-role-address",
        f"nobody receives mail to {missing}{more}",
        at=domains[first].origin.span(),
        also=tuple(Label(domains[each].origin.span(), "and here") for each in others[:_SHOWN]),
        why="RFC 5321 asks every mail domain for postmaster, RFC 2142 for abuse; others report trouble there",
        help=f"add an alias: `aliases: {{{lacking[first][0]}@{domain_label(first)}: …}}`",
    )


def _plus_addresses(declarations: Declarations) -> Iterator[Diagnostic]:
    for kind in (Kind.MAILBOX, Kind.ALIAS):
        group = declarations[kind]
        for address in [each for each in group if "+" in each]:
            base = address.partition("+")[0]
            yield warning(
                "plus-address",
                f"the {kind} '{address_label(address)}' has a + in it",
                at=group[address].origin.span(),
                why=f"many platforms deliver mail to {base}+anything to {base}, and would never use it",
                help="leave it out if the platform knows subaddresses, or write a dash instead of the plus",
            )
