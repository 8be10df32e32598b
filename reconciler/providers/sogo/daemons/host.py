"""Commands on the mail host, here or over ssh: for what neither the database nor a daemon's interface can do.

Every command is a list of words and never a line for a shell of ours; ssh alone makes a line of it, and is given one
that is quoted.
"""

import asyncio
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TypeAlias

from reconciler.providers.sogo.trouble import Trouble, together

#: A command, and the words that run it as another user.
Words: TypeAlias = Sequence[str]

_SHOWN = 300  # characters of what a command says that an error repeats
_SSH_FAILED = 255
#: After the options that are configured, of which ssh takes the first: ask nothing, say nothing beside what commands
#: say, and end where the other side is silent for a minute.
_SSH_OPTIONS = (
    "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15",
    "-o", "ServerAliveCountMax=4",
)  # fmt: skip


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

    async def examine(self) -> None:
        """Find out whether all commands that are configured can be run, and the files are where they are said to be.

        Raises:
            Trouble: If not; `also` has the rest of it.
        """
        looks = {
            "storage": (*self.as_mail, "test", "-d", self.storage),
            "sogo_tool": (*self.as_sogo, *self.sogo_tool, "-h"),
            "doveadm": (*self.doveadm, "pw", "-l"),
        }
        troubles = []
        for setting, words in looks.items():
            try:
                await self.run(*words)
            except Trouble as trouble:
                trouble.certain = True
                trouble.help = f"check `host: {{{setting}: …}}` of the provider, and whom it runs as"
                troubles.append(trouble)
        if troubles:
            raise together(troubles)

    async def has(self, path: str, sort: str = "-d") -> bool:
        """Whether a folder, or with `-e` anything, is there, for the owner of the files.

        Raises:
            Trouble: If there is no answer. No is exit code 1 without a word: sudo has that code as well where it fails,
                and an archive of what only seems not to be there would be empty.
        """
        words = (*self.as_mail, "test", sort, path)
        done = await asyncio.to_thread(self._done, words)
        if done.returncode == 1 and not done.stderr:
            return False
        self._hold(words, done)
        return True

    async def run(self, *words: str) -> str:
        """Run a command, and return what it prints.

        Raises:
            Trouble: If it can not be run, or fails.
        """
        return await asyncio.to_thread(self._run, words)

    async def tell(self, text: str, *words: str) -> None:
        """Run a command that is given some text.

        Raises:
            Trouble: If it can not be run, or fails.
        """
        await asyncio.to_thread(self._run, words, given=text.encode())

    async def fetch(self, place: Path, *words: str) -> None:
        """Run a command, and put what it prints into a file.

        The file is written here and not by the command: ssh ends well where the disk has no room for what came last.

        Raises:
            Trouble: If the command can not be run, or fails; what is in the file is then worth nothing.
            OSError: If the file can not be written.
        """
        await asyncio.to_thread(self._fetch, place, words)

    async def send(self, place: Path, *words: str) -> None:
        """Run a command that is given a file.

        Raises:
            Trouble: If it can not be run, or fails.
        """

        def send() -> None:
            with place.open("rb") as file:
                self._run(words, stdin=file)

        await asyncio.to_thread(send)

    def _run(self, words: Words, *, given: bytes = b"", stdin: IO[bytes] | None = None) -> str:
        done = self._done(words, given=given, stdin=stdin)
        self._hold(words, done)
        return done.stdout.decode(errors="replace")

    def _done(
        self, words: Words, *, given: bytes = b"", stdin: IO[bytes] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                self._argv(words),
                stdin=stdin,
                input=given if stdin is None else None,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise self._trouble(words, f"can not be run: {error.strerror}") from None

    def _fetch(self, place: Path, words: Words) -> None:
        argv = self._argv(words)
        with place.open("wb") as file, tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
            except OSError as error:
                raise self._trouble(words, f"can not be run: {error.strerror}") from None
            with process:
                assert process.stdout is not None
                try:
                    shutil.copyfileobj(process.stdout, file)
                    file.flush()
                except BaseException:
                    process.kill()
                    raise
            errors.seek(0)
            self._hold(words, subprocess.CompletedProcess(argv, process.returncode, b"", errors.read()))

    def _argv(self, words: Words) -> list[str]:
        if self.ssh is None:
            return list(words)
        return ["ssh", *self.ssh_options, *_SSH_OPTIONS, self.ssh, "--", shlex.join(words)]

    def _hold(self, words: Words, done: "subprocess.CompletedProcess[bytes]") -> None:
        """Hold a command to having ended well."""
        said = " ".join(done.stderr.decode(errors="replace").split())[-_SHOWN:]
        if self.ssh is not None and done.returncode == _SSH_FAILED:
            raise self._trouble(words, f"can not be run over ssh at {self.ssh}: {said}", transient=True)
        if done.returncode:
            raise self._trouble(words, f"ended with exit code {done.returncode}{f': {said}' if said else ''}")

    def _trouble(self, words: Words, said: str, *, transient: bool = False) -> Trouble:
        return Trouble(
            f"`{shlex.join(words)}` {said}",
            "host",
            id="groupware-host",
            help="check `host:` of the provider: the command, whom it runs as, and where",
            transient=transient,
            certain=False,
        )
