"""Many files make one configuration: what is found, how it is merged, and what its digest covers."""

import pytest

from reconciler.model.kinds import Kind
from tests.rights import as_anybody

MAIN = "version: 1\nproviders: {g: {type: sandbox}}\ninstances: {office: {provider: g}}\n"


def test_folders_are_searched(room):
    """YAML files in all folders are read in the order of their names; hidden ones and other files are not."""
    loaded = room.load(
        {
            "main.yaml": MAIN,
            "domains/b.yml": "domains: {b.example: {instance: office}}\n",
            "domains/a.YAML": "domains: {a.example: {instance: office}}\n",
            ".git/x.yaml": "nonsense: [",
            ".hidden.yaml": "nonsense: [",
            "notes.txt": "nonsense: [",
        }
    )
    assert loaded.desired.files == ("main.yaml", "domains/a.YAML", "domains/b.yml")
    assert set(loaded.desired.of(Kind.DOMAIN)) == {"a.example", "b.example"}


def test_a_file_named_twice_is_read_once(room):
    """A file given by name, by its folder and through links is one file; a loop of links ends."""
    room.write({"conf/main.yaml": MAIN})
    (room.folder / "conf/loop").symlink_to(room.folder / "conf")
    (room.folder / "again.yaml").symlink_to(room.folder / "conf/main.yaml")
    assert len(room.load({}, "conf/main.yaml", "conf", ".").desired.files) == 1


def test_a_file_may_have_any_name_when_it_is_named(room):
    """Only searching looks at suffixes."""
    assert room.load({"mail.conf": MAIN}, "mail.conf").desired.files == ("mail.conf",)


def test_what_can_not_be_read_is_named(room):
    """A missing file, an empty folder and a folder in the place of a file end in diagnostics."""
    (room.folder / "empty").mkdir()
    assert room.problem({}, "absent.yaml").id == "no-such-file"
    assert room.problem({}, "empty").id == "no-files"


def test_an_unreadable_file_is_named(room):
    """A file without permission is a diagnostic."""
    room.write({"main.yaml": MAIN})
    (room.folder / "main.yaml").chmod(0)
    with as_anybody():
        found = room.problem({})
    assert found.id == "unreadable-file"
    assert found.message == "main.yaml can not be read: permission denied"


@pytest.mark.parametrize("section", ["version: 1", "providers: {}", "state: {local: x}", "defaults: {}", "guards: {}"])
def test_root_sections_stand_in_one_file(room, section):
    """A second one is an error that shows the first."""
    main = section if section.startswith("version") else f"version: 1\n{section}"
    found = room.problem({"a.yaml": main, "b.yaml": section})
    assert found.id == "section-in-two-files"
    assert (found.primary.span.file, found.secondary[0].span.file) == ("b.yaml", "a.yaml")


@pytest.mark.parametrize(
    ("section", "entry", "again"),
    [
        ("instances", "x: {provider: g}", "x: {provider: g}"),
        ("domains", "münster.example: {instance: office}", "xn--mnster-3ya.example: {instance: office}"),
        ("mailboxes", "anna@a.example:", "Anna@A.Example:"),
        ("aliases", "anna@a.example: ben@b.example", "Anna@A.Example: ben@b.example"),
        ("teams", "t: {provider: g, master: a@x.example}", "t: {provider: g, master: b@x.example}"),
    ],
)
def test_a_key_is_declared_once_over_all_files(room, section, entry, again):
    """The second declaration is an error with both places, however the key is written."""
    domain = "domains: {a.example: {instance: office}}\n" if section != "domains" else ""
    found = room.problem(
        {"main.yaml": MAIN + domain, "z.yaml": f"{section}:\n  {again}\n", "s.yaml": f"{section}:\n  {entry}\n"}
    )
    assert found.id == "duplicate-declaration"
    assert [str(found.primary.span), str(found.secondary[0].span)] == ["z.yaml:2:3", "s.yaml:2:3"]


def test_two_tombstones_of_one_thing_are_an_error(room):
    """Two reasons for one removal contradict each other."""
    found = room.problem("removed:\n  - {mailbox: a@b.cd, reason: x}\n  - {mailbox: A@b.cd, reason: y}\n")
    assert found.id == "duplicate-declaration"


