"""Waiting for the clock, on a clock that the test moves; and once as systemd runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.clock import NS_PER_S, is_synchronised
from tests.rig.manual_clock import ManualClock
from timelapse.time_wait import main, wait

_ROOT = Path(__file__).parents[2]
_YEARS_50_NS = 50 * 365 * 86_400 * NS_PER_S


class _Kernel:
    """Says no until `after_s`, then yes; a step of the clock comes with it. `naps` are how long was slept, seconds."""

    def __init__(self, after_s: float, step_ns: int = 0) -> None:
        self.clock = ManualClock(wall_ns=0)
        self.naps: list[float] = []
        self._from_ns = self.clock.mono + round(after_s * NS_PER_S)
        self._step_ns = step_ns

    def ask(self) -> bool:
        if self.clock.mono < self._from_ns:
            return False
        self.clock.wall, self._step_ns = self.clock.wall + self._step_ns, 0
        return True

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.clock.advance(seconds)

    def wait(self, limit_s: float) -> str:
        return wait(limit_s, self.clock, self.ask, self.sleep).said


def test_clock_that_is_synchronised_is_not_waited_for() -> None:
    kernel = _Kernel(0)
    assert kernel.wait(90) == "the clock is synchronised after 0.0 s"
    assert kernel.naps == []


def test_clock_that_is_synchronised_later_ends_the_wait_within_half_a_second() -> None:
    kernel = _Kernel(7.7)
    assert kernel.wait(90) == "the clock is synchronised after 8.0 s"
    assert set(kernel.naps) == {0.5}, "asked twice a second, and not more"


@pytest.mark.parametrize(
    ("step_ns", "said"),
    [(_YEARS_50_NS, "put forward by 1576800000.0 s"), (-3600 * NS_PER_S, "put back by 3600.0 s")],
)
def test_step_of_the_clock_moves_no_limit_and_is_told(step_ns: int, said: str) -> None:
    kernel = _Kernel(3, step_ns)
    assert kernel.wait(90) == f"the clock is synchronised after 3.0 s, and was {said}"


@pytest.mark.parametrize("limit_s", [0, 0.2, 90])
def test_clock_that_is_never_synchronised_ends_the_wait_at_the_limit_and_that_is_said(limit_s: float) -> None:
    kernel = _Kernel(10**6)
    said = kernel.wait(limit_s)
    assert said.startswith(f"the clock is not synchronised after {limit_s:g} s: recording begins all the same")
    assert sum(kernel.naps) == pytest.approx(limit_s)


def test_kernel_that_does_not_tell_is_not_waited_for() -> None:
    ended = wait(90, ManualClock(), lambda: None, lambda _: pytest.fail("it slept"))
    assert "not waiting" in ended.said
    assert not ended.well


@pytest.mark.parametrize("arguments", [["--at-most"], ["--at-most", "soon"], ["90s"], ["--at-most=-1"]])
def test_arguments_that_are_not_understood_are_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 64
    assert "usage: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--at-most", "0"], ["--at-most=0s"]])
def test_process_as_systemd_runs_it_ends_well_and_says_one_line(arguments: list[str]) -> None:
    command = [sys.executable, "-P", "-m", "timelapse.time_wait", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=True)
    expected = {True: "is synchronised after", False: "is not synchronised after 0 s", None: "does not tell"}
    assert expected[is_synchronised()] in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("stream", ["", "8:12345"])
def test_clock_that_is_not_synchronised_is_a_warning_in_the_journal_and_nothing_else(
    stream: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    if stream:
        monkeypatch.setenv("JOURNAL_STREAM", stream)
    assert main(["--at-most", "0"]) == 0
    assert capsys.readouterr().err.startswith("<4>") == (bool(stream) and is_synchronised() is not True)
