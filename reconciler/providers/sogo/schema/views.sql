-- What the daemons read, one view a question. PostgreSQL lets nobody change the type of a column that a view reads:
-- before an upgrade of PostfixAdmin they may have to go for a minute (`sql --drop-views`, then `sql --views`).

-- Domains whose mail is taken.
CREATE OR REPLACE VIEW {ext}.hosted AS
    SELECT d.{domain_domain} AS domain FROM {domain} d WHERE d.{domain_active} AND NOT {is_backup};

-- Who has a mailbox here: may get mail, and log in with this password.
CREATE OR REPLACE VIEW {ext}.login AS
    SELECT m.{mailbox_username} AS username, m.{mailbox_password} AS password, m.{mailbox_name} AS name,
           s.path AS storage, d.{domain_domain} AS domain, COALESCE(i.label, {default_instance}) AS instance,
           GREATEST(m.{mailbox_quota}, 0) AS quota_bytes  -- 0 is no limit
    FROM {mailbox} m
    JOIN {domain} d ON d.{domain_domain} = m.{mailbox_domain} AND d.{domain_active} AND NOT {is_backup}
    JOIN {ext}.storage s ON s.username = m.{mailbox_username} AND s.released IS NULL
    LEFT JOIN {ext}.domain_instance di ON di.domain = d.{domain_domain}
    LEFT JOIN {ext}.instance i ON i.number = di.instance
    WHERE m.{mailbox_active};

-- Which logins may send with an address.
CREATE OR REPLACE VIEW {ext}.sender_login AS
    SELECT m.{mailbox_username}::text AS address, m.{mailbox_username}::text AS login
    FROM {mailbox} m
    JOIN {domain} d ON d.{domain_domain} = m.{mailbox_domain} AND d.{domain_active} AND NOT {is_backup}
    WHERE m.{mailbox_active}
    UNION ALL
    SELECT a.{alias_address}::text, r.username::text
    FROM {ext}.send_as r
    JOIN {alias} a ON a.{alias_address} = r.address AND a.{alias_active}
    JOIN {mailbox} m ON m.{mailbox_username} = r.username AND m.{mailbox_active}
    JOIN {domain} d ON d.{domain_domain} = m.{mailbox_domain} AND d.{domain_active} AND NOT {is_backup}
    WHERE r.apart OR r.username = ANY (string_to_array(replace(lower(a.{alias_goto}), ' ', ''), ','));

-- Where mail to an address goes, one row a target. A mailbox that is switched off, or has no row of its own among the
-- aliases, answers with itself: without an answer Postfix would ask for the catch-all. Who is switched off is left out
-- of a list, or the copy would go to the catch-all as well.
CREATE OR REPLACE VIEW {ext}.alias_target AS
    SELECT a.{alias_address} AS address, t.target
    FROM {alias} a
    CROSS JOIN LATERAL regexp_split_to_table(a.{alias_goto}, '\s*,\s*') AS t (target)
    WHERE a.{alias_active} AND t.target <> ''
      -- one look into the index each: as joins, all mailboxes would be read at every message
      AND COALESCE((SELECT m.{mailbox_active} FROM {mailbox} m WHERE m.{mailbox_username} = a.{alias_address}), true)
      AND COALESCE((SELECT m.{mailbox_active} FROM {mailbox} m WHERE m.{mailbox_username} = lower(t.target)), true)
    UNION ALL
    SELECT m.{mailbox_username}, m.{mailbox_username}::text FROM {mailbox} m
    WHERE NOT m.{mailbox_active}
       OR NOT EXISTS (SELECT FROM {alias} a WHERE a.{alias_address} = m.{mailbox_username});

-- Addresses that are refused at RCPT: smtpd takes whatever has a row among the aliases, and would have to bounce it.
CREATE OR REPLACE VIEW {ext}.closed AS
    SELECT m.{mailbox_username} AS address FROM {mailbox} m WHERE NOT m.{mailbox_active}
    UNION ALL
    SELECT a.{alias_address} FROM {alias} a
    WHERE NOT a.{alias_active} AND NOT EXISTS (SELECT FROM {mailbox} m WHERE m.{mailbox_username} = a.{alias_address});

-- Domains whose every address is the one of the same local part in another domain.
CREATE OR REPLACE VIEW {ext}.domain_alias AS {domain_alias};

-- SOGo's users. Somebody whose deletion has begun is still known here, so that sogo-tool can save and remove what SOGo
-- has of him, and has no password.
CREATE OR REPLACE VIEW {ext}.sogo_users AS
    SELECT l.username AS c_uid, l.username AS c_name, l.password AS c_password,
           COALESCE(NULLIF(l.name, ''), l.username) AS c_cn, l.username AS mail,
           COALESCE((SELECT string_agg(s.address, ' ' ORDER BY s.address) FROM {ext}.sender_login s
                     WHERE s.login = l.username AND s.address <> l.username), '') AS aliases,
           l.instance
    FROM {ext}.login l
    UNION ALL
    SELECT m.{mailbox_username}, m.{mailbox_username}, '!', m.{mailbox_name}, m.{mailbox_username}, '', {default_instance}
    FROM {mailbox} m
    WHERE NOT m.{mailbox_active} AND EXISTS (SELECT FROM {ext}.leaving v WHERE v.username = m.{mailbox_username});
