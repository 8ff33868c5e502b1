"""Whether a camera waits for its window, as it is configured to.

Owns: telling a time outside the window from a camera that does nothing. Does not own: the notation of windows
(`shared.config.window`), nor when the sun rises: that the capture worker works out, and does not tell.
Invariant: pure but for the local time zone. One of fixed hours waits exactly outside of them; one that goes by the sun
is taken to wait when it has taken no frame for longer than it would within its window.
"""

from __future__ import annotations

import time

from shared.clock import NS_PER_S
from shared.config.window import FixedEdge, parse_window
from shared.status import CameraStatus

_SILENCE_S = 120.0
"""On top of three intervals: opening a slow camera, a long exposure, a clock that was just set."""


def waits_for_window(camera: CameraStatus, since_wall_ns: int, now_wall_ns: int) -> bool:
    """Whether a camera, whose worker runs since then, has nothing to do at this time of day."""
    if camera.window == "always":
        return False
    try:
        window = parse_window(camera.window)
    except ValueError:
        return False  # in a notation of a later version
    if isinstance(window.start, FixedEdge) and isinstance(window.end, FixedEdge):
        return not _is_between(_minute_of_day(now_wall_ns), window.start.minute, window.end.minute)
    return is_silent(camera, since_wall_ns, now_wall_ns)


def is_silent(camera: CameraStatus, since_wall_ns: int, now_wall_ns: int) -> bool:
    """Whether it has taken no frame for longer than it takes when all is well."""
    return silent_s(camera, since_wall_ns, now_wall_ns) > 3 * camera.interval_s + _SILENCE_S


def silent_s(camera: CameraStatus, since_wall_ns: int, now_wall_ns: int) -> float:
    """For how many seconds nothing was told of it: since its last frame or miss, or the start of its worker if later.

    A clock that was put forward is told as a miss: it was no silence of fifty years.
    """
    last_ns = max(camera.last_frame_slot_ns or 0, camera.accounted_until_ns or 0, since_wall_ns)
    return (now_wall_ns - last_ns) / NS_PER_S


def _minute_of_day(wall_ns: int) -> int:
    local = time.localtime(wall_ns // NS_PER_S)
    return local.tm_hour * 60 + local.tm_min


def _is_between(minute: int, start: int, end: int) -> bool:
    """An end that is not after the start is on the next day."""
    return start <= minute < end if start < end else not end <= minute < start
