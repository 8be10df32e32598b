"""PostfixAdmin goes on working on the same tables: what either makes, the other shows, edits and deletes."""

import os
import re
import smtplib
import subprocess
import sys

import pytest

from tests.groupware.company import Company
from tests.groupware.forms import Forms
from tests.groupware.people import DOORS, Person, from_outside, refusal
from tests.servers import keeper

_FIRST_DAY = """
DELETE FROM alias_domain; DELETE FROM alias; DELETE FROM mailbox; DELETE FROM quota2;
DELETE FROM domain_admins WHERE domain <> 'ALL'; DELETE FROM domain WHERE domain <> 'ALL';
DROP SCHEMA IF EXISTS groupware CASCADE
"""
#: What is typed for each mailbox. A mail of welcome would ask Postfix for views that are not there yet.
_TYPED = ("--password", "geheim 123", "--password2", "geheim 123", "--welcome-mail", "0")

#: 'geheim 123' as PostfixAdmin stores it with `md5crypt`, which is Debian's, and with what others choose.
_OLD_HASHES = (
    "$1$abcdefgh$6xTsKqT8V5ZcJYLHo75QI/",
    "{SHA512-CRYPT}$6$abcdefgh$Z/7Tis/w0W3CIHxruSBBygI5eCQFZLX/dQkeWznyWcKvSjyh4Yfgxnlh.Pxx8UPWTmk9mWqpwvyqeIzTsWzoj/",
)


@pytest.fixture
def server(postfixadmin_cluster):
    """A server with PostfixAdmin on its first day: no domain, and nothing of ours."""
    postfixadmin_cluster.execute(_FIRST_DAY)
    return postfixadmin_cluster


@pytest.fixture
def company(server, tmp_path):
    """Anna and Ben, who can be reached by two more addresses."""
    (tmp_path / "beside").mkdir()
    company = Company(server, tmp_path / "beside", "beside")
    company.hire("anna", "Anna Beispiel", "10 MiB")
    company.hire("ben", "Ben Muster", "10 MiB", login=True)
    anna, ben = company.address("anna"), company.address("ben")
    company.aliases = {company.address("info"): anna, company.address("sales"): [anna, ben]}
    company.apply()
    return company


def changes(found):
    """What steps change, or what has drifted: kind and local part, with the fields and what each would become."""
    return {
        f"{each['kind']} {each['key'].partition('@')[0]}": {
            name: field["after"] for name, field in each["fields"].items()
        }
        for each in found
    }


def test_what_we_make_is_edited_there(company, server):
    """It lists what we made and saves changes; drift tells just those, and apply puts right what is declared."""
    forms = Forms(server.admin)
    anna, ben, info, sales = map(company.address, ("anna", "ben", "info", "sales"))
    listed = forms.page(f"list-virtual.php?domain={company.domain}")
    assert all(each in listed for each in (anna, ben, info, sales, "Anna Beispiel"))
    assert "Forward only" not in listed

    forms.edit("mailbox", anna, name="Anna Anders", quota="20")
    forms.edit("mailbox", ben, active=None)
    forms.edit("alias", info, goto=ben)
    assert "550" in str(refusal(server, ben)[0])
    plan = company.run("plan", "--format", "json", exit=2).json
    assert changes(plan["operations"]) == {
        "mailbox anna": {"owner": "Anna Beispiel", "quota": 10 << 20},
        "mailbox ben": {"login": True},
        "alias info": {"to": anna},
    }
    drift = company.run("drift", "--format", "json", exit=2).json["drift"]
    assert changes(drift) == {
        "mailbox anna": {"owner": "Anna Anders", "quota": 20 << 20},
        "mailbox ben": {"login": False},
        "alias info": {"to": ben},
    }
    company.apply()
    assert changes(company.run("plan", "--format", "json").json["operations"]) == {}
    assert 'value="Anna Beispiel"' in forms.page(f"edit.php?table=mailbox&edit={anna}")
    assert company.person("ben").doors() == DOORS
    company.person("anna").send(ben, "from info again", info)
    company.person("ben").receives("from info again")

    forms.edit("alias", sales, active=None)
    refused = company.run("plan", exit=1).err
    assert f"error[groupware-not-expressible]: at groupware, the alias {sales} is switched off" in refused
    forms.edit("alias", sales, active="1")
    forms.delete("alias", info, company.domain)
    drift = company.run("drift", "--format", "json", exit=2).json["drift"]
    assert [(each["key"], each["gone"]) for each in drift] == [(info, True)]


