# A part of scripts/setup.sh: frames somewhere else than in /var/lib/timelapse.
# Owns: `output_dir` in the configuration, what lets the service write there, and what systemd has to know of a disk that comes and
# goes. Does not own: which disk is mounted there (fstab).
# Invariant: no directory that holds something is given away; what can't be written by the service is said, and nothing changed.

output_dropin=$dropins/output-dir.conf

# check_output_dir: whether frames may go there at all. Before anything is changed.
check_output_dir() {
    case $output_dir in
    /) give_up '--output-dir /: that is no place for frames.' ;;
    [!/]*) give_up "--output-dir $output_dir: it has to be an absolute path." ;;
    *[!A-Za-z0-9/._,@+-]* | *//* | */../* | */.. | */./* | */.)
        give_up "--output-dir $output_dir: take a path of letters, digits and . _ , @ + - alone." ;;
    esac
    output_dir=${output_dir%/}
    case $output_dir/ in
    / | /dev/* | /proc/* | /sys/* | /run/user/* | /etc/* | /usr/* | /boot/* | /opt/timelapse/*)
        give_up "--output-dir $output_dir: that is no place for frames." ;;
    /tmp/* | /var/tmp/*) give_up "--output-dir $output_dir: the service has a /tmp and a /var/tmp of its own. Take another place." ;;
    esac
}

change_output_dir() {
    will "have frames written to $output_dir" || return 0
    if [ ! -e "$output_dir" ]; then
        install -d -m 0755 "$(dirname "$output_dir")"
        install -d -m 0750 -o timelapse -g timelapse "$output_dir" || give_up "$output_dir can't be made."
    fi
    [ -d "$output_dir" ] || give_up "$output_dir is no directory."
    may_write || hand_over
    permit
    "$prefix/bin/timelapse" config set output_dir "$output_dir" --config "$configuration" >/dev/null
    # A disk that is not there must not have its frames fill the card below it.
    require=false
    disk=$(findmnt -n -o TARGET --target "$output_dir") || disk=/
    case $disk in
    "$output_dir")
        require=true
        come_and_go
        ;;
    / | /var* | /home) ;;
    *) say "$output_dir is on the disk at $disk. Where that may be missing, take $disk itself, or frames will fill the disk below it" ;;
    esac
    "$prefix/bin/timelapse" config set require_mount $require --config "$configuration" >/dev/null
    if systemd_runs && systemctl --quiet is-active timelapse-capture.service; then
        say "sudo systemctl restart timelapse-capture puts it in force"
    fi
}

# may_write: as the service sees it: it needs no way through a home directory, which is opened for it (permit).
may_write() {
    (cd "$output_dir" && setpriv --reuid timelapse --regid timelapse --init-groups test -w .) || return 1
    is_in_a_home || setpriv --reuid timelapse --regid timelapse --init-groups test -w "$output_dir"
}

hand_over() {
    # shellcheck disable=SC2010 # only whether there is any name but that one
    if ls -A "$output_dir" | grep -qvx 'lost+found'; then
        give_up "The user timelapse may not write to $output_dir, which holds files of others: sudo chown timelapse: $output_dir, or take a directory in it."
    fi
    chown timelapse:timelapse "$output_dir" 2>/dev/null ||
        give_up "$output_dir: its file system keeps no owners. Mount it with uid=timelapse,gid=timelapse,umask=027 (/etc/fstab)."
    may_write || give_up "The user timelapse can't get to $output_dir: a directory above it is closed to others."
}

# come_and_go: of itself systemd leaves a disk that is pulled while files on it are open mounted, dead, until somebody unmounts it;
# and mounts none that is plugged in later than at boot. A unit of fstab's is told otherwise.
come_and_go() {
    systemd_runs || return 0
    systemctl daemon-reload # fstab may have been edited just now
    mount=$(systemd-escape --path --suffix=mount "$output_dir")
    fragment=$(systemctl show --property FragmentPath --value "$mount")
    # Not by the property What: that is the name of today.
    disk=$([ -z "$fragment" ] || sed -n 's/^What=//p' "$fragment")
    case $disk in /dev/*) ;; *) return 0 ;; esac
    tell "$mount" '[Mount]' 'LazyUnmount=yes'
    tell "$(systemd-escape --path --suffix=device "$disk")" '[Unit]' "Wants=$mount"
    systemctl daemon-reload
}

# tell UNIT SECTION LINE: as `systemctl edit` would.
tell() {
    install -d -m 0755 "/etc/systemd/system/$1.d"
    printf '%s\n%s\n' "$2" "$3" >"/etc/systemd/system/$1.d/timelapse.conf"
}

is_in_a_home() { case $output_dir/ in /home/* | /root/*) ;; *) return 1 ;; esac; }

# permit: let the sandbox of the service write there.
permit() {
    case $output_dir/ in
    /var/lib/timelapse/*) rm -f "$output_dropin" ;;
    *)
        install -d -m 0755 "$dropins"
        # In a home it is that directory alone which the service sees. Elsewhere the disk may be mounted later (-).
        if is_in_a_home; then
            printf '[Service]\nProtectHome=tmpfs\nBindPaths=%s\n' "$output_dir"
        else
            printf '[Service]\nReadWritePaths=-%s\n' "$output_dir"
        fi >"$output_dropin"
        ;;
    esac
    if systemd_runs; then systemctl daemon-reload; fi
}
