"""The output disk: whether it answers, has room, and lets the recorder write; and what kind of a disk it is.

Owns: looking at `output_dir` in the recorder's place, and the judgement. Does not own: whether the right disk is
mounted there (`mount`), nor making room.
Invariant: nothing is written there, not even a trial file: `access` and `statvfs` are asked.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from msgspec import Struct

from shared.config.model import StorageConfig
from shared.disk import DiskUsage, usage_of
from shared.mounts import Mount
from timelapse.doctor import who
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.doctor.mounting import Kind
from timelapse.doctor.places import Places
from timelapse.show.words import size

LIMIT_S = 5.0
_WRITE = os.W_OK | os.X_OK
_DAY_S = 86_400
_MUCH_A_DAY_BYTES = 10_000_000_000
"""Of small files that are synced one by one: several times as much is written to the card."""
_FRAIL = {"vfat": "FAT", "msdos": "FAT", "exfat": "exFAT", "ntfs": "NTFS", "ntfs3": "NTFS", "fuseblk": "NTFS or exFAT"}
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "overlay", "aufs"})
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"})
_SYSTEM_FULL_PERCENT = 95.0


class Seen(Struct, frozen=True, kw_only=True):
    """What was found at `output_dir`. `path` is where it really is; `exists` whether it is there yet.

    `nearest` is what there is of it, which is writable for the recorder or not: None where this user may not see that.
    `closed`: what in it the recorder may not write to. `is_hidden`: this user may not even look.
    """

    path: str
    exists: bool
    nearest: str = ""
    usage: DiskUsage | None = None
    problem: str = ""
    is_writable: bool | None = None
    closed: tuple[str, ...] = ()
    is_hidden: bool = False


def look(output_dir: str, cameras: list[str], recorder: who.Who) -> Seen:
    """Look at it in the recorder's place, as root for good: for a process of its own. Blocks for the disk."""
    path = os.path.realpath(output_dir)
    try:
        nearest = _nearest(Path(path))
        usage = usage_of(nearest)
    except PermissionError:
        return Seen(path=path, exists=True, is_hidden=True)
    except OSError as error:
        return Seen(path=path, exists=True, problem=error.strerror or str(error))
    who.become(recorder)
    return Seen(
        path=path,
        exists=str(nearest) == path,
        nearest=str(nearest),
        usage=usage,
        is_writable=who.allowed(recorder, nearest, _WRITE),
        closed=tuple(_closed(Path(path), cameras, recorder)),
    )


def judge(seen: Seen, kind: Kind, known: Known) -> list[Finding]:
    """Everything about the disk that answers. Pure."""
    quoted = shlex.quote(seen.path)
    if seen.is_hidden:
        return [_closed_to(seen.path, known, quoted)] if known.caller.uid == known.recorder.uid else []
    if seen.usage is None:
        saw = f"{seen.path}: the disk answers with an error: {seen.problem}"
        return [fault("disk.answers", saw, do="sudo dmesg | tail -30", advice="Unplug it, or look at its cable.")]
    storage = known.configuration.storage if known.configuration else StorageConfig()
    findings = [_space(seen.path, seen.usage, storage, known), _inodes(seen.usage, storage, known)]
    if kind.mount is not None:
        findings += [_read_only(kind.mount, kind.errors), _file_system(kind.mount), _card(kind, known)]
    if seen.is_writable is not None:
        findings.append(_writable(seen, known, quoted))
    return [*findings, *_closed_findings(seen, known, quoted)]


def stuck(output_dir: str) -> Finding:
    """A disk that did not answer in time."""
    saw = f"{output_dir}: the disk has not answered for {LIMIT_S:g} s: an unreachable share, or a broken disk"
    return fault(
        "disk.answers", saw, do="sudo dmesg | tail -30", advice="Unplug it, or look at its cable and its server."
    )