def test_version_is_said_once_and_known(room):
    """A configuration without a version, or with one from the future, is refused."""
    assert room.problem({"a.yaml": "mailboxes:\n"}).id == "version-missing"
    assert room.problem({"a.yaml": "version: 2\n"}).id == "version-unknown"
    assert room.problem({"a.yaml": "version: [1]\n"}).id == "version-unknown"


def test_an_unknown_section_is_named_with_the_nearest(room):
    """`mailboxs` is a typing mistake; `x-…` is the user's own."""
    assert room.problem({"a.yaml": "version: 1\nmailboxs: {}\n"}).help == "did you mean `mailboxes`?"
    room.load({"a.yaml": "version: 1\nx-common: &c {quota: 1 GB}\n"})


def test_defaults_fill_only_what_is_missing(room):
    """Of every kind; of a dns block each field by itself; never a list item or a password's source."""
    loaded = room.load(
        {
            "conf/main.yaml": "version: 1\nproviders: {g: {type: sandbox}, z: {type: zonefile}}\n"
            "defaults:\n  instance: {provider: g}\n  mailbox: {quota: 2 GB, password: {file: p}}\n"
            "  domain: {instance: office, dns: {provider: z, dmarc: {policy: none}, spf: {all: fail}}}\n"
            "  team: {provider: g, billing: shared}\n  member: {plan: standard}\n  alias: {protect: true}\n",
            "rest.yaml": "instances: {office: }\ndomains:\n  a.example: {dns: {ttl: 60, dmarc: {testing: true}}}\n"
            "  b.example:\nmailboxes:\n  x@a.example:\n  y@a.example: {quota: 1 GB, password: {env: Y}}\n"
            "aliases: {i@a.example: x@a.example}\n"
            "teams: {t: {master: m@t.example, members: {n@t.example: }}}\n",
        }
    ).desired
    assert loaded.of(Kind.INSTANCE)["office"].provider == "g"
    assert loaded.of(Kind.DOMAIN)["b.example"].resource.instance == "office"
    dns = loaded.dns["a.example"]
    assert (dns.provider, dns.ttl, dns.dmarc_policy, dns.dmarc_testing, dns.spf_all) == ("z", 60, "none", True, "fail")
    assert loaded.dns["b.example"].ttl == 3600
    x, y = loaded.of(Kind.MAILBOX)["x@a.example"], loaded.of(Kind.MAILBOX)["y@a.example"]
    assert (x.resource.quota, x.password.argument) == (2 * 10**9, (str(room.folder / "conf/p"),))
    assert (y.resource.quota, y.password.argument) == (10**9, ("Y",))
    assert loaded.of(Kind.ALIAS)["i@a.example"].remember.protect
    assert loaded.of(Kind.TEAM)["t"].resource.billing == "shared"
    assert loaded.of(Kind.MEMBER)["n@t.example"].resource.plan == "standard"


def test_the_digest_covers_names_and_bytes(room):
    """It changes with any byte and any name, and not with the folder one stands in."""
    files = {"main.yaml": MAIN, "more.yaml": "mailboxes:\n"}
    first = room.load(files).desired.digest
    (room.folder / "elsewhere").mkdir()
    from reconciler.config import load

    assert load([room.folder], room.folder / "elsewhere").desired.digest == first
    changed = room.load({"more.yaml": "mailboxes: \n"}).desired.digest
    (room.folder / "more.yaml").rename(room.folder / "other.yaml")
    assert len({first, changed, room.load({}).desired.digest}) == 3


def test_mistakes_of_all_files_are_reported_at_once(room):
    """A broken file does not hide what is wrong with another, and makes no reference into it wrong."""
    found = room.problems(
        {
            "main.yaml": MAIN,
            "a.yaml": "domains:\n  a.example: {instance: office\n",
            "b.yaml": "mailboxes:\n  x@a.example: {qouta: 1 GB}\n  y@a.example: {quota: much}\n",
        }
    )
    assert [(each.id, each.primary.span.file) for each in found] == [
        ("yaml-bracket", "a.yaml"),
        ("unknown-field", "b.yaml"),
        ("bad-value", "b.yaml"),
    ]
