# A part of scripts/setup.sh: the program itself, in a Python environment of its own.
# Owns: /opt/timelapse and the command that points there. Does not own: which libraries (system.sh).
# Invariant: the stamp is written last and removed first, so that an installation that was cut off is done again. Nothing is
# written into the checkout.

prefix=/opt/timelapse
command_link=/usr/local/bin/timelapse

install_program() {
    stamp=$(stamp_of_checkout)
    if [ -e "$prefix" ] && ! is_ours; then
        give_up "$prefix is there, and is no Python environment: move it away."
    fi
    if [ "$task" != upgrade ] && [ -e "$prefix/timelapse-stamp" ]; then
        if [ "$(cat "$prefix/timelapse-stamp")" = "$stamp" ]; then
            link_command
            return 0
        fi
        give_up "$prefix holds another version than this checkout, or one for another Python: scripts/setup.sh --upgrade replaces it."
    fi
    will "install timelapse $(version_of_checkout) into $prefix (some minutes on a small board)" || { link_command; return 0; }
    rm -f "$prefix/timelapse-stamp"
    make_environment
    install_libraries
    install_checkout
    try_libraries
    printf '%s\n' "$stamp" >"$prefix/timelapse-stamp"
    link_command
}

is_ours() { [ -e "$prefix/pyvenv.cfg" ]; }

version_of_checkout() { sed -n 's/^VERSION = "\(.*\)"$/\1/p' "$here/shared/version.py"; }

packages_of_checkout() { sed -n '/^include =/,/^$/s/^    \(.*\)\*$/\1/p' "$here/setup.cfg"; }

# stamp_of_checkout: differs with the content, with the requirements, and with the system's Python.
stamp_of_checkout() {
    (
        cd "$here"
        # shellcheck disable=SC2046 # one word a package
        sources=$(find $(packages_of_checkout) setup.cfg -name '__pycache__' -prune -o -type f -print | LC_ALL=C sort)
        # shellcheck disable=SC2086 # names of ours, without spaces
        printf '%s, python %s, %s' "$(version_of_checkout)" "$(system_python)" "$( (cat $sources; requirements) | cksum)"
    )
}

system_python() { /usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none; }

make_environment() {
    # After an upgrade of the system the old one is for a Python that is gone.
    clear=
    if [ -e "$prefix" ] && [ ! -d "$prefix/lib/python$(system_python)" ]; then clear=--clear; fi
    # --system-site-packages: for picamera2 and libcamera, which are to be had from apt alone.
    # shellcheck disable=SC2086 # nothing, or one word
    /usr/bin/python3 -m venv --system-site-packages $clear "$prefix" || give_up "$prefix can't be made; the complaint is above."
}

in_pip() {
    "$prefix/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@" ||
        give_up "pip could not install what timelapse needs; its complaint is above. Is there a network, or PIP_FIND_LINKS?"
}

install_libraries() {
    upgrade=
    if [ "$task" = upgrade ]; then upgrade=--upgrade; fi
    # Not setuptools: it is needed for building alone, which pip does in an environment of its own.
    requirements | grep -v '^setuptools' >"$prefix/requirements.txt"
    # shellcheck disable=SC2086 # nothing, or one word
    in_pip $upgrade --requirement "$prefix/requirements.txt"
}

install_checkout() {
    # A copy is built, since building leaves directories behind, and the checkout may be read-only.
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    # shellcheck disable=SC2046 # one word a package
    (cd "$here" && cp -R $(packages_of_checkout) setup.cfg setup.py pyproject.toml README.md LICENSE "$copy")
    find "$copy" -name __pycache__ -prune -exec rm -rf {} +
    in_pip --no-deps --force-reinstall "$copy"
    rm -rf "$copy"
    trap - EXIT
}

# try_libraries: what does not fit together shows when it is loaded, and is to show now.
try_libraries() {
    for library in astral cv2 msgpack msgspec PIL ruamel.yaml simplejpeg zmq \
        capture_worker.preload storage_worker.worker render_worker.worker supervisor.loop timelapse.cli; do
        complaint=$(cd / && "$prefix/bin/python" -s -P -c "import $library" 2>&1) ||
            give_up "$prefix: $library can't be loaded: $(printf '%s' "$complaint" | tail -n 1)"
    done
    if [ "$is_pi" ] && is_installed python3-picamera2; then
        complaint=$(cd / && "$prefix/bin/python" -s -P -c 'import picamera2' 2>&1) ||
            say "picamera2 can't be loaded, so the Pi's own camera can't be used: $(printf '%s' "$complaint" | tail -n 1)"
    fi
}

link_command() {
    if [ "$(readlink "$command_link" 2>/dev/null)" = "$prefix/bin/timelapse" ]; then return 0; fi
    if [ -e "$command_link" ]; then
        say "$command_link is somebody else's, and stays: call $prefix/bin/timelapse"
        return 0
    fi
    will "link $command_link to it" || return 0
    ln -sfn "$prefix/bin/timelapse" "$command_link"
}
