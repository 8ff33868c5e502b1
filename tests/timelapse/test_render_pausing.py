"""A render that was started by hand stands still where it would disturb the supervisor that runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from render_worker.request import Picking, RenderRequest
from shared.causes import PressureLevel
from shared.clock import NS_PER_S
from shared.config.model import Configuration, StorageConfig
from shared.events import DiskPressure
from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse.render_pausing import CleaningRule, Watch, cleaned_for, watch
from timelapse.where import Where


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


def pressure(level: PressureLevel, percent: float) -> DiskPressure:
    return DiskPressure(level=level, used_percent=percent, free_bytes=1, inodes_percent=None, path="/out")


def test_disk_that_is_being_cleaned_is_waited_for_as_long_as_that_helps() -> None:
    rule, minute_ns = CleaningRule(), 60 * NS_PER_S
    assert rule.why(0) == ""
    for now_ns in range(0, 10 * minute_ns, NS_PER_S):
        rule.pressure(pressure("high", 90 - now_ns / minute_ns / 2), now_ns)
        assert rule.why(now_ns) == "the disk is nearly full, and being cleaned"
    for now_ns in range(10 * minute_ns, 20 * minute_ns, NS_PER_S):
        # Nothing goes any more: it does not hold a render for ever.
        rule.pressure(pressure("high", 85.1), now_ns)
        assert bool(rule.why(now_ns)) == (now_ns < 12 * minute_ns - NS_PER_S)
    rule.pressure(pressure("ok", 80.0), 20 * minute_ns)
    rule.pressure(pressure("high", 86.0), 21 * minute_ns)
    assert rule.why(21 * minute_ns)
    assert rule.why(22 * minute_ns) == "", "nobody has said so for a while"


def test_only_the_archive_that_is_cleaned_for_its_room_counts(supervisor: ScriptedSupervisor) -> None:
    watched = watch(str(supervisor.runtime_dir), None, "/out")
    assert watched is not None
    render = Noted()
    told = {"level": "high", "used_percent": 90.0, "free_bytes": 1, "inodes_percent": None}
    while not watched._tap.wait(0.2):
        supervisor.publish("disk.pressure", {**told, "path": "/elsewhere"})
    watched.steer(render)
    assert render.told == []
    supervisor.publish("disk.pressure", {**told, "path": "/out"})
    until(watched, render, 1)
    supervisor.publish("disk.pressure", {**told, "level": "ok", "path": "/out"})
    until(watched, render, 2)
    assert render.told == ["the disk is nearly full, and being cleaned", ""]
    watched.close()


@pytest.mark.parametrize(
    ("storage", "output", "is_cleaned"),
    [
        (StorageConfig(), "here/a.mp4", True),
        (StorageConfig(clean=False), "here/a.mp4", False),
        (StorageConfig(when_full="stop"), "here/a.mp4", False),
        (StorageConfig(), "/proc/a.mp4", False),
    ],
)
def test_frames_go_for_a_render_only_where_cleaning_may_and_on_its_disk(
    tmp_path: Path, storage: StorageConfig, output: str, *, is_cleaned: bool
) -> None:
    (tmp_path / "here").mkdir()
    place = Where(Configuration("c", str(tmp_path), {}, storage=storage))
    request = RenderRequest(str(tmp_path), "main", str(tmp_path / output), Picking(0, 1))
    assert cleaned_for(place, request) == (str(tmp_path) if is_cleaned else "")
