"""A network camera that stalls, is cut off, vanishes, and sends damage: nothing damaged, stale or repeated is stored.

With `--times` above 1 the faults last up to 9 s, and go on for a minute of recording for each time.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rig.camera_process import CameraProcess
from rig.checks import check_files, check_slots, missed_slots, shown
from rig.figures import say, say_spread
from rig.mjpeg_server import Fault
from rig.recorder import Recorder

from shared.messages import Request

FPS = 15
PERIOD_MS = 1000 / FPS
INTERVAL_MS = 500
BUSY_MS = 150
"""What a frame may take from camera to recorder unseen, on a machine that is busy."""
CONFIG = """
cameras:
  main: {{source: "{url}", interval: 500ms}}
storage: {{clean: false}}
supervisor:
  restart: {{base: 200ms, max: 500ms}}
"""
LOST = frozenset({"stale", "camera_lost"})
"""What a silent camera is told as: first its frames are late, and after the read time-out it is lost."""
IN_GOOD_TIMES = frozenset({"stale", "overrun"})
"""What a slot may be missed for though the camera is well: the machine was too busy."""


class Trial(NamedTuple):
    """A fault, how long it lasts, what its misses may be told as, and what some of them have to be."""

    fault: Fault
    seconds: float
    causes: frozenset[str]
    expected: frozenset[str] = frozenset()
    restarted: bool = False

    @property
    def name(self) -> str:
        return f"{self.fault} and restart" if self.restarted else self.fault


TRIALS = (
    Trial("stall", 5.0, LOST, LOST),
    Trial("cut", 0.0, LOST),
    Trial("vanish", 1.5, LOST, frozenset({"camera_lost"})),
    Trial("hold", 1.5, LOST, frozenset({"stale"})),
    Trial("blackhole", 5.0, LOST, LOST),
    Trial("truncate", 1.5, frozenset({"damaged", "stale"}), frozenset({"damaged"})),
    Trial("corrupt", 1.5, frozenset({"damaged", "stale"}), frozenset({"damaged"})),
    Trial("repeat", 1.5, frozenset({"stale"}), frozenset({"stale"})),
    Trial("repeat", 2.0, frozenset({"stale", "stopped"}), frozenset({"stopped"}), restarted=True),
)


class Suffered(NamedTuple):
    """What came of a trial: when the fault began, when it ended, and the slot of the next frame, in wall ns."""

    trial: Trial
    begun_ns: int
    next_slot_ns: int
    back_s: float


def test_network_camera_every_fault_in_turn_nothing_damaged_stale_or_repeated_is_stored(
    tmp_path: Path, times: int
) -> None:
    with (
        CameraProcess(fps=FPS) as camera,
        Recorder(tmp_path, CONFIG.format(url=camera.url)) as recorder,
    ):
        recorder.wait_for_frame()
        begun_s = time.monotonic()
        suffered = [_suffer(recorder, camera, trial, seconds) for trial, seconds in _trials(times)]
        say("recorded, s", round(time.monotonic() - begun_s))
        recorder.stop()
    for name in dict.fromkeys(each.trial.name for each in suffered):
        say_spread(
            f"{name}: from its end to the next frame, s", [each.back_s for each in suffered if each.trial.name == name]
        )
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)
    _check_fresh(recorder)
    _check_causes(recorder, suffered)


def _trials(times: int) -> Iterator[tuple[Trial, float]]:
    """Each fault once as it stands; then, where more is asked for, for random times until all is long enough."""
    for trial in TRIALS:
        yield trial, trial.seconds
    until_s = time.monotonic() + 60.0 * times
    while times > 1 and time.monotonic() < until_s:
        for trial in TRIALS:
            yield trial, random.uniform(0.1, 9.0) if trial.seconds else 0.0


def _suffer(recorder: Recorder, camera: CameraProcess, trial: Trial, seconds: float) -> Suffered:
    """Record well for a moment, then with the fault, then until there is a frame again."""
    for _ in range(3):
        recorder.wait_for_frame()
    threading.Event().wait(random.uniform(0.0, INTERVAL_MS / 1000))
    begun_ns = time.time_ns()
    camera.set_fault(trial.fault)
    if trial.restarted:
        assert recorder.ask(Request(id=os.urandom(8).hex(), verb="restart", worker="capture.main")).ok
    threading.Event().wait(seconds)
    mark = len(recorder.log.events)
    ended_ns, ended_s = time.time_ns(), time.monotonic()
    camera.set_fault("resume")
    frame = recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.data["slot_ns"] > ended_ns, after=mark
    )
    return Suffered(trial, begun_ns, frame.data["slot_ns"], frame.mono_ns / 1e9 - ended_s)


def _check_fresh(recorder: Recorder) -> None:
    """Each picture was made for its slot, and none is there twice."""
    frames = list(shown(recorder))
    after_ms = [frame.mark_ms - frame.slot_ms for frame in frames]
    say_spread("from the slot to the making of its picture, ms", after_ms)
    stale = [frame for frame in frames if frame.mark_ms < frame.slot_ms - PERIOD_MS - BUSY_MS]
    assert not stale, f"stored though made long before their slots: {stale}"
    late = [frame for frame in frames if frame.mark_ms > frame.slot_ms + 2 * PERIOD_MS + INTERVAL_MS]
    assert not late, f"stored though made long after their slots: {late}"
    marks = [frame.mark_ms for frame in frames]
    assert sorted(set(marks)) == marks, "a picture is there twice, or out of order"


def _check_causes(recorder: Recorder, suffered: list[Suffered]) -> None:
    """The slots of each fault are told as what became of them; the others were not missed over the camera."""
    missed = missed_slots(recorder)
    for each in suffered:
        causes = Counter(missed.pop(slot) for slot in sorted(missed) if each.begun_ns < slot < each.next_slot_ns)
        say(f"{each.trial.name}: missed", dict(causes))
        assert each.trial.causes >= causes.keys(), f"{each} was told as {causes}"
    first_ns = suffered[0].begun_ns
    others = Counter(cause for slot, cause in missed.items() if slot > first_ns)
    say("missed while the camera was well", dict(others))
    assert others.keys() <= IN_GOOD_TIMES
