"""What will become of the disk, by the storage worker's figures."""

from __future__ import annotations

from msgspec.structs import replace

from shared.status import ForecastStatus, GrowthStatus, Status
from tests.rig.doctor_values import known, only
from tests.rig.status_values import status
from timelapse.doctor import outlook
from timelapse.doctor.finding import Finding

_GB = 10**9


def _told(forecast: ForecastStatus | None = None, growth: GrowthStatus | None = None, *, clean: bool = True) -> Status:
    base = status()
    return replace(base, storage=replace(base.storage, forecast=forecast, growth=growth, clean=clean))


def _judged(told: Status, check: str) -> Finding:
    return only(outlook.judge(told, known()), check)


def test_outlook_before_anything_was_counted_finds_nothing() -> None:
    assert outlook.judge(_told(), known()) == []


def test_forecast_without_history_is_well_and_says_so() -> None:
    found = _judged(_told(ForecastStatus(detail="not known yet")), "disk.forecast")
    assert (found.level, found.saw) == ("ok", "not known yet")


def test_forecast_of_a_disk_that_will_be_full_in_a_week_warns_and_says_what_to_set() -> None:
    forecast = ForecastStatus(bytes_a_day=_GB, whole_days=7, full_in_days=6.6)
    found = _judged(_told(forecast, clean=False), "disk.forecast")
    assert found.level == "warning"
    assert found.saw == "1.0 GB a day; recording stops in 7 days (2026-11-29), with the disk full"
    assert found.do == "sudo timelapse config set storage.clean true && timelapse reload"
    assert "set storage.when_full delete_oldest" in _judged(_told(forecast), "disk.forecast").do


def test_forecast_of_a_disk_that_is_cleaned_in_time_is_well() -> None:
    forecast = ForecastStatus(bytes_a_day=_GB, whole_days=7, cleans_in_days=3.2, reaches_back_days=40.0)
    found = _judged(_told(forecast), "disk.forecast")
    assert found.level == "ok"
    assert found.saw == (
        "1.0 GB a day; the oldest frames go for room in 3 days (2026-11-26); the archive then reaches back 40 days"
    )


def test_forecast_of_less_than_a_day_warns() -> None:
    forecast = ForecastStatus(bytes_a_day=_GB, whole_days=7, cleans_in_days=0.0, reaches_back_days=0.5)
    found = _judged(_told(forecast), "disk.forecast")
    assert found.level == "warning"
    assert found.saw.endswith("the oldest frames go for room now; the archive then reaches back 12 hours")


def test_others_that_do_not_grow_are_well() -> None:
    found = _judged(_told(growth=GrowthStatus(archive_bytes=9 * _GB, others_bytes=4 * _GB)), "disk.others")
    assert (found.level, found.saw) == ("ok", "the archive has 9.0 GB, other files have 4.0 GB")


def test_others_for_which_frames_go_are_a_warning_and_a_fault_when_no_more_may() -> None:
    growth = GrowthStatus(archive_bytes=9 * _GB, others_bytes=9 * _GB, others_grown_bytes=3 * _GB, yielded_percent=25.0)
    found = _judged(_told(growth=growth), "disk.others")
    assert found.level == "warning"
    assert found.saw == (
        "the archive has 9.0 GB, other files have 9.0 GB: 3.0 GB more than when there was room, for which 25% of the "
        "archive goes for them; up to 50% may (storage.yield)"
    )
    assert "findmnt" in found.do
    found = _judged(_told(growth=replace(growth, exhausted=True)), "disk.others")
    assert found.level == "fault"
    assert "set storage.yield 100%" in found.advice
