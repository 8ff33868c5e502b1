"""The clock: right, kept so, kept over a power cut, and in the zone where the camera stands.

Owns: asking the kernel and finding who keeps its clock; the judgement. Does not own: what the recorder does about it.
Invariant: the judgement is pure; nothing is set.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from msgspec import Struct

from shared.clock import NS_PER_S, is_synchronised
from shared.config.window import FixedEdge, parse_window
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.doctor.places import Places

LIMIT_S = 5.0
_KEEPERS = {
    "systemd-timesyn": "systemd-timesyncd",
    "chronyd": "chrony",
    "ntpd": "ntpd",
    "openntpd": "openntpd",
    "ntpd-rs": "ntpd-rs",
    "ptp4l": "ptp4l",
    "phc2sys": "phc2sys",
}
"""By the first 15 characters of their names, which is what the kernel keeps."""
_MOST_HOURS_OFF = 3.5
"""Summer time, and countries that lie west of their zone, come to three hours."""
_UTC = frozenset(
    {"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal", "GMT", "Etc/GMT"}
)


class Seen(Struct, frozen=True, kw_only=True):
    """`is_synchronised` is the kernel's word, None where it gives none. `zone` is empty where none is set.

    `offset_h` is what the zone is ahead of UTC by now. `built_wall_ns`: no clock that is right tells an earlier time.
    `can_keep`: timesyncd is installed, so that one command starts it.
    """

    is_synchronised: bool | None
    keepers: tuple[str, ...] = ()
    has_rtc: bool = False
    zone: str = ""
    offset_h: float = 0.0
    built_wall_ns: int = 0
    can_keep: bool = True


def look(places: Places) -> Seen:
    """Look at all of it. Some milliseconds for each hundred processes."""
    timesyncd = places.at("/usr/lib/systemd/systemd-timesyncd"), places.at("/lib/systemd/systemd-timesyncd")
    return Seen(
        is_synchronised=is_synchronised(),
        keepers=tuple(_keepers(places)),
        has_rtc=any(name.startswith("rtc") for name in places.names("/sys/class/rtc")),
        zone=zone_of(places),
        offset_h=time.localtime().tm_gmtoff / 3600,
        built_wall_ns=Path(__file__).stat().st_mtime_ns,
        can_keep=any(path.exists() for path in timesyncd),
    )


def zone_of(places: Places) -> str:
    """`Europe/Oslo`, as /etc/localtime leads to it; else as /etc/timezone says; empty where neither is there."""
    if chosen := os.environ.get("TZ"):
        return chosen.lstrip(":")
    _, marker, name = os.path.realpath(places.at("/etc/localtime")).partition("/zoneinfo/")
    return name if marker else places.text("/etc/timezone")


def judge(seen: Seen, known: Known) -> list[Finding]:
    """All four. Pure."""
    return [_synchronised(seen, known), _keeper(seen), _rtc(seen, known), _zone(seen, known)]


def _synchronised(seen: Seen, known: Known) -> Finding:
    check = "clock.synchronised"
    if known.now_wall_ns < seen.built_wall_ns:
        when = time.strftime("%Y-%m-%d", time.gmtime(known.now_wall_ns // NS_PER_S))
        saw = f"the clock says {when}, which is before this program was installed: frames are named by it"
        return fault(check, saw, do="timedatectl status", advice="Without a network: sudo timedatectl set-time ...")
    if seen.is_synchronised is None:
        return ok(check, "the kernel does not tell whether its clock is synchronised")
    if seen.is_synchronised:
        return ok(check, "the kernel's clock is synchronised")
    saw = "the kernel's clock is not synchronised: frames may be named by a wrong time, and keep_days waits"
    return warning(check, saw, do="timedatectl timesync-status" if seen.keepers else _start_keeper(seen))


def _keeper(seen: Seen) -> Finding:
    if seen.keepers:
        two = "; two of them fight over the clock" if len(seen.keepers) > 1 else ""
        saw = f"kept by {' and '.join(seen.keepers)}{two}"
        if two:
            return warning("clock.keeper", saw, do="sudo systemctl disable --now systemd-timesyncd")
        return ok("clock.keeper", saw)
    if seen.is_synchronised:
        return ok("clock.keeper", "kept by none of the usual programs; the host of a virtual machine may do it")
    return warning("clock.keeper", "nothing keeps the clock: it drifts by seconds a day", do=_start_keeper(seen))


def _rtc(seen: Seen, known: Known) -> Finding:
    if seen.has_rtc:
        return ok("clock.rtc", "this machine has a clock of its own for when it is off")
    saw = "no clock of its own: after a power cut it begins with an old time, until the network has told it"
    if seen.is_synchronised or seen.keepers:
        return ok("clock.rtc", saw)
    if not known.board:
        return warning("clock.rtc", saw, do="timedatectl status", advice="Frames of that time are marked as such.")
    advice = "Frames of that time are marked as such. The line is for a DS3231 module, and counts from the next boot."
    do = "echo dtoverlay=i2c-rtc,ds3231 | sudo tee -a /boot/firmware/config.txt"
    return warning("clock.rtc", saw, do=do, advice=advice)


def _zone(seen: Seen, known: Known) -> Finding:
    check, do = "clock.zone", "sudo timedatectl set-timezone Europe/Oslo"
    advice = "With your own zone: timedatectl list-timezones. Then restart the recorder."
    configuration = known.configuration
    name = seen.zone or "none"
    if configuration is not None and configuration.location is not None:
        sun_h = configuration.location.longitude / 15
        off_h = abs((seen.offset_h - sun_h + 12) % 24 - 12)
        if off_h > _MOST_HOURS_OFF:
            saw = f"the zone is {name}, {off_h:.0f} h off the sun where the camera stands: is the location right?"
            return warning(check, saw, do=do, advice=advice)
    if seen.zone in _UTC | {""} and (windows := _fixed_windows(known)):
        saw = f"the zone is {name}, and the windows of {', '.join(windows)} are by the local time"
        return warning(check, saw, do=do, advice=advice)
    return ok(check, f"the zone is {name}: frames are named by its time, with the offset")


def _fixed_windows(known: Known) -> list[str]:
    """The cameras whose window is by the hour."""
    cameras = known.configuration.cameras if known.configuration else {}
    found = []
    for name, camera in cameras.items():
        if camera.window == "always":
            continue
        window = parse_window(camera.window)
        if isinstance(window.start, FixedEdge) or isinstance(window.end, FixedEdge):
            found.append(name)
    return found


def _start_keeper(seen: Seen) -> str:
    return "sudo timedatectl set-ntp true" if seen.can_keep else "sudo apt install systemd-timesyncd"


def _keepers(places: Places) -> list[str]:
    names = {places.text(f"/proc/{pid}/comm") for pid in places.names("/proc") if pid.isdigit()}
    return sorted(_KEEPERS[name] for name in names if name in _KEEPERS)
