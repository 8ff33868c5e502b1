"""What is mounted where, what should be, and what is behind it.

Owns: reading the kernel's list, fstab and /sys/block. Does not own: the list's form (`shared.mounts`), the judgement
(`mount`, `disk`).
Invariant: no mounted file system is asked: a dead one holds nobody up here. Paths are compared, not opened.
"""

from __future__ import annotations

import os
import re

from msgspec import Struct

from shared.mounts import LIST, Mount, is_within, mounts_in, plain
from timelapse.doctor.places import Places

_PARTITION = re.compile(r"(mmcblk\d+|nvme\d+n\d+|loop\d+|md\d+)p\d+|([a-z]+)\d+")
_MOST_LAYERS = 5


class Kind(Struct, frozen=True, kw_only=True):
    """What holds a directory. `disk` is the name in /sys/block, empty where there is none.

    `errors`: how many the kernel has found in an ext4 since it was last checked.
    """

    mount: Mount | None = None
    disk: str = ""
    is_card: bool = False
    errors: int = 0


class Entry(Struct, frozen=True):
    """A line of fstab."""

    source: str
    point: str
    kind: str
    options: tuple[str, ...]


def mounts(places: Places) -> list[Mount]:
    """Everything that is mounted, in the kernel's order: a later one hides an earlier one at the same place."""
    return mounts_in(places.text(LIST))


def entries(places: Places) -> list[Entry]:
    """What fstab wants mounted at a place, swap and what is `noauto` left out."""
    found = []
    for line in places.lines("/etc/fstab"):
        words = line.split()
        if len(words) < 3 or words[0].startswith("#") or not words[1].startswith("/"):
            continue
        options = tuple(words[3].split(",")) if len(words) > 3 else ()
        if "noauto" not in options:
            found.append(Entry(plain(words[0]), os.path.normpath(plain(words[1])), words[2], options))
    return found


def holding(mounted: list[Mount], path: str) -> Mount | None:
    """What is mounted at `path`, or nearest above it. Pure."""
    held = [each for each in mounted if is_within(path, each.point)]
    longest = max((len(each.point) for each in held), default=0)
    return next((each for each in reversed(held) if len(each.point) == longest), None)


def kind_of(mount: Mount | None, places: Places) -> Kind:
    """What is behind what is mounted."""
    disk = disk_of(mount, places) if mount else ""
    return Kind(mount=mount, disk=disk, is_card=is_card(disk, places), errors=errors_of(mount, places) if mount else 0)


def disk_of(mount: Mount, places: Places) -> str:
    """The disk behind a file system, as in /sys/block: `mmcblk0` for /dev/mmcblk0p2; empty where there is none."""
    name = _device(mount, places)
    for _ in range(_MOST_LAYERS):
        # Through encryption and volumes down to what can be pulled out.
        below = places.names(f"/sys/block/{name}/slaves") if name else []
        if not below:
            break
        name = _whole(below[0], places)
    return name


def errors_of(mount: Mount, places: Places) -> int:
    """Of an ext4: what its superblock has noted. A kernel that lets nobody write after one need not show it as `ro`."""
    numbered = os.path.realpath(places.at(f"/sys/dev/block/{mount.number}"))
    said = places.text(f"/sys/fs/ext4/{os.path.basename(numbered)}/errors_count")  # noqa: PTH119 - text
    return int(said) if said.isdecimal() else 0


def _device(mount: Mount, places: Places) -> str:
    if mount.source.startswith("/dev/") and (
        name := _whole(os.path.basename(os.path.realpath(places.at(mount.source))), places)  # noqa: PTH119 - text
    ):
        return name
    numbered = places.at(f"/sys/dev/block/{mount.number}")
    return _whole(os.path.basename(os.path.realpath(numbered)), places) if numbered.exists() else ""  # noqa: PTH119


def _whole(name: str, places: Places) -> str:
    """The disk that a partition is on."""
    part = _PARTITION.fullmatch(name)
    candidates = (name, part[1] or part[2]) if part else (name,)
    return next((each for each in candidates if places.at(f"/sys/block/{each}").exists()), "")


def is_card(disk: str, places: Places) -> bool:
    """Whether a disk is an SD card: soldered memory (eMMC) has such a name too."""
    return disk.startswith("mmcblk") and places.text(f"/sys/block/{disk}/device/type") != "MMC"
