# A part of scripts/setup.sh: user, directories, configuration and units.
# Owns: what of them is put where. Does not own: another output directory (output.sh).
# Invariant: a configuration that is there is never changed here. Nothing is enabled or started; `systemctl edit` stays in force,
# since it writes below /etc and this does not.

lib=/usr/local/lib
configuration=/etc/timelapse/timelapse.yml
dropins=/etc/systemd/system/timelapse-capture.service.d
units='timelapse-capture.service timelapse-time-wait.service timelapse-revive.service timelapse-revive.timer'

# systemd_runs: false in a chroot, where an image is being made.
systemd_runs() { [ -d /run/systemd/system ]; }

# put SOURCE TARGET: have this file there; whether it was another one before.
put() {
    if cmp -s "$1" "$2"; then return 1; fi
    will "put $2 there" || return 1
    install -D -m 0644 "$1" "$2"
}

install_user() {
    put "$here/systemd/timelapse.sysusers" $lib/sysusers.d/timelapse.conf || true
    put "$here/systemd/timelapse.tmpfiles" $lib/tmpfiles.d/timelapse.conf || true
    if ! id timelapse >/dev/null 2>&1; then
        if will 'make the user and the group timelapse'; then
            systemd-sysusers $lib/sysusers.d/timelapse.conf || give_up "systemd-sysusers could not make the user timelapse."
        fi
    fi
    # Where systemd does not run yet it is made at the boot.
    if systemd_runs && [ "$(stat -c '%a %U:%G' /run/lock/timelapse 2>/dev/null)" != '2770 root:timelapse' ] &&
        will 'make /run/lock/timelapse'; then
        systemd-tmpfiles --create $lib/tmpfiles.d/timelapse.conf || give_up 'systemd-tmpfiles could not make /run/lock/timelapse.'
    fi
    if [ ! -d /var/lib/timelapse ] && will 'make /var/lib/timelapse'; then
        install -d -m 0750 -o timelapse -g timelapse /var/lib/timelapse
    fi
}

install_configuration() {
    if [ -e $configuration ]; then return 0; fi
    will "make the configuration $configuration" || return 0
    install -d -m 0755 /etc/timelapse
    # Addresses of cameras may have passwords in them.
    install -m 0640 -o root -g timelapse /dev/null $configuration.new
    installed_configuration >$configuration.new
    mv $configuration.new $configuration
}

# installed_configuration: the example of the project, with what is different on a machine with a camera.
installed_configuration() {
    sed -e '/^# It runs as it is, without a camera/d' \
        -e 's|^output_dir: .*|output_dir: /var/lib/timelapse|' \
        -e 's|^    source: test$|    source: auto|' "$here/config/timelapse.yml"
}

install_units() {
    changed=
    for unit in $units; do
        if put "$here/systemd/$unit" $lib/systemd/system/$unit; then changed=yes; fi
    done
    reload=$lib/systemd/system/timelapse-capture.service.d/notify-reload.conf
    if [ "$(systemd_version)" -ge 253 ]; then
        if put "$here/systemd/notify-reload.conf" $reload; then changed=yes; fi
    elif [ -e $reload ] && will "remove $reload"; then
        rm $reload
        changed=yes
    fi
    if [ "$changed" ] && systemd_runs; then systemctl daemon-reload; fi
}

systemd_version() { systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'; }

# look_at_it: whether the configuration can be used; and after an upgrade, the recorder that runs anew.
look_at_it() {
    if ! "$prefix/bin/timelapse" config check --config "$configuration" >/dev/null; then
        say "the recorder will not start with this configuration: mend what is said above, in $configuration"
    elif [ "$task" = upgrade ] && systemd_runs && systemctl --quiet is-active timelapse-capture.service; then
        say 'restart the recorder'
        # Whoever has restarted it by hand a few times has used up the 5 starts in 5 minutes.
        systemctl reset-failed timelapse-capture.service
        systemctl restart timelapse-capture.service || give_up 'It did not come up: journalctl -u timelapse-capture -n 20'
    fi
}

say_what_is_next() {
    if [ "$dry_run" ]; then
        echo 'Nothing was changed.'
    elif [ "$task" = upgrade ]; then
        echo 'Upgraded.'
    else
        cat <<TXT
Installed. Nothing was enabled or started. What is left:
  timelapse cameras                                which cameras there are   (as root, or in the group video)
  sudo nano $configuration           which of them, and how often
  sudo timelapse config check
  sudo systemctl enable --now timelapse-capture    now, and after every boot
  timelapse status                                 is it recording?
Frames, log and status may be read by root and the group timelapse: sudo adduser ${SUDO_USER:-NAME} timelapse, then sign in anew.
TXT
    fi
}