def test_people_change_their_passwords_there(company, server):
    """Our password opens its forms, a password that is changed there opens every door, and is nobody's drift."""
    anna = company.person("anna")
    new = "Wörter 2 und 34"
    Forms(server.admin, anna.address, anna.password).change_password(anna.password, new)
    server.flush()
    assert Person(server, anna.address, new).doors() == DOORS
    assert anna.doors() == frozenset()
    company.run("plan")
    company.hire("anna", "Anna Beispiel", "10 MiB", password_version=2)
    company.apply()
    assert anna.doors() == DOORS
    with pytest.raises(PermissionError):
        Forms(server.admin, anna.address, new)


@pytest.mark.parametrize("hashed", _OLD_HASHES)
def test_an_old_servers_hash_opens_every_door(company, server, hashed):
    """Whoever was there before logs in with the password they have, and a login that is closed stays closed."""
    anna = Person(server, company.address("anna"), "geheim 123")
    _store(server, anna.address, hashed)
    assert anna.doors() == DOORS
    assert Person(server, anna.address, "geheim 124").doors() == frozenset()
    _store(server, anna.address, "!" + hashed)
    assert anna.doors() == frozenset()


def _store(server, address, hashed):
    server.execute("UPDATE mailbox SET password = %s WHERE username = %s", [hashed, address])
    server.flush()


def test_what_is_used_is_shown_there(company, server):
    """Each figure of Dovecot's arrives as it is, and not added to the one before."""
    anna = company.person("anna")
    for number in range(3):
        from_outside(server, anna.address, f"letter {number}", size=20_000)
        anna.receives(f"letter {number}")
    ours = "SELECT bytes, messages FROM groupware.usage WHERE username = %s"
    theirs = "SELECT bytes, messages FROM quota2 WHERE username = %s"
    keeper.until(lambda: server.execute(ours, [anna.address])[0][1] == 3, what="the third figure")
    assert server.execute(theirs, [anna.address]) == server.execute(ours, [anna.address])
    shown = company.run("show", anna.address).out
    assert "KiB" in shown or "kB" in shown


