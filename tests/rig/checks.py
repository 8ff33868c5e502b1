"""What must be true of a recording, whatever was done to the recorder: checked from the disk and the events together.

Owns: these checks. Does not own: how the recording came about (`recorder`).
Invariant: to be called on a recorder that has stopped; each check fails on the first thing that is not as promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from capture_worker.cameras.mark import read_mark
from capture_worker.check import check_jpeg
from tests.rig.figures import say, say_spread
from tests.rig.recorder import Recorder, slot_of, slots_of

BUSY_MS = 150
"""What a frame may take from camera to recorder without its showing, on a machine that is busy."""


class Shown(NamedTuple):
    """A stored frame: its slot, and the time that its picture shows; both in wall milliseconds."""

    slot_ms: int
    mark_ms: int


def check_files(recorder: Recorder) -> None:
    """No torn or empty file under a final name, and no event of a frame that is not there."""
    frames = recorder.frames()
    for path in frames:
        check_jpeg(path.read_bytes())
    on_disk = {str(path.relative_to(recorder.output_dir)) for path in frames}
    announced = [data["path"] for data in recorder.log.of("frame.written")]
    say("frames on disk, all whole", len(frames))
    assert set(announced) <= on_disk
    assert len(announced) == len(set(announced)), "a frame was told twice"


def check_slots(recorder: Recorder, interval_ms: int, camera: str = "main") -> None:
    """Every slot between the first and the last that was told is a frame on disk or one miss, and never both."""
    told = recorder.slots_told(camera)
    twice = [slot for slot, count in told.items() if count > 1]
    assert not twice, f"{len(twice)} slots were told twice"
    on_disk = {slot_of(path) for path in frames_of(recorder, camera)}
    missed = set(missed_slots(recorder, camera))
    assert not missed & on_disk, "a slot was told as missed, and its frame is there"
    every = set(range(min(told), max(told) + 1, interval_ms * 1_000_000))
    say("slots", f"{len(every)}: {len(every & on_disk)} frames, {len(missed)} misses")
    assert every <= told.keys() | on_disk, f"{len(every - told.keys() - on_disk)} slots are not accounted for"


def check_fresh(
    recorder: Recorder, period_ms: float, late_ms: float, camera: str = "main", *, early_ms: float = 0.0
) -> None:
    """Each picture was made for its slot and stored once.

    It may be `late_ms` late beside two periods, and `early_ms` early where nobody can know.
    """
    frames = list(shown(recorder, camera))
    say_spread("from the slot to the making of its picture, ms", [frame.mark_ms - frame.slot_ms for frame in frames])
    stale = [frame for frame in frames if frame.mark_ms < frame.slot_ms - period_ms - BUSY_MS - early_ms]
    assert not stale, f"stored though made before their slots: {stale}"
    late = [frame for frame in frames if frame.mark_ms > frame.slot_ms + 2 * period_ms + late_ms]
    assert not late, f"stored though made long after their slots: {late}"
    check_none_twice(frames)


def check_none_twice(frames: list[Shown]) -> None:
    """Each picture shows a later time than the one before it."""
    marks = [frame.mark_ms for frame in frames]
    assert sorted(set(marks)) == marks, "a picture is there twice, or out of order"


def missed_slots(recorder: Recorder, camera: str = "main") -> dict[int, str]:
    """The slots (wall ns) that were told as missed, each with its cause."""
    misses = [miss for miss in recorder.log.of("frame.missed") if miss["camera"] == camera]
    return {slot_ns: miss["cause"] for miss in misses for slot_ns in slots_of(miss)}


def frames_of(recorder: Recorder, camera: str = "main") -> list[Path]:
    """A camera's frames on the disk in the order of their slots."""
    return sorted((path for path in recorder.frames() if _camera_of(recorder, path) == camera), key=slot_of)


def shown(recorder: Recorder, camera: str = "main") -> Iterator[Shown]:
    """What each frame of a camera that draws marks shows, in the order of slots."""
    for path in frames_of(recorder, camera):
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None, f"{path} can't be decoded"
        mark_ms = read_mark(np.asarray(pixels, np.uint8))
        assert mark_ms is not None, f"{path} shows no whole mark"
        yield Shown(slot_of(path) // 1_000_000, mark_ms)


def _camera_of(recorder: Recorder, path: Path) -> str:
    return path.relative_to(recorder.output_dir).parts[0]
