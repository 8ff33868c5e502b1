"""A worker that hangs, in whatever way, is found at its deadline, killed and replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.messages import Event
from tests.rig.figures import say_spread
from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  main: {source: test, resolution: 640x480, interval: 200ms}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
"""


def _by_fault(name: str) -> Callable[[Recorder], None]:
    return lambda recorder: recorder.fault(name)


def _by_sigstop(recorder: Recorder) -> None:
    os.kill(recorder.pid_of("capture.main"), signal.SIGSTOP)


@pytest.mark.parametrize(
    ("begin", "leaves_stack"),
    [
        pytest.param(_by_fault("hang"), True, id="c-call-without-gil"),
        pytest.param(_by_fault("hang-gil"), True, id="c-call-with-gil"),
        pytest.param(_by_fault("lock"), True, id="lock"),
        pytest.param(_by_fault("busy"), True, id="busy-loop"),
        pytest.param(_by_sigstop, False, id="sigstop"),
    ],
)
def test_capture_hanging_is_found_killed_and_replaced(
    tmp_path: Path, times: int, begin: Callable[[Recorder], None], leaves_stack: bool
) -> None:
    overdue_ms, back_s = [], []
    with Recorder(tmp_path, CONFIG) as recorder:
        for _ in range(times):
            recorder.wait_for_frame()
            mark = len(recorder.log.events)
            begin(recorder)
            hung = recorder.log.wait_for(lambda event: event.topic == "worker.hung", after=mark)
            for name in ("hang", "hang-gil", "lock", "busy"):
                recorder.heal(name)
            exited = recorder.log.wait_for(lambda event: event.topic == "worker.exited", after=mark)
            frame = _frame_after(recorder, exited, mark)
            overdue_ms.append(hung.data["overdue_ms"])
            back_s.append((frame.mono_ns - hung.mono_ns) / 1e9)
            assert exited.data["cause"] == "hang"
            assert hung.data["operation"] in {"grab", "sleep"}
            assert "thread" in hung.data["evidence"], "what /proc tells of the threads"
            assert ("faults.py" in exited.data["evidence"]) == leaves_stack
        told = recorder.slots_told()
    assert max(told.values()) == 1, "a slot was told twice"
    causes = {miss["cause"] for miss in recorder.log.of("frame.missed")}
    assert causes <= {"starting", "hang", "overrun"}
    say_spread("found after its deadline, ms", overdue_ms)
    say_spread("from found to the next frame, s", back_s)


def _frame_after(recorder: Recorder, ended: Event, mark: int) -> Event:
    """The first frame that the next process wrote."""
    return recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.mono_ns > ended.mono_ns, after=mark
    )


def test_capture_computing_without_end_in_real_time_is_found_all_the_same(tmp_path: Path) -> None:
    """It takes precedence over the supervisor too. Where that is not permitted it is an ordinary busy loop."""
    with Recorder(tmp_path, CONFIG.replace("interval: 200ms", "interval: 200ms, realtime: true")) as recorder:
        recorder.wait_for_frame()
        mark = len(recorder.log.events)
        recorder.fault("busy")
        hung = recorder.log.wait_for(lambda event: event.topic == "worker.hung", after=mark)
        recorder.heal("busy")
        exited = recorder.log.wait_for(lambda event: event.topic == "worker.exited", after=mark)
        _frame_after(recorder, exited, mark)
        assert hung.data["overdue_ms"] < 1000