def _sql(*words):
    """What `python -m reconciler.providers.sogo sql` prints."""
    command = [sys.executable, "-m", "reconciler.providers.sogo", "sql", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _make(admin):
    """What a server has that somebody has looked after with PostfixAdmin for years."""
    for domain in ("made.test", "other.test", "shop.test"):
        admin.cli("domain", "add", domain, "--description", "by hand")
    admin.cli("domain", "add", "relay.test", "--backupmx", "1")
    admin.cli("mailbox", "add", "Carla@made.test", *_TYPED, "--name", "Carla C", "--quota", "50")
    admin.cli("mailbox", "add", "dora@other.test", *_TYPED, "--name", "Dora D", "--quota", "30")
    admin.cli("mailbox", "add", "endless@made.test", *_TYPED, "--name", "No Limit", "--quota", "0")
    admin.cli("mailbox", "add", "off@made.test", *_TYPED, "--name", "Gone Away", "--quota", "5", "--active", "0")
    admin.cli("alias", "add", "team@made.test", "--goto", "carla@made.test,dora@other.test")
    admin.cli("alias", "add", "info@made.test", "--goto", "carla@made.test")
    admin.cli("alias", "add", "*@made.test", "--goto", "carla@made.test")
    admin.cli("alias", "add", "away@made.test", "--goto", "somebody@elsewhere.test")
    admin.cli("alias", "add", "shut@made.test", "--goto", "carla@made.test", "--active", "0")
    admin.cli("alias", "update", "dora@other.test", "--goto", "friend@elsewhere.test", "--goto-mailbox", "1")
    admin.cli("aliasdomain", "add", "shop.test", "--target-domain", "made.test")


def test_what_it_makes_is_imported_and_adopted(server, tmp_path):
    """Import writes YAML that changes nothing, lists what it can not say, and those people go on working."""
    _make(server.admin)
    company = _with_nothing_declared(server, tmp_path)
    told = company.run("import", "--format", "json").json
    assert told["proven"]
    assert told["yaml"].partition("instances:")[2] == _IMPORTED.partition("instances:")[2]
    assert [each.removeprefix("at groupware, ").rpartition(" (")[0] for each in told["left_out"]] == _LEFT_OUT
    company.run("import", "--write", "live.yaml")
    plan = company.run("plan", "--format", "json", exit=2).json
    assert {each["action"] for each in plan["operations"]} == {"adopt"}
    assert [each["key"] for each in plan["unmanaged"]] == ["away@made.test"]
    assert server.execute("SELECT to_regnamespace('groupware')")[0] == (None,)
    everything = server.execute("SELECT * FROM domain_admins")

    # the schema comes with the first write
    edit = company.folder / "live.yaml"
    edit.write_text(edit.read_text().replace("Carla C, quota: 50 MiB", "Carla Neu, quota: 60 MiB"))
    company.apply()
    company.run("plan")
    carla, off = (Person(server, f"{local}@made.test", "geheim 123") for local in ("carla", "off"))
    assert (carla.doors(), off.doors()) == (DOORS, frozenset())
    for address in ("carla@made.test", "team@made.test", "whoever@made.test", "info@shop.test"):
        from_outside(server, address, f"to {address}")
        carla.receives(f"to {address}")
    assert refusal(server, "off@made.test")[0] == 550
    assert refusal(server, "shut@made.test")[0] == 550
    carla.send("info@shop.test", "by another name", "carla@shop.test")
    carla.receives("by another name")
    with pytest.raises(smtplib.SMTPException, match="553"):
        carla.send("info@shop.test", "by somebody else's", "endless@shop.test")
    with pytest.raises(smtplib.SMTPException, match="553"):
        from_outside(server, "carla@made.test", "forged", sender="carla@shop.test")
    assert refusal(server, "off@shop.test")[0] == 550
    forms = Forms(server.admin)
    assert "Carla Neu" in forms.page("list-virtual.php?domain=made.test")

    server.admin.cli("alias", "delete", "info@made.test")
    server.admin.cli("mailbox", "delete", "dora@other.test")
    server.admin.cli("domain", "delete", "other.test")
    drift = company.run("drift", "--format", "json", exit=2).json["drift"]
    assert {each["key"] for each in drift if each["gone"]} == {"info@made.test", "dora@other.test", "other.test"}
    assert server.execute("SELECT * FROM domain_admins") == everything
    assert server.execute("SELECT count(*) FROM domain WHERE domain = 'ALL'") == [(1,)]


_IMPORTED = """
instances:
  main: {provider: groupware}

domains:
  made.test: {instance: main}
  other.test: {instance: main}
  shop.test: {instance: main}

mailboxes:
  carla@made.test: {owner: Carla C, quota: 50 MiB}
  dora@other.test: {owner: Dora D, quota: 30 MiB}
  endless@made.test: {owner: No Limit}
  off@made.test: {owner: Gone Away, quota: 5 MiB, login: false}

aliases:
  "*@made.test": carla@made.test
  info@made.test: {to: carla@made.test, send_as: []}
  team@made.test: {to: [carla@made.test, dora@other.test], send_as: []}
"""
_LEFT_OUT = [
    "the domain relay.test is only relayed (backup MX)",
    "the alias shut@made.test is switched off",
    "mail to dora@other.test is forwarded to friend@elsewhere.test and keeps a copy; that stays as it is",
    "the mailbox endless@made.test has no quota, so that nothing is counted of it against the booked storage",
    "every address of shop.test is one of made.test (an alias domain); that stays as it is",
    "alias away@made.test leads to somebody@elsewhere.test, which is elsewhere",
]


def _with_nothing_declared(server, folder):
    """A configuration that has the provider and nothing else."""
    (folder / "old").mkdir()
    company = Company(server, folder / "old", "old")
    company.instances, company.domains = {}, {}
    return company


def _on_disk(server, path, text):
    """A message in the files of a mailbox, as it was before us."""
    owner = server.vmail.stat()
    new = server.vmail / path / "Maildir" / "new"
    new.mkdir(parents=True)
    (new / "1.before.us").write_text(f"Subject: {text}\n\nhello\n")
    for each in (new / "1.before.us", new, new.parent, new.parent.parent, new.parent.parent.parent):
        os.chown(each, owner.st_uid, owner.st_gid)


def test_mail_that_was_there_before_stays(server, tmp_path):
    """A mailbox keeps its folder with our first write; an address that is made again gets another, and starts empty."""
    server.admin.cli("domain", "add", "aged.test")
    for local in ("eva", "finn"):
        server.admin.cli("mailbox", "add", f"{local}@aged.test", *_TYPED, "--name", local, "--quota", "10")
        _on_disk(server, f"aged.test/{local}", f"old letter of {local}")
    company = _with_nothing_declared(server, tmp_path)
    company.run("import", "--write", "live.yaml")
    live = company.folder / "live.yaml"
    live.write_text(
        live.read_text().replace("  main: {provider: groupware}", "  main: {provider: groupware, storage: 1 GB}")
    )
    company.apply()
    eva, finn = (Person(server, f"{local}@aged.test", "geheim 123") for local in ("eva", "finn"))
    assert (eva.subjects(), finn.subjects()) == (["old letter of eva"], ["old letter of finn"])

    server.admin.cli("mailbox", "delete", eva.address)
    server.admin.cli("mailbox", "add", eva.address, *_TYPED, "--name", "Eva", "--quota", "10")
    assert eva.subjects() == []
    left = company.run("plan", "--format", "json", exit=2).json["warnings"]
    (orphaned,) = [each["message"] for each in left if each["id"] == "groupware-orphaned-storage"]
    assert f"{server.vmail}/aged.test/eva" in orphaned
    assert (server.vmail / "aged.test/eva/Maildir/cur").exists()

    text = live.read_text().splitlines(keepends=True)
    live.write_text("".join(line for line in text if "finn@" not in line))
    company.removed = [{"mailbox": finn.address, "reason": "left", "backup": "waived"}]
    company.apply()
    assert not (server.vmail / "aged.test/finn").exists()
    assert (server.vmail / "aged.test/eva").exists()
    (forget,) = re.findall(r'psql -c "(.*)"', company.run("explain", "groupware-orphaned-storage").out)
    assert "PATH" in forget
    server.execute(forget.replace("PATH", "aged.test/eva"))
    assert "groupware-orphaned-storage" not in company.run("plan").err


def test_its_upgrade_still_runs(company, server):
    """PostfixAdmin's own upgrade goes through below our views and without them, and both work on afterwards."""
    anna = company.person("anna")
    for version, before in (("1840", ""), ("1840", _sql("--drop-views"))):
        server.execute(before or "SELECT 1", role="mailadmin")
        server.execute("UPDATE config SET value = %s WHERE name = 'version'", [version])
        server.admin.upgrade()
        assert server.execute("SELECT value FROM config WHERE name = 'version'") == [("1847",)]
        if before:
            server.execute(_sql("--views", "--beside-postfixadmin"), role="mailadmin")
        assert anna.doors() == DOORS
    company.run("plan")
    server.admin.cli("mailbox", "update", anna.address, "--name", "Anna nach dem Upgrade")
    company.run("plan", exit=2)


def test_the_printed_rights_are_enough(server, tmp_path):
    """A role that has just what `sql --grants` prints makes the schema, hosts somebody, and deletes all of it again."""
    server.execute("CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
    try:
        server.execute(_sql("--beside-postfixadmin", "--grants", "--role", "clerk"))
        dsn = server.server.dsn_for("mail", "clerk", "clerk")
        (tmp_path / "clerk").mkdir()
        company = Company(server, tmp_path / "clerk", "clerk")
        company.provider = {**server.provider, "database": {"command": ["printf", "%s", dsn]}}
        company.hire("anna")
        company.apply()
        assert "groupware-privilege" not in company.run("plan").out
        from_outside(server, company.address("anna"), "hello")
        company.person("anna").receives("hello")
        company.mailboxes, company.domains, company.instances = {}, {}, {}
        gone = {"mailbox": company.address("anna"), "domain": company.domain, "instance": company.name}
        company.removed = [{kind: key, "reason": "moved", "backup": "waived"} for kind, key in gone.items()]
        company.apply("--allow-volume", "mailbox", "--allow-volume", "domain", "--allow-volume", "instance")
        assert server.execute("SELECT count(*) FROM mailbox") == [(0,)]
    finally:
        server.execute("DROP OWNED BY clerk CASCADE; DROP ROLE clerk")
