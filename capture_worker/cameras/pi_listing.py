"""`python -m capture_worker.cameras.pi_listing`: what libcamera finds and what each camera can do, as JSON.

Owns: asking, without opening any camera: one that records is not disturbed. Does not own: who asks
(`capture_worker.discovery`), with a time-out, since libcamera may hang.
Invariant: whatever can be set by a key of its own in the configuration is not told as a control.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from capture_worker.cameras.pi_advertised import advertised
from capture_worker.cameras.pi_configuration import Size, native
from capture_worker.cameras.pi_controls import Advertised, range_of
from capture_worker.cameras.pi_library import Found, find, load
from capture_worker.cameras.pi_settings import KEYS
from shared.errors import EX_OK, CameraError
from shared.found_cameras import FoundCamera, FoundControl, FoundFormat

_KNOWN_LATER = {"ExposureTime", "AnalogueGain", "FrameDurationLimits"}
"""Their ranges are those of the mode that is configured."""


def main() -> int:
    """Print the list; the exit status."""
    try:
        cameras = listed()
    except CameraError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    sys.stdout.buffer.write(msgspec.json.encode(cameras))
    return EX_OK


def listed() -> list[FoundCamera]:
    """The Pi's own cameras, in the order of their numbers. Blocks. Raises `CameraError`."""
    found = [each for each in find() if not each.is_usb]
    libcamera = load().libcamera
    by_id = {camera.id: camera for camera in libcamera.CameraManager.singleton().cameras} if found else {}
    return [_camera(each, by_id[each.id], libcamera) for each in found]


def _camera(found: Found, camera: Any, libcamera: Any) -> FoundCamera:
    described = {
        control.name: advertised(control, info, libcamera.controls) for control, info in camera.controls.items()
    }
    return FoundCamera(
        kind="pi",
        source=f"picamera2:{found.number}" if found.number else "picamera2",
        model=found.model,
        make="Raspberry Pi",
        driver="libcamera",
        formats=(_format(_modes(camera, libcamera)),),
        controls=controls_of(described),
    )


def controls_of(described: Mapping[str, Advertised]) -> tuple[FoundControl, ...]:
    """As they are shown, by their names."""
    return tuple(_control(name, each) for name, each in sorted(described.items()) if name not in KEYS)


def _control(name: str, each: Advertised) -> FoundControl:
    default = _written(each)
    values = "as the resolution allows" if name in _KNOWN_LATER else range_of(each)
    return FoundControl(name=name, values=values, value=default, default=default)


def _written(each: Advertised) -> str:
    """The default as a person would write it; nothing where there is none."""
    if each.default is None:
        return ""
    if each.kind == "bool":
        return "on" if each.default else "off"
    if isinstance(each.default, tuple):
        return ", ".join(str(number) for number in each.default)
    return each.names.get(each.default, "") if each.names else f"{each.default:g}"


def _modes(camera: Any, libcamera: Any) -> list[Size]:
    formats = camera.generate_configuration([libcamera.StreamRole.Raw]).at(0).formats
    sizes = (size for pixels in formats.pixel_formats for size in formats.sizes(pixels))
    return list(dict.fromkeys((int(size.width), int(size.height)) for size in sizes))


def _format(modes: list[Size]) -> FoundFormat:
    """The sensor's modes, though any even size up to the largest can be had."""
    width, height = native(modes)
    sizes = tuple((*mode, 0.0) for mode in sorted(modes, key=lambda mode: mode[0] * mode[1], reverse=True))
    return FoundFormat(fourcc="YU12", description=f"any even size up to {width}x{height}", is_used=True, sizes=sizes)


if __name__ == "__main__":
    sys.exit(main())
