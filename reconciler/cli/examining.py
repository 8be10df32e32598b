"""What `doctor` looks at: configuration, state, each provider, and each write that a dead run left in flight."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from reconciler.cli.app import App
from reconciler.cli.applying import readers_of_kinds
from reconciler.cli.boundary import diagnostics_of
from reconciler.cli.examining_state import StateFound, examine_state
from reconciler.cli.session import readers_of
from reconciler.config import Loaded, load
from reconciler.dns.derive import zone_of
from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Diagnostic, Problem, problem, warning
from reconciler.model.kinds import Kind
from reconciler.plan.oddities import read_candidly
from reconciler.providers.base import Examined, Provider
from reconciler.providers.limits import described
from reconciler.providers.reader import PENDING, CandidReader, NamedZoneReader, Oddity, Reader, ZoneReader
from reconciler.providers.registry import open_provider
from reconciler.report.doctor_text import Check, Examination, Flying
from reconciler.report.layout import count
from reconciler.state import open_state
from reconciler.state.kept import Kept
from reconciler.state.resolve import verdict
from reconciler.state.values import Intent


async def examine(app: App, paths: Sequence[Path], command: str) -> Examination:
    """Look at everything; nothing is written anywhere, and nothing that is broken hides what is not.

    Args:
        app: Where paths start.
        paths: Of the configuration.
        command: What settles what is left, as it is typed.
    """
    try:
        loaded = load(paths, app.cwd)
    except Problem as stopped:
        broken = Check("configuration", f"{count(len(stopped.diagnostics), 'mistake')}", stopped.diagnostics)
        rest = "not looked at: the configuration says where it is"
        return Examination((broken, Check("state", rest, skipped=True), Check("providers", rest, skipped=True)), ())
    house = _House(loaded)
    try:
        return await house.examine(command)
    finally:
        for provider in house.providers.values():
            await provider.close()


class _House:
    """A configuration that could be read, with those of its providers that can be made."""

    def __init__(self, loaded: Loaded) -> None:
        self.desired: Desired = loaded.desired
        self.warnings = loaded.warnings
        self.providers: dict[str, Provider] = {}
        self.broken: dict[str, tuple[Diagnostic, ...]] = {}
        for name, block in loaded.desired.providers.items():
            try:
                self.providers[name] = open_provider(block)
            except Problem as stopped:
                self.broken[name] = stopped.diagnostics

    async def examine(self, command: str) -> Examination:
        declared = sum(len(group) for group in self.desired.declarations.values())
        said = f"{count(declared, 'resource')} declared, {count(len(self.desired.providers), 'provider')}"
        checks = [Check("configuration", said, self.warnings)]
        state = self._state()
        flying = [] if state.held else await self._flying(state.in_flight, _outcomes(state))
        checks += [*state.checks, _journal(state, flying)]
        checks += [await self._provider(name, state) for name in self.desired.providers]
        return Examination(checks, flying, command)

    def _state(self) -> StateFound:
        try:
            with closing(open_state(self.desired.state)) as store:
                return examine_state(store)
        except Problem as stopped:
            return StateFound([Check("state", "its place can not be opened", stopped.diagnostics)])

    async def _provider(self, name: str, state: StateFound) -> Check:
        area = f"provider {name}"
        if name in self.broken:
            return Check(area, "its block is wrong", self.broken[name])
        try:
            said, odd = await self._answer(name, state)
            provider = self.providers[name]
            if isinstance(provider, Examined):
                await provider.examine()
            return Check(area, said, (*_unproven(self.providers[name]), *_pending(name, odd)))
        except Exception as error:  # noqa: BLE001 - whatever a provider does, the others are looked at
            return Check(area, "it does not answer", diagnostics_of(error))

    async def _answer(self, name: str, state: StateFound) -> tuple[str, Sequence[Oddity]]:
        """Ask for as little as is certain to reach it, and for what is odd there."""
        readers = readers_of({name: self.providers[name]})
        said: list[str] = []
        odd: list[Oddity] = []
        for zones in readers.zones.values():
            hosted = await zones.zones()
            said.append(f"hosts {count(len(hosted), 'zone')}")
            zone = self._zone(name, hosted)
            if zone is not None:
                await _read(zones, zone)
                said.append(f"{zone} can be read")
            limits = described(zones.capabilities.zones)
            said += [f"can not hold {'; '.join(limits)}"] if limits else []
        for mail in readers.mail.values():
            kind, key = self._known(name, state)
            found = await mail.look_up(kind, [key]) if key else await mail.read()
            said.append(f"answers: {kind} {key} is {'' if found else 'not '}there" if key else "answers")
            odd += (await read_candidly(mail))[1] if isinstance(mail, CandidReader) else ()
            left = [each for each in odd if each.id not in PENDING]
            said += (
                [f"{count(len(left), 'thing')} in it can not be declared: `reconciler import` lists them"]
                if left
                else []
            )
        return ", ".join(said) or "nothing to ask it for", odd

    def _zone(self, name: str, hosted: Sequence[str]) -> str | None:
        """A zone of this provider: one with a declared domain, if there is any."""
        mine = (zone_of(domain, hosted) for domain, block in self.desired.dns.items() if block.provider == name)
        return next((zone for zone in mine if zone is not None), min(hosted, default=None))

    def _known(self, name: str, state: StateFound) -> tuple[Kind, str]:
        """Something that this provider has or is to have."""
        if state.read is not None:
            for (kind, key), applied in state.read.fold.resources.items():
                if applied.provider == name:
                    return kind, key
        for kind, group in self.desired.declarations.items():
            for key, each in group.items():
                if each.provider == name:
                    return kind, key
        return Kind.INSTANCE, ""

    async def _flying(self, intents: Sequence[Intent], outcomes: dict[tuple[str, Kind, str], Kept]) -> list[Flying]:
        readers = readers_of_kinds(readers_of(self.providers))
        found = {
            each.place: Flying(each, kept=str(outcomes[each.place].path)) for each in intents if each.place in outcomes
        }
        asked: dict[tuple[str, Kind], list[Intent]] = {}
        for each in intents:
            if each.place not in outcomes:
                asked.setdefault((each.provider, each.kind), []).append(each)
        for (name, _), group in asked.items():
            found.update({looked.intent.place: looked for looked in await _look(group, readers.get(name))})
        return [found[each.place] for each in intents]


async def _read(reader: ZoneReader, zone: str) -> None:
    """Have a zone read, or as little of it as can be asked for: some providers know their zones without being asked."""
    if isinstance(reader, NamedZoneReader):
        await reader.read_names(zone, [(zone, "MX")])
    else:
        await reader.read(zone)


def _unproven(provider: Provider) -> tuple[Diagnostic, ...]:
    """What it is said to do and was never seen to."""
    return tuple(
        warning(
            "provider-unproven",
            f"{what} is unproven: {why}",
            help="look at the records at the host after a run: reconciler dns check DOMAIN",
        )
        for what, why in provider.capabilities.zones.unproven.items()
    )


def _pending(name: str, odd: Sequence[Oddity]) -> tuple[Diagnostic, ...]:
    """What of a provider's oddities waits for somebody."""
    return tuple(warning(each.id, f"at {name}, {each.message}", help=each.help) for each in odd if each.id in PENDING)


