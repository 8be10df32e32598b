"""Changes: what is not ours stays to the octet, what moves meanwhile is a conflict, and large ones are divided."""

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.capabilities import ZoneLimits
from reconciler.providers.conformance.zone import change, put, read
from reconciler.providers.rfc2136 import store
from reconciler.providers.rfc2136.store import Store
from reconciler.providers.writer import Done, Failed
from tests.rfc2136.fake import answering
from tests.rfc2136.hosts import HEAD, ZONE, provider_of

CUT = f"""\
{HEAD}{ZONE}. 600 IN TXT "google-site-" "verification=abc"
{ZONE}. 600 IN TXT "v=spf1 mx -all"
{ZONE}. 600 IN TXT "same" "text"
{ZONE}. 600 IN TXT "sametext"
"""
TEXTS = ('"google-site-verification=abc"', '"sametext"', '"v=spf1 mx -all"')


@pytest.fixture(params=["bind_server", "knot_server"])
def server(request):
    """Each server with a zone whose texts are cut in their own ways."""
    found = request.getfixturevalue(request.param)
    found.add_zone_text(ZONE, CUT)
    return found


@pytest.fixture
def provider(server, tmp_path):
    """A provider of that zone."""
    return provider_of(server, tmp_path)


def host(number, name="h"):
    """An address in the zone."""
    return RRset(f"{name}{number}.{ZONE}", "A", 300, (f"192.0.2.{number % 250}",))


def create(*rrsets):
    """Changes that make rrsets."""
    return [RRsetChange(None, each) for each in rrsets]


def lines(server, word="TXT"):
    """The zone's records of a type."""
    return [line for line in server.zone_text(ZONE).splitlines() if line.split()[3] == word]


def test_a_text_stays_cut_as_it_was(server, provider):
    """Beside ours a text in several strings is not joined, also when the TTL of the rrset changes."""
    assert read(provider).rrsets[ZONE, "TXT"].values == TEXTS
    assert put(provider, ZONE, "TXT", 600, (TEXTS[0], TEXTS[1], '"v=spf1 -all"')) == Done()
    expected = ['"google-site-" "verification=abc"', '"same" "text"', '"sametext"', '"v=spf1 -all"']
    assert [line.split(maxsplit=4)[4] for line in lines(server)] == expected
    assert put(provider, ZONE, "TXT", 60, (TEXTS[0], TEXTS[1], '"v=spf1 -all"')) == Done()
    assert [line.split(maxsplit=4)[4] for line in lines(server)] == expected
    assert {line.split()[1] for line in lines(server)} == {"60"}


def test_a_text_that_stands_there_twice_goes_whole(server, provider):
    """One text cut in two ways is two records and one value, and both go with it."""
    assert put(provider, ZONE, "TXT", 600, (TEXTS[0], TEXTS[2])) == Done()
    assert not [line for line in lines(server) if "same" in line]
    assert put(provider, ZONE, "TXT", 600, ()) == Done()
    assert not lines(server)


def between(monkeypatch, act):
    """Let something happen once, after the provider has looked and before its update."""
    real, left = store._update, [act]

    def update(connection, batch):
        if left:
            left.pop()()
        return real(connection, batch)

    monkeypatch.setattr(store, "_update", update)


def test_a_change_in_the_very_moment_is_a_conflict(server, provider, monkeypatch):
    """Somebody else's value that comes after our look is not written over: the server itself compares."""
    between(monkeypatch, lambda: server.nsupdate(f"zone {ZONE}.", f'add {ZONE}. 600 TXT "theirs"'))
    outcome = put(provider, ZONE, "TXT", 600, ('"ours"',))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain, outcome.retryable) == ("conflict", True, False)
    assert read(provider).rrsets[ZONE, "TXT"].values == tuple(sorted((*TEXTS, '"theirs"')))


def test_a_name_taken_in_the_very_moment_is_a_conflict(server, provider, monkeypatch):
    """A CNAME does not come beside what was made after our look, nor data beside a new CNAME."""
    alias = RRset(f"alias.{ZONE}", "CNAME", 300, ("www.example.net.",))
    between(monkeypatch, lambda: server.nsupdate(f"zone {ZONE}.", f"add alias.{ZONE}. 300 A 192.0.2.66"))
    outcome = change(provider, create(alias))
    assert (outcome.code, outcome.certain) == ("invalid", True)
    between(monkeypatch, lambda: server.nsupdate(f"zone {ZONE}.", f"add h1.{ZONE}. 300 CNAME a.example.net."))
    outcome = change(provider, create(host(1)))
    assert (outcome.code, outcome.certain) == ("invalid", True)
    assert not lines(server, "CNAME")[1:]


@pytest.mark.parametrize(("transfer", "code"), [(True, "invalid"), (False, "conflict")])
def test_a_name_taken_by_a_rare_type_takes_no_alias(server, tmp_path, monkeypatch, transfer, code):
    """What questions do not look for is in the way of a CNAME all the same: the server is told to demand it."""
    provider = provider_of(server, tmp_path, transfer=transfer)
    between(monkeypatch, lambda: server.nsupdate(f"zone {ZONE}.", f"add alias.{ZONE}. 300 TYPE65280 \\# 1 ff"))
    outcome = change(provider, create(RRset(f"alias.{ZONE}", "CNAME", 300, ("www.example.net.",))))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (True, False)
    assert outcome.code == code
    assert not lines(server, "CNAME")


def test_a_zone_that_moves_elsewhere_is_tried_again(server, provider, monkeypatch):
    """What says the same in other strings is still what was read: the update is sent again, in the new octets."""
    cut = [f"zone {ZONE}.", f'del {ZONE}. TXT "v=spf1 mx -all"', f'add {ZONE}. 600 TXT "v=spf1 " "mx -all"']
    between(monkeypatch, lambda: server.nsupdate(*cut))
    assert put(provider, ZONE, "TXT", 600, TEXTS[:2]) == Done()
    assert not [line for line in lines(server) if "spf1" in line]


