"""A mailbox goes with all it has, and nothing of it is left; what its archive holds comes back, to the letter."""

import base64

from tests.groupware.people import DOORS, alive, message, refusal

#: A folder whose name is not ASCII, in IMAP's own writing: Projekte/Übersicht.
FOLDER = "Projekte/&ANw-bersicht"
SCRIPT = 'require "fileinto";\r\nif header :contains "subject" "Rechnung" { fileinto "Projekte"; }\r\n'
CARD = """\
BEGIN:VCARD\r
VERSION:3.0\r
UID:fritz\r
FN:Fritz Übersee\r
NOTE:friend of {owner}\r
END:VCARD\r
"""
EVENT = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//tests//EN\r
BEGIN:VEVENT\r
UID:launch\r
DTSTAMP:20260101T120000Z\r
DTSTART:20270301T090000Z\r
DTEND:20270301T100000Z\r
SUMMARY:Größe prüfen\\, "jetzt" ({owner})\r
END:VEVENT\r
END:VCALENDAR\r
"""
ENTRIES = {"Contacts/personal": ("fritz.vcf", CARD), "Calendar/personal": ("launch.ics", EVENT)}
ZONE = "America/Lima"


def fill(person):
    """Give somebody mail in several folders, a filter, a contact, an appointment and a setting."""
    with person.imap() as client:
        for folder in ("Projekte", FOLDER):
            client.create(folder)
    person.append("INBOX", message("unread", "friend@elsewhere.test"), received='"01-Feb-2020 03:04:05 +0100"')
    person.append("INBOX", message("read", "friend@elsewhere.test"), r"(\Seen \Flagged)")
    person.append(FOLDER, message("draft", "boss@elsewhere.test", 20_000), r"(\Answered $Important)")
    person.filter("invoices", SCRIPT)
    for folder, (name, text) in ENTRIES.items():
        person.look(folder.partition("/")[0])
        assert person.put(f"{folder}/{name}", text.format(owner=person.address)) == 201
    person.host.sogo_tool("user-preferences", "set", "defaults", person.address, "SOGoTimeZone", f'"{ZONE}"')


def held(person):
    """All that somebody has, as their programs show it."""
    entries = {folder: person.files(folder) for folder in ENTRIES}
    return {"mail": person.folders(), **entries, "zone": person.browser().ask("jsonDefaults")["SOGoTimeZone"]}


def traces(cluster, address):
    """Tables, of SOGo's and of the mail's database, in which an address still stands."""
    found = []
    for database in ("sogo", "mail"):
        tables = cluster.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
            database=database,
        )
        for (table,) in tables:
            query = f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s"
            if cluster.execute(query, [f"%{address}%"], database=database) != [(0,)]:
                found.append(table)
    return found


def secret_of(cluster, address):
    """The stored password, as it may stand in a file: plain, or in base64 at any of three offsets."""
    ((stored,),) = cluster.execute("SELECT password FROM mailbox WHERE username = %s", [address])
    text = stored.partition("}")[2].encode()
    # the outer characters depend on what stands beside
    return [text, *(base64.b64encode(b"x" * offset + text)[4:-4] for offset in range(3))]


def home(cluster, address):
    """The folder of somebody's files."""
    ((path,),) = cluster.execute("SELECT storage FROM groupware.login WHERE username = %s", [address])
    return cluster.vmail / path


def closed(office):
    """Have all of a company go, with an archive of Anna's mailbox; return what was declared."""
    declared = office.instances, office.domains, office.mailboxes, office.aliases
    office.instances, office.domains, office.mailboxes, office.aliases = {}, {}, {}, {}
    office.removed = [
        {"instance": office.name, "reason": "closed", "backup": "waived"},
        {"domain": office.domain, "reason": "closed", "backup": "waived"},
        {"mailbox": office.address("anna"), "reason": "left", "backup": {"to": "archive/anna"}},
    ]
    planned = office.run("plan", "--format", "json", exit=2).json
    assert [each["id"] for each in planned["operations"]] == [
        f"delete alias {office.address('info')}",
        f"delete mailbox {office.address('anna')}",
        f"delete domain {office.domain}",
        f"delete instance {office.name}",
    ]
    office.apply("--allow-volume", "mailbox")
    return declared


