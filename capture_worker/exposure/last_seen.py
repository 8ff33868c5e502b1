"""The exposure that an earlier run hands over, read from the newest frames on the disk.

Owns: whether what they tell is still good, and reading it. Does not own: what is done with it.
Invariant: nothing that is wrong with a frame or the disk keeps a camera from starting: then there is nothing to hand
over. A file that a dying worker left behind is as good as one of an orderly stop: frames are whole or not there.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path

from msgspec import structs

from capture_worker.cameras.base import Exposure
from capture_worker.exif_read import HEAD_BYTES, read_note
from capture_worker.exposure.ramp import absence_s
from capture_worker.shot_note import Told, told_in
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig
from shared.tree import FoundFrame, frames_between, frames_of_day, newest_frame

log = logging.getLogger(__name__)

_SAME = 0.01
_TWO_DAYS_NS = 2 * 86_400 * NS_PER_S


def handed_over(camera_dir: Path, camera: CameraConfig, now_ns: int) -> Exposure | None:
    """What the mode of a camera continues with at `now_ns` (wall); None: nothing, it begins anew.

    Blocks for a look into one directory of the camera's tree and one or two files' heads, before midnight's first
    frames two directories more. Never raises.
    """
    try:
        match camera.exposure:
            case "auto":
                return None
            case "locked":
                return _held(camera_dir, now_ns)
            case "ramp":
                return _recent(camera_dir, now_ns, absence_s(camera.interval_ms / 1000))
    except OSError as error:
        log.warning("%s: %s: the exposure begins anew", error.filename or camera_dir, error.strerror)
        return None


def _recent(camera_dir: Path, now_ns: int, oldest_s: float) -> Exposure | None:
    """That of the newest frame, whoever exposed it, unless the light has changed since."""
    newest = newest_frame(camera_dir, now_ns)
    if newest is None or now_ns - newest.name.slot_ns > oldest_s * NS_PER_S:
        return None
    told = _told(camera_dir, newest)
    return None if told is None else _in_effect(told)


def _held(camera_dir: Path, now_ns: int) -> Exposure | None:
    """That of the newest two frames, however old they are, if it was held: both of `locked`, and the same."""
    newest = newest_frame(camera_dir, now_ns)
    if newest is None:
        return None
    before = _before(camera_dir, newest)
    told = [_told(camera_dir, each) for each in (newest, before) if each is not None]
    held = [_in_effect(each) for each in told if each is not None and each.mode == "locked"]
    return held[0] if len(held) == 2 and _are_the_same(*held) else None


def _are_the_same(one: Exposure, other: Exposure) -> bool:
    if (one.colour_gains is None) != (other.colour_gains is None):
        return False
    pairs = zip(_numbers(one), _numbers(other), strict=True)
    return all(math.isclose(a, b, rel_tol=_SAME) for a, b in pairs)


def _numbers(exposure: Exposure) -> tuple[float, ...]:
    return exposure.exposure_us, exposure.analogue_gain, *(exposure.colour_gains or ())


def _in_effect(told: Told) -> Exposure:
    """The digital gain makes up for whole lines of the sensor: left out, each restart would be a little darker."""
    return structs.replace(told.exposure, exposure_us=told.exposure.exposure_us * told.digital_gain)


def _before(camera_dir: Path, newest: FoundFrame) -> FoundFrame | None:
    day = newest.path.rpartition("/")[0]
    earlier = [found for found in frames_of_day(camera_dir, day) if found.name < newest.name]
    if not earlier:
        earlier = list(frames_between(camera_dir, newest.name.slot_ns - _TWO_DAYS_NS, newest.name.slot_ns))
    return max(earlier, key=lambda found: found.name, default=None)


def _told(camera_dir: Path, found: FoundFrame) -> Told | None:
    with (camera_dir / found.path).open("rb") as file:
        return told_in(read_note(file.read(HEAD_BYTES)))
