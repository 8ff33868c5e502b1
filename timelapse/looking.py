"""Having somebody look for cameras: a process of its own, which a camera may hold up.

Owns: starting it, its time-out, reading what it says. Does not own: looking (`capture_worker.discovery`).
Invariant: this process never touches a camera, so that Ctrl-C and the time-out end it whatever a camera does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from shared.errors import CameraError
from shared.found_cameras import Found

_TIMEOUT_S = 60.0
"""libcamera has 20 s, and a USB camera that answers nothing takes 5 s."""


def look(command: Sequence[str] | None = None, timeout_s: float = _TIMEOUT_S) -> Found:
    """All cameras of this machine. Blocks for some tenths of a second, with a Pi's camera for some seconds.

    `command` looks. Raises `CameraError` where looking fails, or does not end within `timeout_s`.
    """
    import msgspec

    from shared import interpreter

    command = command or interpreter.command("capture_worker.discovery", [])
    looking = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        said, complaint = looking.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        # Not waited for: a process that a camera holds up in the kernel ends when the cable is pulled, and not before.
        looking.kill()
        raise CameraError(
            f"looking for cameras did not end within {timeout_s:g} s: one of them is stuck; unplug the USB cameras, or "
            "restart the machine"
        ) from None
    try:
        return msgspec.json.decode(said, type=Found)
    except msgspec.DecodeError:
        last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"status {looking.returncode}"]
        raise CameraError(f"looking for cameras failed: {last[0]}") from None
