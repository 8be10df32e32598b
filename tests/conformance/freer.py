"""A platform that can do what the help pages know nothing of: the embedded one, with a notebook beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Alias, Mailbox
from reconciler.providers.capabilities import EXTRAS
from reconciler.providers.sandbox import SandboxProvider
from reconciler.providers.sandbox.settings import SandboxSettings
from reconciler.providers.writer import Done, Failed, Outcome, Write

#: Mistakes that such a platform can make, each of which one check is there for.
MISTAKES = {
    "a switched login loses the name": "test_a_login_is_switched_where_that_is_said",
    "a new mailbox can always log in": "test_a_login_is_switched_where_that_is_said",
    "a new password opens the login": "test_a_login_that_is_off_stays_off",
    "nobody is read as everybody": "test_who_may_send_is_named_where_that_is_said",
    "the first senders are forgotten": "test_who_may_send_is_named_where_that_is_said",
    "the targets are read as named": "test_an_alias_that_names_nobody_follows_its_targets",
    "a catch-all can not be deleted": "test_a_catch_all_is_made_where_that_is_said",
    "a catch-all is looked up as everybody": "test_a_catch_all_is_made_where_that_is_said",
    "a quota of nothing is taken": "test_the_least_quota_is_the_least",
}


@dataclass
class Notebook:
    """What the embedded platform has no place for."""

    closed: set[str] = field(default_factory=set)
    senders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    catch_alls: dict[str, Alias] = field(default_factory=dict)


class Freer(SandboxProvider):
    """The embedded platform with all extras, and with one mistake if it is asked for."""

    def __init__(self, settings: SandboxSettings, folder: Path, mistake: str = "") -> None:
        super().__init__("kit", settings, folder)
        able = self._capabilities
        edits = {Kind.MAILBOX: frozenset({"login"}), Kind.ALIAS: frozenset({"to", "send_as"})}
        updatable = {kind: names | edits.get(kind, frozenset()) for kind, names in able.updatable.items()}
        self._capabilities = replace(able, updatable=updatable, extras=frozenset(EXTRAS), least_quota=1)
        self.notes, self.mistake = Notebook(), mistake

    def reader(self):
        return FreerReader(super().reader(), self)

    def writer(self):
        return FreerWriter(super().writer(), self)


class FreerReader:
    """Reads the platform and the notebook as one."""

    def __init__(self, inner, provider: Freer) -> None:
        self.inner, self.notes, self.mistake = inner, provider.notes, provider.mistake
        self.capabilities, self.mail_settings, self.statement = inner.capabilities, inner.mail_settings, inner.statement

    async def read(self) -> Sequence[Live]:
        return [*map(self._told, await self.inner.read()), *map(_catch_all, self.notes.catch_alls.values())]

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        found = {key: self._told(live) for key, live in (await self.inner.look_up(kind, keys)).items()}
        for key, alias in self.notes.catch_alls.items() if kind is Kind.ALIAS else ():
            if key in keys or self.mistake == "a catch-all is looked up as everybody":
                found.update(dict.fromkeys([each for each in keys if each not in found], _catch_all(alias)))
        return found

    def _told(self, live: Live) -> Live:
        resource = live.resource
        if isinstance(resource, Mailbox):
            resource = replace(resource, login=resource.key not in self.notes.closed)
        elif isinstance(resource, Alias):
            told = self.notes.senders.get(resource.key)
            if self.mistake == "nobody is read as everybody":
                told = told or None
            elif self.mistake == "the targets are read as named":
                told = told or resource.to
            resource = replace(resource, send_as=told)
        return replace(live, resource=resource)


class FreerWriter:
    """Writes what the platform knows there, and the rest into the notebook."""

    def __init__(self, inner, provider: Freer) -> None:
        self.inner, self.notes, self.mistake = inner, provider.notes, provider.mistake

    async def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [await self._one(write) for write in batch]

    async def _one(self, write: Write) -> Outcome:
        if write.kind is Kind.ALIAS and write.key.startswith("*@"):
            return self._catch_all(write)
        after = write.after
        if isinstance(after, Mailbox) and after.quota == 0:
            if self.mistake == "a quota of nothing is taken":
                return Done()
            return Failed("a quota of nothing is no limit")
        outcome = await self._platform(write)
        if isinstance(outcome, Done):
            self._note(write)
        return outcome

    async def _platform(self, write: Write) -> Outcome:
        changed, after = write.changed - {"login", "send_as"}, write.after
        if write.action is Action.UPDATE and not changed:
            if self.mistake != "a switched login loses the name" or not isinstance(after, Mailbox):
                return Done()
            changed, after = frozenset({"owner"}), replace(after, owner="nobody")
        if isinstance(after, Mailbox):
            after = replace(after, login=None)
        elif isinstance(after, Alias):
            after = replace(after, send_as=None)
        (outcome,) = await self.inner.write([replace(write, after=after, changed=changed)])
        return outcome

    def _note(self, write: Write) -> None:
        after, key = write.after, write.key
        made = write.action is Action.CREATE
        if isinstance(after, Mailbox):
            if made or "login" in write.changed:
                self.notes.closed.discard(key)
                if after.login is False and not (made and self.mistake == "a new mailbox can always log in"):
                    self.notes.closed.add(key)
            if "password" in write.changed and self.mistake == "a new password opens the login":
                self.notes.closed.discard(key)
        elif isinstance(after, Alias) and after.send_as is not None:
            if not (made and self.mistake == "the first senders are forgotten"):
                self.notes.senders[key] = after.send_as
        elif write.action is Action.DELETE:
            self.notes.closed.discard(key)
            self.notes.senders.pop(key, None)

    def _catch_all(self, write: Write) -> Outcome:
        if isinstance(write.after, Alias):
            self.notes.catch_alls[write.key] = write.after
        elif self.mistake != "a catch-all can not be deleted":
            self.notes.catch_alls.pop(write.key, None)
        return Done(write.key)


def _catch_all(alias: Alias) -> Live:
    return Live(alias, alias.address)
