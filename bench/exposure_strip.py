"""A day as one picture: each column is that column of one frame, midnight on the left, midnight on the right.

Owns: taking the frames, and the picture. Does not own: the scene (`exposure_landscape`) and the controls.
Invariant: both strips show the same scene at the same moments with the same camera and white balance; they differ in
the exposure alone.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bench.exposure_landscape import ROAD_TOP, Weather, radiance
from bench.exposure_valley import SLOTS, Picture, Valley, balances_of, developed, places
from capture_worker.exposure.balance import Gains
from tests.rig.exposed_camera import IMX477
from tests.rig.exposure_run import Ramped, Shot, run_own, run_ramp

WIDTH, HEIGHT = 1440, 300
_MARGIN, _GAP = 26, 30


def write_strip(path: Path, quality: int = 84) -> str:
    """Write the picture; what is in it, in a line. Blocks for a minute."""
    weather = Weather()
    valley = Valley(weather)
    own = run_own(valley, SLOTS, IMX477)
    ramp = run_ramp(valley, SLOTS, Ramped(IMX477))
    balances = balances_of(ramp, weather)
    strips = [_strip(shots, balances, weather) for shots in (own, ramp)]
    done = cv2.imwrite(str(path), _framed(strips), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, f"{path}: can't be written"
    return f"{path}: {path.stat().st_size // 1000} kB, {len(own)} frames each"


def _strip(shots: list[Shot], balances: list[Gains], weather: Weather) -> Picture:
    strip = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rows = places(HEIGHT, 0.02, ROAD_TOP)
    for column, (shot, gains) in enumerate(zip(shots, balances, strict=True)):
        place = np.array([(column + 0.5) / WIDTH])
        scene = radiance(shot.at_s, place, rows, weather)
        strip[:, column] = developed(scene, shot.total_ev, gains)[:, 0]
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
