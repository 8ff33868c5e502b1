"""Rules between the keys of one camera: what its kind of source can't do, and values that exclude each other.

Owns: which kind of source has which key, and those rules. Does not own: what one camera can do; it says so when it is
open.
Invariant: a rule speaks only when all of its values are right in themselves, and blames one that is in the file. A key
with its default value asks for nothing, whatever the source.
"""

from __future__ import annotations

from shared.config.check import Checker
from shared.config.effective import default_of, told, value_of, values_of
from shared.config.redact import shown
from shared.config.source import Kind, kind_of

_PI = frozenset({Kind.AUTO, Kind.PICAMERA2})
_LOCAL = _PI | {Kind.DEVICE}
_KINDS = {
    "keep_open": _PI,
    "lens_position": _PI,
    "hdr": _PI,
    "region": _PI,
    "tuning_file": _PI,
    "raw": _PI,
    "flip": _PI,
    "exposure": _LOCAL,
    "controls": _LOCAL,
}
"""Which kinds of sources have a key that not all of them have. `auto` may find either kind of local camera."""
_WHOSE = {_PI: "the Pi's own camera", _LOCAL: "a camera of this machine"}
_INSTEAD = {"lensposition": "lens_position", "hdrmode": "hdr", "scalercrop": "region", "scalercrops": "region"}
"""Controls of the Pi's camera that are keys of ours: both at once would be one too many. Written as `_plain` does."""
_OF_THE_EXPOSURE = frozenset(
    {
        *("aeenable", "exposuretime", "exposuretimemode", "analoguegain", "analoguegainmode", "awbenable"),
        *("colourgains", "autoexposure", "exposuretimeabsolute"),
    }
)
"""Controls, libcamera's and V4L2's, that `exposure: locked` and `ramp` set themselves."""


def check_cameras(checker: Checker) -> None:
    """Add to `checker`, whose walk is done, the mistakes that lie between the keys of each camera."""
    for name in checker.cameras:
        camera = f"cameras.{name}"
        _kinds(checker, camera)
        _controls(checker, camera)
        _longest_exposure(checker, camera)


def _kinds(checker: Checker, camera: str) -> None:
    """Keys that the camera's kind of source has not."""
    if f"{camera}.source" in checker.failed:
        return
    source = value_of(checker, f"{camera}.source")
    for key, found in list(checker.found.items()):
        kinds = _KINDS.get(key.removeprefix(f"{camera}.").partition(".")[0]) if key.startswith(f"{camera}.") else None
        if kinds is not None and kind_of(source) not in kinds and found.value != default_of(key):
            problem = f"is for {_WHOSE[kinds]}, and the source is {shown(source)}: remove it, or name such a source"
            checker.mistake(found.span, key, problem)


def _controls(checker: Checker, camera: str) -> None:
    """Controls that another key sets."""
    exposure = value_of(checker, f"{camera}.exposure")
    for key, found in list(checker.found.items()):
        section, _, control = key.rpartition(".")
        if section != f"{camera}.controls":
            continue
        if instead := _INSTEAD.get(_plain(control)):
            checker.mistake(found.span, key, f"has a key of its own: write {instead} beside controls")
        elif _plain(control) in _OF_THE_EXPOSURE and exposure != "auto":
            checker.mistake(found.span, key, f"is set by exposure ({exposure}): remove it, or have exposure: auto")


def _longest_exposure(checker: Checker, camera: str) -> None:
    """A ramp whose frames take longer than there is time for. Where there is no ramp its bounds mean nothing."""
    if value_of(checker, f"{camera}.exposure") != "ramp":
        return
    longest, interval, cap = f"{camera}.ramp.longest_exposure", f"{camera}.interval", "supervisor.lease_caps.grab"
    for key, units_a_second in ((interval, 1000), (cap, 1)):
        values = values_of(checker, longest, key)
        if values is not None and values[0] * units_a_second > values[1]:
            problem = f"{told(checker, longest)} is longer than {told(checker, key)}"
            checker.mistake(checker.found[longest].span, longest, problem)


def _plain(control: str) -> str:
    """Cameras take their controls' names in any case, and `exposure_time` for `ExposureTime`."""
    return control.replace("_", "").casefold()
