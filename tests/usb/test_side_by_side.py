"""A network camera, a USB camera and the Raspberry Pi's own in one recorder: none notices what befalls another.

`--times N`: N rounds of some 4 minutes, each with one fault of each camera. Runs in the guest, in the camera rig.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.messages import Event
from tests.camera_rig.fixture import CameraRig
from tests.rig.camera_process import CameraProcess
from tests.rig.checks import check_files, check_slots
from tests.rig.figures import say, say_spread
from tests.rig.mjpeg_server import Fault as NetworkFault
from tests.rig.recorder import Recorder
from tests.usb.conftest import Plug
from tests.usb.webcam import Webcam

CAMERAS = ("net", "usb", "pi")
INTERVAL_MS = 5000
PATIENCE_S = 240.0
"""The guest is emulated."""
QUIET_S, FAULT_S, BACK_S = 20.0, 20.0, 20.0
CONFIG = """
cameras:
  net: {{source: "{url}", interval: 5s}}
  usb: {{source: {device}, resolution: 640x480, interval: 5s}}
  pi: {{source: picamera2, resolution: 640x480, interval: 5s}}
storage: {{clean: false}}
supervisor: {{restart: {{base: 1s, max: 5s, stable: 10s}}, standby: never}}
"""


class Fault(NamedTuple):
    """What is done to a camera, and undone."""

    camera: str
    name: str
    begin: Callable[[], object]
    end: Callable[[], object]


class Period(NamedTuple):
    """While a camera was broken, or coming back; "" while all were well. Monotonic."""

    camera: str
    from_ns: int
    to_ns: int


@pytest.fixture
def vivid_first(vivid: str) -> None:
    """The rig answers for /dev/video0: a camera that nobody uses has that number already."""
    assert vivid


def _faults(recorder: Recorder, net: CameraProcess, usb: Webcam, pi: CameraRig) -> list[list[Fault]]:
    """One list a camera, its faults in turn."""

    def stop_capture() -> None:
        os.kill(recorder.pid_of("capture.pi"), signal.SIGSTOP)

    def nothing() -> None:
        """The supervisor ends it."""

    def of_net(name: NetworkFault) -> Fault:
        return Fault("net", name, lambda: net.set_fault(name), lambda: net.set_fault("resume"))

    return [
        [of_net("stall"), of_net("vanish"), of_net("corrupt")],
        [
            Fault("usb", "unplug", usb.unplug, usb.plug),
            Fault("usb", "stall", lambda: usb.ctl("stall"), lambda: usb.ctl("resume")),
            Fault("usb", "corrupt", lambda: usb.ctl("corrupt"), lambda: usb.ctl("resume")),
        ],
        [
            Fault("pi", "hang", lambda: pi.set("hang"), lambda: pi.unset("hang")),
            Fault("pi", "hang-isp", lambda: pi.set("hang-isp"), lambda: pi.unset("hang-isp")),
            Fault("pi", "sigstop", stop_capture, nothing),
        ],
    ]


@pytest.mark.usefixtures("vivid_first")
def test_camera_that_fails_does_not_hold_up_the_others(
    tmp_path: Path, camera_rig: CameraRig, plug: Plug, times: int
) -> None:
    camera_rig.cap_rate(5)
    webcam = plug(fps=5.0)
    periods: list[Period] = []
    with (
        CameraProcess(fps=5.0, size=(320, 240), refresh_s=5.0) as net,
        Recorder(tmp_path, CONFIG.format(url=net.url, device=webcam.by_id)) as recorder,
    ):
        for camera in CAMERAS:
            _wait_for_frame(recorder, camera, 0, 0)
        faults = _faults(recorder, net, webcam, camera_rig)
        for round_number in range(times):
            for mine in faults:
                periods += _broken(recorder, mine[round_number % len(mine)])
        recorder.catch_up()
    check_files(recorder)
    for camera in CAMERAS:
        check_slots(recorder, INTERVAL_MS, camera)
    _compare(recorder, periods)


def _broken(recorder: Recorder, fault: Fault) -> list[Period]:
    """All well, then broken, then back; each camera records at the end."""
    quiet_ns = time.monotonic_ns()
    time.sleep(QUIET_S)
    broken_ns = time.monotonic_ns()
    fault.begin()
    time.sleep(FAULT_S)
    mark = recorder.log.mark()
    fault.end()
    ended_ns = time.monotonic_ns()
    recorder.log.wait_for(
        lambda event: (
            event.topic == "frame.written" and event.data["camera"] == fault.camera and event.mono_ns > ended_ns
        ),
        after=mark,
        patience_s=240.0,
    )
    say(f"{fault.camera} back after {fault.name}, s", round((time.monotonic_ns() - ended_ns) / 1e9, 1))
    time.sleep(BACK_S)
    return [Period("", quiet_ns, broken_ns), Period(fault.camera, broken_ns, time.monotonic_ns())]


def _wait_for_frame(recorder: Recorder, camera: str, after_ns: int, mark: int) -> None:
    def is_it(event: Event) -> bool:
        return event.topic == "frame.written" and event.data["camera"] == camera and event.mono_ns > after_ns

    recorder.log.wait_for(is_it, after=mark, patience_s=PATIENCE_S)


def _compare(recorder: Recorder, periods: list[Period]) -> None:
    """Lateness of each camera while all are well, and while another one is not."""
    for camera in CAMERAS:
        for what, chosen in (
            ("all well", [period for period in periods if not period.camera]),
            ("another one broken", [period for period in periods if period.camera not in {"", camera}]),
        ):
            late_ms = [
                event.data["lateness_us"] / 1000
                for event in recorder.log.events
                if event.topic == "frame.written"
                and event.data["camera"] == camera
                and any(period.from_ns <= event.mono_ns < period.to_ns for period in chosen)
            ]
            missed = [
                event.data["count"]
                for event in recorder.log.events
                if event.topic == "frame.missed"
                and event.data["camera"] == camera
                and any(period.from_ns <= event.mono_ns < period.to_ns for period in chosen)
            ]
            say(f"{camera}, {what}: slots missed", sum(missed))
            if late_ms:
                say_spread(f"{camera}, {what}: late by, ms", late_ms)
                say(
                    f"{camera}, {what}: p90 and p99, ms",
                    [round(sorted(late_ms)[int(len(late_ms) * q)], 1) for q in (0.9, 0.99)],
                )
