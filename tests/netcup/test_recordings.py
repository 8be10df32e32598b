"""The recordings themselves, where they are at hand: our facts about them hold, and our client reads them all."""

import json
import os
from collections import defaultdict, deque
from pathlib import Path

import pytest
import yaml

from reconciler.providers.netcup.ccp.client import CcpClient, Credentials
from reconciler.providers.netcup.ccp.envelope import parse
from reconciler.providers.netcup.ccp.zones import CcpZones
from reconciler.providers.netcup.http import Reply, Sender
from reconciler.providers.netcup.pace import Pace
from reconciler.providers.netcup.trouble import Trouble
from tests.netcup.shapes import QUOTED, RECORDED, REST_ENVELOPE, shape

_HERE = "RECONCILER_NETCUP_RECORDINGS"


@pytest.fixture(scope="module")
def recordings() -> Path:
    """Their folder: where the environment says, or beside the repository."""
    beside = Path(__file__).parents[3] / "shared" / "data" / "netcup"
    folder = Path(os.environ.get(_HERE, beside))
    if not (folder / "lexicon-cassettes").is_dir():
        pytest.skip(f"the recordings are not part of the project; {_HERE} names their folder")
    return folder


def _cassettes(folder: Path) -> dict[str, list[dict]]:
    loaded = {
        path.stem: yaml.load(path.read_text(), yaml.CSafeLoader)["interactions"]
        for path in sorted((folder / "lexicon-cassettes").glob("*.yaml"))
    }
    return {name: [json.loads(each["response"]["body"]["string"]) for each in steps] for name, steps in loaded.items()}


def test_every_recorded_answer_is_of_a_known_kind(recordings):
    """What the twin and our client are made for is what the real server said."""
    answers = [answer for cassette in _cassettes(recordings).values() for answer in cassette]
    assert len(answers) == 135
    assert {shape(answer) for answer in answers} <= set(RECORDED)


class _Replay(Sender):
    """Answers of a cassette, each to the next request of its action; requests were recorded without their data."""

    def __init__(self, answers: list[dict]) -> None:
        super().__init__("http://recorded.invalid", 1)
        self._answers = defaultdict(deque)
        for each in answers:
            self._answers[each["action"]].append(each)

    def send(self, method, path="", body=None, headers=None):
        waiting = self._answers[json.loads(body)["action"]]
        return Reply(200, json.dumps(waiting.popleft() if len(waiting) > 1 else waiting[0]).encode())


def test_our_client_reads_every_recorded_zone(recordings):
    """Each cassette is replayed by action: the zone is read with every record in it, or is not there."""
    count = 0
    for name, answers in _cassettes(recordings).items():
        client = CcpClient(
            _Replay(answers), lambda: Credentials("1", "key", "password"), Pace(lambda: 0.0, lambda _: None)
        )
        if "unmanaged" in name:
            with pytest.raises(Trouble, match=r"knows no zone coldfix\.de"):
                CcpZones(client).read("coldfix.de")
            continue
        listed = [each["responsedata"]["dnsrecords"] for each in answers if each["action"] == "infoDnsRecords"]
        if not listed:
            continue
        content = CcpZones(client).read("coldfix.de")
        assert sum(len(each.values) for each in content.rrsets.values()) == len(listed[0])
        assert content.rrsets["www.coldfix.de", "CNAME"].values == ("coldfix.de.",)
        assert content.ttl == 86400
        count += 1
    assert count >= 20


def test_our_client_parses_the_fixtures_of_lego(recordings):
    """Also those that no server sends: with a TTL of their own, or text where an object should be."""
    fixtures = [path for path in (recordings / "lego-fixtures").glob("*.json") if "request" not in path.name]
    assert len(fixtures) >= 8
    for path in fixtures:
        answer = parse(path.read_bytes(), "recorded")
        assert answer.good == ("error" not in path.name or "unmarshal" in path.name)


def test_every_quoted_text_is_known(recordings):
    """Texts that were quoted in public are those the twin says; the older spelling of a session error too."""
    observed = json.loads((recordings / "observed-legacy-ccp.json").read_text())["observed"]
    known = {each.long for each in (*RECORDED, *QUOTED)} | {"Message is empty."}
    assert {each["longmessage"] for each in observed if "longmessage" in each} <= known


def test_the_examples_of_rest_have_its_envelope(recordings):
    """Every body is in the envelope that our client opens."""
    examples = json.loads((recordings / "rest-v1-observed.json").read_text())["examples"]
    bodies = [each["body"] for each in examples if "status" in each and each.get("body")]
    assert bodies
    assert all(tuple(body) == REST_ENVELOPE for body in bodies)
