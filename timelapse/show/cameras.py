"""The cameras of this machine: from what was found to lines of text.

Owns: what is said of each, the lines for the configuration, and the words where nothing was found.
Does not own: looking, terminals. Invariant: pure; what a camera's firmware says of itself is made safe for a terminal.
"""

from __future__ import annotations

from shared.found_cameras import Found, FoundCamera, FoundControl, FoundFormat
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import NARROWEST, field, wrapped

_KINDS = {"pi": "the Pi's own", "usb": "USB"}
_USUAL_SIZE = (1920, 1080)
_MOST_SIZES = 4
_NETWORK = (
    "A network camera can't be found from here. Write its address: source: rtsp://ADDRESS/stream1, or "
    "http://ADDRESS/video (its manual tells the path)."
)
_NONE = (
    "No camera was found on this machine: no sensor on the Pi's connector, and no USB camera under /dev/video*. Plug "
    "one in, and look again; 'lsusb' and 'sudo dmesg' tell whether the machine notices it at all. With source: test "
    "all of timelapse can be tried without a camera."
)


def cameras_page(found: Found, *, width: int, ink: Ink, whole: bool) -> list[str]:
    """All lines. `whole`: with every format, size and control."""
    width = max(width, NARROWEST)
    lines = []
    for camera in found.cameras:
        lines += [*_camera(camera, width, ink, whole=whole), ""]
    for note in found.notes:
        lines += [*wrapped(words.plain(note), width), ""]
    usable = [camera for camera in found.cameras if not camera.problem]
    if usable:
        lines += [*_snippet(usable, ink), ""]
    if not found.cameras:
        lines += [*wrapped(_NONE, width), ""]
    return lines + [ink.dim(line) for line in wrapped(_NETWORK, width)]


def _camera(camera: FoundCamera, width: int, ink: Ink, *, whole: bool) -> list[str]:
    make = f", {words.plain(camera.make)}" if camera.make else ""
    kind = _KINDS[camera.kind] if camera.driver in {"uvcvideo", "libcamera", ""} else words.plain(camera.driver)
    lines = [f"{ink.bold(words.plain(camera.model))}{make} ({kind})"]
    lines += field("source", words.plain(camera.source), width, ink)
    if camera.problem:
        lines += [ink.bad(line) for line in field("problem", words.plain(camera.problem), width, Ink())]
    if camera.used_by:
        lines += field("used by", words.plain(camera.used_by), width, ink)
    if camera.node and camera.node != camera.source:
        lines += field("now", words.plain(camera.node), width, ink)
    if not camera.is_stable:
        advice = "this name may be another camera's after the next start: there is no better one"
        lines += [ink.warn(line) for line in field("", advice, width, Ink())]
    return lines + (_all_of(camera, width, ink) if whole else _short(camera, width, ink))


def _short(camera: FoundCamera, width: int, ink: Ink) -> list[str]:
    lines = []
    if sizes := [_size(each) for each in camera.sizes]:
        more = f" and {len(sizes) - _MOST_SIZES} more" if len(sizes) > _MOST_SIZES else ""
        lines += field("resolution", ", ".join(sizes[:_MOST_SIZES]) + more, width, ink)
    if camera.controls:
        lines += field("controls", ", ".join(control.name for control in camera.controls), width, ink)
    return lines


def _all_of(camera: FoundCamera, width: int, ink: Ink) -> list[str]:
    lines = []
    for index, each in enumerate(camera.formats):
        lines += field("" if index else "formats", _format(each), width, ink)
    for index, control in enumerate(camera.controls):
        lines += field("" if index else "controls", _control(control), width, ink)
    return lines


def _format(each: FoundFormat) -> str:
    sizes = ", ".join(_size(size[:2]) + (f" {size[2]:.3g} fps" if size[2] else "") for size in each.sizes)
    unused = "" if each.is_used else " (can't be recorded)"
    return f"{words.plain(each.fourcc)}{unused}: {sizes or 'sizes unknown'}"


def _control(control: FoundControl) -> str:
    default = f"; default {words.plain(control.default)}" if control.default != control.value else ""
    return f"{control.name}: {words.plain(control.value) or '?'} ({words.plain(control.values)}{default})"


def _snippet(cameras: list[FoundCamera], ink: Ink) -> list[str]:
    """What to paste: valid YAML, one camera each."""
    lines = [ink.dim("# for the configuration, /etc/timelapse/timelapse.yml:"), "cameras:"]
    for number, camera in enumerate(cameras, start=1):
        lines += [f"  {'main' if number == 1 else f'camera{number}'}:", f"    source: {words.plain(camera.source)}"]
        if camera.sizes:
            lines.append(f"    resolution: {_size(_USUAL_SIZE if _USUAL_SIZE in camera.sizes else camera.sizes[0])}")
    return lines


def _size(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"
