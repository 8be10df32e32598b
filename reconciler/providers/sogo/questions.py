"""The questions that are asked of the database; `{hosted}` is the condition on a domain `d` that mail is taken for."""

from collections.abc import Mapping
from typing import LiteralString

from reconciler.model.kinds import Kind

#: Domains that are hosted here: not PostfixAdmin's pseudo domain of its superadmins, nor what it only relays.
HOSTED: LiteralString = "(d.{domain_domain} <> 'ALL' AND d.{domain_active} AND NOT {is_backup})"

#: Tables of our own.
OURS = ("instance", "domain_instance", "storage", "send_as", "usage", "leaving")

#: Put in front where nothing is ours yet: the same questions are then asked of empty tables.
EMPTY: LiteralString = """
WITH instance (number, label, storage, ordered) AS (SELECT 0, ''::text, 0::bigint, now() WHERE false),
     domain_instance (domain, instance) AS (SELECT ''::text, 0 WHERE false),
     storage (id, path, username, released) AS (SELECT NULL::uuid, ''::text, ''::text, now() WHERE false),
     send_as (address, username, apart) AS (SELECT ''::text, ''::text, false WHERE false),
     usage (username, bytes, messages) AS (SELECT ''::text, 0::bigint, 0::bigint WHERE false),
     leaving (storage, username, name, quota, login) AS
         (SELECT NULL::uuid, ''::text, ''::text, 0::bigint, false WHERE false)
"""

INSTANCES: LiteralString = """
SELECT COALESCE(i.number, 0), COALESCE(i.label, {default_instance}), i.storage, i.ordered, count(d.name),
       COALESCE(sum(m.given), 0)::bigint, COALESCE(sum(m.used), 0)::bigint,
       COALESCE(sum(m.boxes), 0)::bigint, COALESCE(sum(a.aliases), 0)::bigint
FROM {instance} i
FULL JOIN (
    SELECT d.{domain_domain} AS name, COALESCE(di.instance, o.number, 0) AS instance
    FROM {domain} d
    LEFT JOIN {domain_instance} di ON di.domain = d.{domain_domain}
    LEFT JOIN {instance} o ON o.label = {default_instance}
    WHERE {hosted}
) d ON d.instance = i.number
LEFT JOIN (
    SELECT m.{mailbox_domain} AS name, count(*) AS boxes, sum(u.bytes) AS used,
           sum(GREATEST(m.{mailbox_quota}, 0)) AS given
    FROM {mailbox} m LEFT JOIN {usage} u ON u.username = m.{mailbox_username} GROUP BY 1
) m ON m.name = d.name
LEFT JOIN (
    SELECT a.{alias_domain} AS name, count(*) AS aliases FROM {alias} a
    WHERE NOT EXISTS (SELECT FROM {mailbox} m WHERE m.{mailbox_username} = a.{alias_address}) GROUP BY 1
) a ON a.name = d.name
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
"""

DOMAINS: LiteralString = """
SELECT d.{domain_domain}, COALESCE(i.label, {default_instance}), COALESCE(i.number, o.number, 0)
FROM {domain} d
LEFT JOIN {domain_instance} di ON di.domain = d.{domain_domain}
LEFT JOIN {instance} i ON i.number = di.instance
LEFT JOIN {instance} o ON o.label = {default_instance}
WHERE {hosted}
"""

MAILBOXES: LiteralString = """
SELECT m.{mailbox_username}, m.{mailbox_name}, m.{mailbox_quota},
       CASE WHEN v.storage IS NULL OR m.{mailbox_active}
            THEN m.{mailbox_active} AND left(m.{mailbox_password}, 1) <> {locked} ELSE v.login END,
       s.id::text, v.storage IS NULL OR m.{mailbox_active}, u.bytes, u.messages
FROM {mailbox} m
JOIN {domain} d ON d.{domain_domain} = m.{mailbox_domain}
LEFT JOIN {storage} s ON s.username = m.{mailbox_username} AND s.released IS NULL
LEFT JOIN {leaving} v ON v.storage = s.id
LEFT JOIN {usage} u ON u.username = m.{mailbox_username}
WHERE {hosted}
"""

#: A mailbox whose deletion has begun is shown as it was, until its last file is gone. Here its row is gone already, or
#: not shown, as its domain was switched off since.
LEAVING: LiteralString = """
SELECT v.username, v.name, v.quota, v.login, v.storage::text, false, NULL::bigint, NULL::bigint FROM {leaving} v
WHERE NOT EXISTS (
    SELECT FROM {mailbox} m JOIN {domain} d ON d.{domain_domain} = m.{mailbox_domain}
    WHERE m.{mailbox_username} = v.username AND {hosted})
"""

#: Aliases, with who may send as each: who gets its mail, who does not, and which mailboxes get it.
ALIASES: LiteralString = """
SELECT a.{alias_address}, a.{alias_goto},
       ARRAY(SELECT r.username::text FROM {send_as} r WHERE r.address = a.{alias_address} AND NOT r.apart),
       ARRAY(SELECT r.username::text FROM {send_as} r WHERE r.address = a.{alias_address} AND r.apart),
       ARRAY(SELECT m.{mailbox_username}::text FROM {mailbox} m
             WHERE m.{mailbox_username} = ANY (string_to_array(replace(lower(a.{alias_goto}), ' ', ''), ',')))
FROM {alias} a
JOIN {domain} d ON d.{domain_domain} = a.{alias_domain}
WHERE {hosted} AND a.{alias_active}
  AND NOT EXISTS (SELECT FROM {mailbox} m WHERE m.{mailbox_username} = a.{alias_address})
"""

#: What makes each of these a question for some names alone.
NAMED: Mapping[Kind, LiteralString] = {
    Kind.DOMAIN: " AND d.{domain_domain} = ANY (%(names)s)",
    Kind.MAILBOX: " AND m.{mailbox_username} = ANY (%(names)s)",
    Kind.ALIAS: " AND a.{alias_address} = ANY (%(names)s)",
}
