"""Whether frames come: the last one of each camera, slots missed lately, and the workers.

Owns: judging the supervisor's status, and the file that the last one left where none answers.
Does not own: what counts as recording, which `timelapse status` says in the same words (`timelapse.show.verdict`).
Invariant: the judgement is pure but for the local time zone.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.ledger.schema import FILE_NAME as LEDGER_NAME
from shared.status import FILE_NAME, CameraStatus, Status, StorageStatus, WorkerStatus
from timelapse.doctor.finding import Finding, fault, ok, warning
from timelapse.doctor.known import Known
from timelapse.show.verdict import trouble_of_camera, trouble_of_worker, waits
from timelapse.show.waiting import is_silent
from timelapse.show.words import count, duration, interval, plain

LIMIT_S = 5.0
_LATELY_S = 3600.0
_ON_PURPOSE = frozenset({"starting", "stopped"})
"""Causes of misses that nobody needs to look into."""
_CAPTURE = "capture."


class LastWords(Struct, frozen=True, kw_only=True):
    """Of the file that the last supervisor left: the last frame's slot by camera. `problem`: why nothing is known."""

    last_frames_ns: dict[str, int] = {}
    problem: str = ""


def look(output_dir: str) -> LastWords:
    """Read `.status.json`. Blocks for the disk."""
    path = Path(output_dir) / FILE_NAME
    try:
        cameras = json.loads(path.read_bytes())["cameras"]
        slots = {str(name): camera["last_frame_slot_ns"] for name, camera in cameras.items()}
        return LastWords(last_frames_ns={name: int(slot) for name, slot in slots.items() if slot is not None})
    except OSError as error:
        return LastWords(problem=f"{path}: {error.strerror}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return LastWords(problem=f"{path}: {error}")


def judge_last_words(last: LastWords, known: Known) -> list[Finding]:
    """When each camera was recorded last, where nobody records now. Pure."""
    findings = []
    for camera, slot_ns in last.last_frames_ns.items():
        ago = duration((known.now_wall_ns - slot_ns) / NS_PER_S)
        saw = f"{camera}: the last frame is {ago} old, and nobody records now"
        findings.append(warning("recording.frames", saw, subject=camera, do=_start(known)))
    return findings


def judge(status: Status, known: Known) -> list[Finding]:
    """Each camera's frames and gaps, each worker that does not work. Pure."""
    findings = []
    for name, camera in status.cameras.items():
        findings += [_frames(status, name, known), *_gaps(name, camera, known), *_pictures(name, camera, known)]
    for name, worker in status.workers.items():
        findings.append(_worker(name, worker, known))
    return [*findings, _ledger(status.storage, known)]


def _start(known: Known) -> str:
    from timelapse.doctor.known import UNIT

    return f"sudo systemctl start {UNIT}" if known.is_installed else "timelapse run"


def _frames(status: Status, name: str, known: Known) -> Finding:
    camera, now_ns = status.cameras[name], known.now_wall_ns
    every = f"one each {interval(camera.interval_s)} is due"
    if camera.last_frame_slot_ns is None:
        last = "no frame since the supervisor was started"
    elif camera.last_frame_slot_ns > now_ns + 2 * NS_PER_S:
        saw = f"{name}: the last frame is of the future: the clock was put back"
        return warning("recording.frames", saw, subject=name, do="timedatectl status")
    else:
        last = f"the last frame is {duration((now_ns - camera.last_frame_slot_ns) / NS_PER_S)} old"
    saw = f"{name}: {last}, {every}"
    trouble = trouble_of_camera(status, name, now_ns, 0.0)
    if not trouble:
        outside = f"; it waits for its window ({plain(camera.window)})" if waits(status, name, now_ns) else ""
        return ok("recording.frames", f"{saw}{outside}", subject=name)
    worker = status.workers.get(_CAPTURE + name)
    if worker is None or worker.desired == "down":
        return warning("recording.frames", saw, subject=name, do=known.control(f"start {_CAPTURE}{name}"))
    if worker.state == "running":
        saw = f"{saw}; {trouble}"  # else it is told of the worker
    if worker.state == "starting" and not is_silent(camera, worker.since_wall_ns, now_ns):
        return warning("recording.frames", saw, subject=name, do=known.control("status --watch"))
    do = known.control("events --since 1h frame.missed camera worker")
    return fault("recording.frames", saw, subject=name, do=do)


def _gaps(name: str, camera: CameraStatus, known: Known) -> list[Finding]:
    if not camera.frames and not camera.misses:
        return []  # nothing has been told of it yet
    return [_missed(name, camera, known)]


def _missed(name: str, camera: CameraStatus, known: Known) -> Finding:
    worth = {cause: number for cause, number in camera.misses.items() if number and cause not in _ON_PURPOSE}
    missed = sum(worth.values())
    if not missed:
        return ok("recording.gaps", f"{name}: no slot missed in {count(camera.frames, 'frame')}", subject=name)
    causes = ", ".join(f"{number:,} {cause}" for cause, number in sorted(worth.items(), key=lambda item: -item[1]))
    saw = f"{name}: {count(missed, 'slot')} missed since the start ({causes})"
    ago_s = (known.now_wall_ns - (camera.last_miss_slot_ns or 0)) / NS_PER_S
    if camera.last_miss_slot_ns is None or ago_s > _LATELY_S or camera.last_miss_cause in _ON_PURPOSE:
        return ok("recording.gaps", f"{saw}, none in the last hour", subject=name)
    do = known.control("events --since 1h frame.missed worker")
    return warning("recording.gaps", f"{saw}, the last {duration(ago_s)} ago", subject=name, do=do)


def _pictures(name: str, camera: CameraStatus, known: Known) -> list[Finding]:
    findings = []
    for found in camera.warnings:
        since = duration((known.now_wall_ns - found.since_slot_ns) / NS_PER_S)
        saw = f"{name}: the pictures have been {found.warning} for {since}"
        do = known.control(f"snapshot {name} -o now.jpg")
        findings.append(warning("recording.pictures", saw, subject=name, do=do, advice=plain(found.detail)))
    return findings


def _ledger(storage: StorageStatus, known: Known) -> Finding:
    trouble = storage.ledger
    if trouble is None:
        return ok("recording.ledger", "the ledger is kept")
    since = duration((known.now_wall_ns - trouble.since_wall_ns) / NS_PER_S)
    waiting = f", {count(trouble.waiting, 'change')} waiting in memory" if trouble.waiting else ""
    saw = f"the ledger can't be written since {since}: {plain(trouble.detail)}{waiting}; recording goes on"
    file = shlex.quote(f"{storage.output_dir}/{LEDGER_NAME}")
    do = f"ls -l {file}; lsattr {file}; sudo dmesg | tail -30"
    return warning("recording.ledger", saw, do=do, advice="Deleting it does no harm but to the causes of old misses.")


def _worker(name: str, worker: WorkerStatus, known: Known) -> Finding:
    trouble = trouble_of_worker(name, worker, 0.0)
    if worker.state == "quarantined":
        advice = "Unplug its camera, or the disk that it writes to; where that does not help, restart the machine."
        return fault("recording.workers", trouble, subject=name, do="sudo reboot", advice=advice)
    if worker.state == "failed":
        do = f"{known.config('check')}; {known.control(f'restart {name} --wait')}"
        return fault("recording.workers", trouble, subject=name, do=do)
    if worker.state == "backoff":
        return fault("recording.workers", trouble, subject=name, do=known.control("events --since 1h worker camera"))
    if worker.desired == "down":
        return warning("recording.workers", trouble, subject=name, do=known.control(f"start {name}"))
    if trouble:
        return warning("recording.workers", trouble, subject=name, do=known.control("status --watch"))
    return _restarted(name, worker, known)


def _restarted(name: str, worker: WorkerStatus, known: Known) -> Finding:
    age_s = (known.now_wall_ns - worker.since_wall_ns) / NS_PER_S
    said = f"{name} has been running for {duration(age_s)}"
    causes = ", ".join(f"{number} {cause}" for cause, number in worker.restarts.by_cause.items() if cause)
    if not worker.restarts.total or not causes:
        return ok("recording.workers", said, subject=name)
    said += f"; {count(worker.restarts.total, 'restart')} ({causes})"
    if age_s > _LATELY_S:
        return ok("recording.workers", said, subject=name)
    do = known.control("events --since 1h worker")
    return warning("recording.workers", said, subject=name, do=do, advice=plain(worker.last_detail))