def test_a_leaver_goes_with_everything_and_comes_back_from_the_archive(found, cluster):
    """Alias, mailbox, domain, instance go in this order, archived before; a new life is empty until it is restored."""
    office = found("leaving")
    anna = office.hire("anna", "Anna Beispiel")
    office.aliases = {office.address("info"): anna.address}
    boss = found("staying")
    ben = boss.hire("ben")
    boss.apply()
    office.apply()
    fill(anna)
    ben.look("Calendar")
    cluster.sogo_tool("manage-acl", "add", ben.address, "Calendar/personal", anna.address, '["PublicViewer"]')
    before, session, files = held(anna), anna.imap(), home(cluster, anna.address)
    assert before["zone"] == ZONE
    assert before["mail"][FOLDER][0].flags == {rb"\Answered", b"$Important"}
    assert [list(before[folder]) for folder in ENTRIES] == [[name] for name, _ in ENTRIES.values()]
    assert {"sogo_acl", "sogo_store"} <= {table.partition(".")[2] for table in traces(cluster, anna.address)}

    office.run("backup", anna.address, "--to", "archive/by-hand")
    secret = secret_of(cluster, anna.address)

    declared = closed(office)
    assert anna.doors() == frozenset()
    assert not alive(session)
    for local in ("anna", "info"):  # the domain is gone as well: its mail is not even relayed
        assert refusal(cluster, office.address(local)) == (554, f"5.7.1 <{office.address(local)}>: Relay access denied")
    assert not files.exists()
    assert traces(cluster, anna.address) == []
    archives = list((office.folder / "archive").rglob("*"))
    assert {path.stat().st_mode & 0o077 for path in archives} == {0}
    files = {path.relative_to(office.folder): path.read_bytes() for path in archives if path.is_file()}
    assert {path.name for path in files} == {"mail.tar", "sogo.plist", "manifest.json"}
    assert not [path for path, data in files.items() if any(each in data for each in secret)]

    office.instances, office.domains, office.mailboxes, office.aliases, office.removed = *declared, []
    clara = office.hire("clara")
    office.apply()
    assert anna.doors() == DOORS
    fresh = held(anna)
    assert not any(fresh["mail"].values())
    assert FOLDER not in fresh["mail"]
    assert [fresh[folder] for folder in ENTRIES] == [{}, {}]
    assert fresh["zone"] == "UTC"
    told = office.run("restore", "archive/anna").out
    assert "3 messages" in told
    assert held(anna) == before
    office.run("restore", "archive/anna")
    assert held(anna) == before
    office.run("restore", "archive/anna", "--as", clara.address)
    assert held(clara) == before
    for sender, recipient in ((anna, clara), (clara, anna)):
        sender.send(recipient.address, "Rechnung 7")
        recipient.receives("Rechnung 7", "Projekte")


def test_an_address_begins_with_nothing_also_after_a_deletion_in_postfixadmin(found, cluster):
    """It leaves calendars, contacts and files behind, and tells SOGo nothing; whoever comes next sees none of it."""
    office = found("former")
    anna = office.hire("anna", "Anna Beispiel")
    office.apply()
    fill(anna)
    for statement in ("DELETE FROM alias WHERE address = %s", "DELETE FROM mailbox WHERE username = %s"):
        cluster.execute(statement, [anna.address])
    office.hire("anna", "Another Anna")
    office.passwords[anna.address] = "somebody else 8"
    office.apply()
    another = office.person("anna")
    now = held(another)
    assert now["mail"]["INBOX"] == []
    assert all(now[folder] == {} for folder in ENTRIES)
    assert now["zone"] != ZONE
