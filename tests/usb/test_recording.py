"""A whole recorder on a USB camera: what is on the disk is what the camera sent, and nothing else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.figures import say
from tests.rig.recorder import Recorder
from tests.usb.webcam import PATIENCE_S, Webcam

_CONFIG = """
cameras:
  main:
    source: {source}
    resolution: 640x480
    interval: 1s
supervisor:
  restart: {{base: 200ms, max: 1s, stable: 5s}}
"""
_SLOTS = 4


def as_sent(path: Path) -> str:
    """The sha256 of a frame on the disk without the one APP1 segment that was put in after SOI."""
    jpeg = path.read_bytes()
    assert jpeg[2:4] == b"\xff\xe1"
    length = int.from_bytes(jpeg[4:6], "big")
    return hashlib.sha256(jpeg[:2] + jpeg[4 + length :]).hexdigest()


@pytest.fixture
def recorder(webcam: Webcam, tmp_path: Path) -> Iterator[Recorder]:
    """One that has recorded a frame."""
    with Recorder(tmp_path, _CONFIG.format(source=webcam.by_id)) as recording:
        recording.log.wait_for(lambda event: event.topic == "frame.written", patience_s=2 * PATIENCE_S)
        yield recording


def _causes(recorder: Recorder, after: int) -> set[str]:
    return {miss["cause"] for miss in recorder.log.of("frame.missed", after=after)}


def test_frame_on_the_disk_is_what_the_camera_sent_but_for_our_segment(
    recorder: Recorder, sent: dict[str, int]
) -> None:
    for _ in range(10):
        recorder.wait_for_frame()
    found = [as_sent(path) in sent for path in recorder.frames()]
    say("USB recording: frames on the disk, of which as the camera sent them", f"{len(found)}, {sum(found)}")
    assert all(found)


@pytest.mark.parametrize(("fault", "cause"), [("corrupt", "damaged"), ("noise", "damaged"), ("freeze", "stale")])
def test_picture_that_is_none_is_a_miss_and_recording_goes_on_by_itself(
    recorder: Recorder, webcam: Webcam, sent: dict[str, int], fault: str, cause: str
) -> None:
    pid = recorder.pid_of("capture.main")
    webcam.ctl(fault)
    # What was under way when it began.
    time.sleep(1.5)
    mark, before = recorder.log.mark(), set(recorder.frames())
    time.sleep(_SLOTS)
    assert set(recorder.frames()) == before
    webcam.ctl("resume")
    recorder.wait_for_frame()
    # The slots of one cause are told together; with the first frame after them all of them have been.
    missed = recorder.log.of("frame.missed", after=mark)
    # A slot for which no frame came in time is `stale`, which an emulated machine cannot rule out.
    assert {miss["cause"] for miss in missed} - {"stale"} == {cause} - {"stale"}
    assert sum(miss["count"] for miss in missed) >= _SLOTS - 1
    assert recorder.pid_of("capture.main") == pid
    assert all(as_sent(path) in sent for path in recorder.frames())


def test_stalled_camera_is_opened_anew_until_it_sends_again(recorder: Recorder, webcam: Webcam) -> None:
    mark = recorder.log.mark()
    webcam.ctl("stall")
    lost = recorder.log.wait_for(lambda event: event.topic == "camera.lost", after=mark, patience_s=PATIENCE_S)
    assert "the camera has stalled" in lost.data["detail"]
    webcam.ctl("resume")
    resumed_s = time.monotonic()
    recorder.log.wait_for(
        lambda event: event.topic == "frame.written", after=recorder.log.mark(), patience_s=2 * PATIENCE_S
    )
    say("USB recording: from the end of a stall to a frame, s (emulated)", round(time.monotonic() - resumed_s, 1))
    assert "camera_lost" in _causes(recorder, mark)


def test_mute_camera_is_told_as_one_that_does_not_answer_and_never_as_a_hang(
    recorder: Recorder, webcam: Webcam
) -> None:
    webcam.keep_awake()
    mark = recorder.log.mark()
    webcam.ctl("mute")
    recorder.log.wait_for(
        lambda event: event.topic == "camera.lost" and "does not answer" in event.data["detail"],
        after=mark,
        patience_s=3 * PATIENCE_S,
    )
    webcam.ctl("resume")
    recorder.log.wait_for(
        lambda event: event.topic == "frame.written", after=recorder.log.mark(), patience_s=2 * PATIENCE_S
    )
    assert recorder.log.of("worker.hung", after=mark) == []
