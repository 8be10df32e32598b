"""Who runs this: the user and the machine, and the pipeline's run where it is one."""

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass


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
    """The variables in which a CI system says what it runs; each list is tried from the left."""

    name: str
    marker: str
    actor: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    address: tuple[str, ...] = ()


# Variables as the systems' own references name them. Forgejo and Gitea set GitHub's as well, so they come first.
_SYSTEMS = (
    _System("Forgejo Actions", "FORGEJO_ACTIONS", ("GITHUB_ACTOR",), ("GITHUB_RUN_ID",), ()),
    _System("Gitea Actions", "GITEA_ACTIONS", ("GITHUB_ACTOR",), ("GITHUB_RUN_ID",), ()),
    _System("GitHub Actions", "GITHUB_ACTIONS", ("GITHUB_ACTOR",), ("GITHUB_RUN_ID",), ()),
    _System("GitLab CI", "GITLAB_CI", ("GITLAB_USER_LOGIN",), ("CI_JOB_ID", "CI_PIPELINE_ID"), ("CI_JOB_URL",)),
    _System("Woodpecker CI", "CI_PIPELINE_URL", ("CI_COMMIT_AUTHOR",), ("CI_PIPELINE_NUMBER",), ("CI_PIPELINE_URL",)),
    _System("Drone", "DRONE", ("DRONE_BUILD_TRIGGER",), ("DRONE_BUILD_NUMBER",), ("DRONE_BUILD_LINK",)),
    _System(
        "Buildkite", "BUILDKITE", ("BUILDKITE_BUILD_CREATOR",), ("BUILDKITE_BUILD_NUMBER",), ("BUILDKITE_BUILD_URL",)
    ),
    _System("CircleCI", "CIRCLECI", ("CIRCLE_USERNAME",), ("CIRCLE_BUILD_NUM",), ("CIRCLE_BUILD_URL",)),
    _System("Azure Pipelines", "TF_BUILD", ("BUILD_REQUESTEDFOR",), ("BUILD_BUILDNUMBER",), ()),
    _System("Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER", (), ("BITBUCKET_BUILD_NUMBER",), ()),
    _System("Jenkins", "JENKINS_URL", ("BUILD_USER_ID",), ("BUILD_NUMBER",), ("BUILD_URL",)),
)


def who(environment: Mapping[str, str] | None = None) -> Who:
    """Return who runs this process.

    Args:
        environment: The variables to look at; the process's own if left out.
    """
    variables = os.environ if environment is None else environment
    host = socket.gethostname()
    for system in _SYSTEMS:
        if variables.get(system.marker, "").lower() not in ("", "false", "0"):
            actor = _first(variables, system.actor)
            return Who(actor or _user(), host, _run(system, variables))
    return Who(_user(), host)


def _run(system: _System, variables: Mapping[str, str]) -> str:
    number, address = _first(variables, system.run), _first(variables, system.address)
    if not address and {"GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"} <= variables.keys():
        server, repository = variables["GITHUB_SERVER_URL"], variables["GITHUB_REPOSITORY"]
        address = f"{server}/{repository}/actions/runs/{variables['GITHUB_RUN_ID']}"
    words = [system.name, *([f"run {number}"] if number else []), *([address] if address else [])]
    return " ".join(words)


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((variables[name] for name in names if variables.get(name)), "")


def _user() -> str:
    """Return the user's name, or the number where a container has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
