"""The name server of these tests, and a network that ends at this machine."""

import socket

import pytest
import requests

from tests.servers.fixtures import bind_server  # noqa: F401


@pytest.fixture(autouse=True)
def _only_here(monkeypatch):
    """Nobody looks up a name elsewhere, fetches a file, or connects to anything but 127.0.0.1."""
    connect, send = socket.socket.connect, socket.socket.sendto

    def here(address):
        assert isinstance(address, str) or address[0] == "127.0.0.1", f"the network was used: {address}"

    def checked(self, address):
        here(address)
        return connect(self, address)

    def checked_send(self, *args):
        here(args[-1])
        return send(self, *args)

    def refused(*args, **kwargs):
        raise requests.ConnectionError("there is no network")

    monkeypatch.setattr(socket.socket, "connect", checked)
    monkeypatch.setattr(socket.socket, "sendto", checked_send)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(requests.Session, "request", refused)
