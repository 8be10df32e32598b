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

from reconciler.model.desired import NOTHING_REMEMBERED, Declaration
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, Live
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Mailbox, Record, Resource, with_fields
from reconciler.plan import operations
from reconciler.plan.document import STATE_FIELDS, Change, Drift, Operation, Unmanaged
from reconciler.plan.inputs import PlanInputs
from reconciler.plan.notes import NULL_MX
from reconciler.plan.operations import changes, remembered_changes

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
        self.going: set[tuple[str, Kind, str]] = set()  # copies left behind that a tombstone names

    def run(self) -> Differences:
        for kind in Kind:
            wanted, past = self.inputs.wanted(kind), self.past[kind]
            for declaration in wanted.values():
                self._wanted(declaration, past.get(declaration.resource.key))
            for key, applied in past.items():
                if key not in wanted:
                    self._unwanted(kind, key, applied)
                if applied.left:
                    self._left_behind(kind, key, applied)
            self._list_unmanaged(kind, wanted, past)
        return self.found

    # -- what is declared

    def _wanted(self, declaration: Declaration, past: Applied | None) -> None:
        resource, provider = declaration.resource, declaration.provider
        live = self.inputs.actual.get(provider, resource.kind, resource.key)
        if past is not None and past.provider != provider:
            self._changes_provider(declaration, live)
        elif live is None:
            if past is not None:
                self._gone(past, "recreate")
            self._create(declaration, resource)
        elif past is None:
            self._adopt(declaration, live)
        else:
            self._managed(declaration, live, past)

    def _changes_provider(self, declaration: Declaration, live: Live | None) -> None:
        """Make it at the new provider; what the old one has stays, as it has the mail, or is still asked (flow/F9)."""
        if live is None:
            self._create(declaration, declaration.resource)
        else:
            self._adopt(declaration, live)

    def _left_behind(self, kind: Kind, key: str, past: Applied) -> None:
        """Delete the copies that a tombstone names, once nobody can need them (flow/F8); forget those that are gone."""
        for provider in past.left:
            if provider not in self.inputs.capabilities:
                continue
            live = self.inputs.actual.get(provider, kind, key)
            if live is None:
                step = operations.forget(kind, key, provider)
            elif self._may_go(kind, key, provider):
                step = operations.delete(live, provider, self.inputs.capabilities[provider])
                self.going.add((provider, kind, key))
            else:
                continue
            self.found.operations.append(step._replace(id=f"{step.id} at {provider}"))

    def _may_go(self, kind: Kind, key: str, provider: str) -> bool:
        domain = key if kind is Kind.DOMAIN else domain_of(key)
        stones = self.inputs.desired.tombstones
        named = [stones.get((kind, key)), stones.get((Kind.DOMAIN, domain))]
        if not any(stone is not None and stone.at == provider for stone in named):
            return False
        until = self.inputs.keeps.get(domain, 0)
        return until is not None and until <= self.inputs.now

    def _adopt(self, declaration: Declaration, live: Live) -> None:
        remember = remembered_changes(NOTHING_REMEMBERED, declaration.remember)
        self.found.operations.append(operations.adopt(live, declaration.provider, remember))
        wanted = filled(declaration.resource, live.resource)
        if wanted != live.resource or self._follows_a_replacement(live.resource):
            self._change(declaration, live, wanted, {})

    def _managed(self, declaration: Declaration, live: Live, past: Applied) -> None:
        wanted = declaration.resource
        if wanted != live.resource:
            wanted = filled(wanted, live.resource)
        agrees = wanted == live.resource
        drifted = live.resource != past.resource
        remember = remembered_changes(past.remember, declaration.remember)
        if drifted:
            self._drifted(past, live, "accept" if agrees else "restore")
        if not agrees or remember or self._follows_a_replacement(live.resource):
            self._change(declaration, live, wanted, remember)
        elif drifted:
            seen = changes(past.resource.fields(), live.resource.fields())
            self.found.operations.append(operations.accept(live, declaration.provider, seen))

    def _follows_a_replacement(self, resource: Resource) -> bool:
        if not self.moved_domains and not self.replaced_mailboxes:
            return False
        if isinstance(resource, Mailbox | Alias) and domain_of(resource.address) in self.moved_domains:
            return True
        return isinstance(resource, Alias) and not self.replaced_mailboxes.isdisjoint(named_by(resource))

    def _change(self, declaration: Declaration, live: Live, wanted: Resource, remember: Mapping[str, Change]) -> None:
        kind, key, provider = wanted.kind, wanted.key, declaration.provider
        able = self.inputs.capabilities[provider]
        fields = changes(live.resource.fields(), wanted.fields())
        fixed = [name for name in fields if not able.edits(kind, key, name)]
        if fixed and kind in _PERSONAL:
            theirs = {name: fields.pop(name) for name in fixed}
            self.found.operations.append(operations.ask_owner(live, provider, theirs, able))
        elif fixed or self._follows_a_replacement(live.resource):
            self._note_replacement(wanted)
            self._delete(provider, live, replaced=True)
            self._create(declaration, wanted, replaces=True)
            return
        fields.update(remember)
        if fields:
            step = operations.update(live, provider, fields, able)
            entered = able.proposes and isinstance(wanted, Record) and not STATE_FIELDS.issuperset(fields)
            if entered and isinstance(wanted, Record):
                step = operations.enter(live, wanted, step)
            self.found.operations.append(step)

    def _note_replacement(self, resource: Resource) -> None:
        if resource.kind is Kind.DOMAIN:
            self.moved_domains.add(resource.key)
        elif resource.kind is Kind.MAILBOX:
            self.replaced_mailboxes.add(resource.key)

    def _create(self, declaration: Declaration, wanted: Resource, *, replaces: bool = False) -> None:
        able = self.inputs.capabilities[declaration.provider]
        implicit = isinstance(wanted, Record) and self._may_receive_at_its_address(declaration.provider, wanted)
        made = operations.create(declaration, wanted, able, replaces=replaces, implicit_mx=implicit)
        if able.proposes and isinstance(wanted, Record):
            made = [operations.enter(None, wanted, each) for each in made]
        self.found.operations += made

    def _may_receive_at_its_address(self, provider: str, wanted: Record) -> bool:
        """Whether a first MX may take mail away from the host at the domain's own address (RFC 5321 §5.1)."""
        if wanted.type != "MX" or wanted.values == NULL_MX:
            return False
        return any(self.inputs.actual.get(provider, Kind.RECORD, f"{wanted.name} {each}") for each in ("A", "AAAA"))

    def _delete(self, provider: str, live: Live, *, replaced: bool = False) -> None:
        able = self.inputs.capabilities[provider]
        if able.proposes and isinstance(live.resource, Record):
            self.found.operations.append(operations.enter(live, None, operations.delete(live, provider, able)))
            return
        self.found.operations.append(operations.delete(live, provider, able, replaced=replaced))

    # -- what is not declared (any more)

    def _unwanted(self, kind: Kind, key: str, past: Applied) -> None:
        live = self.inputs.actual.get(past.provider, kind, key)
        if live is None:
            self._gone(past, "forget")
            self.found.operations.append(operations.forget(kind, key, past.provider))
            return
        if live.resource != past.resource:
            self._drifted(past, live, "delete")
        release = self.inputs.releases.get(key) if kind is Kind.RECORD else None
        if release is not None:
            fields = changes(live.resource.fields(), release.fields())
            fields["contribution"] = Change(past.remember.contribution, None)
            step = operations.release(live, past.provider, fields)
            if self.inputs.capabilities[past.provider].proposes:
                step = operations.enter(live, release, step)
            self.found.operations.append(step)
        elif kind in _PERSONAL:
            self.found.operations.append(operations.leave(live, past.provider))
        else:
            self._delete(past.provider, live)

    def _list_unmanaged(self, kind: Kind, wanted: Mapping[str, Declaration], past: Mapping[str, Applied]) -> None:
        for provider in self.inputs.capabilities:
            for key in self.inputs.actual.of(provider, kind):
                claims = (wanted.get(key), past.get(key))
                managed = any(claim is not None and claim.provider == provider for claim in claims)
                if not managed and (provider, kind, key) not in self.going:
                    self.found.unmanaged.append(Unmanaged(kind, key, provider))

    # -- drift

    def _gone(self, past: Applied, resolution: str) -> None:
        resource = past.resource
        self.found.drift.append(Drift(resource.kind, resource.key, past.provider, {}, True, resolution))

    def _drifted(self, past: Applied, live: Live, resolution: str) -> None:
        resource = past.resource
        seen = changes(resource.fields(), live.resource.fields())
        self.found.drift.append(Drift(resource.kind, resource.key, past.provider, seen, False, resolution))


def named_by(alias: Alias) -> tuple[str, ...]:
    """The addresses an alias names: where it leads, and who may send as it."""
    return (*alias.to, *(alias.send_as or ()))


def filled(wanted: Resource, live: Resource) -> Resource:
    """Return the wanted resource with its open fields taken from the live one."""
    given = wanted.fields()
    taken = {name: value for name, value in live.fields().items() if value is not None and given.get(name) is None}
    return with_fields(wanted, taken) if taken else wanted
