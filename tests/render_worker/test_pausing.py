"""When a render stands still, and when it goes on."""

from __future__ import annotations

import pytest

from render_worker.pausing import Heat, HeatRule, LateRule, RoomRule
from shared.causes import MissCause
from shared.clock import NS_PER_S

S = NS_PER_S


def test_heat_stops_at_its_limit_and_ends_clearly_below() -> None:
    rule = HeatRule()
    told = [bool(rule.why(Heat(degrees), 75.0)) for degrees in (74.9, 75.0, 74.0, 70.1, 69.9, 74.9, 75.1)]
    assert told == [False, True, True, True, False, False, True]
    assert rule.why(Heat(80.4), 75.0) == "the machine is at 80 degrees C"


def test_heat_of_a_machine_without_a_sensor_or_without_a_limit_stops_nothing() -> None:
    rule = HeatRule()
    assert rule.why(Heat(None), 75.0) == ""
    assert rule.why(Heat(99.0, throttled=True), None) == ""
    assert rule.why(Heat(60.0, throttled=True), 75.0) == "the machine is slowed down, for heat or its power supply"


def _late(*, usual_us: int, frames: int = 20) -> LateRule:
    rule = LateRule()
    for number in range(frames):
        rule.frame("main", usual_us, number * S)
    rule.worked(frames * S)
    return rule


@pytest.mark.parametrize(
    ("usual_us", "late_us", "is_late"),
    [
        (1_000, 150_000, False),
        (1_000, 250_000, True),
        (400_000, 1_100_000, False),
        (400_000, 1_300_000, True),
        (-30_000, -40_000, False),
    ],
)
def test_capture_is_late_beside_what_is_usual_with_it(usual_us: int, late_us: int, is_late: bool) -> None:
    rule = _late(usual_us=usual_us)
    rule.frame("main", late_us, 20 * S)
    assert rule.why(20 * S) == ("camera main is late" if is_late else "")


def test_lateness_is_over_after_a_minute() -> None:
    rule = _late(usual_us=0)
    rule.missed("main", "overrun", 20 * S)
    assert (rule.why(79 * S), rule.why(80 * S)) == ("camera main is late", "")


def test_camera_of_which_little_is_known_is_late_from_a_second_on() -> None:
    rule = _late(usual_us=0, frames=4)
    rule.frame("main", 900_000, 5 * S)
    assert rule.why(5 * S) == ""
    rule.frame("main", 1_100_000, 5 * S)
    assert rule.why(5 * S) != ""


def test_camera_that_is_always_late_is_so_usually() -> None:
    rule = _late(usual_us=0)
    for number in range(40):
        rule.frame("main", 900_000, (20 + number) * S)
        rule.worked((20 + number) * S)
    assert rule.why(121 * S) == "", "it was late for as long as that was news"


def test_what_comes_while_it_stands_still_is_not_its_doing() -> None:
    rule = _late(usual_us=0)
    rule.missed("main", "overrun", 21 * S)
    for late_s in range(30, 80, 5):
        rule.missed("main", "overrun", late_s * S)
    assert rule.why(81 * S) == ""


def test_lateness_before_anything_was_rendered_keeps_nothing_from_beginning() -> None:
    rule = LateRule()
    rule.missed("main", "overrun", 5 * S)
    assert rule.why(5 * S) == ""


@pytest.mark.parametrize("cause", ["hang", "camera_lost", "disk_full", "stopped", "clock_step"])
def test_misses_for_other_causes_stop_nothing(cause: MissCause) -> None:
    rule = _late(usual_us=0)
    rule.missed("main", cause, 20 * S)
    assert rule.why(20 * S) == ""


def test_cameras_are_each_measured_by_themselves() -> None:
    rule = _late(usual_us=0)
    for _ in range(20):
        rule.frame("slow", 900_000, 20 * S)
    assert rule.why(20 * S) == ""
    rule.frame("main", 900_000, 20 * S)
    assert rule.why(20 * S) == "camera main is late"


def test_pressure_stops_until_it_is_relieved_or_nobody_repeats_it() -> None:
    rule = RoomRule()
    assert rule.why(0) == ""
    rule.pressure("high", S)
    assert rule.why(2 * S) == "the disk is nearly full, and being cleaned"
    assert rule.why(2 * S, cleans=False) == "", "it would be so for ever"
    rule.pressure("full", 2 * S)
    assert rule.why(3 * S) == rule.why(3 * S, cleans=False) == "the disk is full"
    assert rule.why(13 * S) == ""
    rule.pressure("full", 14 * S)
    rule.pressure("ok", 15 * S)
    assert rule.why(15 * S) == ""
