"""A render that was started by hand stands still where it would disturb the supervisor that runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse.render_pausing import Watch, watch


class Noted:
    """A render that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self, reason: str) -> None:
        """See `timelapse.render_pausing.Pausable`, as for the other."""
        self.told.append(reason)

    def resume(self) -> None:
        """Go on."""
        self.told.append("")


def frame(lateness_us: int) -> dict[str, object]:
    return {
        "camera": "main",
        "slot_ns": 1,
        "take": 1,
        "path": "p",
        "bytes": 1,
        "width": 1,
        "height": 1,
        "lateness_us": lateness_us,
    }


def until(watched: Watch, render: Noted, count: int) -> None:
    """Steers until the render was told so much."""
    ends_s = time.monotonic() + 20
    while len(render.told) < count:
        assert time.monotonic() < ends_s, "it is told nothing"
        watched._tap.wait(0.1)
        watched.steer(render)


def test_late_capture_has_it_stand_still_until_a_minute_after(
    supervisor: ScriptedSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = watch(str(supervisor.runtime_dir), None)
    assert watched is not None
    render = Noted()
    watched.steer(render)
    supervisor.publish("frame.written", frame(400), times=10)
    supervisor.publish("frame.written", frame(3_000_000))
    # A subscription takes a moment; what came before it is not heard.
    while not watched._tap.wait(0.2):
        supervisor.publish("frame.written", frame(3_000_000))
    until(watched, render, 1)
    monkeypatch.setattr("render_worker.pausing.LATE_FOR_NS", 0)
    until(watched, render, 2)
    assert render.told == ["camera main is late", ""]
    supervisor.end()
    watched.steer(render)
    watched.close()
    watched.close()


def test_without_a_supervisor_nobody_is_watched(tmp_path: Path) -> None:
    assert watch(str(tmp_path), 75.0) is None
