#!/bin/sh
# Renews requirements-run.lock and requirements-test.lock from pyproject.toml.
#
#   scripts/lock.sh                      after a change of pyproject.toml; pins that still fit stay
#   scripts/lock.sh --upgrade            newest of everything
#   scripts/lock.sh --upgrade-package X  newest of X
#
# The locks are universal (every platform, Python 3.11 and newer), carry hashes and name no registry: whoever
# installs decides where from. The test lock is the run lock plus the dev group, with the same pins.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

command -v uv >/dev/null || {
    echo "uv is needed to lock (not to run or test). Get it, then start again:" >&2
    echo "  python3 -m venv ~/.uv && ~/.uv/bin/pip install uv && PATH=\$HOME/.uv/bin:\$PATH" >&2
    exit 3
}

compile() {
    uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --quiet "$@"
}

compile --output-file requirements-run.lock "$@"
compile --output-file requirements-test.lock --group dev --constraint requirements-run.lock "$@"
