"""What a line is about."""

from __future__ import annotations

import logging

import pytest

from shared.about import ATTRIBUTE, about, fields_of


@pytest.mark.parametrize(
    ("worker", "fields"),
    [
        ("capture.main", {"worker": "capture.main", "camera": "main"}),
        ("storage", {"worker": "storage"}),
        ("", {}),
    ],
)
def test_camera_follows_from_the_worker(worker: str, fields: dict[str, str]) -> None:
    assert fields_of(worker) == fields


def test_extra_of_a_logging_call_arrives_in_its_record(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test_about").warning("it hangs", extra=about(worker="capture.main", cause="hang"))
    (record,) = caplog.records
    assert getattr(record, ATTRIBUTE) == {"worker": "capture.main", "camera": "main", "cause": "hang"}
