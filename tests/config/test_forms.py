"""Every form of the configuration, as the contract shows it, becomes the value the other rooms work with."""

from datetime import date

import pytest

from reconciler.model.kinds import Kind
from reconciler.model.secrets import SecretRef, SecretSource

NORMATIVE = """\
# yaml-language-server: $schema=../../schemas/config.schema.json
version: 1

state: {local: state/mail.json}

providers:
  groupware: {type: sandbox, path: state/sandbox.db}
  mailorg: {type: sandbox, path: state/teams.db}
  zones: {type: zonefile, directory: zones}

defaults:
  mailbox: {quota: 2 GB}
  domain: {dns: {provider: zones}}

instances:
  office: {provider: groupware, storage: 50 GB}

domains:
  example.org:
    instance: office
    dns:
      provider: zones
      ttl: 3600
      spf: {include: [], all: softfail}               # the mail provider's own mechanisms are merged in
      dmarc: {policy: quarantine, reports: postmaster@example.org}
      mta_sts: {mode: testing}
      tls_reports: postmaster@example.org
      client_settings: true                            # SRV and autoconfig records
      records: [{name: www, type: A, values: [192.0.2.10]}]

mailboxes:
  anna@example.org:
    owner: Anna Beispiel
    quota: 5 GB
    password: {env: ANNA_PASSWORD}
    password_version: 1
    protect: true

aliases:
  info@example.org: anna@example.org

teams:
  family:
    provider: mailorg
    master: anna@mailbox.org
    billing: separate
    plan: standard
    members:
      ben@mailbox.org: {owner: Ben Beispiel, plan: standard, password: {file: secrets/ben}}

removed:
  - mailbox: bob@example.org
    reason: left 2026-09-30
    not_before: 2026-10-31
    backup: waived
"""


@pytest.fixture
def desired(room):
    return room.load({"mail/main.yaml": NORMATIVE}).desired


def test_hosting_is_read(desired):
    """Instances with storage in bytes, domains with their instance, and who provides each."""
    office = desired.of(Kind.INSTANCE)["office"]
    domain = desired.of(Kind.DOMAIN)["example.org"]
    assert (office.resource.storage, office.provider) == (50 * 10**9, "groupware")
    assert (domain.resource.instance, domain.provider) == ("office", "groupware")


def test_a_mailbox_is_read(desired, room):
    """Owner, quota, password reference, and what only state keeps."""
    anna = desired.of(Kind.MAILBOX)["anna@example.org"]
    assert (anna.resource.owner, anna.resource.quota, anna.provider) == ("Anna Beispiel", 5 * 10**9, "groupware")
    assert (anna.remember.protect, anna.remember.password_version) == (True, 1)
    assert anna.password == SecretRef(SecretSource.ENV, ("ANNA_PASSWORD",), str(room.folder / "mail"))


def test_a_login_is_off_on_or_left_open(room):
    """`login` is a flag; a mailbox without it says nothing of it, also to state and plan."""
    text = "mailboxes:\n  a@example.org: {login: false}\n  b@example.org: {login: true}\n  c@example.org: {owner: C}\n"
    boxes = room.load(text).desired.of(Kind.MAILBOX)
    assert [boxes[f"{name}@example.org"].resource.login for name in "abc"] == [False, True, None]
    assert boxes["a@example.org"].resource.fields() == {"owner": None, "quota": None, "login": False}
    assert boxes["c@example.org"].resource.fields() == {"owner": "C", "quota": None}


def test_a_login_can_be_a_default(room):
    """What defaults say of it holds where a mailbox does not."""
    text = "defaults: {mailbox: {login: false}}\nmailboxes:\n  a@example.org:\n  b@example.org: {login: true}\n"
    boxes = room.load(text).desired.of(Kind.MAILBOX)
    assert [boxes[f"{name}@example.org"].resource.login for name in "ab"] == [False, True]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a@example.org", None),
        ("{to: a@example.org}", None),
        ("{to: a@example.org, send_as: []}", ()),
        ("{to: a@example.org, send_as: B@example.org}", ("b@example.org",)),
        ("{to: a@example.org, send_as: [b@example.org, a@example.org, B@Example.org]}",
         ("a@example.org", "b@example.org")),
    ],
)  # fmt: skip
def test_who_may_send_is_one_a_list_nobody_or_left_open(room, written, read):
    """`send_as` is read as sorted keys, each once; left out it is open, and no field."""
    text = f"mailboxes:\n  a@example.org:\n  b@example.org:\naliases: {{info@example.org: {written}}}\n"
    alias = room.load(text).desired.of(Kind.ALIAS)["info@example.org"].resource
    assert (alias.to, alias.send_as) == (("a@example.org",), read)
    assert ("send_as" in alias.fields()) is (read is not None)


