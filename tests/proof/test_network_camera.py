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

import pytest

from shared.messages import Request
from tests.rig.camera_process import CameraProcess
from tests.rig.checks import check_files, check_fresh, check_slots, missed_slots
from tests.rig.figures import say, say_spread
from tests.rig.mjpeg_server import Fault
from tests.rig.recorder import Recorder

FPS = 15
INTERVAL_MS = 500
CONFIG = """
cameras:
  main: {{source: "{url}", interval: 500ms}}
storage: {{clean: false}}
supervisor:
  restart: {{base: {base}, max: {most}}}
"""
LONGEST_S = 9.0
"""Beyond both the read time-out and the time that an open takes to be given up."""
LONG_DELAY_S = 20
SOON_S = LONG_DELAY_S / 2
"""Far from the end of the delay, even where the machine is busy; it takes one to two seconds."""

MOST_DELAY_S = 0.5
OPEN_S = 2.5
"""A start, an answer and some pictures, on a machine that is busy."""

LOST = frozenset({"stale", "camera_lost"})
"""What a silent camera is told as: at first no frame came in time, and after the read time-out the camera is lost."""
IN_GOOD_TIMES = frozenset({"stale", "overrun"})
"""What a slot may be missed for though the camera is well: the machine was too busy."""
WAITING_NS = 250_000_000
"""So long may a slot that is due before the fault begins still be waiting for its frame, which then never comes."""
ENDING = {"cut", "vanish", "blackhole"}
"""The faults that end a connection in any case, though it may give a last frame on its way."""


class Trial(NamedTuple):
    """A fault, for how long; what its misses may be told as, and what some are when it lasts for so long."""

    fault: Fault
    seconds: float
    causes: frozenset[str]
    expected: frozenset[str] = frozenset()
    restarts: bool = False

    @property
    def name(self) -> str:
        """What the figures call it."""
        return f"{self.fault} and restart" if self.restarts else self.fault


TRIALS = (
    Trial("stall", 4.7, LOST, LOST),
    Trial("cut", 0.0, LOST),
    Trial("vanish", 1.2, LOST, frozenset({"camera_lost"})),
    Trial("hold", 1.2, LOST, frozenset({"stale"})),
    Trial("blackhole", 4.7, LOST, LOST),
    Trial("truncate", 1.2, frozenset({"stale", "damaged"}), frozenset({"damaged"})),
    Trial("corrupt", 1.2, frozenset({"stale", "damaged"}), frozenset({"damaged"})),
    Trial("repeat", 1.2, frozenset({"stale"}), frozenset({"stale"})),
    # What the worker has seen goes with it, and the picture that comes again is new to the next one.
    Trial("repeat", 2.0, frozenset({"stale", "stopped"}), frozenset({"stopped"}), restarts=True),
)


_OF_SINGLES = LOST | {"overrun"}
"""While a request waits in vain for its answer, the next slots come and go."""
TRIALS_OF_SINGLES = (
    Trial("vanish", 1.2, _OF_SINGLES, frozenset({"camera_lost"})),
    Trial("blackhole", 4.7, _OF_SINGLES, frozenset({"camera_lost"})),
    Trial("truncate", 1.2, frozenset({"damaged"}), frozenset({"damaged"})),
    Trial("corrupt", 1.2, frozenset({"damaged"}), frozenset({"damaged"})),
    Trial("repeat", 1.2, frozenset({"stale"}), frozenset({"stale"})),
)


class Suffered(NamedTuple):
    """What came of a trial: from when (wall ns), for how long, the slot of the first frame after it, and how soon."""

    trial: Trial
    begun_ns: int
    seconds: float
    next_slot_ns: int
    back_s: float


@pytest.mark.parametrize(
    ("path", "trials", "least_s"),
    [
        pytest.param("/stream", TRIALS, 60.0, id="stream"),
        pytest.param("/snapshot.jpg", TRIALS_OF_SINGLES, 15.0, id="singles"),
    ],
)
def test_network_camera_every_fault_in_turn_nothing_damaged_stale_or_repeated_is_stored(
    tmp_path: Path, times: int, path: str, trials: tuple[Trial, ...], least_s: float
) -> None:
    with (
        CameraProcess(fps=FPS) as camera,
        Recorder(
            tmp_path, CONFIG.format(url=camera.url.replace("/stream", path), base="200ms", most=f"{MOST_DELAY_S}s")
        ) as recorder,
    ):
        recorder.wait_for_frame()
        begun_s = time.monotonic()
        suffered = [_suffer(recorder, camera, *trial) for trial in _trials(trials, times, least_s)]
        say("recorded, s", round(time.monotonic() - begun_s))
        recorder.stop()
    _check_how_soon(suffered)
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)
    # Of single pictures the first one that a frozen camera gives is new to us; that it is old only the second shows.
    check_fresh(recorder, 1000 / FPS, INTERVAL_MS, early_ms=0 if path == "/stream" else INTERVAL_MS)
    _check_causes(recorder, suffered)


