"""Our own SPF terms with the addresses that their includes stand for now, for domains that ask for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from reconciler.dns.asking import Fetch, find_out
from reconciler.dns.overlay import Overlay
from reconciler.dns.spf.flatten import PRICE, Flattened, flatten
from reconciler.dns.view import Base
from reconciler.dns.zonebase import ZoneBase
from reconciler.model.desired import Declaration, Desired
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState
from reconciler.model.presentation import quote
from reconciler.model.resources import Record
from reconciler.plan.gather import Readers, World
from reconciler.plan.previewing import Known, local_zones


async def with_flat_spf(
    desired: Desired, readers: Readers, world: World, applied: AppliedState, fetch: Fetch | None
) -> World:
    """Return the world with the SPF records of domains that ask for it flattened.

    Where an answer can not be had, what the last run published stays, and a warning says so.

    Args:
        desired: What the files say.
        readers: For what the DNS providers can do.
        world: What was read.
        applied: What the last run left.
        fetch: Asks authoritative servers; None where nobody is to be asked.
    """
    ours = {key: each for key, each in world.records.items() if _wants(key, each, desired)}
    if not ours:
        return world
    local = local_zones(Known(desired, readers, world.actual, world.zones), asks=fetch is not None)
    names = {zone for _, zone in world.zones}

    def make(base: Base) -> Callable[[str], Flattened | None]:
        view = Overlay(ZoneBase(local, base), {}, names)
        return lambda key: flatten(_contribution(ours[key]), key.partition(" ")[0], view)

    found = await find_out(list(ours), make, fetch)
    records = dict(world.records)
    warnings: list[Diagnostic] = []
    for key, declaration in ours.items():
        flat = found[key]
        text = _former(key, declaration, applied) if flat is None else flat.text
        records[key] = _with(declaration, text)
        warnings.extend(_remarks(key, declaration, flat))
    return replace(world, records=records, warnings=(*world.warnings, *warnings))


def _wants(key: str, declaration: Declaration, desired: Desired) -> bool:
    name, _, rest = key.partition(" ")
    settings = desired.dns.get(name)
    wanted = settings is not None and settings.mail and settings.spf_flatten
    return wanted and rest == "TXT spf" and declaration.remember.contribution is not None


def _contribution(declaration: Declaration) -> str:
    text = declaration.remember.contribution
    assert text is not None, "a record that is flattened is ours"
    return text


def _former(key: str, declaration: Declaration, applied: AppliedState) -> str:
    """What the last run published; where there is none, the record as it is."""
    past = applied.get(Kind.RECORD, key)
    known = past.remember.contribution if past is not None and past.provider == declaration.provider else None
    return known or _contribution(declaration)


def _with(declaration: Declaration, text: str) -> Declaration:
    record = declaration.resource
    assert isinstance(record, Record), "declarations of records hold records"
    return declaration._replace(
        resource=replace(record, values=(quote(text),)), remember=replace(declaration.remember, contribution=text)
    )


def _remarks(key: str, declaration: Declaration, flat: Flattened | None) -> Iterator[Diagnostic]:
    at, name = declaration.origin.span("spf"), key.partition(" ")[0]
    if flat is None:
        yield warning(
            "spf-not-flattened",
            f"the SPF record of {name} is left as it was: an include of it could not be looked up",
            at=at,
            help="see what can not be looked up: reconciler dns preview " + name,
        )
        return
    yield warning("spf-flattened", f"the SPF record of {name} has addresses for includes", at=at, why=PRICE)
    for said in (*flat.kept, *([flat.warning] if flat.warning else [])):
        yield warning("spf-flattened", f"the SPF record of {name}: {said}", at=at)
