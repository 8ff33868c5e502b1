"""The one line that systemd shows of the service.

Owns: its words. Does not own: when it is sent (`supervisor.telling`), nor the page that tells all (`timelapse status`).
Invariant: pure but for the local time zone. It holds times of day rather than seconds that are left, so that it stays
true while nobody sends it anew; and of what people have written nothing but the names of cameras, since every user of
the machine may read it.
"""

from __future__ import annotations

import time

from shared.clock import NS_PER_S
from shared.status import CameraStatus, Status, StorageStatus, WorkerStatus

STOPPING_LINE = "Stopping"
_CAPTURE = "capture."
_MOST_NAMES = 3
_MOST_TROUBLES = 2
_SILENCE_S = 120.0
"""Beyond three intervals. So long nothing may be heard of a slow camera, or after a clock was set."""


def service_line(status: Status, now_wall_ns: int) -> str:
    """`Recording: main; last frame 12:52:22; disk 23.8 % used`, or what keeps it from that, first."""
    if status.supervisor.state == "stopping":
        return STOPPING_LINE
    workers = {name: _trouble_of_worker(name, worker, now_wall_ns) for name, worker in status.workers.items()}
    cameras = {name: workers.pop(_CAPTURE + name, "") or _trouble(status, name, now_wall_ns) for name in status.cameras}
    waiting = [name for name in cameras if not cameras[name] and _is_silent(status, name, now_wall_ns)]
    recording = [name for name in cameras if not cameras[name] and name not in waiting]
    # What is left in `workers` has no camera, or none any more.
    troubles = [trouble for trouble in (*cameras.values(), *workers.values()) if trouble]
    parts = [
        _heading(recording, waiting, len(cameras)),
        *troubles[:_MOST_TROUBLES],
        f"and {len(troubles) - _MOST_TROUBLES} more" if len(troubles) > _MOST_TROUBLES else "",
        _last_frame(status, now_wall_ns),
        _disk(status.storage),
        "clock not synchronised" if _is_unsynchronised(status) else "",
        "the new configuration was rejected" if status.config.errors else "",
    ]
    return "; ".join(part for part in parts if part)


def _heading(recording: list[str], waiting: list[str], total: int) -> str:
    if recording:
        said = f"Recording: {_named(recording, total)}"
        return f"{said}; waiting for the window: {_named(waiting, total)}" if waiting else said
    return f"Waiting for the window: {_named(waiting, total)}" if waiting else "Not recording"


def _named(names: list[str], total: int) -> str:
    return ", ".join(names) if len(names) <= _MOST_NAMES else f"{len(names)} of {total} cameras"


def _trouble_of_worker(name: str, worker: WorkerStatus, now_wall_ns: int) -> str:
    """Why it does not run; empty when it does."""
    who = name.removeprefix(_CAPTURE)
    cause = f" ({worker.last_cause})" if worker.last_cause else ""
    if worker.state == "backoff":
        due_wall_ns = now_wall_ns + round((worker.next_start_s or 0.0) * NS_PER_S)
        return f"{who} starts again at {_at(due_wall_ns, now_wall_ns)}{cause}"
    said = {
        "running": "",
        "starting": f"{who} is starting{f' again{cause}' if worker.restarts.failures else ''}",
        "failed": f"{who} has failed{cause}",
        "stopped": f"{who} is stopped",
        "quarantined": f"{who} hangs in the kernel",
        "killing": f"{who} is being killed{cause}",
    }
    return said.get(worker.state, f"{who} is {worker.state}")


def _trouble(status: Status, name: str, now_wall_ns: int) -> str:
    """Why a camera takes no pictures though its worker runs; empty when it does, or has none to take at this hour."""
    camera, worker = status.cameras[name], status.workers.get(_CAPTURE + name)
    if worker is None:
        return f"{name} is not there yet"
    # A miss from before this worker ran is why it was started, not how it does.
    if camera.missing_now and (camera.last_miss_slot_ns or 0) >= worker.since_wall_ns:
        return f"{name} misses its slots ({camera.last_miss_cause})"
    if camera.window == "always" and _is_silent(status, name, now_wall_ns):
        return f"{name} has taken no frame since {_at(_last_sign_ns(camera, worker), now_wall_ns)}"
    return ""


def _is_silent(status: Status, name: str, now_wall_ns: int) -> bool:
    camera, worker = status.cameras[name], status.workers[_CAPTURE + name]
    return (now_wall_ns - _last_sign_ns(camera, worker)) / NS_PER_S > 3 * camera.interval_s + _SILENCE_S


def _last_sign_ns(camera: CameraStatus, worker: WorkerStatus) -> int:
    return max(camera.last_frame_slot_ns or 0, camera.accounted_until_ns or 0, worker.since_wall_ns)


def _last_frame(status: Status, now_wall_ns: int) -> str:
    slots_ns = [camera.last_frame_slot_ns for camera in status.cameras.values()]
    newest_ns = max((slot_ns for slot_ns in slots_ns if slot_ns is not None), default=None)
    return f"last frame {_at(newest_ns, now_wall_ns)}" if newest_ns is not None else "no frame yet"


def _disk(storage: StorageStatus) -> str:
    if storage.used_percent is None:
        return ""
    return f"disk {storage.used_percent:.1f} % used{' (full)' if storage.level == 'full' else ''}"


def _is_unsynchronised(status: Status) -> bool:
    return any(camera.synchronised is False for camera in status.cameras.values())


def _at(wall_ns: int, now_wall_ns: int) -> str:
    """Local time, with the date unless it is today's."""
    local, today = time.localtime(wall_ns // NS_PER_S), time.localtime(now_wall_ns // NS_PER_S)
    is_today = (local.tm_year, local.tm_yday) == (today.tm_year, today.tm_yday)
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", local)
