#!/usr/bin/env bash
# Install the programs that tests talk to, where that is possible: as root, with apt-get.
# Without root nothing is done, and the tests that need one say so when they skip; with CI=true they fail.
set -eu

missing=()
command -v named-checkzone > /dev/null || [ -x /usr/sbin/named-checkzone ] || missing+=(bind9-utils)
# name servers: 5 MB to fetch, 5 seconds
command -v named > /dev/null || [ -x /usr/sbin/named ] || missing+=(bind9)
command -v dig > /dev/null || missing+=(bind9-dnsutils)
command -v knotd > /dev/null || [ -x /usr/sbin/knotd ] || missing+=(knot)
command -v pdns_server > /dev/null || [ -x /usr/sbin/pdns_server ] || missing+=(pdns-server)
compgen -G '/usr/lib/*/pdns/libgsqlite3backend.so' > /dev/null || missing+=(pdns-backend-sqlite3)
command -v dot > /dev/null || missing+=(graphviz)
command -v age > /dev/null || missing+=(age)
command -v openssl > /dev/null || missing+=(openssl)
command -v ssh-keygen > /dev/null || missing+=(openssh-client)
[ -x /usr/sbin/sshd ] || missing+=(openssh-server)
# a real object store: 60 MB to fetch, 270 MB on disk, a quarter of a minute
command -v radosgw > /dev/null || missing+=(radosgw)
command -v ceph-mon > /dev/null || missing+=(ceph-mon)
command -v ceph-osd > /dev/null || missing+=(ceph-osd)
compgen -G '/usr/lib/postgresql/*/bin/postgres' > /dev/null || missing+=(postgresql)
# a mail host with groupware, and what people reach it with: 160 MB to fetch, most of it the browser, a minute
[ -x /usr/sbin/postfix ] || missing+=(postfix)
[ -e /usr/lib/postfix/postfix-pgsql.so ] || missing+=(postfix-pgsql)
[ -x /usr/sbin/dovecot ] || missing+=(dovecot-core)
[ -x /usr/lib/dovecot/imap ] || missing+=(dovecot-imapd)
[ -x /usr/lib/dovecot/lmtp ] || missing+=(dovecot-lmtpd)
[ -e /usr/lib/dovecot/modules/auth/libdriver_pgsql.so ] || missing+=(dovecot-pgsql)
[ -x /usr/lib/dovecot/managesieve ] || missing+=(dovecot-managesieved)
[ -e /usr/lib/dovecot/modules/lib90_sieve_plugin.so ] || missing+=(dovecot-sieve)
[ -x /usr/sbin/sogod ] || missing+=(sogo)
command -v memcached > /dev/null || missing+=(memcached)
[ -x /usr/sbin/nginx ] || missing+=(nginx-light)
[ -x /usr/sbin/opendkim ] || missing+=(opendkim)
[ -d /usr/share/postfixadmin ] || missing+=(postfixadmin)
command -v php > /dev/null || missing+=(php-cli)
# without php-cgi PostfixAdmin brings Apache along
command -v php-cgi > /dev/null || missing+=(php-cgi)
compgen -G '/usr/lib/php/*/pgsql.so' > /dev/null || missing+=(php-pgsql)
command -v chromium > /dev/null || missing+=(chromium)
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    [ -x .venv/bin/python ] || "$(dirname "$0")/find-python.sh" > /dev/null 2>&1 || missing+=(python3-venv)
    [ ${#missing[@]} = 0 ] && exit 0
    echo "installing ${missing[*]}"
    log=$(mktemp)
    no_cluster=/etc/postgresql-common/createcluster.d/reconciler-tests.conf
    no_start=/usr/sbin/policy-rc.d
    made=()
    trap 'rm -f "$log" "$no_cluster" "${made[@]}"' EXIT
    export DEBIAN_FRONTEND=noninteractive
    # PostgreSQL's package makes a database and starts it, unless it is told not to; tests start servers of their own
    if [[ " ${missing[*]} " = *" postgresql "* ]]; then
        mkdir -p "$(dirname "$no_cluster")"
        echo 'create_main_cluster = false' > "$no_cluster"
    fi
    # no package starts its service while this script says that it may not (101: forbidden by policy)
    if [ ! -e "$no_start" ]; then
        made+=("$no_start")
        printf '#!/bin/sh\nexit 101\n' > "$no_start"
        chmod 755 "$no_start"
    fi
    # Postfix's package asks what kind of host this is, and writes no main.cf when it is told "none of these"
    if [[ " ${missing[*]} " = *" postfix "* ]]; then
        echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    fi
    # PostfixAdmin's makes a database on this host's PostgreSQL, unless this file says otherwise; an answer to debconf
    # comes too early to count
    database=/etc/dbconfig-common/postfixadmin.conf
    if [[ " ${missing[*]} " = *" postfixadmin "* ]] && [ ! -e "$database" ]; then
        mkdir -p "$(dirname "$database")"
        printf '%s\n' "dbc_install='false'" "dbc_upgrade='false'" "dbc_remove=''" "dbc_dbtype='pgsql'" > "$database"
    fi
    patient=(-o DPkg::Lock::Timeout=300) # seconds: somebody else may be installing
    if ! { apt-get update -qq && apt-get install -y -qq "${patient[@]}" --no-install-recommends "${missing[@]}"; } \
        > "$log" 2>&1; then
        sed -E 's#[A-Za-z+]+://[^ ]*#(address)#g' "$log" | tail -n 15 >&2
        echo "warning: ${missing[*]} could not be installed; tests that need it will say so" >&2
    fi
elif [ ${#missing[@]} != 0 ]; then
    echo "note: ${missing[*]} is not installed; tests that need it will skip"
fi
