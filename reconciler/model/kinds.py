"""The kinds of things under management, and what can be done to one."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of resource, in the order in which one needs the other."""

    INSTANCE = "instance"
    DOMAIN = "domain"
    MAILBOX = "mailbox"
    ALIAS = "alias"
    TEAM = "team"
    MEMBER = "member"
    RECORD = "record"


class Action(StrEnum):
    """What an operation does.

    `adopt` and `forget` touch the state alone; `operator` is done by a person and acknowledged with `ack`.
    A replace is a delete and a create that name each other.
    """

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    OPERATOR = "operator"


#: Actions that call a provider's writer.
WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})
