"""State over a register: every write replaces the head under compare-and-swap, and by that is all or nothing.

A commit costs one request: the fence is asked about the head as this run last left it, and that it still stands so is
what the compare-and-swap makes sure of. Only where it does not is the head read again, and the fence asked about the
truth. Alternatives, and why not: a lock object beside a state object (two objects can not be written in one step, so a
late owner could pass between), a journal of one object a commit (a run of ten thousand leaves ten thousand to list).
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.model.diagnostic import Problem
from reconciler.state.backend import BackendError, Contended, Contents, Fence, Image, Mark, Standing
from reconciler.state.places.register import problems
from reconciler.state.places.register.head import Head, Part, decode, encode, fresh_write
from reconciler.state.places.register.parts import Draft, Gone, Parts, reached
from reconciler.state.places.register.protocol import Moved, Register, Uncertain

T = TypeVar("T")

#: Seconds to wait before each repetition of a request that had no clear answer.
PAUSES = (0.1, 0.4, 1.6)
#: Seconds after which nothing is tried again.
PATIENCE = 30.0
#: How often others may be quicker before that is taken for a fault of the place.
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class _View:
    """The head as last seen; no token where there is none."""

    head: Head
    token: str | None

    @property
    def standing(self) -> Standing:
        return Standing(self.head.lock, None if self.head.snapshot is None else self.head.snapshot.identity)


class RegisterState:
    """The backend over a register; a run's heartbeat and its commits may use it from two threads."""

    keeps_rows = False

    def __init__(
        self, register: Register, *, pauses: Sequence[float] = PAUSES, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Keep state in a register.

        Args:
            register: The place.
            pauses: Seconds before each repetition of a request that had no clear answer.
            sleep: How to wait.
        """
        self._register = register
        self._pauses = pauses
        self._sleep = sleep
        self._parts = Parts(register, self._attempt)
        self._view: _View | None = None
        self._one = threading.RLock()

    @property
    def where(self) -> str:
        """The place, as a user would write it."""
        return self._register.where

    def read(self) -> Contents:
        """Return snapshot and journal, both named by one head."""
        return self._consistent(lambda head: Contents(self._parts.snapshot(head), self._parts.journal(head)))

    def mark(self) -> Mark:
        """Return what the head says of snapshot and journal."""
        head = self._look().head
        return None if head.snapshot is None else head.snapshot.identity, head.length

    def read_lock(self) -> bytes | None:
        """Return the lock, or None where there is none."""
        return self._look().head.lock

    def history(self) -> Iterator[bytes]:
        """Yield every folded journal, oldest first."""
        links = self._consistent(lambda head: list(self._parts.links(head)))
        for link in reversed(links):
            with self._lost():
                folded = self._parts.folded(link)
            yield folded

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        """Let the journal end in `data` after its first `at` bytes."""
        self._change(lambda draft: self._parts.append(draft, data, at), fence)

    def archive(self, at: int, fence: Fence) -> None:
        """Let the journal's first `at` bytes become history, and cut off the rest."""
        self._change(lambda draft: self._parts.fold(draft, at), fence)

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        """Put a snapshot in place and let the journal's first `at` bytes become history, in one step."""
        with self._one:
            serial = self._allowed(self._view or self._look(), fence).head.serial + 1
        # a large snapshot takes a while, and the heartbeat must go on meanwhile
        snapshot = self._parts.store(image.whole(), _first_line(image.head), serial)

        def fold(draft: Draft) -> None:
            past = draft.head.snapshot
            if past is not None and isinstance(past.content, Part):
                draft.useless.append(past.content)
            self._parts.fold(draft, at)
            draft.head = replace(draft.head, snapshot=snapshot)

        self._change(fold, fence)

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        """Give every folded journal to `change` and keep what it returns in its place; all of them in one step."""
        with self._one:
            past = self._allowed(self._look(), fence).head
        links = self._consistent(lambda head: list(self._parts.links(head)))
        chain: Part | None = None
        for link in reversed(links):
            with self._lost():
                chain = self._parts.link(change(self._parts.folded(link)), chain, past.serial + 1)

        def swap(draft: Draft) -> None:
            if draft.head.history != past.history:
                raise problems.cut(self.where)
            draft.useless.extend(part for link in links for part in link.parts)
            draft.useless.extend(link.before for link in links if link.before is not None)
            draft.useless.extend(() if past.history is None else (past.history,))
            draft.head = replace(draft.head, history=chain)

        if links:
            self._change(swap, fence)

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        """Compare and swap the lock; False where it is not `before`."""
        with self._one:
            view = self._view or self._look()
            if view.head.lock != before:
                view = self._look()
            for _ in self._rounds():
                if view.head.lock != before:
                    return False
                stands, view = self._put(view, replace(view.head, lock=after))
                if stands:
                    return True
            raise problems.unsettled(self.where)

    def contend(self) -> None:
        """Find out who holds the place's own lock, where it has one, for `read_lock` to show."""
        if isinstance(self._register, Contended):
            with self._one:
                self._view = None
                self._register.contend()

    def orphans(self) -> frozenset[str] | None:
        """Return the names of parts that nothing names; None where the place can not list.

        A crash leaves them, and so does a run at work for a moment: only who holds the lock may take them for useless.
        """
        listed = self._attempt(self._register.list_parts)
        if listed is None:
            return None
        standing = frozenset(listed)  # listed before the head is read, so that what a run has just stored is named
        named = self._consistent(lambda head: reached(head, self._parts.links(head)))
        return standing - named

    def sweep(self, fence: Fence) -> frozenset[str]:
        """Remove the parts that nothing names, under the lock; return their names."""
        with self._one:
            self._allowed(self._look(), fence)
            useless = self.orphans() or frozenset()
            for name in sorted(useless):
                self._register.drop_part(name)
            return useless

    def close(self) -> None:
        """Give back what the register holds open."""
        self._register.close()

    def _look(self) -> _View:
        """Read the head."""
        with self._one:
            self._view = None
            self._view = self._attempt(self._get)
            return self._view

    def _get(self) -> _View:
        held = self._register.get()
        return _View(Head(), None) if held is None else _View(decode(held.data, self.where), held.token)

    def _change(self, build: Callable[[Draft], None], fence: Fence) -> None:
        """Write the head that `build` makes of the one that stands, with the fence's consent to just that one."""
        with self._one:
            view = self._view or self._look()
            for _ in self._rounds():
                view = self._allowed(view, fence)
                draft = Draft(replace(view.head, serial=view.head.serial + 1))
                try:
                    build(draft)
                except Gone as gone:
                    # a late run remembers parts that others have replaced since; the fence will tell it
                    view = self._newer(view, gone)
                    continue
                stands, view = self._put(view, draft.head)
                if stands:
                    self._drop(draft.useless)
                    return
                # another head of this serial: ours never stood, and nothing can have been built on it
                if view.head.serial == draft.head.serial:
                    self._drop(draft.made)
            raise problems.unsettled(self.where)

    def _allowed(self, view: _View, fence: Fence) -> _View:
        """Return a view the fence agrees to; it is refused by what truly stands alone, not by what was seen before."""
        if view is self._view:
            with contextlib.suppress(Problem):
                fence(view.standing)
                return view
        view = self._look()
        fence(view.standing)
        return view

    def _put(self, view: _View, head: Head) -> tuple[bool, _View]:
        """Replace a head; return whether the new one stands, and what does.

        Raises:
            BackendError: If neither can be found out.
        """
        head = replace(head, serial=view.head.serial + 1, write=fresh_write())
        data = encode(head)
        self._view = None
        began = time.monotonic()
        for pause in (*self._pauses, None):
            try:
                token = self._register.put(data, view.token, view.head.lock, head.lock)
            except Moved:
                # perhaps moved by this very write, whose first answer was lost on its way
                now: _View | None = self._look()
            except Uncertain:
                now = self._moved_on(view, pause)
                if now is None and (pause is None or time.monotonic() - began > PATIENCE):
                    raise
            else:
                now = _View(head, token)
            if now is not None:
                self._view = now
                return now.head.write == head.write, now
        raise AssertionError("the last pause raises")

    def _moved_on(self, view: _View, pause: float | None) -> _View | None:
        """Return what stands after a write without a clear answer; None where that is as before, or can not be told."""
        if pause is not None:
            self._sleep(pause)
        try:
            now = self._get()
        except Uncertain:
            return None
        return None if now.token == view.token else now

    def _consistent(self, load: Callable[[Head], T]) -> T:
        """Load what one head names; where a part of it is gone meanwhile, start again from the head there is now."""
        view = self._look()
        for _ in self._rounds():
            try:
                return load(view.head)
            except Gone as gone:
                view = self._newer(view, gone)
        raise problems.unsettled(self.where)

    def _newer(self, view: _View, gone: Gone) -> _View:
        """Return the head there is now, if it is another than the one that names a part which is gone.

        Raises:
            Problem: If it is the same: the part is lost.
        """
        now = self._look()
        if now.token == view.token:
            raise problems.truncated(self.where, gone.part.name, "it is not there") from None
        return now

    @contextlib.contextmanager
    def _lost(self) -> Iterator[None]:
        try:
            yield
        except Gone as gone:
            raise problems.truncated(self.where, gone.part.name, "it is not there") from None

    def _drop(self, parts: Iterable[Part]) -> None:
        """Remove parts; one that can not be removed is an orphan, and harms nobody."""
        for part in parts:
            with contextlib.suppress(BackendError):
                self._register.drop_part(part.name)

    def _rounds(self) -> Iterator[int]:
        """Count rounds, waiting a little from the third on, each for another time so that two do not meet again."""
        for number in range(_ROUNDS):
            if number > 1:
                self._sleep(secrets.randbelow(1000) / 1000 * min(self._pauses, default=0.0))
            yield number

    def _attempt(self, call: Callable[[], T]) -> T:
        """Make a call that may be repeated, again while it has no clear answer."""
        began = time.monotonic()
        for pause in self._pauses:
            try:
                return call()
            except Uncertain:
                if time.monotonic() - began > PATIENCE:
                    raise
            self._sleep(pause)
        return call()


def _first_line(data: bytes) -> bytes:
    line, newline, _ = data.partition(b"\n")
    return line + newline
