"""What it means that a USB camera can't be used, and what to do about it.

Owns: the words for each errno, and who else has the camera. Does not own: when to ask.
Invariant: a camera that is not there is an `AbsentError`, so that the supervisor looks out for it; everything else
that a camera may recover from is a `CameraError`.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import pwd
from pathlib import Path

from shared.errors import AbsentError, CameraError

_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO}
_SILENT = {errno.ETIMEDOUT, errno.EIO, errno.EPROTO, errno.EPIPE, errno.EREMOTEIO, errno.EILSEQ}
_MOST_PROCESSES = 3


def absent(shown: str) -> AbsentError:
    """Nothing is there."""
    return AbsentError(f"{shown}: there is no such camera; plug it in ('timelapse cameras' lists those that are there)")


def failure(shown: str, error: OSError, node: str = "", *, is_streaming: bool = False) -> CameraError:
    """What `error` of an ioctl, or of opening `node`, means."""
    if error.errno in _GONE:
        return AbsentError(f"{shown}: the camera is gone; check its cable and its power")
    if error.errno == errno.EBUSY:
        return busy(shown, node)
    return CameraError(f"{shown}: {_words(error, node, is_streaming=is_streaming)}")


def _words(error: OSError, node: str, *, is_streaming: bool) -> str:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _no_permission(node)
    if error.errno == errno.ENOSPC:
        return (
            "the USB bus has no room for one more stream; lower the resolution of one of its cameras, or plug this one "
            "into a port of another controller"
        )
    if is_streaming:
        return f"the stream broke ({error.strerror}); if it happens again, check cable, hub and power"
    if error.errno in _SILENT:
        return (
            f"the camera does not answer ({error.strerror}); unplug it and plug it in again, and check cable, hub and "
            "power"
        )
    return f"the camera can't be used ({error.strerror}); unplug it and plug it in again"


def busy(shown: str, node: str) -> CameraError:
    """Another program has it."""
    users = users_of(node)
    who = f" ({', '.join(users)})" if users else ""
    return CameraError(f"{shown}: another program uses the camera{who}; end that program")


def users_of(node: str) -> list[str]:
    """Who has a node open, apart from this process: `cheese (pid 1234)`. As far as this user may see that."""
    others = (each for each in Path("/proc").iterdir() if each.name.isdigit() and int(each.name) != os.getpid())
    users = [f"{_name(process)} (pid {process.name})" for process in others if _has_open(process, f"/dev/{node}")]
    return users[:_MOST_PROCESSES]


def _has_open(process: Path, path: str) -> bool:
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) == path:
                    return True
    return False


def _name(process: Path) -> str:
    with contextlib.suppress(OSError):
        return (process / "comm").read_text("utf-8", "replace").strip()
    return "a process"


def _no_permission(node: str) -> str:
    user, group = _user(), "video"
    with contextlib.suppress(OSError, KeyError):
        group = grp.getgrgid(Path(f"/dev/{node}").stat().st_gid).gr_name
    if group == "root":
        # As the kernel makes it, for the moment until udev has been there.
        return (
            f"the camera is root's alone: udev has not made it ready yet, or is told so by a rule (ls -l /dev/{node})"
        )
    return (
        f"{user} may not open the camera; add that user to the group {group} "
        f"(sudo usermod -aG {group} {user}), then sign in anew, or restart the service"
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
