"""One run's rooms put together: configuration, providers and state, and all of it closed whatever happens.

Planning is handed readers alone; `reconciler.cli.applying` hands writers to apply.
"""

import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from reconciler.cli.app import App
from reconciler.cli.providing import open_providers
from reconciler.config import load
from reconciler.dns.phases import told_lately
from reconciler.dns.preview import Preview
from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Diagnostic, stop_on_errors
from reconciler.model.live import Applied, AppliedState, Inventory
from reconciler.plan.build import as_warning, make_plan
from reconciler.plan.document import Plan
from reconciler.plan.gather import Readers, World, archives_there, backups_there, inputs_of, read_world, times_of
from reconciler.plan.guards import refusals_now
from reconciler.plan.inputs import PlanInputs
from reconciler.plan.judging import forbidden
from reconciler.plan.previewing import Known, preview_domains, touched
from reconciler.plan.seeing import authorities, unseen, zone_facts, zones_of
from reconciler.providers.base import Provider
from reconciler.providers.reader import MailReader, ZoneReader
from reconciler.state import Loaded, StateStore, open_state, resolve_in_flight

if TYPE_CHECKING:
    from reconciler.resolution.authorities import Authorities


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with.

    Attributes:
        desired: What the files say.
        warnings: What the files should not say.
        providers: By configured name.
        readers: The same, for reading.
        state: Where the last applied state is kept.
        clock: The time of day, in seconds since the epoch.
        clients: Addresses that a person asks about: may mail come from there?
    """

    desired: Desired
    warnings: tuple[Diagnostic, ...]
    providers: Mapping[str, Provider]
    readers: Readers
    state: StateStore
    clock: Callable[[], float]
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What was read: the world, the state, and what planning is given of both, with writes in flight resolved.

    Attributes:
        world: What the providers have.
        inputs: What planning is given.
        loaded: The state.
        late: Records that a name server does not show yet, as state is to remember them (`dns.phases.told_lately`).
    """

    world: World
    inputs: PlanInputs
    loaded: Loaded
    late: tuple[Applied, ...] = ()

    @property
    def applied(self) -> AppliedState:
        """What the last run left."""
        return self.inputs.applied


@asynccontextmanager
async def open_session(app: App, paths: Sequence[Path], *, clients: tuple[str, ...] = ()) -> AsyncIterator[Session]:
    """Read the configuration and make its providers ready; nothing is connected before the first read.

    Args:
        app: Where paths start.
        paths: Of the configuration.
        clients: See `Session`.

    Raises:
        Problem: With all diagnostics of the configuration.
    """
    loaded = load(paths, app.cwd)
    gc.freeze()  # what was loaded lives as long as the run: the collector need not walk it again and again
    state = open_state(loaded.desired.state)
    providers = open_providers(loaded.desired)
    try:
        yield Session(loaded.desired, loaded.warnings, providers, readers_of(providers), state, app.clock, clients)
    finally:
        state.close()
        for provider in providers.values():
            await provider.close()


@runtime_checkable
class _HostsMail(Protocol):
    def reader(self) -> MailReader: ...


@runtime_checkable
class _HostsZones(Protocol):
    def zone_reader(self) -> ZoneReader: ...


def readers_of(providers: Mapping[str, Provider]) -> Readers:
    """Return the readers of providers; one that hosts both mail and zones has both."""
    return Readers(
        {name: each.reader() for name, each in providers.items() if isinstance(each, _HostsMail)},
        {name: each.zone_reader() for name, each in providers.items() if isinstance(each, _HostsZones)},
    )


async def read_scene(session: Session, loaded: Loaded | None = None) -> Scene:
    """Read state and providers; nothing is written anywhere.

    Without the lock another run may be at work: where it has written meanwhile, both are read again, so that what it
    has made is not taken for somebody else's.

    Args:
        session: What to read.
        loaded: The state, where it was loaded under a lock already.

    Raises:
        Problem: If the state can not be read, or the records a domain needs can not be derived.
        ProviderError: If a provider can not be read.
    """
    if loaded is None:
        loaded, world = await _read_together(session)
    else:
        world = await read_world(session.desired, loaded.applied, session.readers)
    now = session.clock()
    applied = resolve_in_flight(loaded, world.actual, now)
    if any(settings.spf_flatten for settings in session.desired.dns.values()):
        from reconciler.plan.flattening import with_flat_spf

        asked = authorities(session.desired, session.readers, world.zones, session.clock)
        fetch = None if asked is None else asked.answer
        world = await with_flat_spf(session.desired, session.readers, world, applied, fetch)
    inputs = inputs_of(session.desired, applied, world, session.readers, now)
    scene = Scene(world, inputs, loaded)
    return await _verified(session, scene, applied) if inputs.verify else scene


