"""An alias that is led to somebody else loses no message, however many arrive just then."""

import itertools
import smtplib
import threading
import time
from collections import Counter
from contextlib import contextmanager

from tests.groupware.people import message
from tests.servers import keeper

RATE, CONNECTIONS = 50, 10  # messages a second, over so many connections at once: each waits for Postfix's disk
SENDER = "press@elsewhere.test"


class Press:
    """Another mail host, which sends message after message, each at its time."""

    def __init__(self, host, recipient):
        self._host, self._recipient = host, recipient
        self._began, self._ended, self._numbers = time.monotonic(), threading.Event(), itertools.count()
        self.sent, self.refused = [], []

    @property
    def rate(self):
        """Messages a second until now."""
        return len(self.sent) / (time.monotonic() - self._began)

    def _connection(self):
        with smtplib.SMTP(self._host.host, self._host.ports["smtp"]) as client:
            for number in self._numbers:
                if self._ended.wait(max(0.0, self._began + number / RATE - time.monotonic())):
                    return
                self._send(client, f"number {number}")

    def _send(self, client, subject):
        try:
            client.sendmail(SENDER, [self._recipient], message(subject, SENDER))
        except smtplib.SMTPException as error:
            self.refused.append((subject, error))
        self.sent.append(subject)

    @contextmanager
    def running(self):
        """Send as long as the block lasts."""
        threads = [threading.Thread(target=self._connection) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def sends(self, more):
        """Wait until so many more are accepted."""
        wanted = len(self.sent) + more
        keeper.until(lambda: len(self.sent) >= wanted, what=f"{more} more messages")


def test_no_message_is_lost_while_an_alias_is_led_elsewhere(found, cluster, record_property):
    """At 50 a second, or what the machine takes, none is refused or bounced, and each arrives once, at one of two."""
    office = found("press")
    anna, ben = office.hire("anna", quota="100 MB"), office.hire("ben", quota="100 MB")
    desk = office.address("desk")
    office.aliases = {desk: anna.address}
    office.apply()
    told = ""
    with Press(cluster, desk).running() as press:
        for target in (ben, anna):
            press.sends(RATE // 2)
            office.aliases = {desk: target.address}
            told += office.process().run("apply", "--yes").err  # a process of its own, which keeps nobody from sending
        press.sends(RATE // 2)
        rate = press.rate
    keeper.until(lambda: not cluster.queue(), what="an empty queue")

    assert press.refused == []
    assert told.count(f"[1/1] update alias {desk}: done") == 2
    first, second = anna.subjects(), ben.subjects()
    assert Counter(first + second) == Counter(press.sent)
    assert first
    assert second
    assert cluster.mail_in_sink(SENDER) == ()
    record_property(
        "counted",
        f"{len(press.sent)} messages, {rate:.0f} a second, while an alias was led elsewhere twice: "
        f"{len(first)} and {len(second)} arrived",
    )