def test_a_catch_all_is_an_alias(room):
    """Its key has a star before the @, whether or not its block is short."""
    text = "mailboxes:\n  a@example.org:\naliases:\n  '*@Example.org': {to: a@example.org, send_as: []}\n"
    (found,) = room.load(text).desired.of(Kind.ALIAS).values()
    assert (found.resource.key, found.resource.to, found.provider) == ("*@example.org", ("a@example.org",), "groupware")


def test_a_team_is_read(desired, room):
    """A team and its members are resources of their own, at the team's provider."""
    team, ben = desired.of(Kind.TEAM)["family"], desired.of(Kind.MEMBER)["ben@mailbox.org"]
    assert team.resource.fields() == {"master": "anna@mailbox.org", "billing": "separate", "plan": "standard"}
    assert ben.resource.fields() == {"team": "family", "owner": "Ben Beispiel", "plan": "standard"}
    assert (team.provider, ben.provider) == ("mailorg", "mailorg")
    assert ben.password.argument == (str(room.folder / "mail/secrets/ben"),)


def test_dns_is_read(desired):
    """A dns block becomes settings; the names of extra records are full."""
    dns = desired.dns["example.org"]
    assert (dns.provider, dns.ttl, dns.spf_all, dns.spf_include) == ("zones", 3600, "softfail", ())
    assert (dns.dmarc_policy, dns.dmarc_reports) == ("quarantine", ("postmaster@example.org",))
    assert (dns.mta_sts_mode, dns.tls_reports, dns.client_settings) == ("testing", ("postmaster@example.org",), True)
    (record,) = dns.records
    assert (record.name, record.type, record.values) == ("www.example.org", "A", ("192.0.2.10",))
    assert dns.origin.span("dmarc.policy").line == 25


def test_root_sections_are_read(desired, room):
    """Providers keep their settings as plain text; state and tombstones know where they stand."""
    assert desired.providers["zones"].settings == {"directory": "zones"}
    assert desired.providers["zones"].base == desired.root == room.folder / "mail"
    assert (desired.state.backend, desired.state.settings) == ("local", "state/mail.json")
    tombstone = desired.tombstones[Kind.MAILBOX, "bob@example.org"]
    assert (tombstone.not_before, tombstone.reason, tombstone.waived) == (date(2026, 10, 31), "left 2026-09-30", True)


def test_the_settings_of_a_domain_in_full(room):
    """Every field of a dns block reaches the settings."""
    block = """
      provider: zones
      ttl: 1 h
      spf: {include: _spf.example.net, all: fail}
      dmarc:
        policy: reject
        subdomain_policy: quarantine
        nonexistent_policy: reject
        testing: true
        reports: [mailto:dmarc@example.org, dmarc@example.net]
        failure_reports: forensic@example.org
        alignment: {dkim: strict}
      mta_sts: {mode: enforce, max_age: 7 d}
      tls_reports: [https://example.net/tls, tls@example.org]
      mail: false
      records:
        - {type: txt, values: 'hello; world', ttl: 60}
        - {name: '@', type: CAA, values: ['0 issue "ca.example.net"']}
        - {name: '*.shop', type: CNAME, values: [example.net.]}
        - {name: deep.example.org., type: A, values: [192.0.2.1, 192.0.2.2]}
        - {name: _dmarc.sub, type: TXT, values: [v=DMARC1]}
"""
    text = "version: 1\nproviders: {zones: {type: zonefile}, g: {type: sandbox}}\ninstances: {office: {provider: g}}\n"
    dns = room.load({"m.yaml": f"{text}domains:\n  example.org:\n    instance: office\n    dns:{block}"}).desired.dns
    found = dns["example.org"]
    assert (found.ttl, found.spf_include, found.spf_all) == (3600, ("_spf.example.net",), "fail")
    assert (found.dmarc_subdomain_policy, found.dmarc_nonexistent_policy, found.dmarc_testing) == (
        "quarantine",
        "reject",
        True,
    )
    assert found.dmarc_reports == ("dmarc@example.org", "dmarc@example.net")
    assert found.dmarc_failure_reports == ("forensic@example.org",)
    assert found.dmarc_strict_alignment == ("dkim",)
    assert (found.mta_sts_mode, found.mta_sts_max_age) == ("enforce", 604800)
    assert found.tls_reports == ("https://example.net/tls", "tls@example.org")
    assert found.mail is False
    assert [(record.name, record.type, record.ttl) for record in found.records] == [
        ("example.org", "TXT", 60),
        ("example.org", "CAA", None),
        ("*.shop.example.org", "CNAME", None),
        ("deep.example.org", "A", None),
        ("_dmarc.sub.example.org", "TXT", None),
    ]


