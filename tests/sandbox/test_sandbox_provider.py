"""The adapter: settings, capabilities, and what makes a platform hard to live with."""

import asyncio
import time

import pytest
from pydantic import ValidationError

from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Domain, Instance, Mailbox, Member, Team, make
from reconciler.model.secrets import Secret
from reconciler.providers.reader import MailReader, ProviderError
from reconciler.providers.sandbox.settings import SandboxSettings
from reconciler.providers.writer import Done, Failed, Write

GB = 10**9


def _create(resource):
    return Write(Action.CREATE, resource.kind, resource.key, None, resource, password=Secret("first secret"))


def _boxes(count):
    return [_create(Mailbox(f"u{i}@example.org", f"User {i}", 10**6)) for i in range(count)]


_GROUND = [_create(Instance("office", 1000 * GB)), _create(Domain("example.org", "office"))]


def run(provider, *batches):
    """Outcomes of batches written one after the other."""

    async def go():
        writer = provider.writer()
        return [outcome for batch in batches for outcome in await writer.write(batch)]

    return asyncio.run(go())


def names(provider, kind=Kind.MAILBOX):
    """Keys of a kind, as they are read."""
    lives = asyncio.run(provider.reader().read())
    return sorted(live.resource.key for live in lives if live.resource.kind is kind)


def test_reader_and_writer_speak_the_protocols(provider):
    """The reader is a mail reader, and every kind but records is hosted."""
    reader = provider().reader()
    assert isinstance(reader, MailReader)
    assert reader.capabilities.kinds == frozenset(Kind) - {Kind.RECORD}


def test_a_failed_write_leaves_the_rest_of_its_batch(provider):
    """Each write of a batch is a truth of its own."""
    opened = provider()
    outcomes = run(opened, [*_GROUND, *_boxes(1), *_boxes(1), *_boxes(2)[1:]])
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Done, Failed, Done]
    assert names(opened) == ["u0@example.org", "u1@example.org"]


def test_a_batch_is_one_transaction(provider):
    """256 creates are one commit: the file grows once, not 256 times."""
    opened = provider()
    run(opened, _GROUND)
    seen = []
    opened.platform._writing.set_trace_callback(seen.append)
    run(opened, _boxes(256))
    assert sum(statement == "COMMIT" for statement in seen) == 1
    assert len(seen) <= 6 + 256 * 6


def test_creating_costs_the_same_in_a_full_instance(provider):
    """No create adds up what was created before it (netcup/N10 is kept by a running sum)."""
    opened = provider()
    run(opened, _GROUND, _boxes(500))
    seen = []
    opened.platform._writing.set_trace_callback(seen.append)
    run(opened, [_create(Mailbox("one@example.org", "One", GB))])
    assert not [statement for statement in seen if "sum(" in statement.lower() or "count(" in statement.lower()]


def test_look_up_answers_for_thousands(provider):
    """Any number of keys is answered, unknown ones by silence."""
    opened = provider()
    run(opened, _GROUND, _boxes(1200))
    keys = [f"u{i}@example.org" for i in range(1300)]
    found = asyncio.run(opened.reader().look_up(Kind.MAILBOX, keys))
    assert len(found) == 1200
    assert found["u7@example.org"].resource == Mailbox("u7@example.org", "User 7", 10**6)
    assert asyncio.run(opened.reader().look_up(Kind.RECORD, ["example.org MX"])) == {}


def test_capabilities_follow_the_settings():
    """What is configured is what planning is told."""
    from pathlib import Path

    from reconciler.providers.sandbox import SandboxProvider

    def able(**settings):
        block = SandboxSettings.model_validate({"path": "x.db", **settings})
        return SandboxProvider("groupware", block, Path()).capabilities

    plain = able()
    assert (plain.concurrency, plain.batch, plain.rate, plain.owned_domains) == (4, 256, None, None)
    assert plain.team.excluded_plans == {"light"}
    assert not plain.edits(Kind.ALIAS, "info@example.org", "to")
    assert not plain.edits(Kind.MEMBER, "ben@mailbox.org", "plan")
    rich = able(
        latency="20 ms", concurrency="64", rate_limit="180/min", domains=["Example.ORG"], alias_edit="true",
        stale_reads="2 s", credentials={"ben@mailbox.org": {"env": "BEN"}}, accounts={"anna@mailbox.org": {}},
    )  # fmt: skip
    assert (rich.concurrency, rich.batch, rich.rate, rich.consistency) == (64, 1, 3.0, 2.0)
    assert rich.owned_domains == {"example.org"}
    assert rich.edits(Kind.ALIAS, "info@example.org", "to")
    assert rich.edits(Kind.MEMBER, "ben@mailbox.org", "plan")
    assert rich.team.accounts == {"anna@mailbox.org"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate_limit", "fast"),
        ("rate_limit", "0/min"),
        ("latency", "soon"),
        ("alias_targets", "0"),
        ("accounts", {"anna@mailbox.org": {"balance": "12,00"}}),
        ("accounts", {"anna@mailbox.org": {"plan": "golden"}}),
        ("initial_plan", "golden"),
        ("credentials", {"ben@mailbox.org": {}}),
        ("faults", [{"mode": "explode"}]),
        ("faults", [{"mode": "busy", "probability": "2"}]),
        ("published", {"mx": ["mail.example.org"]}),
        ("colour", "blue"),
    ],
)
def test_bad_settings_are_refused(field, value):
    """A setting that can not be read is an error of the settings model."""
    with pytest.raises(ValidationError):
        SandboxSettings.model_validate({"path": "x.db", field: value})


