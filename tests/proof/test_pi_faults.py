"""The Pi camera under the whole recorder, in the camera rig: each fault is found, told by its cause, and got over."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_worker.cameras.base import Image
from capture_worker.cameras.mark import read_mark
from shared.clock import NS_PER_MS, NS_PER_S
from shared.messages import Event
from tests.camera_rig.fixture import CameraRig
from tests.rig.figures import say, say_spread
from tests.rig.recorder import PATIENCE_S, Recorder, slot_of

CONFIG = """
cameras:
  main: {source: picamera2, resolution: 1640x1232, interval: 1s}
supervisor: {standby: never, restart: {base: 200ms, max: 1s, stable: 1s}}
"""
_LIBRARIES = tuple(Path(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)


def _nothing(_recorder: Recorder) -> None:
    """The fault is enough."""


def _kill(recorder: Recorder) -> None:
    os.kill(recorder.pid_of("capture.main"), signal.SIGKILL)


def _stop(recorder: Recorder) -> None:
    os.kill(recorder.pid_of("capture.main"), signal.SIGSTOP)


def _to_module(number: signal.Signals) -> Callable[[Recorder], None]:
    def send(recorder: Recorder) -> None:
        tasks = Path(f"/proc/{recorder.pid_of('capture.main')}/task").glob("*/children")
        (module,) = [int(pid) for task in tasks for pid in task.read_text().split()]
        os.kill(module, number)

    return send


@pytest.mark.parametrize(
    ("fault", "begin", "cause", "miss"),
    [
        pytest.param("hang", _nothing, "camera", "camera_lost", id="hang"),
        pytest.param("hang-isp", _nothing, "camera", "camera_lost", id="hang-isp"),
        pytest.param("eio-qbuf", _nothing, "camera", "camera_lost", id="eio-qbuf"),
        pytest.param("absent", _kill, "crash", "camera_lost", id="absent"),
        pytest.param("eio-streamon", _kill, "crash", "camera_lost", id="eio-streamon"),
        pytest.param("", _stop, "hang", "hang", id="stopped"),
        pytest.param("", _to_module(signal.SIGSTOP), "camera", "camera_lost", id="module-stopped"),
        pytest.param("", _to_module(signal.SIGKILL), "camera", "camera_lost", id="module-killed"),
    ],
)
def test_fault_is_found_told_and_got_over_without_an_old_picture(
    tmp_path: Path,
    camera_rig: CameraRig,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    held_s: float,
    fault: str,
    begin: Callable[[Recorder], None],
    cause: str,
    miss: str,
) -> None:
    if not fault and begin is not _stop:
        monkeypatch.setenv("LIBCAMERA_IPA_FORCE_ISOLATION", "1")
    known_s, back_s = [], []
    with Recorder(tmp_path, CONFIG, ahead=_LIBRARIES) as recorder:
        for number in range(times):
            recorder.wait_for_frame()
            camera_rig.set("scene", number)
            mark = recorder.log.mark()
            begun_ns = recorder.wait_for_frame().mono_ns
            if fault:
                camera_rig.set(fault)
            begin(recorder)
            exited = _exited(recorder, mark)
            known_s.append((exited.mono_ns - begun_ns) / NS_PER_S)
            healed_ns = _heal(recorder, camera_rig, fault, exited, held_s)
            back_s.append((_frame_after(recorder, healed_ns, mark).mono_ns - healed_ns) / NS_PER_S)
            assert exited.data["cause"] == cause
        told = recorder.slots_told()
    assert _modules(camera_rig) == [], "nothing of a worker outlives it"
    assert max(told.values()) == 1, "a slot was told twice"
    causes = {data["cause"] for data in recorder.log.of("frame.missed")}
    assert miss in causes
    assert causes <= {"starting", "crash", miss}
    _check_pictures(recorder)
    say_spread("from the fault to its being known, s", known_s)
    say_spread("from its end to the next frame, s", back_s)


def test_slots_at_full_resolution_show_their_own_moment(tmp_path: Path, camera_rig: CameraRig, times: int) -> None:
    camera_rig.set("noise", 2)
    config = CONFIG.replace("1640x1232", "3280x2464").replace("interval: 1s", "interval: 500ms")
    with Recorder(tmp_path, config, ahead=_LIBRARIES) as recorder:
        recorder.wait_for_frame()
        mark = recorder.log.mark()
        for number in range(10 * times):
            camera_rig.set("scene", number % 4096)
            recorder.wait_for_frame()
    missed = [data for data in recorder.log.of("frame.missed", after=mark) if data["cause"] != "starting"]
    assert missed == []
    written = recorder.log.of("frame.written", after=mark)
    say_spread("after its slot, ms", [data["lateness_us"] / 1000 for data in written])
    _check_pictures(recorder)


def _modules(camera_rig: CameraRig) -> list[int]:
    """The processes of isolated image processing that there are. Each has a process group of its own."""
    mark = f"CAMERA_RIG_DIR={camera_rig.directory}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_module = (entry / "comm").read_text().startswith("raspberrypi_ipa")
            if is_module and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def _exited(recorder: Recorder, mark: int) -> Event:
    return recorder.log.wait_for(lambda event: event.topic == "worker.exited", after=mark)


def _heal(recorder: Recorder, camera_rig: CameraRig, fault: str, exited: Event, held_s: float) -> int:
    """End the fault when it has lasted for some time; when that was."""
    if not fault:
        return exited.mono_ns
    until_ns = exited.mono_ns + round(held_s * NS_PER_S)
    recorder.log.wait_for(
        lambda event: event.topic == "bus.tick" and event.mono_ns > until_ns, patience_s=held_s + PATIENCE_S
    )
    camera_rig.unset(fault)
    return recorder.log.events[-1].mono_ns


def _frame_after(recorder: Recorder, moment_ns: int, mark: int) -> Event:
    return recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.mono_ns > moment_ns and not event.data["recovered"],
        after=mark,
    )


def _check_pictures(recorder: Recorder) -> None:
    """Each shows a moment at its slot or after, and less than a second after: its pixels say so themselves."""
    frames = recorder.frames()
    say("pictures looked at", len(frames))
    for path in frames:
        shown_ms = read_mark(_picture(path))
        assert shown_ms is not None, f"{path} has no whole mark"
        late_ms = shown_ms - slot_of(path) / NS_PER_MS
        assert -1 <= late_ms < 1000, f"{path} shows another moment, {late_ms:.0f} ms after its slot"


def _picture(path: Path) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR), np.uint8)
