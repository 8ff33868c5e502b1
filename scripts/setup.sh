#!/bin/sh
# Installs timelapse as a service of systemd: on Raspberry Pi OS and Debian 12 and 13, and Ubuntu 24.04; 64-bit; as root.
#
#   scripts/setup.sh                      install. Nothing is enabled or started; the last lines say how. Can be run twice
#   scripts/setup.sh --output-dir DIR     the same, and frames go to DIR; also later, to change it
#   scripts/setup.sh --upgrade            put this checkout, and newer libraries, in place of what is installed. A recorder
#                                         that runs is restarted at the end
#   scripts/setup.sh --uninstall          remove it; frames, configuration and the user stay
#   scripts/setup.sh --dry-run [...]      only say what would be done, as any user
#   scripts/setup.sh --needs              only say what it wants: lines of "apt NAME" and "pip REQUIREMENT"
#
# Without a network: apt is asked for nothing that is there, and pip takes its own variables, such as
# PIP_NO_INDEX=1 PIP_FIND_LINKS=/media/usb/wheels. Ends with 0, 64 where it was called wrongly, 69 where something is missing.
set -eu
umask 022
# pip and the build need more room than a /tmp in memory has on a small board.
export TMPDIR="${TMPDIR:-/var/tmp}"
# shellcheck source=scripts/environment.sh
. "$(dirname -- "$0")/environment.sh"
# shellcheck source=scripts/setup/system.sh
. "$here/scripts/setup/system.sh"
# shellcheck source=scripts/setup/program.sh
. "$here/scripts/setup/program.sh"
# shellcheck source=scripts/setup/service.sh
. "$here/scripts/setup/service.sh"
# shellcheck source=scripts/setup/output.sh
. "$here/scripts/setup/output.sh"
# shellcheck source=scripts/setup/removal.sh
. "$here/scripts/setup/removal.sh"

usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; }
misused() { printf '%s\n\n' "$1" >&2; usage >&2; exit 64; }

# will SENTENCE: say it, and whether to do it. What changes anything stands behind `will ... || return 0`.
will() {
    if [ "$dry_run" ]; then
        printf 'would %s\n' "$*"
        return 1
    fi
    say "$*"
}

dry_run='' task=install output_dir=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --dry-run) dry_run=yes ;;
    --needs | --upgrade | --uninstall)
        [ "$task" = install ] || misused "--$task and $1 can't be had at once."
        task=${1#--} ;;
    --output-dir) [ $# -gt 1 ] || misused '--output-dir wants a directory.'; output_dir=$2; shift ;;
    --output-dir=*) output_dir=${1#*=} ;;
    *) misused "What is $1?" ;;
    esac
    shift
done
case $task:$output_dir in
install: | needs: | upgrade: | uninstall: | install:* | upgrade:*) ;;
*) misused "--output-dir goes with installing, not with --$task." ;;
esac

if [ "$task" = uninstall ]; then
    [ "$dry_run" ] || need_root
    uninstall
    exit 0
fi

know_the_system
if [ "$task" = needs ]; then
    debian_packages | sed 's/^/apt /'
    requirements | sed 's/^/pip /'
    exit 0
fi
need_systemd
[ "$dry_run" ] || need_root
[ -z "$output_dir" ] || check_output_dir

install_packages
install_program
install_user
install_configuration
install_units
[ -z "$output_dir" ] || change_output_dir
[ "$dry_run" ] || look_at_it
say_what_is_next
