"""What is mounted where, as the kernel lists it.

Owns: the form of that list. Does not own: reading it, nor any judgement.
Invariant: pure. No path is touched: what lies on a disk that hangs would hold up who asks.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from msgspec import Struct

LIST = "/proc/self/mountinfo"
_OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(Struct, frozen=True):
    """A file system and where it is: `point` is the directory, `kind` ext4 or the like, `source` the device.

    `options` are the mount's own and the file system's. `number` is its major:minor, which says which device
    `/dev/root` is; `mount_id` is this mount's alone, until it is unmounted.
    """

    point: str
    kind: str
    source: str
    options: tuple[str, ...]
    number: str = ""
    mount_id: int = 0

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written there, by its options or, as newer kernels have it, after an error."""
        return not {"ro", "emergency_ro"}.isdisjoint(self.options)


def mounts_in(listed: str) -> list[Mount]:
    """What `LIST` says (proc_pid_mountinfo(5)), in the kernel's order: a later one hides an earlier one at its place.

    A line that is not understood is left out.
    """
    return [mount for line in listed.split("\n") if (mount := mount_in(line)) is not None]


def point_in(line: str) -> str:
    """The directory of one line of it; "" where there is none. Much cheaper than the whole line."""
    # Nothing but the blank divides: a name may hold what else Python takes for one.
    words = line.split(" ", 5)
    return plain(words[4]) if len(words) > 5 else ""


def mount_in(line: str) -> Mount | None:
    """One line of it; None where it is not understood."""
    # Between the mount's own options and the lone hyphen come none, one or several optional fields.
    before, _, after = line.partition(" - ")
    words, rest = before.split(" "), after.split(" ")
    if len(words) < 6 or len(rest) < 3 or not words[0].isdecimal():
        return None
    options = dict.fromkeys([*words[5].split(","), *rest[2].split(",")])
    return Mount(plain(words[4]), rest[0], plain(rest[1]), tuple(options), words[2], int(words[0]))


def is_within(path: str, directory: str) -> bool:
    """Whether `path` is `directory`, or below it, by its name."""
    return PurePosixPath(path).is_relative_to(directory)


def plain(written: str) -> str:
    """A path as it is: blanks are written by their octal number there, and in fstab."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), written)
