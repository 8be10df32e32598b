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
# a real object store: 60 MB to fetch, 270 MB on disk, a quarter of a minute
command -v radosgw > /dev/null || missing+=(radosgw)
command -v ceph-mon > /dev/null || missing+=(ceph-mon)
command -v ceph-osd > /dev/null || missing+=(ceph-osd)
compgen -G '/usr/lib/postgresql/*/bin/postgres' > /dev/null || missing+=(postgresql)
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    [ -x .venv/bin/python ] || "$(dirname "$0")/find-python.sh" > /dev/null 2>&1 || missing+=(python3-venv)
    [ ${#missing[@]} = 0 ] && exit 0
    echo "installing ${missing[*]}"
    log=$(mktemp)
    no_cluster=/etc/postgresql-common/createcluster.d/reconciler-tests.conf
    trap 'rm -f "$log" "$no_cluster"' EXIT
    export DEBIAN_FRONTEND=noninteractive
    # PostgreSQL's package makes a database and starts it, unless it is told not to; tests start servers of their own
    if [[ " ${missing[*]} " = *" postgresql "* ]]; then
        mkdir -p "$(dirname "$no_cluster")"
        echo 'create_main_cluster = false' > "$no_cluster"
    fi
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
        sed -E 's#[A-Za-z+]+://[^ ]*#(address)#g' "$log" | tail -n 15 >&2
        echo "warning: ${missing[*]} could not be installed; tests that need it will say so" >&2
    fi
elif [ ${#missing[@]} != 0 ]; then
    echo "note: ${missing[*]} is not installed; tests that need it will skip"
fi