async def _verified(session: Session, scene: Scene, applied: AppliedState) -> Scene:
    """Look whether every name server shows what has to be seen before an MX moves; where not, it waits."""
    world, verify, now = scene.world, scene.inputs.verify, scene.inputs.now
    asked = authorities(session.desired, session.readers, world.zones, session.clock)
    if asked is None:
        return scene
    served = zones_of(verify, session.desired, session.readers, world)
    said = await unseen({domain: verify[domain] for domain in served}, asked)
    records = [record for domain in said for record in verify[domain]]
    late = tuple(told_lately(records, applied, times_of(world, session.readers, now)))
    learnt = {(each.resource.kind, each.resource.key): each for each in late}
    known = replace(applied, resources={**applied.resources, **learnt}) if late else applied
    inputs = inputs_of(session.desired, known, world, session.readers, now, unseen=said)
    return Scene(world, inputs, scene.loaded, late)


async def _read_together(session: Session) -> tuple[Loaded, World]:
    """Read state and providers such that no write of state lies between, if that can be had in a few tries."""
    for last in (False, False, True):
        mark = session.state.mark()
        loaded = session.state.load()
        world = await read_world(session.desired, loaded.applied, session.readers)
        if last or session.state.mark() == mark:
            break
    return loaded, world


def judge_again(session: Session, plan: Plan, applied: AppliedState) -> Plan:
    """Return a saved plan with the refusals that the day, the backups and the state give it now."""
    inputs = PlanInputs(
        desired=session.desired,
        actual=Inventory(()),
        applied=applied,
        capabilities=session.readers.capabilities,
        today=date.fromtimestamp(session.clock()),  # noqa: DTZ012 - the operator's own day
        backups=backups_there(session.desired),
        archives=archives_there(
            session.desired.tombstones[step.kind, step.key]
            for step in plan.operations
            if step.backup is not None and (step.kind, step.key) in session.desired.tombstones
        ),
    )
    return replace(plan, refusals=refusals_now(plan, inputs))


def plan_of(session: Session, scene: Scene) -> Plan:
    """Return the plan, with the warnings of the files and of the records beside its own.

    Raises:
        Problem: With every diagnostic that forbids a plan.
    """
    plan = make_plan(scene.inputs)
    found = [as_warning(each) for each in (*session.warnings, *scene.world.warnings)]
    return replace(plan, warnings=tuple(dict.fromkeys((*found, *plan.warnings))))


async def previewed(session: Session, scene: Scene, plan: Plan) -> Plan:
    """Return the plan with what it does to the DNS of each domain.

    Raises:
        Problem: If mail would fail by it.
    """
    domains = touched(plan.operations, plan.held, session.desired)
    if not domains:
        return plan
    previews = await previews_of(session, scene, domains, plan)
    warnings = stop_on_errors(forbidden(previews, session.desired))
    return replace(plan, previews=previews, warnings=(*plan.warnings, *map(as_warning, warnings)))


async def previews_of(session: Session, scene: Scene, domains: Sequence[str], plan: Plan) -> tuple[Preview, ...]:
    """Return what a plan does to the DNS of some domains, whether or not their records change."""
    known, asked = await known_of(session, scene.world, domains)
    fetch = None if asked is None else asked.answer
    return await preview_domains(domains, plan.operations, plan.held, known, fetch)


async def known_of(session: Session, world: World, domains: Sequence[str]) -> tuple[Known, "Authorities | None"]:
    """Return what the checks of some domains are made from, and whom to ask for the rest."""
    asked = authorities(session.desired, session.readers, world.zones, session.clock)
    found: dict[str, Mapping[str, str]] = {}
    if asked is not None:
        zones = zones_of(domains, session.desired, session.readers, world)
        facts = await zone_facts(dict(zones.values()), asked)
        found = {domain: facts[zone] for domain, (zone, _) in zones.items()}
    known = Known(session.desired, session.readers, world.actual, world.zones, found, session.clients)
    return known, asked


def emptied(session: Session, scene: Scene) -> Scene:
    """The same world with nothing declared in it: what `destroy` plans."""
    nothing = replace(session.desired, declarations={}, dns={})
    world = replace(scene.world, records={}, warnings=())
    inputs = inputs_of(nothing, scene.applied, world, session.readers, scene.inputs.now)
    return Scene(world, inputs, scene.loaded)
