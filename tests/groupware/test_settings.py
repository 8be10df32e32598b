"""Mistakes in a provider's block are told once each, in words that say what to write."""

import copy

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.model.reading import read_model
from reconciler.model.source import Origin
from reconciler.providers.sogo.settings import SogoSettings

BLOCK = {
    "database": {"env": "DSN"},
    "doveadm": {"url": "http://127.0.0.1:8080", "key": {"env": "KEY"}},
    "memcached": "127.0.0.1:11211",
    "host": {"storage": "/var/vmail"},
    "published": {"mx": "10 mail.example.org"},
}


@pytest.mark.parametrize(
    ("path", "value", "said", "help_"),
    [
        ("memcached", "127.0.0.1:abc", "'127.0.0.1:abc' is not a memcached", "host:port"),
        ("memcached", [], "is an empty list", "at least one item"),
        ("doveadm", {"url": "http://127.0.0.1:8080"}, "needs 'key'", "key: …"),
        ("published.mx", "mail.example.org", "is not a mail exchanger", "10 mail.example.org"),
        ("published.mx", "99999 mail.example.org", "is not a mail exchanger", "10 mail.example.org"),
        ("host.mail", "maildir:/var/vmail/%d/%n", "does not say where {home} is", "maildir:{home}/Maildir"),
        ("passwords", {"rounds": "99"}, "is '99', which is not at most 31", "at most 31"),
        ("timeout", "2 h", "which is not at most 3600", "at most 3600"),
        ("alias_targets", "0", "is '0', which is not at least 1", "at least 1"),
        ("doveadm", {"url": "http://127.0.0.1:8080/api", "key": {"env": "KEY"}}, "has a path", "http://127.0.0.1:8080"),
        ("published.spf", ["v=spf1 mx -all"], "is not one mechanism of SPF", "spf_all"),
        ("published.dkim", {"mail": "v=DKIM1; p=x"}, "is not where a DKIM key stands", "mail._domainkey"),
        ("published.reached", {"imap": "mail.example.org:993"}, "is not the name of a host", "mail.example.org"),
        ("host.storage", "var/vmail", "can not be 'var/vmail'", "^/"),
    ],
)
def test_a_mistake_is_told_once(path, value, said, help_):
    """A list whose only item is wrong is not called empty as well, and a limit is told in our own words."""
    tree = copy.deepcopy(BLOCK)
    *above, name = path.split(".")
    place = tree[above[0]] if above else tree
    place[name] = value
    with pytest.raises(Problem) as caught:
        read_model(SogoSettings, tree, Origin("mail.yaml", 0), "provider 'groupware'")
    (told,) = caught.value.diagnostics
    assert said in told.message
    assert help_ in told.help
