"""From the Pi camera's buffers and metadata to a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from capture_worker.cameras.pi_frame import (
    Moment,
    began_mono_ns,
    frame_of,
    planes_of,
    stamps_boottime,
    suspended_ns,
)
from shared.errors import CameraError

S = 1_000_000_000
NOW = Moment(wall_ns=1_795_000_000 * S, mono_ns=1000 * S, suspended_ns=0)
SUSPENDED = Moment(wall_ns=1_795_000_000 * S, mono_ns=1000 * S, suspended_ns=500 * S)


def test_planes_are_views_into_the_buffer_without_its_padding() -> None:
    width, height, stride = 12, 8, 16
    buffer = np.zeros(stride * height * 3 // 2, np.uint8)
    y, u, v = planes_of(buffer, (width, height), stride)
    assert (y.shape, u.shape, v.shape) == ((8, 12), (4, 6), (4, 6))
    y[:], u[:], v[:] = 1, 2, 3
    assert buffer[:16].tolist() == [1] * 12 + [0] * 4
    assert buffer[stride * height :][:8].tolist() == [2] * 6 + [0] * 2
    assert buffer[stride * height * 5 // 4 :][:8].tolist() == [3] * 6 + [0] * 2


def test_buffer_may_be_longer_than_the_picture() -> None:
    assert planes_of(np.zeros(16 * 8 * 2, np.uint8), (16, 8), 16).y.shape == (8, 16)


@pytest.mark.parametrize(("length", "stride"), [(191, 16), (0, 16), (192, 8)])
def test_buffer_that_holds_no_such_picture_is_a_failure(length: int, stride: int) -> None:
    with pytest.raises(CameraError, match="bytes for a picture of 16x8"):
        planes_of(np.zeros(length, np.uint8), (16, 8), stride)


def test_own_time_is_the_begin_of_the_exposure() -> None:
    assert began_mono_ns({"SensorTimestamp": 999 * S, "ExposureTime": 20_000}, NOW) == 999 * S - 20_000_000


def test_own_time_is_the_stamp_where_no_exposure_is_told() -> None:
    assert began_mono_ns({"SensorTimestamp": 999 * S}, NOW) == 999 * S


@pytest.mark.parametrize("stamp_s", [999, 1499])
def test_stamp_of_either_clock_is_understood_after_a_suspend(stamp_s: int) -> None:
    """999 s is a second ago on CLOCK_MONOTONIC, and 1499 s is on CLOCK_BOOTTIME."""
    assert began_mono_ns({"SensorTimestamp": stamp_s * S}, SUSPENDED) == 999 * S


def test_stamp_in_the_future_tells_its_clock() -> None:
    assert not stamps_boottime({"SensorTimestamp": 999 * S}, SUSPENDED)
    assert stamps_boottime({"SensorTimestamp": 1499 * S}, SUSPENDED)
    assert not stamps_boottime({}, SUSPENDED)


def test_own_time_is_never_in_the_future() -> None:
    assert began_mono_ns({"SensorTimestamp": 1001 * S}, NOW) == 1000 * S


@pytest.mark.parametrize("metadata", [{}, {"SensorTimestamp": None}])
def test_camera_that_tells_no_time_is_not_believed(metadata: dict[str, Any]) -> None:
    with pytest.raises(CameraError, match="none can be trusted"):
        began_mono_ns(metadata, NOW)


def test_suspend_is_counted() -> None:
    assert suspended_ns() >= -S


def test_frame_has_what_the_camera_tells() -> None:
    planes = planes_of(np.zeros(16 * 8 * 3 // 2, np.uint8), (16, 8), 16)
    metadata = {
        "ExposureTime": 18449,
        "AnalogueGain": 2.00000001,
        "DigitalGain": 1.00086259,
        "ColourGains": (1.9960837364196777, 1.5507062673568726),
        "ColourTemperature": 6077,
        "Lux": 1430.560546875,
        "LensPosition": 1.0,
    }
    frame = frame_of(metadata, planes, 999 * S, NOW, raw=b"dng")
    assert (frame.own_mono_ns, frame.own_wall_ns) == (999 * S, 1_794_999_999 * S)
    assert frame.planes is planes
    assert (frame.exposure_us, frame.analogue_gain, frame.digital_gain) == (18449, 2.0, 1.0009)
    assert (frame.colour_gains, frame.colour_temperature_k) == ((1.9961, 1.5507), 6077)
    assert (frame.lux, frame.lens_position, frame.raw) == (1430.5605, 1.0, b"dng")


def test_frame_leaves_out_what_the_camera_does_not_tell() -> None:
    planes = planes_of(np.zeros(16 * 8 * 3 // 2, np.uint8), (16, 8), 16)
    frame = frame_of({"SensorTimestamp": 1}, planes, 999 * S, NOW)
    told = (frame.exposure_us, frame.analogue_gain, frame.colour_gains, frame.lux, frame.lens_position, frame.raw)
    assert told == (None,) * 6
