"""Snapshots and fences by hand: what stands above a backend is tested elsewhere."""

from reconciler.model.diagnostic import Problem, problem
from reconciler.state.backend import TAIL


class Image:
    """A snapshot of a serial with some rows."""

    def __init__(self, serial, rows, before=None):
        """Hold rows by name; `before` are those the changes are told against, None where nothing may stay."""
        self.head = b'{"serial":%d}\n,"resources":[\n' % serial
        self._rows = rows
        self._before = before

    def rows(self):
        return self._rows.items()

    def whole(self):
        return self.head + b",\n".join(content for _, content in sorted(self._rows.items())) + TAIL

    def changes(self):
        if self._before is None:
            return None
        changed = {name: content for name, content in self._rows.items() if self._before.get(name) != content}
        return {**changed, **dict.fromkeys(self._before.keys() - self._rows.keys())}


def mailbox(number, quota=1):
    """A row as a plain snapshot has it."""
    key = f"u{number:06d}@example.org"
    return f"mailbox {key}", (
        b'{"kind":"mailbox","key":"%b","provider":"groupware","fields":{"quota":%d}}' % (key.encode(), quota)
    )


def allow(_standing):
    """A fence that lets everybody through."""


def refuse(_standing):
    """A fence that lets nobody through."""
    raise Problem(problem("state-lock-lost", "no"))
