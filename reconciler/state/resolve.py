"""What became of a write whose end is not known: the provider is read, and the state says so."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from reconciler.model.desired import NOTHING_REMEMBERED
from reconciler.model.fingerprint import fingerprint
from reconciler.model.kinds import Action
from reconciler.model.live import Applied, AppliedState, Inventory, Live
from reconciler.model.resources import FieldValue, Record, Resource, with_fields
from reconciler.state.fold import Fold
from reconciler.state.values import Ended, Intent, Loaded

_ABSENT = 3600  # seconds for which others may remember that a record is not there: what most zones say at most


class Verdict(StrEnum):
    """What a live resource says about a write."""

    DONE = "done"
    NOT_DONE = "not done"
    OTHER = "other"


def differing(resource: Resource, wanted: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """Return the live values of those fields that are not as wanted; a wanted None leaves a field open."""
    live = resource.fields()
    return {name: live.get(name) for name, value in wanted.items() if value is not None and live.get(name) != value}


def verdict(intent: Intent, live: Live | None) -> Verdict:
    """Return what the resource, as just read, says about a write.

    A create is done once the thing is there with the fields intended, a delete once it is gone, an update once the
    changed fields are as intended. OTHER is what neither the write nor the state before it explains.
    """
    if live is None:
        if intent.action is Action.DELETE:
            return Verdict.DONE
        return Verdict.NOT_DONE if intent.action is Action.CREATE else Verdict.OTHER
    if intent.action is Action.DELETE:
        return Verdict.NOT_DONE
    if not differing(live.resource, intent.fields):
        return Verdict.DONE
    if intent.action is Action.UPDATE and fingerprint(live.resource) == intent.precondition:
        return Verdict.NOT_DONE
    return Verdict.OTHER


def resolution(intent: Intent, live: Live | None, held: Applied | None, now: float) -> Ended:
    """Return the end of a write that was in flight when its run died.

    Whether a password was set can not be read, so an update that sets one counts as not having set it: setting it again
    does no harm. What is there after a create is ours whatever its fields, as nothing was there just before.

    Args:
        intent: The write.
        live: The resource as it is now.
        held: What state holds of it.
        now: Seconds since the epoch.
    """
    found = verdict(intent, live)
    ended = Ended(intent.action, intent.kind, intent.key, intent.provider, done=False, message=f"in flight: {found}")
    if intent.action is Action.DELETE:
        return ended._replace(done=True, gone=True) if found is Verdict.DONE else ended
    if live is None or found is Verdict.NOT_DONE:
        return ended
    if intent.release and found is Verdict.DONE:
        return ended._replace(done=True, gone=True)
    remember = intent.remember
    if intent.action is Action.UPDATE:
        before = held.remember if held else NOTHING_REMEMBERED
        if found is Verdict.OTHER:
            remember = before
        elif intent.password:
            remember = replace(remember, password_version=before.password_version)
    given = live.id or (held.id if held else "")
    applied = after_write(Applied(live.resource, intent.provider, given, remember), held, now, _stood(intent, live))
    sure = found is Verdict.DONE and not (intent.password and intent.action is Action.UPDATE)
    return ended._replace(done=sure, applied=applied)


def _stood(intent: Intent, live: Live) -> Resource | None:
    """What stood there before a write, as far as its intent tells."""
    if intent.action is Action.CREATE:
        return None
    known = live.resource.fields()
    return with_fields(live.resource, {name: value for name, value in intent.before.items() if name in known})


def after_write(applied: Applied, held: Applied | None, now: float, stood: Resource | None) -> Applied:
    """Return what a write left, with what the next phases of a change have to know of it.

    Args:
        applied: As it was just read.
        held: What state held of it before.
        now: Seconds since the epoch.
        stood: What was there just before the write, which is not what state holds where somebody else changed it; None
            where nothing was. Others may hold that answer still.
    """
    if held is not None and held.provider != applied.provider:
        if isinstance(applied.resource, Record):
            return replace(applied, changed_at=int(now))  # the zone that is left stays as it is, and is nobody's here
        return replace(applied, left=(*(each for each in held.left if each != applied.provider), held.provider))
    if held is None:
        return replace(applied, changed_at=int(now)) if isinstance(applied.resource, Record) else applied
    before, after = held.resource, applied.resource
    if not isinstance(before, Record) or not isinstance(after, Record):
        return replace(applied, left=held.left) if held.left else applied
    if stood is None and not held.stale_until and before.values == after.values:
        return replace(applied, changed_at=int(now), left=held.left)  # somebody removed it: it is as one that is new
    changed = int(now) if before.values != after.values else held.changed_at
    stale = held.stale_until
    if stood != after:
        lasts = [before.ttl or 0, (stood.ttl or 0) if isinstance(stood, Record) else _ABSENT]
        stale = max(stale, int(now) + max(lasts))
    return replace(applied, changed_at=changed, stale_until=stale, left=held.left)


def resolve_in_flight(loaded: Loaded, lives: Inventory, now: float) -> AppliedState:
    """Return the applied state with every write in flight resolved by what the providers have; nothing is written.

    Args:
        loaded: State.
        lives: What the providers have.
        now: Seconds since the epoch.
    """
    if not loaded.in_flight:
        return loaded.applied
    fold = Fold()
    fold.lineage, fold.serial = loaded.applied.lineage, loaded.applied.serial
    fold.resources = dict(loaded.applied.resources)
    fold.acknowledged = dict(loaded.applied.acknowledged)
    for intent in loaded.in_flight:
        live = lives.get(intent.provider, intent.kind, intent.key)
        fold.end(resolution(intent, live, fold.resources.get((intent.kind, intent.key)), now))
    return fold.applied()
