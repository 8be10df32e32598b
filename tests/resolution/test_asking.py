"""What authoritative servers are asked, and what is made of their answers."""

import asyncio
import contextlib
import time

import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Question, Status
from reconciler.model.desired import ResolverSettings
from reconciler.model.presentation import canonical, quote
from reconciler.model.rrsets import RRset
from reconciler.resolution import wire
from reconciler.resolution.authorities import Authorities
from tests.dns.zones import QUESTIONS, ZONE, random_zone
from tests.resolution.speaker import NOTHING, REFUSED, Says, speaking
from tests.servers import keeper

#: A resolver that is not there: nobody else may be asked.
NOBODY = "127.0.0.1:9"

A = Question("www.example.org", "A")


def ask(*questions, servers, timeout=3.0, zone="example.org"):
    """Ask servers that are configured for one zone."""
    settings = ResolverSettings(servers=(NOBODY,), authoritative={zone: servers}, timeout=timeout)
    authorities = Authorities(settings)
    return asyncio.run(authorities.answer(questions))


RECORDS = [
    RRset("example.org", "MX", 3600, ("10 mail.example.org.", "20 mx.example.net.")),
    RRset("example.org", "TXT", 300, ('"v=spf1 -all"', quote('say "hello" to C:\\ and Grüße'))),
    RRset("example.org", "CAA", 300, ('0 issue "letsencrypt.org"',)),
    RRset("mail.example.org", "A", 60, ("192.0.2.25",)),
    RRset("mail.example.org", "AAAA", 60, ("2001:db8::25",)),
    RRset("www.example.org", "CNAME", 120, ("mail.example.org.",)),
    RRset("away.example.org", "CNAME", 120, ("host.example.net.",)),
    RRset("lost.example.org", "CNAME", 120, ("nothing.example.org.",)),
    RRset("_imaps._tcp.example.org", "SRV", 300, ("0 1 993 mail.example.org.",)),
    RRset("_25._tcp.mail.example.org", "TLSA", 300, ("3 1 1 " + "0123456789abcdef" * 4,)),
    RRset("key1._domainkey.example.org", "TXT", 300, (quote("v=DKIM1; p=" + "Ab+/" * 150),)),
    RRset("huge.example.org", "TXT", 300, tuple(sorted(quote(f"{n} " + "x" * 250) for n in range(20)))),
    RRset("*.wild.example.org", "A", 300, ("192.0.2.7",)),
]


@pytest.fixture(scope="module")
def zone(named):
    """BIND with a zone that has something of every kind."""
    named.add_zone("example.org", RECORDS)
    return named


@pytest.mark.parametrize("rrset", RECORDS, ids=lambda rrset: f"{rrset.name}-{rrset.type}")
def test_what_stands_is_answered_in_the_compared_form(zone, rrset):
    """Every type is answered as the zone has it, however it goes over the wire; a long answer comes by TCP."""
    question = Question(*rrset.id)
    told = ask(question, servers=(zone.address,))
    assert told[question] == Answer(Status.FOUND, tuple(sorted(rrset.values)), rrset.ttl)


def test_a_name_without_the_type_is_not_a_name_that_is_not_there(zone):
    """No data and no such name are told apart, for names between others and below wildcards too."""
    expected = {
        Question("mail.example.org", "MX"): NODATA,
        Question("_tcp.example.org", "SRV"): NODATA,
        Question("nothing.example.org", "A"): NXDOMAIN,
        Question("any.wild.example.org", "A"): Answer(Status.FOUND, ("192.0.2.7",), 300),
        Question("any.wild.example.org", "MX"): NODATA,
    }
    told = ask(*expected, servers=(zone.address,))
    assert {each: told[each] for each in expected} == expected


@pytest.mark.parametrize("name", ["www", "away", "lost"])
def test_a_cname_is_told_and_not_followed(zone, name):
    """An alias has no other data, wherever it leads and whatever is there; it is told along with the answer."""
    question = Question(f"{name}.example.org", "A")
    target = next(each.values for each in RECORDS if each.name == question.name)
    told = ask(question, servers=(zone.address,))
    assert told == {question: NODATA, Question(question.name, "CNAME"): Answer(Status.FOUND, target, 120)}


