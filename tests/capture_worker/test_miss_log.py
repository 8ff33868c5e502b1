"""What stands in the log of slots that have no frame."""

from __future__ import annotations

import logging
from typing import get_args

import pytest

from capture_worker.miss_log import LEVELS, MissLog
from shared.about import ATTRIBUTE
from shared.causes import MissCause
from shared.clock import NS_PER_S


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


@pytest.mark.parametrize("cause", get_args(MissCause))
def test_every_cause_is_said_in_words_with_its_level_and_its_field(
    said: pytest.LogCaptureFixture, cause: MissCause
) -> None:
    MissLog().missed(3, cause, "", 0)
    (record,) = said.records
    head, _, words = record.getMessage().partition(": ")
    assert head == f"3 slots missed ({cause})"
    assert len(words.split()) > 3
    assert record.levelno == LEVELS[cause]
    assert getattr(record, ATTRIBUTE) == {"cause": cause}


def test_reason_stands_in_place_of_the_words(said: pytest.LogCaptureFixture) -> None:
    MissLog().missed(1, "damaged", "the JPEG ends too early", 0)
    assert said.messages == ["slot missed (damaged): the JPEG ends too early"]


def test_camera_that_is_bad_all_night_is_a_line_a_minute(said: pytest.LogCaptureFixture) -> None:
    log = MissLog()
    for second in range(8 * 3600):
        log.missed(1, "damaged", f"picture {second}", second * NS_PER_S)
    log.missed(1, "overrun", "", 8 * 3600 * NS_PER_S)
    assert len(said.messages) == 8 * 60 + 1
    assert said.messages[1] == "slot missed (damaged): picture 60 (and 59 more since the last such line)"
    assert said.messages[-1].startswith("slot missed (overrun): ")
