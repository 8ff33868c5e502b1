"""The log says it once a minute, and how often it was."""

from __future__ import annotations

import logging

import pytest

from shared.about import ATTRIBUTE, about
from shared.brake import Brake
from shared.clock import NS_PER_S

_log = logging.getLogger("test_brake")


def test_brake_at_the_first_complaint_speaks_at_once(caplog: pytest.LogCaptureFixture) -> None:
    Brake(_log).warn(0, "it failed")
    assert caplog.messages == ["it failed"]


def test_brake_within_a_minute_holds_back_and_counts(caplog: pytest.LogCaptureFixture) -> None:
    brake = Brake(_log)
    for second in range(60):
        brake.warn(second * NS_PER_S, f"failure {second}")
    brake.warn(60 * NS_PER_S, "failure 60")
    brake.warn(120 * NS_PER_S, "failure 120")
    assert caplog.messages == ["failure 0", "failure 60 (and 59 more since the last such line)", "failure 120"]


def test_brake_says_what_a_line_is_about_and_where_it_is_from(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Brake(_log).say(0, logging.INFO, "it hangs", about(cause="hang"))
    Brake(_log).warn(0, "it failed")
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]
    assert getattr(caplog.records[0], ATTRIBUTE) == {"cause": "hang"}
    here = "test_brake_says_what_a_line_is_about_and_where_it_is_from"
    assert [record.funcName for record in caplog.records] == [here, here]
