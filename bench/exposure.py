"""What `exposure: ramp` does to the brightness from frame to frame, beside a camera's own control, on simulated scenes.

    .venv/bin/python bench/exposure.py [--strip docs/images/exposure-day.jpg] [--only WORDS]

The camera is a model of the Pi's Camera Module 2 (imx219: exposure times in whole lines, 75 us to 1.2 s, gain 1 to
10.67, libcamera's tone curve, noise); its own control is a model of libcamera's, written after its source, that runs
at up to 30 frames a second between the slots. What a control *causes* is told apart from what the scene does: the same
scene at the same moment, rendered with the exposure of one frame and with that of the next. Does not judge anything.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from bench.exposure_scenes import Trial, trials
from bench.exposure_strip import write_strip
from tests.rig.exposure_run import Ramped, Shot, run_own, run_ramp

_HEAD = (
    "| scene | largest step caused, EV | in gray levels | travelled in all, EV | seen from frame to frame, gray levels,"
    " p99 | off, EV, p50 / p99 |\n|---|---|---|---|---|---|"
)


class Figures(NamedTuple):
    """Of one run. `seen` is what the picture's mean changes by, control and scene together.

    `off` is how far the exposure is from the one with which the picture has the brightness aimed at, within the limits.
    """

    largest_ev: float
    largest_gray: float
    travelled_ev: float
    seen_p99_gray: float
    off_p50_ev: float
    off_p99_ev: float


def figures(shots: Sequence[Shot]) -> Figures:
    """Of at least two shots."""
    steps = np.abs([shot.caused_ev for shot in shots])
    seen = np.abs(np.diff([shot.mean for shot in shots])) * 255
    off = np.abs([shot.off_ev for shot in shots])
    return Figures(
        float(steps.max()),
        float(np.abs([shot.caused_gray for shot in shots]).max()),
        float(steps.sum()),
        float(np.percentile(seen, 99)),
        float(np.percentile(off, 50)),
        float(np.percentile(off, 99)),
    )


def row(trial: Trial) -> str:
    """One line of the table: the ramp / the camera's own. Blocks for some seconds."""
    ramp = figures(run_ramp(trial.scene, trial.slots, Ramped(noise_ev=trial.noise_ev)))
    own = figures(run_own(trial.scene, trial.slots))
    return (
        f"| {trial.name} | {ramp.largest_ev:.2f} / {own.largest_ev:.2f} | {ramp.largest_gray:.0f} / "
        f"{own.largest_gray:.0f} | {ramp.travelled_ev:.1f} / {own.travelled_ev:.1f} | {ramp.seen_p99_gray:.0f} / "
        f"{own.seen_p99_gray:.0f} | {ramp.off_p50_ev:.2f} / {ramp.off_p99_ev:.2f} |"
    )


def main() -> None:
    """Print the table; with `--strip` write the picture too."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strip", type=Path, help="where to write the picture of a day")
    parser.add_argument("--only", default="", help="scenes whose name has this in it")
    given = parser.parse_args()
    begin = time.monotonic()
    print(_HEAD)
    for trial in trials():
        if given.only in trial.name:
            print(row(trial), flush=True)
    print(f"\nEach: the ramp / the camera's own; the last column is the ramp's. {time.monotonic() - begin:.0f} s.")
    if given.strip is not None:
        print(write_strip(given.strip))


if __name__ == "__main__":
    main()
