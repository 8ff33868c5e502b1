"""A data disk that goes and comes back: recorded on at once, whatever the delay, and nothing lands below it."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from shared.clock import NS_PER_MS
from shared.ledger.schema import FILE_NAME
from shared.messages import Event
from tests.rig import small_disk
from tests.rig.checks import check_slots
from tests.rig.figures import say_spread
from tests.rig.recorder import Recorder

INTERVAL_MS = 200
LONG_S = 100.0
CONFIG = """
require_mount: true
cameras:
  main: {source: test, resolution: 160x120, interval: 200ms}
storage: {clean: false}
supervisor:
  restart: {base: 300s, max: 300s}
"""
AT_ONCE_S = 20.0
"""A look each second, and a start on a machine that is busy."""


def test_disk_that_is_mounted_again_is_recorded_on_and_not_after_the_delay(
    tmp_path: Path, undo: ExitStack, times: int
) -> None:
    disk = undo.enter_context(small_disk.ext4(tmp_path / "disk", tmp_path / "image"))
    place, plugged = tmp_path / "place", undo.enter_context(ExitStack())
    plugged.enter_context(small_disk.bound(disk, place))
    back_s = []
    with Recorder(tmp_path, CONFIG, output_dir=place) as recorder:
        for _ in range(times):
            recorder.wait_for_frame()
            mark = recorder.log.mark()
            plugged.close()
            for worker in ("capture.main", "storage"):
                recorder.log.wait_for(_waits_long(worker), after=mark)
            assert list(place.iterdir()) == [], "something lies below the mount point"
            mark = recorder.log.mark()
            mounted_ns = time.monotonic_ns()
            plugged.enter_context(small_disk.bound(disk, place))
            frame = recorder.wait_for_frame(after=mark)
            recorder.log.wait_for(_is_ready("storage"), after=mark)
            back_s.append((frame.mono_ns - mounted_ns) / 1e9)
        recorder.stop()
    say_spread("from the mount to a durable frame, s", back_s)
    assert max(back_s) < AT_ONCE_S
    assert {event.data["cause"] for event in recorder.log.events if event.topic == "frame.missed"} <= {
        "disk_error",
        "starting",
        "overrun",
    }
    check_slots(recorder, INTERVAL_MS)


def test_storage_that_is_ended_while_its_disk_is_gone_loses_nothing_of_the_ledger(
    tmp_path: Path, undo: ExitStack
) -> None:
    """Frames that can't be seen below an empty mount point were not deleted."""
    disk = undo.enter_context(small_disk.ext4(tmp_path / "disk", tmp_path / "image"))
    place, plugged = tmp_path / "place", undo.enter_context(ExitStack())
    plugged.enter_context(small_disk.bound(disk, place))
    config = CONFIG.replace("clean: false", "clean: false, ledger_commit: 60s")
    with Recorder(tmp_path, config, output_dir=place) as recorder:
        noted = [recorder.wait_for_frame().data["slot_ns"] for _ in range(10)]
        pid, mark = recorder.pid_of("storage"), recorder.log.mark()
        os.kill(pid, signal.SIGSTOP)
        plugged.close()
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        recorder.log.wait_for(_waits_long("storage"), after=mark)
        mark = recorder.log.mark()
        plugged.enter_context(small_disk.bound(disk, place))
        recorder.log.wait_for(_is_ready("storage"), after=mark)
        recorder.stop()
    with contextlib.closing(sqlite3.connect(disk / FILE_NAME)) as ledger:
        with_brightness = {
            slot_ms * NS_PER_MS
            for (slot_ms,) in ledger.execute("SELECT slot_ms FROM frames WHERE brightness_e4 IS NOT NULL")
        }
    assert set(noted) <= with_brightness, "what only the events told is lost"


def _waits_long(worker: str) -> Callable[[Event], bool]:
    return lambda event: (
        event.topic == "worker.backoff" and event.data["worker"] == worker and event.data["delay_s"] > LONG_S
    )


def _is_ready(worker: str) -> Callable[[Event], bool]:
    return lambda event: event.topic == "worker.ready" and event.data["worker"] == worker
