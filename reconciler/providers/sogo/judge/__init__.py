"""The rules, as the cluster itself does not know them: what a write does, or why it is refused. Pure functions.

The database would take nearly everything: it knows no shared storage, no order and no owner of an address. So each rule
of the platform is held here, in words of our own, and the ground is kept in step for the next write of the batch.
"""

from reconciler.providers.sogo.judge.judging import judge
from reconciler.providers.sogo.judge.mailboxes import may_leave
from reconciler.providers.sogo.judge.values import Effect, Policy, Refused, Statement

__all__ = ["Effect", "Policy", "Refused", "Statement", "judge", "may_leave"]
