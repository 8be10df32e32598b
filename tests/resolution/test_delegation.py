"""How servers are found: from the top-level domain down, without a resolver hearing of names that are to be made."""

import asyncio

import pytest

from reconciler.model.answers import NXDOMAIN, Answer, Question, Status
from reconciler.model.desired import ResolverSettings
from reconciler.model.rrsets import RRset
from reconciler.resolution.authorities import Authorities
from reconciler.resolution.names import split_server, system_resolvers
from tests.resolution.speaker import NO_SUCH_NAME, Says, refers, speaking

NEW = Question("s1._domainkey.example.org", "TXT")
MX = Question("example.org", "MX")
RECORDS = [
    RRset("example.org", "MX", 3600, ("10 mail.example.org.",)),
    RRset("www.example.org", "A", 60, ("192.0.2.1",)),
]


def authorities(world, **settings):
    """Authorities that know the world's resolver alone."""
    return Authorities(ResolverSettings(servers=(world.resolver.address,), **settings), port=world.named.port)


def answer(world, *questions, **settings):
    """Ask the world."""
    return asyncio.run(authorities(world, **settings).answer(questions))


def test_a_zone_is_found_from_its_top_level_domain(world):
    """The resolver tells of the top-level domain's servers, these of the zone's, and these answer."""
    world.named.add_zone("example.org", RECORDS)
    told = answer(world, MX, NEW)
    assert told[MX] == Answer(Status.FOUND, ("10 mail.example.org.",), 3600)
    assert told[NEW] == NXDOMAIN
    assert world.top.wanted_recursion == {False}


def test_the_resolver_never_hears_of_a_name_that_may_be_made(world):
    """It is asked for servers of the top-level domain and their addresses, and for nothing of the user's."""
    world.named.add_zone("example.org", RECORDS)
    questions = [NEW, MX, *(Question(f"new{number}.deep.example.org", "A") for number in range(20))]
    mine = authorities(world)
    asyncio.run(mine.answer(questions))
    asyncio.run(mine.everywhere("example.org", questions))
    asyncio.run(mine.zone_facts("example.org", ["ns1.example.org"]))
    assert set(world.resolver.asked) == {
        Question("org", "NS"),
        Question("a.nic.org", "A"),
        Question("a.nic.org", "AAAA"),
    }
    assert world.resolver.wanted_recursion == {True}


def test_a_thousand_names_of_a_zone_are_one_question_to_those_above(world):
    """One name goes ahead; the others go straight to where it was answered."""
    world.named.add_zone("example.org", RECORDS)
    told = answer(world, *(Question(f"n{number}.example.org", "A") for number in range(1000)))
    assert {each.status for each in told.values()} == {Status.NXDOMAIN}
    assert len(world.top.asked) == 1
    assert len(world.resolver.asked) == 3


def test_what_was_found_is_kept(world):
    """The way to a zone is found once, however often its servers are asked."""
    world.named.add_zone("example.org", RECORDS)
    mine = authorities(world)
    asyncio.run(mine.answer([MX]))
    before = len(world.top.asked), len(world.resolver.asked)
    world.named.add_zone("example.org", [RRset("example.org", "MX", 60, ("20 new.example.org.",))])
    assert asyncio.run(mine.answer([MX]))[MX].values == ("20 new.example.org.",)
    assert (len(world.top.asked), len(world.resolver.asked)) == before


def test_a_server_without_glue_is_looked_up_by_its_name(world):
    """A name server of another domain has no address in the referral; the resolver is asked for it."""
    world.named.add_zone("example.org", RECORDS)
    world.top.says["example.org"] = refers("example.org", "ns.host.example.net")
    world.resolver.says["ns.host.example.net", "A"] = Says(("ns.host.example.net A 127.0.0.1",), authoritative=False)
    world.resolver.says["ns.host.example.net", "AAAA"] = Says(authoritative=False)
    assert answer(world, MX)[MX].status is Status.FOUND


def test_an_address_of_another_domain_is_not_believed(world):
    """Servers of .org can not say where a server of .net is; whoever does is not listened to."""
    world.named.add_zone("example.org", RECORDS)
    world.top.says["example.org"] = refers("example.org", "ns.example.net", glue=["ns.example.net 127.0.0.66"])
    world.resolver.says["ns.example.net", "A"] = Says(("ns.example.net A 127.0.0.1",), authoritative=False)
    world.resolver.says["ns.example.net", "AAAA"] = Says(authoritative=False)
    assert answer(world, MX)[MX].status is Status.FOUND


