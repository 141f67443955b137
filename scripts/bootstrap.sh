#!/bin/sh
# Makes .venv with Proctor in it, editable, and everything its developers need. Called by make when pyproject.toml changed.
set -eu
cd "$(dirname "$0")/.."

recent_enough='import sys; sys.exit(sys.version_info < (3, 11))'

say() { printf '%s\n' "$*" >&2; }

# Asked for and not only looked up: a version manager's shim exists for Pythons that are not installed.
works() { "$@" >/dev/null 2>&1; }

find_python() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        if works "$name" -c "$recent_enough"; then
            printf '%s' "$name"
            return
        fi
    done
}

refuse() {
    say "Proctor needs Python 3.11 or later, and none was found."
    say "Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python),"
    say "or install uv (https://docs.astral.sh/uv/), which brings its own. Then run make again."
    exit 1
}

with_uv() {
    if ! works .venv/bin/python -c "$recent_enough"; then
        say "making .venv with uv"
        rm -rf .venv
        uv venv --quiet --python "${1:-3.13}" .venv
    fi
    say "installing Proctor and its development tools into .venv with uv"
    uv pip install --quiet --python .venv/bin/python --editable . --group dev
}

with_pip() {
    if ! works .venv/bin/python -m pip --version || ! works .venv/bin/python -c "$recent_enough"; then
        say "making .venv with $1 -m venv"
        "$1" -m venv --clear .venv || {
            say "$1 cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)."
            exit 1
        }
    fi
    say "installing Proctor and its development tools into .venv with pip"
    # --group needs pip 25.1.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    .venv/bin/python -m pip install --quiet --editable . --group dev
}

python=$(find_python)
if works uv --version; then
    with_uv "$python"
elif [ -n "$python" ]; then
    with_pip "$python"
else
    refuse
fi
