"""People at a real cluster, by the programs they use: IMAP, submission, web mail, calendars, contacts, filters."""

import base64
import contextlib
import imaplib
import json
import re
import smtplib
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, NamedTuple

import urllib3

from tests.servers import keeper
from tests.servers.cluster import Cluster

#: Every way in there is.
DOORS = frozenset({"imap", "submission", "web", "caldav"})
#: SOGo shows its login to browsers that it knows.
_BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
_http = urllib3.PoolManager(retries=False, timeout=30)
_RECEIVED = re.compile(rb'INTERNALDATE "([^"]+)"')


class Kept(NamedTuple):
    """A message in a folder, with its flags but for the one that says that nobody has looked yet."""

    raw: bytes
    flags: frozenset[bytes]
    received: bytes


@dataclass(frozen=True)
class Browser:
    """A browser, in which somebody has logged in."""

    host: Cluster
    address: str
    headers: dict[str, str]

    def ask(self, path: str) -> Any:
        """What SOGo answers as JSON below the person's own pages; None where it asks who one is instead."""
        url = f"http://{self.host.host}:{self.host.ports['web']}/SOGo/so/{self.address}/{path}"
        said = _http.request("GET", url, headers={**_BROWSER, **self.headers}, redirect=False).data
        return None if b'name="loginForm"' in said else json.loads(said)

    @property
    def identities(self) -> dict[str, str]:
        """The names to write with, by address."""
        (account,) = self.ask("Mail/mailAccounts")
        return {each["email"]: each["fullName"] for each in account["identities"]}


@dataclass(frozen=True)
class Person:
    """Somebody with an address and a password."""

    host: Cluster
    address: str
    password: str

    def doors(self) -> frozenset[str]:
        """The ways in that are open to them, each of which is tried."""
        tried = {"imap": self._imap, "submission": self._submission, "web": self._web, "caldav": self._caldav}
        assert set(tried) == DOORS
        return frozenset(name for name, opens in tried.items() if opens())

    # -- mail

    def imap(self) -> imaplib.IMAP4:
        """A session."""
        client = imaplib.IMAP4(self.host.host, self.host.ports["imap"])
        try:
            client.authenticate("PLAIN", lambda _: self._plain)
        except imaplib.IMAP4.error:
            client.shutdown()
            raise
        return client

    def append(self, folder: str, raw: bytes, flags: str = "", received: str | None = None) -> str:
        """Put a message into a folder, and return what the server says."""
        with self.imap() as client:
            return f"{client.append(folder, flags, received, raw)}"

    def messages(self, folder: str = "INBOX") -> list[Kept]:
        """What is in a folder, in its order."""
        with self.imap() as client:
            return _messages(client, folder)

    def folders(self) -> dict[str, list[Kept]]:
        """What is in each folder, by its name in IMAP's own writing; in an order that does not depend on its past."""
        with self.imap() as client:
            names = sorted(line.decode().rpartition(' "/" ')[2].strip('"') for line in client.list()[1])
            return {name: sorted(_messages(client, name), key=lambda kept: kept.raw) for name in names}

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """The subjects of what is in a folder."""
        return [_subject(each.raw) for each in self.messages(folder)]

    def receives(self, subject: str, folder: str = "INBOX") -> None:
        """Wait until a message is there."""
        keeper.until(lambda: subject in self.subjects(folder), what=f"'{subject}' at {self.address}")

    def send(self, recipient: str, subject: str, sender: str | None = None) -> None:
        """Send a message as oneself, or with another sender.

        Raises:
            smtplib.SMTPException: If the server does not take it.
        """
        with self._logged_in() as client:
            client.sendmail(sender or self.address, [recipient], message(subject, sender or self.address))

    @contextlib.contextmanager
    def _logged_in(self) -> Iterator[smtplib.SMTP]:
        with smtplib.SMTP(self.host.host, self.host.ports["submission"]) as client:
            client.ehlo()
            client.user, client.password = self.address, self.password
            code, said = client.docmd("AUTH", f"PLAIN {base64.b64encode(self._plain).decode()}")
            if code != 235:
                raise smtplib.SMTPAuthenticationError(code, said)
            yield client

    # -- groupware

    def browser(self) -> Browser | None:
        """A browser with the person's session; None where SOGo does not let them in."""
        body = json.dumps({"userName": self.address, "password": self.password})
        headers = {**_BROWSER, "Content-Type": "application/json"}
        answer = _http.request("POST", f"{self.host.webmail}connect", body=body, headers=headers)
        if answer.status != 200:
            return None
        cookies = dict(each.partition(";")[0].split("=", 1) for each in answer.headers.getlist("set-cookie"))
        said = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return Browser(self.host, self.address, {"Cookie": said, "X-XSRF-TOKEN": cookies["XSRF-TOKEN"]})

    def dav(self, method: str, path: str, headers: Mapping[str, str], body: str = "") -> tuple[int, str]:
        """Ask the calendar and contacts server, as a phone does; return status and answer."""
        token = base64.b64encode(f"{self.address}:{self.password}".encode()).decode()
        url = f"http://{self.host.host}:{self.host.ports['web']}/SOGo/dav/{self.address}/{path}"
        given = {"Authorization": f"Basic {token}", **headers}
        answer = _http.request(method, url, body=body.encode(), headers=given)
        return answer.status, answer.data.decode()

    def look(self, collection: str) -> None:
        """Look what calendars or address books there are: SOGo makes a person's first ones when somebody does."""
        assert self.dav("PROPFIND", f"{collection}/", {"Depth": "1"})[0] == 207

    def put(self, path: str, text: str) -> int:
        """Put an entry into a calendar or an address book; return the status."""
        sort = {".ics": "text/calendar", ".vcf": "text/vcard"}[path[-4:]]
        return self.dav("PUT", path, {"Content-Type": f"{sort}; charset=utf-8"}, text)[0]

    def files(self, folder: str) -> dict[str, str]:
        """Entries of a calendar or an address book, by name."""
        _, said = self.dav("PROPFIND", f"{folder}/", {"Depth": "1"})
        names = re.findall(r"<D:href>[^<]*/([^/<]+\.(?:ics|vcf))</D:href>", said)
        return {name: self.dav("GET", f"{folder}/{name}", {})[1] for name in names}

    # -- filters

    def filter(self, name: str, script: str) -> None:
        """Put a sieve script there and have it work."""
        token = base64.b64encode(self._plain).decode()
        with (
            socket.create_connection((self.host.host, self.host.ports["sieve"]), 30) as link,
            link.makefile("rwb") as way,
        ):
            _answer(way)
            for order in (
                f'AUTHENTICATE "PLAIN" "{token}"',
                f'PUTSCRIPT "{name}" {{{len(script.encode())}+}}\r\n{script}',
                f'SETACTIVE "{name}"',
            ):
                way.write(f"{order}\r\n".encode())
                way.flush()
                assert _answer(way).startswith(b"OK"), order

    # -- doors

    @property
    def _plain(self) -> bytes:
        return f"\0{self.address}\0{self.password}".encode()

    def _imap(self) -> bool:
        try:
            self.imap().logout()
        except imaplib.IMAP4.error:
            return False
        return True

    def _submission(self) -> bool:
        try:
            with self._logged_in():
                return True
        except smtplib.SMTPAuthenticationError:
            return False

    def _web(self) -> bool:
        return self.browser() is not None

    def _caldav(self) -> bool:
        return self.dav("PROPFIND", "Calendar/", {"Depth": "0"})[0] == 207


