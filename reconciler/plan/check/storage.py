"""Storage: what is given out against what is booked, quotas against what is in use, and the least (netcup/N10)."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_of
from reconciler.model.resources import Instance, Mailbox
from reconciler.model.sizes import exact_size
from reconciler.plan.check.scene import Moment, Scene


def check_storage(scene: Scene) -> Iterator[Diagnostic]:
    """Find instances whose declared quotas do not fit the booked storage (netcup/N10)."""
    given: dict[str | None, int] = {}
    homes = scene.homes
    for key, declaration in scene.desired.of(Kind.MAILBOX).items():
        quota = declaration.resource.quota if isinstance(declaration.resource, Mailbox) else None
        home = homes.get(domain_of(key))
        if quota is not None and home is not None:
            given[home.instance] = given.get(home.instance, 0) + quota
    for label, declaration in scene.desired.of(Kind.INSTANCE).items():
        able = scene.capabilities.get(declaration.provider)
        booked = declaration.resource.storage if isinstance(declaration.resource, Instance) else None
        if able is not None and able.storage_limited and booked is not None and given.get(label, 0) > booked:
            yield _overbooked(scene, label, declaration, booked, given[label])


def _overbooked(scene: Scene, label: str, declaration: Declaration, booked: int, given: int) -> Diagnostic:
    quota, key, biggest = max(
        (mailbox.resource.quota or 0, key, mailbox)
        for key, mailbox in scene.desired.of(Kind.MAILBOX).items()
        if isinstance(mailbox.resource, Mailbox) and _instance(scene, key) == label
    )
    return problem(
        "storage-overbooked",
        f"the quotas in instance {label} add up to {exact_size(given)}, but {exact_size(booked)} are booked",
        at=declaration.origin.span("storage"),
        also=[Label(biggest.origin.span("quota"), f"the biggest, {address_label(key)}: {exact_size(quota)}")],
        rule="netcup/N10",
        help=f"give out {exact_size(given - booked)} less, or book storage: {exact_size(given)}",
    )


def _instance(scene: Scene, address: str) -> str | None:
    home = scene.homes.get(domain_of(address))
    return home.instance if home is not None else None


def check_least(scene: Scene) -> Iterator[Diagnostic]:
    """Find quotas so small that they mean something else at their provider, such as no limit at all (netcup/N10)."""
    least = {name: able.least_quota for name, able in scene.capabilities.items() if able.least_quota}
    if not least:
        return
    for key, declaration in scene.desired.of(Kind.MAILBOX).items():
        quota = declaration.resource.quota if isinstance(declaration.resource, Mailbox) else None
        if quota is not None and quota < least.get(declaration.provider, 0):
            yield problem(
                "quota-too-small",
                f"mailbox {address_label(key)} has a quota of {exact_size(quota)}, but at {declaration.provider} the "
                f"least is {exact_size(least[declaration.provider])}",
                at=declaration.origin.span("quota"),
                rule="netcup/N10",
                why="a smaller number is no limit there, and more could be given out than the instance has",
                help="write one in which mail fits, such as quota: 2 GB",
            )


def check_usage(moment: Moment) -> Iterator[Diagnostic]:
    """Find new quotas that are smaller than what the mailbox holds already (netcup/N9)."""
    for declaration, live in moment.meets(Kind.MAILBOX).differing:
        key, used = declaration.resource.key, live.facts.get("used")
        quota = declaration.resource.quota if isinstance(declaration.resource, Mailbox) else None
        if quota is not None and isinstance(used, int) and used > quota:
            yield problem(
                "quota-below-usage",
                f"mailbox {address_label(key)} holds {exact_size(used)}, more than its quota of {exact_size(quota)}",
                at=declaration.origin.span("quota"),
                rule="netcup/N9",
                why="a full mailbox takes no mail",
                help=f"declare quota: {exact_size(used)} or more, or have its owner tidy up first",
            )
