"""What is named must be declared, an address is claimed once, and every mistake says where and what was meant."""

import pytest


def ids(diagnostics):
    return [each.id for each in diagnostics]


@pytest.mark.parametrize(
    ("text", "id_", "underlined", "help_"),
    [
        ("  a.example: {instance: ofice}\n", "unknown-instance", "ofice", "did you mean `office`?"),
        ("  a.example: {instance: office, dns: {provider: zone}}\n", "unknown-provider", "zone", "`zones`"),
        ("teams: {t: {provider: groupwear, master: a@x.example}}\n", "unknown-provider", "groupwear", "`groupware`"),
        ("mailboxes:\n  a@exampel.org:\n", "unknown-domain", "a@exampel.org", "did you mean `example.org`?"),
        ("aliases: {info@exampel.org: a@x.example}\n", "unknown-domain", "info@exampel.org", "`example.org`"),
        ("mailboxes:\n  anna@example.org:\naliases: {i@example.org: ana@example.org}\n", "unknown-target",
         "ana@example.org", "did you mean `anna@example.org`?"),
        ("aliases: {i@example.org: i@example.org}\n", "alias-to-itself", "i@example.org", "name the mailbox"),
        ("mailboxes:\n  anna: {}\n", "bad-name", "anna", "anna@example.org"),
        ("  exa mple: {instance: office}\n", "bad-name", "exa mple", "example.org"),
        ("mailboxes:\n  anna@example.org: {quotta: 1 GB}\n", "unknown-field", "quotta", "did you mean `quota`?"),
        ("mailboxes:\n  anna@example.org: {quota: 1 XB}\n", "bad-value", "1 XB", "write one such as 5 GB or 5 GiB"),
        ("mailboxes:\n  anna@example.org: {owner: [a]}\n", "wrong-shape", "[", "write a text"),
        ("mailboxes:\n  anna@example.org: {owner:Anna}\n", "empty-value", "owner:Anna", "`owner: Anna`"),
        ("mailboxes:\n  anna@example.org: {protect: yes}\n", "bad-value", "yes", "write true or false"),
        ("mailboxes:\n  anna@example.org: x\n", "wrong-shape", "x", "write its fields below it"),
        ("mailboxes:\n  - anna@example.org\n", "wrong-shape", "-", "without a dash"),
        ("  a.example: {dns: {provider: zones}}\n", "missing-field", "a.example", "add a line: `instance: …`"),
        ("teams: {t: {provider: groupware, master: m@x.example, billing: seperate}}\n", "bad-value", "seperate",
         "did you mean `separate`?"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_stands(  # noqa: PLR0917 - a table's columns
    room, excerpt, text, id_, underlined, help_
):
    """One mistake makes one error, at the very word, with what to type."""
    found = room.problem(text)
    assert (found.id, excerpt(found)) == (id_, underlined)
    assert help_ in found.help


_BOXES = "mailboxes:\n  anna@example.org:\n  bob@example.org:\naliases:\n  info@example.org: bob@example.org\n"


@pytest.mark.parametrize(
    ("alias", "id_", "underlined", "words"),
    [
        ("sales@example.org: {to: bob@example.org, send_as: [ana@example.org]}", "unknown-sender", "[",
         ("no declared mailbox", "did you mean `anna@example.org`?")),
        ("sales@example.org: {to: bob@example.org, send_as: [a@elsewhere.example]}", "unknown-sender", "[",
         ("no declared mailbox", "name a mailbox")),
        ("sales@example.org: {to: bob@example.org, send_as: info@example.org}", "unknown-sender",
         "info@example.org", ("an alias itself", "name a mailbox")),
        ("'*@example.org': {to: bob@example.org, send_as: bob@example.org}", "catch-all-sends", "bob@example.org",
         ("nobody the right to send", "leave `send_as` out")),
        ("sales@example.org: '*@example.org'", "catch-all-misplaced", "'*@example.org'",
         ("leads to the catch-all", "name the mailbox")),
    ],
)  # fmt: skip
def test_who_sends_is_a_mailbox_and_a_catch_all_is_none(  # noqa: PLR0917 - a table's columns
    room, excerpt, alias, id_, underlined, words
):
    """A sender that can not log in, a catch-all that lets anybody send, and an alias of a catch-all are told."""
    found = room.problem(f"{_BOXES}  {alias}\n")
    assert (found.id, excerpt(found)) == (id_, underlined)
    assert words[0] in found.message
    assert words[1] in found.help


def test_a_catch_all_is_no_mailbox(room):
    """It would be a mailbox named by a star, which nobody means."""
    found = room.problem("mailboxes:\n  '*@example.org': {owner: All}\n  anna@example.org:\n")
    assert (found.id, found.help) == (
        "catch-all-misplaced", 'lead it to a mailbox: `aliases: {"*@example.org": info@example.org}`'
    )  # fmt: skip


def test_a_catch_all_reads_postmaster_and_abuse(room):
    """A domain with one lacks no address of a role; another one does."""
    text = (
        "  b.example: {instance: office}\nmailboxes:\n  a@example.org:\n  b@b.example:\n"
        "aliases: {'*@example.org': a@example.org}\n"
    )
    (found,) = [each for each in room.load(text).warnings if each.id == "missing-role-address"]
    assert "postmaster@b.example" in found.message
    assert "example.org" not in found.message


def test_a_misspelt_required_field_is_one_mistake(room):
    """`instanze` beside a missing `instance` is a typing mistake and no second error."""
    found = room.problem("  a.example: {instanze: office}\n")
    assert (found.id, found.help) == ("unknown-field", "did you mean `instance`?")


def test_an_instance_with_a_mistake_makes_no_second_one(room):
    """Its domain's reference is right; only the instance is wrong."""
    files = "version: 1\nproviders: {g: {type: sandbox}}\ninstances: {o: {provder: g}}\n"
    found = room.problem({"mail.yaml": files + "domains: {b.example: {instance: o}}\nmailboxes: {x@b.example: }\n"})
    assert (found.id, found.help) == ("unknown-field", "did you mean `provider`?")


def test_a_broken_domain_makes_no_second_mistake(room):
    """Mailboxes of a domain whose block is wrong are in a declared domain."""
    found = room.problem("  b.example: {instance: office, dsn: {}}\nmailboxes: {x@b.example: }\n")
    assert found.id == "unknown-field"


MASTER = "teams: {t: {provider: groupware, master: anna@example.org}}\n"
MEMBER = "teams: {t: {provider: groupware, master: m@x.example, members: {anna@example.org: }}}\n"


@pytest.mark.parametrize(
    "text",
    [
        "mailboxes: {anna@example.org: , ben@example.org: }\naliases: {Anna@example.org: ben@example.org}\n",
        "mailboxes: {anna@example.org: }\n" + MASTER,
        "mailboxes: {anna@example.org: }\n" + MEMBER,
        "mailboxes: {ben@example.org: }\naliases: {anna@example.org: ben@example.org}\n" + MASTER,
        MASTER.replace("}}", ", members: {anna@example.org: }}}"),
        MASTER.replace("}}", "}, u: {provider: groupware, master: anna@example.org}}"),
        MEMBER.replace("}}}", "}}, u: {provider: groupware, master: n@x.example, members: {Anna@example.org: }}}"),
    ],
)
def test_an_address_is_claimed_once_n14(room, text):
    """netcup/N14: a mailbox, an alias, a master or a member; a second claim shows the first."""
    found = room.problem(text)
    assert found.id == "address-in-use"
    assert len(found.secondary) == 1
    assert found.secondary[0].span != found.primary.span


def test_targets_outside_the_declared_domains_are_left_to_the_provider(room):
    """Whether mail may leave the platform is a capability; planning judges it (netcup/N16)."""
    assert room.load("aliases: {info@example.org: someone@elsewhere.example}\n")


def test_a_tombstone_of_what_is_declared_is_an_error(room):
    """Removed and declared is a contradiction; an alias in the place of a removed mailbox is not."""
    found = room.problem("mailboxes: {a@example.org: }\nremoved: [{mailbox: A@example.org, reason: x}]\n")
    assert found.id == "tombstone-of-declared"
    assert (found.primary.span.line, found.secondary[0].span.line) == (10, 9)
    handed_over = "mailboxes: {a@example.org: }\naliases: {b@example.org: a@example.org}\n"
    assert room.load(handed_over + "removed: [{mailbox: b@example.org, reason: x}]\n")


def test_many_addresses_in_an_undeclared_domain_are_one_mistake(room):
    """The domain is the mistake; its addresses are where it shows."""
    text = "mailboxes:\n" + "".join(f"  u{i}@exampel.org:\n" for i in range(30))
    found = room.problem(text)
    assert "30 addresses" in found.message
    assert len(found.secondary) == 9


def test_an_instance_without_a_domain_is_a_warning_n4(room):
    """netcup/N4: an instance can not be used before it has a domain."""
    text = "version: 1\nproviders: {g: {type: sandbox}}\ninstances: {spare: {provider: g}}\n"
    (found,) = room.load({"mail.yaml": text}).warnings
    assert (found.id, found.rule, found.primary.span.line) == ("instance-without-domain", "netcup/N4", 3)


def test_roles_nobody_reads_are_a_warning(room):
    """RFC 5321 and RFC 2142 ask for postmaster and abuse where there are mailboxes, and only there."""
    (found,) = room.load("mailboxes: {anna@example.org: }\n").warnings
    assert found.id == "missing-role-address"
    assert "postmaster@example.org and abuse@example.org" in found.message
    boxes = "mailboxes: {postmaster@example.org: }\n"
    assert "to abuse@example.org" in room.load(boxes).warnings[0].message
    assert room.load(boxes + "aliases: {abuse@example.org: postmaster@example.org}\n").warnings == ()


def test_a_declared_plus_address_is_a_warning(room):
    """Subaddresses are usually the platform's to make."""
    assert "plus-address" in ids(room.load("mailboxes: {anna+shop@example.org: }\n").warnings)


def test_capitals_are_no_mistake(room):
    """An address in capitals is the same address."""
    loaded = room.load("mailboxes: {ANNA@EXAMPLE.ORG: }\naliases: {Info@example.org: anna@Example.org}\n")
    assert ids(loaded.warnings) == ["missing-role-address"]


def test_everything_is_reported_at_once(room):
    """Mistakes of every section stand in one list, in the order of their lines."""
    found = room.problems(
        "  b.example: {instance: ofice}\nmailboxes:\n  a@example.org: {quota: x, ownr: y}\n  b@c.example:\n"
        "aliases: {i@example.org: z@example.org}\nremoved: [{reason: x}]\n"
    )
    assert ids(found) == [
        "unknown-instance", "bad-value", "unknown-field", "unknown-domain", "unknown-target", "bad-value",
    ]  # fmt: skip
    assert [each.primary.span.line for each in found] == [9, 11, 11, 12, 13, 14]


def test_a_suggested_target_is_one_an_alias_can_have(room):
    """No alias is suggested, nor somebody whose address is alike in its domain alone."""
    boxes = "mailboxes:\n  eva@example.org:\naliases:\n  tomi@example.org: eva@example.org\n"
    found = room.problem(boxes + "  toma@example.org: tom@example.org\n")
    assert (found.id, found.help) == ("unknown-target", "declare it under `mailboxes:`, or name one that is")


def test_a_misspelt_section_is_one_mistake(room):
    """What stands in it is not missed a second time by whoever names it."""
    found = room.problem("mailboxs:\n  anna@example.org:\naliases:\n  info@example.org: anna@example.org\n")
    assert (found.id, found.help) == ("unknown-section", "did you mean `mailboxes`?")


def test_nobody_shares_a_generated_password(room, excerpt):
    """Whoever names the same file would get the same password: the second one is shown, and what to write."""
    found = room.problem(
        "mailboxes:\n  anna@example.org: {password: {generate: {to: secrets/new}}}\n"
        "  ben@example.org: {password: {generate: {to: ./secrets/new}}}\n"
    )
    assert (found.id, excerpt(found)) == ("password-shared", "ben@example.org")
    assert "secrets/ben@example.org" in found.help


@pytest.mark.parametrize(("quota", "tiny"), [("5", True), ("0", True), ("5 MB", False), ("5 GB", False)])
def test_a_quota_without_its_unit_is_a_warning(room, quota, tiny):
    """A bare number is bytes, and a mailbox of five bytes takes no mail."""
    loaded = room.load(f"mailboxes:\n  anna@example.org: {{quota: {quota}}}\n")
    assert ("quota-tiny" in ids(loaded.warnings)) == tiny
