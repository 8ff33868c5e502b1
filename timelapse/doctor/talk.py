"""The supervisor: whether one answers, where, and what it says.

Owns: looking in each place where its sockets may be, and judging what was found there.
Does not own: what the status means (`recording`).
Invariant: a socket is connected to and asked; nothing is sent but `ping` and `status`.
"""

from __future__ import annotations

import grp
import os
import socket
import stat
from pathlib import Path
from typing import Literal

from msgspec import Struct

from shared import runtime_dir
from shared.errors import TimelapseError
from shared.status import Status
from timelapse.doctor import who
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import UNIT, Known
from timelapse.doctor.places import Places
from timelapse.doctor.who import Who

LIMIT_S = 8.0
_CONNECT_S = 1.0
_PING_S = 3.0
"""A supervisor answers within a turn of its loop; one on a busy Pi Zero takes longer."""

Door = Literal["open", "closed", "absent", "left", "forbidden", "silent"]
"""Whether somebody is behind a control socket: `left` by one that has ended, `forbidden` to us, `silent` when asked."""


class SocketPlace(Struct, frozen=True, kw_only=True):
    """A runtime directory: what it looks like, and whether a supervisor is there."""

    directory: str
    door: Door
    detail: str = ""
    mode: int = 0
    owner: str = ""
    group: str = ""
    socket_mode: int = 0


class Talk(Struct, frozen=True, kw_only=True):
    """What was found in all of them, up to the first that answers, and what that one said.

    `recorder` is the user of that process, `owner` whose directory it is that is closed to us.
    """

    places: tuple[SocketPlace, ...] = ()
    status: Status | None = None
    problem: str = ""
    recorder: Who | None = None
    owner: Who | None = None

    @property
    def open(self) -> SocketPlace | None:
        """Where one answered."""
        return next((place for place in self.places if place.door == "open"), None)


def look(explicit: str | None, places: Places) -> Talk:
    """Ask for the supervisor. Blocks for some seconds where one is silent."""
    found: list[SocketPlace] = []
    for directory in runtime_dir.candidates(explicit):
        place, status, problem = _ask(_seen(directory))
        found.append(place)
        if place.door == "open":
            recorder = None if status is None else who.of_process(status.supervisor.pid, places)
            return Talk(places=tuple(found), status=status, problem=problem, recorder=recorder)
    closed = next((place for place in found if place.door == "forbidden" and place.owner), None)
    return Talk(places=tuple(found), owner=who.of_name(closed.owner, []) if closed else None)


def judge(talk: Talk, known: Known) -> list[Finding]:
    """Whether it answers, and whether the doors are as wide open as they should be. Pure but for the group database."""
    place = talk.open
    if place is None:
        return [_nobody(talk, known)]
    if talk.problem:
        return [fault("sockets.answer", talk.problem, do=known.restart(), advice="It was started before an upgrade.")]
    return [ok("sockets.answer", f"the supervisor answers in {place.directory}"), _permissions(place)]


def _ask(place: SocketPlace) -> tuple[SocketPlace, Status | None, str]:
    if place.door != "open":
        return place, None, ""
    from timelapse.client import Client

    client = Client(Path(place.directory))
    try:
        if not client.answers(_PING_S):
            return _with(place, "silent"), None, ""
        return place, client.status()[1], ""
    except TimelapseError as error:
        return place, None, str(error)
    finally:
        client.close()


def _seen(directory: Path) -> SocketPlace:
    control = directory / "control.sock"
    try:
        status = directory.stat()
    except PermissionError:
        return SocketPlace(directory=str(directory), door="forbidden")
    except OSError as error:
        return SocketPlace(directory=str(directory), door="absent", detail=error.strerror or str(error))
    try:
        socket_mode = control.stat().st_mode
    except OSError:
        socket_mode = 0
    door, detail = _knock(control)
    return SocketPlace(
        directory=str(directory),
        door=door,
        detail=detail,
        mode=status.st_mode,
        owner=who.name_of(status.st_uid),
        group=who.group_of(status.st_gid),
        socket_mode=socket_mode,
    )


def _knock(control: Path) -> tuple[Door, str]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
        probe.settimeout(_CONNECT_S)
        try:
            probe.connect(os.fspath(control))
        except FileNotFoundError:
            return "closed", ""
        except ConnectionRefusedError:
            return "left", ""
        except PermissionError:
            return "forbidden", ""
        except OSError as error:
            return "silent", error.strerror or str(error)
    return "open", ""


def _with(place: SocketPlace, door: Door) -> SocketPlace:
    from msgspec.structs import replace

    return replace(place, door=door)


def _nobody(talk: Talk, known: Known) -> Finding:
    by_door = {place.door: place for place in reversed(talk.places)}
    if silent := by_door.get("silent"):
        saw = f"the supervisor in {silent.directory} does not answer: it is stopped, or hangs"
        if known.is_installed:
            return fault("sockets.answer", saw, do=known.restart())
        advice = "End it by kill -9 PID, and its workers end with it; then start it again."
        return fault("sockets.answer", saw, do="pgrep -af 'm supervisor'", advice=advice)
    if forbidden := by_door.get("forbidden"):
        return _forbidden(forbidden, known)
    if left := by_door.get("left"):
        saw = f"no supervisor runs; one that has ended left its sockets in {left.directory}"
    else:
        saw = f"no supervisor runs (looked in {', '.join(place.directory for place in talk.places)})"
    do = f"sudo systemctl start {UNIT}" if known.is_installed else "timelapse run"
    return warning("sockets.answer", saw, do=do)


def _forbidden(place: SocketPlace, known: Known) -> Finding:
    group, user = place.group or "timelapse", known.caller.name
    saw = f"{user} may not enter {place.directory}: it is open to the group {group}"
    if group == "root":
        return warning("sockets.answer", saw, do="sudo timelapse doctor", advice="Root runs a recorder there.")
    if _is_member(user, group):
        return warning(
            "sockets.answer",
            saw,
            do=f"newgrp {group}",
            advice="The user is in the group; it counts from the next login.",
        )
    return warning("sockets.answer", saw, do=f"sudo usermod -aG {group} {user}", advice="Then sign in anew.")


def _is_member(user: str, group: str) -> bool:
    try:
        return user in grp.getgrnam(group).gr_mem
    except KeyError:
        return False


def _permissions(place: SocketPlace) -> Finding:
    others = stat.S_IMODE(place.mode) & 0o007
    said = f"{place.directory} is {stat.S_IMODE(place.mode):04o}, its sockets {stat.S_IMODE(place.socket_mode):04o}"
    if others and place.socket_mode & 0o002:
        return warning(
            "sockets.permissions",
            f"{said}: every user of this machine can stop the recorder",
            do=f"sudo chmod o= {place.directory} {place.directory}/*.sock",
        )
    return ok("sockets.permissions", f"{said}, group {place.group}")
