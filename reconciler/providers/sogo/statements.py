"""What is written, a statement each; `{mailbox_more}` and the like are columns that not every schema has."""

from collections.abc import Mapping
from typing import LiteralString

BOOK: LiteralString = """
INSERT INTO {ext}.instance (label, storage) VALUES (%(label)s, %(storage)s)
ON CONFLICT (label) DO UPDATE SET storage = EXCLUDED.storage
"""
CANCEL: LiteralString = "DELETE FROM {ext}.instance WHERE label = %(label)s"

ADD_DOMAIN: LiteralString = """
INSERT INTO {domain} ({domain_domain}, {domain_active}{domain_more}) VALUES (%(domain)s, true{domain_more_values})
"""
ASSIGN: LiteralString = """
INSERT INTO {ext}.domain_instance (domain, instance)
SELECT %(domain)s, number FROM {ext}.instance WHERE label = %(label)s
"""
REMOVE_DOMAIN: LiteralString = "DELETE FROM {domain} WHERE {domain_domain} = %(domain)s"

MAKE_MAILBOX: LiteralString = """
INSERT INTO {mailbox} ({mailbox_username}, {mailbox_password}, {mailbox_name}, {mailbox_quota}, {mailbox_active},
                       {mailbox_domain}{mailbox_more})
VALUES (%(address)s, %(password)s, %(name)s, %(quota)s, true, %(domain)s::text{mailbox_more_values})
"""
#: PostfixAdmin keeps a row among the aliases for each mailbox, and edits no mailbox without.
OWN_ALIAS: LiteralString = """
INSERT INTO {alias} ({alias_address}, {alias_goto}, {alias_domain}, {alias_active})
VALUES (%(address)s::text, %(address)s::text, %(domain)s, true)
"""
RENAME: LiteralString = """
UPDATE {mailbox} SET {mailbox_name} = %(name)s{mailbox_touched} WHERE {mailbox_username} = %(address)s
"""
RESIZE: LiteralString = """
UPDATE {mailbox} SET {mailbox_quota} = %(quota)s{mailbox_touched} WHERE {mailbox_username} = %(address)s
"""
SET_HASH: LiteralString = """
UPDATE {mailbox} SET {mailbox_password} = %(password)s{mailbox_touched} WHERE {mailbox_username} = %(address)s
"""
CLOSE_LOGIN: LiteralString = """
UPDATE {mailbox} SET {mailbox_password} = {locked} || {mailbox_password}{mailbox_touched}
WHERE {mailbox_username} = %(address)s AND left({mailbox_password}, 1) <> {locked}
"""
OPEN_LOGIN: LiteralString = """
UPDATE {mailbox} SET {mailbox_password} = ltrim({mailbox_password}, {locked}), {mailbox_active} = true{mailbox_touched}
WHERE {mailbox_username} = %(address)s
"""
OPEN_ADDRESS: LiteralString = """
UPDATE {alias} SET {alias_active} = true{alias_touched} WHERE {alias_address} = %(address)s
"""

MAKE_ALIAS: LiteralString = """
INSERT INTO {alias} ({alias_address}, {alias_goto}, {alias_domain}, {alias_active})
VALUES (%(address)s, %(goto)s, %(domain)s, true)
"""
RETARGET: LiteralString = """
UPDATE {alias} SET {alias_goto} = %(goto)s{alias_touched} WHERE {alias_address} = %(address)s
"""
END_ALIAS: LiteralString = "DELETE FROM {alias} WHERE {alias_address} = %(address)s"
TAKE_RIGHTS: LiteralString = """
DELETE FROM {ext}.send_as WHERE address = %(address)s AND username <> ALL (%(users)s::text[])
"""
GIVE_RIGHTS: LiteralString = """
INSERT INTO {ext}.send_as (address, username, apart)
SELECT %(address)s, r.username, r.apart FROM unnest(%(users)s::text[], %(apart)s::boolean[]) AS r (username, apart)
ON CONFLICT (address, username) DO UPDATE SET apart = EXCLUDED.apart
"""

#: A mailbox that begins to go: nobody logs in any more, and mail to it is refused.
CLOSE_MAILBOX: LiteralString = """
UPDATE {mailbox} SET {mailbox_active} = false{mailbox_touched} WHERE {mailbox_username} = %(address)s
"""
CLOSE_ADDRESS: LiteralString = """
UPDATE {alias} SET {alias_active} = false{alias_touched} WHERE {alias_address} = %(address)s
"""
BEGIN_LEAVING: LiteralString = """
INSERT INTO {ext}.leaving (storage, username, name, quota, login, path)
SELECT s.id, s.username, m.{mailbox_name}, m.{mailbox_quota},
       m.{mailbox_active} AND left(m.{mailbox_password}, 1) <> {locked}, s.path
FROM {ext}.storage s JOIN {mailbox} m ON m.{mailbox_username} = s.username
WHERE s.username = %(address)s AND s.released IS NULL
ON CONFLICT (storage) DO NOTHING
"""
#: What is left of a former life of the address, whose rows somebody else has removed: files that are told of, and kept.
LET_GO: LiteralString = """
DELETE FROM {ext}.leaving v WHERE v.username = %(address)s AND NOT v.ended AND NOT EXISTS (
    SELECT FROM {ext}.storage s WHERE s.id = v.storage AND s.username = v.username AND s.released IS NULL)
"""
#: Whether the row of a mailbox is that of the life that ends, and not of one that was made since; and is it closed?
IS_LEAVING: LiteralString = """
SELECT NOT m.{mailbox_active} FROM {mailbox} m JOIN {ext}.storage s ON s.username = m.{mailbox_username}
WHERE s.id = %(storage)s AND s.username = %(address)s AND s.released IS NULL FOR UPDATE
"""
END_ADDRESS: LiteralString = "DELETE FROM {alias} WHERE {alias_address} = %(address)s"
END_MAILBOX: LiteralString = "DELETE FROM {mailbox} WHERE {mailbox_username} = %(address)s"
NOTE_END: LiteralString = "UPDATE {ext}.leaving SET ended = true WHERE storage = %(storage)s"
END_STORAGE: LiteralString = "DELETE FROM {ext}.storage WHERE id = %(storage)s"
END_LEAVING: LiteralString = "DELETE FROM {ext}.leaving WHERE storage = %(storage)s"

#: What PostfixAdmin's other tables hold of a domain that goes, by table.
CLEAR_DOMAIN: Mapping[str, LiteralString] = {
    "domain_admins": "DELETE FROM {t_domain_admins} WHERE domain = %(domain)s",
    "fetchmail": "DELETE FROM {t_fetchmail} WHERE domain = %(domain)s",
    "vacation": "DELETE FROM {t_vacation} WHERE domain = %(domain)s",
}
#: What they hold of a mailbox that goes.
CLEAR_MAILBOX: Mapping[str, LiteralString] = {
    "fetchmail": "DELETE FROM {t_fetchmail} WHERE mailbox = %(address)s",
    "quota": "DELETE FROM {t_quota} WHERE username = %(address)s",
    "quota2": "DELETE FROM {t_quota2} WHERE username = %(address)s",
    "vacation": "DELETE FROM {t_vacation} WHERE email = %(address)s",
}
