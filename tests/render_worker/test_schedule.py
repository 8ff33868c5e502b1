"""What is due: of finished days alone, the oldest first."""

from __future__ import annotations

import pytest

from render_worker.local_day import begin_s
from render_worker.results import Result
from render_worker.schedule import ClockView, Due, cameras_of, due, finished_days, why_no_clock
from shared.config.model import CameraConfig, Configuration, RenderConfig, RenderKind
from tests.rig.zone import zone

TODAY = "2026-06-10"
WEEK = [f"2026-06-0{day}" for day in range(3, 10)]


def _configuration(
    daily_minute: int | None = 30, cameras: tuple[str, ...] = ("all",), kinds: tuple[RenderKind, ...] = ("video",)
) -> Configuration:
    both = {name: CameraConfig(name) for name in ("main", "garden")}
    return Configuration("x.yml", "/out", both, render=RenderConfig(daily_minute, cameras, kinds))


def _due(
    now_s: float,
    configuration: Configuration | None = None,
    *,
    there: tuple[Result, ...] = (),
    empty: tuple[str, ...] = (),
    not_before_s: dict[Result, float | None] | None = None,
) -> Due:
    waits = not_before_s or {}
    return due(
        now_s,
        configuration or _configuration(cameras=("main",)),
        there=there,
        has_frames=lambda camera, day: day not in empty and bool(camera),
        not_before_s=lambda result: waits.get(result, 0.0),
    )


def _days(found: Due) -> list[str]:
    return [result.day for result in found.results]


def test_day_is_due_from_its_minute_of_the_next_day_on() -> None:
    with zone("Europe/Oslo"):
        at_s = begin_s(TODAY, 0, 30)
        assert _days(_due(at_s)) == WEEK
        assert _days(_due(at_s - 1)) == ["2026-06-02", *WEEK[:-1]][1:], "yesterday's minute has not come"


def test_today_is_never_due_however_late_it_is() -> None:
    with zone("Europe/Oslo"):
        late_s = begin_s(TODAY, 1) - 1
        assert _days(_due(late_s, _configuration(0, ("main",)))) == WEEK


def test_next_look_is_at_the_next_minute_of_the_clock() -> None:
    with zone("Europe/Oslo"):
        at_s = begin_s(TODAY, 0, 30)
        assert _due(at_s - 1).next_s == at_s
        assert _due(at_s).next_s == begin_s(TODAY, 1, 30)


@pytest.mark.parametrize("daily_minute", [0, 30, 150, 1439])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_day_of_a_change_of_the_clock_is_due_once_it_is_over(day: str, daily_minute: int) -> None:
    with zone("Europe/Oslo"):
        end_s = begin_s(day, 1)
        due_s = begin_s(day, 1, daily_minute)
        assert end_s <= due_s <= end_s + 86_400
        assert day in finished_days(due_s, daily_minute)
        assert day not in finished_days(due_s - 1, daily_minute)


def test_day_before_one_that_the_zone_leaves_out_waits_for_the_minute_of_the_one_after() -> None:
    with zone("Pacific/Apia"):
        due_s = begin_s("2011-12-31", 0, 30)
        assert "2011-12-29" not in finished_days(due_s - 1, 30)
        assert finished_days(due_s, 30)[-2:] == ["2011-12-28", "2011-12-29"]


def test_what_is_there_or_has_no_frames_is_not_due() -> None:
    with zone("UTC"):
        now_s = begin_s(TODAY, 0, 60)
        there = tuple(Result(day, "main", "video") for day in WEEK[:3])
        assert _days(_due(now_s, there=there, empty=(WEEK[4],))) == [WEEK[3], WEEK[5], WEEK[6]]


def test_every_camera_and_kind_of_a_day_comes_before_the_next_day() -> None:
    with zone("UTC"):
        found = _due(begin_s(TODAY, 0, 60), _configuration(kinds=("video", "keogram")), empty=tuple(WEEK[:5]))
        assert [result.key for result in found.results] == [
            f"{camera}/{day}/{kind}"
            for day in WEEK[5:]
            for camera in ("main", "garden")
            for kind in ("video", "keogram")
        ]


def test_what_waits_after_a_failure_holds_up_nobody_and_is_looked_at_in_time() -> None:
    with zone("UTC"):
        now_s = begin_s(TODAY, 0, 60)
        first, second, third = (Result(day, "main", "video") for day in WEEK[:3])
        waits: dict[Result, float | None] = {first: now_s + 300, second: None, third: now_s}
        found = _due(now_s, not_before_s=waits)
        assert _days(found) == WEEK[2:]
        assert found.next_s == now_s + 300
        assert _days(_due(now_s + 300, not_before_s=waits))[0] == WEEK[0]


def test_disk_is_asked_for_frames_only_where_something_is_missing() -> None:
    asked: list[str] = []

    def has_frames(camera: str, day: str) -> bool:
        asked.append(f"{camera} {day}")
        return True

    with zone("UTC"):
        there = {Result(day, "main", "video") for day in WEEK[1:]}
        due(
            begin_s(TODAY, 0, 60),
            _configuration(cameras=("main",)),
            there=there,
            has_frames=has_frames,
            not_before_s=lambda _: 0.0,
        )
    assert asked == [f"main {WEEK[0]}"]


def test_nothing_is_due_where_it_is_off() -> None:
    assert _due(begin_s(TODAY, 0, 60), _configuration(None)).results == []


@pytest.mark.parametrize(
    ("cameras", "chosen"),
    [(("all",), ["main", "garden"]), (("garden",), ["garden"]), (("garden", "main"), ["main", "garden"])],
)
def test_cameras_are_those_of_the_configuration(cameras: tuple[str, ...], chosen: list[str]) -> None:
    assert cameras_of(_configuration(cameras=cameras)) == chosen


@pytest.mark.parametrize(
    ("clock", "why"),
    [
        (ClockView(True, 10.0, None), ""),
        (ClockView(None, 10.0, None), ""),
        (ClockView(False, 10.0, None), "the clock is not synchronised"),
        (ClockView(False, 3600.0, None), ""),
        (ClockView(True, 9e6, 599.0), "the clock was set a moment ago"),
        (ClockView(True, 9e6, 600.0), ""),
    ],
)
def test_clock_that_can_not_be_trusted_finishes_no_day(clock: ClockView, why: str) -> None:
    assert why_no_clock(clock) == why
