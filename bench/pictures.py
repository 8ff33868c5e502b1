"""What recorded pictures show of their recorder: how far off the grid, how old, how many.

Owns: reading them and the figures. Does not own: the recorder's run (`trial`).
Invariant: the time of a picture is the one that the camera wrote into it, in whole milliseconds.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from bench.figures import Spread, spread
from bench.process_tree import Memory
from bench.trial import Trial
from capture_worker.cameras.mark import read_mark


class Figures(NamedTuple):
    """What came out: times in ms. `drift` is for each second."""

    pictures: int
    off: Spread
    drift: float
    age: Spread
    cpu_a_picture: float
    memory: Memory


def figures_of(directory: Path, trial: Trial) -> Figures | None:
    """Of one run; None where it gave too few pictures to say anything."""
    shown = sorted(_shown(directory, trial.begun_s, trial.ended_s))
    if len(shown) < 10:
        return None
    made_ms = [made - shown[0][0] for made, _ in shown]
    slots = [float(round(made / 1000)) for made in made_ms]
    if len(set(slots)) < len(slots):
        slots = [float(number) for number in range(len(shown))]
    line = statistics.linear_regression(slots, made_ms)
    return Figures(
        pictures=len(shown),
        off=spread([abs(made - line.intercept - line.slope * at) for made, at in zip(made_ms, slots, strict=True)]),
        drift=line.slope - 1000,
        age=spread([written - made for made, written in shown]),
        cpu_a_picture=trial.used_s * 1000 / len(shown),
        memory=trial.memory,
    )


def written_between(directory: Path, begun_s: float, ended_s: float) -> list[tuple[Path, float]]:
    """The pictures that were completed in that time, and when (the last write, or the move to the name)."""
    found = []
    for path in directory.rglob("*.jpg"):
        written_s = path.lstat().st_ctime
        if not path.is_symlink() and begun_s < written_s < ended_s:
            found.append((path, written_s))
    return found


def _shown(directory: Path, begun_s: float, ended_s: float) -> list[tuple[float, float]]:
    """For each picture of the time in question: when it was made and when its file was complete, in ms."""
    found = []
    for path, written_s in written_between(directory, begun_s, ended_s):
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        mark_ms = None if pixels is None else read_mark(np.asarray(pixels, np.uint8))
        if mark_ms is not None:
            found.append((float(mark_ms), written_s * 1000))
    return found
