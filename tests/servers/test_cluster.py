"""The mail host for tests is all there, keeps to itself, and is gone when the test run is."""

import base64
import contextlib
import http.client
import http.cookiejar
import imaplib
import itertools
import json
import os
import re
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.programs import as_root
from tests.servers import keeper

ROOT = Path(__file__).parents[2]
#: SOGo shows its login to browsers that it knows; others get a page that says so, with status 200 as well.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
LOOPBACK = "0100007F"  # 127.0.0.1 as the kernel writes it


def page(url, data=None, **headers):
    """What a browser gets."""
    request = urllib.request.Request(url, data, {"User-Agent": BROWSER, **headers})
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read().decode()


def processes(*ancestors):
    """These processes and all that descend from them; who has ended and waits to be looked at is none."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found, more = set(), set(ancestors) & set(parents)
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in more}
    return found


def sockets(pids):
    """The sockets that processes hold."""
    held = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for each in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    held.add(str(each.readlink()))
    return held


def listeners(pids):
    """Address and port, in the kernel's writing, of everything that these processes listen on."""
    held = sockets(pids)
    for table, state in LISTENING.items():
        path = Path(f"/proc/net/{table}")
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == state and f"socket:[{fields[9]}]" in held:
                yield fields[1].split(":")


def test_the_mail_servers_answer(cluster, record_property):
    """People may log in on submission and in IMAP, others only deliver, and TLS is the host's own certificate."""
    record_property("counted", f"a mail host started in {cluster.seconds:.1f} s")
    trusting = ssl.create_default_context(cafile=str(cluster.certificate))
    offers = {}
    for name in ("smtp", "submission"):
        with smtplib.SMTP(cluster.host, cluster.ports[name]) as client:
            client.starttls(context=trusting)
            client.ehlo()
            offers[name] = client.has_extn("auth")
    assert offers == {"smtp": False, "submission": True}
    with imaplib.IMAP4(cluster.host, cluster.ports["imap"]) as client:
        client.starttls(trusting)
        assert "AUTH=PLAIN" in client.capabilities


def test_doveadm_answers_over_http(cluster):
    """Whoever has the key is answered, and the command finds the same Dovecot."""
    key = base64.b64encode(cluster.doveadm_key.encode()).decode()
    order = json.dumps([["who", {}, "tag"]]).encode()
    headers = {"Authorization": f"X-Dovecot-API {key}", "Content-Type": "application/json"}
    assert json.loads(page(f"{cluster.doveadm_url}/doveadm/v1", order, **headers)) == [["doveadmResponse", [], "tag"]]
    assert cluster.doveadm("instance", "list").count(str(cluster.folder)) == 1


def test_the_web_mail_shows_its_login(cluster):
    """A browser gets SOGo's page through nginx, and the styles that sogod itself does not serve."""
    shown = page(cluster.webmail)
    assert 'name="loginForm"' in shown
    style = re.search(r'href="([^"]+/styles\.css[^"]*)"', shown)[1]
    assert "md-button" in page(urllib.parse.urljoin(cluster.webmail, style))


def test_sogo_has_its_tables_and_its_cache(cluster):
    """SOGo has made the tables that one person's data is found in, and uses the cache that can be told to forget."""
    tables = {name for (name,) in cluster.execute("SELECT tablename FROM pg_tables", database="sogo")}
    assert {"sogo_user_profile", "sogo_folder_info", "sogo_store", "sogo_acl"} <= tables
    cluster.flush()
    assert str(cluster.memcached) in cluster.logs()["sogo"]


def test_mail_for_others_ends_in_the_sink(cluster):
    """What leaves the host can be read, envelope and content, as soon as it has been taken."""
    with smtplib.SMTP(cluster.host, cluster.ports["sink"]) as client:
        client.sendmail("a@sink.test", ["b@sink.test", "c@sink.test"], "Subject: far away\r\n\r\nhello\r\n")
    (caught,) = cluster.mail_in_sink("c@sink.test")
    assert (caught.sender, caught.recipients) == ("a@sink.test", ("b@sink.test", "c@sink.test"))
    assert caught.message["Subject"] == "far away"
    assert caught.message.get_content() == "hello\n\n"


def test_nothing_listens_but_on_the_loopback(cluster):
    """No process of the host can be reached from another machine."""
    started = [service.daemon.pid for service in cluster.services.values()]
    found = list(listeners(processes(*started, cluster.server.daemon.pid, cluster.names.daemon.pid)))
    assert {address for address, _ in found} == {LOOPBACK}
    ports = {int(port, 16) for _, port in found}
    assert {cluster.ports[name] for name in cluster.ports if name != "postfixadmin"} <= ports


def test_postfixadmin_makes_its_tables_and_shows_them(postfixadmin_cluster):
    """The administrator logs in with a browser and sees a domain that the command line has added."""
    admin = postfixadmin_cluster.admin
    admin.cli("domain", "add", "forms.test", "--description", "seen in the list")
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    with browser.open(f"{admin.url}login.php") as response:
        token = re.search(r'name="token" value="([^"]+)"', response.read().decode())[1]
    form = {"fUsername": admin.login, "fPassword": admin.password, "lang": "en", "token": token}
    with browser.open(f"{admin.url}login.php", urllib.parse.urlencode(form).encode()) as response:
        assert admin.login in response.read().decode()
    with browser.open(f"{admin.url}list.php?table=domain") as response:
        assert "seen in the list" in response.read().decode()


def test_reconciler_may_do_what_it_needs_beside_postfixadmin(postfixadmin_cluster):
    """Its role makes a schema with tables that refer to PostfixAdmin's, and can not change those."""
    postfixadmin_cluster.execute(
        "CREATE SCHEMA beside; CREATE TABLE beside.note (domain varchar(255) REFERENCES public.domain);"
        "DROP SCHEMA beside CASCADE",
        role="mailadmin",
    )
    with pytest.raises(Exception, match="must be owner of table mailbox"):
        postfixadmin_cluster.execute("ALTER TABLE mailbox ADD note text", role="mailadmin")


@pytest.fixture
def playing():
    """`make cluster` without make, and its folder for temporary files, which everybody may pass through."""
    as_root("a mail host")
    with tempfile.TemporaryDirectory(prefix="play-") as folder:
        Path(folder).chmod(0o755)
        run = subprocess.Popen(
            [sys.executable, "-m", "scripts.cluster"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        with run:
            yield run, Path(folder)
            run.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name)
def test_a_cluster_to_play_with_leaves_nothing(playing, number):
    """Who is told to be able to log in, is; then at Ctrl-C, and also when it is killed, processes and folders go."""
    run, folder = playing
    shown = "".join(itertools.takewhile(lambda line: not line.startswith("Ctrl-C"), run.stdout))
    assert 'name="loginForm"' in page(re.search(r"web mail +(http\S+)", shown)[1])
    assert 'name="token"' in page(re.search(r"PostfixAdmin +(http\S+)", shown)[1])
    with imaplib.IMAP4("127.0.0.1", int(re.search(r"IMAP +\S+:(\d+)", shown)[1])) as client:
        client.starttls(ssl.create_default_context(cafile=re.search(r"certificate +(\S+)", shown)[1]))
        assert client.login(*re.search(r"(anna@\S+) +(\S+)", shown).groups())[0] == "OK"
    left = processes(run.pid)
    assert len(left) > 20
    run.send_signal(number)
    assert run.wait(60) == (0 if number is signal.SIGINT else -number)
    keeper.until(lambda: not list(folder.iterdir()), what="the end of the folders")
    keeper.until(lambda: not processes(*left), what="the end of the processes")