@pytest.mark.parametrize("name", ["www.example.net", "example.net", "other.example.", "a b", "-x"])
def test_a_record_outside_its_domain_is_refused(room, name):
    """A name that repeats the domain, leaves it, or is none, is an error at the name."""
    found = room.problem(
        "  example.net:\n    instance: office\n"
        f"    dns: {{provider: zones, records: [{{name: '{name}', type: A, values: x}}]}}\n"
    )
    assert found.id == "bad-record-name"
    assert (found.primary.span.line, found.primary.span.column) == (11, 45)


@pytest.mark.parametrize(
    ("written", "source", "argument"),
    [
        ("{env: X_1}", SecretSource.ENV, ("X_1",)),
        ("{file: s/x}", SecretSource.FILE, ("{base}/s/x",)),
        ("{file: /s/x}", SecretSource.FILE, ("/s/x",)),
        ("{command: [pass, show, 'mail/x']}", SecretSource.COMMAND, ("pass", "show", "mail/x")),
        ("{generate: {to: s/x}}", SecretSource.GENERATE, ("{base}/s/x",)),
    ],
)
def test_each_source_of_a_password(room, written, source, argument):
    """Paths are absolute and start at the file; a command runs in its folder."""
    loaded = room.load(f"mailboxes:\n  anna@example.org: {{password: {written}}}\n")
    password = loaded.desired.of(Kind.MAILBOX)["anna@example.org"].password
    base = str(room.folder)
    assert password == SecretRef(source, tuple(part.replace("{base}", base) for part in argument), base)


@pytest.mark.parametrize(
    "written", ["{}", "{env: X, file: y}", "{env: a b}", "{command: pass}", "{command: []}", "[x]"]
)
def test_a_password_has_exactly_one_source(room, written):
    """None, two, or one that can not be a source is an error."""
    found = room.problem(f"mailboxes:\n  anna@example.org: {{password: {written}}}\n")
    assert found.id in {"bad-value", "wrong-shape"}
    assert found.primary.span.line == 10


@pytest.mark.parametrize("text", ["    password: hunter2\n", "    quota: 1 GB\n    password: 'hunter2'\n"])
def test_a_password_in_the_clear_is_refused_without_showing_it(room, excerpt, text):
    """Neither the words nor the underlined line hold the password."""
    found = room.problem("mailboxes:\n  anna@example.org:\n" + text)
    assert found.id == "password-in-the-clear"
    assert "hunter2" not in f"{found}"
    assert found.primary.span.line == 10
    flow = room.problem("mailboxes:\n  anna@example.org: {password: hunter2}\n")
    assert flow.primary is None
    assert "line 10" in flow.message


@pytest.mark.parametrize(
    ("written", "targets"),
    [
        ("anna@example.org", ("anna@example.org",)),
        ("[ben@example.org, Anna@Example.org]", ("anna@example.org", "ben@example.org")),
        ("{to: anna@example.org, protect: true}", ("anna@example.org",)),
        ("{to: [anna@example.org, anna@example.org]}", ("anna@example.org",)),
    ],
)
def test_each_form_of_an_alias(room, written, targets):
    """A target, a list and a block mean the same; targets are keys, sorted, each once."""
    boxes = "mailboxes:\n  anna@example.org:\n  ben@example.org:\n"
    loaded = room.load(boxes + f"aliases:\n  info@example.org: {written}\n")
    alias = loaded.desired.of(Kind.ALIAS)["info@example.org"]
    assert alias.resource.to == targets
    assert alias.remember.protect is ("protect" in written)
    assert alias.origin.span("to").line == 13


@pytest.mark.parametrize("written", ["", "[]", "{}", "anna", "{too: anna@example.org}", "[[a@example.org]]", "{to: }"])
def test_a_bad_alias_is_an_error_at_its_line(room, written):
    """An alias without a target, or with one that is no address."""
    found = room.problems(f"aliases:\n  info@example.org: {written}\n")
    assert {each.primary.span.line for each in found} == {10}


