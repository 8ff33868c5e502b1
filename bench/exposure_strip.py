"""A day as one picture: each column is that column of one frame, midnight on the left, midnight on the right.

Owns: taking the frames, and the picture. Does not own: the scene (`exposure_landscape`) and the controls.
Invariant: both strips show the same scene at the same moments with the same camera and white balance; they differ in
the exposure alone.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.exposure_landscape import ROAD_TOP, Places, Weather, radiance
from capture_worker.cameras.base import Frame
from capture_worker.exposure.balance import Gains, eased, tint_of
from tests.rig.daylight import DAY_S
from tests.rig.exposed_camera import IMX477, toned
from tests.rig.exposure_run import Ramped, Shot, Slots, run_own, run_ramp
from tests.rig.lit_scene import Patches

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 1440, 300
_INTERVAL_S = 60.0
_SLOTS = Slots(0.0, DAY_S, _INTERVAL_S)
_RAW = np.array([0.55, 1.0, 0.62])
"""What a sensor without white balance sees of neutral daylight: red, green, blue."""
_LUMA = np.array([0.299, 0.587, 0.114])
_MARGIN, _GAP = 26, 30


class Valley:
    """The landscape as the metering sees it: what is in the picture at a slot has been there for a second or two."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._slot_s = -1.0
        self._patches = np.zeros(0)

    def patches(self, at_s: float, exposure_s: float = 0.0) -> Patches:  # noqa: ARG002 - nothing moves meanwhile
        """At the slot that a moment belongs to."""
        slot_s = math.ceil(at_s / _INTERVAL_S) * _INTERVAL_S
        if slot_s != self._slot_s:
            self._slot_s = slot_s
            self._patches = (radiance(slot_s, *_METERED, self._weather) @ _LUMA).ravel()
        return self._patches


def write_strip(path: Path, quality: int = 84) -> str:
    """Write the picture; what is in it, in a line. Blocks for a minute."""
    weather = Weather()
    valley = Valley(weather)
    own = run_own(valley, _SLOTS, IMX477)
    ramp = run_ramp(valley, _SLOTS, Ramped(IMX477))
    balances = _balances(ramp, weather)
    strips = [_strip(shots, balances, weather) for shots in (own, ramp)]
    done = cv2.imwrite(str(path), _framed(strips), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, f"{path}: can't be written"
    return f"{path}: {path.stat().st_size // 1000} kB, {len(own)} frames each"


def _places(count: int, first: float = 0.0, last: float = 1.0) -> Places:
    return first + (np.arange(count) + 0.5) / count * (last - first)


_METERED = _places(64), _places(36)


def _developed(scene: NDArray[np.float64], total_ev: float, gains: Gains) -> Picture:
    """uint8, BGR: what the camera makes of it."""
    exposed = scene * _RAW * (2.0**total_ev * IMX477.linear_per_lux_us)
    balanced = np.clip(exposed, 0, 1) * np.array([gains[0], 1.0, gains[1]])
    return np.rint(toned(np.clip(balanced, 0, 1), "libcamera") * 255).astype(np.uint8)[:, :, ::-1]


def _balances(shots: list[Shot], weather: Weather) -> list[Gains]:
    """The colour gains of each frame: eased by the ramp, from the right ones at its first frame on."""
    gains: Gains = (1 / _RAW[0] / 0.9, 1 / _RAW[2] / 1.1)
    balances = []
    for shot in shots:
        balances.append(gains)
        image = _developed(radiance(shot.at_s, *_METERED, weather), shot.total_ev, gains)
        tint = tint_of(Frame(own_wall_ns=0, own_mono_ns=0, image=image))
        if tint is not None:
            gains = eased(gains, gains, tint, _INTERVAL_S)
    return balances


def _strip(shots: list[Shot], balances: list[Gains], weather: Weather) -> Picture:
    strip = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rows = _places(HEIGHT, 0.02, ROAD_TOP)
    for column, (shot, gains) in enumerate(zip(shots, balances, strict=True)):
        place = np.array([(column + 0.5) / WIDTH])
        scene = radiance(shot.at_s, place, rows, weather)
        strip[:, column] = _developed(scene, shot.total_ev, gains)[:, 0]
    return strip


def _framed(strips: list[Picture]) -> Picture:
    """Both strips below each other, with what they are and the hours."""
    paper = np.full((_MARGIN + 2 * HEIGHT + 2 * _GAP, WIDTH, 3), 250, np.uint8)
    tops = (_MARGIN, _MARGIN + HEIGHT + _GAP)
    words = ("exposure: auto (the camera's own control)", "exposure: ramp")
    for top, strip, text in zip(tops, strips, words, strict=True):
        paper[top : top + HEIGHT] = strip
        _write(paper, text, (2, top - 8), 0.52)
    for hour in range(0, 24, 3):
        across = hour * WIDTH // 24
        cv2.line(paper, (across, tops[1] + HEIGHT), (across, tops[1] + HEIGHT + 6), (60, 60, 60), 1)
        _write(paper, f"{hour:02d}:00", (across + 4, tops[1] + HEIGHT + 18), 0.42)
    return paper


def _write(paper: Picture, text: str, foot: tuple[int, int], scale: float) -> None:
    cv2.putText(paper, text, foot, cv2.FONT_HERSHEY_SIMPLEX, scale, (50, 50, 50), 1, cv2.LINE_AA)
