"""RTSP and a video file, recorded by the whole system: whole frames, each slot accounted for once, none repeated."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import cv2
import pytest

from capture_worker.cameras.scene import render
from tests.rig.checks import check_files, check_fresh, check_none_twice, check_slots, missed_slots, shown
from tests.rig.recorder import Recorder
from tests.rig.rtsp_server import Codec, RtspServer, missing

CONFIG = """
storage: {clean: false}
cameras:
"""
INTERVAL_MS = 500
FPS = 15
SIZE = (640, 360)
FRAMES = 5


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_rtsp_cameras_are_recorded_and_every_slot_accounted_for(tmp_path: Path) -> None:
    with ExitStack() as stack:
        urls = {codec: stack.enter_context(RtspServer(codec, size=SIZE, fps=FPS)).url for codec in get_args(Codec)}
        recorder = _record(tmp_path, urls)
    for codec in urls:
        check_fresh(recorder, 1000 / FPS, INTERVAL_MS, codec)


def test_video_file_is_recorded_at_its_own_speed_and_every_slot_accounted_for(tmp_path: Path) -> None:
    video = tmp_path / "video.avi"
    _film(video, seconds=12)
    frames = list(shown(_record(tmp_path, {"main": str(video)})))
    check_none_twice(frames)
    first, last = frames[0], frames[-1]
    assert abs((last.mark_ms - first.mark_ms) - (last.slot_ms - first.slot_ms)) < INTERVAL_MS


def _record(directory: Path, sources: dict[str, str]) -> Recorder:
    """Record until there are enough frames of each; check what must be true of any recording."""
    cameras = "".join(f'  {name}: {{source: "{url}", interval: {INTERVAL_MS}ms}}\n' for name, url in sources.items())
    with Recorder(directory, CONFIG + cameras) as recorder:
        for name in sources:
            mark = 0
            for _ in range(FRAMES):
                mark = recorder.log.events.index(recorder.wait_for_frame(name, after=mark)) + 1
        recorder.stop()
    check_files(recorder)
    for name in sources:
        check_slots(recorder, INTERVAL_MS, name)
        assert set(missed_slots(recorder, name).values()) <= {"starting", "stale", "overrun"}
    return recorder


def _film(path: Path, seconds: int) -> None:
    """A film of the scene, whose marks run as its time does."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    for number in range(seconds * FPS):
        writer.write(render(1_795_421_730_000_000_000 + number * 1_000_000_000 // FPS, *SIZE))
    writer.release()
