"""A hundred frames a second on a full disk: deleting keeps up, and the disk never comes near to where recording stops.

Two built-in cameras at 50 frames a second each, on an ext4 that is full of older frames. It lasts 10 s, and ten minutes
with `--times 60`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.disk import usage_of
from tests.rig import small_disk
from tests.rig.figures import say
from tests.rig.planted_frames import plant
from tests.rig.recorder import Recorder

_CONFIG = """
cameras:
  left: {source: test, resolution: 160x120, interval: 20ms}
  right: {source: test, resolution: 160x120, interval: 20ms}
storage: {keep_min: 0}
supervisor: {standby: never}
"""
_SIZE_MB = 64
_ROUND_S = 10.0
_LOOK_EACH_S = 0.005
_CLEAN_ABOVE, _STOP_ABOVE = 85.0, 90.0
_OLD_BYTES = 8_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 that is as full of last week's frames, of a camera that is no more, as it may be."""
    with small_disk.ext4(tmp_path / "disk", tmp_path / "image", size_mb=_SIZE_MB) as disk:
        slot_ns = (time.time_ns() // NS_PER_S - 7 * 86_400) * NS_PER_S
        while usage_of(disk).worst_percent < _CLEAN_ABOVE - 1:
            for _ in range(50):
                slot_ns += NS_PER_S
                plant(disk, "past", slot_ns, size=_OLD_BYTES)
        yield disk


@pytest.mark.root
def test_deletion_keeps_up_with_a_hundred_frames_a_second(disk: Path, tmp_path: Path, times: int) -> None:
    before = usage_of(disk)
    with Recorder(tmp_path, _CONFIG, output_dir=disk) as recorder:
        recorder.wait_for_frame("left")
        recorder.wait_for_frame("right")
        began = time.monotonic()
        highest = 0.0
        while time.monotonic() - began < _ROUND_S * times:
            highest = max(highest, usage_of(disk).worst_percent)
            time.sleep(_LOOK_EACH_S)
        took_s = time.monotonic() - began
        recorder.stop()
    written = recorder.log.of("frame.written")
    missed = Counter[str]()
    for miss in recorder.log.of("frame.missed"):
        missed[miss["cause"]] += miss["count"]
    deleted = sum(pruned["count"] for pruned in recorder.log.of("storage.pruned"))
    levels = {pressure["level"] for pressure in recorder.log.of("disk.pressure")}
    say("used at the start and at most, percent", f"{before.worst_percent:.2f}, {highest:.2f}")
    say("frames written and deleted", f"{len(written)}, {deleted}")
    say("frames written a second", round(len(written) / took_s, 1))
    say("slots missed, by cause", dict(missed) or "none")
    assert deleted > 0, "it never had to delete"
    assert highest <= _STOP_ABOVE
    assert "full" not in levels
    assert missed["disk_full"] == 0
