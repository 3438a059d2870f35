#!/bin/sh
# Finds a Python that can make the virtual environment, and prints its path: `sh sandbox/prerequisites.sh python3.11`.
#
# Debian keeps what `python3.11 -m venv` needs in a package of its own, python3.11-venv. The Python that was asked for
# is tried first, then every other python3.11 of this machine; when none of them will do, root fetches the package and
# everybody else is told what is missing and how to get it. Nothing else of the machine is touched.
set -eu

wanted=${1:-python3.11}

is_good() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

candidates() {
    echo "$wanted"
    echo "$PATH" | tr ':' '\n' | while read -r folder; do
        [ -x "$folder/python3.11" ] && echo "$folder/python3.11"
    done
    echo /usr/local/bin/python3.11
    echo /usr/bin/python3.11
}

find_python() {
    candidates | while read -r python; do
        if is_good "$python"; then
            command -v "$python"
            break
        fi
    done
}

python=$(find_python)
if [ -z "$python" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Fetching python3.11-venv / Ставлю python3.11-venv" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2 &&
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 python3.11-venv >/dev/null || true
    python=$(find_python)
fi
if [ -z "$python" ]; then
    cat >&2 <<END
There is no Python 3.11 here that can make a virtual environment ($wanted and others were tried).
On Debian and Ubuntu, as root:  apt-get install python3.11-venv
Elsewhere install Python 3.11 from https://www.python.org and name it:  make install PYTHON=/path/to/python3.11

Здесь нет Python 3.11, который умеет создавать виртуальное окружение (испробованы $wanted и другие).
В Debian и Ubuntu, от root:  apt-get install python3.11-venv
В других системах поставьте Python 3.11 с https://www.python.org и назовите его:  make install PYTHON=/путь/к/python3.11
END
    exit 1
fi
echo "$python"