def judge_system(used_percent: dict[str, float]) -> list[Finding]:
    """The file systems that everything else needs, by mount point. Pure."""
    full = {point: used for point, used in used_percent.items() if used >= _SYSTEM_FULL_PERCENT}
    said = ", ".join(f"{point} {used:.0f}%" for point, used in used_percent.items())
    if full:
        do = f"sudo du -xh --max-depth=2 {shlex.quote(next(iter(full)))} | sort -h | tail"
        return [warning("disk.system", f"nearly full, which stops more than the recorder: {said}", do=do)]
    return [ok("disk.system", f"used: {said}")] if said else []


def look_at_system(places: Places) -> dict[str, float]:
    """How full /, /run and /tmp are, each file system once. Blocks for them."""
    used: dict[int, tuple[str, float]] = {}
    for point in ("/", "/run", "/tmp"):  # noqa: S108 - it is looked at
        try:
            path = places.at(point)
            used.setdefault(path.stat().st_dev, (point, usage_of(path).worst_percent))
        except OSError:
            continue
    return dict(used.values())


def _space(path: str, usage: DiskUsage, storage: StorageConfig, known: Known) -> Finding:
    saw = f"{usage.used_percent:.1f}% used, {size(usage.free_bytes)} free at {path}"
    if usage.used_percent > storage.stop_above_percent:
        saw += f": nothing is recorded above {storage.stop_above_percent:g}%"
        do = f"sudo du -xh --max-depth=2 {shlex.quote(path)} | sort -h | tail"
        advice = "The recorder deletes its oldest frames alone, none younger than storage.keep_min, and nothing else."
        return fault("disk.space", saw, do=do, advice=advice)
    if usage.used_percent > storage.clean_above_percent and not storage.clean:
        saw += f": recording stops at {storage.stop_above_percent:g}%, and storage.clean is false"
        return warning("disk.space", saw, do=f"{known.config('set storage.clean true')} && {known.control('reload')}")
    after = "then the oldest frames go" if storage.clean else "nothing is ever deleted"
    return ok("disk.space", f"{saw} (up to {storage.clean_above_percent:g}%, {after})")


def _inodes(usage: DiskUsage, storage: StorageConfig, known: Known) -> Finding:
    if usage.inodes_percent is None:
        return ok("disk.inodes", "this file system does not count its files")
    saw = f"{usage.inodes_percent:.1f}% of the inodes used"
    if usage.inodes_percent > storage.stop_above_percent:
        do = "sudo du -x --inodes --max-depth=3 / | sort -n | tail"
        return fault("disk.inodes", f"{saw}: nothing is recorded above {storage.stop_above_percent:g}%", do=do)
    if usage.inodes_percent > storage.clean_above_percent and not storage.clean:
        do = f"{known.config('set storage.clean true')} && {known.control('reload')}"
        return warning("disk.inodes", f"{saw}: recording stops at {storage.stop_above_percent:g}%", do=do)
    return ok("disk.inodes", saw)


def _read_only(mount: Mount, errors: int) -> Finding:
    if not mount.is_read_only and not errors:
        return ok("disk.read_only", f"{mount.point} is mounted for writing")
    point = shlex.quote(mount.point)
    do = "sudo dmesg | grep -i -e error -e remount"
    advice = "After an error check it first: stop the recorder, unmount it, then sudo fsck."
    if errors:
        noted = "an error" if errors == 1 else f"{errors} errors"
        saw = f"{mount.point}: the kernel has found {noted} in the file system, and may let nobody write there any more"
        return fault("disk.read_only", saw, do=do, advice=advice)
    saw = f"{mount.point} is mounted read-only: by fstab, or by the kernel after an error of the disk"
    return fault("disk.read_only", saw, do=f"{do}; sudo mount -o remount,rw {point}", advice=advice)


