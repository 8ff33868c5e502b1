"""Cameras whose pictures change their size in the middle of a stream: recorded as they come, and it is said once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

from capture_worker.check import check_jpeg
from tests.rig.camera_process import CameraProcess
from tests.rig.checks import check_files, check_slots, missed_slots
from tests.rig.recorder import Recorder
from tests.rig.rtsp_server import Codec, RtspServer, missing

INTERVAL_MS = 500
LARGE, SMALL = (640, 352), (320, 176)
CONFIG = """
storage: {clean: false}
cameras:
"""


def test_cameras_that_change_their_size_are_recorded_as_they_come(tmp_path: Path) -> None:
    with ExitStack() as stack:
        camera = stack.enter_context(CameraProcess(size=LARGE))
        urls = {"http": camera.url}
        changes: list[Callable[[], None]] = [lambda: camera.set_fault("resize")]
        for codec in get_args(Codec) if missing() is None else ():
            rtsp = stack.enter_context(RtspServer(codec, size=LARGE))
            urls[codec] = rtsp.url
            changes.append(rtsp.halve)
        recorder = _record(stack, tmp_path, urls, changes)
    for name in urls:
        check_slots(recorder, INTERVAL_MS, name)
        assert set(missed_slots(recorder, name).values()) <= {"starting", "stale", "overrun"}
        # ffmpeg's pixels OpenCV scales to the size that the stream began with, and tells nobody.
        _check_sizes(recorder, name, [LARGE] if name == "h264" else [LARGE, SMALL])


def _record(stack: ExitStack, directory: Path, urls: dict[str, str], changes: Sequence[Callable[[], None]]) -> Recorder:
    """Some frames before the change and some after it; what must be true of any recording."""
    lines = (f'  {name}: {{source: "{url}", interval: {INTERVAL_MS}ms}}\n' for name, url in urls.items())
    recorder = stack.enter_context(Recorder(directory, CONFIG + "".join(lines)))
    for name in urls:
        recorder.wait_for_frame(name, after=0)
    for name in urls:
        recorder.wait_for_frame(name)
    for change in changes:
        change()
    for name in urls:
        for _ in range(3):
            recorder.wait_for_frame(name)
    recorder.stop()
    check_files(recorder)
    assert not recorder.log.of("camera.lost")
    return recorder


def _check_sizes(recorder: Recorder, name: str, expected: list[tuple[int, int]]) -> None:
    """Each frame is told with its own size; a change stands in the log once."""
    frames = [data for data in recorder.log.of("frame.written") if data["camera"] == name]
    sizes = [(data["width"], data["height"]) for data in frames]
    for data, size in zip(frames, sizes, strict=True):
        assert check_jpeg((recorder.output_dir / data["path"]).read_bytes()).size == size
    assert list(dict.fromkeys(sizes)) == expected
    said = [
        line for line in recorder.log_path.read_text().splitlines() if f"capture.{name} " in line and "size" in line
    ]
    assert len(said) == len(expected) - 1
    assert all("from 640x352 to 320x176" in line for line in said)