async def _look(intents: Sequence[Intent], reader: Reader | None) -> list[Flying]:
    """Ask a provider for things of one kind; where it fails, that is what is known of them."""
    if reader is None:
        return [Flying(each, unread=f"provider '{each.provider}' can not be asked") for each in intents]
    try:
        lives = await reader.look_up(intents[0].kind, [each.key for each in intents])
    except Exception as error:  # noqa: BLE001 - a provider that fails must not hide the journal
        return [Flying(each, unread=diagnostics_of(error)[0].message) for each in intents]
    return [Flying(each, lives.get(each.key), verdict(each, lives.get(each.key))) for each in intents]


def _outcomes(state: StateFound) -> dict[tuple[str, Kind, str], Kept]:
    """The writes whose outcome a local file has; what is older than the state's last run is nothing to go by."""
    serial = 0 if state.read is None else state.read.fold.serial
    return {end.place: each for each in state.kept if each.serial == serial for end in each.ends}


def _journal(state: StateFound, flying: Sequence[Flying]) -> Check:
    if state.read is None:
        return Check("journal", "not looked at, as the state can not be read", skipped=True)
    number = count(len(state.in_flight), "write")
    if state.held and state.in_flight:
        return Check("journal", f"{number} under way by the run that holds the lock")
    if not flying:
        return Check("journal", "nothing is in flight")
    last = state.last
    run = f" when run {last.serial}, {last.operation} by {last.who}, died" if last else ""
    return Check("journal", f"{number} in flight{run}", tuple(map(_in_flight, flying)))


def _in_flight(each: Flying) -> Diagnostic:
    operation, provider = each.intent.operation, each.intent.provider
    if each.verdict is None and not each.kept:
        return problem(
            "in-flight-unknown",
            f"`{operation}` was in flight at '{provider}' when a run died, and {each.unread}",
            why="what became of a write is never guessed: it stays in the journal until the provider can be read",
            help=f"make '{provider}' readable, or put its block back under `providers:`, then: reconciler apply",
        )
    return warning(
        "state-in-flight",
        f"`{operation}` was in flight when a run died: {each.meaning}",
        help="let a run record it: reconciler apply",
    )