def message(subject: str, sender: str, size: int = 0) -> bytes:
    """A message of at least so many bytes."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "undisclosed-recipients:;", subject
    made.set_content("x" * 70 + "\n" if not size else ("x" * 70 + "\n") * (size // 71 + 1))
    return made.as_bytes().replace(b"\n", b"\r\n")


def from_outside(
    host: Cluster, recipient: str, subject: str, sender: str = "someone@elsewhere.test", size: int = 0
) -> None:
    """Deliver a message as another mail host does.

    Raises:
        smtplib.SMTPException: If it is not taken.
    """
    with smtplib.SMTP(host.host, host.ports["smtp"]) as client:
        client.sendmail(sender, [recipient], message(subject, sender, size))


def refusal(host: Cluster, recipient: str, size: int = 0) -> tuple[int, str] | None:
    """With what code a mail host from outside is refused; None where the recipient is accepted, and nothing is sent."""
    with smtplib.SMTP(host.host, host.ports["smtp"]) as client:
        client.ehlo()
        client.mail("someone@elsewhere.test", [f"SIZE={size}"] if size else [])
        code, said = client.rcpt(recipient)
        return None if code == 250 else (code, said.decode())


def alive(client: imaplib.IMAP4) -> bool:
    """Whether an open session still is one."""
    try:
        return client.noop()[0] == "OK"
    except imaplib.IMAP4.abort:
        client.shutdown()
        return False


def _answer(way: Any) -> bytes:
    while not (line := way.readline()).startswith((b"OK", b"NO", b"BYE")):
        assert line, "the filter server has hung up"
    return line


def _messages(client: imaplib.IMAP4, folder: str) -> list[Kept]:
    said, (number,) = client.select(folder, readonly=True)
    assert said == "OK", folder
    if number == b"0":
        return []
    _, answers = client.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
    pairs = [each for each in answers if isinstance(each, tuple)]
    return [Kept(raw, _flags(head), _RECEIVED.search(head)[1]) for head, raw in pairs]


def _flags(head: bytes) -> frozenset[bytes]:
    return frozenset(imaplib.ParseFlags(head)) - {rb"\Recent"}


def _subject(raw: bytes) -> str:
    return re.search(rb"^Subject: (.*?)\r?$", raw, re.MULTILINE)[1].decode()
