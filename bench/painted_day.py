"""A day of frames for videos and stills: clouds, dusk and night over the built-in landscape, at any size.

    .venv/bin/python bench/painted_day.py DIR [--size 3840x2160] [--interval 2m] [--exposure ramp|own] [--hours 0-24]

Frames lie in DIR/valley as capture would have put them, so that `timelapse render` takes them for an archive. The
exposure is our ramp or the camera's own control, with its steps, the sensor is an IMX477 with its noise.
Nothing is downloaded. At 4K a frame takes some seconds; `--jobs` paints several at once.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import simplejpeg

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exposure_landscape import ROAD_TOP, Weather, radiance
from bench.exposure_valley import INTERVAL_S, SLOTS, Picture, Valley, balances_of, developed, places
from capture_worker.exposure.balance import Gains
from shared.clock import NS_PER_S
from shared.config.units import parse_duration_ms
from shared.frame_name import FrameName
from tests.rig.exposed_camera import IMX477
from tests.rig.exposure_run import Ramped, Shot, run_own, run_ramp

CAMERA = "valley"
_WEATHER = Weather(traffic=False)
_BASE_EV = 8.0
"""Up to here the exposure time alone rises; behind it gain, and noise with it."""
_COLUMNS_AT_A_TIME = 480
"""Rows belong together, since the lake mirrors; a strip of 4K is 8 MB a plane of doubles rather than 66."""


def paint_day(directory: Path, size: tuple[int, int], every: int, how: str, hours: tuple[int, int], jobs: int) -> int:
    """Paint every `every`th minute of a day into a tree below `directory`; how many. Blocks for as long as it takes."""
    valley = Valley(_WEATHER)
    shots = run_ramp(valley, SLOTS, Ramped(IMX477)) if how == "ramp" else run_own(valley, SLOTS, IMX477)
    balances = balances_of(shots, _WEATHER)
    chosen = [
        (shot, gains)
        for shot, gains in list(zip(shots, balances, strict=True))[::every]
        if hours[0] * 3600 <= shot.at_s < hours[1] * 3600
    ]
    with ProcessPoolExecutor(jobs) as pool:
        for number, _ in enumerate(pool.map(partial(_paint, directory, size), chosen), start=1):
            print(f"\r{number} of {len(chosen)} frames", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return len(chosen)


def _paint(directory: Path, size: tuple[int, int], what: tuple[Shot, Gains]) -> None:
    shot, gains = what
    midnight = dt.datetime.combine(dt.date(2026, 4, 18), dt.time())
    slot_ns = (round(midnight.timestamp()) + round(shot.at_s)) * NS_PER_S
    path = directory / CAMERA / FrameName(slot_ns, 1).path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(simplejpeg.encode_jpeg(picture(shot, gains, size), quality=90, colorspace="BGR"))


def picture(shot: Shot, gains: Gains, size: tuple[int, int]) -> Picture:
    """uint8, (height, width, 3), BGR: the frame with the sensor's noise."""
    width, height = size
    rows, columns = places(height, 0.02, ROAD_TOP), places(width)
    random = np.random.default_rng(round(shot.at_s))
    painted = np.empty((height, width, 3), np.uint8)
    for left in range(0, width, _COLUMNS_AT_A_TIME):
        part = slice(left, left + _COLUMNS_AT_A_TIME)
        clean = developed(radiance(shot.at_s, columns[part], rows, _WEATHER), shot.total_ev, gains)
        noise = random.normal(0.0, _noise_gray(shot.total_ev), clean.shape).astype(np.float32)
        painted[:, part] = np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)
    return painted


def _noise_gray(total_ev: float) -> float:
    """The deviation of one value in gray levels: shot noise rises with the root of the gain."""
    return 1.0 * math.sqrt(2.0 ** max(0.0, min(total_ev - _BASE_EV - 12.0, 4.0)))


def main() -> int:
    """Paint what was asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("directory", type=Path, metavar="DIR")
    asked.add_argument("--size", default="3840x2160", metavar="WxH")
    asked.add_argument("--interval", default="2m", help="whole minutes between two frames (2m)")
    asked.add_argument(
        "--exposure", choices=("own", "ramp"), default="ramp", help="who exposes: the camera, or our ramp"
    )
    asked.add_argument("--hours", default="0-24", help="of the day, such as 16-22")
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = asked.parse_args()
    width, _, height = given.size.partition("x")
    first, _, last = given.hours.partition("-")
    every = max(1, round(parse_duration_ms(given.interval) / 1000 / INTERVAL_S))
    count = paint_day(
        given.directory, (int(width), int(height)), every, given.exposure, (int(first), int(last)), given.jobs
    )
    print(f"{given.directory / CAMERA}: {count} frames of {given.size}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
