"""When a clean-up is due."""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.pressure import Need
from storage_worker.schedule import Schedule
from storage_worker.settling import Settling

_GB = 10**9
_STORAGE = StorageConfig()
_DAYS = StorageConfig(keep_days=30)


def _usage(used_percent: float) -> DiskUsage:
    return DiskUsage(used_percent, round((100 - used_percent) * _GB), 100 * _GB, None)


def _due(
    schedule: Schedule,
    used_percent: float,
    storage: StorageConfig = _STORAGE,
    *,
    at_s: float = 0,
    today: str = "1",
    synchronised: bool | None = True,
) -> Need | None:
    return schedule.due(
        _usage(used_percent),
        storage,
        written_bytes=0,
        now_ns=int(at_s * NS_PER_S),
        today=today,
        synchronised=synchronised,
    )


def _rules(schedule: Schedule, *, at_s: float, synchronised: bool | None = True) -> StorageConfig:
    return schedule.rules(_DAYS, int(at_s * NS_PER_S), synchronised=synchronised)


def _ended(schedule: Schedule, *, at_s: float, met: bool = True, failures: bool = False, freed: int = 0) -> None:
    settling = Settling(
        used_bytes_before=90 * _GB, written_bytes_before=0, freed_bytes=freed, ended_mono_ns=int(at_s * NS_PER_S)
    )
    schedule.ended(settling, met=met, failures=failures)


def test_due_above_the_watermark_asks_for_what_leads_down_to_the_target() -> None:
    assert _due(Schedule(0), 90.0) == Need(bytes=10 * _GB)


def test_due_at_the_watermark_is_nothing() -> None:
    assert _due(Schedule(0), 85.0) is None


def test_due_with_cleaning_off_is_nothing_whatever_the_rest() -> None:
    assert _due(Schedule(0), 100.0, StorageConfig(clean=False, keep_days=1)) is None


def test_due_on_a_file_system_that_frees_late_waits_for_it() -> None:
    schedule = Schedule(0)
    _ended(schedule, at_s=10, freed=10 * _GB)
    assert _due(schedule, 90.0, at_s=11) is None
    assert _due(schedule, 90.0, at_s=44) is None
    assert _due(schedule, 90.0, at_s=45) is not None


def test_due_on_a_file_system_that_frees_at_once_waits_for_nothing() -> None:
    schedule = Schedule(0)
    _ended(schedule, at_s=10, freed=4 * _GB)
    assert _due(schedule, 86.0, at_s=10) == Need(bytes=6 * _GB)


def test_due_after_one_that_freed_too_little_is_after_ten_seconds() -> None:
    schedule = Schedule(0)
    _ended(schedule, at_s=10, met=False)
    assert _due(schedule, 95.0, at_s=19.9) is None
    assert _due(schedule, 95.0, at_s=20) is not None


def test_due_after_one_that_met_bad_files_is_after_a_minute() -> None:
    schedule = Schedule(0)
    _ended(schedule, at_s=10, met=False, failures=True)
    assert _due(schedule, 95.0, at_s=69) is None
    assert _due(schedule, 95.0, at_s=70) is not None


def test_due_when_the_disk_was_relieved_meanwhile_does_not_wait() -> None:
    schedule = Schedule(0)
    _ended(schedule, at_s=10, met=False, failures=True)
    assert _due(schedule, 50.0, at_s=11) is None
    assert _due(schedule, 95.0, at_s=12) is not None


def test_due_after_a_reload_does_not_wait() -> None:
    schedule = Schedule(0)
    _ended(schedule, at_s=10, met=False, failures=True)
    schedule.reconfigured()
    assert _due(schedule, 95.0, at_s=11) is not None


def test_due_for_keep_days_is_hourly_and_with_the_day() -> None:
    schedule = Schedule(-3600 * NS_PER_S)
    assert _due(schedule, 50.0, _DAYS, at_s=0) == Need()
    assert _due(schedule, 50.0, _DAYS, at_s=3599) is None
    assert _due(schedule, 50.0, _DAYS, at_s=3600) == Need()
    assert _due(schedule, 50.0, _DAYS, at_s=3660) is None
    assert _due(schedule, 50.0, _DAYS, at_s=3670, today="2") == Need()


def test_keep_days_after_the_start_waits_an_hour() -> None:
    """A clock that was ahead before the process began shows it no step."""
    schedule = Schedule(5 * NS_PER_S)
    assert _due(schedule, 50.0, _DAYS, at_s=3604, today="2") is None
    assert _rules(schedule, at_s=3604).keep_days == 0
    assert _due(schedule, 50.0, _DAYS, at_s=3605, today="2") == Need()
    assert _rules(schedule, at_s=3605) == _DAYS


def test_keep_days_by_a_clock_that_is_not_synchronised_waits_until_it_is() -> None:
    schedule = Schedule(0)
    assert _due(schedule, 50.0, _DAYS, at_s=9000, synchronised=False) is None
    assert _rules(schedule, at_s=9000, synchronised=False).keep_days == 0
    assert _rules(schedule, at_s=9000, synchronised=None) == _DAYS
    assert _due(schedule, 50.0, _DAYS, at_s=9001) == Need()


def test_pressure_by_a_clock_that_is_not_synchronised_does_not_wait() -> None:
    assert _due(Schedule(0), 90.0, _DAYS, synchronised=False) is not None


def test_due_without_keep_days_is_nothing_while_there_is_room() -> None:
    assert _due(Schedule(0), 50.0, _STORAGE, at_s=7200) is None


def test_keep_days_after_the_clock_was_set_far_ahead_waits_an_hour() -> None:
    schedule = Schedule(0)
    schedule.clock_stepped(10**18, now_ns=9000 * NS_PER_S)
    assert _due(schedule, 50.0, _DAYS, at_s=9000 + 3599, today="later") is None
    assert _rules(schedule, at_s=9000 + 3599).keep_days == 0
    assert _due(schedule, 50.0, _DAYS, at_s=9000 + 3600) == Need()
    assert _rules(schedule, at_s=9000 + 3600) == _DAYS


def test_keep_days_after_a_small_step_or_one_back_does_not_wait() -> None:
    schedule = Schedule(0)
    schedule.clock_stepped(-(10**18), now_ns=9000 * NS_PER_S)
    schedule.clock_stepped(2 * NS_PER_S, now_ns=9000 * NS_PER_S)
    assert _rules(schedule, at_s=9000) == _DAYS
