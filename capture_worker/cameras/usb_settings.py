"""Setting a USB camera as the configuration says, when it is opened.

Owns: the order of setting, what the camera refuses, and which settings mean nothing to it.
Does not own: what a value may be (`v4l2_values`), the exposure (`usb_exposure`).
Invariant: a setting of the configuration is in force when this returns, or there is an error or a warning about it.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Sequence

from capture_worker.cameras.v4l2_device import V4l2Device
from capture_worker.cameras.v4l2_types import Control
from capture_worker.cameras.v4l2_values import check_controls
from shared.config.model import CameraConfig
from shared.errors import ConfigError

log = logging.getLogger(__name__)

_OF_THE_PI = ("keep_open", "lens_position", "hdr", "flip", "region", "tuning_file", "raw")


def apply_controls(device: V4l2Device, advertised: Sequence[Control], config: CameraConfig, where: str) -> None:
    """Set what `config.controls` names. Raises `ConfigError` with all mistakes, OSError where the camera fails."""
    for control, value in check_controls(config.controls, advertised, where):
        try:
            device.write(control.id, value)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EBUSY, errno.EINVAL, errno.ERANGE}:
                raise
            raise ConfigError(f"{where}: controls.{control.name}: {_why_refused(control, error)}") from None


def warn_of_what_has_no_effect(config: CameraConfig, where: str) -> None:
    """Say once which settings only the Pi's own camera heeds."""
    defaults = CameraConfig(name=config.name)
    idle = [name for name in _OF_THE_PI if getattr(config, name) != getattr(defaults, name)]
    if idle:
        log.warning(
            "%s: %s: only for the Pi's own camera, and of no effect here; what this camera has is in `controls` "
            "('timelapse cameras --all')",
            where,
            ", ".join(idle),
        )


def _why_refused(control: Control, error: OSError) -> str:
    if control.is_inactive:
        return "the camera controls this by itself at present; set its automatic control to manual, or off, as well"
    return f"the camera refuses it ({error.strerror}); try another value"
