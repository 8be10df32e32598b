#!/usr/bin/env bash
# Print the first Python that is 3.11 or newer and can make a virtualenv with pip in it.
# PYTHON=… is tried alone.
set -eu

candidates=(python3 python3.14 python3.13 python3.12 python3.11 python)
[ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
too_old=
lame=
for candidate in "${candidates[@]}"; do
    path=$(command -v "$candidate" 2>/dev/null) || continue
    if ! "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        too_old="$too_old $candidate"
    elif ! "$path" -c 'import venv, ensurepip' 2>/dev/null; then
        lame=${lame:-$candidate}
    else
        echo "$path"
        exit 0
    fi
done

if [ -n "$lame" ]; then
    version=$("$lame" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "error: $lame can not make a virtualenv: its ensurepip is missing" >&2
    echo "help: on Debian and Ubuntu: apt-get install python$version-venv" >&2
elif [ -n "$too_old" ]; then
    echo "error: no Python 3.11 or newer was found, only:$too_old" >&2
    echo "help: install one, then say which: make PYTHON=/path/to/python3.13 ..." >&2
else
    echo "error: no Python was found (tried: ${candidates[*]})" >&2
    echo "help: install Python 3.11 or newer, then say which: make PYTHON=/path/to/python3.13 ..." >&2
fi
exit 1