@pytest.mark.parametrize(("text", "cents"), [("12.00 EUR", 1200), ("12 EUR", 1200), ("1250", 1250), (7, 7)])
def test_money_is_euros_or_cents(text, cents):
    """An amount with its currency is euros, a bare number is cents."""
    settings = SandboxSettings.model_validate({"path": "x.db", "accounts": {"anna@mailbox.org": {"balance": text}}})
    assert settings.accounts["anna@mailbox.org"].balance == cents


def test_a_rate_limit_says_how_long_to_wait(provider):
    """The call above the limit has no effect and may be tried again after the named time."""
    opened = provider(rate_limit="3/min")
    outcomes = run(opened, _GROUND, _boxes(1), _boxes(2)[1:], _boxes(4)[2:])
    assert all(isinstance(outcome, Done) for outcome in outcomes[:4])
    for limited in outcomes[4:]:
        assert (limited.retryable, limited.certain) == (True, True)
        assert 0 < limited.retry_after <= 60
    with pytest.raises(ProviderError) as error:
        asyncio.run(opened.reader().read())
    assert error.value.transient


@pytest.mark.parametrize(
    ("mode", "certain", "retryable", "there"),
    [
        ("refused", True, False, False),
        ("busy", True, True, False),
        ("timeout_before", False, True, False),
        ("timeout_after", False, True, True),
    ],
)
def test_faults_say_what_they_know_and_no_more(provider, mode, certain, retryable, there):
    """A time-out is uncertain whether or not the write took effect; the others surely had none."""
    opened = provider(faults=[{"mode": mode, "kind": "mailbox", "action": "create", "every": "2"}])
    *_, first, second = run(opened, [*_GROUND, *_boxes(2)])
    assert (first.certain, first.retryable) == (certain, retryable)
    assert isinstance(second, Done)
    assert ("u0@example.org" in names(opened)) is there


def test_a_fault_hides_no_refusal(provider):
    """A write that the platform refuses is refused, even where its answer was to be lost."""
    opened = provider(faults=[{"mode": "timeout_after", "kind": "mailbox"}])
    (outcome,) = run(opened, [_create(Mailbox("x@nowhere.example", "X", GB))])
    assert (outcome.rule, outcome.certain) == ("netcup/N17", True)


def test_faults_are_the_same_in_every_run(provider, tmp_path):
    """The same seed and the same calls fail the same writes; another seed others."""

    def failed(seed, file):
        settings = {"path": file, "seed": seed, "faults": [{"mode": "busy", "kind": "mailbox", "probability": "0.3"}]}
        outcomes = run(provider(**settings), [*_GROUND, *_boxes(60)])
        return [isinstance(outcome, Failed) for outcome in outcomes]

    first = failed("1", "a.db")
    assert 5 < sum(first) < 35
    assert failed("1", "b.db") == first
    assert failed("2", "c.db") != first


def test_faults_end_after_so_many_times(provider):
    """With `times` a fault strikes so often and then no more; reads have faults of their own."""
    rules = [{"mode": "busy", "kind": "instance"}, {"mode": "busy", "action": "read"}]
    opened = provider(faults=[{**rule, "times": "1"} for rule in rules])
    assert [type(outcome) for outcome in run(opened, _GROUND[:1], _GROUND[:1])] == [Failed, Done]
    with pytest.raises(ProviderError):
        names(opened)
    assert names(opened, Kind.INSTANCE) == ["office"]


def test_latency_is_each_call_s_and_not_the_platform_s(provider):
    """64 calls of 20 ms in flight take little longer than one."""
    opened = provider(latency="20 ms", concurrency="64")
    run(opened, _GROUND)
    writes = _boxes(640)

    async def worker(mine):
        writer = opened.writer()
        return [outcome for write in mine for outcome in await writer.write([write])]

    async def go():
        return await asyncio.gather(*(worker(writes[i::64]) for i in range(64)))

    began = time.perf_counter()
    outcomes = [outcome for group in asyncio.run(go()) for outcome in group]
    took = time.perf_counter() - began
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert 0.2 <= took < 6.4  # one after the other it would be 12.8 s


