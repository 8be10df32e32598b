"""Who runs this: a user on a machine, or a pipeline's run as the CI systems' own references say it."""

import getpass
import socket

import pytest

from reconciler.state.who import who

# each as the system's reference of variables has it, with the variables that are about something else left out
GITHUB = {
    "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octocat", "GITHUB_TRIGGERING_ACTOR": "octocat",
    "GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "acme/mail", "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_NUMBER": "3",
}  # fmt: skip
SYSTEMS = {
    "GitHub": (
        GITHUB, "octocat", "GitHub Actions run 1658821493 https://forge.example/acme/mail/actions/runs/1658821493",
    ),
    "GitHub, run again by another": (
        {**GITHUB, "GITHUB_TRIGGERING_ACTOR": "hubot"}, "hubot",
        "GitHub Actions run 1658821493 https://forge.example/acme/mail/actions/runs/1658821493",
    ),
    "Forgejo": (
        {**GITHUB, "FORGEJO_ACTIONS": "true", "GITHUB_TRIGGERING_ACTOR": ""}, "octocat",
        "Forgejo Actions run 3 https://forge.example/acme/mail/actions/runs/3",
    ),
    "Gitea": (
        {**GITHUB, "GITEA_ACTIONS": "true"}, "octocat",
        "Gitea Actions run 3 https://forge.example/acme/mail/actions/runs/3",
    ),
    "GitLab": (
        {
            "CI": "true", "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "anna", "CI_JOB_ID": "50", "CI_PIPELINE_ID": "1000",
            "CI_JOB_URL": "https://forge.example/acme/mail/-/jobs/50",
            "CI_PIPELINE_URL": "https://forge.example/acme/mail/-/pipelines/1000", "CI_COMMIT_AUTHOR": "B <b@x.de>",
        },
        "anna", "GitLab CI run 50 https://forge.example/acme/mail/-/jobs/50",
    ),
    "Woodpecker": (
        {
            "CI": "woodpecker", "CI_PIPELINE_NUMBER": "8", "CI_PIPELINE_AUTHOR": "octocat", "CI_COMMIT_AUTHOR": "other",
            "CI_PIPELINE_URL": "https://ci.example/repos/7/pipeline/8",
        },
        "octocat", "Woodpecker CI run 8 https://ci.example/repos/7/pipeline/8",
    ),
    "Drone, by a push": (
        {
            "CI": "true", "DRONE": "true", "DRONE_BUILD_NUMBER": "42", "DRONE_BUILD_TRIGGER": "@hook",
            "DRONE_COMMIT_AUTHOR": "octocat", "DRONE_BUILD_LINK": "https://drone.example/acme/mail/42",
        },
        "octocat", "Drone run 42 https://drone.example/acme/mail/42",
    ),
    "Buildkite": (
        {
            "CI": "true", "BUILDKITE": "true", "BUILDKITE_BUILD_CREATOR": "Keith", "BUILDKITE_BUILD_NUMBER": "1514",
            "BUILDKITE_BUILD_URL": "https://buildkite.example/acme/mail/builds/1514",
        },
        "Keith", "Buildkite run 1514 https://buildkite.example/acme/mail/builds/1514",
    ),
    "CircleCI": (
        {
            "CI": "true", "CIRCLECI": "true", "CIRCLE_USERNAME": "anna", "CIRCLE_BUILD_NUM": "77",
            "CIRCLE_BUILD_URL": "https://circle.example/gh/acme/mail/77",
        },
        "anna", "CircleCI run 77 https://circle.example/gh/acme/mail/77",
    ),
    "Azure": (
        {
            "TF_BUILD": "True", "BUILD_REQUESTEDFOR": "Anna Beispiel", "BUILD_BUILDNUMBER": "20261122.3",
            "BUILD_BUILDID": "911", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://azure.example/acme/",
            "SYSTEM_TEAMPROJECT": "our mail",
        },
        "Anna Beispiel",
        "Azure Pipelines run 20261122.3 https://azure.example/acme/our%20mail/_build/results?buildId=911",
    ),
    "Bitbucket": (
        {
            "CI": "true", "BITBUCKET_BUILD_NUMBER": "12",
            "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.example/acme/mail",
        },
        None, "Bitbucket Pipelines run 12 https://bitbucket.example/acme/mail/pipelines/results/12",
    ),
    "Jenkins": (
        {
            "JENKINS_URL": "https://jenkins.example/", "BUILD_NUMBER": "153",
            "BUILD_URL": "https://jenkins.example/job/mail/153/",
        },
        None, "Jenkins run 153 https://jenkins.example/job/mail/153/",
    ),
    "Jenkins that was not told its address": (
        {"JENKINS_HOME": "/var/lib/jenkins", "BUILD_NUMBER": "153"}, None, "Jenkins run 153",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_pipeline_says_who_started_it_and_where_it_can_be_read(name):
    """The person, the machine, and the run with the address of its page."""
    environment, user, ci = SYSTEMS[name]
    found = who(environment)
    assert (found.user, found.host, found.ci) == (user or getpass.getuser(), socket.gethostname(), ci)


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}, {"GITHUB_ACTIONS": "false"}, {"GITLAB_CI": ""}])
def test_outside_of_a_pipeline_it_is_the_user(environment):
    """A marker that says no is no marker; CI alone names no system."""
    found = who(environment)
    assert (found.user, found.ci) == (getpass.getuser(), "")
    assert str(found) == f"{getpass.getuser()}@{socket.gethostname()}"


def test_a_variable_that_is_missing_leaves_its_part_out():
    """Half an address is none."""
    found = who({**GITHUB, "GITHUB_REPOSITORY": ""})
    assert found.ci == "GitHub Actions run 1658821493"


def test_a_user_without_a_name_is_a_number(monkeypatch):
    """A container may run a number that nobody named."""

    def nobody():
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert who({}).user.isdigit()
