"""Each trouble with a store says what it is and how to get out, writes nothing, and shows no key."""

from urllib.parse import urlsplit

import pytest

from reconciler.explain import page
from reconciler.model.diagnostic import Problem
from reconciler.state.backend import BackendError, Contents
from tests.register.images import Picture, free
from tests.s3 import scripted
from tests.s3.places import KEY, block
from tests.servers import keeper, proxy
from tests.servers.proxy import Fault, Trouble

_ANSWERS = [
    (404, "NoSuchBucket", "state-s3-bucket"),
    (403, "InvalidAccessKeyId", "state-s3-credentials"),
    (403, "SignatureDoesNotMatch", "state-s3-credentials"),
    (400, "ExpiredToken", "state-s3-credentials"),
    (403, "AccessDenied", "state-s3-denied"),
    (403, "RequestTimeTooSkewed", "state-s3-clock"),
    (301, "PermanentRedirect", "state-s3-region"),
    (400, "AuthorizationHeaderMalformed", "state-s3-region"),
    (501, "NotImplemented", "state-s3-unconditional"),
    (503, "SlowDown", "state-s3-slow-down"),
    (429, "TooManyRequests", "state-s3-slow-down"),
    (500, "InternalError", "state-s3-failed"),
    (502, "", "state-s3-failed"),
    (400, "InvalidBucketName", "state-s3-refused"),
]


def trouble_of(use) -> str:
    """The diagnostic's id; it has a page, and no key is in what is said."""
    with pytest.raises(BackendError) as caught:
        use()
    (found,) = caught.value.diagnostics
    said = f"{found.message} {found.why} {found.help}"
    assert page(found.id) is not None
    assert "wrong-secret" not in said
    assert found.help
    return found.id


@pytest.mark.parametrize(("status", "code", "id_"), _ANSWERS)
def test_each_answer_of_a_store_has_its_diagnostic(moto, status, code, id_, monkeypatch):
    """Reading and writing say the same."""
    with scripted.answering(lambda _: scripted.error(status, code)) as listening:
        mine = moto.through(listening.port)
        monkeypatch.setattr(mine, "_sleep", lambda _: None)
        assert trouble_of(mine.read) == id_
        assert trouble_of(lambda: mine.write_lock(None, b"mine")) == id_
        assert not any(asked.method == "PUT" and asked.path.endswith(KEY) for asked in listening.asked)
        mine.close()


def test_a_store_that_asks_to_slow_down_is_asked_again_with_longer_pauses(moto, monkeypatch):
    """The request is repeated a few times; when it then works, nobody hears of it."""
    pauses = []
    answers = [scripted.error(503, "SlowDown")] * 3 + [scripted.error(404, "NoSuchKey")]
    with scripted.answering(lambda _: answers.pop(0)) as listening:
        mine = moto.through(listening.port)
        monkeypatch.setattr(mine, "_sleep", pauses.append)
        assert mine.read() == Contents(None, b"")
        mine.close()
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


@pytest.mark.parametrize(
    "store",
    [
        scripted.Careless(frozenset({"if-none-match"})),
        scripted.Careless(frozenset({"if-match"})),
        scripted.Careless(frozenset({"if-match", "if-none-match"})),
        scripted.Careless(never=True),
    ],
    ids=["If-None-Match", "If-Match", "both", "never"],
)
def test_a_store_that_ignores_conditions_is_refused(moto, store):
    """A run tries them out before its first write, and then writes nothing at all."""
    with scripted.answering(store.answer) as listening:
        mine = moto.through(listening.port)
        assert trouble_of(lambda: mine.write_lock(None, b"mine")) == "state-s3-unconditional"
        assert store.objects == {}
        mine.close()


def test_conditions_are_tried_out_once_a_run(moto):
    """A store that keeps to them is asked five times before the first write, and never again."""
    with scripted.answering(scripted.Careless().answer) as listening:
        mine = moto.through(listening.port)
        mine.write_lock(None, b"mine")
        assert [asked.method for asked in listening.asked] == ["GET", "PUT", "PUT", "PUT", "PUT", "DELETE", "PUT"]
        mine.append(b"x\n", 0, free)
        assert len(listening.asked) == 8
        assert not any("expect" in asked.headers for asked in listening.asked), "a round trip for nothing"
        mine.close()


def test_a_page_that_is_no_answer_of_a_store(moto):
    """A log-in page in between is not taken for a state."""
    with scripted.answering(lambda _: (200, {"Content-Type": "text/html"}, b"<html>log in</html>")) as listening:
        mine = moto.through(listening.port)
        assert trouble_of(mine.read) == "state-s3-refused"
        assert trouble_of(lambda: mine.write_lock(None, b"mine")) == "state-s3-refused"
        mine.close()


