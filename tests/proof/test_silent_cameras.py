"""Cameras that are there and give no picture, each in its own way, are lost and told as that: none is a hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from shared.messages import Event
from tests.rig.camera_process import CameraProcess
from tests.rig.checks import missed_slots
from tests.rig.figures import say
from tests.rig.http_cameras import switched_off
from tests.rig.recorder import Recorder
from tests.rig.scene_jpeg import SceneJpeg
from tests.rig.scripted_camera import ScriptedCamera

CONFIG = """
storage: {clean: false}
supervisor:
  restart: {base: 200ms, max: 500ms}
cameras:
"""
SILENCE_S = 0.5
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=next\r\n\r\n"


def test_cameras_that_give_no_picture_are_lost_and_never_taken_for_a_hang(tmp_path: Path) -> None:
    with ExitStack() as stack:
        mute, empty = (stack.enter_context(CameraProcess()) for _ in range(2))
        mute.set_fault("blackhole")
        empty.set_fault("stall")
        urls = {
            "mute": mute.url,
            "empty": empty.url,
            "unreachable": f"{stack.enter_context(switched_off())}/stream",
            "dripping": stack.enter_context(ScriptedCamera(_drip_head)).url,
            "endless": stack.enter_context(ScriptedCamera(_drip_body)).url,
            "two-pictures": stack.enter_context(ScriptedCamera(_stop_after_two)).url,
        }
        cameras = "".join(f'  {name}: {{source: "{url}", interval: 500ms}}\n' for name, url in urls.items())
        begun_s = time.monotonic()
        recorder = stack.enter_context(Recorder(tmp_path, CONFIG + cameras))
        for name in urls:
            exited = _end_of(recorder, f"capture.{name}")
            say(f"{name}: {exited.topic}, s after the start", round(exited.mono_ns / 1e9 - begun_s, 1))
        for camera in (mute, empty):
            camera.set_fault("resume")
        for name in ("mute", "empty"):
            recorder.wait_for_frame(name)
        recorder.stop()
    assert not recorder.log.of("worker.hung")
    assert {data["cause"] for data in recorder.log.of("worker.exited")} <= {"camera", "stopped"}
    for name in urls:
        assert set(missed_slots(recorder, name).values()) <= {"starting", "camera_lost", "stale"}, name


def _end_of(recorder: Recorder, worker: str) -> Event:
    """Block until it has ended, or was found hanging."""
    return recorder.log.wait_for(
        lambda event: event.topic in {"worker.exited", "worker.hung"} and event.data["worker"] == worker
    )


def _drip_head(ended: threading.Event) -> Iterator[bytes]:
    """An answer that comes so slowly that it never ends, though there is always something."""
    yield b"HTTP/1.1 200 "
    while not ended.wait(SILENCE_S):
        yield b"O"


def _drip_body(ended: threading.Event) -> Iterator[bytes]:
    """The same with the first picture."""
    yield HEAD + b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n\xff\xd8"
    while not ended.wait(SILENCE_S):
        yield b"\x00"


def _stop_after_two(ended: threading.Event) -> Iterator[bytes]:
    """A stream that begins well and stops while its pace is still being learnt."""
    yield HEAD
    for number in range(2):
        jpeg = SceneJpeg((320, 240)).at(1_795_421_730_000_000_000 + number)
        yield b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(jpeg), jpeg)
    ended.wait()
