"""An alias that is led to somebody else loses no message, however many arrive just then."""

import smtplib
import threading
import time
from collections import Counter
from contextlib import contextmanager

from tests.groupware.people import message
from tests.servers import keeper

RATE = 50  # messages a second
SENDER = "press@elsewhere.test"


class Press:
    """Another mail host, which sends one message after the other."""

    def __init__(self, host, recipient):
        self._host, self._recipient = host, recipient
        self._ended = threading.Event()
        self.sent, self.refused = [], []
        self.seconds = 0.0

    def run(self):
        """Send until told otherwise, each at its time; who is late hurries."""
        began = time.monotonic()
        with smtplib.SMTP(self._host.host, self._host.ports["smtp"]) as client:
            while not self._ended.wait(max(0.0, began + len(self.sent) / RATE - time.monotonic())):
                subject = f"number {len(self.sent)}"
                try:
                    client.sendmail(SENDER, [self._recipient], message(subject, SENDER))
                except smtplib.SMTPException as error:
                    self.refused.append((subject, error))
                self.sent.append(subject)
        self.seconds = time.monotonic() - began

    @contextmanager
    def running(self):
        """Send as long as the block lasts."""
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def sends(self, more):
        """Wait until so many more are accepted."""
        wanted = len(self.sent) + more
        keeper.until(lambda: len(self.sent) >= wanted, what=f"{more} more messages")


def test_no_message_is_lost_while_an_alias_is_led_elsewhere(found, cluster, record_property):
    """At 50 a second none is refused or bounced, and each is in one of the two mailboxes, once: there and back."""
    office = found("press")
    anna, ben = office.hire("anna", quota="100 MB"), office.hire("ben", quota="100 MB")
    desk = office.address("desk")
    office.aliases = {desk: anna.address}
    office.apply()
    press, changes = Press(cluster, desk), []
    with press.running():
        for target in (ben, anna):
            press.sends(RATE // 2)
            office.aliases = {desk: target.address}
            changes += [each["id"] for each in office.run("plan", "--format", "json", exit=2).json["operations"]]
            office.apply()
        press.sends(RATE // 2)
    keeper.until(lambda: not cluster.queue(), what="an empty queue")

    assert press.refused == []
    assert changes == [f"update alias {desk}"] * 2
    first, second = anna.subjects(), ben.subjects()
    assert Counter(first + second) == Counter(press.sent)
    assert first
    assert second
    assert cluster.mail_in_sink(SENDER) == ()
    rate = len(press.sent) / press.seconds
    record_property(
        "counted",
        f"{len(press.sent)} messages, {rate:.0f} a second, while an alias was led elsewhere twice: "
        f"{len(first)} and {len(second)} arrived",
    )
