"""What will come of the archive at the present rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.status import ForecastStatus
from storage_worker.forecast import Came, Counts, forecast

GB = 10**9
TODAY = "2026/06/30"


def usage(used_gb: float, total_gb: float = 100) -> DiskUsage:
    used_percent = 100 * used_gb / total_gb
    return DiskUsage(used_percent, round((total_gb - used_gb) * GB), round(total_gb * GB), None)


def day(number: int) -> str:
    return f"2026/06/{number:02d}"


def counts(sizes_gb: dict[int, float], files: int = 8640) -> Counts:
    """One camera with so much on each of the days of this month."""
    sizes = {day(number): round(size * GB) for number, size in sizes_gb.items()}
    return Counts({name: Came(files, size) for name, size in sizes.items()}, sizes, 1, TODAY)


TEN_DAYS = counts(dict.fromkeys(range(21, 31), 1.0))


def test_rate_is_the_mean_of_the_last_seven_whole_days() -> None:
    sizes = {21: 9.0, 22: 9.0, **dict.fromkeys(range(23, 30), 1.0), 26: 8.0, 30: 0.1}
    told = forecast(counts(sizes), usage(40), StorageConfig())
    assert (told.bytes_a_day, told.whole_days) == (2 * GB, 7)


def test_rate_of_an_archive_that_began_yesterday_is_not_known_and_says_so() -> None:
    told = forecast(counts({29: 0.5, 30: 0.3}), usage(40), StorageConfig())
    assert told == ForecastStatus(detail="not known before one day has been recorded from midnight to midnight")


def test_rate_after_a_week_without_a_frame_is_not_known_and_says_so() -> None:
    told = forecast(counts(dict.fromkeys(range(1, 20), 1.0)), usage(40), StorageConfig())
    assert told == ForecastStatus(detail="nothing was recorded in the last 7 days")


def test_rate_counts_days_with_frames_alone() -> None:
    told = forecast(counts({1: 1.0, 25: 1.0, 28: 3.0}), usage(40), StorageConfig())
    assert (told.bytes_a_day, told.whole_days) == (2 * GB, 2)


def test_forecast_with_cleaning_says_when_it_begins_and_how_far_back_the_archive_reaches_then() -> None:
    told = forecast(TEN_DAYS, usage(40), StorageConfig())
    assert told.cleans_in_days == 45.0
    assert told.full_in_days is None
    # 80 GB less the 30 GB of others, at one a day.
    assert told.reaches_back_days == 50.0


@pytest.mark.parametrize("storage", [StorageConfig(clean=False), StorageConfig(when_full="stop")])
def test_forecast_where_nothing_may_go_for_room_says_when_recording_stops(storage: StorageConfig) -> None:
    told = forecast(TEN_DAYS, usage(40), storage)
    assert (told.cleans_in_days, told.full_in_days, told.reaches_back_days) == (None, 50.0, None)


def test_forecast_of_a_disk_that_is_cleaned_already_is_now() -> None:
    told = forecast(TEN_DAYS, usage(86), StorageConfig())
    assert told.cleans_in_days == 0.0
    assert forecast(TEN_DAYS, usage(91), StorageConfig(clean=False)).full_in_days == 0.0


def test_forecast_where_others_leave_no_room_reaches_nowhere() -> None:
    assert forecast(TEN_DAYS, usage(95), StorageConfig()).reaches_back_days == 0.0


def test_forecast_with_keep_days_never_fills_and_reaches_back_so_far() -> None:
    told = forecast(TEN_DAYS, usage(40), StorageConfig(keep_days=20))
    assert (told.cleans_in_days, told.full_in_days, told.reaches_back_days) == (None, None, 20.0)


def test_forecast_with_max_size_goes_by_it() -> None:
    told = forecast(TEN_DAYS, usage(40), StorageConfig(max_size_bytes=20 * GB))
    assert (told.cleans_in_days, told.reaches_back_days) == (10.0, 20.0)


def test_forecast_with_rules_counts_what_they_will_thin_out() -> None:
    # 24 of 8640 frames a day stay from the eleventh day on: the 10 GB that stay whole, then 2.8 MB a day.
    told = forecast(TEN_DAYS, usage(40), StorageConfig(keep={"all": 10 * 86400.0, "every 1h": None}))
    assert told.cleans_in_days is None
    assert told.reaches_back_days is None
    few = forecast(TEN_DAYS, usage(40), StorageConfig(keep={"all": 10 * 86400.0, "every 1h": None}, clean=False))
    assert few.full_in_days == 50.0, "nothing is thinned out with clean: false"


def test_forecast_on_a_disk_that_rules_fill_slowly_counts_what_is_left_of_each_day() -> None:
    told = forecast(TEN_DAYS, usage(84, 100), StorageConfig(keep={"all": 5 * 86400.0, "every 10s": None}))
    assert told.cleans_in_days == 1.0, "a frame each ten seconds is all of them"


SIZES = st.dictionaries(st.integers(1, 30), st.floats(0, 5), min_size=1)
STORAGE = st.builds(
    StorageConfig,
    clean=st.booleans(),
    keep_days=st.sampled_from([0.0, 3.0, 40.0]),
    keep=st.sampled_from([{}, {"all": 2 * 86400.0, "every 1h": 30 * 86400.0}, {"all": None}]),
    max_size_bytes=st.sampled_from([0, 5 * GB]),
    when_full=st.sampled_from(["delete_oldest", "stop"]),
)


@given(sizes=SIZES, storage=STORAGE, used=st.floats(0, 100), total=st.sampled_from([1.0, 100.0]))
def test_forecast_of_anything_is_a_time_that_is_not_past_or_none(
    sizes: dict[int, float], storage: StorageConfig, used: float, total: float
) -> None:
    told = forecast(counts(sizes), usage(used * total / 100, total), storage)
    assert all(
        value is None or value >= 0 for value in (told.cleans_in_days, told.full_in_days, told.reaches_back_days)
    )
    assert (told.bytes_a_day is None) == bool(told.detail)
    if told.full_in_days is not None:
        assert not (storage.clean and storage.when_full == "delete_oldest")


@given(sizes=SIZES, storage=STORAGE, used=st.floats(30, 84))
def test_forecast_on_a_disk_with_less_room_is_never_later(
    sizes: dict[int, float], storage: StorageConfig, used: float
) -> None:
    more, less = (forecast(counts(sizes), usage(200 + each, 400), storage) for each in (used, used + 1))
    for field in ("cleans_in_days", "full_in_days"):
        roomy, tight = getattr(more, field), getattr(less, field)
        assert tight is not None if roomy is not None else True
        assert roomy is None or tight <= roomy
