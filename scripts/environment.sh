# Read by scripts/demo, scripts/test and scripts/prove: makes .venv with what is asked for, and says what it does.
# Owns: finding Python, installing what Debian packages lack (as root), and the virtual environment.
# Invariant: can be run twice; the second time it changes nothing. It ends with 69 and a plain sentence when something is missing.

EX_UNAVAILABLE=69
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit $EX_UNAVAILABLE
venv=${TIMELAPSE_VENV:-$here/.venv}

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
[ -t 2 ] || say() { printf '==> %s\n' "$*" >&2; }
give_up() { printf '%s\n' "$*" >&2; exit $EX_UNAVAILABLE; }

# want_packages PACKAGE...: have these Debian packages, or say which are missing.
want_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        give_up "Missing:$missing. Install them with: sudo apt-get install$missing"
    fi
    say "installing$missing"
    # shellcheck disable=SC2086 # one word a package
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
        >"${TMPDIR:-/tmp}/timelapse-apt.$$" 2>&1 || {
        tail -n 5 "${TMPDIR:-/tmp}/timelapse-apt.$$" >&2
        give_up "apt-get could not install:$missing. Its last lines are above; is there a network?"
    }
    rm -f "${TMPDIR:-/tmp}/timelapse-apt.$$"
}

# make_venv EXTRAS: a virtual environment with this checkout installed, as `pip install -e .EXTRAS`.
make_venv() {
    python=${PYTHON:-python3}
    command -v "$python" >/dev/null || give_up "There is no $python here. Install it with: sudo apt-get install python3"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        give_up "timelapse needs Python 3.11 or newer, and $python is $("$python" --version 2>&1)."
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        command -v dpkg-query >/dev/null ||
            give_up "$python can't make virtual environments (no ensurepip): install its venv package."
        want_packages python3-venv ca-certificates
    fi
    # What is installed with more than was asked for will do.
    for extras in '[test]' "$1"; do
        stamp=$("$python" -c 'import sys; print(sys.version)'; cat "$here/setup.cfg"; printf '%s' "$extras $here")
        if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/timelapse-stamp" 2>/dev/null)" = "$stamp" ]; then
            return 0
        fi
    done
    say "making $venv and installing timelapse and what it needs (a minute or two, once)"
    "$python" -m venv --clear "$venv" || give_up "$venv can't be made; set TIMELAPSE_VENV to another place."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e "$here$1" ||
        give_up "pip could not install what timelapse needs; its complaint is above. Is there a network?"
    printf '%s\n' "$stamp" >"$venv/timelapse-stamp"
}
