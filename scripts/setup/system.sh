# A part of scripts/setup.sh: which system this is, and what it needs.
# Owns: whom it is for, the Debian packages, and the Python requirements with their limits. Does not own: installing either.
# Invariant: a system that it was not made for is refused with a sentence, before anything is changed.
# TIMELAPSE_OS_RELEASE and TIMELAPSE_BOARD name other files than the system's own, for tests.

need_root() {
    [ "$(id -u)" = 0 ] || give_up "Installing writes to /opt, /etc and /usr/local, and so needs root: sudo scripts/setup.sh"
}

# know_the_system: sets `suite` (bookworm, trixie, noble) and `is_pi`. Ends where it is none of ours.
know_the_system() {
    os_release=${TIMELAPSE_OS_RELEASE:-/etc/os-release}
    [ -r "$os_release" ] || give_up "There is no $os_release to tell which system this is. $(whom_it_is_for)"
    system=$(. "$os_release" && printf '%s' "${ID-} ${VERSION_CODENAME-}")
    name=$(. "$os_release" && printf '%s' "${PRETTY_NAME:-${ID-} ${VERSION_ID-}}")
    case $system in
    "debian bookworm" | "debian trixie" | "ubuntu noble" | "raspbian bookworm" | "raspbian trixie") suite=${system#* } ;;
    *) give_up "This is $name. $(whom_it_is_for)" ;;
    esac
    architecture=$(dpkg --print-architecture)
    case $architecture in
    amd64 | arm64) ;;
    *) give_up "This $name is for $architecture, for which OpenCV and other libraries are not to be had: install a 64-bit system." ;;
    esac
    is_pi=
    board=$(tr -d '\0' 2>/dev/null <"${TIMELAPSE_BOARD:-/proc/device-tree/model}") || board=
    case $board in *"Raspberry Pi"*) is_pi=yes ;; esac
}

need_systemd() {
    for command in systemctl systemd-sysusers systemd-tmpfiles; do
        command -v "$command" >/dev/null || give_up "There is no $command here, and so no systemd that could run a service."
    done
}

whom_it_is_for() {
    printf 'setup.sh knows Raspberry Pi OS and Debian 12 and 13, and Ubuntu 24.04; docs/install.md says how it is done by hand.'
}

debian_packages() {
    # Certificates are for https cameras too, and the zone for the names of frames.
    printf '%s\n' python3 python3-venv ca-certificates tzdata
    # Makes the videos.
    echo ffmpeg
    # Only Raspberry Pi's own archive has it; on another system on a Pi there are USB and network cameras.
    if [ "$is_pi" ] && { is_installed python3-picamera2 || apt_offers python3-picamera2; }; then
        echo python3-picamera2
    fi
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
apt_offers() { apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

# requirements: of pip, a line each: those of setup.cfg within the limits of this system, and what building needs.
requirements() {
    sed -n '/^install_requires =/,/^\[/s/^    //p' "$here/setup.cfg" | limited
    # From this version on it needs no `wheel` beside it.
    echo 'setuptools >= 70.1'
}

limited() {
    # Bookworm's picamera2 and simplejpeg are built for numpy 1 and seen through --system-site-packages; with numpy 2 they end
    # with "numpy.dtype size changed". OpenCV wants numpy 2 from 4.12 on.
    if [ "$suite" = bookworm ]; then
        sed -e 's/^numpy .*/&, < 2/' -e 's/^opencv-python-headless .*/&, < 4.12/'
    else
        cat
    fi | if [ "$is_pi" ]; then
        # What the Pi's camera gives is encoded as it is from this version on, which bookworm's own is not.
        sed -e 's/^simplejpeg .*/simplejpeg >= 1.8/'
    else
        cat
    fi
}

install_packages() {
    lacking=
    for package in $(debian_packages); do
        is_installed "$package" || lacking="$lacking $package"
    done
    if [ "$lacking" ]; then
        will "install with apt:$lacking" || return 0
        # shellcheck disable=SC2086 # one word a package
        want_packages $lacking
    fi
    if [ "$is_pi" ] && ! is_installed python3-picamera2; then
        say "apt has no python3-picamera2 here: USB and network cameras can be used, and the Pi's own can't"
    fi
}
