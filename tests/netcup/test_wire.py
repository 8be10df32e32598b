"""One request: what may have happened is told apart, and secrets stay where they are."""

import contextlib
import socket
import threading

import pytest

from reconciler.providers.netcup.ccp.envelope import Answer, trouble
from reconciler.providers.netcup.http import Sender, refusal
from reconciler.providers.netcup.pace import Ended, Pace
from reconciler.providers.netcup.trouble import Trouble
from tests.servers.keeper import free_port


@contextlib.contextmanager
def _answering(*said: bytes):
    """A server that says something to each connection, and hangs up; without words it keeps silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = []

        def serve():
            for words in said or (None,):
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    kept.append(connection)
                    if words is not None:
                        connection.recv(65536)
                        connection.sendall(words)
                        connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join()
            for each in kept:
                each.close()


def _sent(address: str) -> Trouble:
    sender = Sender(address, 0.2)
    try:
        refused = refusal(sender.host, sender.send("POST", body=b"{}"))
    except Trouble as error:
        return error
    finally:
        sender.close()
    assert refused is not None, "the answer is a good one"
    return refused


def test_silence_leaves_it_open():
    """The request was sent, and nobody knows what became of it."""
    with _answering() as address:
        error = _sent(address)
    assert (error.certain, error.retryable) == (False, True)
    assert "did not answer within 0.2 s" in str(error)


def test_a_connection_that_breaks_leaves_it_open():
    """So does half an answer, and none at all."""
    for words in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"):
        with _answering(words) as address:
            error = _sent(address)
        assert (error.certain, error.retryable) == (False, True)


def test_nobody_there_is_certain():
    """Without a connection nothing was sent."""
    error = _sent(f"http://127.0.0.1:{free_port()}")
    assert (error.certain, error.retryable) == (True, True)


def test_credentials_are_not_sent_elsewhere():
    """A redirect is an error, and not followed."""
    with _answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n") as address:
        error = _sent(address)
    assert (error.certain, error.retryable) == (True, False)
    assert "leads elsewhere" in str(error)


def test_too_many_requests_say_how_long_to_wait():
    """HTTP's own way of saying so is understood too."""
    with _answering(b"HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n") as address:
        error = _sent(address)
    assert (error.certain, error.retryable, error.retry_after) == (True, True, 17.0)


def test_what_a_server_repeats_of_a_secret_is_left_out():
    """A key in its message is none in ours, nor a break of the line."""
    said = Answer("updateDnsRecords", "error", 4013, "the key abcd-secret\n is odd", {})
    assert str(trouble(said, "example.org", ("abcd-secret", ""))) == (
        "netcup refuses the request of example.org: the key … is odd (4013)"
    )


@pytest.mark.parametrize("status", ["pending", "started"])
def test_what_is_not_finished_is_not_done(status):
    """The interface knows answers for work in the background; they are no success yet."""
    error = trouble(Answer("updateDnsRecords", status, 2002, "in progress", {}), "example.org", ())
    assert (error.certain, error.retryable) == (False, True)


def test_a_sliding_minute_never_holds_more_than_allowed():
    """However requests come, any sixty seconds have at most so many."""
    now, sent = [0.0], []

    def sleep(seconds):
        now[0] += seconds

    pace = Pace(lambda: now[0], sleep, requests=5)
    for number in range(40):
        pace.enter()
        sent.append(now[0])
        now[0] += number % 7
    assert all(later - earlier >= 60 for earlier, later in zip(sent, sent[5:], strict=False))


def test_a_closed_provider_waits_no_longer():
    """Whoever waits for his turn is let go without one."""
    pace = Pace(lambda: 0.0, lambda _: pace.end(), requests=1)
    pace.enter()
    with pytest.raises(Ended):
        pace.enter()