@pytest.mark.parametrize("seed", range(3))
def test_a_zone_at_random_is_answered_as_it_stands(named, seed):
    """What stands in a zone is found, name by name and type by type, and what does not is not."""
    content = random_zone(seed)
    named.add_zone(ZONE, content.rrsets.values(), name_servers=("ns.example.net.",))
    cuts = {name for name, rtype in content.rrsets if rtype == "NS"}
    told = ask(*QUESTIONS, servers=(named.address,), timeout=0.5)
    for question in QUESTIONS:
        rrset = content.rrsets.get(question)
        if any(question.name == cut or question.name.endswith(f".{cut}") for cut in cuts):
            assert not told[question].known  # its servers have names that nobody can look up here
        elif rrset is not None:
            assert told[question] == Answer(Status.FOUND, rrset.values, rrset.ttl)
        else:
            assert told[question].known
    named.add_zone("example.org", RECORDS)


def test_servers_are_asked_without_recursion():
    """An authoritative server is never asked to find something out."""
    with speaking(says={"example.org": Says(("www.example.org A 192.0.2.1",))}) as server:
        assert ask(A, servers=(server.address,))[A].status is Status.FOUND
        assert server.wanted_recursion == {False}


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        (REFUSED, "says REFUSED"),
        (Says(rcode="SERVFAIL"), "says SERVFAIL"),
        (Says(("www.example.org A 192.0.2.9",), authoritative=False), "does not answer for example.org"),
        (Says(authority=("org NS a.nic.org.",), authoritative=False), "does not answer for example.org"),
        (lambda wire, tcp: None, "did not answer within 0.2 s"),
        (lambda wire, tcp: b"nonsense", "did not answer within 0.2 s"),
        (lambda wire, tcp: wire[:2] + b"\x84\0" + wire[4:-20], "did not answer within 0.2 s"),
    ],
)
def test_another_server_is_asked_where_one_is_of_no_use(first, complaint):
    """The next server is asked; where there is none, the failure says what was wrong with which."""
    good = Says(("www.example.org A 192.0.2.1",))
    with speaking(says={"example.org": first}) as bad, speaking(says={"example.org": good}) as fine:
        told = ask(A, servers=(bad.address, fine.address), timeout=0.6)
        assert told[A] == Answer(Status.FOUND, ("192.0.2.1",), 300)
        assert ask(A, servers=(bad.address,), timeout=0.6) == {
            A: Answer(Status.FAILED, detail=f"{bad.address} {complaint}")
        }


def test_a_server_that_is_not_there_fails_at_once():
    """Nobody listens: the failure names the server, and no time-out is waited for."""
    address = f"127.0.0.1:{keeper.free_port()}"
    detail = ask(A, servers=(address,), timeout=60)[A].detail
    assert detail == f"{address} can not be reached: connection refused"


def test_a_server_that_drops_questions_is_asked_again():
    """A lost question is put again."""
    seen = []

    def second_time(wire, tcp):
        seen.append(wire)
        return (
            None
            if len(seen) == 1
            else Says(("www.example.org A 192.0.2.1",)).message(dns.message.from_wire(wire)).to_wire()
        )

    with speaking(says={"example.org": second_time}) as server:
        assert ask(A, servers=(server.address,), timeout=0.6)[A].values == ("192.0.2.1",)
    assert seen[0][:2] != seen[1][:2], "each try has an id of its own"


def test_a_server_from_before_edns_is_asked_plainly():
    """FORMERR to a question with EDNS is not the last word (RFC 6891 §7)."""

    def plain_only(wire, tcp):
        query = dns.message.from_wire(wire)
        says = Says(rcode="FORMERR") if query.edns >= 0 else Says(("www.example.org A 192.0.2.1",))
        return says.message(query).to_wire()

    with speaking(says={"example.org": plain_only}) as server:
        assert ask(A, servers=(server.address,))[A].values == ("192.0.2.1",)


def test_a_reply_to_another_question_is_not_believed():
    """A reply with the right id but another question is as good as none: the right one is waited for."""

    def forged(wire, tcp):
        other = dns.message.make_query("other.example.org", "A", id=int.from_bytes(wire[:2], "big"))
        return Says(("www.example.org A 192.0.2.66",)).message(other).to_wire()

    with speaking(says={"example.org": forged}) as server:
        assert ask(A, servers=(server.address,), timeout=0.3)[A].status is Status.FAILED


