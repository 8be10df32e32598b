#!/usr/bin/env bash
# Make the virtualenv where it is missing, and install the project into it, editable.
# usage: install.sh VENV REQUIREMENT, from the root of the work tree
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(pwd -P)
venv=$1
requirement=$2

# A virtualenv knows the path it was made at; in a work tree that was moved or copied it is made anew.
if [ "$(cat "$venv/.made-at" 2>/dev/null)" != "$root" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    python=$("$here/find-python.sh")
    echo "making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    printf '%s\n' "$root" > "$venv/.made-at"
fi

echo "installing $requirement into $venv"
log=$venv/install.log
if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --editable "$requirement" \
    > "$log" 2>&1; then
    # Where packages come from may be private: it stays in the log.
    grep -v '^Looking in' "$log" | sed -E 's#[A-Za-z+]+://[^ ,)]*#(address)#g' | tail -n 15 >&2
    echo "error: the installation failed; all of it stands in $log" >&2
    exit 1
fi