@pytest.mark.parametrize("kind", ["mailbox", "alias", "member"])
def test_tombstones_of_addresses(room, kind):
    """An address in a tombstone is compared as a key."""
    loaded = room.load(f"removed:\n  - {{{kind}: Bob@Example.ORG, reason: x, backup: archive/bob}}\n")
    tombstone = loaded.desired.tombstones[Kind(kind), "bob@example.org"]
    assert tombstone.backup == str(room.folder / "archive/bob")
    assert not tombstone.waived


@pytest.mark.parametrize(("kind", "key"), [("domain", "example.net"), ("instance", "old"), ("team", "old")])
def test_tombstones_of_the_other_kinds(room, kind, key):
    """A domain, an instance and a team can be removed as well."""
    assert (Kind(kind), key) in room.load(f"removed:\n  - {{{kind}: {key}, reason: x}}\n").desired.tombstones


@pytest.mark.parametrize(
    "entry",
    ["{reason: x}", "{mailbox: a@b.cd, alias: a@b.cd}", "{mailbox: a}", "{mailbox: a@b.cd, not_before: soon}", "x"],
)
def test_a_bad_tombstone_is_an_error(room, entry):
    """A tombstone names exactly one thing; a date is a date."""
    assert room.problem(f"removed:\n  - {entry}\n").primary.span.line == 10


def test_a_tombstone_without_a_reason_is_a_warning(room):
    """A reviewer should see why."""
    loaded = room.load("removed:\n  - mailbox: bob@example.org\n")
    assert [each.id for each in loaded.warnings] == ["tombstone-without-reason"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{volume: {count: 5, percent: 20}}", (5, 20)),
        ("{volume: {percent: 0}}", (3, 0)),
        ("{}", (3, 10)),
        ("", (3, 10)),
    ],
)
def test_limits_of_guards(room, written, expected):
    """Limits are settings, each with a default."""
    guards = room.load(f"guards: {written}\n").desired.guards
    assert (guards.volume_count, guards.volume_percent) == expected


@pytest.mark.parametrize(
    "line", ["guards: {volume: {percent: 101}}", "guards: {volume: 5}", "state: {}", "state: x", "state: {locl: x}",
             "state: {local: x, http: {}}", "version: 2", "providers: []", "defaults: {mailboxes: {}}",
             "defaults: {mailbox: {qouta: 1 GB}}", "defaults: {alias: {to: a@b.cd}}", "defaults: {mailbox: [a]}"],
)  # fmt: skip
def test_mistakes_of_root_sections(room, line):
    """Each is an error on its line."""
    name = line.partition(":")[0]
    rest = "" if name == "version" else "version: 1\n"
    assert room.problem({"m.yaml": f"{line}\n{rest}"}).primary.span.line == 1


def test_state_is_local_beside_the_root_file_by_default(room):
    """Nothing need be said about state."""
    state = room.load({"conf/main.yaml": "version: 1\n", "more.yaml": "mailboxes:\n"}).desired.state
    assert (state.backend, state.settings, state.base) == ("local", "state/mail.json", room.folder / "conf")


@pytest.mark.parametrize("written", ["{postgres: {dsn: {env: STATE_DSN}}}", "{s3: {bucket: b}}", "{http: {url: u}}"])
def test_other_states_keep_their_settings(room, written):
    """A backend reads its own block."""
    state = room.load(f"state: {written}\n").desired.state
    assert written == "{" + state.backend + ": " + str(state.settings).replace("'", "") + "}"


def test_international_names_and_case_are_one(room):
    """Domains compare by A-label and addresses without case; non-ASCII local parts are kept."""
    loaded = room.load(
        "  Münster.Example: {instance: office}\nmailboxes:\n  Jürgen@münster.example: {owner: Jürgen}\n"
        "aliases:\n  info@XN--MNSTER-3YA.example: jürgen@xn--mnster-3ya.example\n"
    )
    assert set(loaded.desired.of(Kind.DOMAIN)) == {"example.org", "xn--mnster-3ya.example"}
    assert loaded.desired.of(Kind.MAILBOX)["jürgen@xn--mnster-3ya.example"].provider == "groupware"
    assert "info@xn--mnster-3ya.example" in loaded.desired.of(Kind.ALIAS)
