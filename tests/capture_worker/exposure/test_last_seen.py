"""What an earlier run hands over, from real frames on a real disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_worker.cameras.base import Exposure, Frame
from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.exposure.last_seen import handed_over
from capture_worker.shot_note import note_of
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, ExposureMode
from shared.frame_name import FrameName

NOON_NS = 1_795_435_200 * NS_PER_S
JPEG = encode_jpeg(render(0, 64, 48), 80)


def _plant(
    directory: Path, seconds_ago: int, mode: ExposureMode = "ramp", exposure_us: int = 5000, digital_gain: float = 1.0
) -> None:
    slot_ns = NOON_NS - seconds_ago * NS_PER_S
    frame = Frame(
        0, 0, exposure_us=exposure_us, analogue_gain=2.0, digital_gain=digital_gain, colour_gains=(1.5, 2.25)
    )  # fmt: skip
    path = directory / FrameName(slot_ns).path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(with_exif(JPEG, ExifFields(slot_ns, 0, note=note_of(frame, mode))))


def _handed_over(directory: Path, mode: ExposureMode, interval_s: float = 10.0) -> Exposure | None:
    return handed_over(directory, CameraConfig("main", exposure=mode, interval_ms=round(interval_s * 1000)), NOON_NS)


@pytest.mark.parametrize("earlier", ["auto", "locked", "ramp"])
def test_ramp_continues_with_the_newest_frame_whoever_exposed_it(tmp_path: Path, earlier: ExposureMode) -> None:
    _plant(tmp_path, 20, exposure_us=9000)
    _plant(tmp_path, 10, earlier, digital_gain=1.25)
    assert _handed_over(tmp_path, "ramp") == Exposure(6250.0, 2.0, (1.5, 2.25))


@pytest.mark.parametrize(("interval_s", "good_s"), [(1.0, 300), (10.0, 300), (300.0, 900)])
def test_ramp_begins_anew_when_the_light_may_have_changed(tmp_path: Path, interval_s: float, good_s: int) -> None:
    _plant(tmp_path, good_s + 1)
    assert _handed_over(tmp_path, "ramp", interval_s) is None
    _plant(tmp_path, good_s)
    assert _handed_over(tmp_path, "ramp", interval_s) is not None


def test_frame_from_the_future_says_nothing(tmp_path: Path) -> None:
    _plant(tmp_path, -10)
    assert _handed_over(tmp_path, "ramp") is None


def test_lock_is_held_however_old_it_is(tmp_path: Path) -> None:
    month_s = 30 * 86_400
    _plant(tmp_path, month_s + 10, "locked")
    _plant(tmp_path, month_s, "locked")
    assert _handed_over(tmp_path, "locked") == Exposure(5000.0, 2.0, (1.5, 2.25))


def test_lock_is_held_across_midnight(tmp_path: Path) -> None:
    _plant(tmp_path, 86_400, "locked")
    _plant(tmp_path, 0, "locked")
    assert _handed_over(tmp_path, "locked") is not None


@pytest.mark.parametrize(("earlier", "exposure_us"), [("auto", 5000), ("ramp", 5000), ("locked", 6000)])
def test_lock_takes_nothing_that_was_not_held_yet(tmp_path: Path, earlier: ExposureMode, exposure_us: int) -> None:
    _plant(tmp_path, 20, earlier, exposure_us)
    _plant(tmp_path, 10, "locked")
    assert _handed_over(tmp_path, "locked") is None


def test_lock_takes_nothing_from_a_single_frame(tmp_path: Path) -> None:
    _plant(tmp_path, 10, "locked")
    assert _handed_over(tmp_path, "locked") is None


def test_auto_is_handed_nothing(tmp_path: Path) -> None:
    _plant(tmp_path, 10)
    assert _handed_over(tmp_path, "auto") is None


@pytest.mark.parametrize("mode", ["locked", "ramp"])
def test_nothing_there_or_nothing_readable_is_no_obstacle(tmp_path: Path, mode: ExposureMode) -> None:
    assert _handed_over(tmp_path / "none", mode) is None
    for seconds_ago in (10, 20):
        path = tmp_path / FrameName(NOON_NS - seconds_ago * NS_PER_S).path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG[:100])
    assert _handed_over(tmp_path, mode) is None
