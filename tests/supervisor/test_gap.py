"""For how long nobody has recorded, whatever became of the clock and of the notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared import wire
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig
from shared.events import RecordingGap
from supervisor.accounted import Accounted
from supervisor.gap import gap_of, gaps_of
from supervisor.memory import Memory

_INTERVAL_NS = 10 * NS_PER_S
_UNTIL_NS = 1_795_422_930 * NS_PER_S
_TOLD = Accounted(_UNTIL_NS, wall_ns=_UNTIL_NS + NS_PER_S, mono_ns=100 * NS_PER_S)
"""The slot was told a second after it."""


def _gap(wall_s: float, mono_s: float, accounted: Accounted | None = _TOLD) -> RecordingGap:
    return gap_of(accounted, _INTERVAL_NS, _UNTIL_NS + int(wall_s * NS_PER_S), int(mono_s * NS_PER_S))


@pytest.mark.parametrize(("passed_s", "slots"), [(0, 0), (8.9, 0), (9, 1), (60, 6), (86_400, 8640)])
def test_gap_is_the_time_since_the_last_slot_and_the_slots_that_came_due(passed_s: float, slots: int) -> None:
    found = _gap(1 + passed_s, 100 + passed_s)
    assert found == RecordingGap(accounted_until_ns=_UNTIL_NS, gap_s=1 + passed_s, slots=slots)


@pytest.mark.parametrize("step_s", [-50 * 365 * 86_400, -3600, 3600, 50 * 365 * 86_400])
def test_gap_of_a_clock_that_was_set_is_the_time_that_has_passed(step_s: float) -> None:
    assert _gap(61 + step_s, 160) == _gap(61, 160)


def test_gap_of_a_frame_told_before_its_slot_is_none() -> None:
    told = Accounted(_UNTIL_NS, wall_ns=_UNTIL_NS - 50_000_000, mono_ns=100 * NS_PER_S)
    assert _gap(-0.05, 100, told) == RecordingGap(accounted_until_ns=_UNTIL_NS, gap_s=0.0, slots=0)


def test_gap_told_by_another_boot_of_the_machine_is_not_known() -> None:
    assert _gap(61, 20) == RecordingGap(accounted_until_ns=_UNTIL_NS)


def test_gap_where_the_moment_of_telling_is_not_known_goes_by_the_wall_clock() -> None:
    untimed = Accounted(_UNTIL_NS)
    assert _gap(60, 20, untimed) == RecordingGap(accounted_until_ns=_UNTIL_NS, gap_s=60.0, slots=6)
    assert _gap(-60, 20, untimed) == RecordingGap(accounted_until_ns=_UNTIL_NS), "a clock that is behind tells nothing"


def test_gap_of_a_camera_that_nobody_has_told_of_is_not_known(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    event = {"wall_ns": _TOLD.wall_ns, "mono_ns": _TOLD.mono_ns}
    memory.note_accounted("main", _UNTIL_NS, _UNTIL_NS, wire.pack(event))
    cameras = {name: CameraConfig(name, interval_ms=10_000) for name in ("main", "garden")}
    found = gaps_of(cameras, Memory(tmp_path), _UNTIL_NS + 61 * NS_PER_S, 160 * NS_PER_S)
    assert found == {
        "main": RecordingGap(accounted_until_ns=_UNTIL_NS, gap_s=61.0, slots=6),
        "garden": RecordingGap(),
    }
