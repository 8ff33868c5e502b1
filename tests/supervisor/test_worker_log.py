"""What stands in the log of a worker that ends, again and again."""

from __future__ import annotations

import logging
from typing import get_args

import pytest

from shared.about import ATTRIBUTE
from shared.causes import WorkerCause
from shared.clock import NS_PER_S
from supervisor.worker_log import LEVELS, WorkerLog


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_every_cause_has_a_level() -> None:
    assert LEVELS.keys() == set(get_args(WorkerCause)) - {""}


@pytest.mark.parametrize(
    ("cause", "level"),
    [("camera", "WARNING"), ("hang", "WARNING"), ("disk", "ERROR"), ("configuration", "ERROR"), ("operator", "INFO")],
)
def test_end_has_the_level_of_its_cause_and_says_what_it_is_about(
    said: pytest.LogCaptureFixture, cause: WorkerCause, level: str
) -> None:
    WorkerLog("capture.main").ended(7, cause, "why", 0)
    (record,) = said.records
    assert (record.levelname, record.getMessage()) == (level, f"capture.main (pid 7) has ended: {cause}, why")
    assert getattr(record, ATTRIBUTE) == {"worker": "capture.main", "camera": "main", "cause": cause}


def test_failure_that_repeats_is_said_once_a_minute_and_each_cause_apart(said: pytest.LogCaptureFixture) -> None:
    one, other = WorkerLog("capture.main"), WorkerLog("capture.door")
    for second in range(0, 121, 6):
        one.ended(second, "camera", "gone", second * NS_PER_S)
    one.ended(1, "crash", "why", 121 * NS_PER_S)
    other.ended(2, "camera", "gone", 121 * NS_PER_S)
    assert said.messages == [
        "capture.main (pid 0) has ended: camera, gone",
        "capture.main (pid 60) has ended: camera, gone (and 9 more since the last such line)",
        "capture.main (pid 120) has ended: camera, gone (and 9 more since the last such line)",
        "capture.main (pid 1) has ended: crash, why",
        "capture.door (pid 2) has ended: camera, gone",
    ]


def test_what_an_operator_asks_for_is_said_each_time(said: pytest.LogCaptureFixture) -> None:
    log = WorkerLog("storage")
    for pid in range(3):
        log.ended(pid, "operator", "ended by SIGTERM", 0)
    assert len(said.messages) == 3


def test_wait_is_said_where_there_is_one(said: pytest.LogCaptureFixture) -> None:
    log = WorkerLog("capture.main")
    log.backs_off(0.0, "camera")
    log.backs_off(5.31, "camera")
    assert said.messages == ["capture.main is started again in 5.3 s"]
    assert said.records[0].levelname == "INFO"


def test_worker_that_waits_for_somebody_is_an_error_that_says_what_to_do(said: pytest.LogCaptureFixture) -> None:
    WorkerLog("capture.main").waits("configuration")
    (record,) = said.records
    assert record.levelname == "ERROR"
    assert "'timelapse reload' or 'timelapse restart capture.main'" in record.getMessage()


def test_quarantine_is_an_error_about_that_camera(said: pytest.LogCaptureFixture) -> None:
    WorkerLog("capture.main").quarantined(7, wanted=True)
    (record,) = said.records
    assert record.levelname == "ERROR"
    assert getattr(record, ATTRIBUTE)["cause"] == "hang"


def test_quarantine_of_one_that_was_told_to_stop_is_no_error(said: pytest.LogCaptureFixture) -> None:
    """A slow machine needs more than the moment that a shutdown has."""
    WorkerLog("capture.main").quarantined(7, wanted=False)
    assert [record.levelname for record in said.records] == ["INFO"]


def test_line_that_went_through_the_brake_names_the_place_that_it_is_from(said: pytest.LogCaptureFixture) -> None:
    WorkerLog("capture.main").hangs("thread main did not finish grab", 0)
    assert said.records[0].funcName == "hangs"
