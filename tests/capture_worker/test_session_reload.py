"""The session's grid when its configuration changes under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.clock import NS_PER_MS, NS_PER_S
from shared.messages import Configure
from tests.rig.manual_clock import ManualClock
from tests.rig.still_worker import INTERVAL_NS, SessionBench, slot


@pytest.mark.parametrize("to_ms", [1000, 3000, 60_000])
def test_reload_of_the_interval_neither_loses_nor_doubles_a_slot(bench: SessionBench, to_ms: int) -> None:
    bench.shoot_slot(0)
    bench.go_to(slot(0) + 7 * NS_PER_S + 1)
    bench.reload(interval_ms=to_ms)
    bench.turn()
    told = len(bench.told())
    assert told == 1, "slots of the new grid before the reload are nobody's"
    next_ns = (bench.clock.wall // (to_ms * NS_PER_MS) + 1) * to_ms * NS_PER_MS
    assert bench.session._next_slot_ns == next_ns


def test_reload_at_the_very_moment_of_a_slot_does_not_lose_it(tmp_path: Path) -> None:
    """Up to one moment slots are the old plan's: the turn must not look at the clock again for the new one's."""
    clock = CreepingClock()
    slot_ns = slot(1)
    assert slot_ns % (2 * INTERVAL_NS) != 0, "it is no slot of the new plan"
    old_plans = []
    for offset_ns in range(-200_000, 40_000, 10_000):
        clock.wall = slot_ns - INTERVAL_NS // 2
        bench = SessionBench(tmp_path / str(offset_ns), clock=clock)
        bench.open()
        bench.go_to(slot_ns + offset_ns)
        bench.reload(interval_ms=20_000)
        clock.creep_ns = 10_000
        bench.turn()
        clock.creep_ns = 0
        asked = bench.asked()
        old_plans.append(asked is not None and asked.slot_ns == slot_ns)
        assert old_plans[-1] or bench.session._cursor_ns < slot_ns, "it is nobody's"
    assert set(old_plans) == {True, False}


class CreepingClock(ManualClock):
    """Each look at the wall clock takes its time."""

    creep_ns = 0

    def wall_ns(self) -> int:
        """See `ManualClock.wall_ns`."""
        self.wall += self.creep_ns
        self.mono += self.creep_ns
        return self.wall


def test_reload_of_nothing_that_matters_keeps_the_plan(bench: SessionBench) -> None:
    bench.go_to(slot(0) - NS_PER_S)
    bench.reload(quality=50)
    bench.turn()
    bench.shoot_slot(0)
    assert bench.session._camera_config.quality == 50


def test_reload_of_a_window_has_a_lease(bench: SessionBench) -> None:
    """Working out the sun loads astral first, which takes a small board seconds."""
    bench.worker.leases.clear()
    bench.reload(window="06:00-20:00")
    bench.turn()
    assert [lease.operation for lease in bench.worker.leases[:1]] == ["disk"]


def test_camera_that_is_removed_while_it_records_goes_on_until_it_is_stopped(bench: SessionBench) -> None:
    bench.worker.link.configures.append(Configure(configuration=replace(bench.configuration, cameras={})))
    bench.turn()
    bench.shoot_slot(0)
    assert bench.told() == [(slot(0), "frame")]