def test_reads_lag_for_a_while(make_world):
    """Creates, updates and deletes show late, each object for itself, and never later than configured."""
    world = make_world(stale_reads=5.0)
    world.create(Instance("office", 10 * GB))
    assert world.platform.read() == []
    assert world.get(Kind.INSTANCE, "office") is None
    world.now += 6
    world.create(Domain("example.org", "office"))
    assert [live.resource.key for live in world.platform.read()] == ["office"]
    world.now += 3
    world.update(Kind.INSTANCE, "office", storage=20 * GB)
    world.now += 3
    assert [live.resource.key for live in world.platform.read()] == ["office", "example.org"]
    assert world.get(Kind.INSTANCE, "office").resource.storage == 10 * GB
    world.now += 3
    assert world.get(Kind.INSTANCE, "office").resource.storage == 20 * GB
    world.delete(Kind.DOMAIN, "example.org")
    assert world.get(Kind.DOMAIN, "example.org") is not None
    assert {live.resource.key for live in world.platform.read()} == {"office", "example.org"}
    assert world.platform.look_up(Kind.DOMAIN, ["other.example"]) == {}
    world.now += 5
    assert world.get(Kind.DOMAIN, "example.org") is None


def test_a_refused_write_does_not_make_reads_lag(make_world):
    """Only what took effect shows late."""
    world = make_world(stale_reads=5.0)
    world.create(Instance("office", 10 * GB))
    world.now += 6
    assert isinstance(world.try_update(Kind.INSTANCE, "office", storage=0), Failed)
    world.platform.act(lambda session: session.db.execute("UPDATE instances SET booked = 7"))
    assert world.get(Kind.INSTANCE, "office").resource.storage == 7


def test_mail_settings_have_every_way_in(provider):
    """What users type into their mail programs, by protocol."""
    ways = {way.protocol: way for way in provider().reader().mail_settings("xn--mller-kva.example").endpoints}
    host = "xn--mller-kva-example.netcup-mail.de"
    assert {(way.protocol, way.host, way.port, way.security, way.path) for way in ways.values()} == {
        ("imap", host, 993, "tls", ""),
        ("submission", host, 587, "starttls", ""),
        ("webmail", host, 443, "tls", "/SOGo"),
        ("caldav", host, 443, "tls", "/SOGo/dav"),
        ("carddav", host, 443, "tls", "/SOGo/dav"),
    }


def test_mail_settings_can_be_another_host_s(provider):
    """Everything published can be set, also for one domain alone."""
    published = {
        "suffix": "mail.example", "suffixes": {"example.net": "old.example"}, "mx": ["5 {host}", "20 mx2.mail.example"],
        "spf": ["include:spf.mail.example"], "spf_all": "fail", "dkim": {"s1._domainkey": "s1.mail.example"},
    }  # fmt: skip
    reader = provider(published=published).reader()
    settings = reader.mail_settings("example.org")
    assert settings.mx == ((5, "example-org.mail.example"), (20, "mx2.mail.example"))
    assert (settings.spf, settings.spf_all) == (("include:spf.mail.example",), "fail")
    assert [(record.name, record.values) for record in settings.dkim] == [("s1._domainkey", ("s1.mail.example.",))]
    assert reader.mail_settings("example.net").endpoints[0].host == "example-net.old.example"


def test_a_member_is_changed_with_the_configured_password(provider, tmp_path, monkeypatch):
    """The password comes from the environment or a file, is looked up only when needed, and must be right."""
    account = {"accounts": {"anna@mailbox.org": {"balance": "12.00 EUR"}}}
    member = Member("ben@mailbox.org", "family", "Ben", "standard")
    opened = provider(**account, credentials={"ben@mailbox.org": {"env": "BEN"}})
    run(opened, [_create(Team("family", "anna@mailbox.org", "separate", "standard")), _create(member)])
    after = make(Kind.MEMBER, member.key, {**member.fields(), "plan": "premium"})
    change = Write(Action.UPDATE, Kind.MEMBER, member.key, None, after, frozenset({"plan"}))
    monkeypatch.delenv("BEN", raising=False)
    assert run(opened, [change])[0].rule == "mailbox-org/M4"
    monkeypatch.setenv("BEN", "first secret")
    assert isinstance(run(opened, [change])[0], Done)
    (tmp_path / "ben").write_text("first secret\n", encoding="utf-8")
    by_file = provider(**account, credentials={"ben@mailbox.org": {"file": "ben"}})
    assert isinstance(run(by_file, [change])[0], Done)
    lost = provider(**account, credentials={"ben@mailbox.org": {"file": "gone"}})
    assert run(lost, [change])[0].rule == "mailbox-org/M4"


def test_a_statement_is_read_in_order(provider):
    """Bookings come oldest first, in cents, with the account that caused each."""
    opened = provider()
    run(opened, [_create(Team("family", "anna@mailbox.org", "shared", "standard"))])
    from reconciler.providers.sandbox import billing

    opened.platform.act(billing.pay, "anna@mailbox.org", 500)
    opened.platform.act(billing.charge, "anna@mailbox.org")
    bookings = asyncio.run(opened.reader().statement("family"))
    assert [(booking.text, booking.cents, booking.address) for booking in bookings] == [
        ("payment", 500, "anna@mailbox.org"),
        ("one month standard", -300, "anna@mailbox.org"),
    ]
    assert asyncio.run(opened.reader().statement("nobody")) == []
