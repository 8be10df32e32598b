"""Rule checks: what a platform forbids, said before anything is changed.

`check` needs the files alone and runs in `validate`; `check_changes` also knows what the providers have and what was
last applied, and runs in `plan`. Both only read tables (`providers.capabilities`): no code here names a provider. Both
return every finding at once, and both are linear in the number of declarations.
"""

from collections.abc import Mapping

from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.live import AppliedState, Inventory
from reconciler.plan.check.accepted import check_accepted
from reconciler.plan.check.aliases import check_aliases
from reconciler.plan.check.backups import check_backups
from reconciler.plan.check.claims import check_claims
from reconciler.plan.check.creations import check_creations
from reconciler.plan.check.extras import check_extras
from reconciler.plan.check.hosting import check_hosting
from reconciler.plan.check.left_open import check_left_open
from reconciler.plan.check.membership import check_membership
from reconciler.plan.check.passwords import check_passwords
from reconciler.plan.check.scene import Moment, Scene
from reconciler.plan.check.storage import check_least, check_storage, check_usage
from reconciler.plan.check.swaps import check_swaps
from reconciler.plan.check.teams import check_teams
from reconciler.providers.capabilities import Capabilities

__all__ = ["check", "check_changes"]


def check(desired: Desired, capabilities: Mapping[str, Capabilities]) -> list[Diagnostic]:
    """Return what the providers' capability tables forbid of a configuration, in a stable order.

    Args:
        desired: The configuration; references inside it are already known to lead somewhere.
        capabilities: By configured provider name; a provider missing here is not judged.
    """
    scene = Scene.of(desired, capabilities)
    return [
        *check_hosting(scene),
        *check_aliases(scene),
        *check_extras(scene),
        *check_least(scene),
        *check_storage(scene),
        *check_teams(scene),
        *check_accepted(desired),
    ]


def check_changes(
    desired: Desired, actual: Inventory, applied: AppliedState, capabilities: Mapping[str, Capabilities]
) -> list[Diagnostic]:
    """Return what forbids the way from what is there to what is declared, in a stable order.

    Args:
        desired: The configuration, free of `check`'s errors.
        actual: What the providers have.
        applied: What the last run left; tells managed from unmanaged.
        capabilities: By configured provider name; a provider missing here is not judged.
    """
    moment = Moment(Scene.of(desired, capabilities), actual, applied)
    return [
        *check_claims(moment),
        *check_swaps(moment),
        *check_creations(moment),
        *check_passwords(moment),
        *check_usage(moment),
        *check_left_open(moment),
        *check_membership(moment),
        *check_backups(moment),
    ]
