"""The columns of PostfixAdmin's tables that are needed, and which schemas can do without."""

from collections.abc import Mapping

#: Columns that are read or written, as PostfixAdmin 3.3 calls them, and whether a schema can do without.
COLUMNS: Mapping[str, Mapping[str, bool]] = {
    "domain": {
        "domain": False, "active": False, "description": True, "transport": True, "backupmx": True,
        "password_expiry": True, "modified": True,
    },
    "mailbox": {
        "username": False, "password": False, "name": False, "quota": False, "active": False, "domain": False,
        "local_part": True, "maildir": True, "modified": True, "token_validity": True, "password_expiry": True,
    },
    "alias": {"address": False, "goto": False, "domain": False, "active": False, "modified": True},
}  # fmt: skip

#: Tables of PostfixAdmin that hold more of a domain or a mailbox, where they are there: what a deletion clears.
BESIDE = ("alias_domain", "domain_admins", "fetchmail", "quota", "quota2", "vacation", "vacation_notification")
