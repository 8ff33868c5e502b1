"""What counts as growth in an endurance run."""

from __future__ import annotations

import pytest

from bench.endurance_report import growths, series_of, table
from bench.growth import slope, thirds
from bench.held import Held


def _held(at_s: float, *, anonymous_kb: int = 10_000, descriptors: int = 30, threads: int = 3) -> Held:
    return Held(at_s, "storage", 1, 20_000, 12_000, anonymous_kb, descriptors, threads, at_s / 100)


def test_thirds_are_the_medians_in_the_order_of_time() -> None:
    assert thirds([1, 2, 3, 10, 11, 12, 13, 20, 30, 21]) == (2, 11.5, 21)


def test_slope_of_a_line_is_the_lines_whatever_one_point_says() -> None:
    values = [2.0 * at for at in range(30)]
    values[7] = 1000.0
    found = slope([float(at) for at in range(30)], values)
    assert found.median == pytest.approx(2.0)
    assert found.lowest <= 2.0 <= found.highest


def test_slope_of_nothing_but_noise_has_zero_in_its_range() -> None:
    found = slope([float(at) for at in range(60)], [float(at * 7919 % 13) for at in range(60)])
    assert found.lowest <= 0.0 <= found.highest


def test_run_in_which_nothing_grows_behind_its_first_third_has_no_growth() -> None:
    samples = [[_held(at, anonymous_kb=min(10_000, 5_000 + 1_000 * at))] for at in range(30)]
    assert list(growths(series_of(samples), growth_kb=1024)) == []
    assert len(list(table(series_of(samples)))) == 7


@pytest.mark.parametrize(
    ("grown", "what"),
    [
        ({"descriptors": 31}, "storage: descriptors grew from 30 to 31"),
        ({"threads": 4}, "storage: threads grew from 3 to 4"),
        ({"anonymous_kb": 11_025}, "storage: anonymous_kb grew from 10000 to 11025"),
    ],
)
def test_run_in_which_something_grows_late_says_what(grown: dict[str, int], what: str) -> None:
    samples = [[_held(at, **(grown if at >= 20 else {}))] for at in range(30)]
    assert list(growths(series_of(samples), growth_kb=1024)) == [what]


def test_process_that_stays_behind_is_growth_too() -> None:
    samples = [[_held(at)] * (2 if at >= 20 else 1) for at in range(30)]
    assert "all: processes grew from 1 to 2" in list(growths(series_of(samples), growth_kb=1024))
