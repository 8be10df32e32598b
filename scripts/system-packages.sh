#!/usr/bin/env bash
# Install the programs that tests talk to, where that is possible: as root, with apt-get.
# Without root nothing is done, and the tests that need one say so when they skip; with CI=true they fail.
set -eu

missing=()
command -v named-checkzone > /dev/null || [ -x /usr/sbin/named-checkzone ] || missing+=(bind9-utils)
command -v dot > /dev/null || missing+=(graphviz)
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    [ -x .venv/bin/python ] || "$(dirname "$0")/find-python.sh" > /dev/null 2>&1 || missing+=(python3-venv)
    [ ${#missing[@]} = 0 ] && exit 0
    echo "installing ${missing[*]}"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
        sed -E 's#[A-Za-z+]+://[^ ]*#(address)#g' "$log" | tail -n 15 >&2
        echo "warning: ${missing[*]} could not be installed; tests that need it will say so" >&2
    fi
elif [ ${#missing[@]} != 0 ]; then
    echo "note: ${missing[*]} is not installed; tests that need it will skip"
fi
