"""What is to be created, or created again, and lacks what its platform asks for."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import Domain, FieldValue
from reconciler.plan.check.scene import Moment

#: For each kind: what its creation must be given, and the rule that says so.
_NEEDED: dict[Kind, tuple[tuple[str, ...], str]] = {
    Kind.INSTANCE: (("storage",), "netcup/N10"),
    Kind.DOMAIN: (("instance",), "netcup/N5"),
    Kind.MAILBOX: (("owner", "quota", "password"), "netcup/N14"),
    Kind.TEAM: (("master", "billing"), "mailbox-org/M9"),
    Kind.MEMBER: (("owner", "password"), "mailbox-org/M3"),
}

_EXAMPLES = {
    "storage": "storage: 50 GB",
    "instance": "instance: office",
    "owner": "owner: Anna Beispiel",
    "quota": "quota: 2 GB",
    "master": "master: anna@mailbox.org",
    "billing": "billing: separate",
}


def check_creations(moment: Moment) -> Iterator[Diagnostic]:
    """Find creations without what they need (netcup/N14; mailbox-org/M3, M9), and passwords that can not be set."""
    for kind, (needed, rule) in _NEEDED.items():
        for declaration in moment.meets(kind).created:
            given: dict[str, FieldValue] = declaration.resource.fields()
            missing = [name for name in needed if name != "password" and given[name] is None]
            if "password" in needed and declaration.password is None:
                missing.append("password")
            if missing and not _open(moment, kind, missing, declaration):
                yield _incomplete(declaration, missing, rule)
    yield from _moved(moment)
    yield from _passwords(moment, Kind.MAILBOX, "netcup/N9")
    yield from _passwords(moment, Kind.MEMBER, "mailbox-org/M5")


def _open(moment: Moment, kind: Kind, missing: list[str], declaration: Declaration) -> bool:
    """Whether the provider does without what is missing: one without instances, or without booked storage."""
    able = moment.scene.capabilities.get(declaration.provider)
    if able is None:
        return True
    if kind is Kind.INSTANCE:
        return not able.storage_limited
    return kind is Kind.DOMAIN and missing == ["instance"] and Kind.INSTANCE not in able.kinds


def _incomplete(
    declaration: Declaration, missing: list[str], rule: str, reason: str = "is to be created"
) -> Diagnostic:
    named = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
    return problem(
        "create-incomplete",
        f"{declaration.resource.kind} {declaration.resource.key} {reason}, but has no {named}",
        at=declaration.origin.span(),
        rule=rule,
        help=f"add {'; '.join(_example(name, declaration) for name in missing)}",
    )


def _example(name: str, declaration: Declaration) -> str:
    if name == "password":  # a file of its own, so that nobody who copies the line shares a password
        return f"password: {{generate: {{to: secrets/{declaration.resource.key}}}}}"
    return _EXAMPLES[name]


def _moved(moment: Moment) -> Iterator[Diagnostic]:
    """Find mailboxes that are created again because their domain moves, and have no password to be given."""
    moved = {
        key for key, declaration in moment.scene.desired.of(Kind.DOMAIN).items() if _moves(moment, key, declaration)
    }
    if not moved:
        return
    for key, declaration in moment.scene.desired.of(Kind.MAILBOX).items():
        there = moment.actual.get(declaration.provider, Kind.MAILBOX, key) is not None
        if there and declaration.password is None and domain_of(key) in moved:
            yield _incomplete(
                declaration, ["password"], "netcup/N14", "is to be created again, because its domain changes instance"
            )


def _moves(moment: Moment, key: str, declaration: Declaration) -> bool:
    wanted = moment.scene.homes[key].instance
    live = moment.actual.get(declaration.provider, Kind.DOMAIN, key)
    if live is None or wanted is None or not isinstance(live.resource, Domain):
        return False
    return live.resource.instance != wanted and moment.manages(declaration.provider, Kind.DOMAIN, key)


def _passwords(moment: Moment, kind: Kind, rule: str) -> Iterator[Diagnostic]:
    """Find passwords to be set again where the platform takes one at creation only."""
    able = moment.scene.capabilities
    # Whether a mailbox's password can be set is the provider's affair; of members it is each one's own.
    fixed = {name for name in able if kind is Kind.MEMBER or "password" not in able[name].updatable.get(kind, ())}
    if not fixed:
        return
    for key, declaration in moment.scene.desired.of(kind).items():
        past = moment.applied.get(kind, key) if declaration.provider in fixed else None
        if past is None or past.remember.password_version == declaration.remember.password_version:
            continue
        there = moment.actual.get(declaration.provider, kind, key) is not None
        if there and not able[declaration.provider].edits(kind, key, "password"):
            yield problem(
                "password-create-only",
                f"the password of {kind} {key} can not be set again at {declaration.provider}",
                at=declaration.origin.span("password_version"),
                rule=rule,
                why="it was given once, at creation; since then it is its owner's",
                help=f"put back password_version: {past.remember.password_version or 1}",
            )
