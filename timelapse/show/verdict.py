"""Is it recording? The one question, answered from the status in one sentence.

Owns: what counts as recording, and the words for each state that does not.
Does not own: how the rest of the page looks (`timelapse.show.page`).
Invariant: pure. `well` is true exactly when every camera records and every worker runs.
"""

from __future__ import annotations

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.status import CameraStatus, Status, WorkerStatus
from timelapse.show.words import duration, plain

_CAPTURE = "capture."
_SILENCE_S = 120.0
"""On top of three intervals: opening a slow camera, a long exposure, a clock that was just set."""


class Verdict(Struct, frozen=True):
    """`recording` counts the cameras that are; `sentence` stands on one line."""

    well: bool
    recording: int
    sentence: str


def verdict(status: Status, now_wall_ns: int, age_s: float) -> Verdict:
    """What to say first. `age_s` is how old the status is: a countdown has gone on since."""
    troubles = {name: trouble_of_camera(status, name, now_wall_ns, age_s) for name in status.cameras}
    bad = [trouble for trouble in troubles.values() if trouble]
    others = [
        trouble
        for name, worker in status.workers.items()
        if not name.startswith(_CAPTURE) and (trouble := trouble_of_worker(name, worker, age_s))
    ]
    recording = len(troubles) - len(bad)
    if status.supervisor.state == "stopping":
        return Verdict(False, 0, "NOT recording: the supervisor is stopping.")
    sentence = _sentence(list(troubles), bad)
    if not bad and others:
        sentence = f"{sentence.rstrip('.')}, but {others[0]}"
    return Verdict(not bad and not others, recording, sentence)


def trouble_of_camera(status: Status, camera: str, now_wall_ns: int, age_s: float) -> str:
    """Why a camera does not record, beginning with its worker's name; empty when it does."""
    name = _CAPTURE + camera
    worker = status.workers.get(name)
    if worker is None:
        return f"{name} is not there yet"
    return (
        trouble_of_worker(name, worker, age_s)
        or _slots_missed(name, status, status.cameras[camera], worker.since_wall_ns)
        or _silence(name, status.cameras[camera], worker.since_wall_ns, now_wall_ns)
    )


def trouble_of_worker(name: str, worker: WorkerStatus, age_s: float) -> str:
    """Why a worker does not work, beginning with its name; empty when it does."""
    if worker.state == "running":
        return ""
    cause = f" ({worker.last_cause})" if worker.last_cause else ""
    detail = f": {plain(worker.last_detail)}" if worker.last_detail else ""
    again = f" again after a failure{cause}" if worker.restarts.failures else ""
    said = {
        "backoff": f"is in back-off{cause}, {next_try(worker, age_s)}{detail}",
        "failed": f"has failed{cause}{detail}; it waits for 'timelapse reload' or 'timelapse restart {name}'",
        "stopped": f"is stopped; 'timelapse start {name}' starts it",
        "quarantined": f"is quarantined: process {worker.pid} hangs in the kernel and can't be killed",
        "stopping": "is being stopped",
        "killing": "is being killed",
        "starting": f"is starting{again}",
    }
    return f"{name} {said.get(worker.state, f'is {worker.state}')}"


def next_try(worker: WorkerStatus, age_s: float) -> str:
    """When a worker in back-off is started again."""
    if worker.next_start_s is None:
        return "waiting"
    left_s = worker.next_start_s - age_s
    return f"next try in {duration(left_s)}" if left_s >= 1 else "next try now"


def _slots_missed(name: str, status: Status, camera: CameraStatus, since_wall_ns: int) -> str:
    # A miss from before this worker was ready is why it was started, not how it does.
    if not camera.missing_now or (camera.last_miss_slot_ns or 0) < since_wall_ns:
        return ""
    cause = camera.last_miss_cause or "unknown"
    detail = status.storage.detail if cause in {"disk_full", "disk_error"} else ""
    return f"{name} runs, but missed its last slot ({cause}){f': {plain(detail)}' if detail else ''}"


def _silence(name: str, camera: CameraStatus, since_wall_ns: int, now_wall_ns: int) -> str:
    """Neither frames nor misses, which should not be: the page must not call that recording."""
    if camera.window != "always":
        return ""
    silent_s = (now_wall_ns - max(camera.last_frame_slot_ns or 0, since_wall_ns)) / NS_PER_S
    silent = silent_s > 3 * camera.interval_s + _SILENCE_S
    return f"{name} runs, but has taken no frame for {duration(silent_s)}" if silent else ""


def _sentence(cameras: list[str], bad: list[str]) -> str:
    total = len(cameras)
    if not bad:
        return f"Recording: {'camera ' + cameras[0] if total == 1 else f'all {total} cameras'}."
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    if len(bad) == total:
        return f"NOT recording: {bad[0]}{more}"
    return f"Recording {total - len(bad)} of {total} cameras: {bad[0]}{more}"