def test_many_questions_are_in_flight_at_once(zone):
    """Two thousand names are answered, each as it is."""
    questions = [Question(f"n{number}.wild.example.org", "A") for number in range(1000)]
    questions += [Question(f"n{number}.example.org", "A") for number in range(1000)]
    told = ask(*questions, servers=(zone.address,))
    statuses = [told[each].status for each in questions]
    assert statuses == [Status.FOUND] * 1000 + [Status.NXDOMAIN] * 1000


def test_a_dead_server_is_given_up():
    """Where a server never answers, a thousand names do not take a thousand time-outs."""
    with speaking(says={"example.org": lambda wire, tcp: None}) as server:
        told = ask(
            *(Question(f"n{each}.example.org", "A") for each in range(1000)), servers=(server.address,), timeout=0.3
        )
        assert {each.status for each in told.values()} == {Status.FAILED}
        assert len(server.asked) < 600


def test_nobody_is_asked_when_it_is_off():
    """With the resolver off no packet is sent, whatever is configured."""
    with speaking(says={"": NOTHING}) as server:
        settings = ResolverSettings(
            servers=(server.address,), authoritative={"example.org": (server.address,)}, off=True
        )
        authorities = Authorities(settings)
        assert asyncio.run(authorities.answer([A]))[A].status is Status.UNKNOWN
        assert asyncio.run(authorities.everywhere("example.org", [A])).servers == ()
        assert asyncio.run(authorities.zone_facts("example.org")).facts == {}
        assert not server.asked


@given(st.binary(max_size=64), st.integers(0, 60))
def test_whatever_comes_back_is_a_reply_or_malformed(noise, at):
    """No octets that a server can send do anything but be read or be refused."""
    says = Says(("www.example.org A 192.0.2.1", "www.example.org CNAME a.example.net."), ("org NS a.nic.org.",))
    good = says.message(dns.message.make_query(*A)).to_wire()
    for message in (noise, good[:at] + noise, good[:at] + noise + good[at + len(noise) :]):
        try:
            reply = wire.read(message, A)
        except wire.Malformed:
            continue
        assert isinstance(reply, wire.Reply)


@given(st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=3))
def test_every_name_can_be_asked_for(labels):
    """A name is put on the wire as dnspython does, odd octets and all."""
    name = dns.name.Name([*labels, b""]).canonicalize()
    text = name.to_text(omit_final_dot=True)
    assert wire.question_wire(Question(text, "A")) == name.to_wire() + b"\0\1\0\1"


_NAMES = st.sampled_from([".", "example.org.", "NS1.Example.ORG.", "a\\.b._x.example.org.", "\\200.example.net."])
_NUMBERS = [st.integers(0, 2**32 - 1)] * 5


@given(st.tuples(_NAMES, _NAMES, *_NUMBERS), st.integers(0, 65535))
def test_data_is_read_in_the_form_in_which_it_is_compared(soa, preference):
    """SOA and MX, which are read here, are what dnspython and `canonical` make of them."""
    texts = {"SOA": " ".join(map(str, soa)), "MX": f"{preference} {soa[0]}"}
    for rtype, text in texts.items():
        message = dns.message.make_response(dns.message.make_query("example.org.", rtype))
        message.answer = [dns.rrset.from_text("example.org.", 300, "IN", rtype, text)]
        (row,) = wire.read(message.to_wire(), Question("example.org", rtype)).answer
        assert row.value == canonical(rtype, text)


def test_a_question_takes_no_longer_than_told():
    """However many servers are silent, the time for one question is all that is waited."""
    with contextlib.ExitStack() as stack:
        silent = {"example.org": lambda wire, tcp: None}
        servers = [stack.enter_context(speaking(says=dict(silent))) for _ in range(5)]
        began = time.monotonic()
        assert not ask(A, servers=[each.address for each in servers], timeout=0.6)[A].known
        assert time.monotonic() - began < 0.9
        assert sum(bool(each.asked) for each in servers) == 3


def test_a_server_that_refuses_is_asked_once():
    """What a server will say again is not asked again."""
    with speaking() as server:
        assert not ask(A, servers=(server.address,))[A].known
        assert server.asked == [A]
