"""As whom the recorder runs, and what that user may do.

Owns: users with their groups, and the question of access on their behalf. Does not own: which user it is.
Invariant: as root the kernel itself is asked, in that user's place; else the modes alone are judged, without ACLs.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from msgspec import Struct

from timelapse.doctor.places import Places


class Who(Struct, frozen=True):
    """A user, with all the groups that count, the first one too."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def caller() -> Who:
    """The user of this process, with its rights."""
    gid = os.getegid()
    return Who(name_of(os.geteuid()), os.geteuid(), gid, tuple(sorted({gid, *os.getgroups()})))


def of_process(pid: int, places: Places) -> Who | None:
    """The user of a process with the groups that it really has; None where it is gone."""
    fields = dict(line.split(":", 1) for line in places.lines(f"/proc/{pid}/status") if ":" in line)
    try:
        uid, gid = (int(fields[name].split()[1]) for name in ("Uid", "Gid"))
    except (KeyError, IndexError, ValueError):
        return None
    groups = {gid, *(int(word) for word in fields.get("Groups", "").split())}
    return Who(name_of(uid), uid, gid, tuple(sorted(groups)))


def of_name(user: str, more_groups: list[str]) -> Who | None:
    """A user by the user database, with groups that a unit gives besides; None where there is no such user."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return None
    groups = {entry.pw_gid, *os.getgrouplist(user, entry.pw_gid)}
    for name in more_groups:
        try:
            groups.add(grp.getgrnam(name).gr_gid)
        except KeyError:
            continue
    return Who(user, entry.pw_uid, entry.pw_gid, tuple(sorted(groups)))


def name_of(uid: int) -> str:
    """The name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_of(gid: int) -> str:
    """The same of a group."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def become(who: Who) -> None:
    """As root: ask in this user's place from now on, for good. For a process of its own. Else nothing happens."""
    if os.geteuid() == 0 and who.uid != 0:
        os.setgroups(list(who.groups))
        os.setresgid(who.gid, who.gid, who.gid)
        os.setresuid(who.uid, who.uid, who.uid)


def allowed(who: Who, path: Path, want: int) -> bool | None:
    """Whether that user may do this (`os.R_OK | ...`) there, all directories on the way too. False where nothing is.

    None: this user, who is another one, may not see so far. Blocks for the disk.
    """
    if os.geteuid() == who.uid:
        return os.access(path, want, effective_ids=True)
    try:
        on_the_way = [permits(who, parent.stat(), os.X_OK) for parent in path.parents]
        return all(on_the_way) and permits(who, path.stat(), want)
    except PermissionError:
        return None
    except OSError:
        return False


def permits(who: Who, status: os.stat_result, want: int) -> bool:
    """Whether the mode lets that user do this. Pure."""
    return mode_permits(who, status.st_mode, status.st_uid, status.st_gid, want)


def mode_permits(who: Who, mode: int, uid: int, gid: int, want: int) -> bool:
    """As `permits`. Root may do everything, as far as modes go."""
    if who.uid == 0:
        return True
    bits = stat.S_IMODE(mode)
    granted = bits >> 6 if who.uid == uid else bits >> 3 if gid in who.groups else bits
    return granted & 7 & want == want
