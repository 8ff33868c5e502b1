"""A camera through whatever its clock does: steps at any moment, workers that die in between, machines that start.

The session is the real one, and so are the directory of frames and the rules about what is accounted for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from tests.rig.clock_lives import InFlight, Lives, in_memory
from tests.rig.manual_clock import START_WALL_NS
from tests.rig.planted_frames import plant
from tests.rig.zone import utc_ns, zone

_HOUR_NS = 3600 * NS_PER_S
_DAY_NS = 24 * _HOUR_NS
_YEARS_50_NS = 50 * 365 * _DAY_NS
_STEPS_NS = [_HOUR_NS, _DAY_NS, _YEARS_50_NS, -_HOUR_NS, -_DAY_NS, -_YEARS_50_NS]
_ZONES = ["Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
_CHANGES = {
    # The last moment before each change of the clock in 2026, in UTC: it goes forward, and back.
    "Europe/Oslo": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),
    # Summer time is its standard time, and Ramadan takes an hour off.
    "Africa/Casablanca": ("2026-03-22T02:00", "2026-02-15T02:00"),
}

Happening = tuple[str, int, InFlight]
_SECONDS_NS = st.integers(-200, 200).map(lambda halves: halves * NS_PER_S // 2)
_STEP_NS = st.sampled_from(_STEPS_NS) | _SECONDS_NS
_IN_FLIGHT: st.SearchStrategy[InFlight] = st.sampled_from(["nothing", "asked", "taken", "written"])
_RUN = st.tuples(st.just("run"), st.integers(1, 45), st.just("nothing"))
_SET = st.tuples(st.just("set"), _STEP_NS, _IN_FLIGHT)
_SET_FORWARD = st.tuples(st.just("set"), _STEP_NS.map(abs), _IN_FLIGHT)
_REBOOT = st.tuples(st.just("reboot"), _STEP_NS, _IN_FLIGHT)
_DIE = st.tuples(st.just("die"), st.integers(0, 60), _IN_FLIGHT)


@contextmanager
def _camera(wall_ns: int = START_WALL_NS, interval_ms: int = 10_000) -> Iterator[Lives]:
    """A camera that has told its first slot; at the end its accounts are checked."""
    with in_memory() as directory:
        lives = Lives(directory, wall_ns, interval_ms=interval_ms)
        try:
            lives.start()
            lives.run(1.5 * interval_ms / 1000)
            yield lives
            lives.run(2 * interval_ms / 1000)
            lives.end()
        finally:
            lives.kill()
    assert lives.longest_wait_ns <= lives.interval_ns


def _happen(lives: Lives, happening: Happening) -> None:
    what, number, in_flight = happening
    lives.bring(in_flight)
    wall_ns = max(_DAY_NS, min(lives.clock.wall + number, 4 * _YEARS_50_NS))
    match what:
        case "run":
            lives.run(number)
        case "set":
            lives.set_clock(wall_ns)
        case "reboot":
            lives.reboot(wall_ns)
            lives.start()
        case "die":
            lives.kill()
            lives.run(number)
            lives.start("crash")


@given(st.lists(st.one_of(_RUN, _SET, _REBOOT), max_size=8))
@settings(max_examples=40)
def test_slots_are_told_in_order_and_once_in_each_life_of_a_clock_that_is_set_at_will(
    happenings: list[Happening],
) -> None:
    with _camera() as lives:
        for happening in happenings:
            _happen(lives, happening)


@given(st.lists(st.one_of(_RUN, _SET_FORWARD, _DIE), max_size=8))
@settings(max_examples=40)
def test_slots_are_told_once_though_workers_die_while_the_clock_is_put_forward(
    happenings: list[Happening],
) -> None:
    with _camera() as lives:
        for happening in happenings:
            _happen(lives, happening)


@pytest.mark.parametrize("in_flight", ["nothing", "asked", "taken", "written"])
@pytest.mark.parametrize("step_ns", _STEPS_NS)
def test_worker_that_dies_right_after_a_step_is_followed_by_one_that_records_on(
    step_ns: int, in_flight: InFlight
) -> None:
    """With a frame under way at the step, which is told after it: its time may be fifty years ahead by then."""
    with _camera() as lives:
        _happen(lives, ("set", step_ns, in_flight))
        lives.run(3)
        lives.kill()
        lives.run(30)
        began_ns = lives.clock.wall
        lives.start("crash")
        lives.run(25)
        now_ns = lives.clock.wall
        frames = [told.slots[0] for told in lives.told() if told.what == "frame"]
        assert [slot_ns for slot_ns in frames if began_ns < slot_ns <= now_ns]
    counts = [len(told.slots) for told in lives.told() if told.what == "crash"]
    assert sum(counts) <= 4, "no more is told as missed than time has passed"


@pytest.mark.parametrize("name", _ZONES)
@pytest.mark.parametrize("number", [0, 1], ids=["forward", "back"])
def test_change_of_the_zones_clock_is_no_step_and_loses_and_doubles_no_slot(name: str, number: int) -> None:
    with zone(name):
        change_ns = utc_ns(_CHANGES[name][number])
        with _camera(change_ns - 2 * _HOUR_NS - 1, interval_ms=300_000) as lives:
            lives.run(4 * 3600)
        (life,) = lives.lives
        assert [told.what for told in life.told] == ["frame"] * len(life.told)
        assert len(life.told) >= 4 * 12 + 1
        names = [told.path.rpartition("/")[2] for told in life.told]
        assert (names == sorted(names)) == (number == 0), "in what comes twice the order is that of instants, not names"
        assert len({each.partition(".")[0] for each in names}) < len(names) or number == 0
        assert not [each for each in names if each.endswith("-2.jpg")], "the offset tells them apart"


@pytest.mark.parametrize("step_ns", _STEPS_NS)
@pytest.mark.parametrize("name", _ZONES)
def test_step_in_any_zone_prevents_no_picture(name: str, step_ns: int) -> None:
    with zone(name), _camera() as lives:
        lives.run(30)
        lives.set_clock(lives.clock.wall + step_ns)
        before = len(lives.told())
        lives.run(60)
        told = lives.told()[before:]
        assert sum(each.what == "frame" for each in told) == 6
        assert {each.what for each in told} <= {"frame", "clock_step"}


def test_clock_that_is_put_back_again_and_again_writes_a_take_each_time() -> None:
    with _camera() as lives:
        for _ in range(5):
            lives.set_clock(START_WALL_NS)
            lives.run(15)
    slots = [(told.slots[0], told.path.rpartition("+0000")[2]) for told in lives.told() if told.what == "frame"]
    first_ns = slots[0][0]
    assert [take for slot_ns, take in slots if slot_ns == first_ns] == [".jpg", *(f"-{n}.jpg" for n in range(2, 7))]


def test_machine_without_a_clock_tells_what_its_clock_left_out_as_one(tmp_path: Path) -> None:
    """The archive of last year is there; it starts in 1970, and is put right after a minute."""
    archived_ns = START_WALL_NS - 300 * _DAY_NS
    archived = plant(tmp_path / "out", "main", archived_ns // (10 * NS_PER_S) * 10 * NS_PER_S)
    lives = Lives(tmp_path, _DAY_NS)
    lives._forgotten.add(archived)
    try:
        lives.start()
        lives.run(60)
        lives.set_clock(START_WALL_NS)
        lives.run(60)
        lives.end()
    finally:
        lives.kill()
    (missed,) = [told for told in lives.told() if told.what != "frame"]
    assert missed.what == "clock_step"
    assert missed.slots[0] == archived_ns // (10 * NS_PER_S) * 10 * NS_PER_S + 10 * NS_PER_S
    assert sum(told.what == "frame" for told in lives.told()) == 12


def test_start_among_frames_of_the_future_is_quick_and_tells_only_the_past(tmp_path: Path) -> None:
    """A clock that was once fifty years ahead leaves frames, which say nothing about now."""
    for number in range(300):
        plant(tmp_path / "out", "main", START_WALL_NS + _YEARS_50_NS + number * _DAY_NS)
    newest_ns = (START_WALL_NS - _YEARS_50_NS) // (10 * NS_PER_S) * 10 * NS_PER_S
    planted = plant(tmp_path / "out", "main", newest_ns)
    lives = Lives(tmp_path, START_WALL_NS)
    try:
        lives.start()
        lives.run(30)
        told = lives.told()
    finally:
        lives.kill()
    assert planted
    assert [each.what for each in told] == ["down", "frame", "frame", "frame"]
    assert told[0].slots[0] == newest_ns + 10 * NS_PER_S
    assert len(told[0].slots) > 150_000_000, "fifty years as one event"
