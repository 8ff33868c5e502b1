"""A disk that fills, for real: capture pauses, the cleaner frees, capture goes on, and nothing partial is left."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from capture_worker.check import check_jpeg
from shared.disk import usage_of
from tests.rig import small_disk
from tests.rig.figures import say
from tests.rig.recorder import Recorder

CAMERA = """
cameras:
  main: {source: test, resolution: 1280x720, interval: 100ms}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
"""
CLEANING = CAMERA + "storage: {keep_min: 0}\n"
NOT_CLEANING = CAMERA + "storage: {clean: false}\n"


def test_full_disk_with_cleaning_is_freed_and_capture_goes_on(tmp_path: Path, undo: ExitStack) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "disk"))
    (disk / "of-another-program").write_bytes(bytes(15 << 20))
    with Recorder(tmp_path, CLEANING, output_dir=disk) as recorder:
        # Somebody else fills the disk beyond the limit at one stroke.
        recorder.wait_for_frame()
        (disk / "more").write_bytes(bytes(3 << 20))
        full = recorder.log.wait_for(_refused)
        (disk / "more").unlink()
        mark = len(recorder.log.events)
        recorder.wait_for_frame(after=mark)
        pruned = recorder.log.wait_for(lambda event: event.topic == "storage.pruned", after=mark)
        recorder.wait_for_frame()
        recorder.stop()
    assert full.data["cause"] == "disk_full"
    assert pruned.data["rule"] == "pressure"
    say("frames left on the 20 MB disk", len(recorder.frames()))
    _check_nothing_partial(recorder)


@pytest.mark.parametrize("storage_is_stopped", [False, True], ids=["storage-runs", "storage-is-stopped"])
def test_full_disk_without_cleaning_is_missed_and_capture_goes_on_when_there_is_room(
    tmp_path: Path, undo: ExitStack, storage_is_stopped: bool
) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "disk"))
    (disk / "of-another-program").write_bytes(bytes(16 << 20))
    with Recorder(tmp_path, NOT_CLEANING, output_dir=disk) as recorder:
        recorder.wait_for_frame()
        if storage_is_stopped:
            os.kill(recorder.pid_of("storage"), signal.SIGSTOP)
        recorder.log.wait_for(_refused)
        frames = len(recorder.frames())
        assert usage_of(disk).worst_percent > 90.0
        say("used when it refused, percent", round(usage_of(disk).used_percent, 2))
        mark = len(recorder.log.events)
        for path in sorted(recorder.frames())[: frames // 2]:
            path.unlink()
        recorder.wait_for_frame(after=mark)
        recorder.stop()
    _check_nothing_partial(recorder)


def test_inodes_used_up_with_cleaning_are_freed_and_capture_goes_on(tmp_path: Path, undo: ExitStack) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "disk", size="200m", inodes=60))
    with Recorder(tmp_path, CLEANING, output_dir=disk) as recorder:
        recorder.log.wait_for(lambda event: event.topic == "storage.pruned")
        recorder.wait_for_frame()
        recorder.stop()
    _check_nothing_partial(recorder)


def test_every_inode_used_by_others_is_missed_and_capture_goes_on_when_there_are_some(
    tmp_path: Path, undo: ExitStack
) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "disk", size="200m", inodes=200))
    with Recorder(tmp_path, NOT_CLEANING, output_dir=disk) as recorder:
        recorder.wait_for_frame()
        foreign = _take_every_inode(disk)
        recorder.log.wait_for(_refused)
        mark = len(recorder.log.events)
        for path in foreign:
            path.unlink()
        recorder.wait_for_frame(after=mark)
        recorder.stop()
    _check_nothing_partial(recorder)


def _refused(event: object) -> bool:
    return getattr(event, "topic", "") == "frame.missed" and getattr(event, "data", {})["cause"] == "disk_full"


def _take_every_inode(disk: Path) -> list[Path]:
    taken: list[Path] = []
    try:
        while True:
            taken.append(disk / f"foreign{len(taken)}")
            taken[-1].touch()
    except OSError:
        taken.pop()
    return taken


def _check_nothing_partial(recorder: Recorder) -> None:
    for path in recorder.frames():
        check_jpeg(path.read_bytes())
    left = [path for path in recorder.output_dir.rglob(".tmp/*") if path.is_file()]
    assert not left, f"left half written: {left}"
    assert max(recorder.slots_told().values()) == 1, "a slot was told twice"
