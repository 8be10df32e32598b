"""Archives of mailboxes: as the platform keeps of mail, contacts and events their number and size, so do these."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.providers.archive.archivist import Restored
from reconciler.providers.archive.making import made_already, making
from reconciler.providers.archive.manifest import ArchiveError, Counts, Manifest, made_by
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.session import Session

PROVIDER = "sandbox"
CONTENT = "content.json"

_MAILBOX = "SELECT id, owner, quota, used, messages, contacts, events FROM mailboxes WHERE address = ?"
_ALIASES = """
SELECT a.address FROM aliases a JOIN targets t ON t.alias = a.id WHERE t.mailbox = ? ORDER BY a.address
"""
_ADD = """
UPDATE mailboxes SET used = used + ?, messages = messages + ?, contacts = contacts + ?, events = events + ? WHERE id = ?
"""

_Number = Annotated[int, Field(ge=0)]


class Content(BaseModel):
    """What a mailbox holds: bytes in use, and the number of each kind of thing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    used: _Number
    messages: _Number
    contacts: _Number
    events: _Number

    @property
    def counts(self) -> Counts:
        """The numbers as every archive tells them."""
        return Counts(messages=self.messages, contacts=self.contacts, appointments=self.events)


def back_up(session: Session, address: str, place: Path) -> Manifest:
    """Make an archive of a mailbox; refused where there is no such mailbox."""
    made, owner, quota, content = _mailbox(session, address)
    aliases = tuple(row[0] for row in session.db.execute(_ALIASES, (made,)))
    now = datetime.fromtimestamp(session.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with making(place) as draft:
        (draft.folder / CONTENT).write_text(json.dumps(content.model_dump(), indent=2) + "\n", "utf-8")
        return draft.finish(Manifest(address, PROVIDER, owner, quota, aliases, now, content.counts))


def back_up_first(session: Session, address: str, place: Path) -> None:
    """See that there is an archive of a mailbox that is about to go; refused where that can not be had."""
    try:
        if made_already(address, place) is None:
            back_up(session, address, place)
    except ArchiveError as error:
        raise Refused("no-backup", f"{address} is not deleted without its backup: {error}") from error


def restore(session: Session, archive: Path, address: str) -> Restored:
    """Add what an archive holds to a mailbox; refused where there is none, or where it would not fit its quota."""
    made_by(PROVIDER, archive)
    made, _, quota, there = _mailbox(session, address)
    try:
        content = Content.model_validate_json((archive / CONTENT).read_bytes())
    except (OSError, ValidationError) as error:
        raise ArchiveError(f"{archive / CONTENT} can not be read: {error}") from None
    if there.used + content.used > quota:
        raise Refused("over-quota", f"552 {address}: over quota with what {archive} holds", "netcup/N9")
    session.db.execute(_ADD, (content.used, content.messages, content.contacts, content.events, made))
    return Restored(content.counts)


def _mailbox(session: Session, address: str) -> tuple[int, str, int, Content]:
    """Id, owner, quota and content of a mailbox."""
    row = session.db.execute(_MAILBOX, (address,)).fetchone()
    if row is None:
        raise Refused("not-found", f"there is no mailbox {address}")
    made, owner, quota, used, messages, contacts, events = row
    return made, owner, quota, Content(used=used, messages=messages, contacts=contacts, events=events)
