#!/usr/bin/env bash
# Plan and apply examples/quickstart in a throw-away copy, and show what happened.
# usage: demo.sh PYTHON, from the root of the work tree
set -eu

python=$PWD/${1:-.venv/bin/python}
[ -x "$python" ] || python=$1
case $python in /*) ;; *) python=$(command -v "$python") ;; esac
copy=$(mktemp -d "${TMPDIR:-/tmp}/reconciler-demo.XXXXXX")
trap 'rm -rf "$copy"' EXIT
cp -R examples/quickstart "$copy/"
find "$copy/quickstart/state" -type f ! -name README.md -delete
rm -rf "$copy/quickstart/secrets"
cd "$copy/quickstart"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' off=$'\e[0m'; else bold='' off=''; fi

say() { printf '\n%s== %s%s\n' "$bold" "$*" "$off"; }

reconciler() { "$python" -m reconciler "$@"; }

# Run a command, show it, and hold it to the exit code the reader is told. LAST=n shows the end of its talk only.
expect() {
    local wanted=$1 got=0
    shift
    printf '%s$ %s%s\n' "$bold" "$*" "$off"
    if [ -n "${LAST:-}" ]; then
        "$@" 2> talk.txt || got=$?
        tail -n "$LAST" talk.txt
    else
        "$@" || got=$?
    fi
    if [ "$got" != "$wanted" ]; then
        echo "demo: that ended with exit $got, not $wanted" >&2
        exit 1
    fi
    [ "$got" = 0 ] || printf '(exit %s)\n' "$got"
}

say 'a small company in one file: examples/quickstart/mail.yaml'
expect 0 reconciler validate

say '1. what would be done, in which order, and why (exit 2: there are changes)'
expect 2 reconciler plan --out plan.json

say '2. a plain yes is not enough to order something that costs money (exit 4: a guard refused)'
LAST=2 expect 4 reconciler apply plan.json --yes

say '3. with consent to that one cost, the same plan is carried out'
expect 0 reconciler apply plan.json --yes --allow-cost instance:office

say '4. planned again: nothing to do'
expect 0 reconciler plan

say '5. who gets mail to an address, and who may send as it'
expect 0 reconciler resolve info@example.org

say '6. the zone file: our records beside what was there'
expect 0 cat zones/example.org.zone
PATH=$PATH:/usr/sbin
if command -v named-checkzone > /dev/null; then
    expect 0 named-checkzone example.org zones/example.org.zone
else
    echo '(named-checkzone is not installed here; on Debian it comes with bind9-utils)'
fi

printf '\n%sdone.%s To play with it: cd examples/quickstart && ../../.venv/bin/reconciler plan\n' "$bold" "$off"
