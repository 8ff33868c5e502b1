"""Whether the disk that should hold the frames is the one that does.

Owns: comparing what is mounted with the configuration and fstab. Does not own: reading them (`mounting`).
Invariant: pure. A missing USB disk must never fill the card silently: what lets it is a fault, or at least a warning.
"""

from __future__ import annotations

import shlex

from msgspec import Struct

from shared.config.model import Configuration
from shared.mounts import Mount, is_within
from timelapse.doctor import mounting
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.doctor.mounting import Entry, Kind
from timelapse.doctor.places import Places

LIMIT_S = 5.0
_FOR_DISKS = ("/media", "/mnt", "/run/media")
"""Where people mount what can be pulled out."""


class Seen(Struct, frozen=True, kw_only=True):
    """What fstab wants mounted, and what holds the output directory."""

    entries: list[Entry]
    kind: Kind


def look(path: str, places: Places) -> Seen:
    """Read both. `path` is the output directory with its links followed; no file system is asked."""
    held = mounting.holding(mounting.mounts(places), path)
    return Seen(entries=mounting.entries(places), kind=mounting.kind_of(held, places))


def judge(seen: Seen, path: str, known: Known) -> list[Finding]:
    """Whether the frames go where they should. `path` as for `look`."""
    configuration = known.configuration
    if configuration is None:
        return []
    held = seen.kind.mount
    entry = _wanted(seen.entries, path)
    findings = [_there(held, entry, path, configuration)]
    if findings[0].level == "ok":
        findings.append(_guarded(held, path, configuration, known))
    return findings + ([_no_fail(entry)] if entry is not None else [])


def _wanted(entries: list[Entry], path: str) -> Entry | None:
    """The entry for the disk that should hold it, but for the root."""
    above = [entry for entry in entries if entry.point != "/" and is_within(path, entry.point)]
    return max(above, key=lambda entry: len(entry.point), default=None)


def _there(held: Mount | None, entry: Entry | None, path: str, configuration: Configuration) -> Finding:
    check, point = "mount.there", held.point if held else "/"
    silently = "" if configuration.require_mount else f": frames go to the disk of {point} without a word"
    if entry is not None and point != entry.point and not is_within(point, entry.point):
        saw = f"fstab wants {entry.source} at {entry.point}, and it is not mounted{silently}"
        advice = "Is it plugged in? lsblk lists the disks that are there."
        return fault(check, saw, do=f"sudo mount {shlex.quote(entry.point)}", advice=advice)
    if configuration.require_mount and point != path:
        saw = f"nothing is mounted at {path} itself, and require_mount is true: nothing is recorded"
        return fault(
            check, saw, do=f"lsblk -f; sudo mount /dev/DISK {shlex.quote(path)}", advice="Put it into fstab too."
        )
    if any(is_within(path, place) for place in _FOR_DISKS) and point in {"/", *_FOR_DISKS, "/run"}:
        saw = f"{path} is where disks are mounted, and none is{silently}"
        return fault(
            check, saw, do=f"lsblk -f; sudo mount /dev/DISK {shlex.quote(path)}", advice="Put it into fstab too."
        )
    source = f" ({held.source})" if held and held.source.startswith("/") else ""
    return ok(check, f"{path} is on {point}{source}")


def _guarded(held: Mount | None, path: str, configuration: Configuration, known: Known) -> Finding:
    check, point = "mount.required", held.point if held else "/"
    if configuration.require_mount:
        return ok(check, "without its disk nothing is recorded (require_mount: true)")
    if not _can_go_missing(point):
        return ok(check, "the frames are on a disk of the system")
    if point != path:
        saw = f"the disk is at {point} and output_dir below it: would the disk be missing, frames would fill the card"
        place = shlex.quote(point)
        do = f"{known.config(f'set output_dir {place}')} && {known.config('set require_mount true')}"
        if known.is_installed:
            do = f"sudo scripts/setup.sh --output-dir {place}"  # which opens the service's sandbox there, too
        advice = f"Then frames go to {point} itself, which can be required; what is in {path} so far is moved by hand."
        return warning(check, saw, do=do, advice=advice)
    saw = f"a disk is mounted at {point}, and require_mount is false: would it be missing, frames would fill the card"
    return warning(check, saw, do=f"{known.config('set require_mount true')} && {known.restart()}")


def _can_go_missing(point: str) -> bool:
    """Whether the machine would start, and we too, without what is mounted there."""
    return point not in {"/", "/var", "/var/lib", "/home", "/srv", "/usr", "/tmp", "/run"}  # noqa: S108 - compared


def _no_fail(entry: Entry) -> Finding:
    check = "mount.nofail"
    if "nofail" in entry.options or "x-systemd.automount" in entry.options:
        return ok(check, f"a boot does without {entry.point}")
    saw = f"fstab has {entry.point} without nofail: without this disk the machine does not start"
    advice = f"In the line of {entry.point}, fourth column: defaults,nofail,x-systemd.device-timeout=10s"
    return warning(check, saw, do="sudo nano /etc/fstab", advice=advice)
