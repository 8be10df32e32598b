"""Who runs this: the user and the machine, and the pipeline's run where it is one."""

import getpass
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Who:
    """Who holds a lock or makes a run.

    Attributes:
        user: The user's name; in a pipeline, who started it, where the pipeline tells.
        host: The machine's name.
        ci: The pipeline's run in words, with its address where there is one; empty outside of one.
    """

    user: str
    host: str
    ci: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class _System:
    """The variables in which a CI system says what it runs; each list is tried from the left.

    Attributes:
        markers: Any of them says that it is this one: a variable, or a variable and its value.
        actor: Who started the run.
        run: Its number, as the system's own pages show it.
        address: Its page; a text with variables in braces holds where all of them are set.
    """

    name: str
    markers: tuple[str, ...]
    actor: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    address: str = ""


_NAMES = re.compile(r"{([A-Z_]+)}")
_GITHUB_ACTORS = ("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR")  # the first differs where somebody else ran it again
_GITHUB_PAGE = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/"

# Variables as the systems' own references name them. Forgejo and Gitea set GitHub's as well, so they come first; their
# pages go by the run's number and not by its id. GitLab's variables are Woodpecker's in part, so it comes before that.
_SYSTEMS = (
    _System(
        "Forgejo Actions", ("FORGEJO_ACTIONS",), _GITHUB_ACTORS, ("GITHUB_RUN_NUMBER",),
        _GITHUB_PAGE + "{GITHUB_RUN_NUMBER}",
    ),
    _System(
        "Gitea Actions", ("GITEA_ACTIONS",), _GITHUB_ACTORS, ("GITHUB_RUN_NUMBER",),
        _GITHUB_PAGE + "{GITHUB_RUN_NUMBER}",
    ),
    _System(
        "GitHub Actions", ("GITHUB_ACTIONS",), _GITHUB_ACTORS, ("GITHUB_RUN_ID",), _GITHUB_PAGE + "{GITHUB_RUN_ID}",
    ),
    _System("GitLab CI", ("GITLAB_CI",), ("GITLAB_USER_LOGIN",), ("CI_JOB_ID", "CI_PIPELINE_ID"), "{CI_JOB_URL}"),
    _System(
        "Woodpecker CI", ("CI=woodpecker", "CI_SYSTEM_NAME=woodpecker"), ("CI_PIPELINE_AUTHOR", "CI_COMMIT_AUTHOR"),
        ("CI_PIPELINE_NUMBER",), "{CI_PIPELINE_URL}",
    ),
    _System(
        "Drone", ("DRONE",), ("DRONE_BUILD_TRIGGER", "DRONE_COMMIT_AUTHOR"), ("DRONE_BUILD_NUMBER",),
        "{DRONE_BUILD_LINK}",
    ),
    _System(
        "Buildkite", ("BUILDKITE",), ("BUILDKITE_BUILD_CREATOR", "BUILDKITE_BUILD_AUTHOR"), ("BUILDKITE_BUILD_NUMBER",),
        "{BUILDKITE_BUILD_URL}",
    ),
    _System("CircleCI", ("CIRCLECI",), ("CIRCLE_USERNAME",), ("CIRCLE_BUILD_NUM",), "{CIRCLE_BUILD_URL}"),
    _System(
        "Azure Pipelines", ("TF_BUILD",), ("BUILD_REQUESTEDFOR",), ("BUILD_BUILDNUMBER",),
        "{SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    ),
    _System(
        "Bitbucket Pipelines", ("BITBUCKET_BUILD_NUMBER",), (), ("BITBUCKET_BUILD_NUMBER",),
        "{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    ),
    # Jenkins knows its own address only where it was told
    _System(
        "Jenkins", ("JENKINS_URL", "JENKINS_HOME"), ("BUILD_USER_ID",), ("BUILD_NUMBER",), "{BUILD_URL}",
    ),
)  # fmt: skip


def who(environment: Mapping[str, str] | None = None) -> Who:
    """Return who runs this process.

    Args:
        environment: The variables to look at; the process's own if left out.
    """
    variables = os.environ if environment is None else environment
    host = socket.gethostname()
    for system in _SYSTEMS:
        if any(_is_set(variables, marker) for marker in system.markers):
            return Who(_first(variables, system.actor) or _user(), host, _run(system, variables))
    return Who(_user(), host)


def _is_set(variables: Mapping[str, str], marker: str) -> bool:
    name, _, wanted = marker.partition("=")
    value = variables.get(name, "").lower()
    return value == wanted if wanted else value not in ("", "false", "0")


def _run(system: _System, variables: Mapping[str, str]) -> str:
    number, address = _first(variables, system.run), _address(system, variables)
    return " ".join([system.name, *([f"run {number}"] if number else []), *([address] if address else [])])


def _address(system: _System, variables: Mapping[str, str]) -> str:
    names = _NAMES.findall(system.address)
    if not all(variables.get(name) for name in names):
        return ""
    return quote(system.address.format_map({name: variables[name] for name in names}), safe=":/?&=%#@+,;~-._")


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the first that is set and is somebody: Drone has `@hook` where nobody pressed a button."""
    return next((value for name in names if (value := variables.get(name, "")) and not value.startswith("@")), "")


def _user() -> str:
    """Return the user's name, or the number where a container has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
