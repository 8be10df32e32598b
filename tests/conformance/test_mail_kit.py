"""The kit is run on the embedded platform in all its moods, and finds what it is there to find."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from unittest import SkipTest

import pytest

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.providers.conformance.mail import MailProviderConformance
from reconciler.providers.sandbox import SandboxProvider
from reconciler.providers.sandbox.settings import SandboxSettings
from reconciler.providers.writer import Done
from tests.conformance.freer import MISTAKES, Freer


class _OnSandbox(MailProviderConformance):
    """The kit on files of its own."""

    master = "anna@mailbox.org"
    foreign_domain = None
    troubles = ("busy", "timeout-before", "timeout-after")
    settings: ClassVar[dict[str, object]] = {}
    folder: Path
    files = itertools.count()

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path):
        self.folder = tmp_path
        self.now = 1_700_000_000.0

    def make_provider(self, **more: object) -> SandboxProvider:
        settings = {"path": f"{next(self.files)}.db", **self.settings, **more}
        block = SandboxSettings.model_validate(settings)
        return SandboxProvider("kit", block, self.folder, lambda: self.now)

    def make_disturbed(self, trouble: str) -> SandboxProvider:
        fault = {"mode": trouble.replace("-", "_"), "kind": "mailbox", "times": "1"}
        return self.make_provider(faults=[fault])

    async def wait(self, seconds: float) -> None:
        self.now += seconds


class TestPlain(_OnSandbox):
    """As it comes."""


class TestSlow(_OnSandbox):
    """Instances take time, reads lag, and every write is a call of its own."""

    settings: ClassVar[dict[str, object]] = {"provisioning": "90 s", "stale_reads": "3 s", "batch": "1"}
    many = 120


class TestAble(_OnSandbox):
    """A platform that can more than the help pages say."""

    settings: ClassVar[dict[str, object]] = {"alias_edit": "true", "alias_targets": "3", "smtputf8": "true"}
    many = 40


class TestFreer(_OnSandbox):
    """A platform with logins to switch, rights to send, catch-alls, and quotas that must be some."""

    settings: ClassVar[dict[str, object]] = {"alias_edit": "true", "alias_targets": "3"}
    many = 40

    def make_provider(self, **more: object) -> Freer:
        settings = {"path": f"{next(self.files)}.db", **self.settings, **more}
        return Freer(SandboxSettings.model_validate(settings), self.folder)


class TestOwned(_OnSandbox):
    """An account with a list of domains, and a team whose accounts are listed."""

    foreign_domain = "somebody-else.example"
    settings: ClassVar[dict[str, object]] = {
        "domains": [*MailProviderConformance.domains, MailProviderConformance.idn_domain],
        "accounts": {"anna@mailbox.org": {"balance": "12.00 EUR"}},
        "credentials": {"member0@mailbox.org": {"env": "RECONCILER_TEST_UNSET"}},
    }
    many = 40


class TestLimited(_OnSandbox):
    """The fourth call of a minute is one too many: instance, two look-ups, and then a mailbox."""

    troubles = ("rate-limit",)
    many = 10

    def make_disturbed(self, trouble: str) -> SandboxProvider:
        assert trouble == "rate-limit"
        return self.make_provider(rate_limit="1000/s")

    async def ground(self, provider, *mailboxes):
        await super().ground(provider, *mailboxes)
        limit = provider._line._limit
        if limit is not None:
            limit.calls = len(limit._taken)

    async def find(self, provider, kind, key):
        if provider._line._limit is not None:
            provider._line._limit.calls += 1
        return await super().find(provider, kind, key)


class _Broken(SandboxProvider):
    """A provider with a fault to find."""

    def __init__(self, *arguments: object, spoil: Callable[[Live], Live | None]) -> None:
        super().__init__(*arguments)
        self.spoil = spoil

    def reader(self):
        inner, spoil = super().reader(), self.spoil

        class Reader:
            capabilities = inner.capabilities
            mail_settings = staticmethod(inner.mail_settings)
            statement = staticmethod(inner.statement)

            async def read(self):
                return [seen for live in await inner.read() if (seen := spoil(live)) is not None]

            async def look_up(self, kind, keys):
                found = await inner.look_up(kind, keys)
                return {key: seen for key, live in found.items() if (seen := spoil(live)) is not None}

        return Reader()


def _spoiled(kind: Kind, change: Callable[[Live], Live | None]) -> Callable[[Live], Live | None]:
    return lambda live: change(live) if live.resource.kind is kind else live


def _lost_letters(live: Live) -> Live:
    from reconciler.model.resources import with_fields

    owner = str(live.resource.fields()["owner"]).encode("ascii", "replace").decode()
    return Live(with_fields(live.resource, {"owner": owner}), live.id)


FAULTS = {
    "test_odd_names_come_back_as_they_went": _spoiled(Kind.MAILBOX, _lost_letters),
    "test_long_listings_are_complete": _spoiled(Kind.MAILBOX, lambda live: None if live.id > "500" else live),
    "test_what_is_written_is_read": _spoiled(Kind.ALIAS, lambda live: None),
    "test_no_password_comes_back": _spoiled(
        Kind.MAILBOX, lambda live: Live(live.resource, live.id, facts={"password": "correct horse 7 battery"})
    ),
    "test_an_instance_becomes_ready": _spoiled(Kind.INSTANCE, lambda live: Live(live.resource, "")),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_kit_finds_a_fault(name, tmp_path):
    """A provider with a fault fails the check that is there for it."""

    class Kit(MailProviderConformance):
        def make_provider(self):
            block = SandboxSettings.model_validate({"path": "sandbox.db"})
            return _Broken("kit", block, tmp_path, spoil=FAULTS[name])

    with pytest.raises(AssertionError):
        getattr(Kit(), name)()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_kit_finds_a_mistake_with_extras(mistake, tmp_path):
    """A platform that can do more, and does it wrong, fails the check that is there for it."""

    class Kit(MailProviderConformance):
        def make_provider(self):
            settings = SandboxSettings.model_validate({"path": "sandbox.db", "alias_edit": "true"})
            return Freer(settings, tmp_path, mistake)

    with pytest.raises(AssertionError):
        getattr(Kit(), MISTAKES[mistake])()


def test_the_kit_finds_a_writer_that_forgets(tmp_path):
    """A writer that says done and does nothing is found out."""

    class Forgetful(SandboxProvider):
        def writer(self):
            class Writer:
                async def write(self, batch):
                    return [Done() for _ in batch]

            return Writer()

    class Kit(MailProviderConformance):
        def make_provider(self):
            return Forgetful("kit", SandboxSettings.model_validate({"path": "sandbox.db"}), tmp_path)

    with pytest.raises(AssertionError):
        Kit().test_an_instance_becomes_ready()


def test_trouble_nobody_makes_is_skipped(tmp_path):
    """A kit whose author can not make trouble skips those checks and says so."""

    class Kit(MailProviderConformance):
        def make_provider(self):
            return SandboxProvider("kit", SandboxSettings.model_validate({"path": "sandbox.db"}), tmp_path)

    with pytest.raises(SkipTest, match="busy"):
        Kit().test_a_busy_platform_is_an_answer()


def names_of_tests(kit):
    """The names of the tests that a class has."""
    return {name for name in dir(kit) if name.startswith("test_") and callable(getattr(kit, name))}


def test_every_check_is_run_here():
    """What one of the classes above says is not for it is run by another."""
    ours = [TestPlain, TestSlow, TestAble, TestFreer, TestOwned, TestLimited]
    assert set().union(*map(names_of_tests, ours)) == names_of_tests(MailProviderConformance)


def test_what_a_class_has_not_is_no_test_of_it():
    """Checks a class says are not for it are not collected; one that derives from it may have them again."""

    class Without(MailProviderConformance):
        troubles = ("busy",)
        foreign_domain = None
        idn_domain = None
        test_closing_twice_is_closing = None

    class With(Without):
        troubles = ("timeout-before",)
        foreign_domain = "somebody-else.example"

    every = names_of_tests(MailProviderConformance) - {"test_closing_twice_is_closing"}
    assert every - names_of_tests(Without) == {
        "test_a_rate_limit_is_an_answer",
        "test_a_lost_call_is_an_uncertain_answer",
        "test_a_lost_answer_is_an_uncertain_answer",
        "test_only_owned_domains_are_added",
        "test_an_international_domain_is_a_domain",
    }
    assert every - names_of_tests(With) == {
        "test_a_rate_limit_is_an_answer",
        "test_a_busy_platform_is_an_answer",
        "test_a_lost_answer_is_an_uncertain_answer",
        "test_an_international_domain_is_a_domain",
    }


def test_the_kit_needs_no_pytest_to_be_imported():
    """A product that ships its own kit class does not drag pytest along."""
    code = "import sys, reconciler.providers.conformance.mail; sys.exit('pytest' in sys.modules)"
    import reconciler

    root = str(Path(reconciler.__file__).parents[1])
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
