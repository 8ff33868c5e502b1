"""Stuck or starved: what a program that does nothing is taken for."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from render_worker.encoding.standstill import Sighting, Standstill, seen

_TURN_S = 0.25
_STEPS = 400


def _looked_at(sighting: Callable[[int], Sighting], steps: int = _STEPS) -> Standstill:
    """After so many quarters of a second."""
    stands = Standstill(0.0)
    for number in range(1, steps + 1):
        stands.look(sighting(number), number * _TURN_S)
    return stands


@pytest.mark.parametrize("states", ["SSS", "TTT", "SDS", "D", ""])
def test_one_that_sleeps_is_stopped_or_waits_for_a_disk_stands_still(states: str) -> None:
    assert _looked_at(lambda _: Sighting(3.0, states)).still_s == pytest.approx(100, abs=1)


def test_one_that_gets_no_processor_has_ten_times_as_long() -> None:
    stands = _looked_at(lambda _: Sighting(3.0, "SRS"))
    assert [stands.still_s, stands.fruitless_s] == pytest.approx([10, 10], abs=1)


def test_one_that_works_does_not_stand_still_and_is_not_waited_for_without_end() -> None:
    stands = _looked_at(lambda number: Sighting(number * _TURN_S, "RS"))
    assert [stands.still_s, stands.fruitless_s] == pytest.approx([0, 100], abs=1)


def test_one_that_only_tells_how_far_it_is_stands_still() -> None:
    stands = _looked_at(lambda number: Sighting(number * _TURN_S * 0.01, "SSS"))
    assert stands.still_s == pytest.approx(100, abs=1)


def test_time_in_which_nobody_looked_is_nobodys_fault() -> None:
    stands = Standstill(0.0)
    stands.look(Sighting(0.0, "S"), 500.0)
    assert stands.still_s <= 1.0


def test_progress_begins_anew() -> None:
    stands = _looked_at(lambda _: Sighting(3.0, "S"))
    stands.moved(1000.0)
    stands.look(Sighting(3.0, "S"), 1000.25)
    assert (stands.still_s, stands.fruitless_s) == (0.25, 0.25)


def test_real_process_is_seen_working_asleep_and_stopped() -> None:
    program = "import sys; print(flush=True); sys.stdin.read(1)\nwhile True: pass"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdout.read(1)
            _until(lambda: seen(process.pid).is_asleep)
            asleep = seen(process.pid)
            process.stdin.write(b"x")
            _until(lambda: seen(process.pid).worked_s > asleep.worked_s)
            assert seen(process.pid).is_runnable
            os.kill(process.pid, signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            stopped = seen(process.pid)
            assert (stopped.states, stopped.is_runnable, stopped.is_asleep) == ("T", False, False)
        finally:
            process.kill()
    assert not Path(f"/proc/{process.pid}").exists()
    assert seen(process.pid) == Sighting(0.0, "")


def _until(what: Callable[[], bool]) -> None:
    for _ in range(500):
        if what():
            return
        select.select([], [], [], 0.01)
    raise AssertionError("it does not come to that")
