"""A network camera whose pictures turn black, freeze and are torn: recorded, and warned about for as long as it lasts.

All is as in life but the patience: what takes minutes takes a hundredth of them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from shared.causes import PictureFault
from shared.messages import Event
from tests.rig.camera_process import CameraProcess
from tests.rig.checks import check_files, check_slots, missed_slots
from tests.rig.figures import say
from tests.rig.mjpeg_server import Fault
from tests.rig.recorder import PATIENCE_S, REPOSITORY, Recorder

SIZE = (480, 270)
INTERVAL_MS = 100
CONFIG = """
storage: {{clean: false}}
cameras:
  main: {{source: "{url}", interval: 100ms}}
"""
HURRY = """
import sys

if "capture_worker" in sys.orig_argv:
    from msgspec.structs import replace
    from capture_worker.warnings import RULES

    for kind, rule in RULES.items():
        RULES[kind] = replace(rule, bad_s=rule.bad_s / 100, good_s=rule.good_s / 100)
"""
GOOD_FRAMES = 12
"""So many must be known before a seam can be told from the scene."""


class Turn(NamedTuple):
    """What the camera does, and what its pictures are then called."""

    fault: Fault
    warning: PictureFault


TURNS = (Turn("black", "black"), Turn("freeze", "frozen"), Turn("tear", "torn"))


def test_camera_that_turns_bad_is_warned_about_while_it_lasts(tmp_path: Path, times: int) -> None:
    with CameraProcess(fps=20, size=SIZE, refresh_s=0) as camera, _recorder(tmp_path, camera) as recorder:
        for _ in range(times):
            for turn in TURNS:
                _wait_for_frames(recorder, GOOD_FRAMES)
                _turn_bad_and_good_again(recorder, camera, turn)
        recorder.stop()
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)
    assert set(missed_slots(recorder).values()) <= {"starting", "stale", "overrun"}
    told = [(data["warning"], data["active"]) for data in recorder.log.of("camera.warning")]
    assert told == [(turn.warning, active) for _ in range(times) for turn in TURNS for active in (True, False)]
    log = recorder.log_path.read_text().splitlines()
    assert len([line for line in log if "the pictures are" in line]) == len(told)


def test_warning_of_a_worker_that_has_ended_is_said_again_by_the_next_or_forgotten(tmp_path: Path) -> None:
    with CameraProcess(fps=20, size=SIZE, refresh_s=0) as camera, _recorder(tmp_path, camera) as recorder:
        _wait_for_frames(recorder, 2)
        camera.set_fault("black")
        _wait_for_warning(recorder, "black", active=True, after=0)
        mark = recorder.log.mark()
        recorder.order("restart", "capture.main")
        _wait_for_warning(recorder, "black", active=True, after=mark)
        recorder.order("stop", "capture.main")
        assert _warnings(recorder) == ["black"]
        camera.set_fault("resume")
        mark = recorder.log.mark()
        recorder.order("start", "capture.main")
        recorder.log.wait_for(lambda event: event.topic == "camera.opened", after=mark)
        assert _warnings(recorder) == []
        _wait_for_frames(recorder, 5)
        assert recorder.log.of("camera.warning", after=mark) == []


def _recorder(directory: Path, camera: CameraProcess) -> Recorder:
    ahead = directory / "ahead"
    ahead.mkdir()
    (ahead / "sitecustomize.py").write_text(HURRY)
    return Recorder(directory, CONFIG.format(url=camera.url), ahead=[ahead])


def _turn_bad_and_good_again(recorder: Recorder, camera: CameraProcess, turn: Turn) -> None:
    mark = recorder.log.mark()
    camera.set_fault(turn.fault)
    begun = _wait_for_warning(recorder, turn.warning, active=True, after=mark)
    assert begun.data["since_slot_ns"] in recorder.slots_told(after=mark)
    assert _warnings(recorder) == [turn.warning]
    page = _status_page(recorder)
    assert page[0].startswith(f"Recording: camera main, but its pictures have been {turn.warning} for ")
    assert any(line.startswith(f"  pictures    {turn.warning} since ") for line in page)
    mark = recorder.log.mark()
    camera.set_fault("resume")
    ended = _wait_for_warning(recorder, turn.warning, active=False, after=mark)
    assert ended.data["since_slot_ns"] == begun.data["since_slot_ns"]
    assert _warnings(recorder) == []
    page = _status_page(recorder)
    assert page[0] == "Recording: camera main."
    assert not any(line.startswith("  pictures") for line in page)
    say(f"{turn.warning}, s", (ended.mono_ns - begun.mono_ns) / 1e9)


def _wait_for_warning(recorder: Recorder, warning: PictureFault, *, active: bool, after: int) -> Event:
    def fits(event: Event) -> bool:
        return event.topic == "camera.warning" and (event.data["warning"], event.data["active"]) == (warning, active)

    return recorder.log.wait_for(fits, after=after)


def _wait_for_frames(recorder: Recorder, count: int) -> None:
    for _ in range(count):
        recorder.wait_for_frame()


def _warnings(recorder: Recorder) -> list[str]:
    return [warning["warning"] for warning in recorder.status()["cameras"]["main"]["warnings"]]


def _status_page(recorder: Recorder) -> list[str]:
    """What `timelapse status` prints of a slot that has a frame: a busy machine misses one now and then."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        page = _printed(recorder)
        if "missed its last slot" not in page[0] or time.monotonic() > deadline:
            return page
        _wait_for_frames(recorder, 1)


def _printed(recorder: Recorder) -> list[str]:
    command = [sys.executable, "-m", "timelapse", "status", "--runtime-dir", str(recorder.runtime_dir)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    return done.stdout.splitlines()
