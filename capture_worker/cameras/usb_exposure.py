"""A USB camera's exposure: what it can be set to, setting it, and giving it back.

Owns: the controls of exposure and white balance, and their units.
Does not own: what to set (`capture_worker.exposure`), the controls of the configuration (`usb_settings`).
Invariant: what the configuration says of a control is not touched.

The exposure time alone is set. `gain` has no unit: what one step does differs from camera to camera, so that neither
the metadata nor a loop could say what it did. It stays as the configuration has it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from capture_worker.cameras import v4l2_abi as abi
from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.cameras.v4l2_device import V4l2Device
from capture_worker.cameras.v4l2_types import Control
from shared.config.model import ExposureMode

_DEPENDENT = {
    abi.CID_EXPOSURE_AUTO: ("exposure_time_absolute",),
    abi.CID_AUTO_WHITE_BALANCE: ("white_balance_temperature", "red_balance", "blue_balance"),
}
"""Controls that have a meaning only while the automatic one is off: who sets one of them wants it off."""
_MANUAL = (abi.EXPOSURE_MANUAL, abi.EXPOSURE_SHUTTER_PRIORITY)


class UsbExposure:
    """The exposure of one open camera. Its methods raise OSError where the camera refuses or does not answer."""

    def __init__(
        self, device: V4l2Device, controls: Sequence[Control], mode: ExposureMode, configured: Collection[str]
    ) -> None:
        self._device = device
        self._mode = mode
        self._configured = configured
        self._controls = {control.id: control for control in controls}
        self._time = self._controls.get(abi.CID_EXPOSURE_ABSOLUTE)
        self._manual = self._manual_entry()
        self._is_manual = False

    @property
    def limits(self) -> ExposureLimits | None:
        """What can be set; None where the camera lacks a control for it, or the configuration holds it."""
        if self._time is None or self._manual is None or self._is_configured(abi.CID_EXPOSURE_AUTO):
            return None
        shortest, longest = (max(each, 1) * abi.EXPOSURE_UNIT_US for each in (self._time.minimum, self._time.maximum))
        return ExposureLimits(exposure_us=(float(shortest), float(longest)), analogue_gain=(1.0, 1.0))

    def give_back(self) -> None:
        """Let the camera control what is its own again: it keeps what it was set to for as long as it has power."""
        for control_id in _DEPENDENT:
            control = self._controls.get(control_id)
            if control is not None and control.is_settable and not self._is_configured(control_id):
                self._device.write(control_id, control.default)

    def look(self) -> None:
        """Find out who controls the exposure, when all else is set."""
        automatic = self._controls.get(abi.CID_EXPOSURE_AUTO)
        self._is_manual = automatic is not None and self._device.read(automatic.id) in _MANUAL

    def set(self, exposure: Exposure) -> None:
        """Have this exposure time from one of the next frames on. `locked` holds the white balance too."""
        assert self._time is not None, "only where there were limits"
        assert self._manual is not None, "likewise"
        if not self._is_manual:
            self._device.write(abi.CID_EXPOSURE_AUTO, self._manual)
            self._is_manual = True
            self._hold_white_balance()
        self._device.write(self._time.id, units_of(exposure.exposure_us, self._time))

    def now_us(self) -> int | None:
        """The exposure time in force; None where the camera does not tell, or changes it by itself with each frame.

        A camera whose exposure is to be held is asked while it still controls it itself: what it finds is what is held.
        """
        if self._time is None or not (self._is_manual or (self.limits is not None and self._mode != "auto")):
            return None
        return self._device.read(self._time.id) * abi.EXPOSURE_UNIT_US

    def _hold_white_balance(self) -> None:
        automatic = self._controls.get(abi.CID_AUTO_WHITE_BALANCE)
        if self._mode == "locked" and automatic is not None and not self._is_configured(automatic.id):
            self._device.write(automatic.id, 0)

    def _is_configured(self, control_id: int) -> bool:
        control = self._controls.get(control_id)
        names = (*_DEPENDENT[control_id], *((control.name,) if control is not None else ()))
        return any(name in self._configured for name in names)

    def _manual_entry(self) -> int | None:
        automatic = self._controls.get(abi.CID_EXPOSURE_AUTO)
        if automatic is None or not automatic.is_settable:
            return None
        offered = {entry.index for entry in automatic.entries}
        return next((entry for entry in _MANUAL if entry in offered), None)


def units_of(exposure_us: float, time: Control) -> int:
    """An exposure time as the control takes it: the nearest step within its range."""
    steps = round((exposure_us / abi.EXPOSURE_UNIT_US - time.minimum) / time.step)
    return min(max(time.minimum + steps * time.step, time.minimum, 1), time.maximum)