def test_a_missing_bucket(bucket):
    """It is named, and not made."""
    assert trouble_of(bucket.state(bucket="not-there").read) == "state-s3-bucket"


@pytest.mark.parametrize("s3_store", ["ceph"], indirect=True)  # moto lets everybody in
@pytest.mark.parametrize("changed", [{"access_key": "unknown"}, {"secret_key": "wrong-secret"}])
def test_credentials_a_store_refuses(bucket, changed):
    """An unknown access key, and a secret key that is not its own."""
    assert trouble_of(bucket.elsewhere(**changed).state().read) == "state-s3-credentials"


def test_no_credentials_at_all(moto):
    """Neither configured nor in the environment: what is missing is said, and no machine is waited for."""
    assert trouble_of(moto.state(access_key=None, secret_key=None).read) == "state-s3-no-credentials"


def test_credentials_from_the_environment(bucket, monkeypatch):
    """Without keys in the configuration, those are used that AWS's own tools use."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.store.secret_key)
    mine = bucket.state(access_key=None, secret_key=None)
    assert mine.write_lock(None, b"mine")
    assert bucket.state().read_lock() == b"mine"


def test_a_key_that_is_not_where_it_is_said_to_be(moto, monkeypatch):
    """A variable that is not set is named."""
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    mine = moto.state(access_key={"env": "NO_SUCH_KEY"})
    with pytest.raises(BackendError, match="NO_SUCH_KEY") as caught:
        mine.read()
    assert caught.value.diagnostics[0].id == "state-s3-no-credentials"


def test_a_store_that_is_not_there(moto, monkeypatch):
    """Nobody listens: it is tried again a few times, and then said."""
    mine = moto.through(keeper.free_port())
    monkeypatch.setattr(mine, "_sleep", lambda _: None)
    assert trouble_of(mine.read) == "state-s3-unreachable"


def test_a_store_that_does_not_answer(moto, monkeypatch):
    """The time that is waited is the one configured."""
    with proxy.to(urlsplit(moto.store.endpoint).port, proxy.http_request) as way:
        way.arm(Fault(Trouble.STALLED, times=99))
        mine = moto.through(way.port, timeout="200 ms")
        monkeypatch.setattr(mine, "_sleep", lambda _: None)
        assert trouble_of(mine.read) == "state-s3-timeout"
        mine.close()


def test_no_secure_connection(moto):
    """A port that does not speak TLS is not spoken to in the clear, and not asked again."""
    with scripted.answering(lambda _: scripted.error(400, "")) as listening:
        mine = moto.state(endpoint=f"https://127.0.0.1:{listening.port}")
        assert trouble_of(mine.read) == "state-s3-tls"
        assert not listening.asked


def test_a_store_that_goes_away_in_a_run(moto, monkeypatch):
    """What was answered stands; what was not is said, and the next run finds the state as it was."""
    with proxy.to(urlsplit(moto.store.endpoint).port, proxy.http_request) as way:
        mine = moto.through(way.port, timeout="500 ms")
        monkeypatch.setattr(mine, "_sleep", lambda _: None)
        mine.write_lock(None, b"mine")
        mine.append(b"one\n", 0, free)
        way.arm(Fault(Trouble.REFUSED, gone=True))
        assert trouble_of(lambda: mine.append(b"two\n", 4, free)) == "state-s3-unreachable"
        assert trouble_of(lambda: mine.replace(Picture(), 4, free)) == "state-s3-unreachable"
        way.heal()
        mine.append(b"two\n", 4, free)
        mine.close()
    assert moto.state().read() == Contents(None, b"one\ntwo\n")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"bucket": None}, "needs 'bucket'"),
        ({"bucket": "https://mail.example.org/b"}, "can not be the name of a bucket"),
        ({"key": "x" * 901}, "more than 900 bytes"),
        ({"key": "teams/"}, "names a folder"),
        ({"endpoint": "store.example.org"}, "is no address"),
        ({"endpoint": "https://anna:wrong-secret@store.example.org"}, "holds a user or a password"),
        ({"secret_key": None}, "stands alone"),
        ({"secret_key": "wrong-secret"}, "a text stands here"),
        ({"timeout": "0"}, "takes some time"),
        ({"timeout": "soon"}, "soon"),
        ({"addressing": "host"}, "can not be 'host'"),
        ({"buckte": "b"}, "no field 'buckte'"),
    ],
)
def test_settings_that_can_not_be_right(moto, settings, said):
    """Each is refused before anything is connected, in words that help."""
    with pytest.raises(Problem, match=said) as caught:
        moto.state(**settings)
    assert "wrong-secret" not in str(caught.value)


def test_opening_connects_nowhere(moto):
    """A configuration can be checked on a machine that reaches no store."""
    assert moto.through(keeper.free_port()).where == f"s3://{moto.name}/{KEY}"
    assert "wrong-secret" not in repr(block(moto.store, moto.name))