def test_network_camera_that_vanished_is_recorded_at_its_return_and_not_after_the_delay(
    tmp_path: Path, times: int
) -> None:
    back_s = []
    with (
        CameraProcess(fps=FPS) as camera,
        Recorder(tmp_path, CONFIG.format(url=camera.url, base=f"{LONG_DELAY_S}s", most="60s")) as recorder,
    ):
        for _ in range(times):
            recorder.wait_for_frame()
            mark = len(recorder.log.events)
            camera.set_fault("vanish")
            recorder.log.wait_for(
                lambda event: event.topic == "worker.backoff" and event.data["delay_s"] > LONG_DELAY_S / 2, after=mark
            )
            threading.Event().wait(random.uniform(0.5, 1.0))
            returned_s = time.monotonic()
            camera.set_fault("resume")
            back_s.append(recorder.wait_for_frame().mono_ns / 1e9 - returned_s)
        recorder.stop()
    say_spread(f"from its return to the next frame, during a delay of {LONG_DELAY_S} s and more, s", back_s)
    assert max(back_s) < SOON_S
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)
    assert set(missed_slots(recorder).values()) <= LOST | IN_GOOD_TIMES | {"starting"}


def _trials(trials: tuple[Trial, ...], times: int, least_s: float) -> Iterator[tuple[Trial, float]]:
    """Each fault once as it stands; then, where more is asked for, for random times until all of it is long enough."""
    until_s = time.monotonic() + least_s * times
    for trial in trials:
        yield trial, trial.seconds
    while times > 1 and time.monotonic() < until_s:
        for trial in trials:
            yield trial, random.uniform(0.1, LONGEST_S) if trial.seconds else 0.0


def _suffer(recorder: Recorder, camera: CameraProcess, trial: Trial, seconds: float) -> Suffered:
    """Record well for a moment, then with the fault, then until there is a frame again."""
    for _ in range(2):
        recorder.wait_for_frame()
    threading.Event().wait(random.uniform(0.0, INTERVAL_MS / 1000))
    mark, begun_ns = len(recorder.log.events), time.time_ns()
    camera.set_fault(trial.fault)
    if trial.restarts:
        assert recorder.ask(Request(id=os.urandom(8).hex(), verb="restart", worker="capture.main")).ok
    threading.Event().wait(seconds)
    ended_ns, ended_s = time.time_ns(), time.monotonic()
    camera.set_fault("resume")
    if trial.fault in ENDING:
        ended_ns = max(ended_ns, recorder.log.wait_for(_is_capture_exited, after=mark).wall_ns)
    frame = recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.data["slot_ns"] > ended_ns, after=mark
    )
    return Suffered(trial, begun_ns, seconds, frame.data["slot_ns"], frame.mono_ns / 1e9 - ended_s)


def _is_capture_exited(event: object) -> bool:
    return getattr(event, "topic", "") == "worker.exited" and getattr(event, "data", {})["worker"] == "capture.main"


def _check_how_soon(suffered: list[Suffered]) -> None:
    for name in dict.fromkeys(each.trial.name for each in suffered):
        back_s = [each.back_s for each in suffered if each.trial.name == name]
        say_spread(f"{name}: from its end to the next frame, s", back_s)
        assert max(back_s) <= MOST_DELAY_S + OPEN_S + INTERVAL_MS / 1000, f"{name}: {back_s}"


def _check_causes(recorder: Recorder, suffered: list[Suffered]) -> None:
    """The slots of each fault are told as what became of them; the others were not missed over the camera."""
    missed = missed_slots(recorder)
    told: dict[str, Counter[str]] = {}
    for each in suffered:
        slots = [slot for slot in missed if each.begun_ns - WAITING_NS < slot < each.next_slot_ns]
        causes = Counter(missed.pop(slot) for slot in slots)
        told.setdefault(each.trial.name, Counter()).update(causes)
        assert causes.keys() <= each.trial.causes, f"{each} was told as {causes}"
        assert each.seconds < each.trial.seconds or each.trial.expected <= causes.keys(), f"{each}: {causes}"
    for name, causes in told.items():
        say(f"{name}: missed", dict(causes))
    others = {slot: cause for slot, cause in missed.items() if slot > suffered[0].begun_ns}
    say("missed while the camera was well", dict(Counter(others.values())))
    wrong = [
        (cause, min((slot - each.begun_ns) / 1e6 for each in suffered if slot > each.begun_ns - 1_000_000_000))
        for slot, cause in others.items()
        if cause not in IN_GOOD_TIMES
    ]
    assert not wrong, f"cause, and ms after the beginning of a fault: {wrong}"
