"""Warnings reach the tap and the log, each once and in order, though the socket be full."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from capture_worker.results import Stored
from capture_worker.warner import Warner
from shared.clock import NS_PER_S
from shared.events import CameraWarning, FrameWritten
from tests.rig.manual_clock import ManualClock
from tests.rig.still_worker import StillWorker

GOOD, BLACK = "", "nothing is bright"


class Bench:
    """A warner whose frames come each minute."""

    def __init__(self, directory: Path) -> None:
        self.worker = StillWorker(directory, ManualClock())
        self.warner = Warner(self.worker, "main")  # type: ignore[arg-type]  # what a warner asks of a worker is there
        self._slot_ns = 0

    def store(self, *words: str) -> None:
        """Frames of which that was found."""
        for found in words:
            written = FrameWritten(
                camera="main", slot_ns=self._slot_ns, take=1, path="p", bytes=1, width=1, height=1, lateness_us=0
            )
            self.warner.take(Stored(written, {"black": found}))
            self._slot_ns += 60 * NS_PER_S

    def told(self) -> list[CameraWarning]:
        """The events so far."""
        assert {topic for topic, _ in self.worker.published} <= {"camera.warning"}
        return [event for _, event in self.worker.published if isinstance(event, CameraWarning)]


def test_warning_is_told_at_its_begin_and_at_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(tmp_path)
    bench.store(GOOD, *[BLACK] * 20, *[GOOD] * 20)
    begun, ended = bench.told()
    assert (begun.camera, begun.warning, begun.active, begun.since_slot_ns) == ("main", "black", True, 60 * NS_PER_S)
    assert begun.detail.startswith(BLACK)
    assert (ended.warning, ended.active, ended.since_slot_ns) == ("black", False, 60 * NS_PER_S)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert caplog.messages[0].startswith("the pictures are black: nothing is bright; ")


def test_warnings_that_find_no_room_are_told_later_in_order(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.worker.has_room = False
    bench.store(*[BLACK] * 5, *[GOOD] * 5)
    assert bench.told() == []
    bench.worker.has_room = True
    bench.store(GOOD)
    assert [event.active for event in bench.told()] == [True, False]
    bench.store(GOOD)
    assert len(bench.told()) == 2
