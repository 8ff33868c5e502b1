"""Is it recording? The one question, answered from the status in one sentence.

Owns: what counts as recording, and the words for each state that does not.
Does not own: how the rest of the page looks (`timelapse.show.page`).
Invariant: pure but for the local time zone. `well` is true exactly when every camera records, or waits for its window,
and every worker runs: bad pictures are recorded too, and `warned` tells of them.
"""

from __future__ import annotations

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.status import CameraStatus, Status, StorageStatus, WorkerStatus
from timelapse.show.waiting import is_silent, silent_s, waits_for_window
from timelapse.show.words import duration, plain

_CAPTURE = "capture."


class Verdict(Struct, frozen=True):
    """`recording` counts the cameras that are, without those that wait; `sentence` stands on one line.

    `warned`: it is well, but the pictures of a camera that records are not.
    """

    well: bool
    recording: int
    sentence: str
    warned: bool = False


def verdict(status: Status, now_wall_ns: int, age_s: float) -> Verdict:
    """What to say first. `age_s` is how old the status is: a countdown has gone on since."""
    troubles = {name: trouble_of_camera(status, name, now_wall_ns, age_s) for name in status.cameras}
    bad = [trouble for trouble in troubles.values() if trouble]
    others = [
        trouble
        for name, worker in status.workers.items()
        if not name.startswith(_CAPTURE) and (trouble := trouble_of_worker(name, worker, age_s))
    ]
    waiting = [name for name, trouble in troubles.items() if not trouble and waits(status, name, now_wall_ns)]
    if status.supervisor.state == "stopping":
        return Verdict(False, 0, "NOT recording: the supervisor is stopping.")
    sentence = _sentence(status, bad, waiting)
    recording = len(troubles) - len(bad) - len(waiting)
    if bad:
        return Verdict(False, recording, sentence)
    warned = "" if others else _warned(status, waiting, now_wall_ns)
    if said := (others[0] if others else warned):
        sentence = f"{sentence.rstrip('.')}, but {said}"
    return Verdict(not others, recording, sentence, bool(warned))


def trouble_of_camera(status: Status, camera: str, now_wall_ns: int, age_s: float) -> str:
    """Why a camera does not record, beginning with its worker's name; empty when it does."""
    name = _CAPTURE + camera
    worker = status.workers.get(name)
    if worker is None:
        return f"{name} is not there yet"
    return (
        trouble_of_worker(name, worker, age_s)
        or _disk_full(name, status.storage, status.cameras[camera])
        or _slots_missed(name, status, status.cameras[camera], worker.since_wall_ns)
        or _silence(name, status.cameras[camera], worker.since_wall_ns, now_wall_ns)
    )


def waits(status: Status, camera: str, now_wall_ns: int) -> bool:
    """Whether a camera that has no trouble takes nothing at present, because it is outside its window."""
    worker = status.workers.get(_CAPTURE + camera)
    return worker is not None and waits_for_window(status.cameras[camera], worker.since_wall_ns, now_wall_ns)


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


def _disk_full(name: str, storage: StorageStatus, camera: CameraStatus) -> str:
    """Said before any slot is missed: the next one may be an hour away."""
    if storage.level != "full" or (camera.last_frame_slot_ns or 0) > (storage.checked_wall_ns or 0):
        return ""  # what was written since is the last word
    used = f"{storage.used_percent:.1f}% full" if storage.used_percent is not None else "full"
    if storage.inodes_percent is not None and storage.inodes_percent > (storage.used_percent or 0.0):
        used = f"full ({storage.inodes_percent:.1f}% of its inodes are used)"
    detail = f" ({plain(storage.detail)})" if storage.detail else ""
    remedy = "make room there, or raise storage.stop_above"
    return f"{name} may not write: the disk is {used}, the limit is {storage.stop_above_percent:g}%{detail}; {remedy}"


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
    if not is_silent(camera, since_wall_ns, now_wall_ns):
        return ""
    return f"{name} runs, but has taken no frame for {duration(silent_s(camera, since_wall_ns, now_wall_ns))}"


def _warned(status: Status, waiting: list[str], now_wall_ns: int) -> str:
    """What is bad about the pictures of the cameras that record; of one that waits for its window it is old news."""
    all_bad = [
        (name, warning) for name, camera in status.cameras.items() if name not in waiting for warning in camera.warnings
    ]
    if not all_bad:
        return ""
    name, warning = all_bad[0]
    since = duration((now_wall_ns - warning.since_slot_ns) / NS_PER_S)
    more = f" (and {len(all_bad) - 1} more)" if len(all_bad) > 1 else ""
    whose = "its pictures" if len(status.cameras) == 1 else f"the pictures of {name}"
    return f"{whose} have been {warning.warning} for {since}{more}"


def _sentence(status: Status, bad: list[str], waiting: list[str]) -> str:
    total = len(status.cameras)
    recording = total - len(bad) - len(waiting)
    if not bad:
        return _all_well(status, waiting)
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    if not recording:
        return f"NOT recording: {bad[0]}{more}"
    return f"Recording {recording} of {total} cameras: {bad[0]}{more}"


def _all_well(status: Status, waiting: list[str]) -> str:
    total = len(status.cameras)
    all_of_them = "both cameras" if total == 2 else f"all {total} cameras"
    if not waiting:
        return f"Recording: {f'camera {next(iter(status.cameras))}' if total == 1 else all_of_them}."
    window = f"its window ({plain(status.cameras[waiting[0]].window)})"
    if len(waiting) == total:
        alone = f"camera {waiting[0]} is outside {window}"
        return f"Waiting: {alone if total == 1 else f'{all_of_them} are outside their windows'}."
    they_wait = f"{waiting[0]} waits for {window}" if len(waiting) == 1 else f"{len(waiting)} wait for their windows"
    return f"Recording {total - len(waiting)} of {total} cameras; {they_wait}."
