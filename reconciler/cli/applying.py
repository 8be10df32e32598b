"""Carrying out a plan from the command line: hold the state, settle what a dead run left, plan or check, guard, run.

What each step means is decided in `plan` and `apply`; here they are put one after the other.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TextIO, cast, runtime_checkable

from reconciler.apply.context import ApplyContext, Patience
from reconciler.apply.execute import execute
from reconciler.apply.recover import recover
from reconciler.apply.result import RunResult
from reconciler.apply.verify import verify_preconditions
from reconciler.cli.app import App, is_terminal
from reconciler.cli.approval import approved
from reconciler.cli.exits import Exit
from reconciler.cli.homecoming import bring_home, mention_loss
from reconciler.cli.outcome import Earlier, tell_nothing, tell_refusals, tell_result, tell_stale, tell_unapproved
from reconciler.cli.plans import SealedPlan
from reconciler.cli.session import Session, emptied, judge_again, open_session, plan_of, previewed, read_scene
from reconciler.cli.speak import err_style, tell_wait
from reconciler.cli.stopping import stopping
from reconciler.dns.records import RecordReader
from reconciler.dns.writing import RecordWriter
from reconciler.model.diagnostic import Diagnostic, Problem, problem
from reconciler.model.kinds import WRITES, Action, Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.plan.document import Plan
from reconciler.plan.gather import Readers
from reconciler.plan.guards import unmet
from reconciler.plan.wire import digest
from reconciler.providers.reader import ProviderError, Reader, ZoneReader
from reconciler.providers.writer import CatchesUp, Prepares, Writer, ZoneWriter
from reconciler.report.plan_text import plan_text
from reconciler.report.progress import Progress, SilentProgress, progress_for
from reconciler.report.severity import softened
from reconciler.state import Loaded, StateSession
from reconciler.state.values import Ended


@dataclass(frozen=True, slots=True)
class Job:
    """What the user asked for.

    Attributes:
        name: The command, `apply` or `destroy`.
        line: The command as typed, without consents, to be said again.
        paths: Of the configuration.
        again: The command that makes the saved plan again.
        saved: A saved plan to carry out.
        sealed: The same, encrypted: the configuration has the key.
        yes: Approval.
        consents: Options as a plan prints them, such as `--allow-destroy mailbox:bob@example.org`.
        wait: Seconds to wait for another run.
    """

    name: str
    line: str
    paths: Sequence[Path]
    again: str = ""
    saved: Plan | None = None
    sealed: SealedPlan | None = None
    yes: bool = False
    consents: tuple[str, ...] = ()
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """A session under the state's lock, and what earlier runs left.

    Attributes:
        earlier: What was settled of them.
        before: The state as it was when the lock was taken, before recovery wrote to it.
    """

    session: Session
    state: StateSession
    before: AppliedState
    earlier: Earlier
    readers: Mapping[str, Reader] = field(default_factory=dict)


async def carry_out(app: App, job: Job) -> Exit:
    """Do the job.

    Raises:
        Problem: If there can be no plan, the state is held by somebody else, or a secret can not be had.
        ProviderError: If a provider can not be read.
    """
    async with open_session(app, job.paths) as session:
        if job.sealed is not None:
            job = replace(job, saved=job.sealed.open(session.desired.state.encryption), sealed=None)
        with session.state.acquire(job.name, wait=job.wait, on_wait=tell_wait(app)) as state:
            if state.took_over is not None:
                app.say(f"took over the lock of {state.took_over}, which is dead")
            readers = readers_of_kinds(session.readers)
            before = state.loaded.applied
            mention_loss(app, session.state, state.loaded)
            home = bring_home(app, session.state, state)
            recovered = await recover(state, readers, now=app.clock)
            for each in recovered:
                app.say(f"an earlier run was interrupted: {each}")
            return await _decide(app, job, Held(session, state, before, Earlier(recovered, home), readers))


async def _decide(app: App, job: Job, held: Held) -> Exit:
    """Plan or check the saved plan, then refuse, ask, or run."""
    if job.saved is not None:
        moved = await _moved(job.saved, held)
        if moved:
            tell_stale(app, moved, job.again)
            return Exit.STALE
        plan = job.saved
        judged = judge_again(held.session, plan, held.state.applied)
    else:
        plan = judged = await _plan(job, held)
    await _catch_up(held.session)
    if plan.empty:
        tell_nothing(app, plan, held.earlier, destroys=job.name == "destroy")
        return Exit.DONE
    pending = unmet(judged.refusals, job.consents)
    if pending:
        tell_refusals(app, judged, pending, job.consents, job.line, destroys=job.name == "destroy")
        return Exit.REFUSED
    if job.saved is None and not app.json:
        app.say(plan_text(plan, err_style(app), command="", consents=job.consents).rstrip("\n") + "\n\n")
    if not (job.yes or job.saved is not None or approved(app)):
        tell_unapproved(app, plan, job.consents, job.line)
        return Exit.REFUSED
    return await _run(app, plan, held)


async def _catch_up(session: Session) -> None:
    """Have what a run before could not finish behind its changes finished, before anything is told to be done."""
    for provider in session.providers.values():
        if isinstance(provider, CatchesUp):
            await provider.catch_up()


async def _behind(session: Session) -> tuple[Diagnostic, ...]:
    """Have what has to follow the changes of this run done, where it was not at once; return why it can not be."""
    try:
        await _catch_up(session)
    except ProviderError as error:
        why = "who was changed can still be known there as before; the next apply begins with telling it"
        return tuple(problem(each.id, str(each), why=why, help=each.help) for each in (error, *error.also))
    return ()


async def _plan(job: Job, held: Held) -> Plan:
    scene = await read_scene(held.session, Loaded(held.state.applied, held.state.in_flight))
    if job.name == "destroy":
        return plan_of(held.session, emptied(held.session, scene))
    if scene.late:
        held.state.end(_learnt(each) for each in scene.late)
    return await previewed(held.session, scene, plan_of(held.session, scene))


def _learnt(applied: Applied) -> Ended:
    resource = applied.resource
    return Ended(Action.ADOPT, resource.kind, resource.key, applied.provider, applied=applied)


async def _moved(plan: Plan, held: Held) -> tuple[str, ...]:
    """Why a saved plan is stale, a sentence each; empty where it is not."""
    said = []
    if (plan.lineage, plan.serial) != (held.before.lineage, held.before.serial):
        said.append("another run has changed the state since the plan was made")
    if plan.config_digest != held.session.desired.digest:
        said.append("the configuration has changed since the plan was made")
    return tuple(said) or await verify_preconditions(plan, held.readers) or await _held_back(plan, held)


async def _held_back(plan: Plan, held: Held) -> tuple[str, ...]:
    """Why an MX that a saved plan moves has to wait now, though it was ready when the plan was made."""
    records = (each for each in plan.operations if each.kind is Kind.RECORD and each.action is not Action.CREATE)
    moved = {each.key for each in records if "values" in each.fields}
    if not any(key.endswith(" MX") for key in moved):
        return ()
    scene = await read_scene(held.session, Loaded(held.state.applied, held.state.in_flight))
    waits = [each for each in scene.inputs.held if each.phase == "switch" and f"{each.domain} MX" in moved]
    return tuple(f"the MX of {each.domain} has to wait: {each.reason}" for each in waits)


async def _run(app: App, plan: Plan, held: Held) -> Exit:
    writers = writers_of_kinds(held.session, held.readers)
    await _prepare(plan, writers)
    held.state.carry_out(digest(plan))
    progress = _progress(app, len(plan.operations))
    with progress, stopping(app, progress) as stop:
        result = await execute(plan, _context(held, writers, progress, stop))
    result = _closed(held.state, replace(result, behind=await _behind(held.session)))
    tell_result(app, plan, result, held.earlier)
    return Exit(result.exit_code)


async def _prepare(plan: Plan, writers: Mapping[str, Writer]) -> None:
    """Have every provider that is written to find out whether it can be.

    Raises:
        ProviderError: If one can not; nothing was changed then.
    """
    for name in sorted({step.provider for step in plan.operations if step.action in WRITES}):
        writer = writers.get(name)
        if isinstance(writer, Prepares):
            ends = (step for step in plan.operations if step.action is Action.DELETE and step.provider == name)
            await writer.prepare(frozenset(step.kind for step in ends))


def _closed(state: StateSession, result: RunResult) -> RunResult:
    """Close the state before the result is told, so that the result can tell how that went.

    What can not be folded up, or given back, stands in the journal all the same: only what was not recorded is trouble.
    """
    left: tuple[Diagnostic, ...] = ()
    try:
        state.close()
    except Problem as stopped:
        left = softened(stopped.diagnostics)
    if state.broken is not None:
        return replace(result, stopped=False, trouble=state.broken.diagnostics)
    return replace(result, warnings=(*result.warnings, *left))


def _context(held: Held, writers: Mapping[str, Writer], progress: Progress, stop: asyncio.Event) -> ApplyContext:
    session = held.session
    declarations = session.desired.declarations
    return ApplyContext(
        readers=held.readers,
        writers=writers,
        capabilities=session.readers.capabilities,
        session=held.state,
        declaration=lambda kind, key: declarations.get(kind, {}).get(key),
        listener=progress,
        patience=Patience(now=session.clock),
        stop=stop,
        root=session.desired.root,
    )


def _progress(app: App, total: int) -> Progress:
    if app.quiet:
        return SilentProgress()
    live = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
    stream = sys.stderr if live else cast("TextIO", _Patient(sys.stderr))
    return progress_for(total, stream, err_style(app), live=live)


class _Patient:
    """A stream whose reader may go away: a run is not stopped by nobody watching it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


def readers_of_kinds(readers: Readers) -> dict[str, Reader]:
    """Every provider as apply reads it, by kinds and keys: a zone provider through its records."""
    zones = {name: RecordReader(reader) for name, reader in readers.zones.items()}
    return {**readers.mail, **zones}


def writers_of_kinds(session: Session, readers: Mapping[str, Reader]) -> dict[str, Writer]:
    """Every provider as apply writes to it, beside its readers: together they make as many calls as it takes."""
    writers: dict[str, Writer] = {}
    for name, provider in session.providers.items():
        if isinstance(provider, _WritesMail):
            writers[name] = provider.writer()
        if isinstance(provider, _WritesZones):
            beside = readers.get(name)
            gate = beside.gate if isinstance(beside, RecordReader) else None
            writers[name] = RecordWriter(provider.zone_reader(), provider.zone_writer(), gate)
    return writers


@runtime_checkable
class _WritesMail(Protocol):
    def writer(self) -> Writer: ...


@runtime_checkable
class _WritesZones(Protocol):
    def zone_reader(self) -> ZoneReader: ...

    def zone_writer(self) -> ZoneWriter: ...