def test_an_exchanger_needs_an_address(bind_server, tmp_path):
    """BIND's refusal of an MX without one says which host it is; with the address in the same change it is made."""
    bind_server.add_zone_text(ZONE, HEAD)
    provider = provider_of(bind_server, tmp_path)
    mx = RRset(ZONE, "MX", 300, (f"10 mail.{ZONE}.",))
    outcome = change(provider, create(mx))
    assert isinstance(outcome, Failed)
    assert f"refuses {ZONE} MX: mail.{ZONE} has no address" in outcome.message
    assert f"give mail.{ZONE} an A or AAAA record" in outcome.message
    assert change(provider, create(mx, RRset(f"mail.{ZONE}", "A", 300, ("192.0.2.25",)))) == Done()
    assert put(provider, ZONE, "MX", 300, ("0 .",)) == Done()


def divided(provider, largest):
    """The same provider, whose messages hold less."""
    provider._store = Store(
        "dns", [ZONE], lambda: provider._peer, transfer="auto", limits=ZoneLimits(), largest=largest
    )
    return provider


def test_a_large_change_goes_in_several_messages(server, provider):
    """Far more than a message holds is made, changed and taken away in one call."""
    texts = [RRset(f"t{number}.{ZONE}", "TXT", 300, (f'"{"x" * 2000}"',)) for number in range(60)]
    assert change(provider, create(*texts)) == Done()
    assert {each.id for each in texts} <= read(provider).rrsets.keys()
    shorter = [RRset(*each.id, 300, ('"short"',)) for each in texts]
    assert change(provider, [RRsetChange(old, new) for old, new in zip(texts, shorter, strict=True)]) == Done()
    assert change(provider, [RRsetChange(each, None) for each in shorter]) == Done()
    assert len(lines(server)) == 4


def test_a_divided_change_keeps_what_belongs_together(server, provider):
    """An address comes before the MX that leads to it and goes after it; an alias and what follows it go as one."""
    new = [
        *(host(number) for number in range(100)),
        RRset(ZONE, "MX", 300, tuple(f"{n} h{n}.{ZONE}." for n in (1, 99))),
    ]
    assert change(divided(provider, 1000), create(*reversed(new))) == Done()
    gone = [RRsetChange(each, None) for each in new]
    assert change(provider, gone) == Done()
    alias = [RRset(f"h{n}.{ZONE}", "CNAME", 300, ("a.example.net.",)) for n in range(60)]
    assert change(provider, create(*alias)) == Done()
    turned = [*(RRsetChange(each, None) for each in alias), *create(*(host(n) for n in range(60)))]
    assert change(provider, turned) == Done()
    assert not lines(server, "CNAME")


def test_a_divided_change_that_surely_fails_is_not_begun(server, provider):
    """A conflict anywhere in it is found before the first message."""
    put(provider, f"h90.{ZONE}", "A", 300, ("198.51.100.1",))
    before = server.zone_text(ZONE)
    outcome = change(divided(provider, 1000), create(*(host(number) for number in range(100))))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("conflict", True)
    assert server.zone_text(ZONE) == before


def test_a_change_that_fails_half_way_does_not_claim_to_have_done_nothing(server, provider, monkeypatch):
    """Where earlier messages took effect the effect is not known, and a look tells what stands there."""
    calls = iter(range(100))
    real = store._update

    def update(connection, batch):
        if next(calls) == 1:
            server.nsupdate(f"zone {ZONE}.", f"add {batch.changes[0].id[0]}. 300 A 198.51.100.1")
        return real(connection, batch)

    monkeypatch.setattr(store, "_update", update)
    new = [host(number) for number in range(100)]
    outcome = change(divided(provider, 1000), create(*new))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("partial", False)
    assert "1 of " in outcome.message
    there = [each for each in new if read(provider).rrsets.get(each.id) == each]
    assert 0 < len(there) < len(new)


def test_a_run_that_dies_between_messages_can_go_on(server, provider, monkeypatch):
    """What was made is seen by the next run, which makes the rest and nothing twice."""
    calls = iter(range(100))
    real = store._update

    def update(connection, batch):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(connection, batch)

    monkeypatch.setattr(store, "_update", update)
    new = [host(number) for number in range(100)]
    with pytest.raises(KeyboardInterrupt):
        divided(provider, 1000)._store.change(ZONE, create(*new))
    there = read(provider).rrsets
    left = [each for each in new if each.id not in there]
    assert 0 < len(left) < len(new)
    assert change(provider, create(*left)) == Done()
    assert {each.id: each for each in new}.items() <= dict(read(provider).rrsets).items()


@pytest.mark.parametrize("told", ["hang up", "silence"])
def test_an_answer_that_is_lost_is_not_known(tmp_path, told):
    """The update was sent, and nobody says what became of it: the effect is not known, and it may be tried again."""

    def lost(question):
        return None if told == "hang up" else []

    with answering(lost) as fake:
        provider = provider_of(fake, tmp_path, timeout=0.2)
        provider._store._look = lambda peer, zone, changes, **_: store.Seen(store._as_expected(ZONE, changes), {})
        outcome = change(provider, create(host(1)))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (False, True)


def test_nobody_there_is_certain(tmp_path):
    """Where no connection is made nothing was changed."""
    with answering(lambda question: None) as fake:
        pass
    outcome = change(provider_of(fake, tmp_path, timeout=0.5), create(host(1)))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain, outcome.retryable) == ("unreachable", True, True)
