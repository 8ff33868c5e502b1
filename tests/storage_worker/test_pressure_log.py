"""What stands in the log of a disk that fills and empties."""

from __future__ import annotations

import logging

import pytest

from shared.about import ATTRIBUTE
from shared.causes import PressureLevel
from shared.clock import NS_PER_S
from shared.disk import DiskUsage
from storage_worker.pressure_log import DeletedLog, PressureLog

MINUTE_NS = 60 * NS_PER_S
_HINDERED = "storage.clean is false: nothing is deleted"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def _lines(said: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in said.records]


def _usage(percent: float) -> DiskUsage:
    return DiskUsage(used_percent=percent, free_bytes=12_000_000, usable_bytes=10**9, inodes_percent=None)


def test_disk_with_room_says_nothing(said: pytest.LogCaptureFixture) -> None:
    log = PressureLog("/out")
    for second in range(200):
        log.take(_usage(50), "ok", "storage.keep_days waits until the clock is synchronised", second * NS_PER_S)
    assert said.messages == []


def test_full_disk_is_an_error_once_and_room_again_is_none(said: pytest.LogCaptureFixture) -> None:
    log = PressureLog("/out")
    for second in range(300):
        log.take(_usage(95), "full", _HINDERED, second * NS_PER_S)
    log.take(_usage(50), "ok", "", 300 * NS_PER_S)
    assert _lines(said) == [
        (
            "ERROR",
            f"/out is 95.0 % full, 12 MB are free: nothing is recorded until there is room; {_HINDERED}",
        ),
        ("INFO", "/out is 50.0 % full, 12 MB are free: there is room again"),
    ]
    assert getattr(said.records[0], ATTRIBUTE) == {"cause": "disk_full"}


@pytest.mark.parametrize(
    ("hindered", "level"), [("", "INFO"), ("nothing more can be deleted: it is too young", "WARNING")]
)
def test_disk_that_is_cleaned_is_a_warning_only_where_that_is_hindered(
    said: pytest.LogCaptureFixture, hindered: str, level: str
) -> None:
    PressureLog("/out").take(_usage(86), "high", hindered, 0)
    ((levelname, line),) = _lines(said)
    assert levelname == level
    assert line.endswith(hindered)


def test_disk_that_wavers_is_said_once_a_minute_as_it_is_then(said: pytest.LogCaptureFixture) -> None:
    log = PressureLog("/out")
    levels: tuple[PressureLevel, ...] = ("full", "high")
    for second in range(180):
        log.take(_usage(90), levels[second % 2], "", second * NS_PER_S)
    log.take(_usage(50), "ok", "", 300 * NS_PER_S)
    assert len(said.messages) <= 4
    assert said.messages[-1].endswith("there is room again")


def test_deleted_frames_are_summed_up_and_none_is_forgotten(said: pytest.LogCaptureFixture) -> None:
    log = DeletedLog()
    for second in range(30):
        log.add(2, 3_000_000, second * NS_PER_S)
    log.add(0, 0, MINUTE_NS)
    log.add(0, 0, 3 * MINUTE_NS)
    assert said.messages == ["deleted 2 frames, 3.0 MB", "deleted 58 frames, 87.0 MB"]
