"""The conformance kit for mail providers."""

from reconciler.providers.conformance.extras import ExtrasChecks
from reconciler.providers.conformance.groupware import GroupwareChecks
from reconciler.providers.conformance.teams import TeamChecks
from reconciler.providers.conformance.trouble import TroubleChecks


class MailProviderConformance(GroupwareChecks, ExtrasChecks, TeamChecks, TroubleChecks):
    """What every mail provider must do, as tests that its author runs with pytest.

    Write a test module with one class whose name begins with `Test`, and say how a provider is made:

        from reconciler.providers.conformance import MailProviderConformance

        class TestMine(MailProviderConformance):
            domains = ("one.example", "two.example")      # of the account the tests may use

            def make_provider(self):
                return MyProvider("mine", MySettings(…), Path())

            async def clean(self, provider):              # where accounts are not thrown away
                …

    Each check makes a provider of its own, works with the names in the class's attributes (see `MailHarness`), and
    hands the provider to `clean`. Checks of kinds the provider does not host, of teams without a `master`, and of
    trouble that `make_disturbed` answers with None, are skipped and say so. What a class says it has not, by a
    `foreign_domain` or `idn_domain` of None or `troubles` left out, is not collected at all: another class may have it.
    What a provider can do is read from its capabilities: a check asks that it behaves as they tell, never that it can
    do more.
    """