def _file_system(mount: Mount) -> Finding:
    check, do = "disk.file_system", f"findmnt -T {shlex.quote(mount.point)}"
    if name := _FRAIL.get(mount.kind):
        saw = f"{mount.point} is {name}: without a journal and without owners; a power cut may cost more than a frame"
        advice = f"Save what is on {mount.source}; then, with the disk unmounted: sudo mkfs.ext4 {mount.source}"
        return warning(check, saw, do=do, advice=advice)
    if mount.kind in _IN_MEMORY:
        saw = f"{mount.point} is {mount.kind}: what is written there is gone after the next boot"
        advice = "On a Raspberry Pi: the overlay file system is switched off by sudo raspi-config."
        return warning(check, saw, do=do, advice=advice)
    if mount.kind in _REMOTE:
        return ok(check, f"{mount.point} is {mount.kind}, over the network: slots are missed while it does not answer")
    return ok(check, f"{mount.point} is {mount.kind}")


def _card(kind: Kind, known: Known) -> Finding:
    if not kind.is_card:
        return ok("disk.card", f"no SD card ({kind.disk or 'no disk of this machine'})")
    a_day_bytes = _bytes_a_day(known)
    if a_day_bytes is None or a_day_bytes < _MUCH_A_DAY_BYTES:
        much = "" if a_day_bytes is None else f", some {size(int(a_day_bytes))} a day"
        return ok("disk.card", f"on the SD card{much}: cards wear out; a USB disk lasts longer")
    saw = f"some {size(int(a_day_bytes))} a day are written to the SD card, which wears out"
    do = known.config("set require_mount true")
    return warning("disk.card", saw, do=do, advice="First mount a USB disk at output_dir; or take a longer interval.")


def _bytes_a_day(known: Known) -> float | None:
    if known.status is None:
        return None
    cameras = known.status.cameras.values()
    return sum(camera.last_frame_bytes * _DAY_S / camera.interval_s for camera in cameras if camera.interval_s > 0)


def _writable(seen: Seen, known: Known, quoted: str) -> Finding:
    user = known.recorder.name
    if seen.is_writable:
        what = f"may write to {seen.path}" if seen.exists else f"may make {seen.path}, which is not there yet"
        return ok("disk.writable", f"{user} {what}")
    where = seen.path if seen.exists else f"{seen.path}, nor make it in {seen.nearest}"
    return _closed_to(where, known, quoted)


def _closed_to(where: str, known: Known, quoted: str) -> Finding:
    user, group = known.recorder.name, who.group_of(known.recorder.gid)
    do = f"sudo install -d -m 0750 -o {user} -g {group} {quoted}"
    return fault("disk.writable", f"{user}, as whom the recorder runs, may not write to {where}", do=do)


def _closed_findings(seen: Seen, known: Known, quoted: str) -> list[Finding]:
    if not seen.closed:
        return []
    user = known.recorder.name
    saw = f"{user} may not write to {', '.join(seen.closed)}: somebody else made it, root by a trial run perhaps"
    return [fault("disk.owner", saw, do=f"sudo chown -R {user}: {quoted}")]


def _nearest(path: Path) -> Path:
    """The directory itself, or of those above it the nearest that is there."""
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path


def _closed(output_dir: Path, cameras: list[str], recorder: who.Who) -> list[str]:
    """Of each camera's directories the newest day's, and those on the way, as far as they can't be written to."""
    return list(filter(None, (_closed_in(output_dir / camera, recorder) for camera in cameras)))


def _closed_in(directory: Path, recorder: who.Who) -> str:
    """The first that is closed on the way to the newest day; empty where none is, or where this user may not look."""
    try:
        for _ in range(4):
            if not directory.is_dir():
                break
            if who.allowed(recorder, directory, _WRITE) is False:
                return str(directory)
            directory /= max((name for name in _names(directory) if name.isdigit()), default=".nothing")
    except PermissionError:
        pass
    return ""


def _names(directory: Path) -> list[str]:
    try:
        return [entry.name for entry in directory.iterdir()]
    except OSError:
        return []
