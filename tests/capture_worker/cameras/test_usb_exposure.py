"""Setting a USB camera's exposure, on a device that remembers what it was told."""

from __future__ import annotations

from typing import cast

import pytest

from capture_worker.cameras import v4l2_abi as abi
from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.cameras.usb_exposure import UsbExposure, units_of
from capture_worker.cameras.v4l2_device import V4l2Device
from capture_worker.cameras.v4l2_types import Control, MenuEntry
from shared.config.model import ExposureMode

_AUTO, _TIME, _BALANCE = abi.CID_EXPOSURE_AUTO, abi.CID_EXPOSURE_ABSOLUTE, abi.CID_AUTO_WHITE_BALANCE
_CONTROLS = (
    Control(
        id=_AUTO,
        name="auto_exposure",
        kind="menu",
        default=3,
        entries=(MenuEntry(1, "Manual"), MenuEntry(3, "Aperture")),
    ),
    Control(id=_TIME, name="exposure_time_absolute", kind="integer", minimum=3, maximum=2047, is_inactive=True),
    Control(id=_BALANCE, name="white_balance_automatic", kind="boolean", default=1, maximum=1),
)


class _Device:
    """Keeps values, as a camera does for as long as it has power."""

    def __init__(self, values: dict[int, int]) -> None:
        self.values = values

    def read(self, control_id: int) -> int:
        return self.values[control_id]

    def write(self, control_id: int, value: int) -> None:
        self.values[control_id] = value


def _opened(
    mode: ExposureMode, values: dict[int, int], *configured: str, controls: tuple[Control, ...] = _CONTROLS
) -> tuple[UsbExposure, _Device]:
    device = _Device(values)
    exposure = UsbExposure(cast("V4l2Device", device), controls, mode, configured)
    exposure.give_back()
    exposure.look()
    return exposure, device


def test_limits_are_those_of_the_control() -> None:
    exposure, _ = _opened("ramp", {_AUTO: 3, _TIME: 100})
    assert exposure.limits == ExposureLimits(exposure_us=(300.0, 204_700.0), analogue_gain=(1.0, 1.0))


@pytest.mark.parametrize("configured", ["auto_exposure", "exposure_time_absolute"])
def test_exposure_that_the_configuration_holds_is_not_offered_nor_given_back(configured: str) -> None:
    exposure, device = _opened("ramp", {_AUTO: 1, _TIME: 50}, configured)
    assert exposure.limits is None
    assert device.values[_AUTO] == 1
    assert exposure.now_us() == 5000


@pytest.mark.parametrize("missing", [_AUTO, _TIME])
def test_camera_without_the_control_has_no_limits(missing: int) -> None:
    left = tuple(control for control in _CONTROLS if control.id != missing)
    assert _opened("ramp", {_AUTO: 3, _TIME: 50}, controls=left)[0].limits is None


def test_what_was_held_is_the_cameras_own_again_after_opening() -> None:
    _, device = _opened("auto", {_AUTO: 1, _TIME: 9, _BALANCE: 0})
    assert device.values == {_AUTO: 3, _TIME: 9, _BALANCE: 1}


def test_set_takes_the_exposure_over_and_sets_the_nearest_step() -> None:
    exposure, device = _opened("ramp", {_AUTO: 3, _TIME: 50})
    exposure.set(Exposure(exposure_us=12_340.0, analogue_gain=1.0))
    assert device.values == {_AUTO: 1, _TIME: 123, _BALANCE: 1}
    assert exposure.now_us() == 12_300


def test_locked_holds_the_white_balance_too() -> None:
    exposure, device = _opened("locked", {_AUTO: 3, _TIME: 50})
    exposure.set(Exposure(exposure_us=5_000.0, analogue_gain=1.0))
    assert device.values[_BALANCE] == 0


def test_exposure_that_the_camera_changes_by_itself_is_not_told() -> None:
    assert _opened("auto", {_AUTO: 3, _TIME: 50})[0].now_us() is None
    # Whoever will hold it has to know where to begin.
    assert _opened("locked", {_AUTO: 3, _TIME: 50})[0].now_us() == 5000


@pytest.mark.parametrize(("exposure_us", "units"), [(0.0, 3), (299.0, 3), (360.0, 4), (1e9, 2047)])
def test_units_stay_within_the_range(exposure_us: float, units: int) -> None:
    assert units_of(exposure_us, _CONTROLS[1]) == units
