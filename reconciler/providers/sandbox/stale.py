"""Reads that lag: for a while after a write, an object is shown as it was before (what real platforms do)."""

import json
from collections.abc import Iterable, Iterator

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.resources import make
from reconciler.providers.sandbox.listing import named
from reconciler.providers.sandbox.session import Session


def remember(session: Session, kind: Kind, key: str) -> None:
    """Keep how an object looks now, just before it is written."""
    session.db.execute("DELETE FROM stale WHERE until <= ?", (session.now,))
    live = named(session, kind, [key]).get(key)
    values = (kind, key, session.now + session.policy.stale_reads, None if live is None else _dump(live))
    session.db.execute("INSERT INTO stale (kind, key, until, view) VALUES (?, ?, ?, ?)", values)


def overlaid(session: Session, lives: Iterable[Live]) -> Iterator[Live]:
    """Show each object as the oldest view that is still being given out; what is deleted is then still shown."""
    views = _views(session)
    for live in lives:
        at = (live.resource.kind, live.resource.key)
        if at not in views:
            yield live
        elif (view := views.pop(at)) is not None:
            yield view
    yield from (view for view in views.values() if view is not None)


def _views(session: Session) -> dict[tuple[Kind, str], Live | None]:
    views: dict[tuple[Kind, str], Live | None] = {}
    rows = session.db.execute("SELECT kind, key, view FROM stale WHERE until > ? ORDER BY id", (session.now,))
    for kind, key, view in rows:
        views.setdefault((Kind(kind), key), None if view is None else _load(Kind(kind), key, view))
    return views


def _dump(live: Live) -> str:
    return json.dumps([live.resource.fields(), live.id, live.ready, dict(live.facts)])


def _load(kind: Kind, key: str, text: str) -> Live:
    fields, id_, ready, facts = json.loads(text)
    return Live(make(kind, key, fields), id_, ready, facts)
