"""The example and the pages of the backend say what works."""

import re
from dataclasses import replace
from pathlib import Path

import yaml

from reconciler.config import load
from reconciler.state.places.http import open_http
from reconciler.state.places.register import RegisterState
from tests.http_state.http_worlds import agree, lock
from tests.servers.terraform_http import Options, serving

ROOT = Path(__file__).resolve().parents[2]
HOST = "https://gitlab.example.org"


def works_at_gitlab(block, monkeypatch):
    """Whether a state can be locked, written and read with a block of settings, once its host is the test's server."""
    monkeypatch.setenv("CI_JOB_TOKEN", "token")
    options = Options(gitlab=True, username="gitlab-ci-token", password="token")
    with serving(options) as server:
        here = f"http://127.0.0.1:{server.port}"
        settings = {name: text.replace(HOST, here) if isinstance(text, str) else text for name, text in block.items()}
        register = open_http(replace(STATE, settings=settings))
        state = RegisterState(register)
        assert state.write_lock(None, lock())
        state.append(b"one\n", 0, agree)
        assert state.write_lock(lock(), None)
        assert state.read().journal == b"one\n"
        register.close()


STATE = load([ROOT / "examples/state-http"], ROOT).desired.state


def test_example_works_at_gitlab(monkeypatch):
    """The example's settings are those GitLab wants."""
    assert STATE.backend == "http"
    works_at_gitlab(STATE.settings, monkeypatch)


def test_page_works_at_gitlab(monkeypatch):
    """So are those of the documentation."""
    page = (ROOT / "docs/backends/http.md").read_text()
    (block,) = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "gitlab-ci-token" in text]
    works_at_gitlab(yaml.safe_load(block)["state"]["http"], monkeypatch)


def test_explanation_works_at_gitlab(monkeypatch):
    """And those of the page that explains a server without locks."""
    page = (ROOT / "reconciler/explain/state-http-lockless.md").read_text()
    lines = re.findall(r"^    (?!error)(.*)$", page, re.MULTILINE)
    block = yaml.safe_load("\n".join(lines))
    credentials = {"username": "gitlab-ci-token", "password": {"env": "CI_JOB_TOKEN"}}
    works_at_gitlab(block["state"]["http"] | credentials, monkeypatch)
