#!/bin/sh
# Makes the machine ready: scripts/setup.sh run | test
#
# Installs missing Debian packages (as root or by passwordless sudo, else prints the command and ends with 3),
# makes .venv, installs the lock file and compiles the translations. Each step is skipped when its result is
# already there, so a warm start costs a few milliseconds. Details go to .run/setup.log.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

lock=requirements-$1.lock
stamp=.venv/floor-stamp # first which python and where the tree lies; then the checksum of each lock installed
log=.run/setup.log

packages="python3 python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
packages="$packages fontconfig fonts-wqy-microhei poppler-utils"
case $1 in
    run) satisfied=$lock ;;
    test)
        packages="$packages libatomic1 chromium chromium-headless-shell postgresql mosquitto qpdf zbar-tools"
        satisfied="requirements-run.lock $lock" # the test lock holds every pin of the run lock
        ;;
    *)
        echo "Usage: scripts/setup.sh run | test" >&2
        exit 2
        ;;
esac

say() { printf '%s\n' "$@" >&2; }

logged() { # command...: its output goes to the log, whose end is shown when it fails
    # 9>&-: a service that a Debian package starts must not keep our lock.
    "$@" >>"$log" 2>&1 9>&- || {
        say "Failed: $*" "(details: $log)"
        tail -n 20 "$log" >&2
        exit 1
    }
}

missing_packages() {
    # shellcheck disable=SC2086  # one word per package
    installed=$(dpkg-query -W -f='|${db:Status-Status} ${Package}|' $packages 2>/dev/null || true)
    for package in $packages; do
        case $installed in
            *"|installed $package|"*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

install_packages() { # package...
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        say "Floor needs these Debian packages. Please run, then start again:" \
            "  sudo apt-get update && sudo apt-get install --no-install-recommends $*"
        exit 3
    fi
    say "Installing Debian packages: $*"
    apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300"
    logged $apt update
    logged $apt install --yes --no-install-recommends "$@"
}

venv_identity() { printf '%s %s' "$(readlink -f /usr/bin/python3)" "$PWD"; }

venv_ready() {
    [ -f "$stamp" ] && grep -qxF "$(venv_identity)" "$stamp" && grep -qxF "$(sha256sum "$lock")" "$stamp"
}

make_venv() {
    # A venv breaks when the tree moves or the system's Python changes: then it is made anew.
    if ! grep -qsxF "$(venv_identity)" "$stamp"; then
        say "Making .venv"
        /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
            say "Floor needs Python 3.11 (Debian 12) or newer; this is $(/usr/bin/python3 --version)."
            exit 3
        }
        logged /usr/bin/python3 -m venv --clear .venv
    fi
    rm -f "$stamp" # no stamp while it changes: an interrupted installation starts again
    say "Installing Python packages from $lock"
    logged .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --no-deps --require-hashes --only-binary=:all: -r "$lock"
    # shellcheck disable=SC2086  # one word per file
    { venv_identity && echo && sha256sum $satisfied; } >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

stale_catalogues() { # every .po without a .mo that is at least as new
    find floor/translations -name '*.po' 2>/dev/null | while IFS= read -r po; do
        [ -f "${po%.po}.mo" ] && [ -z "$(find "$po" -newer "${po%.po}.mo")" ] || printf '%s\n' "$po"
    done
}

ready() { [ -z "$(missing_packages)" ] && venv_ready && [ -z "$(stale_catalogues)" ]; }

ready && exit 0

mkdir -p .run
exec 9>.run/setup.lock # one set-up at a time: a second start waits here, then finds all done
flock 9
: >"$log"

missing=$(missing_packages)
# shellcheck disable=SC2086  # one word per package
[ -z "$missing" ] || install_packages $missing
venv_ready || make_venv
[ -z "$(stale_catalogues)" ] || logged .venv/bin/pybabel -q compile -d floor/translations
