"""Guards: what a plan may not do without consent. Pure functions from a plan's parts to refusals.

Each guard names the exact operations and the exact consent. A plan carries its refusals; consent is given to `apply`
and checked against them by `unmet`. There is no option that silences a guard as a whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.closest import closest_key
from reconciler.model.desired import Tombstone
from reconciler.model.kinds import Action, Kind
from reconciler.model.names import address_label, domain_label, domain_of
from reconciler.model.resources import Record, split_record_key
from reconciler.plan.document import Operation, Plan, Refusal
from reconciler.plan.flow import Flow, after, lost_roles
from reconciler.plan.inputs import PlanInputs

_ENDS = frozenset({Action.DELETE, Action.OPERATOR})
_HINTS = 20  # comparing names takes time; nobody reads the twenty-first
_ALIKE = 0.75  # a tombstone may be old and right, so it has to be nearly the same
_STOPPED = frozenset({"suspended", "deleted"})


def unmet(refusals: Iterable[Refusal], consents: Iterable[str]) -> tuple[Refusal, ...]:
    """Return the refusals that some consents do not lift.

    Args:
        refusals: Of a plan.
        consents: Options as a plan prints them, such as `--allow-destroy mailbox:bob@example.org`.
    """
    given = frozenset(consents)
    return tuple(refusal for refusal in refusals if not refusal.consent or not given.issuperset(refusal.consent))


def refusals_now(plan: Plan, inputs: PlanInputs) -> tuple[Refusal, ...]:
    """Return the refusals of a saved plan as they stand when it is carried out.

    A tombstone's day comes, its backup goes, and protection is what state says: these are asked about again. What the
    other guards judge is held by the digests and preconditions that were checked before.

    Args:
        plan: As it was saved.
        inputs: For tombstones, backups, the day, and the state; nothing live is asked about.
    """
    again = (*_protected(plan.operations, inputs), *_data_loss(plan.operations, inputs))
    return (*again, *(each for each in plan.refusals if each.guard not in ("protect", "data-loss")))


def refusals(operations: Sequence[Operation], inputs: PlanInputs, home: Mapping[str, str]) -> tuple[Refusal, ...]:
    """Ask every guard about a plan's operations, in their order.

    Args:
        operations: Ordered.
        inputs: For tombstones, protection, standing and limits.
        home: Record key to the domain it was derived for.
    """
    if not operations:
        return ()
    return (
        *_protected(operations, inputs),
        *_data_loss(operations, inputs),
        *_money(operations),
        *_mail_routing(operations, home),
        *_volume(operations, inputs),
        *_emptied(operations, inputs),
        *_standing(operations, inputs),
        *_orphans(operations, inputs),
    )


def _protected(operations: Sequence[Operation], inputs: PlanInputs) -> Iterable[Refusal]:
    """`protect`: what the last applied state protects is not deleted, whatever the files say now."""
    for step in operations:
        if step.action not in _ENDS or not (step.action is Action.DELETE or step.loses_data):
            continue
        applied = inputs.applied.get(step.kind, step.key)
        if applied is not None and applied.remember.protect:
            yield Refusal(
                "protect",
                (step.id,),
                (),
                f"{step.kind} {step.key} is protected in the last applied state: declare it with `protect: false`,"
                " apply that, then delete it",
            )


def _data_loss(operations: Sequence[Operation], inputs: PlanInputs) -> Iterable[Refusal]:
    """`data-loss`: content is destroyed only with a tombstone in force or a named consent."""
    misspelt = _Misspelt(inputs)
    for step in operations:
        if not step.loses_data:
            continue
        tombstone = tombstone_of(step, inputs)
        consent: tuple[str, ...] = (f"--allow-destroy {step.kind}:{step.key}",)
        if tombstone is None:
            yield Refusal("data-loss", (step.id,), consent, misspelt.hint(step) or _lost(step))
        elif tombstone.not_before is not None and inputs.today < tombstone.not_before:
            reason = f"its tombstone holds until {tombstone.not_before.isoformat()}"
            yield Refusal("data-loss", (step.id,), (), reason)
        elif tombstone.backup is not None and tombstone.backup not in inputs.backups:
            reason = f"its tombstone names the backup '{tombstone.backup}', which is not there"
            yield Refusal("data-loss", (step.id,), (), reason)
        elif tombstone.backup_to is not None and isinstance(wrong := inputs.archives.get(tombstone.backup_to), str):
            yield Refusal(
                "data-loss", (step.id,), (), f"its tombstone has a backup made where something else is: {wrong}"
            )


def tombstone_of(step: Operation, inputs: PlanInputs) -> Tombstone | None:
    """Return the tombstone that speaks of what a step deletes: a copy left at a provider needs one that names it."""
    tombstone = inputs.desired.tombstones.get((step.kind, step.key))
    if tombstone is None:
        return None
    past = inputs.applied.get(step.kind, step.key)
    left = past is not None and past.provider != step.provider
    return tombstone if (tombstone.at == step.provider if left else tombstone.at in (None, step.provider)) else None


class _Misspelt:
    """Tombstones that fit nothing under management, one of which may have been meant for what goes."""

    def __init__(self, inputs: PlanInputs) -> None:
        self._inputs = inputs
        self._strays: dict[Kind, list[str]] | None = None
        self._asked = 0

    def hint(self, step: Operation) -> str | None:
        """Return the sentence that points at the tombstone whose key is nearly that of a step."""
        self._asked += 1
        if self._asked > _HINTS:
            return None
        if self._strays is None:
            self._strays = defaultdict(list)
            for kind, key in self._inputs.desired.tombstones:
                if self._inputs.applied.get(kind, key) is None:
                    self._strays[kind].append(key)
        near = closest_key(step.key, self._strays[step.kind], cutoff=_ALIKE)
        if near is None:
            return None
        at = self._inputs.desired.tombstones[step.kind, near].span
        return f"the tombstone at {at} is of {step.kind} '{near}', which is not under management: is this one meant?"


def _lost(step: Operation) -> str:
    if step.notes:
        return step.notes[0]
    return f"what {step.kind} {step.key} holds is lost"


def _money(operations: Sequence[Operation]) -> Iterable[Refusal]:
    """`money`: the bill changes only with a named consent."""
    for step in operations:
        if step.costs_money:
            reason = step.notes[0] if step.notes else f"the bill for {step.kind} {step.key} changes"
            yield Refusal("money", (step.id,), (f"--allow-cost {step.kind}:{step.key}",), reason)


def _mail_routing(operations: Sequence[Operation], home: Mapping[str, str]) -> Iterable[Refusal]:
    """`mail-routing`: the MX of a domain that receives mail today changes (netcup/N6)."""
    moved: dict[str, list[str]] = defaultdict(list)
    for step in operations:
        if step.changes_routing:
            moved[home.get(step.key) or split_record_key(step.key)[0]].append(step.id)
    for domain, steps in moved.items():
        reason = f"mail for {domain_label(domain)} arrives elsewhere from then on"
        yield Refusal("mail-routing", tuple(steps), (f"--allow-routing {domain}",), reason)


def _volume(operations: Sequence[Operation], inputs: PlanInputs) -> Iterable[Refusal]:
    """`volume`: more of one kind is deleted than a slip of the hand should."""
    gone: dict[Kind, list[str]] = defaultdict(list)
    for step in operations:
        made_anew = step.replaces is not None and not step.loses_data  # an alias that leads elsewhere is still there
        if step.action in _ENDS and not made_anew and (step.action is Action.DELETE or step.loses_data):
            gone[step.kind].append(step.id)
    managed = Counter(kind for kind, _ in inputs.applied.resources)
    limits = inputs.desired.guards
    for kind, steps in gone.items():
        limit = max(limits.volume_count, managed[kind] * limits.volume_percent // 100)
        if len(steps) > limit:
            reason = (
                f"{len(steps)} of {managed[kind]} managed resources of kind {kind} are deleted; the limit is {limit}"
            )
            yield Refusal("volume", tuple(steps), (f"--allow-volume {kind}",), reason)


def _emptied(operations: Sequence[Operation], inputs: PlanInputs) -> Iterable[Refusal]:
    """`volume` as well: a domain loses its last mailbox, or a zone all its records."""
    for kind in (Kind.MAILBOX, Kind.RECORD):
        steps = [step for step in operations if step.kind is kind]
        gone: dict[str, list[str]] = defaultdict(list)
        for step in steps:
            if step.action is Action.DELETE:
                gone[_home_of(step, inputs)].append(step.id)
        if not gone:
            continue
        come = Counter(_home_of(step, inputs) for step in steps if step.action is Action.CREATE)
        live = Counter(_home(kind, each.resource) for _, each in inputs.actual if each.resource.kind is kind)
        for place, deletions in gone.items():
            if live[place] - len(deletions) + come[place] <= 0:
                what = "domain" if kind is Kind.MAILBOX else "zone"
                reason = f"{what} {domain_label(place)} is left without any {kind}"
                yield Refusal("volume", tuple(deletions), (f"--allow-volume {kind}",), reason)


def _home(kind: Kind, resource: object) -> str:
    if kind is Kind.RECORD:
        return str(resource.zone) if isinstance(resource, Record) else ""
    return domain_of(getattr(resource, "key", ""))


def _home_of(step: Operation, inputs: PlanInputs) -> str:
    live = inputs.actual.get(step.provider, step.kind, step.key)
    if live is not None:
        return _home(step.kind, live.resource)
    change = step.fields.get("zone")
    return str(change.after) if change is not None else domain_of(step.key)


def _standing(operations: Sequence[Operation], inputs: PlanInputs) -> Iterable[Refusal]:
    """`standing`: a suspended team is not changed (mailbox-org/M10); a payment reactivates it (M11)."""
    for step in operations:
        if step.kind not in (Kind.TEAM, Kind.MEMBER) or step.action in (Action.ADOPT, Action.FORGET):
            continue
        team = step.key if step.kind is Kind.TEAM else str(_team_of(step, inputs))
        live = inputs.actual.get(step.provider, Kind.TEAM, team)
        standing = live.facts.get("standing") if live is not None else None
        if standing in _STOPPED:
            reason = (
                f"team {team} is {standing}: its master can not pay (mailbox-org/M10); a payment by any member"
                " reactivates it (mailbox-org/M11)"
            )
            yield Refusal("standing", (step.id,), (), reason)


def _team_of(step: Operation, inputs: PlanInputs) -> object:
    change = step.fields.get("team")
    if change is not None:
        return change.after or change.before
    live = inputs.actual.get(step.provider, Kind.MEMBER, step.key)
    return live.resource.fields().get("team") if live is not None else None


def _orphans(operations: Sequence[Operation], inputs: PlanInputs) -> Iterable[Refusal]:
    """`orphan`: the last recipient of postmaster or abuse goes while the domain stays (RFC 2142, RFC 5321 §4.5.1)."""
    ends = [step for step in operations if step.kind in (Kind.MAILBOX, Kind.ALIAS)]
    if not any(step.action in (Action.DELETE, Action.UPDATE) for step in ends):
        return
    staying = frozenset(
        live.resource.key for _, live in inputs.actual if live.resource.kind is Kind.DOMAIN
    ) - frozenset(
        step.key
        for step in operations
        if step.kind is Kind.DOMAIN and step.action is Action.DELETE and step.replaces is None
    )
    later = Flow.of(after(inputs.actual, operations))
    for change in lost_roles(Flow.of(inputs.actual), later, staying):
        lost = change.address
        steps = tuple(step.id for step in ends if step.action in (Action.DELETE, Action.UPDATE))
        related = tuple(each for each in steps if domain_of(each) == domain_of(lost)) or steps
        reason = f"nobody would receive mail to {address_label(lost)} any more"
        yield Refusal("orphan", related, (f"--allow-orphan {lost}",), reason)
