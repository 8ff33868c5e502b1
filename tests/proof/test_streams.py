"""RTSP and a video file, recorded by the whole system: whole frames, each slot accounted for once, none repeated."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from rig.checks import check_files, check_fresh, check_none_twice, check_slots, missed_slots, shown
from rig.recorder import Recorder
from rig.rtsp_server import Codec, RtspServer, missing

from capture_worker.cameras.scene import render

CONFIG = """
cameras:
  main: {{source: "{source}", interval: {interval_ms}ms}}
storage: {{clean: false}}
"""
INTERVAL_MS = 500
FPS = 15
SIZE = (640, 360)
FRAMES = 4


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_rtsp_camera_is_recorded_and_every_slot_accounted_for(tmp_path: Path, codec: Codec) -> None:
    with RtspServer(codec, size=SIZE, fps=FPS) as camera:
        recorder = _record(tmp_path, camera.url)
    check_fresh(recorder, 1000 / FPS, INTERVAL_MS)


def test_video_file_is_recorded_at_its_own_speed_and_every_slot_accounted_for(tmp_path: Path) -> None:
    video = tmp_path / "video.avi"
    _film(video, seconds=12)
    recorder = _record(tmp_path, str(video))
    frames = list(shown(recorder))
    check_none_twice(frames)
    first, last = frames[0], frames[-1]
    assert abs((last.mark_ms - first.mark_ms) - (last.slot_ms - first.slot_ms)) < INTERVAL_MS


def _record(directory: Path, source: str) -> Recorder:
    """Record until there are enough frames; check what must be true of any recording."""
    with Recorder(directory, CONFIG.format(source=source, interval_ms=INTERVAL_MS)) as recorder:
        for _ in range(FRAMES):
            recorder.wait_for_frame()
        recorder.stop()
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)
    assert set(missed_slots(recorder).values()) <= {"starting", "stale", "overrun"}
    return recorder


def _film(path: Path, seconds: int) -> None:
    """A film of the scene, whose marks run as its time does."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    for number in range(seconds * FPS):
        writer.write(render(1_795_421_730_000_000_000 + number * 1_000_000_000 // FPS, *SIZE))
    writer.release()