def test_a_delegation_inside_a_zone_is_followed(world):
    """A zone below another, on other servers, answers for its own names."""
    world.named.add_zone("example.org", RECORDS)
    world.named.add_zone("dep.example.org", [RRset("www.dep.example.org", "A", 60, ("192.0.2.9",))])
    inside, beside = Question("www.dep.example.org", "A"), Question("www.example.org", "A")
    with speaking("127.0.0.4", world.named.port) as parent:
        parent.says["dep.example.org"] = refers(
            "dep.example.org", "ns.dep.example.org", glue=["ns.dep.example.org 127.0.0.1"]
        )
        parent.says["example.org"] = NO_SUCH_NAME
        parent.says[beside] = Says(("www.example.org A 192.0.2.2",))
        told = answer(world, inside, beside, authoritative={"example.org": (parent.address,)})
        assert told[inside].values == ("192.0.2.9",)
        assert told[beside].values == ("192.0.2.2",)
    world.named.remove_zone("dep.example.org")


def test_a_referral_elsewhere_is_not_followed(world):
    """A server that refers to a zone the name does not stand in, or to itself, leads nowhere."""
    for zone in ("example.net", "org", "other.example.org"):
        world.top.says["example.org"] = refers(zone, "ns.example.org", glue=["ns.example.org 127.0.0.1"])
        told = answer(world, MX, timeout=0.3)[MX]
        assert (told.status, told.detail) == (Status.FAILED, f"a.nic.org:{world.named.port} does not answer for org")


@pytest.mark.parametrize(
    "name", ["example.test", "www.example", "host.invalid", "printer.local", "a.home.arpa", "x.onion"]
)
def test_names_of_no_public_domain_are_asked_of_nobody(world, name):
    """Special-use names leave the machine for nobody, unless servers are configured for them (RFC 6761)."""
    question = Question(name, "TXT")
    told = answer(world, question)[question]
    assert (told.status, told.detail.startswith("nobody in the public DNS answers for names in .")) == (
        Status.UNKNOWN,
        True,
    )
    assert not world.resolver.asked
    with speaking(says={name: Says((f'{name} TXT "here"',))}) as own:
        assert answer(world, question, authoritative={name: (own.address,)})[question].values == ('"here"',)


def test_servers_a_provider_knows_are_asked(world):
    """What a provider says of its servers is enough, and what is configured goes before it."""
    with speaking() as provider, speaking() as own:
        provider.says["example.org"] = Says(("example.org MX 1 provider.",))
        own.says["example.org"] = Says(("example.org MX 2 configured.",))
        known = {"example.org": (provider.address,)}
        told = asyncio.run(Authorities(ResolverSettings(), known).answer([MX]))
        assert told[MX].values == ("1 provider.",)
        settings = ResolverSettings(authoritative={"example.org": (own.address,)})
        assert asyncio.run(Authorities(settings, known).answer([MX]))[MX].values == ("2 configured.",)


def test_a_top_level_domain_that_is_not_there_has_no_names(world):
    """The resolver's word that there is no such top-level domain is the answer for all below it."""
    world.resolver.says["nonsuch"] = Says(rcode="NXDOMAIN", authoritative=False)
    question = Question("mail.example.nonsuch", "A")
    assert answer(world, question)[question] == NXDOMAIN


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        (Says(rcode="SERVFAIL", authoritative=False), "the resolver {} says SERVFAIL"),
        (lambda wire, tcp: None, "the resolver {} did not answer within 0.1 s"),
    ],
)
def test_a_resolver_that_is_of_no_use_is_named(world, says, complaint):
    """Where servers can not be found, the failure says whom that is owed to."""
    world.resolver.says["org", "NS"] = says
    detail = answer(world, MX, timeout=0.3)[MX].detail
    assert detail == f"the servers of org can not be found: {complaint.format(world.resolver.address)}"


def test_the_next_resolver_is_asked_where_one_fails(world):
    """Resolvers are tried in their order."""
    world.named.add_zone("example.org", RECORDS)
    settings = ResolverSettings(servers=("127.0.0.1:9", world.resolver.address), timeout=3)
    mine = Authorities(settings, port=world.named.port)
    assert asyncio.run(mine.answer([MX]))[MX].status is Status.FOUND


def test_without_settings_the_machine_own_resolvers_are_used(tmp_path):
    """They are read from resolv.conf; a file that is not there names none."""
    path = tmp_path / "resolv.conf"
    path.write_text("# made by hand\nsearch example.org\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver\n")
    assert system_resolvers(path) == ("192.0.2.53", "2001:db8::53")
    assert system_resolvers(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("NS1.example.net.", ("ns1.example.net", 53)),
        ("ns1.example.net:5353", ("ns1.example.net", 5353)),
    ],
)
def test_servers_are_written_as_people_write_them(text, server):
    """Addresses of both kinds and names, with and without a port."""
    assert split_server(text) == server


@pytest.mark.parametrize("text", ["", ":53", "192.0.2.53:", "ns1.example.net:dns", "192.0.2.53:70000"])
def test_what_is_no_server_is_refused(text):
    """What can not be a server is told when it is configured."""
    with pytest.raises(ValueError, match="is not a server, such as"):
        Authorities(ResolverSettings(servers=(text,)))
