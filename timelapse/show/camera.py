"""One camera's part of the status page.

Owns: what is said of a camera, and in which order. Does not own: whether it records (`timelapse.show.verdict`).
Invariant: pure but for the local time zone; every figure on it is from the status, but for the next slot, which is the
grid's.
"""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.status import CameraStatus, Status, WorkerStatus
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import field, wrapped
from timelapse.show.verdict import trouble_of_camera, waits

_UNSYNCHRONISED = "not synchronised: its frames may bear a wrong time, and are marked so"


def camera_lines(status: Status, name: str, now_wall_ns: int, age_s: float, *, width: int, ink: Ink) -> list[str]:
    """The block of one camera."""
    camera = status.cameras[name]
    trouble = trouble_of_camera(status, name, now_wall_ns, age_s)
    lines = [_headline(status, name, now_wall_ns, bool(trouble), width, ink)]
    if trouble:
        lines += [ink.bad(f"  {line}") for line in wrapped(trouble, width - 2)]
    lines += field("last frame", _last_frame(camera, now_wall_ns), width, ink)
    if camera.last_frame_path:
        lines += field("", words.plain(camera.last_frame_path), width, ink)
    for warning in camera.warnings:
        # Painted whole: the label of one alone would be lost among the others.
        said = f"{warning.warning} since {_when(warning.since_slot_ns, now_wall_ns)}: {words.plain(warning.detail)}"
        lines += [ink.warn(line) for line in field("pictures", said, width, Ink())]
    if camera.synchronised is False:
        lines += [ink.warn(line) for line in field("clock", _UNSYNCHRONISED, width, Ink())]
    lines += field("slots", _slots(camera, now_wall_ns, idle=bool(trouble)), width, ink)
    untold = _untold(camera, status.workers.get(f"capture.{name}"), now_wall_ns)
    lines += field("since start", _counts(camera, untold), width, ink)
    if camera.last_miss_slot_ns is not None:
        lines += field("last miss", _last_miss(camera, now_wall_ns), width, ink)
    return lines + field("source", _source(camera), width, ink)


def _headline(status: Status, name: str, now_wall_ns: int, in_trouble: bool, width: int, ink: Ink) -> str:
    said, paint = ("NOT recording", ink.bad) if in_trouble else ("recording", ink.good)
    if not in_trouble and waits(status, name, now_wall_ns):
        said = f"waiting for its window ({words.plain(status.cameras[name].window)})"
        if len(name) + 2 + len(said) > width:
            said = "waiting for its window"  # which is named below
    return f"{ink.bold(words.cut(name, width - len(said) - 2))}  {paint(said)}"


def _last_frame(camera: CameraStatus, now_wall_ns: int) -> str:
    if camera.last_frame_slot_ns is None:
        return "none since the start"
    parts = [_ago(camera.last_frame_slot_ns, now_wall_ns)]
    if camera.last_lateness_us is not None:
        parts.append(words.lateness(camera.last_lateness_us))
    return ", ".join([*parts, words.size(camera.last_frame_bytes)])


def _slots(camera: CameraStatus, now_wall_ns: int, *, idle: bool) -> str:
    every = f"every {words.interval(camera.interval_s)}"
    if camera.window != "always":
        # Whether the sun has risen is the capture worker's to work out.
        return f"{every}, within {words.plain(camera.window)}"
    interval_ns = int(camera.interval_s * NS_PER_S)
    if idle or interval_ns <= 0:
        return every
    left_ns = interval_ns - now_wall_ns % interval_ns
    # One that is due each second or two is of no interest to the second.
    return every if interval_ns < 3 * NS_PER_S else f"{every}, next in {words.duration(-(-left_ns // NS_PER_S))}"


def _untold(camera: CameraStatus, worker: WorkerStatus | None, now_wall_ns: int) -> str:
    """The slots that nobody has told of yet, in words: the next worker will, so long as this one is in trouble."""
    if worker is not None and worker.state == "running":
        return ""
    if camera.accounted_until_ns is None:
        return "slots not accounted for yet"
    if now_wall_ns < camera.accounted_until_ns + int(camera.interval_s * NS_PER_S):
        return ""
    return f"slots since {_when(camera.accounted_until_ns, now_wall_ns)} not accounted for yet"


def _counts(camera: CameraStatus, untold: str) -> str:
    frames = words.count(camera.frames, "frame")
    if camera.frames:
        frames += f" ({words.size(camera.bytes)})"
    missed = sum(camera.misses.values())
    if not missed:
        return f"{frames}, {untold or 'none missed'}"
    by_cause = sorted(camera.misses.items(), key=lambda item: -item[1])
    causes = ", ".join(f"{count:,} {cause}" for cause, count in by_cause if count)
    return f"{frames}, {missed:,} missed: {causes}{f'; {untold}' if untold else ''}"


def _last_miss(camera: CameraStatus, now_wall_ns: int) -> str:
    return f"{camera.last_miss_cause or 'unknown'}, {_ago(camera.last_miss_slot_ns or 0, now_wall_ns)}"


def _source(camera: CameraStatus) -> str:
    known = ", ".join(words.plain(text) for text in (camera.driver, camera.model) if text)
    return f"{words.plain(camera.source)}{f' ({known})' if known else ''}"


def _ago(wall_ns: int, now_wall_ns: int) -> str:
    """How long ago, and when; a clock that was put back may make it the future."""
    ago_s = (now_wall_ns - wall_ns) / NS_PER_S
    when = _when(wall_ns, now_wall_ns)
    return f"{words.duration(ago_s)} ago ({when})" if ago_s >= 0 else f"{when}, which is in the future"


def _when(wall_ns: int, now_wall_ns: int) -> str:
    """The local time, with the date where that is another one than today's."""
    when = words.time_of_day(wall_ns)
    return when if words.day(wall_ns) == words.day(now_wall_ns) else f"{words.day(wall_ns)} {when}"
