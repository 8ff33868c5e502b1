"""From the configuration of a Pi camera to all that is set on it when it starts.

Owns: what `lens_position`, `hdr`, `region` and `controls` mean as libcamera's controls, and which of those a camera has
not. Does not own: how a control's value is written (`pi_controls`), the exposure (`pi_exposure`).
Invariant: pure. Nothing is asked of a camera that it does not advertise: that is a `ConfigError`, which says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capture_worker.cameras.pi_configuration import Size, crop_of
from capture_worker.cameras.pi_controls import OF_THE_EXPOSURE, Advertised, checked_controls
from capture_worker.cameras.pi_exposure import frame_durations
from shared.config.model import CameraConfig, Hdr
from shared.errors import ConfigError

HDR_MODES: dict[Hdr, int] = {"off": 0, "multi-unmerged": 1, "multi": 2, "single": 3, "night": 4}
_AF_MANUAL, _AF_CONTINUOUS = 0, 2
KEYS = {"LensPosition": "lens_position", "HdrMode": "hdr", "ScalerCrop": "region", "ScalerCrops": "region"}
"""Controls that are keys of ours. The Pi 5 has a crop for each stream, against which the one for all loses."""


def settings_of(config: CameraConfig, advertised: Mapping[str, Advertised], size: Size, where: str) -> dict[str, Any]:
    """The controls to start with. `size` is the picture's. Raises `ConfigError`."""
    elsewhere = dict(KEYS)
    if config.exposure != "auto":
        elsewhere |= dict.fromkeys(OF_THE_EXPOSURE, f"exposure: {config.exposure}")
    if config.lens_position is not None:
        elsewhere["AfMode"] = "lens_position"
    return {
        **frame_durations(advertised),
        **_focus(config, advertised, where),
        **_hdr(config, advertised, where),
        **_region(config, advertised, size, where),
        **_with_modes(checked_controls(config.controls, advertised, elsewhere, where)),
    }


def check_hdr(config: CameraConfig, metadata: Mapping[str, Any], where: str) -> None:
    """Raise `ConfigError` where a frame shows that the camera does not do what `hdr` asks for.

    Every camera advertises every mode: which of them its tuning file really has, only its frames tell.
    """
    if config.hdr != "off" and int(metadata.get("HdrMode", HDR_MODES["off"])) != HDR_MODES[config.hdr]:
        raise ConfigError(f"{where}: hdr: {config.hdr}: this camera, on this board, has no such mode; write hdr: off")


def _focus(config: CameraConfig, advertised: Mapping[str, Advertised], where: str) -> dict[str, Any]:
    lens = advertised.get("LensPosition")
    if config.lens_position is None:
        return {"AfMode": _AF_CONTINUOUS} if "AfMode" in advertised else {}
    if lens is None or "AfMode" not in advertised:
        raise ConfigError(f"{where}: lens_position: the lens of this camera can't be moved: remove the line")
    if not lens.least <= config.lens_position <= lens.most:
        raise ConfigError(
            f"{where}: lens_position: {config.lens_position:g} is out of its range ({lens.least:g} to {lens.most:g})"
        )
    return {"AfMode": _AF_MANUAL, "LensPosition": config.lens_position}


def _hdr(config: CameraConfig, advertised: Mapping[str, Advertised], where: str) -> dict[str, Any]:
    mode, control = HDR_MODES[config.hdr], advertised.get("HdrMode")
    if config.hdr == "off":
        return {}
    if control is None or not control.least <= mode <= control.most:
        raise ConfigError(f"{where}: hdr: {config.hdr}: this camera has no such mode; write hdr: off")
    return {"HdrMode": mode}


def _region(config: CameraConfig, advertised: Mapping[str, Advertised], size: Size, where: str) -> dict[str, Any]:
    if config.region is None:
        return {}
    crop = advertised.get("ScalerCrop")
    if crop is None:
        raise ConfigError(f"{where}: region: this camera shows all of its sensor or nothing: remove the line")
    rectangle = crop_of(config.region, crop.most, size)
    return {"ScalerCrops": [rectangle]} if "ScalerCrops" in advertised else {"ScalerCrop": rectangle}


def _with_modes(controls: dict[str, Any]) -> dict[str, Any]:
    """An exposure time, or colour gains, that are set hold only where the camera's own control of them is off."""
    held = {}
    if {"ExposureTime", "AnalogueGain"} <= controls.keys():
        held["AeEnable"] = False
    if "ColourGains" in controls:
        held["AwbEnable"] = False
    return held | controls
