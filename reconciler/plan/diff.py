"""The three-way diff: desired, actual, applied → operations without an order, drift, and what is unmanaged.

    desired  actual  applied   operation                            drift
    -------  ------  --------  -----------------------------------  --------------------------------------
    -        -       -         none
    -        -       L         forget                               gone; resolution: forget
    -        A       -         none (unmanaged)
    -        A       L         delete                               if A ≠ L; resolution: delete
    D        -       -         create
    D        -       L         create                               gone; resolution: recreate
    D        A       -         adopt, then update where D ≠ A
    D        A = D   L = A     none
    D        A = D   L ≠ A     adopt (state learns what is there)   A ≠ L; resolution: accept
    D        A ≠ D   L = A     update                               none: the declaration moved
    D        A ≠ D   L ≠ A     update                               A ≠ L; resolution: restore

Open fields of D take A's value first, so they are never a change. Where a provider can not edit a changed field, the
update is a replace: a delete and a create that name each other (netcup/N18), or, for accounts that belong to somebody
else, a step for that person (mailbox-org/M4, M13). A domain that moves takes along, by replacement, what is in it
(netcup/N7), and an alias follows the mailbox it leads to (netcup/N12).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.desired import NOTHING_REMEMBERED, Declaration, Remembered
from reconciler.model.fingerprint import fingerprint
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, Live
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Fields, Mailbox, Resource, with_fields
from reconciler.plan import notes
from reconciler.plan.document import Change, Drift, Operation, Unmanaged, operation_id
from reconciler.plan.inputs import PlanInputs
from reconciler.providers.capabilities import Capabilities

#: Accounts of independent customers: nobody but they can end or change them.
_PERSONAL = frozenset({Kind.TEAM, Kind.MEMBER})


@dataclass(slots=True)
class Differences:
    """What the diff found; filled by it, then only read."""

    operations: list[Operation] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    unmanaged: list[Unmanaged] = field(default_factory=list)


def diff(inputs: PlanInputs) -> Differences:
    """Compare the three sides; see the module's truth table.

    Raises:
        KeyError: If a resource names a provider that has no capabilities; `plan.build` refuses that before.
    """
    return _Differ(inputs).run()


class _Differ:
    """One pass over all kinds; later kinds see which domains and mailboxes earlier ones replace."""

    def __init__(self, inputs: PlanInputs) -> None:
        self.inputs = inputs
        self.found = Differences()
        self.past: dict[Kind, dict[str, Applied]] = {kind: {} for kind in Kind}
        for (kind, key), applied in inputs.applied.resources.items():
            self.past[kind][key] = applied
        self.moved_domains: set[str] = set()
        self.replaced_mailboxes: set[str] = set()

    def run(self) -> Differences:
        for kind in Kind:
            wanted, past = self.inputs.wanted(kind), self.past[kind]
            for key, declaration in wanted.items():
                self._wanted(kind, key, declaration, past.get(key))
            for key, applied in past.items():
                if key not in wanted:
                    self._unwanted(kind, key, applied)
            self._list_unmanaged(kind, wanted, past)
        return self.found

    # -- what is declared

    def _wanted(self, kind: Kind, key: str, declaration: Declaration, past: Applied | None) -> None:
        if past is not None and past.provider != declaration.provider:
            self._changes_provider(kind, key, declaration, past)
            return
        live = self.inputs.actual.get(declaration.provider, kind, key)
        if live is None:
            self._missing(kind, key, declaration, past)
        elif past is None:
            self._adopt(kind, key, declaration, live)
        else:
            self._managed(kind, key, declaration, live, past)

    def _changes_provider(self, kind: Kind, key: str, declaration: Declaration, past: Applied) -> None:
        old = self.inputs.actual.get(past.provider, kind, key)
        live = self.inputs.actual.get(declaration.provider, kind, key)
        if old is not None:
            self._note_replacement(kind, key)
            self._delete(key, past.provider, old, replaced=live is None)
        if live is None:
            self._create(declaration, replaces=old is not None)
        else:
            self._adopt(kind, key, declaration, live)

    def _missing(self, kind: Kind, key: str, declaration: Declaration, past: Applied | None) -> None:
        if past is not None:
            self.found.drift.append(Drift(kind, key, past.provider, {}, gone=True, resolution="recreate"))
        self._create(declaration)

    def _adopt(self, kind: Kind, key: str, declaration: Declaration, live: Live) -> None:
        wanted = filled(declaration.resource, live.resource)
        remembered = changes(_remembered(NOTHING_REMEMBERED), _remembered(declaration.remember))
        self.found.operations.append(
            Operation(
                operation_id(Action.ADOPT, kind, key),
                Action.ADOPT,
                kind,
                key,
                declaration.provider,
                fields=remembered,
                precondition=fingerprint(live.resource),
                notes=notes.adopted(kind),
            )
        )
        if wanted != live.resource or self._follows_a_replacement(live.resource):
            self._update(declaration, live, wanted, {})

    def _managed(self, kind: Kind, key: str, declaration: Declaration, live: Live, past: Applied) -> None:
        wanted = declaration.resource
        if wanted != live.resource:
            wanted = filled(wanted, live.resource)
        drifted = live.resource != past.resource
        remembered: Mapping[str, Change] = {}
        if declaration.remember != past.remember:
            remembered = changes(_remembered(past.remember), _remembered(declaration.remember))
        if wanted == live.resource and not drifted and not remembered and not self._follows_a_replacement(wanted):
            return
        if drifted:
            resolution = "accept" if wanted == live.resource else "restore"
            self._drifted(kind, key, past, live, resolution)
        if wanted != live.resource or remembered or self._follows_a_replacement(live.resource):
            self._update(declaration, live, wanted, remembered)
        else:
            seen = changes(past.resource.fields(), live.resource.fields())
            self._append(Action.ADOPT, declaration.provider, live, seen)

    def _follows_a_replacement(self, resource: Resource) -> bool:
        if not self.moved_domains and not self.replaced_mailboxes:
            return False
        if isinstance(resource, Mailbox | Alias) and domain_of(resource.address) in self.moved_domains:
            return True
        return isinstance(resource, Alias) and not self.replaced_mailboxes.isdisjoint(resource.to)

    def _update(self, declaration: Declaration, live: Live, wanted: Resource, remembered: Mapping[str, Change]) -> None:
        kind, key, provider = wanted.kind, wanted.key, declaration.provider
        able = self.inputs.capabilities[provider]
        fields = changes(live.resource.fields(), wanted.fields())
        fixed = [name for name in fields if not able.edits(kind, key, name)]
        if fixed and kind in _PERSONAL:
            self._ask_owner(provider, live, {name: fields.pop(name) for name in fixed})
        elif fixed or self._follows_a_replacement(live.resource):
            self._replace(declaration, live, wanted)
            return
        fields.update(remembered)
        if not fields:
            return
        self._append(
            Action.UPDATE,
            provider,
            live,
            fields,
            costs_money=kind in able.costs_money and "storage" in fields,
            changes_routing=notes.moves_mail(live, fields),
            notes=notes.updated(kind, fields),
        )

    def _replace(self, declaration: Declaration, live: Live, wanted: Resource) -> None:
        self._note_replacement(wanted.kind, wanted.key)
        self._delete(wanted.key, declaration.provider, live, replaced=True)
        self._create(declaration, replaces=True, wanted=wanted)

    def _note_replacement(self, kind: Kind, key: str) -> None:
        if kind is Kind.DOMAIN:
            self.moved_domains.add(key)
        elif kind is Kind.MAILBOX:
            self.replaced_mailboxes.add(key)

    def _ask_owner(self, provider: str, live: Live, fields: dict[str, Change]) -> None:
        self._append(Action.OPERATOR, provider, live, fields, steps=notes.owner_steps(live, fields))

    # -- what is not declared (any more)

    def _unwanted(self, kind: Kind, key: str, past: Applied) -> None:
        live = self.inputs.actual.get(past.provider, kind, key)
        if live is None:
            self.found.drift.append(Drift(kind, key, past.provider, {}, gone=True, resolution="forget"))
            self.found.operations.append(
                Operation(operation_id(Action.FORGET, kind, key), Action.FORGET, kind, key, past.provider)
            )
            return
        if live.resource != past.resource:
            self._drifted(kind, key, past, live, "delete")
        release = self.inputs.releases.get(key) if kind is Kind.RECORD else None
        if release is not None:
            fields = changes(live.resource.fields(), release.fields())
            fields["contribution"] = Change(past.remember.contribution, None)
            self._append(Action.UPDATE, past.provider, live, fields, notes=notes.released())
        elif kind in _PERSONAL:
            gone = {name: Change(value, None) for name, value in live.resource.fields().items()}
            self._append(Action.OPERATOR, past.provider, live, gone, loses_data=True, steps=notes.leaving_steps(live))
        else:
            self._delete(key, past.provider, live)

    def _list_unmanaged(self, kind: Kind, wanted: Mapping[str, Declaration], past: Mapping[str, Applied]) -> None:
        for provider in self.inputs.capabilities:
            for key in self.inputs.actual.of(provider, kind):
                ours = wanted.get(key) or past.get(key)
                if ours is None or ours.provider != provider:
                    before = past.get(key)
                    if before is None or before.provider != provider:
                        self.found.unmanaged.append(Unmanaged(kind, key, provider))

    # -- operations

    def _create(self, declaration: Declaration, *, replaces: bool = False, wanted: Resource | None = None) -> None:
        resource = wanted or declaration.resource
        kind, key, provider = resource.kind, resource.key, declaration.provider
        able = self.inputs.capabilities[provider]
        later: dict[str, Change] = {}
        if kind is Kind.MEMBER and able.team is not None:
            resource, later = _on_initial_plan(resource, able)
        fields = {name: Change(None, value) for name, value in resource.fields().items()}
        if declaration.remember is not NOTHING_REMEMBERED:
            fields.update(changes(_remembered(NOTHING_REMEMBERED), _remembered(declaration.remember)))
        self.found.operations.append(
            Operation(
                operation_id(Action.CREATE, kind, key),
                Action.CREATE,
                kind,
                key,
                provider,
                fields=fields,
                costs_money=kind in able.costs_money,
                replaces=operation_id(Action.DELETE, kind, key) if replaces else None,
                notes=notes.created(kind),
            )
        )
        if later:
            self._second_step(resource, provider, able, later)

    def _second_step(self, resource: Resource, provider: str, able: Capabilities, later: dict[str, Change]) -> None:
        """Append what follows a member's creation on the platform's own plan (mailbox-org/M3)."""
        live = Live(resource)
        if all(able.edits(resource.kind, resource.key, name) for name in later):
            self._append(Action.UPDATE, provider, live, later, costs_money=resource.kind in able.costs_money)
        else:
            self._ask_owner(provider, live, later)

    def _delete(self, key: str, provider: str, live: Live, *, replaced: bool = False) -> None:
        kind = live.resource.kind
        able = self.inputs.capabilities[provider]
        fields = {name: Change(value, None) for name, value in live.resource.fields().items()}
        self._append(
            Action.DELETE,
            provider,
            live,
            fields,
            loses_data=kind in able.loses_data,
            costs_money=kind in able.costs_money,
            changes_routing=notes.moves_mail(live, fields),
            replaces=operation_id(Action.CREATE, kind, key) if replaced else None,
            notes=notes.deleted(live, replaced=replaced),
        )

    def _append(
        self,
        action: Action,
        provider: str,
        live: Live,
        fields: Mapping[str, Change],
        *,
        loses_data: bool = False,
        costs_money: bool = False,
        changes_routing: bool = False,
        replaces: str | None = None,
        notes: tuple[str, ...] = (),
        steps: tuple[str, ...] = (),
    ) -> None:
        kind, key = live.resource.kind, live.resource.key
        self.found.operations.append(
            Operation(
                operation_id(action, kind, key),
                action,
                kind,
                key,
                provider,
                fields=fields,
                loses_data=loses_data,
                costs_money=costs_money,
                changes_routing=changes_routing,
                precondition=fingerprint(live.resource),
                replaces=replaces,
                notes=notes,
                steps=steps,
            )
        )

    def _drifted(self, kind: Kind, key: str, past: Applied, live: Live, resolution: str) -> None:
        seen = changes(past.resource.fields(), live.resource.fields())
        self.found.drift.append(Drift(kind, key, past.provider, seen, gone=False, resolution=resolution))


def filled(wanted: Resource, live: Resource) -> Resource:
    """Return the wanted resource with its open fields taken from the live one."""
    open_fields = [name for name, value in wanted.fields().items() if value is None]
    if not open_fields:
        return wanted
    actual = live.fields()
    return with_fields(wanted, {name: actual[name] for name in open_fields})


def changes(before: Fields, after: Fields) -> dict[str, Change]:
    """Return the fields in which two states of one resource differ, in their own order."""
    return {name: Change(before[name], after[name]) for name in after if before[name] != after[name]}


def _remembered(remember: Remembered) -> Fields:
    return {
        "protect": remember.protect,
        "password_version": remember.password_version,
        "contribution": remember.contribution,
    }


def _on_initial_plan(member: Resource, able: Capabilities) -> tuple[Resource, dict[str, Change]]:
    """Split a member's creation: the platform fixes its first plan (mailbox-org/M3)."""
    assert able.team is not None
    initial, declared = able.team.initial_plan, member.fields()["plan"]
    later = {} if declared in (None, initial) else {"plan": Change(initial, declared)}
    return with_fields(member, {"plan": initial}), later
