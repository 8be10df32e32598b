<?php
// PostfixAdmin 3.3: config.local.php, which is read last and so wins over the rest.
$CONF['configured'] = true;
$CONF['setup_password'] = 'disabled';    // the administrator is made on the command line
$CONF['database_type'] = 'pgsql';
$CONF['database_host'] = '127.0.0.1';
$CONF['database_port'] = '@postgres@';
$CONF['database_user'] = 'postfixadmin'; // owns the tables, for its upgrade.php changes them
$CONF['database_password'] = '@postfixadmin_password@';
$CONF['database_name'] = 'mail';

// The one kind of hash that PostfixAdmin, Dovecot and SOGo all read, and that reconciler writes. The number is what a
// guess costs: 12 for people, 5 for tests.
$CONF['encrypt'] = 'php_crypt:BLOWFISH:5:{BLF-CRYPT}';
$CONF['password_expiration'] = 'NO';

// Limits are of mailboxes, in MiB: with another multiplier each saved form would change them.
$CONF['quota'] = 'YES';
$CONF['quota_multiplier'] = '1048576';
$CONF['domain_quota'] = 'NO';
$CONF['domain_quota_default'] = '0';
$CONF['aliases'] = '0';
$CONF['mailboxes'] = '0';
$CONF['maxquota'] = '0';
$CONF['used_quotas'] = 'YES';
$CONF['new_quota_table'] = 'YES';

// A new domain gets no aliases that lead to somebody else's, and no DNS is asked.
$CONF['default_aliases'] = array();
$CONF['emailcheck_resolve_domain'] = 'NO';
$CONF['recipient_delimiter'] = '+';
$CONF['fetchmail'] = 'NO';
$CONF['vacation'] = 'NO';                // Sieve does that
$CONF['forgotten_user_password_reset'] = false;
$CONF['xmlrpc_enabled'] = false;
$CONF['smtp_server'] = '127.0.0.1';
$CONF['smtp_port'] = '@smtp@';
$CONF['smtp_client'] = 'mail.cluster.test';
$CONF['admin_email'] = '';
$CONF['show_footer_text'] = 'NO';
