"""Commands on the mail host, here or over ssh: for what neither the database nor a daemon's interface can do.

Every command is a list of words and never a line for a shell of ours; ssh alone makes a line of it, and is given one
that is quoted.
"""

import asyncio
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TypeAlias

from reconciler.providers.sogo.trouble import Trouble

#: A command, and the words that run it as another user.
Words: TypeAlias = Sequence[str]

_SHOWN = 300  # characters of what a command says that an error repeats
_SSH_FAILED = 255


@dataclass(frozen=True)
class Host:
    """The mail host.

    Attributes:
        storage: The folder below which the mailboxes' files are.
        ssh: Where commands run; None for this machine.
        ssh_options: Words after `ssh`.
        as_sogo: What runs a command as SOGo's user.
        as_mail: What runs a command as the owner of the files.
        sogo_tool: SOGo's tool.
        doveadm: Dovecot's tool.
        mail: Dovecot's mail_location of a mailbox, with `{home}` for the folder of its files.
    """

    storage: str
    ssh: str | None = None
    ssh_options: tuple[str, ...] = ()
    as_sogo: tuple[str, ...] = ()
    as_mail: tuple[str, ...] = ()
    sogo_tool: tuple[str, ...] = ("sogo-tool",)
    doveadm: tuple[str, ...] = ("doveadm",)
    mail: str = "maildir:{home}/Maildir"

    def home(self, path: str) -> str:
        """The folder of a mailbox's files.

        Raises:
            Trouble: If the path does not lead below the storage: nothing is read or removed elsewhere.
        """
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise Trouble(f"'{path}' is no path below {self.storage}", "path", id="groupware-host")
        return f"{self.storage}/{PurePosixPath(path)}"

    async def check(self) -> None:
        """Find out whether commands can be run there, and the mailboxes' files are where they are said to be.

        Raises:
            Trouble: If not.
        """
        try:
            await self.run(*self.as_mail, "test", "-d", self.storage)
        except Trouble as trouble:
            trouble.certain = True  # nothing is changed by looking
            raise

    async def run(self, *words: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None) -> str:
        """Run a command, and return what it prints where that goes nowhere else.

        Args:
            words: The command.
            stdin: A file it reads from; None: nothing.
            stdout: A file that what it prints is written to.

        Raises:
            Trouble: If it can not be run, or fails.
        """
        return await asyncio.to_thread(self._run, words, stdin, stdout)

    def _run(self, words: Words, stdin: IO[bytes] | None, stdout: IO[bytes] | None) -> str:
        argv = list(words)
        if self.ssh is not None:
            argv = ["ssh", "-o", "BatchMode=yes", *self.ssh_options, self.ssh, "--", shlex.join(words)]
        try:
            done = subprocess.run(
                argv,
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=stdout if stdout is not None else subprocess.PIPE,
                stderr=subprocess.PIPE,
                check=False,
            )
        except OSError as error:
            raise self._trouble(words, f"can not be run: {error.strerror}") from None
        said = " ".join(done.stderr.decode(errors="replace").split())[-_SHOWN:]
        if self.ssh is not None and done.returncode == _SSH_FAILED:
            raise self._trouble(words, f"can not be run over ssh at {self.ssh}: {said}", transient=True)
        if done.returncode:
            raise self._trouble(words, f"ended with exit code {done.returncode}{f': {said}' if said else ''}")
        return "" if stdout is not None else done.stdout.decode(errors="replace")

    def _trouble(self, words: Words, said: str, *, transient: bool = False) -> Trouble:
        return Trouble(
            f"`{shlex.join(words)}` {said}",
            "host",
            id="groupware-host",
            help="check `host:` of the provider: the command, whom it runs as, and where",
            transient=transient,
            certain=False,
        )
