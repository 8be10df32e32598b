"""What the tests of the backend `http` share: states opened at a server, leases, clients that die."""

import itertools
from pathlib import Path

from reconciler.model.desired import StateBlock
from reconciler.state import lease
from reconciler.state.places.http import HttpRegister, open_http
from reconciler.state.places.http.client import Client
from reconciler.state.places.register import RegisterState
from reconciler.state.store import StateStore
from reconciler.state.values import LockInfo

ELSEWHERE = "another machine"


def settings(server, name="mail", **more):
    """The settings for a state at a server, as YAML gives them."""
    here = {"address": server.url(name), "timeout": "5"}
    if server.options.gitlab:
        here |= {"lock_address": server.url(name) + "/lock", "lock_method": "POST", "unlock_method": "DELETE"}
    return here | more


def block(server, name="mail", **more):
    """The same as a block of the configuration."""
    return StateBlock("http", settings(server, name, **more), Path.cwd())


class Opener:
    """Opens states at one server; every one is closed in the end."""

    def __init__(self, server):
        self.server = server
        self.opened = []
        self.steady = itertools.count().__next__  # a clock on which every look is a second later

    def register(self, name="mail", **more):
        """A register, as the configuration opens it."""
        made = open_http(block(self.server, name, **more))
        return self.keep(HttpRegister(made._client, made._places, sleep=awake, steady=self.steady))

    def state(self, name="mail", **more):
        """A state of bytes that does not wait long."""
        return self.keep_state(self.register(name, **more))

    def keep_state(self, register):
        """The state of a register."""
        return RegisterState(self.keep(register), pauses=(0.0, 0.0), sleep=awake)

    def store(self, name="mail", **more):
        """A state with all that stands above."""
        return StateStore(self.state(name), **more)

    def dying(self, after, *, answered, name="mail"):
        """A state whose process is killed at its request number `after`; it may have reached the server."""
        register = open_http(block(self.server, name))
        client = Dying(register._client, after, answered)
        return self.keep_state(HttpRegister(client, register._places, sleep=awake, steady=self.steady))

    def keep(self, register):
        """Close it in the end."""
        self.opened.append(register)
        return register

    def close(self):
        """Close all."""
        for each in self.opened:
            each.close()


class Killed(BaseException):
    """The process is no more."""


class Dying(Client):
    """A client of a process that ends at one request, and makes none ever after."""

    def __init__(self, client, after, answered):
        super().__init__(client._where, client._credentials, client._timeout, client._tls)
        self.left = after
        self.answered = answered

    def send(self, method, url, body=None):
        """Make a request, if there is life in it."""
        self.left -= 1
        if self.left == 0 and self.answered:
            super().send(method, url, body)
        if self.left <= 0:
            raise Killed
        return super().send(method, url, body)


def lock(number=1, *, expires=0.0, since=0.0):
    """A lock as another machine writes it."""
    return lease.encode(
        LockInfo(
            id=f"{number:012x}", owner="anna", host=ELSEWHERE, pid=1, operation="apply",
            since=since, expires=expires, fence=number,
        )
    )  # fmt: skip


def awake(_):
    """Sleep not at all."""


def agree(_):
    """A fence that lets everybody pass."""


TERRAFORM_LOCK = {
    "ID": "60391067-a134-dafe-a123-7057835ff892",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ben@laptop",
    "Version": "1.15.5",
    "Created": "2026-11-22T03:00:25.061701178Z",
    "Path": "",
}
