# A part of scripts/setup.sh: --uninstall.
# Owns: removing what setup.sh has put there. Invariant: frames, configuration, what `systemctl edit` made, and the user stay:
# frames belong to it, and another user might get its number.

uninstall() {
    if [ -e "$prefix" ] && ! is_ours; then
        give_up "$prefix is no Python environment, and so not ours: nothing was removed."
    fi
    if [ -e $lib/systemd/system/timelapse-capture.service ] && will 'stop and disable the recorder'; then
        # In a chroot the links alone.
        if systemd_runs; then
            # shellcheck disable=SC2086 # one word a unit
            systemctl --quiet stop $units
        fi
        systemctl --quiet disable timelapse-capture.service
    fi
    for file in timelapse-capture.service.d/notify-reload.conf $units; do
        remove $lib/systemd/system/"$file"
    done
    # What output.sh has told systemd of a disk that comes and goes.
    for file in /etc/systemd/system/*.mount.d/timelapse.conf /etc/systemd/system/*.device.d/timelapse.conf; do
        remove "$file"
    done
    remove $lib/sysusers.d/timelapse.conf
    remove $lib/tmpfiles.d/timelapse.conf
    if [ -d $lib/systemd/system/timelapse-capture.service.d ] && [ ! "$dry_run" ]; then
        rmdir --ignore-fail-on-non-empty $lib/systemd/system/timelapse-capture.service.d
    fi
    if systemd_runs && [ ! "$dry_run" ]; then
        systemctl daemon-reload
        systemctl --quiet reset-failed 'timelapse-*' 2>/dev/null || true
    fi
    if [ "$(readlink $command_link 2>/dev/null)" = $prefix/bin/timelapse ]; then remove $command_link; fi
    if [ -e "$prefix" ] && will "remove $prefix"; then rm -rf --one-file-system "$prefix"; fi
    if [ "$dry_run" ]; then
        echo 'Nothing was changed.'
        return 0
    fi
    cat <<TXT
Removed. What stays is yours: frames in /var/lib/timelapse (or where output_dir says), the configuration in /etc/timelapse, what
systemctl edit made in $dropins, and the user timelapse. Without them:
  sudo rm -rf /var/lib/timelapse /etc/timelapse $dropins && sudo userdel timelapse
TXT
}

remove() {
    if [ ! -e "$1" ] && [ ! -L "$1" ]; then return 0; fi
    will "remove $1" || return 0
    rm -f "$1"
}
